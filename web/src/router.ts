// Addresses of screens, with the History API.
import { signal } from '@preact/signals';

export interface Place {
  path: string;
  query: URLSearchParams;
}

function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

/** True once a person has gone somewhere: then the new screen's heading takes the focus. */
export const moved = { current: false };

export const place = signal<Place>({ path: '/', query: new URLSearchParams() });

/** A screen with unsaved work may ask before it is left: returns false to stay. */
export const guard: { current: null | (() => boolean) } = { current: null };

export function go(to: string, replace = false): void {
  if (to !== location.pathname + location.search) {
    if (guard.current && !guard.current()) return;
    if (replace) history.replaceState(null, '', to);
    else history.pushState(null, '', to);
  }
  moved.current = true;
  place.value = here();
}

export type QueryChanges = Record<string, string | number | null | undefined>;

/** The present address with some of its query changed: for links. */
export function withQuery(changes: QueryChanges): string {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(changes))
    if (value === null || value === undefined || value === '') query.delete(name);
    else query.set(name, String(value));
  const text = query.toString();
  return location.pathname + (text ? `?${text}` : '');
}

/** What a person chooses is part of the address and of the browser's history: it can be sent on, and
 *  Back takes it back. `replace`: while something is still being typed. */
export function setQuery(changes: QueryChanges, replace = false): void {
  go(withQuery(changes), replace);
}

export function startRouter(): void {
  place.value = here();
  addEventListener('popstate', () => {
    moved.current = true;
    place.value = here();
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.pathname.startsWith('/api/') || (link.hash && link.pathname === location.pathname)) return;
    event.preventDefault();
    go(link.pathname + link.search);
    window.scrollTo(0, 0);
  });
}

/** Matches "/report/:facility/:form"; null when it does not. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split('/');
  const have = path.replace(/\/$/, '').split('/');
  if (path === '/') have.length = 1;
  if (pattern === '/') return path === '/' ? {} : null;
  if (want.length !== have.length) return null;
  const found: Record<string, string> = {};
  for (let i = 0; i < want.length; i++) {
    const part = want[i]!;
    if (part.startsWith(':')) found[part.slice(1)] = decodeURIComponent(have[i]!);
    else if (part !== have[i]) return null;
  }
  return found;
}
