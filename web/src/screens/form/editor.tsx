// The form being typed into: sections at the side, one of them open, the bar below.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { moment, t, tn } from '../../i18n';
import { meaning } from '../../keys';
import { goOnCorrecting } from '../../living';
import { reportPath, sectionTitle, type Where } from '../../report';
import { go, moved, place } from '../../router';
import type { Section } from '../../types';
import { Alert, errorText, Icon } from '../../ui';
import { Bar } from './bar';
import { focusCell, nextProblem, sectionOf, sectionPath, type Editing } from './editing';
import { Count, SectionList } from './sections';
import { SectionTable, type Ways } from './table';

function Help() {
  return (
    <details class="help">
      <summary>{t('form.keys')}</summary>
      <dl class="keys">
        {['enter', 'up', 'esc', 'alt_n', 'ctrl_s', 'f2', 'paste'].map((name) => (
          <div key={name}>
            <dt>
              <kbd>{t(`keys.${name}.key`)}</kbd>
            </dt>
            <dd>{t(`keys.${name}`)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** The report as paper, and its versions: at the head on a desktop, below the cells on a phone. */
export function ReportLinks({ where }: { where: Where }) {
  return (
    <>
      <a class="button quiet" href={`${reportPath(where)}/paper`}>
        <Icon name="print" /> {t('print')}
      </a>
      <a class="button quiet" href={`${reportPath(where)}/history`}>
        {t('history')}
      </a>
    </>
  );
}

/** The cell that is to have the focus once its section stands on the screen. */
const wanted: { current: string | null } = { current: null };

export function wantCell(key: string): void {
  wanted.current = key;
}

export function goToCell(e: Editing, key: string, from: Section): void {
  const section = sectionOf(e.form, key);
  if (section === from) return focusCell(key);
  wanted.current = key;
  go(sectionPath(e.where, section));
}

/** Ctrl+S saves, Alt+N goes to the next problem, wherever the focus is. */
function useFormKeys(e: Editing, section: Section): void {
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      const press = { key: event.key, shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey, alt: event.altKey };
      const move = meaning({ ...press, start: null, end: null, length: 0 });
      if (move !== 'save' && move !== 'problem') return;
      event.preventDefault();
      if (move === 'save') {
        e.draft.leave();
        return void e.draft.flush();
      }
      const found = nextProblem(e);
      if (found) goToCell(e, found, section);
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, [e, section]);
}

const byMouse = (): boolean => matchMedia('(hover: hover)').matches;

/** A section that has come is announced, and its first cell has the focus: before the next key is heard, or
 *  a practised hand types half a figure into nothing. */
function useArrival(e: Editing, section: Section): string {
  const [said, setSaid] = useState('');
  const first = useRef(true);
  const item = place.value.query.get('item');
  useLayoutEffect(() => {
    const key = wanted.current ?? (item && e.items.has(item) ? item : null);
    const arrived = !first.current || (moved.current && byMouse());
    wanted.current = null;
    if (key) focusCell(key);
    else if (arrived) {
      window.scrollTo(0, 0);
      document.getElementById(`i-${section.items[0]!.key}`)?.focus({ preventScroll: true });
    }
    if (!first.current)
      setSaid(t('form.section.now', { section: sectionTitle(section), n: e.form.sections.indexOf(section) + 1, total: e.form.sections.length }));
    first.current = false;
  }, [section.id, item]);
  return said;
}

/** Submitted by somebody else meanwhile: said, and left to the person what to do about it. */
function Overtaken({ e }: { e: Editing }) {
  const now = e.living.overtaken.value;
  const told = now && {
    version: now.version,
    who: now.submitted_by ?? t('review.base.import'),
    when: moment(now.submitted_at),
  };
  const goOn = () => {
    goOnCorrecting(e.where, e.living);
    if (e.at.value) focusCell(e.at.value);
  };
  return (
    <div role="alert" class="overtaken">
      {told && (
        <Alert kind="warning" title={t('form.overtaken', told)}>
          <p>{t('form.overtaken.text', told)}</p>
          <div class="actions">
            <button type="button" class="button" onClick={goOn}>
              {t('form.overtaken.go_on')}
            </button>
            <a class="button quiet" href={`${reportPath(e.where)}/history`}>
              {t('form.overtaken.look')}
            </a>
          </div>
        </Alert>
      )}
    </div>
  );
}

function Notes({ e }: { e: Editing }) {
  const stopped = e.draft.stopped.value;
  const overtaken = e.living.overtaken.value;
  const { restored, report } = e.living;
  return (
    <>
      <Overtaken e={e} />
      {report.submitted && !overtaken && <Alert kind="info">{t('form.correcting', { version: report.submitted.version })}</Alert>}
      {restored > 0 && <Alert kind="info">{tn('form.restored', restored)}</Alert>}
      {!e.draft.marks.stored.value && <Alert kind="warning">{t('form.no_storage')}</Alert>}
      {stopped && (
        <Alert kind="error" live title={t('form.stopped')}>
          {errorText(stopped)}
        </Alert>
      )}
    </>
  );
}

function useWays(e: Editing, section: Section, review: () => void): Ways {
  const index = e.form.sections.indexOf(section);
  return {
    beyond: () => {
      const after = e.form.sections[index + 1];
      if (after) goToCell(e, after.items[0]!.key, section);
      else if (document.activeElement?.id !== 'go-review' && byMouse()) document.getElementById('go-review')?.focus();
      else review();
    },
    before: () => {
      const before = e.form.sections[index - 1];
      if (before) goToCell(e, before.items.at(-1)!.key, section);
    },
  };
}

export function Editor({ e, code }: { e: Editing; code?: string }) {
  const { form, draft, where } = e;
  const index = Math.max(0, form.sections.findIndex((section) => section.id === code));
  const section = form.sections[index]!;
  const picker = useRef<HTMLDetailsElement>(null);
  const [leaving, setLeaving] = useState(false);
  useEffect(() => {
    if (picker.current) picker.current.open = false;
  }, [section]);
  const said = useArrival(e, section);
  useFormKeys(e, section);
  const review = () => {
    setLeaving(true);
    draft.leave();
    void draft.flush().finally(() => go(`${reportPath(where)}/review`));
  };
  const ways = useWays(e, section, review);
  return (
    <>
      <Notes e={e} />
      <p class="sr" role="status" aria-live="polite">
        {said}
      </p>
      <div class="form-layout">
        <nav class="section-nav" aria-label={t('form.sections')}>
          <SectionList e={e} at={section} />
        </nav>
        <div class="form-main">
          <details class="section-picker" ref={picker}>
            <summary>
              <span class="section-name">{sectionTitle(section)}</span>
              <Count e={e} section={section} />
            </summary>
            <nav aria-label={t('form.sections')}>
              <SectionList e={e} at={section} />
            </nav>
          </details>
          <h2 class="section-title sr">{sectionTitle(section)}</h2>
          <SectionTable e={e} section={section} ways={ways} />
          <Help />
          <div class="actions phone-only">
            <ReportLinks where={e.where} />
          </div>
        </div>
      </div>
      <Bar e={e} section={section} after={form.sections[index + 1]} ways={ways} leaving={leaving} onReview={review} />
    </>
  );
}
