// Reports sent and being written, with their state.
import { get, session } from '../api';
import { moment, month, t, tn } from '../i18n';
import { StateTag, yearOf, YearSelect, yearsBack, today } from '../parts';
import { reportPath } from '../report';
import { place, setQuery } from '../router';
import type { ReportList } from '../types';
import { Empty, Failure, Loading, Page, Scroll, useLoad } from '../ui';
import { Pager } from './facilities';

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
  const data = loaded.data;
  const years = yearsBack(yearOf(today()), 12);
  return (
    <Page wide title={t('reports.title')}>
      <div class="filters card">
        <YearSelect value={year} years={['', ...years]} onChange={(next) => setQuery({ year: next, page: null })} />
        <div class="field">
          <label for="status">{t('reports.status')}</label>
          <select id="status" value={status} onChange={(event) => setQuery({ status: event.currentTarget.value, page: null })}>
            <option value="">{t('all')}</option>
            {['submitted', 'draft'].map((state) => (
              <option key={state} value={state}>
                {t(`state.${state}`)}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="form">{t('form')}</label>
          <select id="form" value={form} onChange={(event) => setQuery({ form: event.currentTarget.value, page: null })}>
            <option value="">{t('all')}</option>
            {['SC', 'PHC', 'CHC', 'SDH', 'DH', 'DHQ'].map((code) => (
              <option key={code} value={code}>
                {t(`type.${code}`)}
              </option>
            ))}
          </select>
        </div>
      </div>
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {loaded.loading && !data && <Loading />}
            {data && !data.reports.length && <Empty title={t('reports.none')} />}
      {data && data.reports.length > 0 && (
        <Scroll label={t('reports.title')}>
          <table class="stack">
            <caption class="sr">{t('reports.title')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('month')}</th>
                <th scope="col">{t('facility')}</th>
                <th scope="col">{t('form')}</th>
                <th scope="col">{t('reports.status')}</th>
                <th scope="col">{t('receipt.at')}</th>
                <th scope="col" class="n">{t('reports.filled')}</th>
                <th scope="col" class="n">{t('review.findings')}</th>
                <th scope="col">{t('history')}</th>
              </tr>
            </thead>
            <tbody>
              {data.reports.map((row) => {
                const to = reportPath({ facility: row.facility, form: row.form, period: row.period });
                return (
                  <tr key={to}>
                    <td data-label={t('month')}>
                      <a href={to}>{month(row.period)}</a>
                    </td>
                    <th scope="row" data-label={t('facility')}>
                      {row.facility_name} <span class="muted small">{row.facility}</span>
                    </th>
                    <td data-label={t('form')}>{row.form}</td>
                    <td data-label={t('reports.status')}>
                      <StateTag status={row.status} filled={row.filled} total={row.total} />
                    </td>
                    <td data-label={t('receipt.at')}>
                      {row.submitted_at ? moment(row.submitted_at) : '–'}
                    </td>
                    <td class="n" data-label={t('reports.filled')}>
                      {row.version ? `${row.filled ?? 0}/${row.total}` : '–'}
                    </td>
                    <td class="n" data-label={t('review.findings')}>{row.version ? row.findings ?? 0 : '–'}</td>
                    <td data-label={t('history')}>
                      {row.version ? (
                        <a href={`${to}/history`}>
                          {tn('reports.versions', row.version)}
                          <span class="sr"> {month(row.period)} {row.facility_name}</span>
                        </a>
                      ) : (
                        '–'
                      )}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Scroll>
      )}
      {data && <Pager page={page} more={data.more} />}
    </Page>
  );
}
