// The monthly form, a section a screen. Saves as one types; says the state of every cell.
import { computed, effect, signal, type Signal } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { Cell, Draft } from '../draft';
import { clock, language, month, t, tn } from '../i18n';
import { meaning, pastedColumn, tidy } from '../keys';
import {
  display, filled, format, itemName, itemsOf, loadBoth, openDraft, parse, reportPath, ruleText, sectionTitle, toCells, whereOf, type Where,
} from '../report';
import { go, place } from '../router';
import { hasRange, isLonger, isOutlier } from '../rules/checks';
import { evaluateRule, ruleSide } from '../rules/rules';
import { mayForm, unsent } from '../state';
import type { Cells, Form, Item, Report, Rule, Section } from '../types';
import { Alert, Crumbs, Dialog, errorText, Failure, Icon, Loading, Page, useLoad } from '../ui';

interface Editing {
  where: Where;
  report: Report;
  form: Form;
  items: Map<string, Item>;
  draft: Draft;
  values: Signal<Cells>;
  /** Rules by the item they are told at: the first of either side. */
  told: Map<string, Rule[]>;
  kept: Signal<boolean>;
  restored: number;
  editable: boolean;
  previous: Cells;
  lastYear: Cells;
}

function edit(where: Where, report: Report, form: Form): Editing {
  const items = itemsOf(form);
  const kept = signal(true);
  const { draft, restored } = openDraft(where, report, items, (ok) => {
    kept.value = ok;
  });
  const told = new Map<string, Rule[]>();
  for (const rule of form.rules)
    for (const key of new Set([rule.left[0]!, rule.right[0]!])) told.set(key, [...(told.get(key) ?? []), rule]);
  return {
    where, report, form, items, draft, told, kept, restored,
    editable: report.open && mayForm('report.enter', where.form),
    values: computed(() => draft.values()),
    previous: toCells(items, report.previous?.items),
    lastYear: toCells(items, report.last_year?.items),
  };
}

/** Rules that both sides have figures for and that do not hold. What lacks a side is told at review. */
function firing(e: Editing, key: string): Array<{ rule: Rule; left: number; right: number }> {
  const found = [];
  for (const rule of e.told.get(key) ?? []) {
    const left = ruleSide(rule.left, e.values.value);
    const right = ruleSide(rule.right, e.values.value);
    if (left === null || right === null) continue;
    const outcome = evaluateRule(rule, e.values.value);
    if (outcome === 'inconsistent' || outcome === 'probable') found.push({ rule, left, right });
  }
  return found;
}

/** More digits than the item ever had anywhere: a slip of the finger as a rule. */
function tooLong(e: Editing, key: string): number | null {
  const most = e.report.digits[key];
  return most && isLonger(e.values.value[key], 10 ** most - 1) ? most : null;
}

function outOfRange(e: Editing, key: string): [number, number] | null {
  const range = e.report.expected[key];
  if (!range || !hasRange(e.items.get(key)!)) return null;
  return isOutlier(e.values.value[key], { low: range[0], high: range[1] }) ? range : null;
}

function warned(e: Editing, key: string): boolean {
  return firing(e, key).length > 0 || outOfRange(e, key) !== null || tooLong(e, key) !== null;
}

/* ---- One cell. ---------------------------------------------------------------------------------- */

const cellIcon: Record<string, string> = {
  saved: 'saved', clean: 'saved', waiting: 'waiting', invalid: 'invalid', refused: 'invalid', conflict: 'warning', warning: 'warning',
};

function stateOf(cell: Cell, warned: boolean): string | null {
  if (cell.state === 'invalid' || cell.state === 'refused' || cell.state === 'conflict' || cell.state === 'waiting') return cell.state;
  if (warned) return 'warning';
  return cell.value === null && cell.state === 'clean' ? null : 'saved';
}

function Input(props: { e: Editing; item: Item; cell: Cell; described: string; onPaste: (key: string, column: string[]) => void }) {
  const { e, item, cell } = props;
  const common = {
    id: `i-${item.key}`,
    'data-key': item.key,
    'aria-labelledby': `n-${item.key} l-${item.key}`,
    'aria-describedby': props.described,
    'aria-invalid': cell.state === 'invalid' || cell.state === 'refused' ? (true as const) : undefined,
    disabled: !e.editable,
    onBlur: () => {
      if (e.draft.waiting.value) void e.draft.flush();
    },
  };
  if (item.type === 'adequacy')
    return (
      <select {...common} value={cell.value === null ? '' : String(cell.value)} onChange={(event) => {
        const code = event.currentTarget.value;
        e.draft.type(item.key, code ? format(item, Number(code)) : '');
      }}>
        <option value="">{t('blank')}</option>
        <option value="1">{t('adequate')}</option>
        <option value="2">{t('inadequate')}</option>
      </select>
    );
  return (
    <input
      {...common}
      type="text"
      inputMode={item.type === 'date' ? 'text' : item.scale > 0 ? 'decimal' : 'numeric'}
      placeholder={item.type === 'date' ? t('date.pattern') : undefined}
      enterkeyhint="next"
      autocomplete="off"
      value={cell.text}
      onFocus={(event) => event.currentTarget.select()}
      onInput={(event) => e.draft.type(item.key, event.currentTarget.value)}
      onPaste={(event: ClipboardEvent) => {
        const column = pastedColumn(event.clipboardData?.getData('text/plain') ?? '');
        if (!column) return;
        event.preventDefault();
        props.onPaste(item.key, column);
      }}
    />
  );
}

function Row(props: {
  e: Editing;
  item: Item;
  open: boolean;
  onRemark: (key: string | null) => void;
  onPaste: (key: string, column: string[]) => void;
}) {
  const { e, item } = props;
  const cell = e.draft.get(item.key);
  const rules = firing(e, item.key);
  const range = outOfRange(e, item.key);
  const digits = tooLong(e, item.key);
  const state = stateOf(cell, rules.length > 0 || range !== null || digits !== null);
  const remark = e.draft.remarks.value.items?.[item.key] ?? '';
  const id = item.key;
  return (
    <>
      <tr role="row" class={`cell ${state ?? 'blank'}`}>
        <td role="cell" class="num" id={`n-${id}`}>
          {item.number}
        </td>
        <th role="rowheader" scope="row" class="name">
          <label id={`l-${id}`} for={`i-${id}`}>
            {itemName(item)}
          </label>
        </th>
        <td role="cell" class="in">
          <Input e={e} item={item} cell={cell} described={`s-${id} m-${id}`} onPaste={props.onPaste} />
          <span class={`state ${state ?? ''}`} id={`s-${id}`}>
            {state && (
              <>
                <Icon name={cellIcon[state]!} /> {t(`cell.${state}`)}
              </>
            )}
          </span>
        </td>
        <td role="cell" class="n past" data-label={t('form.last_month')}>
          {display(item, e.previous[id]) || '–'}
        </td>
        <td role="cell" class="n past" data-label={t('form.last_year.short')}>
          {display(item, e.lastYear[id]) || '–'}
        </td>
        <td role="cell" class="more">
          <button
            type="button"
            class={remark ? 'icon-button has' : 'icon-button'}
            aria-expanded={props.open}
            aria-label={t(remark ? 'form.remark.change' : 'form.remark.add', { item: item.number })}
            title={t('form.remark')}
            onClick={() => props.onRemark(props.open ? null : id)}
          >
            <Icon name="remark" />
          </button>
        </td>
      </tr>
      <tr role="row" class={`notes ${state ?? 'blank'}`}>
        <td role="cell" class="num" />
        <td role="cell" colSpan={5} id={`m-${id}`}>
          {(cell.state === 'invalid' || cell.state === 'refused') && (
            <p class="note bad">
              <Icon name="invalid" /> {cell.error}
            </p>
          )}
          {rules.map(({ rule, left, right }) => (
            <p class="note warn" key={rule.code}>
              <Icon name="warning" /> {ruleText(e.items, rule)} <span class="nowrap">({t('form.against', { left, right })})</span>
            </p>
          ))}
          {range && (
            <p class="note warn">
              <Icon name="warning" /> {t('form.range', { low: format(item, range[0]), high: format(item, range[1]) })}
            </p>
          )}
          {digits && (
            <p class="note warn">
              <Icon name="warning" /> {tn('form.digits', digits)}
            </p>
          )}
          {remark && !props.open && (
            <p class="note">
              <Icon name="remark" /> {remark}
            </p>
          )}
          {props.open && (
            <div class="remark">
              <label for={`r-${id}`}>{t('form.remark.label', { item: item.number })}</label>
              <textarea
                id={`r-${id}`}
                rows={2}
                maxLength={1000}
                disabled={!e.editable}
                value={remark}
                onInput={(event) => e.draft.remark('items', id, event.currentTarget.value)}
              />
              <button type="button" class="button quiet" onClick={() => props.onRemark(null)}>
                {t('done')}
              </button>
            </div>
          )}
        </td>
      </tr>
    </>
  );
}

/* ---- Sections. ----------------------------------------------------------------------------------- */

function counts(e: Editing, section: Section) {
  let problems = 0;
  let warnings = 0;
  for (const item of section.items) {
    const cell = e.draft.get(item.key);
    if (cell.state === 'invalid' || cell.state === 'refused' || cell.state === 'conflict') problems++;
    else if (warned(e, item.key)) warnings++;
  }
  return { filled: filled(section.items, e.values.value), problems, warnings };
}

function sectionPath(e: Editing, section: Section): string {
  return `${reportPath(e.where)}/section/${encodeURIComponent(section.id)}`;
}

function SectionList({ e, at }: { e: Editing; at: Section }) {
  return (
    <ol class="sections">
      {e.form.sections.map((section) => {
        const c = counts(e, section);
        const total = section.items.length;
        return (
          <li key={section.id}>
            <a href={sectionPath(e, section)} aria-current={section === at ? 'step' : undefined}>
              <span>
                {sectionTitle(section)}
              </span>
              <span class={c.filled === total ? 'count full' : 'count'}>
                <span class="sr">{t('form.count.of', { filled: c.filled, total })}</span>
                <span aria-hidden="true">
                  {c.filled}/{total}
                </span>
                {c.problems > 0 && (
                  <span class="mark bad">
                    <Icon name="invalid" /> <span class="sr">{tn('form.problems', c.problems)}</span>
                    <span aria-hidden="true">{c.problems}</span>
                  </span>
                )}
                {c.warnings > 0 && (
                  <span class="mark warn">
                    <Icon name="warning" /> <span class="sr">{tn('form.warnings', c.warnings)}</span>
                    <span aria-hidden="true">{c.warnings}</span>
                  </span>
                )}
              </span>
            </a>
          </li>
        );
      })}
    </ol>
  );
}

/* ---- The one status line. ----------------------------------------------------------------------- */

function statusParts(e: Editing): Array<{ kind: string; text: string }> {
  const { draft } = e;
  const parts = [];
  if (draft.waiting.value)
    parts.push({ kind: 'waiting', text: tn(draft.offline.value ? 'status.kept' : 'status.waiting', draft.waiting.value) });
  else if (draft.savedAt.value) parts.push({ kind: 'saved', text: t('status.saved', { time: clock(draft.savedAt.value) }) });
  else parts.push({ kind: 'saved', text: e.report.status.endsWith('draft') ? t('status.as_saved') : t('status.start') });
  if (draft.problems.value) parts.push({ kind: 'invalid', text: tn('status.problems', draft.problems.value) });
  const conflicts = draft.conflicts.value.length;
  if (conflicts) parts.push({ kind: 'conflict', text: tn('status.conflicts', conflicts) });
  return parts;
}

function StatusLine({ e }: { e: Editing }) {
  return (
    <p class="status" role="status">
      {statusParts(e).map((part) => (
        <span key={part.kind} class={`state ${part.kind}`}>
          <Icon name={cellIcon[part.kind]!} /> {part.text}
        </span>
      ))}
    </p>
  );
}

/* ---- Dialogs. ------------------------------------------------------------------------------------- */

function Conflicts({ e }: { e: Editing }) {
  const keys = e.draft.conflicts.value;
  if (!keys.length) return null;
  return (
    <Dialog title={t('conflict.title')} wide>
      <p>{t('conflict.text')}</p>
      <ul class="list">
        {keys.map((key) => {
          const item = e.items.get(key)!;
          const cell = e.draft.get(key);
          return (
            <li key={key}>
              <p>
                <strong>{item.number}</strong> {itemName(item)}
              </p>
              <div class="actions">
                <button type="button" class="button" onClick={() => e.draft.resolve(key, 'mine')}>
                  {t('conflict.mine', { value: display(item, cell.value) || t('blank') })}
                </button>
                <button type="button" class="button" onClick={() => e.draft.resolve(key, 'theirs')}>
                  {t('conflict.theirs', { value: display(item, cell.theirs) || t('blank') })}
                </button>
              </div>
            </li>
          );
        })}
      </ul>
      {keys.length > 1 && (
        <div class="actions">
          <button type="button" class="button" onClick={() => keys.forEach((key) => e.draft.resolve(key, 'mine'))}>
            {t('conflict.all_mine')}
          </button>
          <button type="button" class="button" onClick={() => keys.forEach((key) => e.draft.resolve(key, 'theirs'))}>
            {t('conflict.all_theirs')}
          </button>
        </div>
      )}
    </Dialog>
  );
}

interface Paste {
  pairs: Array<{ item: Item; text: string; error?: string }>;
  left: number;
}

function PastePreview({ e, paste, onClose }: { e: Editing; paste: Paste; onClose: (undo: (() => void) | null) => void }) {
  const bad = paste.pairs.filter((pair) => pair.error).length;
  return (
    <Dialog title={tn('paste.title', paste.pairs.length)} wide onCancel={() => onClose(null)}>
      {bad > 0 && <Alert kind="warning">{tn('paste.bad', bad)}</Alert>}
      {paste.left > 0 && <Alert kind="warning">{tn('paste.left', paste.left)}</Alert>}
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
      <div class="actions">
        <button
          type="button"
          class="button primary"
          onClick={() => {
            const texts: Record<string, string> = {};
            for (const { item, text } of paste.pairs) texts[item.key] = text;
            onClose(e.draft.fill(texts));
          }}
        >
          {t('paste.do')}
        </button>
        <button type="button" class="button" onClick={() => onClose(null)}>
          {t('cancel')}
        </button>
      </div>
    </Dialog>
  );
}

/* ---- The section on the screen. ----------------------------------------------------------------- */

function focusCell(key: string): void {
  const field = document.getElementById(`i-${key}`);
  field?.focus();
  field?.scrollIntoView({ block: 'nearest' });
}

/** Keys of a section's table. Fields are real inputs: Tab and a screen reader work as anywhere. */
function useKeys(e: Editing, section: Section, onRemark: (key: string) => void) {
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
      e.draft.revert(key);
      requestAnimationFrame(() => field.select?.());
      return;
    }
    if (move === 'remark') return onRemark(key);
    const at = section.items.findIndex((item) => item.key === key);
    const to = section.items[at + (move === 'next' ? 1 : -1)];
    if (to) focusCell(to.key);
    else if (move === 'next') document.getElementById('after-section')?.focus();
  };
}

/** The next cell that wants looking at, after the one in focus, over all sections. */
function nextProblem(e: Editing): { section: Section; key: string } | null {
  const all = e.form.sections.flatMap((section) => section.items.map((item) => ({ section, key: item.key })));
  const here = (document.activeElement as HTMLElement | null)?.dataset?.key;
  const start = all.findIndex((one) => one.key === here) + 1;
  const order = [...all.slice(start), ...all.slice(0, start)];
  const wrong = (key: string) => ['invalid', 'refused', 'conflict'].includes(e.draft.get(key).state);
  return (
    order.find((one) => wrong(one.key)) ??
    order.find((one) => warned(e, one.key)) ??
    null
  );
}

function SectionTable({ e, section }: { e: Editing; section: Section }) {
  const [remarking, setRemarking] = useState<string | null>(null);
  const [paste, setPaste] = useState<Paste | null>(null);
  const [undo, setUndo] = useState<{ text: string; run: () => void } | null>(null);
  useEffect(() => {
    setRemarking(null);
    setUndo(null);
  }, [section]);
  useEffect(() => {
    if (remarking) document.getElementById(`r-${remarking}`)?.focus();
  }, [remarking]);
  const onKey = useKeys(e, section, setRemarking);

  const empty = section.items.filter((item) => item.type === 'count' && e.draft.get(item.key).text === '');
  const zeroFill = () => {
    const run = e.draft.fill(Object.fromEntries(empty.map((item) => [item.key, '0'])));
    setUndo({ text: tn('form.zeros.done', empty.length), run });
  };
  const onPaste = (from: string, column: string[]) => {
    const at = section.items.findIndex((item) => item.key === from);
    const into = section.items.slice(at, at + column.length);
    const pairs = into.map((item, i) => {
      const text = tidy(column[i]!);
      const parsed = parse(item, text);
      return { item, text, error: parsed.error };
    });
    setPaste({ pairs, left: column.length - into.length });
  };

  return (
    <>
      <div class="section-tools">
        {e.editable && (
          <button type="button" class="button" disabled={!empty.length} onClick={zeroFill}>
            {t('form.zeros')}
          </button>
        )}
        <div role="status">
          {undo && (
            <span class="undo">
              {undo.text}{' '}
              <button
                type="button"
                class="link"
                onClick={() => {
                  undo.run();
                  setUndo(null);
                }}
              >
                {t('undo')}
              </button>
            </span>
          )}
        </div>
      </div>
      <table role="table" class="form-table" onKeyDown={onKey}>
        <caption class="sr">
          {sectionTitle(section)}
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col" class="num">{t('form.number')}</th>
            <th role="columnheader" scope="col">{t('form.item')}</th>
            <th role="columnheader" scope="col" class="in">{t('form.this_month')}</th>
            <th role="columnheader" scope="col" class="n">{t('form.last_month')}</th>
            <th role="columnheader" scope="col" class="n">{t('form.last_year')}</th>
            <th role="columnheader" scope="col">
              <span class="sr">{t('form.remark')}</span>
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {section.items.map((item) => (
            <Row key={item.key} e={e} item={item} open={remarking === item.key} onRemark={setRemarking} onPaste={onPaste} />
          ))}
        </tbody>
      </table>
      {paste && (
        <PastePreview
          e={e}
          paste={paste}
          onClose={(run) => {
            setPaste(null);
            if (run) setUndo({ text: tn('paste.done', paste.pairs.length), run });
          }}
        />
      )}
    </>
  );
}

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

function Editor({ e, code }: { e: Editing; code?: string }) {
  const { form, draft, where } = e;
  const index = Math.max(0, form.sections.findIndex((section) => section.id === code));
  const section = form.sections[index]!;
  const before = form.sections[index - 1];
  const after = form.sections[index + 1];
  const picker = useRef<HTMLDetailsElement>(null);
  const wanted = useRef<string | null>(null);
  const [leaving, setLeaving] = useState(false);

  useEffect(() => {
    if (picker.current) picker.current.open = false;
    if (wanted.current) focusCell(wanted.current);
    wanted.current = null;
  }, [section]);
  useEffect(() => {
    const key = place.value.query.get('item');
    if (key) focusCell(key);
  }, []);

  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      const move = meaning({ key: event.key, shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey, alt: event.altKey, start: null, end: null, length: 0 });
      if (move === 'save') {
        event.preventDefault();
        void draft.flush();
      }
      if (move !== 'problem') return;
      event.preventDefault();
      const found = nextProblem(e);
      if (!found) return;
      if (found.section === section) focusCell(found.key);
      else {
        wanted.current = found.key;
        go(sectionPath(e, found.section));
      }
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, [e, section]);

  const review = async () => {
    setLeaving(true);
    await draft.flush();
    setLeaving(false);
    if (!draft.waiting.value) go(`${reportPath(where)}/review`);
  };

  const c = counts(e, section);
  return (
    <>
      {!e.editable && <Alert kind="info">{t('form.read_only')}</Alert>}
      {e.restored > 0 && <Alert kind="info">{tn('form.restored', e.restored)}</Alert>}
      {!e.kept.value && <Alert kind="warning">{t('form.no_storage')}</Alert>}
      {draft.stopped.value && (
        <Alert kind="error" live title={t('form.stopped')}>
          {errorText(draft.stopped.value)}
        </Alert>
      )}
      <div class="form-layout">
        <nav class="section-nav" aria-label={t('form.sections')}>
          <SectionList e={e} at={section} />
        </nav>
        <div class="form-main">
          <details class="section-picker" ref={picker}>
            <summary>
              {t('form.section_of', { n: index + 1, total: form.sections.length })}
              <span class="count">
                {c.filled}/{section.items.length}
              </span>
            </summary>
            <nav aria-label={t('form.sections')}>
              <SectionList e={e} at={section} />
            </nav>
          </details>
          <h2 class="section-title">
            {sectionTitle(section)}
          </h2>
          <SectionTable e={e} section={section} />
          <div class="pager">
            {before ? (
              <a class="button" href={sectionPath(e, before)}>
                <Icon name="back" /> {t('previous')}
              </a>
            ) : (
              <span />
            )}
            {after ? (
              <a class="button" id="after-section" href={sectionPath(e, after)}>
                {t('form.next', { section: after.number ?? after.name })} <Icon name="next" />
              </a>
            ) : (
              <button type="button" class="button primary" id="after-section" onClick={() => void review()}>
                {t('form.review')} <Icon name="next" />
              </button>
            )}
          </div>
          <Help />
        </div>
      </div>
      <div class="form-bar">
        <StatusLine e={e} />
        <div class="actions">
          <button type="button" class="button save" onClick={() => void draft.flush()} disabled={!draft.waiting.value}>
            {t('form.save')}
          </button>
          {e.editable && (
            <button type="button" class="button primary" disabled={leaving} onClick={() => void review()}>
              {t('form.review')}
            </button>
          )}
        </div>
      </div>
      <Conflicts e={e} />
    </>
  );
}

function useDraftLife(e: Editing | null): void {
  useEffect(() => {
    if (!e) return undefined;
    const stop = effect(() => {
      unsent.value = e.draft.waiting.value + e.draft.conflicts.value.length;
    });
    const flush = () => void e.draft.flush();
    const hidden = () => document.visibilityState === 'hidden' && flush();
    addEventListener('online', flush);
    addEventListener('focus', flush);
    document.addEventListener('visibilitychange', hidden);
    return () => {
      stop();
      removeEventListener('online', flush);
      removeEventListener('focus', flush);
      document.removeEventListener('visibilitychange', hidden);
      unsent.value = 0;
      void e.draft.flush();
    };
  }, [e]);
}

export default function FormScreen({ params }: { params: Record<string, string> }) {
  const where = whereOf(params);
  const loaded = useLoad(`${reportPath(where)} ${language.value}`, (abort) => loadBoth(where, abort));
  const e = useMemo(() => (loaded.data ? edit(where, loaded.data.report, loaded.data.form) : null), [loaded.data]);
  useDraftLife(e);
  const title = `${month(where.period)}${loaded.data ? ` · ${loaded.data.form.title}` : ''}`;
  return (
    <Page
      wide
      title={title}
      above={
        <Crumbs
          links={[
            { to: `/facility/${encodeURIComponent(where.facility)}?period=${where.period}`, text: loaded.data?.report.facility_name ?? where.facility },
            { text: month(where.period) },
          ]}
        />
      }
      actions={
        <>
          <a class="button quiet" href={`${reportPath(where)}/paper`}>
            <Icon name="print" /> {t('print')}
          </a>
          <a class="button quiet" href={`${reportPath(where)}/history`}>
            {t('history')}
          </a>
        </>
      }
    >
      {loaded.loading && !e && <Loading what={t('form.loading')} />}
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {e && <Editor e={e} code={params.section} />}
    </Page>
  );
}

