// Months and financial years (April to March): the twin of src/base/period.c.
// A month is the number yyyymm; tests/cases/periods.json is run by both.

export const PERIOD_FIRST = 200804;
export const PERIOD_LAST = 209912;
const APRIL = 4;
const INDIA_SECONDS = 19800; // UTC+5:30, no summer time
const DAY_SECONDS = 86400;

export function periodIndex(period: number): number {
  return Math.floor(period / 100) * 12 + (period % 100) - 1;
}

export function periodFromIndex(index: number): number {
  return Math.floor(index / 12) * 100 + (index % 12) + 1;
}

export function periodAdd(period: number, months: number): number {
  return periodFromIndex(periodIndex(period) + months);
}

export function periodDiff(later: number, earlier: number): number {
  return periodIndex(later) - periodIndex(earlier);
}

export function periodValid(period: number): boolean {
  const month = period % 100;
  return period >= PERIOD_FIRST && period <= PERIOD_LAST && month >= 1 && month <= 12;
}

/** "2022-04", and only so; null otherwise. */
export function parsePeriod(text: string): number | null {
  const match = /^(\d{4})-(\d{2})$/.exec(text);
  if (!match) return null;
  const period = Number(match[1]) * 100 + Number(match[2]);
  return periodValid(period) ? period : null;
}

export function formatPeriod(period: number): string {
  return `${Math.floor(period / 100)}-${String(period % 100).padStart(2, '0')}`;
}

/** The year it begins in: 202203 is of 2021. */
export function financialYear(period: number): number {
  return Math.floor(period / 100) - (period % 100 < APRIL ? 1 : 0);
}

/** April is 0, March 11. */
export function monthOfYear(period: number): number {
  return ((period % 100) + 12 - APRIL) % 12;
}

export function financialYearFirst(year: number): number {
  return year * 100 + APRIL;
}

export function financialYearLast(year: number): number {
  return (year + 1) * 100 + APRIL - 1;
}

/** "2022-23" to 2022; null for anything else. */
export function parseFinancialYear(text: string): number | null {
  const match = /^(\d{4})-(\d{2})$/.exec(text);
  if (!match) return null;
  const year = Number(match[1]);
  const follows = Number(match[2]) === (year + 1) % 100;
  return follows && periodValid(financialYearFirst(year)) && periodValid(financialYearLast(year)) ? year : null;
}

export function formatFinancialYear(year: number): string {
  return `${year}-${String((year + 1) % 100).padStart(2, '0')}`;
}

/** Last day of the month, in days since 1970-01-01. */
export function periodLastDay(period: number): number {
  return Date.UTC(Math.floor(period / 100), period % 100, 0) / (DAY_SECONDS * 1000);
}

/** The calendar month in India at that moment (seconds since 1970-01-01 UTC). */
export function periodAt(unixSeconds: number): number {
  const there = new Date((unixSeconds + INDIA_SECONDS) * 1000);
  return there.getUTCFullYear() * 100 + there.getUTCMonth() + 1;
}
