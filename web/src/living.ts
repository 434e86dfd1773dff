// The drafts that live in this tab: one a report, whichever screen shows it, until the person signs
// out. A screen that is left and opened again finds the same draft, its save running or failed.
import { effect, signal, type Signal } from '@preact/signals';

import { api, ApiError, online, session } from './api';
import { Draft, type Answer, type Batch, type Current, type Parsed } from './draft';
import { accountOf, listen, readSure, reportKey, shelfOf, tellEnded, writeSure, type Where } from './kept';
import type { Value } from './marks';
import { apiPath, format, fromCell, itemsOf, loadReport, parse, toCells } from './report';
import { unsent } from './state';
import type { Form, Item, ItemValues, Report, ReportRemarks, Submitted } from './types';

export interface Living {
  draft: Draft;
  /** As it was read last; the form in the language of then. */
  report: Report;
  form: Form;
  /** Entries put back when the draft was opened in this tab. */
  restored: number;
  /** Unusual figures the person has said are right, by item. */
  sure: Signal<Record<string, number>>;
  /** Submitted by somebody else while it was open here, and not yet taken note of. */
  overtaken: Signal<Submitted | null>;
}

const living = signal<ReadonlyMap<string, Living>>(new Map());
const tab = Math.random().toString(36).slice(2, 10);

/** Names an entry that is a remark. */
export function remarkKey(kind: 'report' | 'items' | 'rules', key = ''): string {
  return kind === 'report' ? 'remarks.report' : `remarks.${kind}.${key}`;
}
export const isRemark = (key: string): boolean => key.startsWith('remarks.');

/** Every entry of a form. */
function entriesOf(form: Form): string[] {
  const items = [...itemsOf(form).keys()];
  const rules = form.rules.map((rule) => rule.code);
  return [...items, remarkKey('report'), ...items.map((key) => remarkKey('items', key)), ...rules.map((code) => remarkKey('rules', code))];
}

function currentOf(items: Map<string, Item>, from: { version: number; items: ItemValues; remarks?: ReportRemarks | null }): Current {
  const values: Current['values'] = { ...(toCells(items, from.items) as Current['values']) };
  if (from.remarks?.report) values[remarkKey('report')] = from.remarks.report;
  for (const kind of ['items', 'rules'] as const)
    for (const [key, text] of Object.entries(from.remarks?.[kind] ?? {})) values[remarkKey(kind, key)] = text;
  return { version: from.version, values };
}

/** What is not named stays as it is on the server; null removes. */
function bodyOf(items: Map<string, Item>, batch: Batch): Record<string, unknown> {
  const body: Record<string, unknown> = { version: batch.version };
  const values: ItemValues = {};
  const remarks: { report?: Value; items?: Record<string, Value>; rules?: Record<string, Value> } = {};
  for (const [entry, value] of Object.entries(batch.values)) {
    const [, kind, key] = /^remarks\.(report|items|rules)\.?(.*)$/.exec(entry) ?? [];
    if (!kind) values[entry] = fromCell(items.get(entry)!, value as number | null);
    else if (kind === 'report') remarks.report = value;
    else remarks[kind as 'items' | 'rules'] = { ...remarks[kind as 'items' | 'rules'], [key!]: value };
  }
  if (Object.keys(values).length) body.items = values;
  if (Object.keys(remarks).length) body.remarks = remarks;
  return body;
}

function read(items: Map<string, Item>, entry: string, text: string): Parsed {
  return isRemark(entry) ? { value: text || null } : parse(items.get(entry)!, text);
}

function begin(w: Where, items: Map<string, Item>): Draft {
  const account = accountOf();
  /** Another person has signed in since: not one figure goes under that name. */
  const mine = () => {
    if (accountOf() !== account) throw new ApiError(409, 'session.other_person', '');
  };
  return new Draft({
    tab,
    shelf: shelfOf(account, w),
    parse: (entry, text) => read(items, entry, text),
    format: (entry, value) => (isRemark(entry) ? String(value ?? '') : format(items.get(entry)!, value as number | null)),
    send: (batch) => {
      mine();
      return api<Answer>('PATCH', `${apiPath(w)}/draft`, { body: bodyOf(items, batch) });
    },
    read: async (error) => {
      const told = error?.body.current as Report | undefined;
      const look = loadReport(w).then((now) => {
        overtake(living.peek().get(reportKey(w)), now);
        return now;
      });
      if (told) look.catch(() => undefined); // what was told is enough to go on; who submitted is told when it comes
      return currentOf(items, told ?? (await look));
    },
    now: () => Date.now(),
    later: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
  });
}

/** A version was submitted since this draft was opened: what is typed from now on is its correction. */
export function overtake(found: Pick<Living, 'report' | 'overtaken'> | undefined, now: Pick<Report, 'submitted'>): void {
  const known = found?.overtaken.peek()?.version ?? found?.report.submitted?.version ?? 0;
  if (found && now.submitted && now.submitted.version > known) found.overtaken.value = now.submitted;
}

/** The person goes on, knowing that this is a correction now. */
export function goOnCorrecting(w: Where, found: Living): void {
  found.report = { ...found.report, submitted: found.overtaken.peek() ?? found.report.submitted };
  found.overtaken.value = null;
  beginCorrection(w);
}

/** The living draft of a report, brought up to date with what was just read. */
export function openDraft(w: Where, report: Report, form: Form): Living {
  const key = reportKey(w);
  const items = itemsOf(form);
  const found = living.peek().get(key);
  if (found) {
    overtake(found, report);
    Object.assign(found, { report, form });
    found.draft.refresh(currentOf(items, report));
    return found;
  }
  const draft = begin(w, items);
  const restored = draft.open(entriesOf(form), currentOf(items, report));
  const opened: Living = { draft, report, form, restored, sure: signal(readSure(w)), overtaken: signal(null) };
  living.value = new Map(living.peek()).set(key, opened);
  return opened;
}

export function livingDraft(w: Where): Living | undefined {
  return living.peek().get(reportKey(w));
}

/** Reports whose correction was begun in this tab: nothing is stored before a figure is typed. */
const corrected = signal<ReadonlySet<string>>(new Set());

export function beginCorrection(w: Where): void {
  corrected.value = new Set([...corrected.peek(), reportKey(w)]);
}
export function isCorrected(w: Where): boolean {
  return corrected.value.has(reportKey(w));
}

/** The report was submitted, or its draft thrown away with all that is not sent. */
export function endDraft(w: Where, thrownAway: boolean): void {
  const found = livingDraft(w);
  if (thrownAway) found?.draft.discard();
  else found?.draft.close();
  writeSure(w, {});
  tellEnded(w);
  const rest = new Map(living.peek());
  rest.delete(reportKey(w));
  living.value = rest;
  corrected.value = new Set([...corrected.peek()].filter((key) => key !== reportKey(w)));
}

/** The person says that an unusual figure is right. */
export function confirm(w: Where, found: Living, key: string, value: number): void {
  found.sure.value = { ...found.sure.value, [key]: value };
  writeSure(w, found.sure.value);
}

function each(run: (draft: Draft) => void): void {
  for (const { draft } of living.peek().values()) run(draft);
}

/** In another tab the draft was submitted or thrown away: said here, before somebody types on into it. */
async function readAnew(key: string, w: Where): Promise<void> {
  const now = await loadReport(w).catch(() => null); // not now: the next save tells
  const found = living.peek().get(key);
  if (!now || !found) return;
  overtake(found, now);
  found.draft.refresh(currentOf(itemsOf(found.form), now));
}

/** Begins with the application: other tabs, the network and the person's comings and goings. */
function watch(): void {
  listen((report) => living.peek().get(report)?.draft, (report, w) => void readAnew(report, w));
  addEventListener('online', () => each((draft) => void draft.flush()));
  addEventListener('focus', () => each((draft) => void draft.flush()));
  document.addEventListener('visibilitychange', () =>
    each((draft) => {
      if (document.hidden) draft.leave();
      void draft.flush();
    }),
  );
  effect(() => {
    if (online.value) each((draft) => draft.offline.peek() && void draft.flush());
  });
  effect(() => {
    unsent.value = [...living.value.values()].reduce((n, { draft }) => n + draft.unsent, 0);
  });
  let account = accountOf();
  effect(() => {
    const now = session.value && accountOf();
    if (now === account) return;
    account = now ?? '';
    each((draft) => draft.close());
    living.value = new Map();
  });
}
if (typeof document !== 'undefined') watch();
