import { describe, expect, it } from 'vitest';

import { ApiError } from './api';
import { backoff, BATCH, Draft, type Answer, type Batch, type Current } from './draft';
import { REST } from './entry';
import type { Mark, News } from './marks';

const KEYS = ['a', 'b', 'c', 'remarks.items.a', 'remarks.rules.R1'];
const isRemark = (key: string) => key.startsWith('remarks.');

/** A server, and a device of which `tabs` are open; timers run when the test says so. */
function world(values: Current['values'] = { a: 5, b: null, c: 7 }, keys = KEYS) {
  const w = {
    server: { version: 3, values: { ...values } } as Current,
    sent: [] as Batch[],
    /** What happens to the next call instead of an answer. */
    fail: null as null | (() => void),
    /** What happens after the server has stored, before it answers. */
    meanwhile: null as null | (() => void | Promise<void>),
    refused: {} as NonNullable<Answer['refused']>,
    device: new Map<string, Mark>(),
    full: false,
    clock: 1000,
    drafts: [] as Draft[],
    timers: [] as Array<{ run: () => void; ms: number; live: boolean }>,
    restored: 0,
    tab(): Draft {
      const tab = `t${w.drafts.length}`;
      const others = (run: (draft: Draft) => void) => w.drafts.filter((one) => one !== draft).forEach(run);
      const draft: Draft = new Draft({
        tab,
        shelf: {
          all: () => structuredClone([...w.device.values()]),
          put: (mark) => {
            if (w.full) return false;
            w.device.set(mark.id, structuredClone(mark));
            others((other) => other.hear(structuredClone(mark)));
            return true;
          },
          drop: (mark) => void (w.device.delete(mark.id) && others((other) => other.gone(mark.key, mark.id))),
          tell: (news: News) => others((other) => other.learn(structuredClone(news))),
        },
        parse: (key, text) => {
          if (isRemark(key)) return { value: text || null };
          const plain = text.replace(/,/g, '');
          return plain === '' ? { value: null } : /^\d+$/.test(plain) ? { value: Number(plain) } : { error: 'value.not_whole' };
        },
        format: (_key, value) => (value === null ? '' : String(value)),
        send: (batch) => w.answer(batch),
        read: async () => structuredClone(w.server),
        now: () => w.clock,
        later: (run, ms) => {
          const timer = { run, ms, live: true };
          w.timers.push(timer);
          return () => {
            timer.live = false;
          };
        },
        random: () => 0,
      });
      w.restored = draft.open(keys, structuredClone(w.server));
      w.drafts.push(draft);
      return draft;
    },
    async answer(batch: Batch): Promise<Answer> {
      w.sent.push(structuredClone(batch));
      const { fail } = w;
      w.fail = null;
      fail?.();
      if (batch.version !== w.server.version) throw new ApiError(409, 'report.version_conflict', '');
      for (const [key, value] of Object.entries(batch.values))
        if (!(key in w.refused) && !(`items.${key}` in w.refused)) w.server.values[key] = value;
      const answer = { version: ++w.server.version, refused: w.refused };
      const { meanwhile } = w;
      w.meanwhile = null;
      await meanwhile?.();
      return answer;
    },
    waits: () => w.timers.filter((timer) => timer.live).map((timer) => timer.ms),
    marks: () => [...w.device.values()].map((mark) => [mark.key, mark.text, mark.over]),
    elsewhere(changed: Current['values']) {
      Object.assign(w.server.values, changed);
      w.server.version++;
    },
  };
  return w;
}

const down = () => {
  throw new ApiError(0, 'network', '');
};

describe('typing', () => {
  it('keeps every keystroke on the device at once and sends after a pause', async () => {
    const w = world();
    const draft = w.tab();
    draft.type('a', '6');
    expect(w.marks()).toEqual([['a', '6', 5]]);
    expect(w.sent).toHaveLength(0);
    expect(w.waits()).toEqual([1000]);
    draft.type('a', '61');
    expect(w.marks()).toEqual([['a', '61', 5]]);
    await draft.flush();
    expect(w.sent).toEqual([{ version: 3, values: { a: 61 } }]);
    expect(draft.get('a').state).toBe('saved');
    expect(w.marks()).toEqual([]);
    expect(draft.savedAt.value).toBe(1000);
    expect(draft.version).toBe(4);
  });

  it('does not send a cell that is being typed, but all others; it goes when it is left or rested', async () => {
    const w = world();
    const draft = w.tab();
    draft.hold('b');
    draft.type('a', '6');
    draft.type('b', '1');
    await draft.flush();
    expect(w.sent.map(({ values }) => values)).toEqual([{ a: 6 }]);
    expect(draft.get('b').state).toBe('waiting');
    expect(w.marks()).toEqual([['b', '1', null]]); // and is on the device
    expect(w.waits()).toEqual([REST + 1]); // typed a moment after the other
    draft.type('b', '12');
    draft.leave('a'); // another one
    await draft.flush();
    expect(w.sent).toHaveLength(1);
    draft.leave('b');
    await draft.flush();
    draft.hold('c');
    draft.type('c', '70');
    w.clock += 2 * REST;
    await draft.flush();
    expect(w.sent.slice(1).map(({ values }) => values)).toEqual([{ b: 12 }, { c: 70 }]);
  });

  it('keeps what cannot be a figure, says so, does not send it, and puts no older figure in its place', async () => {
    const w = world();
    const draft = w.tab();
    draft.type('a', '6x');
    await draft.flush();
    expect(w.sent).toHaveLength(0);
    expect(draft.get('a')).toMatchObject({ state: 'invalid', text: '6x', error: { code: 'value.not_whole' }, value: null });
    expect(draft.values(['a'])).toEqual({ a: null });
    expect(w.marks()).toEqual([['a', '6x', 5]]);
    draft.revert('a');
    expect(draft.get('a').text).toBe('5');
    expect(w.marks()).toEqual([]);
  });

  it('shows what was understood when the cell is left', async () => {
    const w = world();
    const draft = w.tab();
    draft.type('a', '1,234');
    expect(draft.get('a').text).toBe('1,234');
    draft.settle('a');
    expect(draft.get('a')).toMatchObject({ text: '1234', typed: '1,234', value: 1234 });
    await draft.flush();
    expect(draft.get('a')).toMatchObject({ text: '1234', typed: '1,234', state: 'saved' });
    draft.type('a', '6x');
    draft.settle('a');
    expect(draft.get('a').text).toBe('6x');
    expect(draft.get('a').typed).toBeUndefined();
  });

  it('tells blank from zero', async () => {
    const w = world();
    const draft = w.tab();
    draft.type('a', '');
    draft.type('b', '0');
    await draft.flush();
    expect(w.sent[0]!.values).toEqual({ a: null, b: 0 });
  });

  it('needs nothing sent when a cell is typed back', async () => {
    const w = world();
    const draft = w.tab();
    draft.type('a', '6');
    draft.type('a', '5');
    expect(draft.unsent).toBe(0);
    await draft.flush();
    expect(w.sent).toHaveLength(0);
  });

  it('goes on waiting for a cell that was changed while it was being sent', async () => {
    const w = world();
    const draft = w.tab();
    draft.type('a', '6');
    w.meanwhile = () => draft.type('a', '66');
    await draft.flush();
    expect(w.sent.map((batch) => batch.values.a)).toEqual([6, 66]);
    expect(draft.get('a').state).toBe('saved');
  });

  it('sends what was typed back while the other was being sent', async () => {
    const w = world();
    const draft = w.tab();
    draft.type('a', '6');
    w.meanwhile = () => draft.type('a', '5');
    await draft.flush();
    expect(w.server.values.a).toBe(5);
  });

  it('sends long forms in batches', async () => {
    const keys = Array.from({ length: BATCH + 20 }, (_, i) => `k${i}`);
    const w = world({}, keys);
    const draft = w.tab();
    const undo = draft.fill(Object.fromEntries(keys.map((key) => [key, '0'])));
    await draft.flush();
    expect(w.sent.map((batch) => Object.keys(batch.values).length)).toEqual([BATCH, 20]);
    undo();
    await draft.flush();
    expect(w.server.values.k0).toBeNull();
  });

  it('says when the device keeps nothing', () => {
    const w = world();
    const draft = w.tab();
    w.full = true;
    draft.type('a', '6');
    expect(draft.marks.stored.value).toBe(false);
  });
});

describe('a server that cannot be reached', () => {
  it('is tried again, later each time, and nothing is lost', async () => {
    const w = world();
    const draft = w.tab();
    w.fail = down;
    draft.type('a', '6');
    await draft.flush();
    expect(draft.offline.value).toBe(true);
    expect(w.waits()).toEqual([1000]);
    w.fail = down;
    await draft.flush();
    expect(w.waits()).toEqual([2000]);
    expect(w.marks()).toEqual([['a', '6', 5]]);
    await draft.flush();
    expect(draft.offline.value).toBe(false);
    expect(draft.get('a').state).toBe('saved');
  });

  it('is waited for from 2 s to 5 min, and as long as it says', () => {
    expect([0, 1, 2, 20].map((tries) => backoff(tries, 1))).toEqual([2000, 4000, 8000, 300_000]);
    expect(backoff(0, 0)).toBe(1000);
    expect(backoff(0, 0, 30)).toBe(30_000);
  });

  it('may have stored what it did not answer: no conflict with oneself', async () => {
    const w = world();
    const draft = w.tab();
    draft.type('a', '6');
    w.meanwhile = down;
    await draft.flush();
    draft.type('a', '66');
    await draft.flush();
    expect(draft.keysIn('conflict')).toEqual([]);
    expect(w.server.values.a).toBe(66);
  });

  it('may have stored what is typed back since: that is sent too', async () => {
    const w = world();
    const draft = w.tab();
    draft.type('a', '6');
    w.meanwhile = down;
    await draft.flush();
    expect(w.server.values.a).toBe(6);
    draft.type('a', '5');
    await draft.flush();
    expect(w.server.values.a).toBe(5);
    expect(w.marks()).toEqual([]);
  });

  it('answers a draft that is dead: it writes nothing any more', async () => {
    const w = world();
    const draft = w.tab();
    draft.type('a', '6');
    w.meanwhile = () => draft.close();
    await draft.flush();
    expect(w.marks()).toEqual([['a', '6', 5]]);
    expect(draft.get('a').state).toBe('waiting');
  });
});

describe('somebody else changed the report', () => {
  it('cells that are not being typed are taken over and the rest is sent', async () => {
    const w = world();
    const draft = w.tab();
    w.elsewhere({ c: 70 });
    draft.type('a', '6');
    await draft.flush();
    expect(draft.get('c')).toMatchObject({ text: '70', state: 'saved' });
    expect(w.server.values).toMatchObject({ a: 6, b: null, c: 70 });
  });

  it('the person is asked where both changed the same cell, and nothing is overwritten before', async () => {
    const w = world();
    const draft = w.tab();
    w.elsewhere({ a: 50 });
    draft.type('a', '6');
    await draft.flush();
    expect(draft.get('a')).toMatchObject({ state: 'conflict', value: 6, theirs: 50 });
    expect(w.server.values.a).toBe(50);
    draft.resolve('a', 'mine');
    await draft.flush();
    expect(w.server.values.a).toBe(6);
  });

  it('theirs is taken when that is chosen', async () => {
    const w = world();
    const draft = w.tab();
    w.elsewhere({ a: 50 });
    draft.type('a', '6');
    await draft.flush();
    draft.resolve('a', 'theirs');
    expect(draft.get('a')).toMatchObject({ state: 'saved', text: '50' });
    expect(w.marks()).toEqual([]);
  });

  it('an older reading than what is known is not taken', async () => {
    const w = world();
    const draft = w.tab();
    const old = structuredClone(w.server);
    draft.type('a', '6');
    await draft.flush();
    draft.refresh(old);
    expect(draft.get('a').value).toBe(6);
  });
});

describe('a report opened again on the device', () => {
  it('puts back what was not sent and sends it', async () => {
    const w = world();
    const first = w.tab();
    first.type('a', '6');
    first.type('b', '2x');
    first.type('remarks.items.a', 'camp');
    first.close();
    const draft = w.tab();
    expect(w.restored).toBe(3);
    expect(KEYS.map((key) => draft.get(key).state)).toEqual(['waiting', 'invalid', 'saved', 'waiting', 'saved']);
    await draft.flush();
    expect(w.server.values).toMatchObject({ a: 6, 'remarks.items.a': 'camp' });
    expect(w.marks()).toEqual([['b', '2x', null]]);
  });

  it('asks when the server has another figure than the one it was typed over', () => {
    const w = world();
    w.tab().type('a', '6');
    w.drafts[0]!.close();
    w.elsewhere({ a: 9 });
    expect(w.tab().get('a')).toMatchObject({ state: 'conflict', theirs: 9, value: 6 });
  });
});

describe('several tabs', () => {
  it('see what is typed in each other, and the last typed counts', async () => {
    const w = world();
    const [one, two] = [w.tab(), w.tab()];
    one.type('a', '6');
    expect(two.get('a')).toMatchObject({ text: '6', state: 'waiting' });
    two.type('b', '8');
    two.type('a', '7');
    expect(one.get('a').text).toBe('7');
    one.close();
    await two.flush();
    expect(w.server.values).toMatchObject({ a: 7, b: 8 });
  });

  it('learn what another has had acknowledged, and go on typing without a question', async () => {
    const w = world();
    const [one, two] = [w.tab(), w.tab()];
    one.type('a', '6');
    await one.flush();
    expect(two.get('a')).toMatchObject({ text: '6', base: 6, state: 'saved' });
    two.type('a', '7');
    await two.flush();
    expect(w.sent.map((batch) => batch.version)).toEqual([3, 4]);
    expect(two.keysIn('conflict')).toEqual([]);
  });

  it('lose nothing of each other when both are closed unsent', async () => {
    const w = world();
    const [one, two] = [w.tab(), w.tab()];
    one.type('a', '6');
    two.type('b', '8');
    one.close();
    two.close();
    const draft = w.tab();
    await draft.flush();
    expect(w.server.values).toMatchObject({ a: 6, b: 8 });
  });

  it('ask where two were typed over different figures', () => {
    const w = world();
    const two = w.tab();
    w.elsewhere({ a: 50 });
    const mark = { key: 'a', id: 'gone.1', at: 500, text: '51', over: 50, version: 4, after: [], sent: [] };
    two.type('a', '6');
    two.hear(mark);
    expect(two.get('a')).toMatchObject({ state: 'conflict', value: 6, theirs: 51 });
  });

  it('do not write for a report whose draft another has thrown away', () => {
    const w = world();
    const [one, two] = [w.tab(), w.tab()];
    two.type('a', '6');
    one.discard();
    expect(two.get('a')).toMatchObject({ text: '5', state: 'saved' });
    expect(w.marks()).toEqual([]);
  });
});

describe('what the server does not take', () => {
  it('is marked, and the others are sent: named in an error', async () => {
    const w = world();
    const draft = w.tab();
    w.fail = () => {
      throw new ApiError(422, 'body.invalid', '', [{ field: 'items.b', code: 'value.too_large', detail: 'too large' }]);
    };
    draft.type('a', '6');
    draft.type('b', '99999999');
    await draft.flush();
    expect(draft.get('a').state).toBe('saved');
    expect(draft.get('b')).toMatchObject({ state: 'refused', error: { detail: 'too large' } });
    expect(w.marks()).toEqual([['b', '99999999', null]]);
  });

  it('is marked: named in the answer', async () => {
    const w = world();
    const draft = w.tab();
    w.refused = { 'remarks.items.a': { code: 'body.invalid', detail: 'no control characters' } };
    draft.type('remarks.items.a', 'a\u0001');
    draft.type('a', '6');
    await draft.flush();
    expect(w.server.values.a).toBe(6);
    expect(draft.get('remarks.items.a').state).toBe('refused');
    w.refused = {};
    draft.type('remarks.items.a', 'a');
    await draft.flush();
    expect(draft.get('remarks.items.a').state).toBe('saved');
  });

  it('stops all, keeping it, when the report itself is refused', async () => {
    const w = world();
    const draft = w.tab();
    w.fail = () => {
      throw new ApiError(422, 'facility.closed', 'closed');
    };
    draft.type('a', '6');
    await draft.flush();
    expect(draft.stopped.value?.code).toBe('facility.closed');
    expect(w.marks()).toEqual([['a', '6', 5]]);
    expect(w.waits()).toEqual([]);
    await draft.again();
    expect(w.server.values.a).toBe(6);
  });

  it('is kept when another person is signed in', async () => {
    const w = world();
    const draft = w.tab();
    w.fail = () => {
      throw new ApiError(409, 'session.other_person', '');
    };
    draft.type('a', '6');
    await draft.flush();
    expect(draft.stopped.value?.code).toBe('session.other_person');
    expect(w.marks()).toEqual([['a', '6', 5]]);
  });
});

describe('remarks', () => {
  it('are merged one by one, and asked about where both changed', async () => {
    const w = world({ a: 5, 'remarks.items.a': 'old', 'remarks.rules.R1': 'old' });
    const draft = w.tab();
    w.elsewhere({ 'remarks.items.a': 'doctor', 'remarks.rules.R1': 'doctor' });
    draft.type('remarks.items.a', 'mine');
    await draft.flush();
    expect(draft.text('remarks.rules.R1')).toBe('doctor');
    expect(draft.get('remarks.items.a')).toMatchObject({ state: 'conflict', theirs: 'doctor' });
    expect(w.server.values).toMatchObject({ 'remarks.items.a': 'doctor', 'remarks.rules.R1': 'doctor' });
  });

  it('stay deleted', async () => {
    const w = world({ 'remarks.rules.R1': 'old' });
    const draft = w.tab();
    draft.type('remarks.rules.R1', '');
    await draft.flush();
    expect(w.sent[0]!.values).toEqual({ 'remarks.rules.R1': null });
    w.elsewhere({ a: 9 });
    draft.type('b', '1');
    await draft.flush();
    expect(draft.text('remarks.rules.R1')).toBe('');
    expect(w.server.values['remarks.rules.R1']).toBeNull();
  });
});
