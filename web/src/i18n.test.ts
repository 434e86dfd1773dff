import { describe, expect, it } from 'vitest';

import errors from '../../include/hmis/errors.def?raw';
import { fill, number } from './i18n';
import enCore from './i18n/en.core.json';
import en from './i18n/en.json';
import enMore from './i18n/en.more.json';
import hiCore from './i18n/hi.core.json';
import hi from './i18n/hi.json';
import hiMore from './i18n/hi.more.json';

type Texts = Record<string, string>;
const english: Texts = { ...enCore, ...en, ...enMore };
const hindi: Texts = { ...hiCore, ...hi, ...hiMore };
const sources = import.meta.glob<string>(['./**/*.ts', './**/*.tsx', '!./**/*.test.ts'], { query: '?raw', import: 'default', eager: true });
const code = Object.values(sources).join('\n');
const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe('catalogues', () => {
  it('have the same texts in both languages, core and rest', () => {
    expect(Object.keys(hiCore).sort()).toEqual(Object.keys(enCore).sort());
    expect(Object.keys(hi).sort()).toEqual(Object.keys(en).sort());
    expect(Object.keys(hiMore).sort()).toEqual(Object.keys(enMore).sort());
    expect(Object.keys(english).length).toBe(Object.keys(enCore).length + Object.keys(en).length + Object.keys(enMore).length);
  });

  it('have no text of "more" that a screen without it asks for', () => {
    const withMore = /screens\/(facilit|itemwise|validation|imports)/;
    const asked = Object.entries(sources)
      .filter(([file]) => !withMore.test(file))
      .flatMap(([file, text]) => [...text.matchAll(/\btn?\(\s*['`]([\w.]+)/g)].map((found) => `${found[1]} in ${file}`));
    expect(asked.filter((one) => Object.keys(enMore).some((key) => key === one.split(' ')[0] || key.replace(/\.(one|other)$/, '') === one.split(' ')[0]))).toEqual([]);
  });

  it('have the same values to fill in, and no empty text', () => {
    for (const [key, text] of Object.entries(english)) {
      expect(hindi[key], key).toBeTruthy();
      // "1 figure" may say its number in words
      if (!key.endsWith('.one')) expect(holes(hindi[key]!), key).toEqual(holes(text));
    }
  });

  it('are Hindi in Hindi', () => {
    const latin = Object.entries(hindi).filter(([key, text]) => !/[\u0900-\u097f]/.test(text) && !/^keys\..*\.key$/.test(key));
    expect(latin).toEqual([]);
  });

  it('have every text the code asks for by name', () => {
    const asked = [...code.matchAll(/\bt\(\s*'([\w.<>=]+)'/g)].map((found) => found[1]!);
    expect(asked.length).toBeGreaterThan(200);
    expect(asked.filter((key) => !(key in english))).toEqual([]);
    const counted = [...code.matchAll(/\btn\(\s*'([\w.]+)'/g)].map((found) => found[1]!);
    expect(counted.filter((key) => !(`${key}.one` in english) || !(`${key}.other` in english))).toEqual([]);
  });

  it('have a text for every error the server knows', () => {
    const codes = [...errors.matchAll(/^E\(\w+, "([\w.]+)", \d+/gm)].map((found) => found[1]!).filter((one) => one !== 'none');
    expect(codes.length).toBeGreaterThan(40);
    expect(codes.filter((one) => !(`error.${one}` in english))).toEqual([]);
  });

  it('have no text that nobody asks for', () => {
    // Asked for by a part that is known only when the page runs: t(`role.${name}`).
    const families = [...code.matchAll(/\btn?\(\s*`([\w.]+\.)\$\{/g)].map((found) => found[1]!);
    const used = (key: string) => {
      const plain = key.replace(/\.(one|other)$/, '');
      return code.includes(`'${key}'`) || code.includes(`'${plain}'`) || families.some((family) => key.startsWith(family));
    };
    expect(Object.keys(english).filter((key) => !used(key))).toEqual([]);
  });
});

describe('numbers', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1234567, '12,34,567'],
    [100000, '1,00,000'],
    [-956010, '-9,56,010'],
  ])('%d is grouped by lakh with latin digits', (value, want) => {
    expect(number(value)).toBe(want);
  });

  it('are filled into texts grouped, unknown holes stay', () => {
    expect(fill('{n} of {total} {x}', { n: 123456, total: 'all' })).toBe('1,23,456 of all {x}');
  });
});
