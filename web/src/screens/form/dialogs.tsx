// What is asked over the form: two values of one entry, and a pasted column before it is filled in.
import { useEffect, useRef, useState } from 'preact/hooks';

import { t, tn } from '../../i18n';
import { isRemark } from '../../living';
import { display, itemName } from '../../report';
import type { Value } from '../../marks';
import type { Item } from '../../types';
import { Alert, Dialog, keepFocus } from '../../ui';
import type { Editing } from './editing';

/** What an entry is called, and how its values read. */
function entryOf(e: Pick<Editing, 'items'>, key: string): { name: string; show(value: Value): string } {
  const said = (text: string) => text || t('blank');
  if (!isRemark(key)) {
    const item = e.items.get(key)!;
    return { name: `${item.number} ${itemName(item)}`, show: (value) => said(display(item, value as number | null)) };
  }
  const what = key.replace(/^remarks\.(items\.|rules\.)?/, '');
  const name = what === 'report' ? t('review.report_remark') : t('form.remark.label', { item: e.items.get(what)?.number ?? what });
  return { name, show: (value) => said(String(value ?? '')) };
}

type Asking = Pick<Editing, 'items' | 'draft'>;

/** Only what stood there when it was opened is asked: nothing is chosen unread. */
function ConflictDialog({ e, keys, onClose }: { e: Asking; keys: string[]; onClose: () => void }) {
  const all = (whose: 'mine' | 'theirs') => keys.forEach((key) => e.draft.resolve(key, whose));
  return (
    <Dialog title={t('conflict.title')} wide unasked onCancel={onClose}>
      <p>{t('conflict.text')}</p>
      <ul class="list">
        {keys.map((key) => {
          const { name, show } = entryOf(e, key);
          const cell = e.draft.get(key);
          return (
            <li key={key}>
              <p>
                <strong>{name}</strong>
              </p>
              <div class="actions">
                <button type="button" class="button" onClick={() => e.draft.resolve(key, 'mine')}>
                  {t('conflict.mine', { value: show(cell.value) })}
                </button>
                <button type="button" class="button" onClick={() => e.draft.resolve(key, 'theirs')}>
                  {t('conflict.theirs', { value: show(cell.theirs ?? null) })}
                </button>
              </div>
            </li>
          );
        })}
      </ul>
      <div class="actions">
        {keys.length > 1 && (
          <>
            <button type="button" class="button" onClick={() => all('mine')}>
              {t('conflict.all_mine')}
            </button>
            <button type="button" class="button" onClick={() => all('theirs')}>
              {t('conflict.all_theirs')}
            </button>
          </>
        )}
        <button type="button" class="button quiet" onClick={onClose}>
          {t('conflict.later')}
        </button>
      </div>
    </Dialog>
  );
}

/** Comes by itself, so it is only said; the person opens the question. */
export function Conflicts({ e }: { e: Asking }) {
  const [asked, setAsked] = useState<string[] | null>(null);
  const last = useRef<string | null>(null);
  const standing = e.draft.keysIn('conflict');
  const keys = asked?.filter((key) => standing.includes(key)) ?? [];
  if (keys.length) last.current = keys[0]!;
  useEffect(() => {
    if (keys.length || !asked) return;
    setAsked(null);
    // the button that opened it may be gone
    if (!document.activeElement || document.activeElement === document.body) document.getElementById(`i-${last.current}`)?.focus();
  }, [keys.length, asked]);
  const what = standing.map((key) => (isRemark(key) ? entryOf(e, key).name : e.items.get(key)!.number));
  return (
    <>
      <div role={standing.length > 0 ? 'alert' : undefined} class="conflicts">
        {standing.length > 0 && (
          <Alert kind="warning" title={t('conflict.title')}>
            <p>{t('conflict.said', { items: what.join(', ') })}</p>
            <button type="button" class="button" onMouseDown={keepFocus} onClick={() => setAsked(standing)}>
              {t('conflict.open')}
            </button>
          </Alert>
        )}
      </div>
      {keys.length > 0 && <ConflictDialog e={e} keys={keys} onClose={() => setAsked(null)} />}
    </>
  );
}

export interface Paste {
  pairs: Array<{ item: Item; text: string; error?: string }>;
  left: number;
}

function PasteTable({ paste }: { paste: Paste }) {
  return (
    <div class="paste-list">
      <table>
        <caption class="sr">{t('paste.caption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('form.number')}</th>
            <th scope="col">{t('form.item')}</th>
            <th scope="col" class="n">{t('paste.value')}</th>
          </tr>
        </thead>
        <tbody>
          {paste.pairs.map(({ item, text, error }) => (
            <tr key={item.key}>
              <td>{item.number}</td>
              <td>
                {itemName(item)}
                {error && <p class="note bad">{error}</p>}
              </td>
              <td class="n">{text || t('blank')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function PastePreview({ e, paste, onClose }: { e: Editing; paste: Paste; onClose: (undo: (() => void) | null) => void }) {
  const bad = paste.pairs.filter((pair) => pair.error).length;
  const fill = () => onClose(e.draft.fill(Object.fromEntries(paste.pairs.map(({ item, text }) => [item.key, text]))));
  return (
    <Dialog title={tn('paste.title', paste.pairs.length)} wide onCancel={() => onClose(null)}>
      {bad > 0 && <Alert kind="warning">{tn('paste.bad', bad)}</Alert>}
      {paste.left > 0 && <Alert kind="warning">{tn('paste.left', paste.left)}</Alert>}
      <PasteTable paste={paste} />
      <div class="actions">
        <button type="button" class="button primary" onClick={fill}>
          {t('paste.do')}
        </button>
        <button type="button" class="button" onClick={() => onClose(null)}>
          {t('cancel')}
        </button>
      </div>
    </Dialog>
  );
}
