import { describe, expect, it } from 'vitest';
import cases from '../../../tests/cases/rules.json';
import { evaluateRule, rulesByKey, type RuleLike } from './rules';

interface Case {
  name: string;
  class: RuleLike['class'];
  operator: RuleLike['operator'];
  left: Array<number | null>;
  right: Array<number | null>;
  outcome: string;
}

describe('rules', () => {
  for (const c of cases.rules as Case[]) {
    it(c.name, () => {
      const cells: Record<string, number | null> = {};
      const side = (name: string, values: Array<number | null>) =>
        values.map((value, i) => {
          cells[`${name}${i}`] = value;
          return `${name}${i}`;
        });
      const rule = { class: c.class, operator: c.operator, left: side('l', c.left), right: side('r', c.right) };
      expect(evaluateRule(rule, cells)).toBe(c.outcome);
    });
  }
  it('has enough cases', () => expect(cases.rules.length).toBeGreaterThanOrEqual(40));

  it('takes a missing cell as blank', () => {
    const rule: RuleLike = { class: 'B', operator: '<=', left: ['1.1'], right: ['1.2'] };
    expect(evaluateRule(rule, {})).toBe('blank');
    expect(evaluateRule(rule, { '1.1': 0 })).toBe('inconsistent');
    expect(evaluateRule(rule, { '1.2': 0 })).toBe('probable');
  });

  it('finds the rules of an item once each', () => {
    const first: RuleLike = { class: 'B', operator: '<=', left: ['a', 'b'], right: ['b', 'c'] };
    const second: RuleLike = { class: 'A', operator: '=', left: ['c'], right: ['d'] };
    const index = rulesByKey([first, second]);
    expect(index.get('a')).toEqual([first]);
    expect(index.get('b')).toEqual([first]);
    expect(index.get('c')).toEqual([first, second]);
    expect(index.get('e')).toBeUndefined();
  });
});
