// What a person types into a cell, to the stored number, and back: the twin of
// src/dictionary/dictionary_cell.c. tests/cases/cells.json is run by both.

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
  | 'value.not_whole'
  | 'value.negative'
  | 'value.too_large'
  | 'value.too_small'
  | 'value.not_code'
  | 'value.not_date'
  | 'value.not_percent'
  | 'value.not_decimal';

/** value null is blank: nothing was reported, which is not zero. */
export type CellResult = { value: number | null; error?: undefined } | { value?: undefined; error: CellError };

const INT32_MAX = 2147483647;
const ADEQUATE = 1;
const INADEQUATE = 2;

/** Zero of each script of India (and of Urdu, Sindhi, Kashmiri). */
const SCRIPT_ZEROS = [
  0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x1c50, 0xabf0,
];

function asciiDigits(text: string): string {
  return text.replace(/[^\0-\x7f]/g, (c) => {
    const code = c.charCodeAt(0);
    const zero = SCRIPT_ZEROS.find((z) => code >= z && code <= z + 9);
    return zero === undefined ? c : String(code - zero);
  });
}

/** [-]digits[.digits] with at most `scale` decimals, as stored; null: not a number. */
function scanNumber(text: string, scale: number): { negative: boolean; size: number } | null {
  const match = (scale > 0 ? /^(-?)(\d+)(?:\.(\d+))?$/ : /^(-?)(\d+)$/).exec(text);
  if (!match) return null;
  const decimals = match[3] ?? '';
  if (decimals.length > scale) return null;
  return { negative: match[1] === '-', size: Number(match[2] + decimals.padEnd(scale, '0')) };
}

function parseNumber(item: CellItem, text: string): CellResult {
  const percent = item.type === 'percentage';
  const number = scanNumber(text, item.type === 'count' ? 0 : item.scale);
  if (!number) return { error: item.type === 'count' ? 'value.not_whole' : 'value.not_decimal' };
  const value = number.negative && number.size !== 0 ? -number.size : number.size;
  const low = item.low ?? -INT32_MAX;
  if (number.negative && low >= 0) return { error: percent ? 'value.not_percent' : 'value.negative' };
  if (number.size > INT32_MAX || value > (item.high ?? INT32_MAX)) {
    return { error: percent ? 'value.not_percent' : 'value.too_large' };
  }
  if (value < low) return { error: percent ? 'value.not_percent' : 'value.too_small' };
  return { value };
}

function parseAdequacy(text: string): CellResult {
  const word = text.toLowerCase();
  if (word === 'adequate') return { value: ADEQUATE };
  if (word === 'inadequate') return { value: INADEQUATE };
  return { error: 'value.not_code' };
}

function dayExists(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= days[month - 1]!;
}

/** dd/mm/yyyy, dd-mm-yyyy or yyyy-mm-dd, the last also with the time 00:00:00 (spreadsheets). */
function parseDate(item: CellItem, text: string): CellResult {
  const last = /^(\d{1,2})([/-])(\d{1,2})\2(\d{4})$/.exec(text);
  const first = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00:00)?$/.exec(text);
  const parts = last ? [last[4], last[3], last[1]] : first ? [first[1], first[2], first[3]] : null;
  if (!parts) return { error: 'value.not_date' };
  const [year, month, day] = parts.map(Number) as [number, number, number];
  const value = year * 10000 + month * 100 + day;
  if (!dayExists(year, month, day) || value < (item.low ?? 0) || value > (item.high ?? INT32_MAX)) {
    return { error: 'value.not_date' };
  }
  return { value };
}

export function parseCell(item: CellItem, input: string): CellResult {
  const text = input.replace(/^[ \t\r\n\u00a0]+|[ \t\r\n\u00a0]+$/g, '');
  if (text === '') return { value: null };
  if (item.type === 'adequacy') return parseAdequacy(text);
  if (item.type === 'date') return parseDate(item, asciiDigits(text));
  return parseNumber(item, asciiDigits(text));
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
