// What is being typed into one report, and getting it to the server without losing any of it.
//
// Every keystroke is kept on the device before anything else. Cells go to the server in batches,
// one batch at a time, with the version they were typed against. A server that cannot be reached is
// tried again (2 s to 5 min); a report somebody else changed is merged cell by cell, and where both
// changed the same cell the person chooses. Timers and storage are given from outside, so that this
// is tested without a browser.
import { computed, signal, type Signal } from '@preact/signals';

import { ApiError } from './api';

export type CellState =
  | 'clean' // as it was when the report was opened
  | 'saved' // acknowledged by the server since
  | 'waiting' // typed, not yet acknowledged
  | 'invalid' // cannot be a figure; kept here, not sent
  | 'refused' // the server did not take it
  | 'conflict'; // somebody else changed it too

export interface Cell {
  text: string;
  value: number | null;
  /** What the server holds, as far as known. */
  base: number | null;
  state: CellState;
  error?: string;
  theirs?: number | null;
}

export interface Remarks {
  report?: string;
  items?: Record<string, string>;
  rules?: Record<string, string>;
}

/** What stays on the device until the server has it: text and the value it was typed over. */
export interface Kept {
  version: number;
  at: number;
  cells: Record<string, [text: string, base: number | null]>;
  remarks?: Remarks;
}

export interface Batch {
  version: number;
  cells: Record<string, number | null>;
  remarks?: Remarks;
}
export interface Current {
  version: number;
  cells: Record<string, number | null>;
  remarks?: Remarks | null;
}
export type Parsed = { value: number | null; error?: undefined } | { error: string };

export interface Surroundings {
  parse(key: string, text: string): Parsed;
  format(key: string, value: number | null): string;
  send(batch: Batch): Promise<{ version: number }>;
  /** What the server holds now: told with the conflict, or asked for. */
  read(conflict: ApiError): Promise<Current>;
  keep(kept: Kept | null): void;
  now(): number;
  later(run: () => void, ms: number): () => void;
  random(): number;
}

export const BATCH = 100;
const TYPED_PAUSE = 1000;
const RETRY_FIRST = 2000;
const RETRY_LAST = 300_000;

/** Wait before try n (0, 1, ...): doubling, half of it random so that a district does not knock at once. */
export function backoff(tries: number, random: number, retryAfter = 0): number {
  const base = Math.min(RETRY_LAST, RETRY_FIRST * 2 ** tries);
  return Math.max(retryAfter * 1000, base / 2 + (base / 2) * random);
}

export class Draft {
  readonly cells = new Map<string, Signal<Cell>>();
  readonly remarks = signal<Remarks>({});
  readonly savedAt = signal<number | null>(null);
  readonly sending = signal(false);
  readonly offline = signal(false);
  /** Set when the server will not take any more of it: closed month, facility gone. */
  readonly stopped = signal<ApiError | null>(null);
  version = 0;

  private remarksDirty = signal(false);
  private tries = 0;
  private cancel: (() => void) | null = null;
  private running: Promise<void> | null = null;

  readonly waiting = computed(
    () => this.count((c) => c.state === 'waiting') + (this.remarksDirty.value ? 1 : 0),
  );
  readonly problems = computed(() => this.count((c) => c.state === 'invalid' || c.state === 'refused'));
  readonly conflicts = computed(() => [...this.cells].filter(([, c]) => c.value.state === 'conflict').map(([key]) => key));

  constructor(private readonly around: Surroundings) {}

  private count(test: (cell: Cell) => boolean): number {
    let n = 0;
    for (const cell of this.cells.values()) if (test(cell.value)) n++;
    return n;
  }

  /** Begins with what the server holds, then puts back what an earlier visit could not send. */
  open(keys: readonly string[], current: Current, kept: Kept | null): number {
    this.version = current.version;
    this.remarks.value = current.remarks ?? {};
    for (const key of keys) {
      const base = current.cells[key] ?? null;
      this.cells.set(key, signal<Cell>({ text: this.around.format(key, base), value: base, base, state: 'clean' }));
    }
    return kept ? this.restore(kept) : 0;
  }

  private restore(kept: Kept): number {
    let restored = 0;
    for (const [key, [text, base]] of Object.entries(kept.cells)) {
      const cell = this.cells.get(key);
      if (!cell || cell.value.text === text) continue;
      const theirs = cell.value.base;
      this.change(key, text);
      restored++;
      if (theirs !== base && cell.value.state === 'waiting')
        cell.value = { ...cell.value, state: 'conflict', theirs };
    }
    if (kept.remarks) {
      this.remarks.value = kept.remarks;
      this.remarksDirty.value = true;
      restored++;
    }
    this.keep();
    if (restored) this.schedule(0);
    return restored;
  }

  get(key: string): Cell {
    return this.cells.get(key)!.value;
  }

  values(): Record<string, number | null> {
    const out: Record<string, number | null> = {};
    for (const [key, cell] of this.cells) out[key] = cell.value.value;
    return out;
  }

  private change(key: string, text: string): void {
    const cell = this.cells.get(key);
    if (!cell) return;
    const before = cell.value;
    const parsed = this.around.parse(key, text);
    if (parsed.error !== undefined) {
      cell.value = { ...before, text, state: 'invalid', error: parsed.error, value: before.base };
      return;
    }
    const same = parsed.value === before.base;
    const state = same ? (before.state === 'clean' ? 'clean' : 'saved') : 'waiting';
    cell.value = { text, value: parsed.value, base: before.base, state };
  }

  type(key: string, text: string): void {
    if (this.get(key).text === text) return;
    this.change(key, text);
    this.keep();
    if (this.get(key).state === 'waiting') this.schedule(TYPED_PAUSE);
  }

  /** Fills several cells at once; the answer puts them back. */
  fill(texts: Record<string, string>): () => void {
    const before: Record<string, string> = {};
    for (const [key, text] of Object.entries(texts)) {
      if (!this.cells.has(key)) continue;
      before[key] = this.get(key).text;
      this.change(key, text);
    }
    this.keep();
    this.schedule(0);
    return () => {
      for (const [key, text] of Object.entries(before)) this.change(key, text);
      this.keep();
      this.schedule(0);
    };
  }

  /** Back to what the server holds. */
  revert(key: string): void {
    const { base, state } = this.get(key);
    this.cells.get(key)!.value = {
      text: this.around.format(key, base),
      value: base,
      base,
      state: state === 'clean' ? 'clean' : 'saved',
    };
    this.keep();
  }

  remark(kind: 'report' | 'items' | 'rules', key: string, text: string): void {
    const next: Remarks = { ...this.remarks.value };
    // A text of no length stays named: that is how the server learns that it was removed.
    if (kind === 'report') next.report = text;
    else next[kind] = { ...next[kind], [key]: text };
    this.remarks.value = next;
    this.remarksDirty.value = true;
    this.keep();
    this.schedule(TYPED_PAUSE);
  }

  resolve(key: string, whose: 'mine' | 'theirs'): void {
    const cell = this.cells.get(key)!;
    const theirs = cell.value.theirs ?? null;
    const base = { ...cell.value, base: theirs, theirs: undefined };
    cell.value =
      whose === 'theirs'
        ? { ...base, value: theirs, text: this.around.format(key, theirs), state: 'saved' }
        : { ...base, state: cell.value.value === theirs ? 'saved' : 'waiting' };
    this.keep();
    this.schedule(0);
  }

  private keep(): void {
    const cells: Kept['cells'] = {};
    for (const [key, cell] of this.cells) {
      const { state, text, base } = cell.value;
      if (state !== 'clean' && state !== 'saved') cells[key] = [text, base];
    }
    const remarks = this.remarksDirty.value ? this.remarks.value : undefined;
    const nothing = !remarks && Object.keys(cells).length === 0;
    this.around.keep(nothing ? null : { version: this.version, at: this.around.now(), cells, remarks });
  }

  private schedule(ms: number): void {
    this.cancel?.();
    this.cancel = this.around.later(() => void this.flush(), ms);
  }

  close(): void {
    this.cancel?.();
    this.cancel = null;
  }

  private batch(): Batch | null {
    const cells: Batch['cells'] = {};
    let n = 0;
    for (const [key, cell] of this.cells)
      if (cell.value.state === 'waiting' && n < BATCH) {
        cells[key] = cell.value.value;
        n++;
      }
    if (!n && !this.remarksDirty.value) return null;
    return { version: this.version, cells, remarks: this.remarksDirty.value ? this.remarks.value : undefined };
  }

  /** Sends all that waits; resolves when nothing waits or the server cannot be reached. */
  flush(): Promise<void> {
    this.running ??= this.sendAll().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async sendAll(): Promise<void> {
    this.close();
    for (let batch = this.batch(); batch && !this.stopped.value; batch = this.batch()) {
      this.sending.value = true;
      try {
        const answer = await this.around.send(batch);
        this.acknowledge(batch, answer.version);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (!(await this.recover(error, batch))) break;
      } finally {
        this.sending.value = false;
      }
    }
  }

  private acknowledge(batch: Batch, version: number): void {
    this.version = version;
    this.tries = 0;
    this.offline.value = false;
    this.savedAt.value = this.around.now();
    for (const [key, sent] of Object.entries(batch.cells)) {
      const cell = this.cells.get(key)!;
      const still = cell.value.state === 'waiting' && cell.value.value === sent;
      cell.value = { ...cell.value, base: sent, state: still ? 'saved' : cell.value.state };
    }
    if (batch.remarks && batch.remarks === this.remarks.value) this.remarksDirty.value = false;
    this.keep();
  }

  /** True: go on with the next batch now. */
  private async recover(error: ApiError, batch: Batch): Promise<boolean> {
    if (error.status === 0 || error.status === 429 || error.status >= 500) {
      this.offline.value = true;
      const wait = backoff(this.tries++, this.around.random(), error.retryAfter);
      this.cancel = this.around.later(() => void this.flush(), wait);
      return false;
    }
    if (error.status === 409) {
      try {
        this.merge(await this.around.read(error));
        return true;
      } catch {
        this.cancel = this.around.later(() => void this.flush(), backoff(this.tries++, this.around.random()));
        return false;
      }
    }
    if (this.refuse(error, batch)) return true;
    this.stopped.value = error;
    return false;
  }

  /** Marks the cells the server named; false when it named none of them. */
  private refuse(error: ApiError, batch: Batch): boolean {
    let found = false;
    for (const field of error.fields) {
      const key = field.field.replace(/^items\./, '');
      const cell = this.cells.get(key);
      if (!cell || !(key in batch.cells)) continue;
      cell.value = { ...cell.value, state: 'refused', error: field.detail };
      found = true;
    }
    this.keep();
    return found;
  }

  private merge(current: Current): void {
    this.version = current.version;
    for (const [key, cell] of this.cells) {
      const theirs = current.cells[key] ?? null;
      const mine = cell.value;
      if (theirs === mine.base) continue;
      if (mine.state === 'clean' || mine.state === 'saved')
        cell.value = { text: this.around.format(key, theirs), value: theirs, base: theirs, state: 'saved' };
      else if (mine.state === 'waiting' && mine.value !== theirs)
        cell.value = { ...mine, state: 'conflict', theirs };
      else cell.value = { ...mine, base: theirs, state: mine.state === 'waiting' ? 'saved' : mine.state };
    }
    if (!this.remarksDirty.value) this.remarks.value = current.remarks ?? {};
    else if (current.remarks)
      this.remarks.value = {
        report: this.remarks.value.report ?? current.remarks.report,
        items: { ...current.remarks.items, ...this.remarks.value.items },
        rules: { ...current.remarks.rules, ...this.remarks.value.rules },
      };
    this.keep();
  }
}
