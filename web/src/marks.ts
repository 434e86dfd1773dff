// What is typed into a report, kept on the device until the server has it, and shared by all tabs.
//
// What is typed becomes a mark: the text, and the value it was typed over. A mark is never changed:
// the next keystroke adds one and drops the one it follows. So tabs need no lock, and closing one
// loses nothing. Of two marks of an entry the one typed last counts; where they were typed over
// different values, neither knowing of the other, the older one is a rival and the person is asked.
import { signal } from '@preact/signals';

/** A figure as it is stored, the text of a remark, or nothing. */
export type Value = number | string | null;

/** One thing typed and not yet with the server. */
export interface Mark {
  key: string;
  id: string;
  /** When it was typed (ms). */
  at: number;
  text: string;
  /** What it was typed over, and the number of the draft that held this. */
  over: Value;
  version: number;
  /** Marks it was typed in place of. */
  after: string[];
  /** Values of this entry whose sending was begun: the server may hold any of them. */
  sent: Value[];
}

/** What one tab tells the others when the server has acknowledged something. */
export interface News {
  version: number;
  values: Record<string, Value>;
  /** When each of them was typed. */
  at: Record<string, number>;
}

/** The marks of one report on this device. */
export interface Shelf {
  all(): Mark[];
  /** False: the device keeps nothing. */
  put(mark: Mark): boolean;
  drop(mark: Mark): void;
  tell(news: News): void;
}

export function isLater(a: Mark, b: Mark): boolean {
  return a.at !== b.at ? a.at > b.at : a.id > b.id;
}

export class Marks {
  readonly stored = signal(true);
  private held = new Map<string, Mark>();
  private rivals = new Map<string, Mark>();
  private stamp = 0;

  constructor(
    private readonly tab: string,
    private readonly shelf: Shelf,
    private readonly now: () => number,
  ) {}

  get(key: string): Mark | undefined {
    return this.held.get(key);
  }
  rival(key: string): Mark | undefined {
    return this.rivals.get(key);
  }
  keys(): string[] {
    return [...this.held.keys()];
  }

  /** Adds the mark of a keystroke. `anew`: the person has seen what is asked about, and has chosen. */
  write(key: string, text: string, base: { over: Value; version: number }, sent: Value[], anew: boolean): void {
    const before = this.held.get(key);
    const rival = anew ? this.rivals.get(key) : undefined;
    const replaced = [before, rival].filter((mark) => mark !== undefined);
    this.hold({ key, text, ...base, sent, at: this.next(), id: '', after: replaced.map((mark) => mark.id) });
    for (const mark of replaced) this.shelf.drop(mark);
    if (rival) this.rivals.delete(key);
  }

  private next(): number {
    this.stamp = Math.max(this.now(), this.stamp + 1);
    return this.stamp;
  }

  private hold(mark: Mark): void {
    mark.id = `${this.tab}.${this.stamp}`;
    this.held.set(mark.key, mark);
    this.stored.value = this.shelf.put(mark);
  }

  /** The same words, with what has been learnt about them. */
  rebase(key: string): void {
    const mark = this.held.get(key);
    if (!mark) return;
    this.next();
    this.hold({ ...mark, after: [mark.id] });
    this.shelf.drop(mark);
  }

  knows(mark: Mark): boolean {
    return this.held.get(mark.key)?.id === mark.id || this.rivals.get(mark.key)?.id === mark.id;
  }

  /** A mark of another tab, or of an earlier visit. */
  take(mark: Mark): void {
    const { key } = mark;
    const held = this.held.get(key);
    const rival = this.rivals.get(key);
    this.stamp = Math.max(this.stamp, mark.at);
    if (rival && mark.after.includes(rival.id)) this.rivals.delete(key);
    if (!held || mark.after.includes(held.id)) this.held.set(key, mark);
    else this.settle(...(isLater(mark, held) ? ([held, mark] as const) : ([mark, held] as const)));
  }

  private settle(older: Mark, newer: Mark): void {
    this.held.set(newer.key, newer);
    if (older.over === newer.over || newer.after.includes(older.id)) this.shelf.drop(older);
    else this.rivals.set(older.key, older);
  }

  /** A mark was taken away by another tab. True: it was the one that counts here. */
  gone(key: string, id: string): boolean {
    if (this.rivals.get(key)?.id === id) this.rivals.delete(key);
    return this.held.get(key)?.id === id && this.held.delete(key);
  }

  dropRival(key: string): void {
    const rival = this.rivals.get(key);
    if (rival) this.shelf.drop(rival);
    this.rivals.delete(key);
  }

  /** The server has it, or it is given up. */
  release(key: string): void {
    this.dropRival(key);
    const mark = this.held.get(key);
    if (mark) this.shelf.drop(mark);
    this.held.delete(key);
  }

  /** What stands on the device and is not known here, oldest first; `lost` is told what no longer stands. */
  missed(lost: (mark: Mark) => void): Mark[] {
    const standing = this.shelf.all().sort((a, b) => (isLater(a, b) ? 1 : -1));
    const ids = new Set(standing.map((mark) => mark.id));
    for (const mark of [...this.held.values()]) {
      if (ids.has(mark.id)) continue;
      if (standing.some((other) => other.key === mark.key && isLater(other, mark))) this.held.delete(mark.key);
      // What was typed here is not given up because somebody emptied the device's storage.
      else if (mark.id.startsWith(`${this.tab}.`)) this.stored.value = this.shelf.put(mark);
      else lost(mark);
    }
    return standing.filter((mark) => !this.knows(mark));
  }
}
