// What the whole application shares.
import { signal } from '@preact/signals';

import { session } from './api';
import { language } from './i18n';
import type { Meta } from './types';

export const meta = signal<Meta | null>(null);
/** Figures typed but not yet with the server; signing out asks first. */
export const unsent = signal(0);

export type Permission = 'report.read' | 'report.enter' | 'report.submit' | 'totals.read' | 'import' | 'import.facilities' | 'facility.change';

/** What the server says this role may do; it decides again at every call. */
export function may(what: Permission): boolean {
  return session.value?.permissions.includes(what) ?? false;
}

/** The name of the person's own area, in the language in use where it has one. */
export function ownAreaName(): string {
  const area = session.value?.area;
  return area?.names?.[language.value] ?? area?.name ?? '';
}

/** Officers of an area enter their headquarters' own return only. */
export function mayForm(what: 'report.enter' | 'report.submit', form: string): boolean {
  return may(what) && (session.value?.area === null || form === 'DHQ');
}
