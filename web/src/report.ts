// A report and its form, as the screens about one report need them.
import { api, get } from './api';
import type { Parsed } from './draft';
import { language, t } from './i18n';
import type { Where } from './kept';
import { formatCell, parseCell, type Reading } from './rules/cells';
import type { Cells, Finding, Form, Item, ItemValues, Report, Rule, Section } from './types';

export { keptReports } from './kept';
export type { Where } from './kept';

export function whereOf(params: Record<string, string>): Where {
  return { facility: params.facility!, form: params.form!, period: params.period! };
}

/** Path of the screens of a report, and of its address in the API. */
export function reportPath(w: Where): string {
  return `/report/${encodeURIComponent(w.facility)}/${encodeURIComponent(w.form)}/${w.period}`;
}
export function apiPath(w: Where): string {
  return `/reports/${encodeURIComponent(w.facility)}/${encodeURIComponent(w.form)}/${w.period}`;
}

function withIds(form: Form): Form {
  const seen = new Map<string, number>();
  for (const section of form.sections) {
    const times = (seen.get(section.code) ?? 0) + 1;
    seen.set(section.code, times);
    section.id = times > 1 ? `${section.code}-${times}` : section.code;
  }
  return form;
}

/** "9. Immunisation": as the paper form says it. */
export function sectionTitle(section: Section): string {
  return section.number ? `${section.number}. ${section.name}` : section.name;
}

const forms = new Map<string, Promise<Form>>();

export function loadForm(dictionary: string, code: string): Promise<Form> {
  const path = `/dictionaries/${encodeURIComponent(dictionary)}/forms/${encodeURIComponent(code)}`;
  const key = `${path} ${language.value}`;
  let form = forms.get(key);
  if (!form) {
    form = get<Form>(path, { language: language.value }).then(withIds);
    forms.set(key, form);
    form.catch(() => forms.delete(key));
  }
  return form;
}

export function loadReport(w: Where, signal?: AbortSignal): Promise<Report> {
  return get<Report>(apiPath(w), { language: language.value }, signal);
}

export async function loadBoth(w: Where, signal?: AbortSignal): Promise<{ report: Report; form: Form }> {
  const report = await loadReport(w, signal);
  return { report, form: await loadForm(report.dictionary, report.form) };
}

export function deleteDraft(w: Where): Promise<void> {
  return api('DELETE', `${apiPath(w)}/draft`);
}
export function reportCall<T>(method: string, w: Where, tail: string, body?: unknown): Promise<T> {
  return api<T>(method, apiPath(w) + tail, { body });
}

export function itemsOf(form: Form): Map<string, Item> {
  const items = new Map<string, Item>();
  for (const section of form.sections) for (const item of section.items) items.set(item.key, item);
  return items;
}

function digits(text: string): number {
  return Number(text.replace(/-/g, ''));
}

/** A figure of the API as it is stored. */
export function toCell(item: Item, value: number | string | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  if (item.type === 'adequacy') return value === 'adequate' ? 1 : 2;
  if (item.type === 'date') return digits(String(value));
  return Math.round(Number(value) * 10 ** item.scale);
}

/** A stored figure as the API writes it. */
export function fromCell(item: Item, cell: number | null): number | string | null {
  if (cell === null || item.type === 'count') return cell;
  if (item.type === 'adequacy') return cell === 1 ? 'adequate' : 'inadequate';
  if (item.type === 'date') return String(cell).replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3');
  return cell / 10 ** item.scale;
}

export function toCells(items: Map<string, Item>, values: ItemValues | null | undefined): Cells {
  const cells: Cells = {};
  for (const [key, value] of Object.entries(values ?? {})) {
    const item = items.get(key);
    if (item) cells[key] = toCell(item, value);
  }
  return cells;
}

/** Name of an item as it stands on the form; stock items say which line of the stock. */
export function itemName(item: Item): string {
  return item.component_name ? `${item.name}: ${item.component_name}` : item.name;
}

const DEVANAGARI = /[\u0900-\u097f]/;

/** The rule in the person's language: where the dictionary has none, said with the items' names. */
export function ruleText(items: Map<string, Item>, rule: Rule): string {
  if (language.value === 'en' || DEVANAGARI.test(rule.text)) return rule.text;
  const names = (keys: string[]) => keys.map((key) => (items.has(key) ? itemName(items.get(key)!) : key)).join(' + ');
  return t(`rule.${rule.operator}`, { left: names(rule.left), right: names(rule.right) });
}

export function parse(item: Item, text: string): Parsed {
  return parseCell(item, text);
}

const READINGS: Record<string, string> = { blank: 'value.reading.blank', 'a figure near it': 'value.reading.near' };

/** What is not certain is asked with its readings. */
function asked(item: Item, readings: readonly Reading[]): string {
  const [first, second] = readings.map(({ text }) => (READINGS[text] ? t(READINGS[text]) : text));
  if (second !== undefined) return t('value.asked.two', { first: first!, second });
  return t(item.type === 'date' ? 'value.asked.date' : 'value.asked.one', { first: first! });
}

/** Why a text is no figure, in the language of now. */
export function whyNot(item: Item, text: string): string {
  const parsed = parseCell(item, text);
  if (parsed.error === undefined) return '';
  return parsed.readings ? asked(item, parsed.readings) : t(`error.${parsed.error}`);
}

/** What a text that is asked about may mean, as it would be typed: to be chosen in its place. */
export function answersOf(item: Item, text: string): Array<{ text: string; shown: string }> {
  const parsed = parseCell(item, text);
  if (parsed.error === undefined) return [];
  return (parsed.readings ?? []).flatMap((one) => {
    if (one.value === undefined) return [];
    return [{ text: one.value === null ? '' : one.text, shown: READINGS[one.text] ? t(READINGS[one.text]!) : one.text }];
  });
}

export function format(item: Item, value: number | null | undefined): string {
  return value === null || value === undefined ? '' : formatCell(item, value);
}

/** As read in a table: counts grouped by lakh, choices in the person's language. */
export function display(item: Item, value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (item.type === 'adequacy') return value === 1 ? t('adequate') : t('inadequate');
  if (item.type === 'count') return value.toLocaleString('en-IN');
  return formatCell(item, value);
}

/** Why a figure is asked about. */
export function findingText(item: Item, finding: Finding): string {
  switch (finding.kind) {
    case 'digits':
      return t('finding.digits', { largest: display(item, finding.largest) });
    case 'date':
      return t('finding.date');
    case 'opening':
      return t('finding.opening', { closing: display(item, finding.closing) });
    default:
      return t('form.range', { low: format(item, finding.low), high: format(item, finding.high) });
  }
}

export function filled(items: readonly Item[], cells: Cells): number {
  let n = 0;
  for (const item of items) if (cells[item.key] !== null && cells[item.key] !== undefined) n++;
  return n;
}
