// The section on the screen: its rows, its keys, pasting and filling with zeros.
import { useEffect, useState } from 'preact/hooks';

import { t, tn } from '../../i18n';
import { meaning, tidy } from '../../keys';
import { format, parse, sectionTitle, whyNot } from '../../report';
import type { Section } from '../../types';
import { Row, type Remarking } from './cell';
import { PastePreview, type Paste } from './dialogs';
import { focusCell, type Editing } from './editing';

/** Where the keys lead from the last and the first cell of a section. */
export interface Ways {
  beyond(): void;
  before(): void;
}

/** Keys of a section's table. Fields are real inputs: Tab and a screen reader work as anywhere. */
function useKeys(e: Editing, section: Section, remarking: Remarking, ways: Ways) {
  return (event: KeyboardEvent) => {
    const field = event.target as HTMLInputElement;
    const key = field.dataset?.key;
    if (!key || event.isComposing) return;
    const text = field.tagName === 'INPUT';
    const move = meaning({
      key: event.key, shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey, alt: event.altKey,
      start: text ? field.selectionStart : null, end: text ? field.selectionEnd : null, length: field.value.length,
    });
    if (!move || move === 'save' || move === 'problem') return;
    event.preventDefault();
    if (move === 'revert') {
      if (e.draft.get(key).state === 'conflict') return; // which of the two stands is asked, not guessed
      e.draft.revert(key);
      requestAnimationFrame(() => field.select?.());
    } else if (move === 'remark') remarking.open(key);
    else step(section, key, move === 'next' ? 1 : -1, ways);
  };
}

export function step(section: Section, key: string | null, by: 1 | -1, ways: Ways): void {
  const at = section.items.findIndex((item) => item.key === key);
  const to = section.items[at + by];
  if (to) focusCell(to.key);
  else if (by > 0) ways.beyond();
  else ways.before();
}

/** One remark is open at a time; closed, it gives the focus back to where it was opened. */
function useRemarking(section: Section): Remarking {
  const [state, setState] = useState<{ key: string; from: Element | null } | null>(null);
  useEffect(() => setState(null), [section]);
  return {
    key: state?.key ?? null,
    open: (key) => setState({ key, from: document.activeElement }),
    close: () => {
      const from = state?.from as HTMLElement | null;
      const back = from?.isConnected && from !== document.body ? from : document.getElementById(`i-${state?.key}`);
      setState(null);
      back?.focus();
    },
  };
}

interface Undo {
  text: string;
  run: () => void;
}

/** Filling several cells at once, each with its way back. */
function useFilling(e: Editing, section: Section) {
  const [undo, setUndo] = useState<Undo | null>(null);
  const [paste, setPaste] = useState<Paste | null>(null);
  useEffect(() => setUndo(null), [section]);
  const empty = section.items.filter((item) => item.type === 'count' && e.draft.get(item.key).text === '');
  return {
    undo, paste, empty: empty.length,
    zeros() {
      const run = e.draft.fill(Object.fromEntries(empty.map((item) => [item.key, '0'])));
      setUndo({ text: tn('form.zeros.done', empty.length), run });
    },
    ask(from: string, column: string[]) {
      const at = section.items.findIndex((item) => item.key === from);
      const into = section.items.slice(at, at + column.length);
      const pairs = into.map((item, i) => {
        const parsed = parse(item, tidy(column[i]!));
        if (parsed.error !== undefined) return { item, text: column[i]!, error: whyNot(item, column[i]!) };
        return { item, text: format(item, parsed.value as number | null) };
      });
      setPaste({ pairs, left: column.length - into.length });
    },
    pasted(run: (() => void) | null) {
      if (run) setUndo({ text: tn('paste.done', paste!.pairs.length), run });
      setPaste(null);
    },
    back() {
      undo?.run();
      setUndo(null);
    },
  };
}

export type Filling = ReturnType<typeof useFilling>;

function Head() {
  return (
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col" class="num">{t('form.number')}</th>
        <th role="columnheader" scope="col">{t('form.item')}</th>
        <th role="columnheader" scope="col" class="n">{t('form.last_year.short')}</th>
        <th role="columnheader" scope="col" class="n">{t('form.last_month')}</th>
        <th role="columnheader" scope="col" class="in">{t('form.this_month')}</th>
        <th role="columnheader" scope="col">
          <span class="sr">{t('form.remark')}</span>
        </th>
      </tr>
    </thead>
  );
}

export function SectionTable({ e, section, ways }: { e: Editing; section: Section; ways: Ways }) {
  const remarking = useRemarking(section);
  const filling = useFilling(e, section);
  const onKey = useKeys(e, section, remarking, ways);
  return (
    <>
      <table role="table" class="form-table" onKeyDown={onKey}>
        <caption class="sr">{sectionTitle(section)}</caption>
        <Head />
        <tbody role="rowgroup">
          {section.items.map((item) => (
            <Row key={item.key} e={e} item={item} remarking={remarking} onPaste={filling.ask} onward={() => step(section, item.key, 1, ways)} />
          ))}
        </tbody>
      </table>
      <div class="section-tools">
        <button type="button" class="button" disabled={!filling.empty} onClick={filling.zeros}>
          {filling.empty ? tn('form.zeros', filling.empty) : t('form.zeros.none')}
        </button>
        <div role="status">
          {filling.undo && (
            <span class="undo">
              {filling.undo.text}{' '}
              <button type="button" class="link" onClick={filling.back}>
                {t('undo')}
              </button>
            </span>
          )}
        </div>
      </div>
      {filling.paste && <PastePreview e={e} paste={filling.paste} onClose={filling.pasted} />}
    </>
  );
}
