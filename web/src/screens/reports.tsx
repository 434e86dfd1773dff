// Reports sent and being written, with their state.
import { get, session } from '../api';
import { moment, month, t, tn } from '../i18n';
import { Await, FORMS, Pager, StateTag, today, yearOf, yearsBack, YearSelect } from '../parts';
import { reportPath } from '../report';
import { place, setQuery } from '../router';
import type { ReportList, ReportRow } from '../types';
import { Empty, Page, Scroll, useLoad } from '../ui';

function Choice({ id, label, value, options }: { id: string; label: string; value: string; options: Array<[string, string]> }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => setQuery({ [id]: event.currentTarget.value, page: null })}>
        <option value="">{t('all')}</option>
        {options.map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function Row({ row }: { row: ReportRow }) {
  const to = reportPath(row);
  return (
    <tr>
      <td data-label={t('month')}>
        <a href={to}>
          {month(row.period)}
          <span class="sr">, {row.facility_name}</span>
        </a>
      </td>
      <th scope="row" data-label={t('facility')}>
        <a href={`/facility/${encodeURIComponent(row.facility)}?period=${row.period}`}>{row.facility_name}</a>{' '}
        <span class="muted small">{row.facility}</span>
      </th>
      <td data-label={t('form')}>{row.form}</td>
      <td data-label={t('reports.status')}>
        <StateTag status={row.status} filled={row.filled} total={row.total} none={row.no_services && row.status === 'submitted'} />
      </td>
      <td data-label={t('receipt.at')}>{row.submitted_at ? moment(row.submitted_at) : '–'}</td>
      <td class="n" data-label={t('reports.filled')}>{row.version ? `${row.filled ?? 0}/${row.total}` : '–'}</td>
      <td class="n" data-label={t('review.findings')}>{row.version ? (row.findings ?? 0) : '–'}</td>
      <td data-label={t('history')}>
        {row.version ? (
          <a href={`${to}/history`}>
            {tn('reports.versions', row.version)}
            <span class="sr">
              {' '}
              {month(row.period)} {row.facility_name}
            </span>
          </a>
        ) : (
          '–'
        )}
      </td>
    </tr>
  );
}

function Table({ rows }: { rows: ReportRow[] }) {
  const heads = ['month', 'facility', 'form', 'reports.status', 'receipt.at', 'reports.filled', 'review.findings', 'history'];
  const figures = new Set(['reports.filled', 'review.findings']);
  return (
    <Scroll label={t('reports.title')}>
      <table class="stack">
        <caption class="sr">{t('reports.title')}</caption>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" class={figures.has(head) ? 'n' : undefined}>
                {t(head)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={`${row.facility} ${row.form} ${row.period}`} row={row} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export default function ReportsScreen() {
  const query = place.value.query;
  const year = query.get('year') ?? '';
  const status = query.get('status') ?? '';
  const form = query.get('form') ?? '';
  const page = Number(query.get('page') ?? 1);
  const area = session.value!.area?.id;
  const loaded = useLoad(`${year}|${status}|${form}|${page}`, (abort) =>
    get<ReportList>('/reports', { area, year, status, form, page: page > 1 ? page : undefined }, abort),
  );
  const filtered = year || status || form;
  return (
    <Page wide title={t('reports.title')}>
      <div class="filters card no-print">
        <YearSelect value={year} years={['', ...yearsBack(yearOf(today()), 12)]} onChange={(next) => setQuery({ year: next, page: null })} />
        <Choice id="status" label={t('reports.status')} value={status} options={['submitted', 'draft'].map((one) => [one, t(`state.${one}`)])} />
        <Choice id="form" label={t('form')} value={form} options={FORMS.map((code) => [code, t(`type.${code}`)])} />
      </div>
      <Await of={loaded}>
        {(data) =>
          data.reports.length ? (
            <>
              <Table rows={data.reports} />
              <Pager page={page} more={data.more} />
            </>
          ) : (
            <Empty title={t('reports.none')}>
              {filtered && (
                <a class="button" href="/reports">
                  {t('reports.show_all')}
                </a>
              )}
            </Empty>
          )
        }
      </Await>
    </Page>
  );
}
