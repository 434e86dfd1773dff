// The marks of reports on this device (marks.ts), in localStorage: one key a mark, named by the
// account, the report and the entry, so that tabs never write over each other and nobody else's
// figures are ever seen or sent. Other tabs learn of a change by the browser's storage events, which
// come in order.
import { session } from './api';
import type { Mark, News, Shelf } from './marks';

export interface Where {
  facility: string;
  form: string;
  period: string;
}
export interface KeptReport extends Where {
  count: number;
}

const KEPT = 'hmis.kept';
const ENDED = 'hmis.ended';
const NEWS = 'hmis.news';
const SURE = 'hmis.sure';

/** Whose figures these are: accounts, not names, since a name can be given again. */
export function accountOf(): string {
  const who = session.value as ({ username: string; account_id?: number | string } | null);
  return who ? String(who.account_id ?? who.username) : '';
}

const join = (...parts: string[]): string => parts.map(encodeURIComponent).join('|');
const keyOf = (account: string, w: Where): string => join(account, w.facility, w.form, w.period);

function keysWith(prefix: string): string[] {
  const found: string[] = [];
  for (let i = 0; i < localStorage.length; i++) {
    const key = localStorage.key(i)!;
    if (key.startsWith(prefix)) found.push(key);
  }
  return found;
}

function readMark(text: string | null): Mark | null {
  try {
    return text === null ? null : (JSON.parse(text) as Mark);
  } catch {
    return null;
  }
}

/** False when the device has no room or forbids storage. */
function store(key: string, value: string | null): boolean {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

export function shelfOf(account: string, w: Where): Shelf {
  const report = keyOf(account, w);
  const at = (mark: Mark) => `${KEPT}|${report}|${join(mark.key, mark.id)}`;
  return {
    all: () => keysWith(`${KEPT}|${report}|`).flatMap((key) => readMark(localStorage.getItem(key)) ?? []),
    put: (mark) => store(at(mark), JSON.stringify(mark)),
    drop: (mark) => void store(at(mark), null),
    tell: (news) => {
      store(`${NEWS}|${report}`, JSON.stringify(news));
      store(`${NEWS}|${report}`, null);
    },
  };
}

export interface Listener {
  hear(mark: Mark): void;
  gone(key: string, id: string): void;
  learn(news: News): void;
}

/** Other tabs of the person are to read the report again: its draft was submitted, or thrown away. */
export function tellEnded(w: Where): void {
  store(`${ENDED}|${reportKey(w)}`, String(Date.now()));
  store(`${ENDED}|${reportKey(w)}`, null);
}

/** Tells what other tabs do to the drafts that `find` knows by account and report. */
export function listen(find: (report: string) => Listener | undefined, ended: (report: string, w: Where) => void): void {
  addEventListener('storage', (event) => {
    const [kind, account, facility, form, period, key, id] = event.key?.split('|') ?? [];
    const report = [account, facility, form, period].join('|');
    const draft = find(report);
    if (!draft) return;
    if (kind === ENDED && event.newValue)
      ended(report, { facility: decodeURIComponent(facility!), form: decodeURIComponent(form!), period: decodeURIComponent(period!) });
    if (kind === NEWS && event.newValue) draft.learn(JSON.parse(event.newValue) as News);
    if (kind !== KEPT || !key || !id) return;
    const mark = readMark(event.newValue);
    if (mark) draft.hear(mark);
    else draft.gone(decodeURIComponent(key), decodeURIComponent(id));
  });
}

export function reportKey(w: Where): string {
  return keyOf(accountOf(), w);
}

/** Reports with unsent figures of this account on this device. */
export function keptReports(): KeptReport[] {
  const found = new Map<string, Set<string>>();
  try {
    for (const key of keysWith(`${KEPT}|${encodeURIComponent(accountOf())}|`)) {
      const parts = key.split('|').slice(2);
      const report = parts.slice(0, 3).join('|');
      found.set(report, (found.get(report) ?? new Set()).add(parts[3]!));
    }
  } catch {
    return []; // storage is forbidden: nothing is kept
  }
  return [...found].map(([report, keys]) => {
    const [facility, form, period] = report.split('|').map(decodeURIComponent) as [string, string, string];
    return { facility, form, period, count: keys.size };
  });
}
export function isKept(w: Where): boolean {
  return keptReports().some((one) => one.facility === w.facility && one.form === w.form && one.period === w.period);
}

/* ---- Figures a person has said are right: asked once. --------------------------------------------- */

export function readSure(w: Where): Record<string, number> {
  try {
    return (JSON.parse(localStorage.getItem(`${SURE}|${reportKey(w)}`) ?? '{}') as Record<string, number>) ?? {};
  } catch {
    return {};
  }
}
export function writeSure(w: Where, sure: Record<string, number>): void {
  store(`${SURE}|${reportKey(w)}`, Object.keys(sure).length ? JSON.stringify(sure) : null);
}
