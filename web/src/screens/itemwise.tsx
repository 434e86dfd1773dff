// The item-wise report: items down, areas or months across, as the ministry publishes it.
import { useEffect, useRef, useState } from 'preact/hooks';

import { address, ApiError, call, get, session } from '../api';
import { Bars } from '../chart';
import { language, moment, month, number, t } from '../i18n';
import { newestMonth } from '../newest';
import { monthsOf, MonthSelect, today, yearOf, YearSelect, yearsBack } from '../parts';
import { place, setQuery } from '../router';
import type { AreaView, Itemwise, ItemwiseColumn, ItemwiseItem, Level } from '../types';
import { Empty, Failure, Icon, Loading, Page, Scroll, useLoad } from '../ui';

/** What lies above one's own area is named, not offered. */
function reaches(level: Level): boolean {
  const levels: Level[] = ['nation', 'state', 'district', 'block'];
  return levels.indexOf(level) >= levels.indexOf(session.value!.area?.level ?? 'block');
}

function ownArea(): string {
  const { area, facilities } = session.value!;
  return area ? String(area.id) : `facility-${facilities[0]?.code ?? ''}`;
}

const SPLITS = ['public', 'private', 'urban', 'rural'] as const;
const REFRESH = 10_000;

interface Choice {
  /** An area's id, or "facility-" and a code. */
  area: string;
  period: string;
  columns: 'areas' | 'months';
  mode: 'month' | 'cumulative';
  section: string;
}

function toQuery(c: Choice): Record<string, string | number | undefined> {
  const first = monthsOf(yearOf(c.period))[0]!;
  const from = c.columns === 'months' || c.mode === 'cumulative' ? first : c.period;
  return { area: c.area, from, to: c.period, columns: c.columns, mode: c.mode, section: c.section || undefined, language: language.value };
}

/** The report, asked for again every ten seconds while it is looked at; 304 as a rule. */
function useReport(choice: Choice | null) {
  const [state, setState] = useState<{ data?: Itemwise; error?: unknown; loading: boolean }>({ loading: true });
  const etag = useRef('');
  const key = choice ? JSON.stringify(toQuery(choice)) : '';
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!choice) return undefined;
    const abort = new AbortController();
    const load = async (background: boolean) => {
      try {
        const response = await call('GET', '/itemwise', { query: toQuery(choice), signal: abort.signal, background, etag: background ? etag.current : undefined });
        if (response.status === 304) return;
        const data = (await response.json()) as Itemwise;
        etag.current = response.headers.get('ETag') ?? '';
        setState({ data, loading: false });
      } catch (error) {
        if (abort.signal.aborted || (background && error instanceof ApiError)) return;
        setState({ error, loading: false });
      }
    };
    setState((s) => ({ ...s, error: undefined, loading: true }));
    void load(false);
    const timer = setInterval(() => document.visibilityState === 'visible' && void load(true), REFRESH);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [key, turn]);
  return { ...state, reload: () => setTurn((n) => n + 1) };
}

const nameOf = (item: ItemwiseItem) => (item.component_name ? `${item.name}: ${item.component_name}` : item.name);
const columnKey = (column: ItemwiseColumn) => String(column.period ?? column.facility ?? column.id);
const columnName = (column: ItemwiseColumn) => (column.period ? month(column.period) : (column.name ?? t('itemwise.moved')));

function figure(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : number(value);
}

function Table({ data, splits, onDrill, onChart, chart }: {
  data: Itemwise;
  splits: string[];
  onDrill: (area: number) => void;
  onChart: (item: string) => void;
  chart: string;
}) {
  const split = data.sections.some((section) => !section.total_only);
  const shown = [0, ...(split ? SPLITS : []).map((split, i) => (splits.includes(split) ? i + 1 : -1)).filter((i) => i > 0)];
  const heads = [t('itemwise.total'), ...SPLITS.map((split) => t(`itemwise.${split}`))];
  return (
    <Scroll label={t('itemwise.title')}>
      <table class="itemwise">
        <caption class="sr">
          {data.area.name}, {month(data.from)} – {month(data.to)}
        </caption>
        <thead>
          <tr>
            <th scope="col" rowSpan={shown.length > 1 ? 2 : 1} class="stick">
              {t('form.item')}
            </th>
            {data.columns.map((column) => (
              <th key={columnKey(column)} scope="colgroup" colSpan={shown.length} class="n col">
                {typeof column.id === 'number' && column.id !== data.area.id ? (
                  <button type="button" class="link" onClick={() => onDrill(column.id as number)}>
                    {columnName(column)}
                  </button>
                ) : (
                  columnName(column)
                )}
              </th>
            ))}
          </tr>
          {shown.length > 1 && (
            <tr>
              {data.columns.flatMap((column) =>
                shown.map((i) => (
                  <th key={`${columnKey(column)} ${i}`} scope="col" class="n sub">
                    {heads[i]}
                  </th>
                )),
              )}
            </tr>
          )}
        </thead>
        {data.sections.map((section) => (
          <tbody key={section.code}>
            <tr class="section-row">
              <th scope="rowgroup" colSpan={1 + data.columns.length * shown.length}>
                <span>
                  {section.code} {section.name} {section.total_only && <em>({t('itemwise.total_only')})</em>}
                </span>
              </th>
            </tr>
            {section.items.map((item) => (
              <tr key={item.number} class={chart === item.number ? 'charted' : undefined}>
                <th scope="row" class="stick">
                  <button
                    type="button"
                    class="chart-button"
                    aria-pressed={chart === item.number}
                    title={t('itemwise.chart')}
                    onClick={() => onChart(item.number)}
                  >
                    <span class="num">{item.ref}</span> {nameOf(item)}
                  </button>
                  {item.reason && <span class="reason small muted">{t(`reason.${item.reason}`)}</span>}
                </th>
                {item.cells.flatMap((cell, c) =>
                  shown.map((i) => (
                    <td key={`${c} ${i}`} class={i ? 'n' : 'n total'}>
                      {figure(cell?.[i])}
                    </td>
                  )),
                )}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </Scroll>
  );
}

function Chart({ data, wanted }: { data: Itemwise; wanted: string }) {
  const row = data.sections.flatMap((section) => section.items).find((one) => one.number === wanted);
  if (!row) return null;
  const bars = data.columns
    .map((column, i) => ({ column, cell: row.cells[i] ?? null }))
    .filter(({ column }) => data.columns.length === 1 || column.period || column.id !== data.area.id)
    .map(({ column, cell }) => ({
      label: columnName(column),
      value: cell?.[0] ?? null,
      parts: cell && cell.length === 5 ? ([cell[1], cell[2]] as [number, number]) : null,
    }));
  return (
    <div class="card" id="chart">
      <Bars
        title={`${row.ref} ${nameOf(row)}`}
        bars={bars}
        legend={[t('itemwise.public'), t('itemwise.private')]}
        first={data.by === 'months' ? t('month') : t('area')}
        unit={t('itemwise.total')}
      />
    </div>
  );
}

export default function ItemwiseScreen() {
  const query = place.value.query;
  const [newest, setNewest] = useState<string | null>(null);
  const [newestError, setNewestError] = useState<unknown>(null);
  const asked = query.get('period');
  const area = query.get('area') ?? ownArea();
  const facility = area.startsWith('facility-');
  useEffect(() => {
    if (asked) return;
    newestMonth().then(setNewest, setNewestError);
  }, []);
  const period = asked ?? newest;
  const splits = (query.get('show') ?? 'public,private').split(',').filter(Boolean);
  const chart = query.get('chart') ?? '';
  const choice: Choice | null = period
    ? {
        area,
        period,
        columns: facility || query.get('columns') === 'months' ? 'months' : 'areas',
        mode: query.get('mode') === 'cumulative' ? 'cumulative' : 'month',
        section: query.get('section') ?? 'M1',
      }
    : null;
  const report = useReport(choice);
  const around = useLoad<AreaView | null>(`${area} ${period} ${language.value}`, (abort) =>
    period && !facility ? get<AreaView>(`/areas/${area}`, { period, language: language.value }, abort) : Promise.resolve(null),
  );
  // The names of all sections: the report itself is asked for one section at a time. One month of one
  // area is the cheapest answer that has them.
  const sections = useLoad<Array<{ code: string; name: string }>>(`${area} ${period ? yearOf(period) : ''} ${language.value}`, async (abort) =>
    period ? (await get<Itemwise>('/itemwise', { area, from: period, columns: 'months', language: language.value }, abort)).sections : [],
  );
  const data = report.data;
  const csv = choice ? address('/itemwise.csv', toQuery(choice)) : '';
  const year = period ? yearOf(period) : yearOf(today());
  return (
    <Page
      wide
      title={t('itemwise.title')}
      actions={
        choice && (
          <>
            <a class="button quiet" href={csv} download>
              <Icon name="download" /> {t('csv')}
            </a>
            <button type="button" class="button quiet" onClick={() => window.print()}>
              <Icon name="print" /> {t('print')}
            </button>
          </>
        )
      }
    >
      {newestError ? <Failure error={newestError} /> : null}
      {choice && (
        <div class="card no-print">
          {facility && session.value!.facilities.length > 1 && <FacilitySelect value={area} />}
          <nav aria-label={t('area')} class="crumbs">
            <ol>
              {around.data?.ancestors.map((one) => (
                <li key={one.id}>
                  {reaches(one.level) ? (
                    <button type="button" class="link" onClick={() => setQuery({ area: one.id, period: choice.period })}>
                      {one.name}
                    </button>
                  ) : (
                    one.name
                  )}
                </li>
              ))}
              <li>
                <strong aria-current="true">{around.data?.area.name ?? data?.area.name}</strong>
              </li>
            </ol>
          </nav>
          <div class="filters">
            <YearSelect
              value={year}
              years={[...new Set([year, ...yearsBack()])].sort().reverse()}
              onChange={(next) => setQuery({ period: monthsOf(next)[monthsOf(year).indexOf(choice.period)]! })}
            />
            <MonthSelect id="period" label={t('month')} value={choice.period} months={monthsOf(year)} onChange={(next) => setQuery({ period: next })} />
            <div class="field">
              <label for="mode">{t('itemwise.mode')}</label>
              <select id="mode" value={choice.mode} onChange={(event) => setQuery({ mode: event.currentTarget.value, period: choice.period })}>
                <option value="month">{t('itemwise.mode.month')}</option>
                <option value="cumulative">{t('itemwise.mode.cumulative')}</option>
              </select>
            </div>
            {!facility && (
              <div class="field">
                <label for="columns">{t('itemwise.columns')}</label>
              <select id="columns" value={choice.columns} onChange={(event) => setQuery({ columns: event.currentTarget.value, period: choice.period })}>
                <option value="areas">{t('itemwise.columns.areas')}</option>
                <option value="months">{t('itemwise.columns.months')}</option>
              </select>
              </div>
            )}
            <SectionSelect value={choice.section} sections={sections.data ?? []} />
          </div>
          <fieldset class="splits">
            <legend class="sr">{t('itemwise.show')}</legend>
            {SPLITS.map((split) => (
              <label key={split} class="check">
                <input
                  type="checkbox"
                  checked={splits.includes(split)}
                  onChange={(event) => {
                    const next = SPLITS.filter((one) => (one === split ? event.currentTarget.checked : splits.includes(one)));
                    setQuery({ show: next.join(',') || 'none', period: choice.period });
                  }}
                />
                {t(`itemwise.${split}`)}
              </label>
            ))}
          </fieldset>
        </div>
      )}
      {report.error ? <Failure error={report.error} retry={report.reload} /> : null}
      {(!choice || (report.loading && !data)) && !newestError && <Loading />}
      {data && choice && (
        <>
          <p class="report-head">
            <strong>{data.area.name}</strong>, {choice.mode === 'cumulative' || choice.columns === 'months' ? `${month(data.from)} – ${month(data.to)}` : month(data.to)}
            {'. '}
            <span role="status">{t(`itemwise.status.${data.status}`, { when: moment(data.status_as_on) })}</span>
          </p>
          {chart && <Chart data={data} wanted={chart} />}
          {data.sections.some((section) => section.items.length) ? (
            <Table
              data={data}
              splits={splits}
              chart={chart}
              onDrill={(to) => setQuery({ area: to, period: choice.period })}
              onChart={(item) => setQuery({ chart: item === chart ? null : item, period: choice.period })}
            />
          ) : (
            <Empty title={t('itemwise.none')} />
          )}
          {splits.length > 0 && <p class="small muted">{t('itemwise.note')}</p>}
        </>
      )}
      {data && report.loading && <p class="sr" role="status">{t('loading')}</p>}
    </Page>
  );
}

function FacilitySelect({ value }: { value: string }) {
  return (
    <div class="field short">
      <label for="facility">{t('facility')}</label>
      <select id="facility" value={value} onChange={(event) => setQuery({ area: event.currentTarget.value })}>
        {session.value!.facilities.map((one) => (
          <option key={one.code} value={`facility-${one.code}`}>
            {one.name}
          </option>
        ))}
      </select>
    </div>
  );
}

function SectionSelect({ value, sections }: { value: string; sections: Array<{ code: string; name: string }> }) {
  const all = sections.length ? sections : [{ code: value, name: '' }];
  return (
    <div class="field">
      <label for="section">{t('itemwise.section')}</label>
      <select id="section" value={value} onChange={(event) => setQuery({ section: event.currentTarget.value })}>
        {all.map((section) => (
          <option key={section.code} value={section.code}>
            {section.code} {section.name}
          </option>
        ))}
      </select>
    </div>
  );
}
