// What comes by itself is said, and said truly.
import { signal } from '@preact/signals';
import { describe, expect, it, vi } from 'vitest';

import type { CellState, Draft } from './draft';
import { overtake, type Living } from './living';
import { statusParts } from './screens/form/bar';
import type { Report, Submitted } from './types';

vi.mock('./i18n', async (original) => ({ ...(await original<object>()), t: (key: string) => key, tn: (key: string, n: number) => `${key} ${n}` }));

const draftWith = (...states: CellState[]): Draft => {
  const keysIn = (...wanted: CellState[]) => states.filter((state) => wanted.includes(state));
  return { keysIn, waiting: keysIn('waiting').length, offline: signal(false), savedAt: signal(1) } as unknown as Draft;
};

describe('the state line', () => {
  it.each<{ name: string; states: CellState[]; want: string[] }>([
    { name: 'all is well', states: [], want: ['saved status.saved'] },
    { name: 'one cannot be a figure', states: ['invalid'], want: ['invalid status.settle 1'] },
    { name: 'one is refused', states: ['refused'], want: ['invalid status.settle 1'] },
    { name: 'one was changed elsewhere', states: ['conflict'], want: ['invalid status.settle 1', 'conflict status.conflicts 1'] },
    { name: 'some of each, one on its way', states: ['invalid', 'conflict', 'waiting'], want: ['invalid status.settle 2', 'waiting status.waiting 1', 'conflict status.conflicts 1'] },
  ])('$name', ({ states, want }) => {
    expect(statusParts(draftWith(...states), true).map(({ kind, text }) => `${kind} ${text}`)).toEqual(want);
  });
});

describe('submitted by somebody else meanwhile', () => {
  const submitted = (version: number) => ({ version, submitted_by: 'doctor' }) as Submitted;
  it.each<{ name: string; opened: number | null; now: number | null; want: number | null }>([
    { name: 'nothing was submitted', opened: null, now: null, want: null },
    { name: 'the first version', opened: null, now: 1, want: 1 },
    { name: 'the one it was opened with', opened: 1, now: 1, want: null },
    { name: 'a newer one', opened: 1, now: 2, want: 2 },
  ])('$name', ({ opened, now, want }) => {
    const living = { report: { submitted: opened && submitted(opened) } as Report, overtaken: signal<Submitted | null>(null) } satisfies Pick<Living, 'report' | 'overtaken'>;
    overtake(living, { submitted: now ? submitted(now) : null });
    expect(living.overtaken.value?.version ?? null).toBe(want);
  });
});
