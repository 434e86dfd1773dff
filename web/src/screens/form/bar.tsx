// The bar below the form: what is saved and what is not, and where to go on.
import { online } from '../../api';
import type { Draft } from '../../draft';
import { clock, t, tn } from '../../i18n';
import { sectionTitle } from '../../report';
import type { Section } from '../../types';
import { Icon, keepFocus } from '../../ui';
import { stateIcon } from './cell';
import { Conflicts } from './dialogs';
import { counts, type Editing } from './editing';
import { step, type Ways } from './table';

interface Part {
  kind: string;
  text: string;
}

function saved(draft: Draft, begun: boolean): Part {
  const { waiting } = draft;
  const off = draft.offline.value || !online.value;
  if (waiting) return { kind: 'waiting', text: tn(off ? 'status.kept' : 'status.waiting', waiting) };
  if (draft.savedAt.value) return { kind: 'saved', text: t('status.saved', { time: clock(draft.savedAt.value) }) };
  return { kind: 'saved', text: t(begun ? 'status.as_saved' : 'status.start') };
}

export function statusParts(draft: Draft, begun: boolean, look = 0): Part[] {
  const open = draft.keysIn('invalid', 'refused', 'conflict').length;
  const conflicts = draft.keysIn('conflict').length;
  const parts: Part[] = [];
  // Said first; "all saved" is not said while it stands.
  if (open) parts.push({ kind: 'invalid', text: tn('status.settle', open) });
  if (!open || draft.waiting) parts.push(saved(draft, begun));
  if (conflicts) parts.push({ kind: 'conflict', text: tn('status.conflicts', conflicts) });
  if (look) parts.push({ kind: 'warning', text: tn('form.warnings', look) });
  // Nothing is green while something is wrong.
  return parts.length > 1 ? parts.map((part) => (part.kind === 'saved' ? { ...part, kind: 'plain' } : part)) : parts;
}

function StatusLine({ e }: { e: Editing }) {
  const look = e.form.sections.reduce((n, section) => n + counts(e, section).warnings, 0);
  return (
    <p class="status" role="status">
      {statusParts(e.draft, e.report.status.endsWith('draft'), look).map((part) => (
        <span key={part.kind} class={`state ${part.kind}`}>
          <Icon name={stateIcon[part.kind] ?? 'saved'} /> {part.text}
        </span>
      ))}
    </p>
  );
}

/** On a phone the thumb goes from cell to cell; the focus stays in the cell, and the keys on the screen. */
function Steps({ e, section, after, ways }: { e: Editing; section: Section; after?: Section; ways: Ways }) {
  const at = section.items.findIndex((item) => item.key === e.at.value);
  const next = section.items[at + 1];
  const label = next ? next.number : after ? (after.number ?? after.name) : t('review.short');
  return (
    <>
      <button type="button" class="button phone-only" aria-label={t('previous')} onMouseDown={keepFocus} onClick={() => step(section, e.at.value, -1, ways)}>
        <Icon name="back" />
      </button>
      <button type="button" class="button primary phone-only" onMouseDown={keepFocus} onClick={() => step(section, e.at.value, 1, ways)}>
        {t('form.next', { section: label })} <Icon name="next" />
      </button>
    </>
  );
}

export function Bar(props: { e: Editing; section: Section; after?: Section; ways: Ways; leaving: boolean; onReview: () => void }) {
  const { e, section, after, ways } = props;
  return (
    <div class="form-bar">
      <Conflicts e={e} />
      <StatusLine e={e} />
      <div class="actions">
        {e.draft.stopped.value && (
          <button type="button" class="button" onClick={() => void e.draft.again()}>
            {t('retry')}
          </button>
        )}
        {after && (
          <button type="button" class="button wide-only" onClick={ways.beyond}>
            {t('form.next', { section: sectionTitle(after) })}
          </button>
        )}
        <Steps e={e} section={section} after={after} ways={ways} />
        <button type="button" id="go-review" class="button primary wide-only" disabled={props.leaving} onClick={props.onReview}>
          {t('form.review')}
        </button>
      </div>
    </div>
  );
}
