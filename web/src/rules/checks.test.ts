import { describe, expect, it } from 'vitest';
import cases from '../../../tests/cases/checks.json';
import type { DataType } from './cells';
import { expectedRange, findings, isOutlier, type CheckItem } from './checks';
import type { CellsByKey } from './rules';

type Row = Array<number | null>;
interface RangeCase {
  name: string;
  history: Row;
  range: [number, number] | null;
}
interface FindingCase {
  name: string;
  items: Array<{ type: DataType; low: number | null; key?: string }>;
  cells: Row;
  months: Array<Row | null>;
  peaks: number[] | null;
  period?: number;
  today?: number;
  findings: Array<[string, number]>;
}
const byKey = (row: Row, keys: string[]): CellsByKey => Object.fromEntries(row.map((cell, slot) => [keys[slot]!, cell]));

describe('expected range', () => {
  for (const c of cases.ranges as unknown as RangeCase[]) {
    it(c.name, () => {
      const range = expectedRange(c.history);
      expect(range && [range.low, range.high]).toEqual(c.range);
    });
  }
  it('looks at twelve months', () => expect(expectedRange([...Array<null>(12).fill(null), 5])).toBeNull());
  it('asks about a figure outside, never about a blank', () => {
    const range = { low: 10, high: 20 };
    expect([9, 10, 20, 21].map((f) => isOutlier(f, range))).toEqual([true, false, false, true]);
    expect(isOutlier(null, range)).toBe(false);
    expect(isOutlier(9, null)).toBe(false);
  });
});

describe('findings', () => {
  for (const c of cases.findings as unknown as FindingCase[]) {
    it(c.name, () => {
      const keys = c.items.map((item, slot) => item.key ?? String(slot));
      const items: CheckItem[] = c.items.map((item, slot) => ({ ...item, key: keys[slot]! }));
      const months = c.months.map((month) => month && byKey(month, keys));
      const on = { period: c.period ?? 209912, today: c.today ?? null };
      const found = findings(items, byKey(c.cells, keys), months, c.peaks && byKey(c.peaks, keys), on);
      expect(found.map((f) => [f.kind, f.kind === 'repeat' ? f.months : keys.indexOf(f.key)])).toEqual(c.findings);
    });
  }
});
