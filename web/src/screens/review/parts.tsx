// The parts of the review page.
import { number, month, t } from '../../i18n';
import { confirm } from '../../living';
import { display, findingText, itemName, ruleText, sectionTitle, toCells } from '../../report';
import { ruleSide } from '../../rules/rules';
import type { Check, Finding, Item, Rule } from '../../types';
import { Alert, Icon } from '../../ui';
import { cellPath, problemText } from '../form/editing';
import { findingsOf, isBlank, rulesWith, type Change, type Open, type Reviewing } from './found';

export function ItemLink({ v, item }: { v: Reviewing; item: Item }) {
  return <a href={cellPath(v.where, v.form, item.key)}>{item.number}</a>;
}

function remarkLabel(v: Reviewing, name: string): string {
  if (name === 'remarks.report' && isBlank(v)) return t('review.remark_nothing');
  return t(v.needed.has(name) ? 'review.remark_needed' : 'review.remark');
}

/** Where a person explains: the text is kept as it is typed, like a figure. */
export function Explain({ v, name }: { v: Reviewing; name: string }) {
  const cell = v.draft.get(name);
  const missing = v.missing.includes(name);
  const refused = cell.state === 'refused';
  return (
    <>
      <label for={name}>{remarkLabel(v, name)}</label>
      {(missing || refused) && (
        <p class="field-error" id={`${name}-error`}>
          <Icon name="invalid" /> {refused ? problemText(cell) : t('review.remark_missing')}
        </p>
      )}
      <textarea
        id={name}
        rows={2}
        maxLength={1000}
        aria-invalid={missing || refused || undefined}
        aria-describedby={missing || refused ? `${name}-error` : undefined}
        value={cell.text}
        onInput={(event) => v.draft.type(name, event.currentTarget.value)}
        onBlur={() => void v.draft.flush()}
      />
    </>
  );
}

function ItemLinks({ v, keys }: { v: Reviewing; keys: readonly string[] }) {
  return (
    <>
      {keys.map((key, i) => {
        const item = v.items.get(key);
        return (
          <span key={key}>
            {i > 0 && ' + '}
            {item ? <ItemLink v={v} item={item} /> : key}
          </span>
        );
      })}
    </>
  );
}

function RuleFinding({ v, rule }: { v: Reviewing; rule: Rule }) {
  const name = `remarks.rules.${rule.code}`;
  const value = (keys: readonly string[]) => {
    const sum = ruleSide(keys, v.cells);
    return sum === null ? t('blank') : number(sum);
  };
  return (
    <li class={v.missing.includes(name) ? 'finding wrong' : 'finding'}>
      <p>
        <Icon name="warning" /> {ruleText(v.items, rule)}
      </p>
      <p class="small">
        <ItemLinks v={v} keys={rule.left} /> = <strong>{value(rule.left)}</strong>
        <span class="versus">{t(`operator.${rule.operator}`)}</span>
        <ItemLinks v={v} keys={rule.right} /> = <strong>{value(rule.right)}</strong> <span class="muted">({rule.code})</span>
      </p>
      <Explain v={v} name={name} />
    </li>
  );
}

export function RuleList({ v, outcome }: { v: Reviewing; outcome: 'inconsistent' | 'probable' }) {
  const found = rulesWith(v, outcome);
  return (
    <section class="card" aria-labelledby={`h-${outcome}`}>
      <h2 id={`h-${outcome}`}>
        {t(`review.${outcome}`)} <span class={`tag ${found.length ? 'warn' : 'ok'}`}>{found.length}</span>
      </h2>
      <p class="muted">{t(found.length ? `review.${outcome}.text` : 'review.none')}</p>
      <ul class="list">
        {found.map((rule) => (
          <RuleFinding key={rule.code} v={v} rule={rule} />
        ))}
      </ul>
    </section>
  );
}

/** The person has said so at the cell: not asked again, only why. */
function saidRight(v: Pick<Reviewing, 'living' | 'cells'>, { kind, item }: Finding): boolean {
  if (item === undefined || (kind !== 'digits' && kind !== 'date')) return false;
  const sure = v.living.sure.value[item];
  return sure !== undefined && sure === v.cells[item];
}

function FindingRow({ v, finding }: { v: Reviewing; finding: Finding }) {
  if (finding.kind === 'repeat')
    return (
      <li>
        <p>
          <Icon name="warning" /> {t('review.repeat', { month: finding.period ? month(finding.period) : '' })}
        </p>
      </li>
    );
  const item = v.items.get(finding.item ?? '');
  if (!item) return null;
  const name = `remarks.items.${item.key}`;
  return (
    <li class={v.missing.includes(name) ? 'finding wrong' : 'finding'}>
      <p>
        <Icon name="warning" /> <ItemLink v={v} item={item} /> {itemName(item)}:{' '}
        <strong>{display(item, v.cells[item.key]) || t('blank')}</strong>.{' '}
        {saidRight(v, finding) ? t('review.sure') : findingText(item, finding)}
      </p>
      <Explain v={v} name={name} />
    </li>
  );
}

export function FindingList({ v }: { v: Reviewing }) {
  const found = findingsOf(v);
  return (
    <section class="card" aria-labelledby="h-findings">
      <h2 id="h-findings">
        {t('review.findings')} <span class={`tag ${found.length ? 'warn' : 'ok'}`}>{found.length}</span>
      </h2>
      {!v.check && <p class="muted">{t('review.findings.offline')}</p>}
      {v.check && !found.length && <p class="muted">{t('review.none')}</p>}
      <ul class="list">
        {found.map((finding) => (
          <FindingRow key={`${finding.kind} ${finding.item}`} v={v} finding={finding} />
        ))}
      </ul>
    </section>
  );
}

function OpenRow({ v, open }: { v: Reviewing; open: Open }) {
  const { item, why, key } = open;
  const cell = v.draft.get(key);
  const asked = why === 'large' || why === 'after_month' || why === 'after_today';
  const values = { value: item ? display(item, v.cells[item.key]) : '', largest: item ? display(item, v.living.report.largest?.[key]) : '' };
  return (
    <li class="finding wrong">
      <p>
        <Icon name={asked ? 'warning' : 'invalid'} /> {item ? <ItemLink v={v} item={item} /> : key.replace(/^remarks\.(rules\.)?/, '')}{' '}
        {item && itemName(item)}: <strong>{asked ? values.value : cell.text}</strong>
      </p>
      <p>{asked ? t(`form.ask.${why}`, values) : why === 'conflict' ? t('conflict.title') : problemText(cell, item ?? undefined)}</p>
      <div class="actions">
        {item && (
          <a class="button" href={cellPath(v.where, v.form, item.key)}>
            {t('review.open.go', { item: item.number })}
          </a>
        )}
        {asked && (
          <button type="button" class="button" onClick={() => confirm(v.where, v.living, key, cell.value as number)}>
            {t('form.ask.right')}
          </button>
        )}
      </div>
    </li>
  );
}

/** Said first: while any of it stands nothing can be submitted. */
export function OpenList({ v, open }: { v: Reviewing; open: Open[] }) {
  if (!open.length) return null;
  return (
    <section class="card" aria-labelledby="h-open" id="open" tabIndex={-1}>
      <h2 id="h-open">
        {t('review.open')} <span class="tag bad">{open.length}</span>
      </h2>
      <p class="muted">{t('review.open.text')}</p>
      <ul class="list">
        {open.map((one) => (
          <OpenRow key={`${one.key} ${one.why}`} v={v} open={one} />
        ))}
      </ul>
    </section>
  );
}

/** Somebody submitted or imported another version meanwhile: shown beside what this draft would put there. */
export function BaseChanged({ v, changed }: { v: Reviewing; changed: NonNullable<Check['base_changed']> }) {
  const stored = toCells(v.items, Object.fromEntries(Object.entries(changed.items).map(([key, [, now]]) => [key, now])));
  const show = (item: Item, value: number | null | undefined) => display(item, value) || t('review.base.blank');
  return (
    <Alert kind="warning" title={t('review.base.title', { version: changed.version, who: changed.submitted_by ?? t('review.base.import') })}>
      <p>{t('review.base.text')}</p>
      <ul class="list">
        {Object.keys(changed.items).map((key) => {
          const item = v.items.get(key);
          return (
            item && (
              <li key={key}>
                <ItemLink v={v} item={item} /> {itemName(item)}:{' '}
                {t('review.base.item', { now: show(item, stored[key]), mine: show(item, v.cells[key]) })}
              </li>
            )
          );
        })}
      </ul>
    </Alert>
  );
}

export function ChangeList({ v, changes, version }: { v: Reviewing; changes: Change[]; version: number }) {
  const show = (item: Item, value: number | null) => display(item, value) || t('blank');
  return (
    <section class="card" aria-labelledby="h-changes">
      <h2 id="h-changes">
        {t('review.changes', { version })} <span class="tag">{changes.length}</span>
      </h2>
      {!changes.length && <p class="muted">{t('history.same')}</p>}
      <ul class="list">
        {changes.map(({ item, before, now }) => (
          <li key={item.key}>
            <ItemLink v={v} item={item} /> {itemName(item)}: <del>{show(item, before)}</del> → <strong>{show(item, now)}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function BlankList({ v }: { v: Reviewing }) {
  const isBlank = (item: Item) => v.draft.get(item.key).text.trim() === '';
  const sections = v.form.sections.map((section) => ({ section, blank: section.items.filter(isBlank) })).filter((one) => one.blank.length);
  return (
    <section class="card" aria-labelledby="h-blank">
      <h2 id="h-blank">
        {t('review.blank')} <span class="tag">{sections.reduce((n, one) => n + one.blank.length, 0)}</span>
      </h2>
      <p class="muted">{t('review.blank.text')}</p>
      <ul class="list blanks">
        {sections.map(({ section, blank }) => (
          <li key={section.id}>
            <details>
              <summary>
                {sectionTitle(section)}: {t('review.blank.of', { blank: blank.length, total: section.items.length })}
              </summary>
              <ul>
                {blank.map((item) => (
                  <li key={item.key}>
                    <ItemLink v={v} item={item} /> {itemName(item)}
                  </li>
                ))}
              </ul>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What the server wants to hear before it takes such a report. */
export function Confirmations(props: { asked: string[]; agreed: Set<string>; missing: string[]; onAgree: (name: string, yes: boolean) => void }) {
  if (!props.asked.length) return null;
  return (
    <section class="card" aria-labelledby="h-confirm">
      <h2 id="h-confirm">{t('review.confirm')}</h2>
      {props.asked.map((name) => {
        const id = `confirm.${name}`;
        const missing = props.missing.includes(id);
        return (
          <div key={name} class="field">
            {missing && (
              <p class="field-error" id={`${id}-error`}>
                <Icon name="invalid" /> {t('review.confirm.missing')}
              </p>
            )}
            <label class="check" for={id}>
              <input
                type="checkbox"
                id={id}
                checked={props.agreed.has(name)}
                aria-describedby={missing ? `${id}-error` : undefined}
                onChange={(event) => props.onAgree(name, event.currentTarget.checked)}
              />{' '}
              {t(`confirm.${name}`)}
            </label>
          </div>
        );
      })}
    </section>
  );
}
