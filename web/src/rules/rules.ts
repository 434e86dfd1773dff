// The validation rules with their four outcomes: the twin of src/validation/validation.c.
// docs/validation.md has the truth table; tests/cases/rules.json is run by both.

export type Outcome = 'blank' | 'consistent' | 'inconsistent' | 'probable';
export type RuleClass = 'A' | 'B' | 'C';
export type RuleOperator = '<=' | '>=' | '=';

export interface RuleLike {
  class: RuleClass;
  operator: RuleOperator;
  /** Keys of the items that are added on each side. */
  left: readonly string[];
  right: readonly string[];
}

/** Stored numbers by the item's key; null or missing: blank. */
export type CellsByKey = { readonly [key: string]: number | null | undefined };

const WITHOUT_BOTH: Record<RuleClass, { leftBlank: Outcome; rightBlank: Outcome; fails: Outcome }> = {
  A: { leftBlank: 'probable', rightBlank: 'probable', fails: 'probable' },
  B: { leftBlank: 'probable', rightBlank: 'inconsistent', fails: 'inconsistent' },
  C: { leftBlank: 'inconsistent', rightBlank: 'probable', fails: 'inconsistent' },
};

/** Sum of a side; null when all its items are blank. A blank item in a filled sum is absent. */
export function ruleSide(keys: readonly string[], cells: CellsByKey): number | null {
  let sum: number | null = null;
  for (const key of keys) {
    const cell = cells[key];
    if (cell !== null && cell !== undefined) sum = (sum ?? 0) + cell;
  }
  return sum;
}

function holds(operator: RuleOperator, left: number, right: number): boolean {
  if (operator === '=') return left === right;
  return operator === '<=' ? left <= right : left >= right;
}

export function evaluateRule(rule: RuleLike, cells: CellsByKey): Outcome {
  const left = ruleSide(rule.left, cells);
  const right = ruleSide(rule.right, cells);
  const row = WITHOUT_BOTH[rule.class];
  if (left === null) return right === null ? 'blank' : row.leftBlank;
  if (right === null) return row.rightBlank;
  if (!holds(rule.operator, left, right)) return row.fails;
  return rule.class === 'A' && 2 * left < right ? 'probable' : 'consistent';
}

/** Rules by the items they look at: after a cell has changed only these need another look. */
export function rulesByKey<R extends RuleLike>(rules: readonly R[]): Map<string, R[]> {
  const index = new Map<string, R[]>();
  for (const rule of rules) {
    for (const key of new Set([...rule.left, ...rule.right])) {
      const list = index.get(key);
      if (list) list.push(rule);
      else index.set(key, [rule]);
    }
  }
  return index;
}
