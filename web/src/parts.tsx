// Parts that several screens behind sign-in share.
import './screens.css';

import type { ComponentChildren } from 'preact';

import { online, session } from './api';
import { month, t } from './i18n';
import { setQuery } from './router';
import type { OfMonth, ReportRemarks, ReportStatus } from './types';
import { Failure, Icon, isOffline, type Loaded, Loading } from './ui';

/** Forms of the month, in the order of the facilities that report on them. */
export const FORMS = ['SC', 'PHC', 'CHC', 'SDH', 'DH', 'DHQ'];

const look: Record<ReportStatus, { tone: string; icon: string }> = {
  none: { tone: '', icon: 'info' },
  draft: { tone: 'info', icon: 'waiting' },
  submitted: { tone: 'ok', icon: 'saved' },
  submitted_with_draft: { tone: 'warn', icon: 'warning' },
};

/** `none`: submitted with nothing in it, as "no services this month". */
export function StateTag({ status, filled, total, none }: { status: ReportStatus; filled?: number; total?: number; none?: boolean }) {
  const { tone, icon } = look[status];
  const text = none
    ? t('state.no_services')
    : status === 'draft' && filled !== undefined
      ? t('state.draft_of', { filled, total: total ?? 0 })
      : t(`state.${status}`);
  return (
    <span class={`tag ${none ? 'warn' : tone}`}>
      <Icon name={icon} /> {text}
    </span>
  );
}

/** Remarks as lines: to the report, to items, to rules; `name` says what a rule or item is. */
export function remarksOf(remarks: ReportRemarks, name: (what: string) => string = (what) => what): Array<[string, string]> {
  return [
    ...(remarks.report ? [[t('history.report_remark'), remarks.report] as [string, string]] : []),
    ...[...Object.entries(remarks.items ?? {}), ...Object.entries(remarks.rules ?? {})].map(
      ([what, text]) => [name(what), text] as [string, string],
    ),
  ];
}

export function kindText(kind: { type: string; ownership: string; locality: string }): string {
  return `${t(`type.${kind.type}`)} · ${t(`kind.${kind.ownership.toLowerCase()}`)} · ${t(`kind.${kind.locality.toLowerCase()}`)}`;
}

/** What the facility was, and where it lay, in the month of the report. */
export function KindAndPlace({ of }: { of: OfMonth }) {
  const { kind, place } = of;
  return (
    <>
      {kind && (
        <div>
          <dt>{t('reading.kind')}</dt>
          <dd>{kindText(kind)}</dd>
        </div>
      )}
      {place && (
        <div>
          <dt>{t('reading.place')}</dt>
          <dd>{[place.block, place.district, place.state].filter(Boolean).join(', ')}</dd>
        </div>
      )}
    </>
  );
}

/** A bar of `part` in `whole`, with its figure beside it as text. */
export function Meter({ part, whole, label }: { part: number; whole: number; label: string }) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  return (
    <svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="back" width="100" height="6" rx="1" />
      <rect class="fill" width={share * 100} height="6" rx="1" />
    </svg>
  );
}

export function percent(part: number, whole: number): string {
  return whole > 0 ? `${Math.round((part / whole) * 1000) / 10} %` : '–';
}

/** Financial years a list offers: from the first of the HMIS that matters here to the current. */
export function yearOf(period: string): string {
  const [y, m] = period.split('-').map(Number) as [number, number];
  const first = m >= 4 ? y : y - 1;
  return `${first}-${String((first + 1) % 100).padStart(2, '0')}`;
}
/** The month of today in India, by the server's calendar where it told. */
export function today(): string {
  return (session.value?.today ?? new Date(Date.now() + 330 * 60_000).toISOString()).slice(0, 7);
}
export function monthsOf(year: string): string[] {
  const first = Number(year.slice(0, 4));
  return Array.from({ length: 12 }, (_, i) => {
    const m = ((i + 3) % 12) + 1;
    return `${m >= 4 ? first : first + 1}-${String(m).padStart(2, '0')}`;
  });
}
export function yearsBack(from = yearOf(today()), count = 10): string[] {
  const first = Number(from.slice(0, 4));
  return Array.from({ length: count }, (_, i) => `${first - i}-${String((first - i + 1) % 100).padStart(2, '0')}`);
}
export function addMonths(period: string, n: number): string {
  const [y, m] = period.split('-').map(Number) as [number, number];
  const index = y * 12 + (m - 1) + n;
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
}

export function YearSelect({ value, years, onChange }: { value: string; years: string[]; onChange: (year: string) => void }) {
  return (
    <div class="field">
      <label for="year">{t('year')}</label>
      <select id="year" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {years.map((year) => (
          <option key={year} value={year}>
            {year || t('all')}
          </option>
        ))}
      </select>
    </div>
  );
}

export function MonthSelect(props: { id: string; label: string; value: string; months: string[]; onChange: (period: string) => void }) {
  return (
    <div class="field">
      <label for={props.id}>{props.label}</label>
      <select id={props.id} value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.months.map((period) => (
          <option key={period} value={period}>
            {month(period)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Year and month of a report, in the address. */
export function MonthFilter({ period }: { period: string }) {
  const year = yearOf(period);
  return (
    <>
      <YearSelect
        value={year}
        years={[...new Set([year, ...yearsBack()])].sort().reverse()}
        onChange={(next) => setQuery({ period: monthsOf(next)[monthsOf(year).indexOf(period)] })}
      />
      <MonthSelect id="period" label={t('month')} value={period} months={monthsOf(year)} onChange={(next) => setQuery({ period: next })} />
    </>
  );
}

/** A link or button that needs the server: without a connection it says so instead of failing. */
export function NeedsServer({ children }: { children: ComponentChildren }) {
  if (online.value) return <>{children}</>;
  return <span class="needs-server">{t('offline.needs')}</span>;
}

/** The one way a loaded part is shown: grey lines, the failure with its way out, the data. `quiet`: another
 *  part of the screen says that there is no connection. */
export function Await<T>({ of, lines, quiet, children }: { of: Loaded<T>; lines?: number; quiet?: boolean; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {of.error && !(quiet && isOffline(of.error)) ? <Failure error={of.error} retry={of.reload} since={of.data === undefined ? undefined : of.at} /> : null}
      {of.loading && of.data === undefined && <Loading lines={lines} />}
      {of.data !== undefined && children(of.data)}
    </>
  );
}

export function Pager({ page, more }: { page: number; more: boolean }) {
  if (page <= 1 && !more) return null;
  return (
    <nav class="pager" aria-label={t('pages')}>
      <button type="button" class="button" disabled={page <= 1} onClick={() => setQuery({ page: page - 1 })}>
        <Icon name="back" /> {t('previous')}
      </button>
      <span>{t('page.of', { page })}</span>
      <button type="button" class="button" disabled={!more} onClick={() => setQuery({ page: page + 1 })}>
        {t('next')} <Icon name="next" />
      </button>
    </nav>
  );
}
