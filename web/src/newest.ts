// The newest month that has reports in an area: what officers look at first.
import { get } from './api';
import type { Reporting } from './types';

export function loadReporting(area: number | undefined, period: string | undefined, signal?: AbortSignal): Promise<Reporting> {
  return get<Reporting>('/reporting', { area, period }, signal);
}
