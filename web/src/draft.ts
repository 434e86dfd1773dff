// What is being typed into one report, and getting it to the server without losing any of it.
//
// Figures and remarks are entries of one kind, each with a key ("1.1", "remarks.items.1.1"), each
// saved, merged, refused and asked about by itself. Entries go to the server in batches, one batch at
// a time, with the number of the draft they were typed against. A server that cannot be reached is
// tried again (2 s to 5 min); a draft somebody else changed is merged entry by entry. marks.ts keeps
// on the device what is not with the server. Timers, storage and server are given from outside, so
// that this is tested without a browser.
import { signal, type Signal } from '@preact/signals';

import { ApiError } from './api';
import {
  ADOPTED_PAUSE, backoff, BATCH, REST, STOOD, TYPED_PAUSE, type Answer, type Batch, type Cell, type CellState, type Current, type Refusal, type Surroundings,
} from './entry';
import { Marks, type Mark, type News, type Value } from './marks';

export { backoff, BATCH } from './entry';
export type { Answer, Batch, Cell, CellState, Current, Parsed, Refusal } from './entry';

/** "items.1.1" is the entry "1.1"; remarks are named as they are. */
const keyOf = (field: string): string => field.replace(/^items\./, '');

export class Draft {
  readonly cells = new Map<string, Signal<Cell>>();
  readonly savedAt = signal<number | null>(null);
  readonly offline = signal(false);
  /** Set when the server will not take any more of it: closed month, facility gone. */
  readonly stopped = signal<ApiError | null>(null);
  /** Entries that are not with the server, and why. */
  readonly pending = signal<Readonly<Record<string, CellState>>>({});
  /** The entry typed last in this tab. */
  readonly last = signal<string | null>(null);
  readonly marks: Marks;
  version = 0;

  private refusals = new Map<string, { text: string; refusal: Refusal }>();
  /** The entry whose field has the focus: half a figure is not sent as if it were whole. */
  private held: string | null = null;
  private tries = 0;
  private dead = false;
  private cancel: (() => void) | null = null;
  private running: Promise<void> | null = null;

  constructor(private readonly around: Surroundings) {
    this.marks = new Marks(around.tab, around.shelf, around.now);
  }

  get(key: string): Cell {
    return this.cells.get(key)!.value;
  }
  text(key: string): string {
    return this.cells.get(key)?.value.text ?? '';
  }
  values(keys: Iterable<string>): Record<string, Value> {
    const out: Record<string, Value> = {};
    for (const key of keys) out[key] = this.get(key).value;
    return out;
  }
  keysIn(...states: CellState[]): string[] {
    return Object.entries(this.pending.value).flatMap(([key, state]) => (states.includes(state) ? [key] : []));
  }
  get waiting(): number {
    return this.keysIn('waiting').length;
  }
  get unsent(): number {
    return Object.keys(this.pending.value).length;
  }

  /* ---- Opening, and looking again. ----------------------------------------------------------------- */

  /** Begins with what the server holds, then puts back what could not be sent. */
  open(keys: Iterable<string>, current: Current): number {
    this.version = current.version;
    for (const key of keys) {
      const base = current.values[key] ?? null;
      this.cells.set(key, signal<Cell>({ text: this.around.format(key, base), value: base, base, state: 'saved' }));
    }
    this.resync();
    if (this.waiting) this.schedule(0);
    return this.unsent;
  }

  /** A fresh reading of the report; one that is older than what is known is not taken. */
  refresh(current: Current): void {
    if (this.dead) return;
    this.stopped.value = null;
    this.merge(current);
    if (this.waiting && !this.running) this.schedule(0);
  }

  /** Holds this tab against what stands on the device: events may have been missed. */
  resync(): void {
    if (this.dead) return;
    for (const mark of this.marks.missed((lost) => this.gone(lost.key, lost.id))) this.hear(mark);
  }

  hear(mark: Mark): void {
    if (this.dead || !this.cells.has(mark.key) || this.marks.knows(mark)) return;
    if (mark.version > this.version) this.setBase(mark.key, mark.over, mark.version);
    this.marks.take(mark);
    this.derive(mark.key);
    if (this.get(mark.key).state === 'waiting') this.schedule(ADOPTED_PAUSE, true);
  }

  /** The server would not take it; the person wants it tried again. */
  again(): Promise<void> {
    this.stopped.value = null;
    return this.flush();
  }

  /** A mark was taken away: what it said is with the server and the news were missed, or it was given up. */
  gone(key: string, id: string): void {
    if (this.dead || !this.cells.has(key)) return;
    if (this.marks.gone(key, id)) this.around.later(() => void this.lookAgain(), 0);
    this.derive(key);
  }

  /** Another tab has had something acknowledged. */
  learn(news: News): void {
    if (this.dead || news.version <= this.version) return;
    this.acknowledge(news);
    if (news.version === this.version + 1) this.version = news.version;
  }

  private async lookAgain(): Promise<void> {
    try {
      this.refresh(await this.around.read());
    } catch {
      // not now: the next save, or the next opening, brings it
    }
  }

  /* ---- Typing. ------------------------------------------------------------------------------------- */

  type(key: string, text: string): void {
    if (this.dead || !this.cells.has(key) || this.get(key).text === text) return;
    this.write(key, text);
    this.last.value = key;
    this.schedule(TYPED_PAUSE);
  }

  /** The entry's field has the focus. */
  hold(key: string): void {
    this.held = key;
  }
  /** The field is left, or what stands in it is to be sent as it is. */
  leave(key = this.held): void {
    if (this.held === key) this.held = null;
  }

  /** The cell is left: shown as it is understood. */
  settle(key: string): void {
    const cell = this.get(key);
    const text = this.around.format(key, cell.value);
    if (cell.state === 'invalid' || cell.state === 'refused' || cell.text === text) return;
    const typed = cell.text.trim();
    this.cells.get(key)!.value = { ...cell, text, typed: typed === text ? undefined : typed };
  }

  /** Fills several cells at once; the answer puts them back. */
  fill(texts: Record<string, string>): () => void {
    const before: Record<string, string> = {};
    const write = (all: Record<string, string>) => {
      for (const [key, text] of Object.entries(all)) this.type(key, text);
      this.schedule(0);
    };
    for (const key of Object.keys(texts)) before[key] = this.text(key);
    write(texts);
    return () => write(before);
  }

  /** Back to what the server holds. */
  revert(key: string): void {
    this.choose(key, this.around.format(key, this.get(key).base));
  }

  resolve(key: string, whose: 'mine' | 'theirs'): void {
    const cell = this.get(key);
    this.choose(key, whose === 'mine' ? cell.text : this.around.format(key, cell.theirs ?? null));
  }

  /** Written knowing what the server holds. */
  private choose(key: string, text: string): void {
    const mark = this.marks.get(key);
    this.marks.write(key, text, { over: this.get(key).base, version: this.version }, mark?.sent ?? [], true);
    this.derive(key);
    this.schedule(0);
  }

  private write(key: string, text: string): void {
    const mark = this.marks.get(key);
    const base = mark ?? { over: this.get(key).base, version: this.version };
    this.marks.write(key, text, { over: base.over, version: base.version }, mark ? this.maybeSent(mark) : [], false);
    this.derive(key);
  }

  private maybeSent(mark: Mark): Value[] {
    const parsed = this.around.parse(mark.key, mark.text);
    const stood = this.around.now() - mark.at >= STOOD && parsed.error === undefined;
    return stood ? [...mark.sent, parsed.value].slice(-BATCH) : mark.sent;
  }

  /* ---- What an entry is, from its mark and from what the server holds. ------------------------------ */

  private derive(key: string): void {
    const { base } = this.get(key);
    const mark = this.marks.get(key);
    if (!mark) return this.show(key, { text: this.around.format(key, base), value: base, base, state: 'saved' });
    const parsed = this.around.parse(key, mark.text);
    if (parsed.error !== undefined)
      return this.show(key, { text: mark.text, value: null, base, state: 'invalid', error: { code: parsed.error } });
    const { value } = parsed;
    const cell = { ...this.shown(key, mark), value, base };
    const theirs = this.other(key, mark, value);
    const refused = this.refusals.get(key);
    if (theirs !== undefined) return this.show(key, { ...cell, state: 'conflict', theirs });
    if (value !== base || mark.sent.some((sent) => sent !== base)) {
      if (refused?.text !== mark.text) return this.show(key, { ...cell, state: 'waiting' });
      return this.show(key, { ...cell, state: 'refused', error: refused.refusal });
    }
    this.marks.release(key);
    this.refusals.delete(key);
    this.show(key, { ...cell, state: 'saved' });
  }

  /** Once understood, a text stays as it was understood until it is typed again. */
  private shown(key: string, mark: Mark): Pick<Cell, 'text' | 'typed'> {
    const { text, typed } = this.get(key);
    return typed !== undefined && typed === mark.text.trim() ? { text, typed } : { text: mark.text };
  }

  /** The value that stands against the one typed; undefined: none does. */
  private other(key: string, mark: Mark, value: Value): Value | undefined {
    const { base } = this.get(key);
    const rival = this.marks.rival(key);
    const said = rival && this.around.parse(key, rival.text);
    if (said && said.error === undefined && said.value !== value) return said.value;
    this.marks.dropRival(key);
    return mark.over !== base && value !== base ? base : undefined;
  }

  private show(key: string, cell: Cell): void {
    const before = this.get(key).state;
    this.cells.get(key)!.value = cell;
    if (before === cell.state) return;
    const { [key]: _, ...rest } = this.pending.value;
    this.pending.value = cell.state === 'saved' ? rest : { ...rest, [key]: cell.state };
  }

  /** The server holds this; `own`: because this device sent it. */
  private setBase(key: string, base: Value, version: number, own = false): void {
    const cell = this.cells.get(key)!;
    const mark = this.marks.get(key);
    if (mark && (own || mark.sent.includes(base))) Object.assign(mark, { over: base, version });
    else if (cell.value.base === base) return;
    cell.value = { ...cell.value, base };
    this.derive(key);
  }

  private merge(current: Current): void {
    if (current.version < this.version) return;
    this.version = current.version;
    for (const key of this.cells.keys()) this.setBase(key, current.values[key] ?? null, current.version);
  }

  /* ---- Sending. -------------------------------------------------------------------------------------- */

  /** `gently`: a time that is set already stands. */
  private schedule(ms: number, gently = false): void {
    if (this.dead || (gently && this.cancel)) return;
    this.cancel?.();
    this.cancel = this.around.later(() => {
      this.cancel = null;
      void this.flush();
    }, ms);
  }

  /** The draft is dead: it neither sends nor writes any more, whatever still comes for it. */
  close(): void {
    this.dead = true;
    this.cancel?.();
    this.cancel = null;
  }

  /** All that is not with the server is given up. */
  discard(): void {
    for (const key of this.marks.keys()) this.marks.release(key);
    this.close();
  }

  /** How long an entry is still to be left alone (ms). */
  private rests(key: string): number {
    const mark = key === this.held ? this.marks.get(key) : undefined;
    return mark ? mark.at + REST - this.around.now() : 0;
  }

  private batch(): Batch | null {
    const values: Batch['values'] = {};
    const keys = this.keysIn('waiting').filter((key) => this.rests(key) <= 0);
    for (const key of keys.slice(0, BATCH)) {
      const { value } = this.get(key);
      const mark = this.marks.get(key)!;
      values[key] = value;
      if (!mark.sent.includes(value)) mark.sent = [...mark.sent, value];
    }
    return Object.keys(values).length ? { version: this.version, values } : null;
  }

  /** Sends all that waits; resolves when nothing waits or the server cannot be reached. */
  flush(): Promise<void> {
    if (this.dead) return Promise.resolve();
    this.running ??= this.sendAll().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private timesOf(batch: Batch): News['at'] {
    return Object.fromEntries(Object.keys(batch.values).map((key) => [key, this.marks.get(key)!.at]));
  }

  private async sendAll(): Promise<void> {
    this.cancel?.();
    this.cancel = null;
    for (;;) {
      this.resync();
      const batch = this.batch();
      if (!batch) return this.waitForRest();
      if (this.stopped.value || this.dead) return;
      const at = this.timesOf(batch);
      try {
        const answer = await this.around.send(batch);
        if (!this.dead) this.taken(batch, at, answer);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (this.dead || !(await this.recover(error, batch))) return;
      }
    }
  }

  private waitForRest(): void {
    const held = this.keysIn('waiting').find((key) => this.rests(key) > 0);
    if (held) this.schedule(this.rests(held), true);
  }

  private taken(batch: Batch, at: News['at'], answer: Answer): void {
    const values = { ...batch.values };
    for (const [field, refusal] of Object.entries(answer.refused ?? {})) {
      delete values[keyOf(field)];
      this.refuse(batch, keyOf(field), refusal);
    }
    this.version = Math.max(this.version, answer.version);
    this.tries = 0;
    this.offline.value = false;
    this.savedAt.value = this.around.now();
    const news = { version: answer.version, values, at };
    this.around.shelf.tell(news);
    this.acknowledge(news);
  }

  /** What was typed on this device over the value before is now typed over the acknowledged one. */
  private acknowledge(news: News): void {
    for (const [key, value] of Object.entries(news.values)) {
      if (!this.cells.has(key)) continue;
      const mark = this.marks.get(key);
      const typed = news.at[key]!;
      if (mark && mark.at < typed) {
        this.marks.release(key); // what was typed later is with the server
        this.derive(key);
      }
      const moves = mark && (mark.over === this.get(key).base || mark.at === typed);
      if (mark) mark.sent = [];
      this.setBase(key, value, news.version, moves);
      if (moves) this.marks.rebase(key);
    }
  }

  /** This sending has stored nothing, and no earlier one can any more. */
  private notSent(batch: Batch, key: string): void {
    const mark = this.marks.get(key);
    if (!mark) return;
    mark.sent = mark.sent.filter((sent) => sent !== batch.values[key]);
    this.derive(key);
  }

  /** True: the entry was among those sent, and is set aside. */
  private refuse(batch: Batch, key: string, refusal: Refusal): boolean {
    if (!(key in batch.values)) return false;
    const mark = this.marks.get(key);
    if (!mark) return true;
    const parsed = this.around.parse(key, mark.text);
    this.notSent(batch, key);
    if (parsed.error === undefined && parsed.value === batch.values[key]) this.refusals.set(key, { text: mark.text, refusal });
    this.derive(key);
    return true;
  }

  /** True: go on with the next batch now. */
  private async recover(error: ApiError, batch: Batch): Promise<boolean> {
    if (error.status === 0 || error.status === 429 || error.status >= 500) {
      this.offline.value = true;
      return this.tryLater(error.retryAfter);
    }
    if (error.code === 'report.version_conflict') {
      try {
        const current = await this.around.read(error);
        if (this.dead) return false;
        this.merge(current);
        for (const key of Object.keys(batch.values)) this.notSent(batch, key);
        return true;
      } catch {
        return this.tryLater();
      }
    }
    if (error.fields.filter(({ field, code, detail }) => this.refuse(batch, keyOf(field), { code, detail })).length) return true;
    this.stopped.value = error;
    return false;
  }

  private tryLater(retryAfter = 0): false {
    this.schedule(backoff(this.tries++, this.around.random(), retryAfter));
    return false;
  }
}
