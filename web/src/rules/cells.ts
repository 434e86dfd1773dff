// What a person types into a cell, to the stored number, and back: the twin of
// src/dictionary/dictionary_cell.c, _figure.c and _date.c. tests/cases/cells.json is run by both.

export type DataType = 'count' | 'adequacy' | 'date' | 'percentage' | 'decimal';

/** What reading a cell needs to know of its item. */
export interface CellItem {
  type: DataType;
  /** Stored as value * 10^scale. */
  scale: number;
  /** Least and largest stored number; null: no limit. */
  low: number | null;
  high: number | null;
}

export type CellError =
  | 'value.ask'
  | 'value.not_whole'
  | 'value.negative'
  | 'value.too_large'
  | 'value.too_small'
  | 'value.not_code'
  | 'value.not_date'
  | 'value.not_percent'
  | 'value.not_decimal';

/** One way to read what is not certain; without a value the item cannot hold it. */
export interface Reading {
  text: string;
  /** null: blank. */
  value?: number | null;
}
/** value null is blank: nothing was reported, which is not zero. */
export type CellResult =
  | { value: number | null; error?: undefined }
  | { value?: undefined; error: CellError; readings?: Reading[] };

const INT32_MAX = 2147483647;
const ADEQUATE = 1;
const INADEQUATE = 2;
const CELL_TEXT = 63; // no figure and no date is longer

// ---- Plain text. ------------------------------------------------------------------------------
/** Zero of each script of India (and of Urdu, Sindhi, Kashmiri), and the full-width one. */
const SCRIPT_ZEROS = [
  0x30, 0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0f20, 0x1946, 0x1c40,
  0x1c50, 0xabf0, 0xff10, 0x110f0, 0x11136, 0x116c0, 0x118e0, 0x11d50, 0x11da0,
];
const JOINING_SPACE = '\x02'; // joins the groups of one figure: no-break, thin, ideographic
const NO_WIDTH = '\x03';
const OTHER = '\x01';
const SAME: ReadonlyArray<[RegExp, string]> = [
  [/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu, JOINING_SPACE],
  [/[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu, NO_WIDTH],
  [/[\u2010-\u2013\u2212\ufe63\uff0d]/gu, '-'],
  [/[\u066c\uff0c]/gu, ','],
  [/[\u066b\uff0e]/gu, '.'],
  [/\uff0f/gu, '/'],
  [/[\u2018\u2019]/gu, "'"],
  [/[\t\r\n]/gu, ' '],
];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const HINDI_MONTHS: ReadonlyArray<[RegExp, string]> = [
  [/जनवरी/g, 'jan'],
  [/फरवरी|फ़रवरी|\u095eरवरी/g, 'feb'],
  [/मार्च/g, 'mar'],
  [/अप्रैल/g, 'apr'],
  [/मई/g, 'may'],
  [/जून/g, 'jun'],
  [/जुलाई/g, 'jul'],
  [/अगस्त/g, 'aug'],
  [/सितंबर|सितम्बर/g, 'sep'],
  [/अक्टूबर|अक्तूबर/g, 'oct'],
  [/नवंबर|नवम्बर/g, 'nov'],
  [/दिसंबर|दिसम्बर/g, 'dec'],
];

/** Digits of one script as the ASCII ones; of a second script they are somebody's slip. */
function asciiDigits(text: string): string {
  let script: number | undefined;
  return text.replace(/[0-9]|[^\0-\x7f]/gu, (c) => {
    const code = c.codePointAt(0)!;
    const zero = SCRIPT_ZEROS.find((z) => code >= z && code <= z + 9);
    if (zero === undefined || (script !== undefined && script !== zero)) return OTHER;
    script = zero;
    return String(code - zero);
  });
}

/** Trimmed, in ASCII; null: too long for any figure. */
function plainText(input: string): string | null {
  let text = input.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, OTHER);
  for (const [hindi, month] of HINDI_MONTHS) text = text.replace(hindi, month);
  for (const [characters, plain] of SAME) text = text.replace(characters, plain);
  text = asciiDigits(text).replace(/^[ \x02\x03]+|[ \x02\x03]+$/g, '');
  return text.length > CELL_TEXT ? null : text;
}

// ---- Figures. ---------------------------------------------------------------------------------
/** A figure taken apart: runs of digits and what stands between them. */
interface Figure {
  sign: string;
  runs: string[];
  separators: string[];
  exponent: string | undefined;
}
/** Digits with the place of the point: 12.5 is "125" with two before the point. */
interface Number_ {
  negative: boolean;
  digits: string;
  whole: number;
}

const scaleOf = (item: CellItem): number => (item.type === 'count' ? 0 : item.scale);
const notNumber = (item: CellItem): CellError => (item.type === 'count' ? 'value.not_whole' : 'value.not_decimal');

function scan(item: CellItem, input: string): Figure | null {
  const text = item.type === 'percentage' ? input.replace(/[ \x02]*%$/, '') : input;
  const match = /^(?:([+-])[ \x02]*)?(\d+(?:[,. \x02]\d+)*)(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (!match) return null;
  const runs = match[2]!.split(/[,. \x02]/);
  if (runs.length > 16) return null;
  return {
    sign: match[1] ?? '',
    runs,
    separators: match[2]!.replace(/\d/g, '').split(''),
    exponent: match[3],
  };
}

/** 1,234,567 or 12,34,567: the last group has three digits, those before it all three or all two. */
function isGrouped(f: Figure, count: number, separator: string): boolean {
  if (count < 2 || f.separators.slice(0, count - 1).some((s) => s !== separator)) return false;
  const whole = f.runs.slice(0, count).join(',');
  return /^[1-9]\d{0,2}(,\d{3})+$/.test(whole) || /^[1-9]\d?(,\d{2})+,\d{3}$/.test(whole);
}

function join(f: Figure, wholeRuns: number): Number_ {
  return { negative: f.sign === '-', digits: f.runs.join(''), whole: f.runs.slice(0, wholeRuns).join('').length };
}

function hasDecimals(f: Figure): boolean {
  const points = f.separators.slice(-2);
  return points[points.length - 1] === '.' && (points.length === 1 || points[0] !== '.');
}

/** One run, or groups, before the point: nothing to ask about. */
function plainNumber(f: Figure): Number_ | null {
  const whole = f.runs.length - (hasDecimals(f) ? 1 : 0);
  if (whole > 1 && !isGrouped(f, whole, ',') && !isGrouped(f, whole, JOINING_SPACE)) return null;
  return join(f, whole);
}

function inRange(item: CellItem, negative: boolean, size: number): CellResult {
  const percent = item.type === 'percentage';
  const value = negative && size !== 0 ? -size : size;
  const low = item.low ?? -INT32_MAX;
  if (negative && low >= 0) return { error: percent ? 'value.not_percent' : 'value.negative' };
  if (size > INT32_MAX || value > (item.high ?? INT32_MAX)) {
    return { error: percent ? 'value.not_percent' : 'value.too_large' };
  }
  if (value < low) return { error: percent ? 'value.not_percent' : 'value.too_small' };
  return { value };
}

/** Decimals beyond the item's scale must be zeros: 12.0 is 12, 12.5 is no count. */
function numberValue(item: CellItem, n: Number_): CellResult {
  const kept = Math.max(n.whole + scaleOf(item), 0);
  if (/[1-9]/.test(n.digits.slice(kept))) return { error: notNumber(item) };
  return inRange(item, n.negative, Number(n.digits.slice(0, kept).padEnd(kept, '0')));
}

function reading(item: CellItem, n: Number_): Reading {
  const { value } = numberValue(item, n);
  if (value !== undefined) return { value, text: formatCell(item, value) };
  const decimals = n.digits.slice(n.whole);
  return { text: `${n.negative ? '-' : ''}${n.digits.slice(0, n.whole)}${decimals && '.'}${decimals}` };
}

/** Readings of which one at least can be; otherwise why the first cannot. */
function ask(item: CellItem, first: Number_, ...others: Number_[]): CellResult {
  const readings = [first, ...others].map((n) => reading(item, n));
  if (readings.every((r) => r.value === undefined)) return numberValue(item, first);
  return { error: 'value.ask', readings };
}

/** 1e3: a thousand, or a slip for 13. 1.5E+05: what a spreadsheet shows of a longer number. */
function askExponent(item: CellItem, f: Figure): CellResult {
  const n = plainNumber(f);
  if (!n) return { error: notNumber(item) };
  const moved = { ...n, whole: n.whole + Number(f.exponent) };
  const { error } = numberValue(item, moved);
  if (error) return { error };
  if (/[+-]/.test(f.exponent!) || n.whole < n.digits.length) {
    return { error: 'value.ask', readings: [reading(item, moved), { text: 'a figure near it' }] };
  }
  const digits = n.digits + f.exponent!;
  return ask(item, moved, { ...n, digits, whole: digits.length });
}

/** Nothing was done, or nothing was said. */
function askNil(item: CellItem): CellResult {
  const zero = ask(item, { negative: false, digits: '0', whole: 1 });
  return 'readings' in zero ? { ...zero, readings: [...zero.readings!, { text: 'blank', value: null }] } : zero;
}

function parseFigure(item: CellItem, text: string): CellResult {
  const scale = scaleOf(item);
  if (text.toLowerCase() === 'nil') return askNil(item);
  const f = scan(item, text);
  if (!f) return { error: notNumber(item) };
  const count = f.runs.length;
  if (f.exponent !== undefined) return askExponent(item, f);
  if (isGrouped(f, count, '.') && (scale === 0 || count > 2)) {
    return count === 2 ? ask(item, join(f, count), join(f, 1)) : ask(item, join(f, count));
  }
  if (count === 2 && f.separators[0] === ',' && scale > 0 && f.runs[1]!.length < 3) {
    return ask(item, join(f, 1), join(f, 2));
  }
  const whole = count - (hasDecimals(f) ? 1 : 0);
  if (isGrouped(f, whole, ' ')) return ask(item, join(f, whole));
  const n = plainNumber(f);
  if (!n) return { error: notNumber(item) };
  return f.sign === '+' ? ask(item, n) : numberValue(item, n);
}

function parseAdequacy(text: string): CellResult {
  const word = text.toLowerCase();
  if (word === 'adequate') return { value: ADEQUATE };
  if (word === 'inadequate') return { value: INADEQUATE };
  return { error: 'value.not_code' };
}

// ---- Dates, day before month. -----------------------------------------------------------------
const CENTURY_TURNS = 80; // two digits below are of this century
const DAY_MS = 86400000;

function dayExists(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= days[month - 1]!;
}

/** The stored number of a day that there is and that the item allows. */
function dateValue(item: CellItem, year: string, month: number, day: number): number | null {
  const n = Number(year);
  const full = year.length > 2 ? n : n < CENTURY_TURNS ? 2000 + n : 1900 + n;
  const value = full * 10000 + month * 100 + day;
  const allowed = dayExists(full, month, day) && value >= (item.low ?? 0) && value <= (item.high ?? INT32_MAX);
  return allowed ? value : null;
}

function askDates(item: CellItem, values: Array<number | null>): CellResult {
  const readings = values
    .filter((value): value is number => value !== null)
    .map((value) => ({ value, text: formatCell(item, value) }));
  return readings.length > 0 ? { error: 'value.ask', readings } : { error: 'value.not_date' };
}

/** 05042023 and 20230405 are certain; 5042023 (a zero lost), 050423 and 45021 are asked about. */
function parseDigits(item: CellItem, text: string): CellResult {
  const year = text.length > 6 ? 4 : 2;
  const padded = text.padStart(8, '0').slice(text.length > 6 ? 0 : 2);
  const dayFirst = dateValue(item, padded.slice(4), Number(padded.slice(2, 4)), Number(padded.slice(0, 2)));
  const yearFirst = dateValue(item, text.slice(0, year), Number(text.slice(year, -2)), Number(text.slice(-2)));
  if (text.length === 8) return dayFirst || yearFirst ? { value: dayFirst ?? yearFirst } : { error: 'value.not_date' };
  if (text.length === 7) return askDates(item, [dayFirst]);
  if (text.length === 6) return askDates(item, [dayFirst, yearFirst]);
  if (text.length !== 5) return { error: 'value.not_date' };
  const day = new Date((Number(text) - 25569) * DAY_MS); // a spreadsheet's day number
  return askDates(item, [
    dateValue(item, String(day.getUTCFullYear()), day.getUTCMonth() + 1, day.getUTCDate()),
  ]);
}

const FULL_MONTHS = /^(?:january|february|march|april|may|june|july|august|september|october|november|december)$/;

function monthNumber(text: string): number {
  if (/^\d+$/.test(text)) return text.length > 2 ? -1 : Number(text);
  const name = text.toLowerCase();
  if (name !== 'sept' && name.length !== 3 && !FULL_MONTHS.test(name)) return -1;
  return MONTHS.indexOf(name.slice(0, 3)) + 1 || -1;
}

/** 5/4/2023, 5.4.23, 5-Apr-2023; 2023-04-05; also with the time 00:00:00 (spreadsheets). */
function parseDate(item: CellItem, text: string): CellResult {
  if (/^\d+$/.test(text)) return parseDigits(item, text);
  const match = /^(\d+)([/\-. \x02])(\d+|[A-Za-z]+)\2(\d+)(?:[ T](?:00:00(?::00(?:\.000)?)?)?)?$/.exec(text);
  if (!match) return { error: 'value.not_date' };
  const [, first, , middle, last] = match as unknown as [string, string, string, string, string];
  const yearFirst = first.length === 4 && last.length <= 2;
  const dayFirst = first.length <= 2 && (last.length === 2 || last.length === 4);
  const month = monthNumber(middle);
  if (month < 0 || (!yearFirst && !dayFirst)) return { error: 'value.not_date' };
  const year = yearFirst ? first : last;
  const day = Number(yearFirst ? last : first);
  const value = dateValue(item, year, month, day);
  if (value !== null) return { value };
  // Day and month the other way round can be, and this way cannot: 4/25/2023.
  return month > 12 ? askDates(item, [dateValue(item, year, day, month)]) : { error: 'value.not_date' };
}

export function parseCell(item: CellItem, input: string): CellResult {
  const plain = plainText(input);
  if (plain === '') return { value: null };
  if (plain === null) {
    if (item.type === 'adequacy') return { error: 'value.not_code' };
    return { error: item.type === 'date' ? 'value.not_date' : notNumber(item) };
  }
  const text = /^'[^ ]/.test(plain) || plain === "'" ? plain.slice(1) : plain; // a spreadsheet's sign for text
  if (item.type === 'adequacy') return parseAdequacy(text);
  return item.type === 'date' ? parseDate(item, text) : parseFigure(item, text);
}

const twoDigits = (n: number): string => String(n).padStart(2, '0');

function formatDate(cell: number): string {
  const year = Math.floor(cell / 10000);
  return `${twoDigits(cell % 100)}/${twoDigits(Math.floor(cell / 100) % 100)}/${String(year).padStart(4, '0')}`;
}

/** The stored number as a person reads it; '' for blank. parseCell gives the same number again. */
export function formatCell(item: CellItem, cell: number | null): string {
  if (cell === null) return '';
  if (item.type === 'adequacy') return cell === ADEQUATE ? 'Adequate' : 'Inadequate';
  if (item.type === 'date') return formatDate(cell);
  const scale = item.type === 'count' ? 0 : item.scale;
  if (scale === 0) return String(cell);
  const digits = String(Math.abs(cell)).padStart(scale + 1, '0');
  return `${cell < 0 ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
