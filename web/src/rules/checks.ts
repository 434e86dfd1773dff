// Checks of a facility against its own past: the twin of src/validation/validation.c.
// docs/validation.md says why; tests/cases/checks.json is run by both.

import type { DataType } from './cells';
import type { CellsByKey } from './rules';

export const HISTORY_MONTHS = 12;
const ENOUGH_MONTHS = 4;
const SMALL_COUNT = 10;
const SHORT_FACTOR = 5;
const SHORT_LEAST = 50;
const TENFOLD_LEAST = 100;
const REPEAT_LEAST = 5;
const INT32_MAX = 2147483647;

export interface Range {
  low: number;
  high: number;
}
export interface CheckItem {
  key: string;
  type: DataType;
  low: number | null;
}
export type Finding =
  | { kind: 'outlier' | 'digits' | 'date' | 'opening'; key: string }
  /** The report repeats the one of so many months back. */
  | { kind: 'repeat'; months: number };

/** The middle of sorted figures; of two middles the mean, rounded down. */
function middle(sorted: readonly number[]): number {
  const n = sorted.length;
  return Math.floor((sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2);
}

const ascending = (a: number, b: number): number => a - b;
const clampCount = (value: number): number => Math.min(Math.max(value, 0), INT32_MAX);

/** Half the width: five robust standard deviations, but no less than chance, half the median, ten. */
function halfWidth(figures: readonly number[], median: number): number {
  const deviation = middle(figures.map((f) => Math.abs(f - median)).sort(ascending));
  return Math.max(
    Math.floor((deviation * 15) / 2),
    Math.floor(5 * Math.sqrt(median)),
    Math.floor(median / 2),
    SMALL_COUNT,
  );
}

/** Range a figure is expected in (inclusive), from the last twelve months; null: nothing can be said. */
export function expectedRange(history: ReadonlyArray<number | null | undefined>): Range | null {
  const figures = history
    .slice(0, HISTORY_MONTHS)
    .filter((f): f is number => f !== null && f !== undefined)
    .map((f) => Math.max(f, 0))
    .sort(ascending);
  if (figures.length === 0) return null;
  const least = figures[0]!;
  const most = figures[figures.length - 1]!;
  if (figures.length < ENOUGH_MONTHS) return { low: 0, high: clampCount(Math.max(most * SHORT_FACTOR, SHORT_LEAST)) };
  const median = middle(figures);
  const width = halfWidth(figures, median);
  return {
    low: Math.min(clampCount(median - width), least),
    high: Math.max(clampCount(median + width), most),
  };
}

/** The items whose figures are compared with the past: counts that are no balances. */
export function hasRange(item: CheckItem): boolean {
  return item.type === 'count' && (item.low ?? -1) >= 0;
}

/** True when a figure lies outside the range the server or expectedRange has given. */
export function isOutlier(figure: number | null | undefined, range: Range | null | undefined): boolean {
  if (figure === null || figure === undefined || !range) return false;
  return figure < range.low || figure > range.high;
}

/** Ten times the largest figure that stands anywhere, or more: a digit too many; 0: none is known. */
export function isTenfold(figure: number | null | undefined, largest: number | null | undefined): boolean {
  return !!figure && !!largest && largest > 0 && figure >= TENFOLD_LEAST && Math.floor(figure / 10) >= largest;
}
/** The name of it while the form knows digits only. */
export const isLonger = isTenfold;

/** Why a date is asked about: it lies after the report's month, or after the day of entry (yyyymmdd). */
export function dateCheck(
  item: Pick<CheckItem, 'type'>,
  value: number | null | undefined,
  period: number,
  today: number | null,
): 'after_month' | 'after_today' | null {
  if (item.type !== 'date' || value === null || value === undefined) return null;
  if (Math.floor(value / 100) > period) return 'after_month';
  return today && value > today ? 'after_today' : null;
}

/** The key whose figure of last month this opening balance continues; null for other items. */
export function openingContinues(key: string): string | null {
  return key.endsWith('/1') ? key.replace(/1$/, '5') : null;
}

/** The opening balance is another than last month's closing balance: that one; null: it is not. */
export function brokenOpening(key: string, cells: CellsByKey, lastMonth: CellsByKey | null | undefined): number | null {
  const closing = lastMonth?.[openingContinues(key) ?? ''] ?? null;
  const opening = cells[key] ?? null;
  return closing !== null && opening !== null && closing !== opening ? closing : null;
}

/** How many months back the same figures were sent; 0: never. months: newest first. */
export function repeatedMonth(
  items: readonly CheckItem[],
  cells: CellsByKey,
  months: ReadonlyArray<CellsByKey | null | undefined>,
): number {
  const filled = items.filter((item) => item.type === 'count' && (cells[item.key] ?? null) !== null);
  if (filled.filter((item) => cells[item.key] !== 0).length < REPEAT_LEAST) return 0;
  const same = (month: CellsByKey): boolean => filled.every((item) => month[item.key] === cells[item.key]);
  return 1 + months.slice(0, HISTORY_MONTHS).findIndex((month) => !!month && same(month));
}

export function findings(
  items: readonly CheckItem[],
  cells: CellsByKey,
  months: ReadonlyArray<CellsByKey | null | undefined>,
  peaks: CellsByKey | null,
  /** Of the report, and the day of entry (yyyymmdd). */
  on: { period: number; today: number | null },
): Finding[] {
  const found: Finding[] = [];
  for (const item of items) {
    const figure = cells[item.key];
    if (item.type !== 'count' || figure === null || figure === undefined) continue;
    const range = hasRange(item) ? expectedRange(months.map((month) => month?.[item.key])) : null;
    if (isOutlier(figure, range)) found.push({ kind: 'outlier', key: item.key });
    if (isTenfold(figure, peaks?.[item.key])) found.push({ kind: 'digits', key: item.key });
  }
  for (const { key, type } of items) {
    if (dateCheck({ type }, cells[key], on.period, on.today)) found.push({ kind: 'date', key });
    if (brokenOpening(key, cells, months[0]) !== null) found.push({ kind: 'opening', key });
  }
  const back = repeatedMonth(items, cells, months);
  if (back > 0) found.push({ kind: 'repeat', months: back });
  return found;
}
