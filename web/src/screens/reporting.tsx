// Who has reported: facilities expected and reported, by area below.
import { session } from '../api';
import { moment, month, t, tn } from '../i18n';
import { loadReporting } from '../newest';
import { Meter, monthsOf, MonthSelect, percent, yearOf, YearSelect, yearsBack } from '../parts';
import { place, setQuery } from '../router';
import type { Reporting } from '../types';
import { Empty, Failure, Loading, Page, Scroll, useLoad } from '../ui';

export function ReportingTable({ data }: { data: Reporting }) {
  const { expected, reported } = data.total;
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
          {data.rows.filter((row) => row.expected || row.reported).map((row) => (
            <tr key={row.area.id ?? row.area.facility}>
              <th scope="row">
                {row.area.facility ? (
                  <a href={`/facility/${encodeURIComponent(row.area.facility)}?period=${data.period}`}>{row.area.name}</a>
                ) : (
                  <a href={`/reporting?area=${row.area.id}&period=${data.period}`}>{row.area.name}</a>
                )}
              </th>
              <td class="n">{row.reported.toLocaleString('en-IN')}</td>
              <td class="n">{row.expected.toLocaleString('en-IN')}</td>
              <td class="n">{percent(row.reported, row.expected)}</td>
              <td class="wide-only meter-cell">
                <Meter part={row.reported} whole={row.expected} label={percent(row.reported, row.expected)} />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('together')}</th>
            <td class="n">{reported.toLocaleString('en-IN')}</td>
            <td class="n">{expected.toLocaleString('en-IN')}</td>
            <td class="n">{percent(reported, expected)}</td>
            <td class="wide-only meter-cell">
              <Meter part={reported} whole={expected} label={percent(reported, expected)} />
            </td>
          </tr>
        </tfoot>
      </table>
    </Scroll>
  );
}

export default function ReportingScreen() {
  const query = place.value.query;
  const area = Number(query.get('area')) || session.value!.area?.id;
  const period = query.get('period') ?? undefined;
  const loaded = useLoad(`${area} ${period}`, (abort) => loadReporting(area, period, abort));
  const data = loaded.data;
  const year = data ? yearOf(data.period) : '';
  const missing = data ? Math.max(0, data.total.expected - data.total.reported) : 0;
  return (
    <Page title={t('reporting.title')}>
      {data && (
        <div class="filters card no-print">
          <YearSelect
            value={year}
            years={[...new Set([year, ...yearsBack()])].sort().reverse()}
            onChange={(next) => setQuery({ period: monthsOf(next)[monthsOf(year).indexOf(data.period)]! })}
          />
          <MonthSelect id="period" label={t('month')} value={data.period} months={monthsOf(year)} onChange={(next) => setQuery({ period: next })} />
        </div>
      )}
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {loaded.loading && !data && <Loading />}
      {data && (
        <>
          <p class="report-head">
            <strong>{data.area.name}</strong>, {month(data.period)}. {tn('reporting.missing', missing)}{' '}
            {data.status_as_on && <span class="muted">{t('as_on', { when: moment(data.status_as_on) })}</span>}
          </p>
          {area !== session.value!.area?.id && (
            <p>
              <a href={`/reporting?period=${data.period}`}>{t('reporting.back', { area: session.value!.area?.name ?? '' })}</a>
            </p>
          )}
          {data.rows.length ? <ReportingTable data={data} /> : <Empty title={t('reporting.none')} />}
        </>
      )}
    </Page>
  );
}
