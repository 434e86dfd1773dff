// What is asked of the server as a file, and how it comes: the browser saves it by itself, from a link, so
// that nothing of it lies in the page. A link cannot say what went wrong, so it is asked for first.
import { address, ApiError, call } from '../../api';
import { addMonths } from '../../parts';

export interface Asked {
  path: string;
  query: Record<string, string | undefined>;
}

export interface ExtractChoice {
  /** An area's id or "facility-" and a code; "": all that is one's own. */
  area: string;
  /** "": every form. */
  form: string;
  from: string;
  to: string;
  reported: boolean;
}

export interface TemplateChoice {
  area: string;
  form: string;
  period: string;
  kind: 'extract' | 'long';
}

export const MONTHS_MOST = 24;

/** What is wrong with the months, as a key of the catalogue. */
export function monthsWrong(from: string, to: string): 'export.to.before' | 'export.to.many' | null {
  if (to < from) return 'export.to.before';
  return to > addMonths(from, MONTHS_MOST - 1) ? 'export.to.many' : null;
}

/** One form and one month is one CSV; anything else a ZIP of them. */
export const isOne = (c: ExtractChoice) => c.form !== '' && c.from === c.to;

export function extractFile(c: ExtractChoice): Asked {
  const query = { area: c.area || undefined, form: c.form || undefined, rows: c.reported ? 'reported' : undefined };
  if (isOne(c)) return { path: '/extract.csv', query: { period: c.from, ...query } };
  return { path: '/extract.zip', query: { from: c.from, to: c.to, ...query } };
}

export function templateFile(c: TemplateChoice, language: string): Asked {
  return { path: '/template.xlsx', query: { period: c.period, form: c.form, kind: c.kind, area: c.area || undefined, language } };
}

/** What these answers mean here; the server's own words are for any address. */
export function inWords(error: unknown): unknown {
  const codes: Record<number, string> = { 404: 'export.nothing', 413: 'export.too_many' };
  const code = error instanceof ApiError ? codes[error.status] : undefined;
  return code ? new ApiError((error as ApiError).status, code, '', [], 0, (error as ApiError).requestId) : error;
}

/** Comes back when the file can be had. HEAD brings no words for what is wrong, so then GET is asked:
 *  it has them, and waits for whoever has to sign in again. */
export async function ready({ path, query }: Asked, signal: AbortSignal): Promise<void> {
  try {
    await call('HEAD', path, { query, signal });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 0) throw error;
    const response = await call('GET', path, { query, signal });
    await response.body?.cancel();
  }
}

export function follow({ path, query }: Asked): void {
  const link = document.createElement('a');
  link.href = address(path, query);
  link.download = '';
  link.click();
}
