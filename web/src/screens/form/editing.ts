// What the parts of the form share: the report, its living draft, and what is to be said at an item.
import { computed, signal, type Signal } from '@preact/signals';

import { ApiError, session } from '../../api';
import type { Cell, Draft } from '../../draft';
import { confirm, type Living } from '../../living';
import { filled, itemsOf, reportPath, toCells, whyNot, type Where } from '../../report';
import { dateCheck, hasRange, isOutlier, isTenfold } from '../../rules/checks';
import { evaluateRule, ruleSide, rulesByKey } from '../../rules/rules';
import { mayForm } from '../../state';
import type { Cells, Form, Item, Report, Rule, Section } from '../../types';
import { errorText } from '../../ui';

export interface Editing {
  where: Where;
  report: Report;
  form: Form;
  items: Map<string, Item>;
  living: Living;
  draft: Draft;
  values: Signal<Cells>;
  rules: Map<string, Rule[]>;
  /** The item a rule is told at: the one typed last of those it looks at. */
  told: Signal<Record<string, string>>;
  /** The cell that has the focus, or had it last. */
  at: Signal<string | null>;
  previous: Cells;
  lastYear: Cells;
}

export function edit(where: Where, living: Living): Editing {
  const { report, form, draft } = living;
  const items = itemsOf(form);
  return {
    where, report, form, items, living, draft,
    values: computed(() => draft.values(items.keys()) as Cells),
    rules: rulesByKey(form.rules),
    told: signal({}),
    at: signal(null),
    previous: toCells(items, report.previous?.items),
    lastYear: toCells(items, report.last_year?.items),
  };
}

/** The server says who may type; one that does not say so leaves it to the role. */
export function mayEnter(report: Report): boolean {
  return report.may?.enter ?? (report.open && mayForm('report.enter', report.form));
}

export function typeInto(e: Editing, key: string, text: string): void {
  const rules = e.rules.get(key) ?? [];
  if (rules.length) e.told.value = { ...e.told.value, ...Object.fromEntries(rules.map((rule) => [rule.code, key])) };
  e.draft.type(key, text);
}

/* ---- What is to be said at an item. --------------------------------------------------------------- */

export interface Firing {
  rule: Rule;
  left: number;
  right: number;
}

/** Rules that both sides have figures for and that do not hold. What lacks a side is told at review. */
export function firing(e: Editing, key: string): Firing[] {
  const found: Firing[] = [];
  for (const rule of e.rules.get(key) ?? []) {
    if ((e.told.value[rule.code] ?? rule.left[0]) !== key) continue;
    const left = ruleSide(rule.left, e.values.value);
    const right = ruleSide(rule.right, e.values.value);
    if (left === null || right === null) continue;
    const outcome = evaluateRule(rule, e.values.value);
    if (outcome === 'inconsistent' || outcome === 'probable') found.push({ rule, left, right });
  }
  return found;
}

export function outOfRange(report: Report, item: Item, value: number | null | undefined): [number, number] | null {
  const range = report.expected[item.key];
  if (!range || !hasRange(item)) return null;
  return isOutlier(value, { low: range[0], high: range[1] }) ? range : null;
}

/** A figure that is asked about at its cell, until the person says that it is right. */
export type Question = { kind: 'large'; largest: number } | { kind: 'after_today' | 'after_month' };

export function todayIs(): string {
  return session.value?.today ?? new Date(Date.now() + 330 * 60_000).toISOString().slice(0, 10);
}
/** "2026-11-25" as the number 20261125, as dates of the form are stored. */
export const digitsOf = (text: string): number => Number(text.replace(/-/g, ''));

export function question(living: Living, item: Item): Question | null {
  const { report, draft, sure } = living;
  const { value, state } = draft.get(item.key);
  if (typeof value !== 'number' || sure.value[item.key] === value) return null;
  // What was submitted as it stands has been looked at.
  if (report.status === 'submitted' && state === 'saved') return null;
  const late = dateCheck(item, value, digitsOf(report.period), digitsOf(todayIs()));
  if (late) return { kind: late };
  const largest = report.largest?.[item.key];
  return item.type === 'count' && largest && isTenfold(value, largest) ? { kind: 'large', largest } : null;
}

export function isRight(e: Editing, key: string): void {
  confirm(e.where, e.living, key, e.draft.get(key).value as number);
}

export function problemText(cell: Cell, item?: Item): string {
  if (cell.state === 'invalid' && item) return whyNot(item, cell.text);
  return errorText(new ApiError(422, cell.error?.code ?? '', cell.error?.detail ?? ''));
}

export function warned(e: Editing, item: Item): boolean {
  const value = e.values.value[item.key];
  return (
    question(e.living, item) !== null ||
    firing(e, item.key).length > 0 ||
    outOfRange(e.report, item, value) !== null
  );
}

export function isWrong(e: Editing, key: string): boolean {
  const { state } = e.draft.get(key);
  return state === 'invalid' || state === 'refused' || state === 'conflict';
}

export function counts(e: Editing, section: Section): { filled: number; problems: number; warnings: number } {
  const problems = section.items.filter((item) => isWrong(e, item.key)).length;
  const warnings = section.items.filter((item) => !isWrong(e, item.key) && warned(e, item)).length;
  return { filled: filled(section.items, e.values.value), problems, warnings };
}

/* ---- Places. ---------------------------------------------------------------------------------------- */

export function sectionPath(where: Where, section: Section): string {
  return `${reportPath(where)}/section/${encodeURIComponent(section.id)}`;
}
export function sectionOf(form: Form, key: string): Section {
  return form.sections.find((section) => section.items.some((item) => item.key === key))!;
}
/** The cell's address; a remark is found at its item. */
export function cellPath(where: Where, form: Form, key: string): string {
  return `${sectionPath(where, sectionOf(form, key))}?item=${encodeURIComponent(key)}`;
}

export function focusCell(key: string): void {
  const field = document.getElementById(`i-${key}`);
  field?.focus();
  field?.scrollIntoView({ block: 'nearest' });
}

/** The next cell that wants looking at, after the one in focus, over all sections. */
export function nextProblem(e: Editing): string | null {
  const all = e.form.sections.flatMap((section) => section.items);
  const start = all.findIndex((item) => item.key === e.at.value) + 1;
  const order = [...all.slice(start), ...all.slice(0, start)];
  return (order.find((item) => isWrong(e, item.key)) ?? order.find((item) => warned(e, item)))?.key ?? null;
}

/** How many days are left to the last day on which this month's report is in time; null: not said. */
export function daysLeft(period: string): { date: string; days: number } | null {
  const { due_period: due, due_date: date } = session.value ?? {};
  if (due !== period || !date) return null;
  return { date, days: Math.round((Date.parse(date) - Date.parse(todayIs())) / 86_400_000) };
}
