// A report as it was submitted, to be read: for whoever does not type it. Never a draft.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

import { language, moment, month, t } from '../i18n';
import { Await, KindAndPlace, remarksOf, StateTag } from '../parts';
import { display, findingText, itemName, itemsOf, loadForm, reportPath, ruleText, sectionTitle, toCells } from '../report';
import { place } from '../router';
import type { Cells, Form, Item, ItemValues, Report, Rule, Section } from '../types';
import { Crumbs, Empty, Icon, Page, Scroll, useLoad } from '../ui';

/** What was submitted, if anything: the figures beside a draft stand with the submission. */
function submittedItems(report: Report): ItemValues | null {
  if (!report.submitted) return null;
  return report.submitted.items ?? (report.status === 'submitted' ? report.items : null);
}
function submittedRemarks(report: Report) {
  return report.submitted?.remarks ?? (report.status === 'submitted' ? report.remarks : {});
}

interface Doubt {
  kind: 'inconsistent' | 'probable' | 'finding';
  text: string;
}
/** What the checks had to say, at the item it is about; the others of a rule carry the mark alone. */
interface Doubts {
  at: Map<string, Doubt[]>;
  marked: Map<string, Doubt['kind']>;
  repeat: string | null;
}

function doubtsOf(report: Report, form: Form, items: Map<string, Item>): Doubts {
  const doubts: Doubts = { at: new Map(), marked: new Map(), repeat: null };
  const add = (keys: string[], doubt: Doubt) => {
    const first = keys.find((key) => items.has(key));
    if (!first) return;
    doubts.at.set(first, [...(doubts.at.get(first) ?? []), doubt]);
    for (const key of keys) if (doubts.marked.get(key) !== 'inconsistent') doubts.marked.set(key, doubt.kind);
  };
  for (const rule of form.rules) {
    const outcome = report.submitted?.outcomes?.[rule.code];
    if (outcome === 'inconsistent' || outcome === 'probable') add([...rule.left, ...rule.right], ruleDoubt(items, rule, outcome));
  }
  for (const finding of report.submitted?.findings ?? [])
    if (finding.item && items.has(finding.item))
      add([finding.item], { kind: 'finding', text: findingText(items.get(finding.item)!, finding) });
    else if (finding.kind === 'repeat' && finding.period) doubts.repeat = finding.period;
  return doubts;
}

function ruleDoubt(items: Map<string, Item>, rule: Rule, outcome: 'inconsistent' | 'probable'): Doubt {
  return { kind: outcome, text: `${rule.code}: ${ruleText(items, rule)}` };
}

function Mark({ kind }: { kind: Doubt['kind'] | undefined }) {
  if (!kind) return null;
  const wrong = kind === 'inconsistent';
  return (
    <span class={wrong ? 'doubt bad' : 'doubt'} title={t(`doubt.${kind}`)}>
      <Icon name={wrong ? 'error' : 'warning'} />
      <span class="sr">{t(`doubt.${kind}`)}</span>
    </span>
  );
}

interface Shown {
  cells: Cells;
  previous: Cells;
  lastYear: Cells;
  remarks: Record<string, string>;
  doubts: Doubts;
  target: string | null;
}

function Row({ item, shown }: { item: Item; shown: Shown }) {
  const { key } = item;
  const remark = shown.remarks[key];
  return (
    <tr id={`r-${key}`} tabIndex={-1} class={shown.target === key ? 'target' : undefined}>
      <td class="num">{item.number}</td>
      <th scope="row">
        {itemName(item)}
        {shown.doubts.at.get(key)?.map((doubt) => (
          <span key={doubt.text} class={doubt.kind === 'inconsistent' ? 'doubt-text bad' : 'doubt-text'}>
            {t(`doubt.${doubt.kind}`)}. {doubt.text}
          </span>
        ))}
      </th>
      <td class="n figure" data-label={t('form.figure')}>
        <Mark kind={shown.doubts.marked.get(key)} /> <strong>{display(item, shown.cells[key])}</strong>
      </td>
      <td class="n past" data-label={t('form.last_month')}>{display(item, shown.previous[key])}</td>
      <td class="n past" data-label={t('form.last_year.short')}>{display(item, shown.lastYear[key])}</td>
      <td class="said" data-label={remark ? t('form.remark') : undefined}>{remark}</td>
    </tr>
  );
}

function SectionTable({ section, shown, filled }: { section: Section; shown: Shown; filled: boolean }) {
  const rows = filled ? section.items.filter((item) => (shown.cells[item.key] ?? null) !== null || item.key === shown.target) : section.items;
  if (!rows.length) return null;
  return (
    <section id={`section-${section.id}`} class="reading-section">
      <h2>{sectionTitle(section)}</h2>
      <Scroll label={sectionTitle(section)}>
        <table class="reading">
          <caption class="sr">{sectionTitle(section)}</caption>
          <thead>
            <tr>
              <th scope="col">{t('form.number')}</th>
              <th scope="col">{t('form.item')}</th>
              <th scope="col" class="n">{t('form.figure')}</th>
              <th scope="col" class="n">{t('form.last_month')}</th>
              <th scope="col" class="n">{t('form.last_year.short')}</th>
              <th scope="col">{t('form.remark')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((item) => (
              <Row key={item.key} item={item} shown={shown} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Head({ report, cells }: { report: Report; cells: Cells }) {
  const sent = report.submitted!;
  const filled = Object.values(cells).filter((cell) => cell !== null).length;
  return (
    <dl class="card facts">
      <div>
        <dt>{t('reports.status')}</dt>
        <dd>
          <StateTag status="submitted" filled={filled} none={sent.no_services ?? filled === 0} />
        </dd>
      </div>
      <div>
        <dt>{t('version')}</dt>
        <dd>
          {sent.version} · <span class="nowrap">{sent.receipt}</span>
        </dd>
      </div>
      <div>
        <dt>{t('receipt.at')}</dt>
        <dd>
          {moment(sent.submitted_at)} · {sent.submitted_by ?? t('history.system')} · {t(`source.${sent.source}`)}
        </dd>
      </div>
      <KindAndPlace of={report} />
    </dl>
  );
}

function Remarks({ report, items, form }: { report: Report; items: Map<string, Item>; form: Form }) {
  const { items: _at, ...others } = submittedRemarks(report);
  const rules = new Map(form.rules.map((rule) => [rule.code, ruleText(items, rule)]));
  const said = remarksOf(others, (what) => (rules.has(what) ? `${what}: ${rules.get(what)!}` : what));
  if (!said.length) return null;
  return (
    <section class="card">
      <h2>{t('history.remarks')}</h2>
      <ul>
        {said.map(([what, text]) => (
          <li key={what}>
            <strong>{what}</strong>: {text}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Body({ report, form, values }: { report: Report; form: Form; values: ItemValues }) {
  const items = itemsOf(form);
  const query = place.value.query;
  const shown: Shown = {
    cells: toCells(items, values),
    previous: toCells(items, report.previous?.items),
    lastYear: toCells(items, report.last_year?.items),
    remarks: submittedRemarks(report).items ?? {},
    doubts: doubtsOf(report, form, items),
    target: query.get('item'),
  };
  const filled = query.get('filled') === '1';
  useEffect(() => {
    const row = shown.target ? document.getElementById(`r-${shown.target}`) : null;
    row?.scrollIntoView({ block: 'center' });
    row?.focus({ preventScroll: true });
  }, [shown.target]);
  const link = new URLSearchParams(query);
  if (filled) link.delete('filled');
  else link.set('filled', '1');
  return (
    <>
      <Head report={report} cells={shown.cells} />
      {shown.doubts.repeat && <p class="finding">{t('review.repeat', { month: month(shown.doubts.repeat) })}</p>}
      <Remarks report={report} items={items} form={form} />
      <details class="jump no-print">
        <summary>{t('form.sections')}</summary>
        <ul>
          {form.sections.map((section) => (
            <li key={section.id}>
              <a href={`#section-${section.id}`}>{sectionTitle(section)}</a>
            </li>
          ))}
        </ul>
      </details>
      <p class="no-print">
        <a href={`?${link}`}>{filled ? t('reading.all') : t('reading.filled')}</a>
      </p>
      {form.sections.map((section) => (
        <SectionTable key={section.id} section={section} shown={shown} filled={filled} />
      ))}
    </>
  );
}

/** `children`: what can be done with the report here, beside history and print. */
export function ReportReading({ report, children }: { report: Report; children?: ComponentChildren }) {
  const values = submittedItems(report);
  const loaded = useLoad(`${report.dictionary} ${report.form} ${language.value}`, () => loadForm(report.dictionary, report.form));
  const to = reportPath(report);
  return (
    <Page
      wide
      title={`${report.facility_name}, ${month(report.period)}`}
      above={
        <Crumbs
          links={[
            { to: `/facility/${encodeURIComponent(report.facility)}?period=${report.period}`, text: report.facility_name },
            { text: month(report.period) },
          ]}
        />
      }
      actions={
        values && (
          <>
            {children}
            <a class="button quiet" href={`${to}/history`}>
              {t('history')}
            </a>
            <button type="button" class="button quiet" onClick={() => window.print()}>
              <Icon name="print" /> {t('print')}
            </button>
          </>
        )
      }
    >
      <p class="muted">{loaded.data?.title ?? t(`type.${report.form}`)}</p>
      {values ? (
        <Await of={loaded}>{(form) => <Body report={report} form={form} values={values} />}</Await>
      ) : (
        <Empty title={t('reading.none', { month: month(report.period) })}>
          <p>{t('reading.none.text')}</p>
          {children}
        </Empty>
      )}
    </Page>
  );
}
