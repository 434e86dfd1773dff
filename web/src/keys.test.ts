import { describe, expect, it } from 'vitest';

import { meaning, pastedColumn, tidy, type Press } from './keys';

const at = (key: string, start: number, end: number, length: number, more: Partial<Press> = {}): Press => ({ key, start, end, length, ...more });

describe('keys of the form', () => {
  it.each([
    ['Enter goes on', at('Enter', 1, 1, 2), 'next'],
    ['Shift+Enter goes back', at('Enter', 1, 1, 2, { shift: true }), 'previous'],
    ['Down goes on', at('ArrowDown', 0, 0, 2), 'next'],
    ['Up goes back', at('ArrowUp', 0, 0, 2), 'previous'],
    ['Right inside the figure moves the caret', at('ArrowRight', 1, 1, 2), null],
    ['Right at its end goes on', at('ArrowRight', 2, 2, 2), 'next'],
    ['Right with all selected goes on', at('ArrowRight', 0, 2, 2), 'next'],
    ['Left inside the figure moves the caret', at('ArrowLeft', 1, 1, 2), null],
    ['Left at its start goes back', at('ArrowLeft', 0, 0, 2), 'previous'],
    ['Shift+Right selects', at('ArrowRight', 2, 2, 2, { shift: true }), null],
    ['arrows choose in a list of answers', { key: 'ArrowDown', start: null, end: null, length: 0 }, null],
    ['Enter goes on from a list of answers', { key: 'Enter', start: null, end: null, length: 0 }, 'next'],
    ['Esc restores', at('Escape', 0, 0, 2), 'revert'],
    ['F2 opens the remark', at('F2', 0, 0, 2), 'remark'],
    ['Ctrl+S saves', at('s', 0, 0, 2, { ctrl: true }), 'save'],
    ['Ctrl+C is the browser’s', at('c', 0, 2, 2, { ctrl: true }), null],
    ['Alt+N finds the next problem', at('n', 0, 0, 2, { alt: true }), 'problem'],
    ['Alt+Left is the browser’s', at('ArrowLeft', 0, 0, 2, { alt: true }), null],
    ['a digit is a digit', at('7', 0, 0, 2), null],
  ] as Array<[string, Press, string | null]>)('%s', (_name, press, want) => {
    expect(meaning(press)).toBe(want);
  });
});

describe('pasting', () => {
  it.each([
    ['one value is pasted as usual', '12', null],
    ['one value with the line end of a spreadsheet too', '12\r\n', null],
    ['a column', '1\r\n2\r\n\r\n4\r\n', ['1', '2', '', '4']],
    ['the first column of several', '1\tx\n2\ty', ['1', '2']],
  ] as Array<[string, string, string[] | null]>)('%s', (_name, text, want) => {
    expect(pastedColumn(text)).toEqual(want);
  });

  it('takes grouping commas out of counts and leaves what is unclear', () => {
    expect(['1,23,456', '1,234', ' 12 ', '1,2', '1.5', 'x'].map(tidy)).toEqual(['123456', '1234', '12', '1,2', '1.5', 'x']);
  });
});
