// What an entry of a draft is, and what a draft needs from outside: server, device, clock.
import type { ApiError } from './api';
import type { Shelf, Value } from './marks';

export type CellState =
  | 'saved' // as the server has it
  | 'waiting' // typed, not yet acknowledged
  | 'invalid' // cannot be a figure; kept here, not sent
  | 'refused' // the server did not take it
  | 'conflict'; // changed elsewhere too: the person chooses

export interface Refusal {
  code: string;
  detail?: string;
}
export interface Cell {
  text: string;
  /** What the text says; null where it is blank or says nothing valid. */
  value: Value;
  /** What the server holds, as far as this tab knows. */
  base: Value;
  state: CellState;
  error?: Refusal;
  /** In a conflict: the other value. */
  theirs?: Value;
  /** As it was typed, where it is shown as it was understood: "1,234". */
  typed?: string;
}
export interface Batch {
  version: number;
  values: Record<string, Value>;
}
export interface Answer {
  version: number;
  refused?: Record<string, Refusal>;
}
/** All that the server holds of the draft; what is not named is blank. */
export type Current = Batch;
export type Parsed = { value: Value; error?: undefined } | { error: string };

export interface Surroundings {
  /** Names this tab in its marks. */
  tab: string;
  shelf: Shelf;
  parse(key: string, text: string): Parsed;
  format(key: string, value: Value): string;
  send(batch: Batch): Promise<Answer>;
  /** What the server holds now: told with the conflict, or asked for. */
  read(conflict?: ApiError): Promise<Current>;
  now(): number;
  later(run: () => void, ms: number): () => void;
  random(): number;
}

export const BATCH = 100;
export const TYPED_PAUSE = 1000;
/** Another tab's mark is sent from here only when that tab has had its time. */
export const ADOPTED_PAUSE = 5000;
/** A mark that stood so long may have been sent by another tab. */
export const STOOD = 4000;
/** A cell that is being typed is sent when it is left, or when no key was pressed in it for so long. */
export const REST = 4000;
const RETRY_FIRST = 2000;
const RETRY_LAST = 300_000;

/** Wait before try n (0, 1, ...): doubling, half of it random so that a district does not knock at once. */
export function backoff(tries: number, random: number, retryAfter = 0): number {
  const base = Math.min(RETRY_LAST, RETRY_FIRST * 2 ** tries);
  return Math.max(retryAfter * 1000, base / 2 + (base / 2) * random);
}
