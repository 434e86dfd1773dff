// One item of the form: its figure with its state, its past, what is to be said about it, its remark.
import { useEffect } from 'preact/hooks';

import type { Cell } from '../../draft';
import { t } from '../../i18n';
import { pastedColumn } from '../../keys';
import { remarkKey } from '../../living';
import { answersOf, display, format, itemName, ruleText } from '../../report';
import type { Item } from '../../types';
import { Icon } from '../../ui';
import {
  cellPath, firing, isRight, outOfRange, problemText, question, typeInto, type Editing, type Firing, type Question,
} from './editing';

export const stateIcon: Record<string, string> = {
  saved: 'saved', waiting: 'waiting', invalid: 'invalid', refused: 'invalid', conflict: 'warning', warning: 'warning', question: 'warning',
};

export interface Remarking {
  /** The item whose remark is open. */
  key: string | null;
  open(key: string): void;
  close(): void;
}

interface Said {
  rules: Firing[];
  asked: Question | null;
  range: [number, number] | null;
}

function say(e: Editing, item: Item): Said {
  const value = e.values.value[item.key];
  const asked = question(e.living, item);
  return {
    rules: firing(e, item.key),
    asked,
    range: asked ? null : outOfRange(e.report, item, value),
  };
}

function stateOf(cell: Cell, said: Said): string | null {
  if (cell.state !== 'saved' && cell.state !== 'waiting') return cell.state;
  if (said.rules.length || said.asked || said.range) return 'warning';
  if (cell.state === 'waiting') return 'waiting';
  return cell.value === null ? null : 'saved';
}

function Input(props: { e: Editing; item: Item; cell: Cell; onPaste: (key: string, column: string[]) => void }) {
  const { e, item, cell } = props;
  const common = {
    id: `i-${item.key}`,
    'data-key': item.key,
    'aria-labelledby': `n-${item.key} l-${item.key}`,
    'aria-describedby': `s-${item.key} m-${item.key}`,
    'aria-invalid': cell.state === 'invalid' || cell.state === 'refused' ? (true as const) : undefined,
    onBlur: () => {
      e.draft.leave(item.key);
      e.draft.settle(item.key);
      if (e.draft.waiting) void e.draft.flush();
    },
  };
  useEffect(() => () => e.draft.leave(item.key), [e.draft]);
  const choose = (code: string) => typeInto(e, item.key, code ? format(item, Number(code)) : '');
  if (item.type === 'adequacy')
    return (
      <select {...common} value={cell.value === null ? '' : String(cell.value)} onFocus={() => (e.at.value = item.key)} onChange={(event) => choose(event.currentTarget.value)}>
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
      onFocus={(event) => {
        e.at.value = item.key;
        e.draft.hold(item.key);
        event.currentTarget.select();
      }}
      onInput={(event) => typeInto(e, item.key, event.currentTarget.value)}
      onPaste={(event: ClipboardEvent) => {
        const column = pastedColumn(event.clipboardData?.getData('text/plain') ?? '');
        if (!column) return;
        event.preventDefault();
        props.onPaste(item.key, column);
      }}
    />
  );
}

/** The other items of the rule, to go and mend them there. */
function Others({ e, rule, at }: { e: Editing; rule: Firing['rule']; at: string }) {
  const keys = [...new Set([...rule.left, ...rule.right])].filter((key) => key !== at && e.items.has(key)).slice(0, 3);
  return (
    <>
      {keys.map((key) => (
        <a key={key} class="way" href={cellPath(e.where, e.form, key)}>
          {t('form.change', { item: e.items.get(key)!.number })}
        </a>
      ))}
    </>
  );
}

function Asked({ e, item, asked, onward }: { e: Editing; item: Item; asked: Question; onward: () => void }) {
  const value = display(item, e.values.value[item.key]);
  const answer = () => {
    isRight(e, item.key);
    onward(); // the button goes, and the focus with it
  };
  return (
    <div class="note ask" role="group" aria-labelledby={`q-${item.key}`}>
      <span id={`q-${item.key}`}>
        <Icon name="warning" /> {t(`form.ask.${asked.kind}`, { value, largest: asked.kind === 'large' ? display(item, asked.largest) : '' })}
      </span>
      <button type="button" class="link" onClick={answer}>
        {t('form.ask.right')}
      </button>
      <button type="button" class="link" onClick={() => document.getElementById(`i-${item.key}`)?.focus()}>
        {t('form.ask.correct')}
      </button>
    </div>
  );
}

/** The readings of a text that is not certain: pressing one writes it. */
function Answers({ e, item, text, onward }: { e: Editing; item: Item; text: string; onward: () => void }) {
  return (
    <>
      {answersOf(item, text).map((answer) => (
        <button
          key={answer.text}
          type="button"
          class="link way"
          aria-label={t('value.take', { value: answer.shown, item: item.number })}
          onClick={() => {
            typeInto(e, item.key, answer.text);
            onward(); // the button goes, and the focus with it
          }}
        >
          {answer.shown}
        </button>
      ))}
    </>
  );
}

interface Told {
  e: Editing;
  item: Item;
  cell: Cell;
  said: Said;
  remarking: Remarking;
  onward: () => void;
}

function Messages({ e, item, cell, said, remarking, onward }: Told) {
  return (
    <>
      {cell.error && (
        <p class="note bad">
          <Icon name="invalid" /> {problemText(cell, item)}{' '}
          {cell.state === 'invalid' && <Answers e={e} item={item} text={cell.text} onward={onward} />}
        </p>
      )}
      {cell.state === 'conflict' && (
        <p class="note warn">
          <Icon name="warning" /> {t('conflict.cell', { value: display(item, cell.theirs as number | null) || t('blank') })}
        </p>
      )}
      {said.asked && <Asked e={e} item={item} asked={said.asked} onward={onward} />}
      {said.rules.map(({ rule, left, right }) => (
        <p class="note warn" key={rule.code}>
          <Icon name="warning" /> {ruleText(e.items, rule)} <span class="nowrap">({t('form.against', { left, right })})</span>{' '}
          <Others e={e} rule={rule} at={item.key} />
          <button type="button" class="link way" onClick={() => remarking.open(item.key)}>
            {t('form.remark.write')}
          </button>
        </p>
      ))}
      {said.range && (
        <p class="note warn">
          <Icon name="warning" /> {t('form.range', { low: format(item, said.range[0]), high: format(item, said.range[1]) })}
        </p>
      )}
    </>
  );
}

function Remark({ e, item, remarking }: { e: Editing; item: Item; remarking: Remarking }) {
  const entry = remarkKey('items', item.key);
  const cell = e.draft.get(entry);
  const open = remarking.key === item.key;
  const id = `r-${item.key}`;
  useEffect(() => {
    if (open) document.getElementById(id)?.focus();
  }, [open]);
  if (!open)
    return cell.text ? (
      <p class={cell.state === 'refused' ? 'note bad' : 'note'}>
        <Icon name="remark" /> {cell.text} {cell.state === 'refused' && <strong>{problemText(cell)}</strong>}
      </p>
    ) : null;
  return (
    <div class="remark">
      <label for={id}>{t('form.remark.label', { item: item.number })}</label>
      <textarea
        id={id}
        rows={2}
        maxLength={1000}
        value={cell.text}
        aria-invalid={cell.state === 'refused' || undefined}
        aria-describedby={`${id}-error`}
        onInput={(event) => e.draft.type(entry, event.currentTarget.value)}
        onBlur={() => void e.draft.flush()}
        onKeyDown={(event) => {
          const ends = event.key === 'Escape' || event.key === 'F2' || (event.key === 'Enter' && (event.ctrlKey || event.metaKey));
          if (!ends || event.isComposing) return;
          event.preventDefault();
          event.stopPropagation();
          remarking.close();
        }}
      />
      <p class="field-error" id={`${id}-error`}>
        {cell.state === 'refused' && problemText(cell)}
      </p>
      <button type="button" class="button quiet" onClick={remarking.close}>
        {t('done')}
      </button>
    </div>
  );
}

function RemarkButton({ item, remark, remarking }: { item: Item; remark: string; remarking: Remarking }) {
  const id = item.key;
  const open = remarking.key === id;
  return (
    <button
      type="button"
      class={remark ? 'icon-button has' : 'icon-button'}
      aria-expanded={open}
      aria-label={t(remark ? 'form.remark.change' : 'form.remark.add', { item: item.number })}
      title={t('form.remark')}
      tabIndex={-1}
      onClick={() => (open ? remarking.close() : remarking.open(id))}
    >
      <Icon name="remark" />
    </button>
  );
}

export function Row(props: { e: Editing; item: Item; remarking: Remarking; onPaste: (key: string, column: string[]) => void; onward: () => void }) {
  const { e, item, remarking } = props;
  const id = item.key;
  const cell = e.draft.get(id);
  const said = say(e, item);
  const state = stateOf(cell, said);
  const remark = e.draft.text(remarkKey('items', id));
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
        <td role="cell" class="n past year" data-label={t('form.last_year.short')}>
          {display(item, e.lastYear[id]) || '–'}
        </td>
        <td role="cell" class="n past" data-label={t('form.last_month')}>
          {display(item, e.previous[id]) || '–'}
        </td>
        <td role="cell" class="in">
          <Input e={e} item={item} cell={cell} onPaste={props.onPaste} />
          <span class={`box-state ${state ?? ''}`} id={`s-${id}`} title={state ? t(`cell.${state}`) : undefined}>
            {state && (
              <>
                <Icon name={stateIcon[state]!} /> <span class="sr">{t(`cell.${state}`)}</span>
              </>
            )}
          </span>
        </td>
        <td role="cell" class="more">
          <RemarkButton item={item} remark={remark} remarking={remarking} />
        </td>
      </tr>
      <tr role="row" class={`notes ${state ?? 'blank'}`}>
        <td role="cell" class="num" />
        <td role="cell" colSpan={5} id={`m-${id}`}>
          {cell.typed && (
            <p class="note muted">
              {t('form.understood')}: {cell.typed} → <strong>{cell.text}</strong>
            </p>
          )}
          <Messages e={e} item={item} cell={cell} said={said} remarking={remarking} onward={props.onward} />
          <Remark e={e} item={item} remarking={remarking} />
        </td>
      </tr>
    </>
  );
}
