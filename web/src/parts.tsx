// Parts that several screens behind sign-in share.
import { month, t } from './i18n';
import type { ReportStatus } from './types';
import { Icon } from './ui';

const look: Record<ReportStatus, { tone: string; icon: string }> = {
  none: { tone: '', icon: 'info' },
  draft: { tone: 'info', icon: 'waiting' },
  submitted: { tone: 'ok', icon: 'saved' },
  submitted_with_draft: { tone: 'warn', icon: 'warning' },
};

export function StateTag({ status, filled, total }: { status: ReportStatus; filled?: number; total?: number }) {
  const { tone, icon } = look[status];
  return (
    <span class={`tag ${tone}`}>
      <Icon name={icon} /> {status === 'draft' && filled !== undefined ? t('state.draft_of', { filled, total: total ?? 0 }) : t(`state.${status}`)}
    </span>
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
export function today(): string {
  const now = new Date(Date.now() + 330 * 60_000);
  return `${now.getUTCFullYear()}-${String(now.getUTCMonth() + 1).padStart(2, '0')}`;
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
