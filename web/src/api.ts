// How the screens talk to the server: one way to call it, one kind of error. Shapes are in types.ts.
import { signal } from '@preact/signals';

import type { Person, Session } from './types';

export interface FieldProblem {
  field: string;
  code: string;
  detail: string;
}

/** Anything that went wrong: `status` 0 when the server could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly fields: FieldProblem[] = [],
    readonly retryAfter = 0,
    readonly requestId = '',
    readonly body: Record<string, unknown> = {},
  ) {
    super(detail || code);
  }
}

export const session = signal<Session | null>(null);
/** Somebody else has signed in in this browser: the page is covered until it is settled whose it is. */
export const other = signal<Person | null>(null);
/** The session has ended under an open page: the sign-in dialog shows until somebody signs in. */
export const sessionEnded = signal(false);
/** False after a call that did not reach the server, true again after one that did. */
export const online = signal(true);
/** When the server last heard from the person, not from a timer (ms). */
export const lastActivity = signal(Date.now());

let waiting: Array<() => void> = [];

/** Called after signing in again: calls that met the ended or another's session go on. */
export function sessionResumed(): void {
  sessionEnded.value = false;
  other.value = null;
  const go = waiting;
  waiting = [];
  for (const resume of go) resume();
}

function untilSignedIn(): Promise<void> {
  return new Promise((resolve) => waiting.push(resolve));
}

/** Two answers about a session tell of the same person in the same place. */
export function samePlace(a: Session, b: Session): boolean {
  const key = (s: Session) => JSON.stringify([s.account_id, s.role.name, s.area?.id, s.facilities.map((f) => f.code)]);
  return key(a) === key(b);
}

/** The session may have been begun anew in another tab: takes its token. False: nothing newer. */
async function renewToken(): Promise<boolean> {
  const had = session.value;
  const response = await send('GET', '/session', { background: true });
  if (!response.ok) return notice(await toError(response));
  const now = (await response.json()) as Session;
  if (!had || now.csrf_token === had.csrf_token) return false;
  if (samePlace(had, now)) session.value = now;
  else other.value = { account_id: now.account_id, username: now.username, full_name: now.full_name, role: now.role.name };
  return true;
}

/** The same person has signed in in another tab: this one goes on, if it waited. */
export async function renewSession(): Promise<void> {
  const renewed = await renewToken().catch(() => false);
  if (renewed && !other.value) sessionResumed();
}

/** Does this error end the page's own session? The page shows it until somebody signs in. */
function notice(error: ApiError): boolean {
  if (error.code === 'session.none') sessionEnded.value = true;
  else if (error.code === 'session.other_person') other.value = (error.body.person as Person | undefined) ?? null;
  else return false;
  return true;
}

export interface CallOptions {
  body?: unknown;
  query?: Record<string, string | number | boolean | undefined | null>;
  signal?: AbortSignal;
  /** Background calls (timers): neither count as activity nor wait for a new sign-in. */
  background?: boolean;
  etag?: string;
}

export function address(path: string, query?: CallOptions['query']): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  const text = search.toString();
  return `/api/v1${path}${text ? `?${text}` : ''}`;
}

async function toError(response: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {};
  try {
    body = (await response.json()) as Record<string, unknown>;
  } catch {
    // not JSON: a proxy in between; the status says enough
  }
  return new ApiError(
    response.status,
    String(body.code ?? `http.${response.status}`),
    String(body.detail ?? body.title ?? response.statusText),
    (body.fields ?? body.errors ?? []) as FieldProblem[],
    Number(response.headers.get('Retry-After') ?? 0),
    String(body.request_id ?? response.headers.get('X-Request-Id') ?? ''),
    body,
  );
}

async function send(method: string, path: string, options: CallOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (options.background) headers['HMIS-Background'] = '1';
  if (session.value?.account_id) headers['HMIS-Person'] = String(session.value.account_id);
  if (options.etag) headers['If-None-Match'] = options.etag;
  const init: RequestInit = { method, headers, signal: options.signal, credentials: 'same-origin' };
  if (options.etag) init.cache = 'no-store';
  if (method !== 'GET' && session.value) headers['X-CSRF-Token'] = session.value.csrf_token;
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(options.body);
  }
  try {
    const response = await fetch(address(path, options.query), init);
    online.value = true;
    return response;
  } catch (cause) {
    if ((cause as Error).name === 'AbortError') throw cause;
    online.value = false;
    throw new ApiError(0, 'network', '');
  }
}

/** The answer as a Response: for ETag and 304. Throws ApiError on anything else than 2xx and 304. */
export async function call(method: string, path: string, options: CallOptions = {}): Promise<Response> {
  for (let renewed = false; ; ) {
    const response = await send(method, path, options);
    if (response.ok || response.status === 304) {
      if (!options.background) lastActivity.value = Date.now();
      return response;
    }
    const error = await toError(response);
    if (!session.value) throw error;
    if (error.code === 'session.csrf' && !renewed) {
      renewed = true;
      if (!(await renewToken())) throw error;
      if (other.value && options.background) throw error;
      if (other.value) await untilSignedIn();
      continue;
    }
    if (!notice(error) || options.background) throw error;
    await untilSignedIn();
  }
}

export async function api<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const response = await call(method, path, options);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export const get = <T>(path: string, query?: CallOptions['query'], signal?: AbortSignal) =>
  api<T>('GET', path, { query, signal });
