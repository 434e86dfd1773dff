import { describe, expect, it } from 'vitest';

import { scaleEnd } from './chart';
import { split } from './due';
import { addMonths, monthsOf, percent, yearOf } from './parts';
import { match } from './router';
import { wouldStore } from './screens/imports/upload';
import { band } from './screens/validation';
import type { ImportJob } from './types';

describe('addresses', () => {
  it.each([
    ['/', '/', {}],
    ['/', '/reports', null],
    ['/reports', '/reports/', {}],
    ['/report/:facility/:form/:period', '/report/AP%2F1/PHC/2022-04', { facility: 'AP/1', form: 'PHC', period: '2022-04' }],
    ['/report/:facility/:form/:period', '/report/AP1/PHC/2022-04/review', null],
    ['/report/:facility/:form/:period/review', '/report/AP1/PHC/2022-04/review', { facility: 'AP1', form: 'PHC', period: '2022-04' }],
  ] as Array<[string, string, Record<string, string> | null]>)('%s at %s', (pattern, path, want) => {
    expect(match(pattern, path)).toEqual(want);
  });
});

describe('months', () => {
  it('of a financial year run from April to March', () => {
    const months = monthsOf('2022-23');
    expect([months[0], months[8], months[11]]).toEqual(['2022-04', '2022-12', '2023-03']);
    expect(months.map(yearOf)).toEqual(Array(12).fill('2022-23'));
    expect(yearOf('2000-03')).toBe('1999-00');
  });
  it('are counted over the turn of the year', () => {
    expect([addMonths('2022-01', -1), addMonths('2022-12', 1), addMonths('2022-04', -16)]).toEqual(['2021-12', '2023-01', '2020-12']);
  });
});

describe('what is due', () => {
  it('is said of the month that is due now before the older ones', () => {
    const item = (period: string) => ({ period, facility: { code: period, name: '', type: 'PHC' }, form: 'PHC', deadline: '', late: false, status: 'none' as const, filled: 0, of: 1 });
    const [now, older] = split(['2026-10', '2025-01', '2026-09'].map(item), '2026-10');
    expect([now.map((one) => one.period), older.map((one) => one.period)]).toEqual([['2026-10'], ['2025-01', '2026-09']]);
  });
});

describe('a file that was checked', () => {
  const checked = { status: 'done', dry_run: true, atomic: false, message: null, refusals: 0, figures_asked: 0, figures_stored: 0, figures_emptied: 0, reports_new: 0, reports_changed: 0, facilities_created: 0, facilities_changed: 0, facilities_moved: 0 };
  it.each([
    ['with new figures', { figures_stored: 3 }, true],
    ['with a facility alone', { facilities_created: 1 }, true],
    ['with new figures and a refused line', { figures_stored: 3, refusals: 1 }, true],
    ['with nothing new', {}, false],
    ['that failed', { status: 'failed', figures_stored: 3 }, false],
    ['that is still read', { status: 'running', figures_stored: 3 }, false],
    ['of which all or nothing is wanted, with a refused line', { atomic: true, figures_stored: 3, refusals: 1 }, false],
    ['of which all or nothing is wanted, with a question', { atomic: true, figures_stored: 3, figures_asked: 1 }, false],
    ['of which all or nothing is wanted, all good', { atomic: true, figures_stored: 3 }, true],
  ] as Array<[string, Partial<ImportJob>, boolean]>)('%s', (_, part, want) => {
    expect(wouldStore({ ...checked, ...part } as ImportJob)).toBe(want);
  });
});

describe('shares', () => {
  it('of nothing are not 100 %', () => {
    expect([percent(0, 0), percent(1, 3), percent(151, 100)]).toEqual(['–', '33.3 %', '151 %']);
  });
  it.each([
    [0, 0, 0], [0, 10, 1], [4, 100, 1], [5, 100, 2], [10, 100, 3], [25, 100, 4], [50, 100, 5], [7, 7, 5],
  ])('%d errors of %d are in band %d', (errors, judged, want) => {
    expect(band(errors, judged)).toBe(want);
  });
});

describe('the scale of a chart', () => {
  it.each([
    [[null], 1], [[0], 1], [[7, 3], 10], [[11], 20], [[21], 50], [[51], 100], [[4837, null], 5000], [[1000], 1000],
  ] as Array<[Array<number | null>, number]>)('%j ends at %d', (values, want) => {
    expect(scaleEnd(values)).toBe(want);
  });
});
