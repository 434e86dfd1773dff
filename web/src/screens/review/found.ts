// What a review has to say about the figures on the screen: never about what the server had before.
import type { Draft } from '../../draft';
import { isRemark, remarkKey, type Living } from '../../living';
import { fromCell, type Where } from '../../report';
import { dateCheck, isTenfold } from '../../rules/checks';
import { evaluateRule } from '../../rules/rules';
import type { Cells, Check, Finding, Form, Item, Report, Rule } from '../../types';
import { digitsOf, outOfRange, question, todayIs, type Question } from '../form/editing';

export interface Reviewing {
  where: Where;
  form: Form;
  items: Map<string, Item>;
  cells: Cells;
  draft: Draft;
  living: Living;
  check: Check | null;
  needed: Set<string>;
  missing: string[];
}

export function rulesWith(v: Pick<Reviewing, 'form' | 'cells'>, outcome: 'inconsistent' | 'probable'): Rule[] {
  return v.form.rules.filter((rule) => evaluateRule(rule, v.cells) === outcome);
}

/** Seen on the screen; what only the server can see (a repeated month, last month's balance) as it told. */
export function findingsOf(v: Pick<Reviewing, 'items' | 'cells' | 'living' | 'check'>): Finding[] {
  const { report } = v.living;
  const found: Finding[] = [];
  for (const item of v.items.values()) {
    const value = v.cells[item.key];
    const range = outOfRange(report, item, value);
    const largest = report.largest?.[item.key];
    if (range) found.push({ kind: 'outlier', item: item.key, low: range[0], high: range[1] });
    if (item.type === 'count' && isTenfold(value, largest)) found.push({ kind: 'digits', item: item.key, largest });
    if (dateCheck(item, value, digitsOf(report.period), digitsOf(todayIs()))) found.push({ kind: 'date', item: item.key });
  }
  const known = new Set(found.map((one) => `${one.kind} ${one.item}`));
  return [...found, ...(v.check?.findings ?? []).filter((one) => !known.has(`${one.kind} ${one.item}`) && stands(v, one))];
}

/** The figure is still the one that the server looked at. */
function stands(v: Pick<Reviewing, 'items' | 'cells'>, finding: Finding): boolean {
  const item = finding.item === undefined ? undefined : v.items.get(finding.item);
  return !item || finding.value === undefined || fromCell(item, v.cells[item.key] ?? null) === finding.value;
}

export function neededFor(v: Pick<Reviewing, 'form' | 'items' | 'cells' | 'living' | 'check'>): Set<string> {
  const rules = [...rulesWith(v, 'inconsistent'), ...rulesWith(v, 'probable')].map((rule) => remarkKey('rules', rule.code));
  const findings = findingsOf(v).map((one) => (one.kind === 'repeat' ? remarkKey('report') : remarkKey('items', one.item!)));
  return new Set([...rules, ...findings]);
}

/** Is the remark there? One on an item of a rule explains the rule too. */
export function written(draft: Draft, form: Form, name: string): boolean {
  if (draft.text(name).trim()) return true;
  const code = /^remarks\.rules\.(.*)$/.exec(name)?.[1];
  const rule = form.rules.find((one) => one.code === code);
  return !!rule && [...rule.left, ...rule.right].some((key) => draft.text(remarkKey('items', key)).trim());
}

/** What has to be settled before anything can be submitted. */
export interface Open {
  /** The entry. */
  key: string;
  /** The item whose cell leads there; null: the remark to the report or a rule, which stand here. */
  item: Item | null;
  why: 'invalid' | 'refused' | 'conflict' | Question['kind'];
}

export function openOf(v: Pick<Reviewing, 'items' | 'draft' | 'living'>): Open[] {
  const found: Open[] = [];
  for (const [key, state] of Object.entries(v.draft.pending.value)) {
    const item = v.items.get(isRemark(key) ? key.replace(/^remarks\.items\./, '') : key) ?? null;
    if (state !== 'waiting') found.push({ key, item, why: state as Open['why'] });
  }
  for (const item of v.items.values()) {
    const asked = question(v.living, item);
    if (asked && !v.draft.pending.value[item.key]?.match(/invalid|refused|conflict/)) found.push({ key: item.key, item, why: asked.kind });
  }
  return found;
}

/** Not one figure stands on the screen. */
export function isBlank(v: Pick<Reviewing, 'items' | 'draft'>): boolean {
  return [...v.items.keys()].every((key) => v.draft.text(key).trim() === '');
}

/** Nothing was ever typed or submitted for the month, and no draft is on the server: all that can be
 *  said is that there were no services. */
export function isUntouched(report: Pick<Report, 'status' | 'submitted'>, v: Pick<Reviewing, 'items' | 'draft' | 'check'>): boolean {
  return !v.check && !report.submitted && !report.status.endsWith('draft') && !v.draft.unsent && isBlank(v);
}

export interface Change {
  item: Item;
  before: number | null;
  now: number | null;
}

/** What this draft changes of the report as it was submitted. */
export function changesOf(v: Pick<Reviewing, 'items' | 'cells'>, submitted: Cells): Change[] {
  const changed: Change[] = [];
  for (const item of v.items.values()) {
    const before = submitted[item.key] ?? null;
    const now = v.cells[item.key] ?? null;
    if (before !== now) changed.push({ item, before, now });
  }
  return changed;
}
