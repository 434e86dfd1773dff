import { describe, expect, it } from 'vitest';

import { ApiError } from './api';
import { backoff, BATCH, Draft, type Batch, type Current, type Kept } from './draft';

/** A server and a browser of two cells a figure; timers run when the test says so. */
function world(server: Current = { version: 3, cells: { a: 5, b: null, c: 7 } }, keys = ['a', 'b', 'c']) {
  const w = {
    server: structuredClone(server),
    sent: [] as Batch[],
    fail: null as null | (() => void),
    answer: null as null | (() => Promise<void>),
    kept: null as Kept | null,
    timers: [] as Array<{ run: () => void; ms: number; live: boolean }>,
    draft: null as unknown as Draft,
    restored: 0,
    open(kept: Kept | null = null) {
      w.draft = new Draft({
        parse: (_key, text) =>
          text === '' ? { value: null } : /^\d+$/.test(text) ? { value: Number(text) } : { error: 'not a number' },
        format: (_key, value) => (value === null ? '' : String(value)),
        send: async (batch) => {
          w.sent.push(batch);
          w.fail?.();
          if (w.answer) await w.answer();
          if (batch.version !== w.server.version) throw new ApiError(409, 'report.version_conflict', '');
          Object.assign(w.server.cells, batch.cells);
          if (batch.remarks) w.server.remarks = batch.remarks;
          w.server.version++;
          return { version: w.server.version };
        },
        read: async () => structuredClone(w.server),
        keep: (state) => {
          w.kept = state && structuredClone(state);
        },
        now: () => 1000,
        later: (run, ms) => {
          const timer = { run, ms, live: true };
          w.timers.push(timer);
          return () => {
            timer.live = false;
          };
        },
        random: () => 0,
      });
      w.restored = w.draft.open(keys, structuredClone(w.server), kept);
      return w;
    },
    waits: () => w.timers.filter((timer) => timer.live).map((timer) => timer.ms),
    async tick() {
      const timer = w.timers.find((one) => one.live);
      if (timer) {
        timer.live = false;
        timer.run();
      }
      await w.draft.flush();
    },
    states: () => Object.fromEntries(keys.map((key) => [key, w.draft.get(key).state])),
    elsewhere(cells: Current['cells']) {
      Object.assign(w.server.cells, cells);
      w.server.version++;
    },
  };
  return w.open();
}

const down = () => {
  throw new ApiError(0, 'network', '');
};

describe('typing', () => {
  it('keeps every keystroke on the device at once and sends after a pause', async () => {
    const w = world();
    w.draft.type('a', '6');
    expect(w.kept?.cells).toEqual({ a: ['6', 5] });
    expect(w.sent).toHaveLength(0);
    expect(w.waits()).toEqual([1000]);
    w.draft.type('a', '61');
    expect(w.waits()).toEqual([1000]);
    await w.tick();
    expect(w.sent).toEqual([{ version: 3, cells: { a: 61 }, remarks: undefined }]);
    expect(w.states().a).toBe('saved');
    expect(w.kept).toBeNull();
    expect(w.draft.savedAt.value).toBe(1000);
    expect(w.draft.version).toBe(4);
  });

  it('keeps what cannot be a figure, says so and does not send it', async () => {
    const w = world();
    w.draft.type('a', '6x');
    await w.draft.flush();
    expect(w.sent).toHaveLength(0);
    expect(w.draft.get('a')).toMatchObject({ state: 'invalid', text: '6x', error: 'not a number', value: 5 });
    expect(w.draft.problems.value).toBe(1);
    expect(w.kept?.cells).toEqual({ a: ['6x', 5] });
    w.draft.revert('a');
    expect(w.draft.get('a').text).toBe('5');
    expect(w.kept).toBeNull();
  });

  it('tells blank from zero', async () => {
    const w = world();
    w.draft.type('a', '');
    w.draft.type('b', '0');
    await w.draft.flush();
    expect(w.sent[0]!.cells).toEqual({ a: null, b: 0 });
  });

  it('needs nothing sent when a cell is typed back', async () => {
    const w = world();
    w.draft.type('a', '6');
    w.draft.type('a', '5');
    expect(w.draft.waiting.value).toBe(0);
    await w.draft.flush();
    expect(w.sent).toHaveLength(0);
  });

  it('goes on waiting for a cell that was changed while it was being sent', async () => {
    const w = world();
    w.draft.type('a', '6');
    w.answer = async () => {
      w.answer = null;
      w.draft.type('a', '66');
    };
    await w.draft.flush();
    expect(w.sent.map((batch) => batch.cells.a)).toEqual([6, 66]);
    expect(w.states().a).toBe('saved');
  });

  it('sends long forms in batches', async () => {
    const keys = Array.from({ length: BATCH + 20 }, (_, i) => `k${i}`);
    const w = world({ version: 1, cells: {} }, keys);
    const undo = w.draft.fill(Object.fromEntries(keys.map((key) => [key, '0'])));
    await w.draft.flush();
    expect(w.sent.map((batch) => Object.keys(batch.cells).length)).toEqual([BATCH, 20]);
    undo();
    await w.draft.flush();
    expect(w.server.cells.k0).toBeNull();
  });
});

describe('a server that cannot be reached', () => {
  it('tries again, later each time, and loses nothing', async () => {
    const w = world();
    w.fail = down;
    w.draft.type('a', '6');
    await w.draft.flush();
    expect(w.draft.offline.value).toBe(true);
    expect(w.waits()).toEqual([1000]);
    await w.tick();
    expect(w.waits()).toEqual([2000]);
    expect(w.kept?.cells).toEqual({ a: ['6', 5] });
    w.fail = null;
    await w.tick();
    expect(w.draft.offline.value).toBe(false);
    expect(w.states().a).toBe('saved');
  });

  it('doubles from 2 s to 5 min, and waits as long as it was told', () => {
    expect([0, 1, 2, 20].map((tries) => backoff(tries, 1))).toEqual([2000, 4000, 8000, 300_000]);
    expect(backoff(0, 0)).toBe(1000);
    expect(backoff(0, 0, 30)).toBe(30_000);
  });

  it('takes its own save for no conflict when only the answer was lost', async () => {
    const w = world();
    w.draft.type('a', '6');
    w.answer = async () => {
      w.answer = null;
      w.elsewhere({ a: 6 });
      down();
    };
    await w.draft.flush();
    await w.tick();
    expect(w.states().a).toBe('saved');
    expect(w.draft.conflicts.value).toEqual([]);
  });
});

describe('somebody else changed the report', () => {
  it('takes over cells that are not being typed and sends the rest', async () => {
    const w = world();
    w.elsewhere({ c: 70 });
    w.draft.type('a', '6');
    await w.draft.flush();
    expect(w.draft.get('c')).toMatchObject({ text: '70', state: 'saved' });
    expect(w.server.cells).toEqual({ a: 6, b: null, c: 70 });
  });

  it('asks where both changed the same cell, and never overwrites before', async () => {
    const w = world();
    w.elsewhere({ a: 50 });
    w.draft.type('a', '6');
    await w.draft.flush();
    expect(w.draft.get('a')).toMatchObject({ state: 'conflict', value: 6, theirs: 50 });
    expect(w.server.cells.a).toBe(50);
    w.draft.resolve('a', 'mine');
    await w.draft.flush();
    expect(w.server.cells.a).toBe(6);
  });

  it('takes theirs when that is chosen', async () => {
    const w = world();
    w.elsewhere({ a: 50 });
    w.draft.type('a', '6');
    await w.draft.flush();
    w.draft.resolve('a', 'theirs');
    expect(w.draft.get('a')).toMatchObject({ state: 'saved', text: '50' });
    expect(w.kept).toBeNull();
  });
});

describe('a report opened again on the device', () => {
  it('puts back what was not sent and sends it', async () => {
    const w = world();
    w.fail = down;
    w.draft.type('a', '6');
    w.draft.type('b', '2x');
    w.draft.remark('items', 'a', 'camp');
    const kept = w.kept;
    w.fail = null;
    w.open(kept);
    expect(w.restored).toBe(3);
    expect(w.states()).toEqual({ a: 'waiting', b: 'invalid', c: 'clean' });
    await w.draft.flush();
    expect(w.server.cells.a).toBe(6);
    expect(w.server.remarks).toEqual({ items: { a: 'camp' } });
  });

  it('asks when the server has another figure than the one it was typed over', () => {
    const w = world();
    w.draft.type('a', '6');
    const kept = w.kept;
    w.elsewhere({ a: 9 });
    w.open(kept);
    expect(w.draft.get('a')).toMatchObject({ state: 'conflict', theirs: 9, value: 6 });
  });
});

describe('what the server does not take', () => {
  it('marks the cells it names and sends the others', async () => {
    const w = world();
    w.fail = () => {
      w.fail = null;
      throw new ApiError(422, 'body.invalid', '', [{ field: 'items.b', code: 'value.too_large', detail: 'too large' }]);
    };
    w.draft.type('a', '6');
    w.draft.type('b', '99999999');
    await w.draft.flush();
    expect(w.states()).toEqual({ a: 'saved', b: 'refused', c: 'clean' });
    expect(w.draft.get('b').error).toBe('too large');
    expect(w.kept?.cells).toEqual({ b: ['99999999', null] });
  });

  it('stops, keeping all, when the report itself is refused', async () => {
    const w = world();
    w.fail = () => {
      throw new ApiError(422, 'facility.closed', 'closed');
    };
    w.draft.type('a', '6');
    await w.draft.flush();
    expect(w.draft.stopped.value?.code).toBe('facility.closed');
    expect(w.kept?.cells).toEqual({ a: ['6', 5] });
    expect(w.waits()).toEqual([]);
  });
});

describe('remarks', () => {
  it('are saved like figures, and a removed one is told', async () => {
    const w = world();
    w.draft.remark('rules', 'PHC-03', 'camp');
    expect(w.draft.waiting.value).toBe(1);
    await w.draft.flush();
    expect(w.sent[0]).toEqual({ version: 3, cells: {}, remarks: { rules: { 'PHC-03': 'camp' } } });
    w.draft.remark('rules', 'PHC-03', '');
    await w.draft.flush();
    expect(w.sent[1]!.remarks).toEqual({ rules: { 'PHC-03': '' } });
    expect(w.draft.waiting.value).toBe(0);
  });
});
