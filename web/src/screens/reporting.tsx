// Who has reported: facilities expected and reported, by area below; those that wait first.
import { session } from '../api';
import { language, moment, month, number, t, tn } from '../i18n';
import { duePeriod, loadReporting } from '../newest';
import { NothingSent } from '../nothing';
import { Await, Meter, MonthFilter, percent } from '../parts';
import { place, withQuery } from '../router';
import { may, ownAreaName } from '../state';
import type { Reporting } from '../types';
import { Empty, Icon, Page, Scroll, useLoad } from '../ui';

type Row = Reporting['rows'][number];

/** Most missing first, then the smallest share, then by name. */
function worstFirst(rows: Row[]): Row[] {
  const missing = (row: Row) => row.expected - row.reported;
  const share = (row: Row) => (row.expected ? row.reported / row.expected : 1);
  const shown = rows.filter((row) => row.expected || row.reported);
  return shown.sort((a, b) => missing(b) - missing(a) || share(a) - share(b) || (a.area.name ?? '').localeCompare(b.area.name ?? ''));
}

function Line({ row, period }: { row: Row; period: string }) {
  const { area, expected, reported } = row;
  const to = area.facility
    ? `/facility/${encodeURIComponent(area.facility)}?period=${period}`
    : `/reporting?area=${area.id}&period=${period}`;
  const share = percent(reported, expected);
  return (
    <tr>
      <th scope="row">
        <a href={to}>{area.name}</a>
      </th>
      <td class="n">{number(reported)}</td>
      <td class="n">{number(expected)}</td>
      <td class="n">{share}</td>
      <td class="wide-only meter-cell">
        <Meter part={reported} whole={expected} label={share} />
      </td>
    </tr>
  );
}

export function ReportingTable({ data }: { data: Reporting }) {
  const { expected, reported } = data.total;
  const share = percent(reported, expected);
  return (
    <Scroll label={t('reporting.title')}>
      <table class="reporting">
        <caption class="sr">
          {t('reporting.title')}, {data.area.name}, {month(data.period)}
        </caption>
        <thead>
          <tr>
            <th scope="col">{t('area')}</th>
            <th scope="col" class="n">{t('reporting.reported')}</th>
            <th scope="col" class="n">{t('reporting.expected')}</th>
            <th scope="col" class="n">{t('reporting.share')}</th>
            <td class="wide-only" />
          </tr>
        </thead>
        <tbody>
          {worstFirst(data.rows).map((row) => (
            <Line key={row.area.id ?? row.area.facility} row={row} period={data.period} />
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('together')}</th>
            <td class="n">{number(reported)}</td>
            <td class="n">{number(expected)}</td>
            <td class="n">{share}</td>
            <td class="wide-only meter-cell">
              <Meter part={reported} whole={expected} label={share} />
            </td>
          </tr>
        </tfoot>
      </table>
    </Scroll>
  );
}

function Body({ data, own }: { data: Reporting; own: boolean }) {
  const missing = Math.max(0, data.total.expected - data.total.reported);
  return (
    <>
      <p class="report-head">
        <strong>{data.area.name}</strong>, {month(data.period)}. {tn('reporting.missing', missing)}{' '}
        {data.status_as_on && <span class="muted">{t('as_on', { when: moment(data.status_as_on) })}</span>}
      </p>
      {!own && (
        <p class="no-print">
          <a href={withQuery({ area: null })}>{t('reporting.back', { area: ownAreaName() })}</a>
        </p>
      )}
      {data.total.reported === 0 && <NothingSent period={data.period} area={data.area.id} />}
      {data.rows.length ? <ReportingTable data={data} /> : <Empty title={t('reporting.none')} />}
    </>
  );
}

function ToExtract({ area, period }: { area: number | undefined; period: string }) {
  return (
    <a class="button quiet" href={`/export?area=${area ?? ''}&from=${period}`}>
      <Icon name="download" /> {t('reporting.extract')}
    </a>
  );
}

export default function ReportingScreen() {
  const query = place.value.query;
  const own = session.value!.area?.id;
  const area = Number(query.get('area')) || own;
  const period = query.get('period') ?? duePeriod();
  const loaded = useLoad(`${area} ${period} ${language.value}`, (abort) => loadReporting(area, period, abort));
  return (
    <Page title={`${t('reporting.title')}, ${month(period)}`} actions={may('report.read') && <ToExtract area={area} period={period} />}>
      <div class="filters card no-print">
        <MonthFilter period={period} />
      </div>
      <Await of={loaded}>{(data) => <Body data={data} own={area === own} />}</Await>
    </Page>
  );
}
