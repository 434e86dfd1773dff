// What the whole application shares.
import { signal } from '@preact/signals';

import { session } from './api';
import type { Meta } from './types';

export const meta = signal<Meta | null>(null);
/** Figures typed but not yet with the server; signing out asks first. */
export const unsent = signal(0);

export type Permission = 'report.read' | 'report.enter' | 'report.submit' | 'totals.read' | 'import' | 'import.facilities';

/** What the server says this role may do; it decides again at every call. */
export function may(what: Permission): boolean {
  return session.value?.permissions.includes(what) ?? false;
}

/** Officers of an area enter their headquarters' own return only. */
export function mayForm(what: 'report.enter' | 'report.submit', form: string): boolean {
  return may(what) && (session.value?.area === null || form === 'DHQ');
}
