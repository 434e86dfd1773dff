// A walk at random: several tabs of one browser, another person elsewhere, a server that answers, fails,
// loses its answers, is late and refuses; against a model that knows only what people did.
import { describe, expect, it } from 'vitest';

import { ApiError } from './api';
import { Draft, type Answer, type Batch, type Current } from './draft';
import type { Mark, News, Shelf, Value } from './marks';

const STEPS = 300;
const SEEDS = 100;
const KEYS = ['1.1', '1.2', '1.3', 'remarks.items.1.1', 'remarks.report'];
const REMARK = (key: string) => key.startsWith('remarks.');

function random(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Weather = 'fine' | 'down' | 'answer lost' | 'late' | 'late and lost';

interface Tab {
  name: string;
  draft: Draft;
  events: Array<() => void>;
  timers: Array<{ run: () => void; due: number; live: boolean }>;
}

class World {
  clock = 1_000_000;
  weather: Weather = 'fine';
  server: Current = { version: 1, values: { '1.1': 5, '1.2': null, '1.3': 7, 'remarks.report': 'before' } };
  device = new Map<string, Mark>();
  tabs: Tab[] = [];
  lateAnswers: Array<() => void> = [];
  opened = 0;
  strangers = 0;
  /** What the device was shown when it typed, since the server last took a value of it. */
  seen = new Map<string, Set<Value>>();
  trace: string[] = [];
  wrong: string[] = [];
  /** The model: for each entry what the server may hold in the end, by what people did last. */
  may = new Map<string, Set<Value>>();

  constructor(readonly dice: () => number) {
    for (const key of KEYS) this.begin(key);
  }
  private begin(key: string): void {
    this.may.set(key, new Set([this.held(key)]));
    this.seen.set(key, new Set([this.held(key)]));
  }
  held(key: string): Value {
    return this.server.values[key] ?? null;
  }
  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.dice() * from.length)]!;
  }
  say(what: string): void {
    this.trace.push(`${this.clock} ${what}`);
  }

  /* ---- The server. ------------------------------------------------------------------------------- */

  private store(batch: Batch): Answer {
    if (batch.version !== this.server.version) throw new ApiError(409, 'report.version_conflict', '');
    const refused: Answer['refused'] = {};
    const taken: Record<string, Value> = {};
    for (const [key, value] of Object.entries(batch.values))
      if (this.refuses(value)) refused[REMARK(key) ? key : `items.${key}`] = { code: 'body.invalid', detail: 'no' };
      else taken[key] = value;
    const figures = Object.keys(refused).filter((field) => field.startsWith('items.'));
    if (figures.length)
      throw new ApiError(422, 'body.invalid', '', figures.map((field) => ({ field, code: 'value.too_large', detail: 'no' })));
    for (const [key, value] of Object.entries(taken)) this.overwrite(key, value);
    this.server.version++;
    this.say(`  server ${this.server.version} ${JSON.stringify(taken)}`);
    return { version: this.server.version, refused };
  }
  /** Nobody's figure is written over unless whoever typed had it before the eyes. */
  private overwrite(key: string, value: Value): void {
    const now = this.held(key);
    if (now !== null && now !== value && !this.seen.get(key)!.has(now)) this.wrong.push(`${key}: ${value} was written over ${now} unseen`);
    this.seen.set(key, new Set([value]));
    this.server.values[key] = value;
  }
  refuses(value: Value): boolean {
    return typeof value === 'number' ? value > 900 : !!value?.includes('\u0001');
  }
  async send(tab: Tab, batch: Batch): Promise<Answer> {
    const weather = this.weather;
    this.say(`  ${tab.name} sends ${batch.version} ${JSON.stringify(batch.values)} ${weather}`);
    if (weather === 'down') throw new ApiError(0, 'network', '');
    if (weather === 'late' || weather === 'late and lost') await new Promise<void>((resolve) => this.lateAnswers.push(resolve));
    const answer = this.store(batch);
    if (weather === 'fine') return answer;
    if (weather === 'late') await new Promise<void>((resolve) => this.lateAnswers.push(resolve));
    else throw new ApiError(0, 'network', '');
    return answer;
  }

  /* ---- The device. --------------------------------------------------------------------------------- */

  private others(me: string, event: (tab: Tab) => void): void {
    for (const tab of this.tabs) if (tab.name !== me) tab.events.push(() => event(tab));
  }
  private shelf(me: string): Shelf {
    return {
      all: () => structuredClone([...this.device.values()]),
      put: (mark) => {
        const copy = structuredClone(mark);
        this.device.set(copy.id, copy);
        this.others(me, (tab) => tab.draft.hear(structuredClone(copy)));
        return true;
      },
      drop: (mark) => {
        if (this.device.delete(mark.id)) this.others(me, (tab) => tab.draft.gone(mark.key, mark.id));
      },
      tell: (news: News) => this.others(me, (tab) => tab.draft.learn(structuredClone(news))),
    };
  }
  open(): void {
    const tab = { name: `t${++this.opened}`, events: [], timers: [] } as unknown as Tab;
    tab.draft = new Draft({
      tab: tab.name,
      shelf: this.shelf(tab.name),
      parse: (key, text) => {
        if (REMARK(key)) return { value: text || null };
        return text === '' ? { value: null } : /^\d+$/.test(text) ? { value: Number(text) } : { error: 'value.not_whole' };
      },
      format: (_key, value) => (value === null ? '' : String(value)),
      send: (batch) => this.send(tab, structuredClone(batch)),
      read: async () => {
        if (this.weather === 'down') throw new ApiError(0, 'network', '');
        return structuredClone(this.server);
      },
      now: () => this.clock,
      later: (run, ms) => {
        const timer = { run, due: this.clock + ms, live: true };
        tab.timers.push(timer);
        return () => (timer.live = false);
      },
      random: this.dice,
    });
    tab.draft.open(KEYS, structuredClone(this.server));
    this.tabs.push(tab);
    this.say(`open ${tab.name}`);
  }
  close(tab: Tab): void {
    this.say(`close ${tab.name}`);
    tab.draft.close();
    this.tabs = this.tabs.filter((one) => one !== tab);
  }
  listen(tab: Tab): void {
    for (const event of tab.events.splice(0)) event();
  }
  ring(tab: Tab): void {
    const due = tab.timers.filter((timer) => timer.live && timer.due <= this.clock);
    tab.timers = tab.timers.filter((timer) => timer.live && timer.due > this.clock);
    for (const timer of due) timer.run();
  }

  /* ---- What people do, and what the model makes of it. ---------------------------------------------- */

  text(key: string): string {
    if (REMARK(key)) return this.pick(['', 'camp', 'flood', 'strike', 'bad\u0001', `note ${Math.floor(this.dice() * 50)}`]);
    return this.pick(['', '0', '6x', '999', String(Math.floor(this.dice() * 60)), String(Math.floor(this.dice() * 60))]);
  }
  type(tab: Tab, key: string, text: string): void {
    const cell = tab.draft.get(key);
    if (cell.text === text || cell.state === 'conflict') return; // the question stands before the cells
    this.say(`${tab.name} types ${key} ${JSON.stringify(text)} over ${JSON.stringify(cell)}`);
    tab.draft.type(key, text);
    if (cell.state === 'saved') this.seen.get(key)!.add(cell.base);
    const value = REMARK(key) ? text || null : text === '' ? null : Number(text);
    const may = this.may.get(key)!;
    // What cannot be a figure, or is refused, waits to be mended: nothing is said about the server's.
    if (Number.isNaN(value) || this.refuses(value)) return;
    // Typed back to what was taken for the server's: no wish to put it over what others wrote.
    this.may.set(key, this.seen.get(key)!.has(value) ? new Set([...may, value, this.held(key)]) : new Set([value]));
  }
  elsewhere(key: string): void {
    const fresh = 100 + ++this.strangers;
    const value = this.dice() < 0.2 ? null : REMARK(key) ? `their ${fresh}` : fresh;
    if (value === this.held(key)) return;
    this.say(`elsewhere ${key} ${value}`);
    this.server.values[key] = value;
    this.server.version++;
    this.may.get(key)!.add(value);
    // Nobody on this device has typed into it: then it stands.
    const pending = this.tabs.some((tab) => tab.draft.get(key).state !== 'saved') || [...this.device.values()].some((mark) => mark.key === key);
    if (!pending && !this.lateAnswers.length) this.may.set(key, new Set([value]));
  }
  revert(tab: Tab, key: string): void {
    this.say(`${tab.name} reverts ${key} ${JSON.stringify(tab.draft.get(key))}`);
    const { base } = tab.draft.get(key);
    tab.draft.revert(key);
    this.seen.get(key)!.add(base);
    this.may.set(key, new Set([...this.may.get(key)!, base, this.held(key)]));
  }
  resolve(tab: Tab, key: string): void {
    const whose = this.pick(['mine', 'theirs'] as const);
    const cell = tab.draft.get(key);
    this.say(`${tab.name} chooses ${whose} for ${key} ${JSON.stringify(cell)}`);
    tab.draft.resolve(key, whose);
    this.seen.get(key)!.add(cell.base);
    const value = whose === 'mine' ? cell.value : cell.theirs!;
    this.may.set(key, value === cell.base ? new Set([...this.may.get(key)!, value, this.held(key)]) : new Set([value]));
  }

  async step(): Promise<void> {
    this.clock += Math.floor(this.dice() * 1500);
    const tab = this.tabs.length ? this.pick(this.tabs) : null;
    const roll = this.dice();
    if (!tab || (roll < 0.04 && this.tabs.length < 3)) this.open();
    else if (roll < 0.4) this.typeSomething(tab);
    else this.move(tab, roll);
    await settle();
    for (const one of this.tabs) if (this.dice() < 0.6) this.listen(one);
  }
  private typeSomething(tab: Tab): void {
    const key = this.pick(KEYS);
    this.type(tab, key, this.text(key));
  }
  private move(tab: Tab, roll: number): void {
    const conflicts = tab.draft.keysIn('conflict');
    if (roll < 0.5) this.elsewhere(this.pick(KEYS));
    else if (roll < 0.58 && conflicts.length) this.resolve(tab, this.pick(conflicts));
    else if (roll < 0.62) this.close(tab);
    else if (roll < 0.68) this.weather = this.pick(['fine', 'fine', 'down', 'answer lost', 'late', 'late and lost']);
    else if (roll < 0.74) this.lateAnswers.shift()?.();
    else if (roll < 0.76) this.revert(tab, this.pick(KEYS));
    else if (roll < 0.8) tab.draft.refresh(structuredClone(this.server));
    else if (roll < 0.82) tab.draft.resync();
    else this.ring(tab);
  }
}

const settle = async () => {
  for (let i = 0; i < 12; i++) await Promise.resolve();
};

/** The weather clears; every question is answered, what is not valid is mended. */
async function calm(w: World): Promise<void> {
  w.weather = 'fine';
  if (!w.tabs.length) w.open();
  for (let round = 0; round < 60; round++) {
    w.clock += 400_000;
    while (w.lateAnswers.length) {
      w.lateAnswers.shift()!();
      await settle();
    }
    for (const tab of w.tabs) {
      w.listen(tab);
      w.ring(tab);
      await settle();
      w.listen(tab);
      for (const key of tab.draft.keysIn('conflict')) w.resolve(tab, key);
      for (const key of tab.draft.keysIn('invalid', 'refused')) w.type(tab, key, REMARK(key) ? 'mended' : '42');
      await tab.draft.flush();
    }
  }
}

async function walk(seed: number): Promise<void> {
  const w = new World(random(seed));
  w.open();
  w.open();
  for (let i = 0; i < STEPS; i++) await w.step();
  await calm(w);
  const fails = (what: string) => expect.fail(`${what}, seed ${seed}\n${w.trace.join('\n')}`);
  if (w.wrong.length) fails(w.wrong.join('; '));
  if (w.device.size) fails(`marks are left: ${JSON.stringify([...w.device.values()])}`);
  for (const tab of w.tabs) {
    if (tab.draft.unsent) fails(`${tab.name} has not sent ${JSON.stringify(tab.draft.pending.value)}`);
    tab.draft.refresh(structuredClone(w.server));
  }
  for (const key of KEYS) {
    const may = [...w.may.get(key)!];
    if (!may.includes(w.held(key))) fails(`${key}: the server holds ${w.held(key)}, not ${JSON.stringify(may)}`);
    for (const tab of w.tabs) if (tab.draft.get(key).value !== w.held(key)) fails(`${tab.name} shows another ${key}`);
  }
}

describe('a walk of several tabs', () => {
  for (let seed = 1; seed <= SEEDS; seed++) it(`seed ${seed}`, () => walk(seed));
});
