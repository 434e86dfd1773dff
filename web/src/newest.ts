// Which month a screen opens on: the one that is due by the calendar, never a stray one.
import { get, session } from './api';
import { language } from './i18n';
import { addMonths, today } from './parts';
import { meta } from './state';
import type { ReportList, Reporting } from './types';

/** The month that is due: the server's calendar knows; without it the one before this month. */
export function duePeriod(): string {
  return session.value?.due_period ?? meta.value?.due_period ?? addMonths(today(), -1);
}

/** Days from today to the deadline "2026-11-05"; negative when it is past. */
export function daysLeft(deadline: string): number {
  const now = session.value?.today ?? new Date(Date.now() + 330 * 60_000).toISOString().slice(0, 10);
  return Math.round((Date.parse(deadline) - Date.parse(now)) / 86_400_000);
}

/** The newest month with a report, the due one at the latest; null: nothing was sent. */
export async function newestMonth(area?: string | number, form?: string, signal?: AbortSignal): Promise<string | null> {
  const last = duePeriod();
  if (!form) return (await get<Reporting>('/reporting', { area, period: last }, signal)).newest ?? null;
  for (let page = 1; ; page++) {
    const query = { status: 'submitted', area, form, page: page > 1 ? page : undefined };
    const list = await get<ReportList>('/reports', query, signal);
    const found = list.reports.find((row) => row.period <= last);
    if (found) return found.period;
    if (!list.more) return null;
  }
}

export function loadReporting(area: number | undefined, period: string, signal?: AbortSignal): Promise<Reporting> {
  return get<Reporting>('/reporting', { area, period, language: language.value }, signal);
}
