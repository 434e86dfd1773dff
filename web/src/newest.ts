// Reporting of a month; without one, of the newest month that has a report.
import { get } from './api';
import { language } from './i18n';
import { addMonths, today } from './parts';
import type { ReportList, Reporting } from './types';

export async function newestMonth(signal?: AbortSignal): Promise<string> {
  const list = await get<ReportList>('/reports', { status: 'submitted' }, signal);
  return list.reports[0]?.period ?? addMonths(today(), -1);
}

export function loadReporting(area: number | undefined, period: string | undefined, signal?: AbortSignal): Promise<Reporting> {
  return get<Reporting>('/reporting', { area, period, language: language.value }, signal);
}
