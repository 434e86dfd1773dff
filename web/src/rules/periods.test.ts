import { describe, expect, it } from 'vitest';
import cases from '../../../tests/cases/periods.json';
import * as p from './periods';

interface MonthCase {
  text: string;
  period: number | null;
  financial_year?: number;
  month_of_year?: number;
  last_day?: number;
}
interface YearCase {
  text: string;
  year: number | null;
  first?: number;
  last?: number;
}

describe('months', () => {
  for (const c of cases.months as MonthCase[]) {
    it(JSON.stringify(c.text), () => {
      expect(p.parsePeriod(c.text)).toBe(c.period);
      if (c.period === null) return;
      expect(p.financialYear(c.period)).toBe(c.financial_year);
      expect(p.monthOfYear(c.period)).toBe(c.month_of_year);
      expect(p.periodLastDay(c.period)).toBe(c.last_day);
      expect(p.periodFromIndex(p.periodIndex(c.period))).toBe(c.period);
      expect(p.formatPeriod(c.period)).toBe(c.text);
    });
  }
  for (const c of cases.add) {
    it(`${c.period} and ${c.months} months`, () => {
      expect(p.periodAdd(c.period, c.months)).toBe(c.result);
      expect(p.periodDiff(c.result, c.period)).toBe(c.months);
    });
  }
  for (const c of cases.today) {
    it(`in India at ${c.at}`, () => {
      expect(Date.parse(c.at) / 1000).toBe(c.unix);
      expect(p.periodAt(c.unix)).toBe(c.period);
    });
  }
});

describe('financial years', () => {
  for (const c of cases.financial_years as YearCase[]) {
    it(JSON.stringify(c.text), () => {
      expect(p.parseFinancialYear(c.text)).toBe(c.year);
      if (c.year === null) return;
      expect(p.financialYearFirst(c.year)).toBe(c.first);
      expect(p.financialYearLast(c.year)).toBe(c.last);
      expect(p.formatFinancialYear(c.year)).toBe(c.text);
    });
  }
});
