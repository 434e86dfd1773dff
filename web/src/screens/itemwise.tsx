// The item-wise report: items down, areas or months across, as the ministry publishes it.
import { useEffect, useRef, useState } from 'preact/hooks';

import { address, ApiError, call, get, online, session } from '../api';
import { Bars } from '../chart';
import { language, moment, month, t } from '../i18n';
import { duePeriod } from '../newest';
import { NothingSent } from '../nothing';
import { Await, MonthFilter, monthsOf, yearOf } from '../parts';
import { place, setQuery, withQuery } from '../router';
import type { AreaView, Itemwise, Level } from '../types';
import { Empty, Icon, type Loaded, Page, useLoad } from '../ui';
import { columnName, ItemwiseTable, nameOf, SPLITS } from './itemwise-table';

/** What lies above one's own area is named, not offered. */
function reaches(level: Level): boolean {
  const levels: Level[] = ['nation', 'state', 'district', 'block'];
  return levels.indexOf(level) >= levels.indexOf(session.value!.area?.level ?? 'block');
}

function ownArea(): string {
  const { area, facilities } = session.value!;
  return area ? String(area.id) : `facility-${facilities[0]?.code ?? ''}`;
}

const REFRESH = 10_000;

interface Choice {
  /** An area's id, or "facility-" and a code. */
  area: string;
  period: string;
  columns: 'areas' | 'months';
  mode: 'month' | 'cumulative';
  section: string;
  /** Areas as they were in each month, or as they are today. */
  boundaries: 'then' | 'today';
}

function readChoice(query: URLSearchParams): Choice {
  const area = query.get('area') ?? ownArea();
  return {
    area,
    period: query.get('period') ?? duePeriod(),
    columns: area.startsWith('facility-') || query.get('columns') === 'months' ? 'months' : 'areas',
    mode: query.get('mode') === 'cumulative' ? 'cumulative' : 'month',
    section: query.get('section') ?? 'M1',
    boundaries: query.get('boundaries') === 'today' ? 'today' : 'then',
  };
}

function toQuery(c: Choice): Record<string, string | number | undefined> {
  const first = monthsOf(yearOf(c.period))[0]!;
  const from = c.columns === 'months' || c.mode === 'cumulative' ? first : c.period;
  const boundaries = c.boundaries === 'today' ? 'today' : undefined;
  return { area: c.area, from, to: c.period, columns: c.columns, mode: c.mode, section: c.section || undefined, boundaries, language: language.value };
}

/** The report, asked for again every ten seconds while it is looked at; 304 as a rule. */
function useReport(choice: Choice): Loaded<Itemwise> {
  const [state, setState] = useState<{ data?: Itemwise; error?: unknown; loading: boolean; at: number; key?: string }>({ loading: true, at: 0 });
  const etag = useRef('');
  const key = JSON.stringify(toQuery(choice));
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    const load = async (background: boolean) => {
      try {
        const response = await call('GET', '/itemwise', { query: toQuery(choice), signal: abort.signal, background, etag: background ? etag.current : undefined });
        if (response.status === 304) return;
        const data = (await response.json()) as Itemwise;
        etag.current = response.headers.get('ETag') ?? '';
        setState({ data, loading: false, at: Date.now(), key });
      } catch (error) {
        if (abort.signal.aborted || (background && error instanceof ApiError)) return;
        setState((s) => ({ ...(s.key === key ? s : { at: 0 }), error, loading: false, key }));
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

function Chart({ data, wanted }: { data: Itemwise; wanted: string }) {
  const row = data.sections.flatMap((section) => section.items).find((one) => one.number === wanted);
  if (!row) return null;
  const bars = data.columns
    .map((column, i) => ({ column, cell: row.cells[i] ?? null }))
    .filter(({ column }) => data.columns.length === 1 || column.period || column.id !== data.area.id)
    .flatMap(({ column, cell }) => {
      const figures = Array.isArray(cell) ? cell : null;
      const parts = figures && figures.length === 5 ? ([figures[1], figures[2]] as [number, number]) : null;
      return cell === null || figures ? [{ label: columnName(column), value: figures?.[0] ?? null, parts }] : [];
    });
  if (!bars.length) return null;
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

function Above({ around, name }: { around: AreaView | null | undefined; name: string | null | undefined }) {
  return (
    <nav aria-label={t('area')} class="crumbs">
      <ol>
        {around?.ancestors.map((one) => (
          <li key={one.id}>{reaches(one.level) ? <a href={withQuery({ area: one.id })}>{one.name}</a> : one.name}</li>
        ))}
        <li>
          <strong aria-current="true">{around?.area.name ?? name}</strong>
        </li>
      </ol>
    </nav>
  );
}

/** `what`: the part of the address, where it is not called as the field is. */
function Select({ id, what = id, label, value, options }: { id: string; what?: string; label: string; value: string; options: Array<[string, string]> }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => setQuery({ [what]: event.currentTarget.value })}>
        {options.map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

type SectionName = { code: string; name: string };

function Filters({ choice, sections, divided }: { choice: Choice; sections: SectionName[]; divided: boolean }) {
  const facility = choice.area.startsWith('facility-');
  const words = (name: string, codes: string[]): Array<[string, string]> => codes.map((code) => [code, t(`${name}.${code}`)]);
  const all = sections.length ? sections : [{ code: choice.section, name: '' }];
  return (
    <div class="filters">
      <MonthFilter period={choice.period} />
      <Select id="mode" label={t('itemwise.mode')} value={choice.mode} options={words('itemwise.mode', ['month', 'cumulative'])} />
      {!facility && (
        <Select id="columns" label={t('itemwise.columns')} value={choice.columns} options={words('itemwise.columns', ['areas', 'months'])} />
      )}
      {divided && (
        <Select id="boundaries" label={t('itemwise.boundaries')} value={choice.boundaries} options={words('itemwise.boundaries', ['then', 'today'])} />
      )}
      <Select id="section" label={t('itemwise.section')} value={choice.section} options={all.map(({ code, name }) => [code, `${code} ${name}`])} />
    </div>
  );
}

function Splits({ splits }: { splits: string[] }) {
  return (
    <fieldset class="splits">
      <legend class="sr">{t('itemwise.show')}</legend>
      {SPLITS.map((split) => (
        <label key={split} class="check">
          <input
            type="checkbox"
            checked={splits.includes(split)}
            onChange={(event) => {
              const next = SPLITS.filter((one) => (one === split ? event.currentTarget.checked : splits.includes(one)));
              setQuery({ show: next.join(',') || 'none' });
            }}
          />
          {t(`itemwise.${split}`)}
        </label>
      ))}
    </fieldset>
  );
}

/** The range goes over a change of the tree: whose months are whose. */
function Breaks({ data }: { data: Itemwise }) {
  if (!data.breaks?.length) return null;
  return (
    <ul class="alert info breaks">
      {data.breaks.map((one) => (
        <li key={`${one.period} ${one.what}`}>
          <strong>{month(one.period)}</strong>:{' '}
          {t(`break.${one.what}`, { area: data.area.name ?? '', from: (one.from ?? []).join(', '), to: (one.to ?? []).join(', ') })}
        </li>
      ))}
    </ul>
  );
}

function Body({ data, choice, splits, chart }: { data: Itemwise; choice: Choice; splits: string[]; chart: string }) {
  const range = data.from === data.to ? month(data.to) : `${month(data.from)} – ${month(data.to)}`;
  const nothing = data.columns.every((column) => !column.reports);
  return (
    <>
      <p class="report-head">
        <strong>{data.area.name}</strong>, {range}
        {'. '}
        <span role="status">{t(`itemwise.status.${data.status}`, { when: moment(data.status_as_on) })}</span>
      </p>
      <Breaks data={data} />
      {chart && <Chart data={data} wanted={chart} />}
      {nothing ? (
        <NothingSent period={choice.period} area={choice.area} />
      ) : data.sections.some((section) => section.items.length) ? (
        <ItemwiseTable data={data} splits={splits} chart={chart} />
      ) : (
        <Empty title={t('itemwise.none')} />
      )}
      <p class="small muted">{t('itemwise.note')}</p>
    </>
  );
}

function Tools({ choice }: { choice: Choice }) {
  return (
    <>
      {online.value ? (
        <a class="button quiet" href={address('/itemwise.csv', toQuery(choice))} download>
          <Icon name="download" /> {t('csv')}
        </a>
      ) : (
        <button type="button" class="button quiet" disabled aria-describedby="csv-why">
          <Icon name="download" /> {t('csv')}
        </button>
      )}
      {!online.value && (
        <span id="csv-why" class="needs-server">
          {t('offline.needs')}
        </span>
      )}
      <button type="button" class="button quiet" onClick={() => window.print()}>
        <Icon name="print" /> {t('print')}
      </button>
    </>
  );
}

export default function ItemwiseScreen() {
  const query = place.value.query;
  const choice = readChoice(query);
  const { area, period } = choice;
  const facility = area.startsWith('facility-');
  const splits = (query.get('show') ?? 'public,private').split(',').filter(Boolean);
  const report = useReport(choice);
  const around = useLoad<AreaView | null>(`${area} ${period} ${language.value}`, (abort) =>
    facility ? Promise.resolve(null) : get<AreaView>(`/areas/${area}`, { period, language: language.value }, abort),
  );
  // The names of all sections: the report itself is asked for one section at a time. One month of one
  // area is the cheapest answer that has them.
  const sections = useLoad<SectionName[]>(`${area} ${yearOf(period)} ${language.value}`, async (abort) =>
    (await get<Itemwise>('/itemwise', { area, from: period, columns: 'months', language: language.value }, abort)).sections,
  );
  const divided = report.data?.area.level !== 'nation' && (choice.boundaries === 'today' || !!report.data?.breaks?.length);
  return (
    <Page wide title={t('itemwise.title')} actions={<Tools choice={choice} />}>
      <div class="card no-print">
        {facility && session.value!.facilities.length > 1 && (
          <Select id="facility" what="area" label={t('facility')} value={area} options={session.value!.facilities.map((one) => [`facility-${one.code}`, one.name])} />
        )}
        <Above around={around.data} name={report.data?.area.name} />
        <Filters choice={choice} sections={sections.data ?? []} divided={divided} />
        <Splits splits={splits} />
      </div>
      <Await of={report}>{(data) => <Body data={data} choice={choice} splits={splits} chart={query.get('chart') ?? ''} />}</Await>
      {report.data && report.loading && (
        <p class="sr" role="status">
          {t('loading')}
        </p>
      )}
    </Page>
  );
}
