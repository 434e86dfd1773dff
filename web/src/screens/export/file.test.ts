import { describe, expect, it, vi } from 'vitest';

import { ApiError } from '../../api';
import { extractFile, inWords, isOne, monthsWrong, ready, templateFile } from './file';

const base = { area: '', form: '', from: '2022-04', to: '2022-04', reported: false };

describe('the file that is asked for', () => {
  it.each([
    ['one form and month', { form: 'PHC' }, '/extract.csv', { period: '2022-04', form: 'PHC' }],
    ['every form', {}, '/extract.zip', { from: '2022-04', to: '2022-04' }],
    ['several months', { form: 'PHC', to: '2022-06' }, '/extract.zip', { from: '2022-04', to: '2022-06', form: 'PHC' }],
    ['an area, reported only', { form: 'SC', area: '542', reported: true }, '/extract.csv', { period: '2022-04', form: 'SC', area: '542', rows: 'reported' }],
  ] as Array<[string, Partial<typeof base>, string, Record<string, string>]>)('%s', (_name, part, path, query) => {
    const choice = { ...base, ...part };
    const file = extractFile(choice);
    expect(file.path).toBe(path);
    expect(JSON.parse(JSON.stringify(file.query))).toEqual(query);
    expect(isOne(choice)).toBe(path === '/extract.csv');
  });
  it('is a workbook in the language of the page', () => {
    const file = templateFile({ area: '', form: 'CHC', period: '2022-05', kind: 'long' }, 'hi');
    expect(file).toEqual({ path: '/template.xlsx', query: { period: '2022-05', form: 'CHC', kind: 'long', area: undefined, language: 'hi' } });
  });
});

describe('months', () => {
  it.each([
    ['2022-04', '2022-04', null],
    ['2022-04', '2024-03', null],
    ['2022-04', '2024-04', 'export.to.many'],
    ['2022-04', '2022-03', 'export.to.before'],
  ])('from %s to %s', (from, to, want) => expect(monthsWrong(from, to)).toBe(want));
});

describe('asking before the link is followed', () => {
  const problem = (status: number, code: string) =>
    new Response(JSON.stringify({ code, detail: 'words' }), { status, headers: { 'Content-Type': 'application/problem+json' } });
  const asks = async (...answers: Array<Response | Error>) => {
    const methods: string[] = [];
    vi.stubGlobal('fetch', (_address: string, init: RequestInit) => {
      methods.push(init.method!);
      const answer = answers.shift()!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    });
    const error = await ready(extractFile(base), new AbortController().signal).catch((cause: unknown) => cause as ApiError);
    vi.unstubAllGlobals();
    return { methods, error };
  };
  it('is a HEAD when all is well', async () => {
    expect(await asks(new Response(null))).toEqual({ methods: ['HEAD'], error: undefined });
  });
  it('gets the words of what is wrong', async () => {
    const { methods, error } = await asks(new Response(null, { status: 422 }), problem(422, 'dictionary.none'));
    expect(methods).toEqual(['HEAD', 'GET']);
    expect(error).toMatchObject({ status: 422, code: 'dictionary.none', detail: 'words' });
  });
  it('does not ask twice without a connection', async () => {
    const { methods, error } = await asks(new TypeError('no network'));
    expect(methods).toEqual(['HEAD']);
    expect(error).toMatchObject({ status: 0 });
  });
  it('says what nobody expected and too many facilities mean here', () => {
    expect(inWords(new ApiError(404, 'not_found', 'x'))).toMatchObject({ code: 'export.nothing', detail: '' });
    expect(inWords(new ApiError(413, 'request.too_large', 'x'))).toMatchObject({ code: 'export.too_many' });
    const busy = new ApiError(503, 'server.busy', 'x');
    expect(inWords(busy)).toBe(busy);
  });
});
