// Texts in the person's language. The core catalogue (signing in, the frame) is part of the first
// bundle in every language; the rest is one file a language, fetched with the first screen, and one more
// for the screens of facilities, totals and imports, which nobody who types has to wait for.
import { computed, signal } from '@preact/signals';

import enCore from './i18n/en.core.json';
import hiCore from './i18n/hi.core.json';

export type Catalogue = Record<string, string>;
export type Language = 'en' | 'hi';
export const languages: ReadonlyArray<{ code: Language; name: string }> = [
  { code: 'en', name: 'English' },
  { code: 'hi', name: 'हिन्दी' },
];

const cores: Record<Language, Catalogue> = { en: enCore, hi: hiCore };
export type Part = 'screens' | 'more';
const loaders: Record<Part, Record<Language, () => Promise<{ default: Catalogue }>>> = {
  screens: { en: () => import('./i18n/en.json'), hi: () => import('./i18n/hi.json') },
  more: { en: () => import('./i18n/en.more.json'), hi: () => import('./i18n/hi.more.json') },
};
const loaded: Record<Part, Partial<Record<Language, Catalogue>>> = { screens: {}, more: {} };
const wanted = new Set<Part>();
const STORED = 'hmis.language';

function isLanguage(code: string | null): code is Language {
  return code === 'en' || code === 'hi';
}

function firstLanguage(): Language {
  const asked = new URLSearchParams(location.search).get('lang');
  if (isLanguage(asked)) return asked;
  const stored = localStorage.getItem(STORED);
  if (isLanguage(stored)) return stored;
  return navigator.language?.startsWith('hi') ? 'hi' : 'en';
}

export const language = signal<Language>('en');
const catalogue = signal<Catalogue>(enCore);

function show(code: Language): void {
  catalogue.value = { ...cores[code], ...loaded.screens[code], ...loaded.more[code] };
  language.value = code;
  document.documentElement.lang = code;
}

async function load(code: Language): Promise<void> {
  const missing = [...wanted].filter((part) => !loaded[part][code]);
  const found = await Promise.all(missing.map((part) => loaders[part][code]()));
  missing.forEach((part, i) => (loaded[part][code] = found[i]!.default));
}

/** Loads the texts of the screens behind sign-in, in the language in use. */
export async function loadTexts(parts: readonly Part[]): Promise<void> {
  const code = language.value;
  for (const part of parts) wanted.add(part);
  await load(code);
  if (code === language.value) show(code);
}

export async function setLanguage(code: Language): Promise<void> {
  await load(code);
  keepLanguage(code);
  show(code);
}

/** From the next time the page is opened. */
export function keepLanguage(code: Language): void {
  localStorage.setItem(STORED, code);
}

export function startLanguage(): void {
  show(firstLanguage());
}

export type Values = Record<string, string | number>;

export function fill(text: string, values?: Values): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? (typeof values[name] === 'number' ? number(values[name] as number) : String(values[name])) : whole,
  );
}

/** The text of a key; the key itself when it is missing, so that a gap is seen. */
export function t(key: string, values?: Values): string {
  return fill(catalogue.value[key] ?? key, values);
}

export function has(key: string): boolean {
  return key in catalogue.value;
}

/** A counted text: key.one and key.other, with {n}. */
export function tn(key: string, n: number, values?: Values): string {
  return t(`${key}.${n === 1 ? 'one' : 'other'}`, { ...values, n });
}

// Lakh grouping and latin digits in every language: figures are compared across papers.
const grouping = new Intl.NumberFormat('en-IN');
export function number(value: number): string {
  return grouping.format(value);
}

export const monthNames = computed(() =>
  Array.from({ length: 12 }, (_, i) => t(`month.${String(i + 1).padStart(2, '0')}`)),
);

/** "2022-04" as "April 2022". */
export function month(period: string): string {
  const [year, m] = period.split('-');
  return `${monthNames.value[Number(m) - 1] ?? m} ${year}`;
}

/** "2026-11-05" as "5 November 2026". */
export function day(date: string): string {
  return `${Number(date.slice(8, 10))} ${month(date.slice(0, 7))}`;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

/** A moment as "5 May 2023, 14:07" in the time of India, whatever the machine's zone is. */
export function moment(iso: string): string {
  const at = new Date(new Date(iso).getTime() + 330 * 60_000);
  const name = monthNames.value[at.getUTCMonth()];
  return `${at.getUTCDate()} ${name} ${at.getUTCFullYear()}, ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

export function clock(time: number): string {
  const at = new Date(time + 330 * 60_000);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}
