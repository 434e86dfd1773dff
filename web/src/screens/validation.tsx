// Validation summary: for each rule of a form and month, how many facilities came out how; a rule leads
// to its facilities, a facility to the cell.
import { useEffect, useRef } from 'preact/hooks';

import { address, get, session } from '../api';
import { language, month, number, t, tn } from '../i18n';
import { duePeriod } from '../newest';
import { NothingSent } from '../nothing';
import { Await, MonthFilter, NeedsServer, Pager, percent } from '../parts';
import { itemsOf, loadForm, reportPath, ruleText } from '../report';
import { moved, place, setQuery, withQuery } from '../router';
import type { Form, Item, RuleCounts, RuleFacilities, RuleFacility, ValidationSummary } from '../types';
import { Empty, Icon, Page, Scroll, useLoad } from '../ui';

/** The official bands of the share of errors: 1 below 5 %, 2 below 10, 3 below 25, 4 below 50, 5. */
export function band(errors: number, judged: number): 0 | 1 | 2 | 3 | 4 | 5 {
  if (judged === 0) return 0;
  const share = errors / judged;
  return share < 0.05 ? 1 : share < 0.1 ? 2 : share < 0.25 ? 3 : share < 0.5 ? 4 : 5;
}

const FORMS = ['SC', 'PHC', 'CHC', 'SDH', 'DH', 'DHQ'];
const errorsOf = (rule: RuleCounts) => rule.inconsistent + rule.probable;
const judgedOf = (rule: RuleCounts) => errorsOf(rule) + rule.consistent;
function share(rule: RuleCounts): number {
  return judgedOf(rule) ? errorsOf(rule) / judgedOf(rule) : -1;
}

/** Where the dictionary has no text of a rule in the reader's language, it is said with its items' names. */
type Say = (rule: { code: string; text: string }) => string;
function sayer(form: Form | null): Say {
  if (!form) return (rule) => rule.text;
  const items = itemsOf(form);
  const rules = new Map(form.rules.map((rule) => [rule.code, rule]));
  return (one) => {
    const rule = rules.get(one.code);
    return rule ? ruleText(items, { ...rule, text: one.text }) : one.text;
  };
}

function Share({ rule }: { rule: RuleCounts }) {
  const level = band(errorsOf(rule), judgedOf(rule));
  if (!level) return <>{t('validation.no_share')}</>;
  return (
    <span class="nowrap">
      <span class={`band band-${level}`} aria-hidden="true" /> {percent(errorsOf(rule), judgedOf(rule))}
    </span>
  );
}

function RuleRow({ rule, say, chosen }: { rule: RuleCounts; say: Say; chosen: boolean }) {
  const text = (
    <>
      <span class="muted">{rule.code}</span> {say(rule)}
    </>
  );
  return (
    <tr class={chosen ? 'chosen' : undefined}>
      <th scope="row" data-label={t('validation.rule')}>
        {errorsOf(rule) > 0 ? (
          <a href={withQuery({ rule: rule.code, page: null })} aria-current={chosen ? 'true' : undefined}>
            {text}
          </a>
        ) : (
          <span>{text}</span>
        )}
      </th>
      {(['consistent', 'inconsistent', 'probable', 'blank'] as const).map((outcome) => (
        <td key={outcome} class="n" data-label={t(`outcome.${outcome}`)}>
          {number(rule[outcome])}
        </td>
      ))}
      <td data-label={t('validation.share')}>
        <Share rule={rule} />
      </td>
    </tr>
  );
}

/** Those that fail, most first; those without a finding are folded away. */
function Rules({ data, say, chosen }: { data: ValidationSummary; say: Say; chosen: string | null }) {
  const failing = data.rules.filter((rule) => errorsOf(rule) > 0).sort((a, b) => share(b) - share(a));
  const clean = data.rules.filter((rule) => errorsOf(rule) === 0);
  return (
    <>
      {failing.length > 0 && <RuleTable rules={failing} say={say} chosen={chosen} />}
      {clean.length > 0 && (
        <details class="clean">
          <summary>{tn('validation.clean', clean.length)}</summary>
          <RuleTable rules={clean} say={say} chosen={chosen} />
        </details>
      )}
    </>
  );
}

function RuleTable({ rules, say, chosen }: { rules: RuleCounts[]; say: Say; chosen: string | null }) {
  return (
    <Scroll label={t('validation.title')}>
      <table class="stack validation">
        <caption class="sr">{t('validation.title')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('validation.rule')}</th>
            {(['consistent', 'inconsistent', 'probable', 'blank'] as const).map((outcome) => (
              <th key={outcome} scope="col" class="n">
                {t(`outcome.${outcome}`)}
              </th>
            ))}
            <th scope="col">{t('validation.share')}</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <RuleRow key={rule.code} rule={rule} say={say} chosen={rule.code === chosen} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** How far the left side is from the right, of the right: "+156 %". */
function apart({ left, right }: RuleFacility): string {
  if (left === null || right === null || right === 0) return '';
  const change = Math.round(((left - right) / right) * 100);
  return `${change > 0 ? '+' : change < 0 ? '−' : ''}${number(Math.abs(change))} %`;
}

function FacilityRow({ row, data }: { row: RuleFacility; data: RuleFacilities }) {
  const cell = data.rule.left[0] ?? data.rule.right[0] ?? '';
  const to = `${reportPath({ facility: row.facility, form: data.form, period: data.period })}?item=${encodeURIComponent(cell)}`;
  const said = row.remark ?? t('validation.no_remark');
  return (
    <tr>
      <th scope="row" data-label={t('facility')}>
        <a href={to}>{row.name}</a>
      </th>
      <td data-label={t('validation.outcome')}>{t(`outcome.${row.outcome}`)}</td>
      <td class="n" data-label={data.rule.left.join(' + ')}>{row.left === null ? t('blank') : number(row.left)}</td>
      <td class="n" data-label={data.rule.right.join(' + ')}>{row.right === null ? t('blank') : number(row.right)}</td>
      <td class="n" data-label={t('validation.apart')}>{apart(row)}</td>
      <td data-label={t('form.remark')} class={row.remark ? undefined : 'muted'}>{said}</td>
    </tr>
  );
}

function Sides({ keys, items }: { keys: string[]; items: Map<string, Item> }) {
  return (
    <>
      {keys.map((key) => (
        <span key={key} title={items.get(key)?.name}>
          {key}
        </span>
      ))}
    </>
  );
}

function RuleFacilitiesTable({ data, say, form }: { data: RuleFacilities; say: Say; form: Form | null }) {
  const items = form ? itemsOf(form) : new Map<string, Item>();
  const page = data.page;
  if (!data.rows.length) return <Empty title={t('validation.rule_clean')} />;
  return (
    <>
      <p>
        {say(data.rule)} <span class="muted">{tn('validation.rule_facilities', data.total)}</span>
      </p>
      <Scroll label={data.rule.code}>
        <table class="stack">
          <caption class="sr">{say(data.rule)}</caption>
          <thead>
            <tr>
              <th scope="col">{t('facility')}</th>
              <th scope="col">{t('validation.outcome')}</th>
              <th scope="col" class="n sides">
                <Sides keys={data.rule.left} items={items} />
              </th>
              <th scope="col" class="n sides">
                <Sides keys={data.rule.right} items={items} />
              </th>
              <th scope="col" class="n">{t('validation.apart')}</th>
              <th scope="col">{t('form.remark')}</th>
            </tr>
          </thead>
          <tbody>
            {data.rows.map((row) => (
              <FacilityRow key={row.facility} row={row} data={data} />
            ))}
          </tbody>
        </table>
      </Scroll>
      <Pager page={page} more={data.more} />
    </>
  );
}

interface Asked {
  area: number | undefined;
  period: string;
  form: string;
}

function OneRule({ asked, rule, say, form }: { asked: Asked; rule: string; say: Say; form: Form | null }) {
  const page = Number(place.value.query.get('page') ?? 1);
  const query = { ...asked, page: page > 1 ? page : undefined, language: language.value };
  const loaded = useLoad(`${rule} ${JSON.stringify(query)}`, (abort) =>
    get<RuleFacilities>(`/validation/${encodeURIComponent(rule)}`, query, abort),
  );
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (moved.current) heading.current?.focus(); // its facilities stand above the rule that was chosen
  }, [rule]);
  return (
    <section class="card chosen-rule" aria-live="polite">
      <div class="row">
        <h2 ref={heading} tabIndex={-1}>
          {rule}
        </h2>
        <a href={withQuery({ rule: null, page: null })}>{t('validation.all_rules')}</a>
      </div>
      <Await of={loaded}>{(data) => <RuleFacilitiesTable data={data} say={say} form={form} />}</Await>
    </section>
  );
}

function Bands() {
  return (
    <ul class="bands" aria-label={t('validation.bands')}>
      {[1, 2, 3, 4, 5].map((n) => (
        <li key={n}>
          <span class={`band band-${n}`} aria-hidden="true" /> {t(`band.${n}`)}
        </li>
      ))}
    </ul>
  );
}

function FormChoice({ value, forms }: { value: string; forms: string[] }) {
  return (
    <div class="field">
      <label for="form">{t('form')}</label>
      <select id="form" value={value} onChange={(event) => setQuery({ form: event.currentTarget.value, rule: null, page: null })}>
        {forms.map((code) => (
          <option key={code} value={code}>
            {t(`type.${code}`)}
          </option>
        ))}
      </select>
    </div>
  );
}

function Tools({ asked }: { asked: Asked }) {
  return (
    <>
      <NeedsServer>
        <a class="button quiet" href={address('/validation.csv', { ...asked, language: language.value })} download>
          <Icon name="download" /> {t('csv')}
        </a>
      </NeedsServer>
      <button type="button" class="button quiet" onClick={() => window.print()}>
        <Icon name="print" /> {t('print')}
      </button>
    </>
  );
}

export default function ValidationScreen() {
  const query = place.value.query;
  const asked: Asked = {
    area: Number(query.get('area')) || session.value!.area?.id,
    period: query.get('period') ?? duePeriod(),
    form: query.get('form') ?? 'PHC',
  };
  const rule = query.get('rule');
  const loaded = useLoad(`${JSON.stringify(asked)} ${language.value}`, (abort) =>
    get<ValidationSummary>('/validation', { ...asked, language: language.value }, abort),
  );
  const dictionary = loaded.data?.dictionary;
  const texts = useLoad(`${dictionary} ${asked.form} ${language.value}`, () =>
    dictionary ? loadForm(dictionary, asked.form) : Promise.resolve(null),
  );
  const form = texts.data ?? null;
  const say = sayer(form);
  return (
    <Page wide title={`${t('validation.title')}, ${month(asked.period)}`} actions={<Tools asked={asked} />}>
      <div class="filters card no-print">
        <MonthFilter period={asked.period} />
        <FormChoice value={asked.form} forms={loaded.data?.forms ?? FORMS} />
      </div>
      {rule && <OneRule asked={asked} rule={rule} say={say} form={form} />}
      <Await of={loaded}>
        {(data) => (
          <>
            <p class="report-head">
              <strong>{data.area.name}</strong>, {month(data.period)}. {tn('validation.facilities', data.facilities)}
            </p>
            {data.facilities ? (
              <>
                <Bands />
                <Rules data={data} say={say} chosen={rule} />
              </>
            ) : (
              <NothingSent period={data.period} area={data.area.id} form={data.form} />
            )}
          </>
        )}
      </Await>
    </Page>
  );
}
