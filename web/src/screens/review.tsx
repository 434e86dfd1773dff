// Before submitting: what is inconsistent, probably wrong, unusual or blank, with room to explain.
import { computed, effect } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';

import { ApiError } from '../api';
import type { Draft } from '../draft';
import { language, month, t, tn } from '../i18n';
import {
  deleteDraft, display, filled, findingText, itemName, itemsOf, loadForm, loadReport, openDraft, reportCall, reportPath, ruleText, sectionTitle, toCells, whereOf, writeKept, type Where,
} from '../report';
import { go } from '../router';
import { mayForm, unsent } from '../state';
import { ruleSide } from '../rules/rules';
import type { Cells, Check, Finding, Form, Item, Report, Rule } from '../types';
import { Alert, Crumbs, Dialog, Empty, errorText, ErrorSummary, Failure, Icon, Loading, Page, useLoad } from '../ui';

interface Loaded {
  report: Report;
  form: Form;
  check: Check | null;
}

async function load(where: Where, abort: AbortSignal): Promise<Loaded> {
  const report = await loadReport(where, abort);
  const [form, check] = await Promise.all([
    loadForm(report.dictionary, report.form),
    report.status.endsWith('draft') ? reportCall<Check>('POST', where, '/check', { version: report.version }) : Promise.resolve(null),
  ]);
  return { report, form, check };
}

function ItemLink({ where, form, item }: { where: Where; form: Form; item: Item }) {
  const section = form.sections.find((s) => s.items.includes(item))!;
  return (
    <a href={`${reportPath(where)}/section/${encodeURIComponent(section.id)}?item=${encodeURIComponent(item.key)}`}>{item.number}</a>
  );
}

/** Where a person explains: the text is kept as it is typed, like a figure. */
function Explain(props: { id: string; needed: boolean; missing: boolean; value: string; onInput: (text: string) => void }) {
  const { id } = props;
  return (
    <>
      <label for={id}>{t(props.needed ? 'review.remark_needed' : 'review.remark')}</label>
      {props.missing && (
        <p class="field-error" id={`${id}-error`}>
          <Icon name="invalid" /> {t('review.remark_missing')}
        </p>
      )}
      <textarea
        id={id}
        rows={2}
        maxLength={1000}
        aria-invalid={props.missing || undefined}
        aria-describedby={props.missing ? `${id}-error` : undefined}
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </>
  );
}

interface Reviewing {
  where: Where;
  form: Form;
  items: Map<string, Item>;
  cells: Cells;
  draft: Draft;
  needed: Set<string>;
  missing: string[];
}

function ItemLinks({ v, keys }: { v: Reviewing; keys: string[] }) {
  return (
    <>
      {keys.map((key, i) => {
        const item = v.items.get(key);
        return (
          <span key={key}>
            {i > 0 && ' + '}
            {item ? <ItemLink where={v.where} form={v.form} item={item} /> : key}
          </span>
        );
      })}
    </>
  );
}

function RuleFinding({ v, rule }: { v: Reviewing; rule: Rule }) {
  const name = `remarks.rules.${rule.code}`;
  const value = (keys: string[]) => {
    const sum = ruleSide(keys, v.cells);
    return sum === null ? t('blank') : sum.toLocaleString('en-IN');
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
      <Explain
        id={name}
        needed={v.needed.has(name)}
        missing={v.missing.includes(name)}
        value={v.draft.remarks.value.rules?.[rule.code] ?? ''}
        onInput={(text) => v.draft.remark('rules', rule.code, text)}
      />
    </li>
  );
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
        <Icon name="warning" /> <ItemLink where={v.where} form={v.form} item={item} /> {itemName(item)}:{' '}
        <strong>{display(item, v.cells[item.key]) || t('blank')}</strong>.{' '}
        {findingText(item, finding)}
      </p>
      <Explain
        id={name}
        needed={v.needed.has(name)}
        missing={v.missing.includes(name)}
        value={v.draft.remarks.value.items?.[item.key] ?? ''}
        onInput={(text) => v.draft.remark('items', item.key, text)}
      />
    </li>
  );
}

/** Somebody submitted or imported another version meanwhile: shown beside what this draft would put there. */
function BaseChanged({ v, changed }: { v: Reviewing; changed: NonNullable<Check['base_changed']> }) {
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
                <ItemLink where={v.where} form={v.form} item={item} /> {itemName(item)}:{' '}
                {t('review.base.item', { now: show(item, stored[key]), mine: show(item, v.cells[key]) })}
              </li>
            )
          );
        })}
      </ul>
    </Alert>
  );
}

function Review({ where, data, draft, again }: { where: Where; data: Loaded; draft: Draft; again: () => void }) {
  const { form, report } = data;
  const check = data.check!;
  const items = useMemo(() => itemsOf(form), [form]);
  const [missing, setMissing] = useState<string[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [throwing, setThrowing] = useState(false);
  const cells = useMemo(() => computed(() => draft.values()), [draft]).value;

  useEffect(() => {
    const stop = effect(() => {
      unsent.value = draft.waiting.value;
    });
    return () => {
      stop();
      unsent.value = 0;
      void draft.flush();
    };
  }, [draft]);

  const remarks = draft.remarks.value;
  const written = (name: string): boolean => {
    const [, kind, key] = /^remarks\.(report|items|rules)\.?(.*)$/.exec(name) ?? [];
    const text = kind === 'report' ? remarks.report : remarks[kind as 'items' | 'rules']?.[key!];
    if (text?.trim()) return true;
    const rule = kind === 'rules' ? form.rules.find((one) => one.code === key) : undefined;
    return !!rule && [...rule.left, ...rule.right].some((item) => remarks.items?.[item]?.trim());
  };
  // What lacked a remark when the draft was checked, and what had one then: it may be taken out here.
  const needed = useMemo(() => {
    const found = [
      ...Object.keys(check.outcomes).map((code) => `remarks.rules.${code}`),
      ...check.findings.map((finding) => (finding.kind === 'repeat' ? 'remarks.report' : `remarks.items.${finding.item}`)),
    ];
    return new Set([...check.remarks_needed, ...found.filter(written)]);
  }, [check]);
  const submit = async () => {
    const gaps = [...needed].filter((name) => !written(name));
    setMissing(gaps);
    setError(null);
    if (gaps.length) return;
    setBusy(true);
    try {
      await draft.flush();
      if (draft.waiting.value) throw draft.stopped.value ?? new ApiError(0, 'network', '');
      await reportCall('POST', where, '/submit', { version: draft.version, ...(check.base_changed ? { base_version: check.base_changed.version } : {}) });
      go(`${reportPath(where)}/receipt`);
    } catch (cause) {
      const fields = cause instanceof ApiError ? cause.fields.map((field) => field.field) : [];
      setMissing(fields.filter((name) => name.startsWith('remarks.')));
      setError(cause);
      setBusy(false);
      if (cause instanceof ApiError && cause.code === 'report.base_changed') again();
    }
  };

  const all = [...items.values()];
  const done = filled(all, cells);
  const v: Reviewing = { where, form, items, cells, draft, needed, missing };
  const list = (outcome: 'inconsistent' | 'probable') => {
    const found = form.rules.filter((rule) => check.outcomes[rule.code] === outcome);
    return (
      <section class="card" aria-labelledby={`h-${outcome}`}>
        <h2 id={`h-${outcome}`}>
          {t(`review.${outcome}`)} <span class={`tag ${found.length ? 'warn' : 'ok'}`}>{found.length}</span>
        </h2>
        {found.length === 0 ? (
          <p class="muted">{t('review.none')}</p>
        ) : (
          <>
            <p class="muted">{t(`review.${outcome}.text`)}</p>
            <ul class="list">
              {found.map((rule) => (
                <RuleFinding key={rule.code} v={v} rule={rule} />
              ))}
            </ul>
          </>
        )}
      </section>
    );
  };

  return (
    <>
      <ErrorSummary
        errors={[
          ...missing.map((name) => ({ to: name, text: t('review.remark_missing_for', { what: name.replace(/^remarks\.(items\.|rules\.)?/, '') }) })),
          ...(error ? [{ text: errorText(error) }] : []),
        ]}
      />
      <p class="lead-line">
        {t('review.filled', { filled: done, total: all.length })}{' '}
        {draft.waiting.value ? <span class="state waiting">{tn('status.waiting', draft.waiting.value)}</span> : null}
      </p>
      {check.base_changed && <BaseChanged v={v} changed={check.base_changed} />}
      {list('inconsistent')}
      {list('probable')}
      <section class="card" aria-labelledby="h-findings">
        <h2 id="h-findings">
          {t('review.findings')} <span class={`tag ${check.findings.length ? 'warn' : 'ok'}`}>{check.findings.length}</span>
        </h2>
        {check.findings.length === 0 ? (
          <p class="muted">{t('review.none')}</p>
        ) : (
          <ul class="list">
            {check.findings.map((finding, i) => (
              <FindingRow key={i} v={v} finding={finding} />
            ))}
          </ul>
        )}
      </section>
      <section class="card" aria-labelledby="h-blank">
        <h2 id="h-blank">
          {t('review.blank')} <span class="tag">{all.length - done}</span>
        </h2>
        <p class="muted">{t('review.blank.text')}</p>
        <ul class="list blanks">
          {form.sections
            .map((section) => ({ section, blank: section.items.filter((item) => (cells[item.key] ?? null) === null) }))
            .filter((one) => one.blank.length)
            .map(({ section, blank }) => (
              <li key={section.id}>
                <details>
                  <summary>
                    {sectionTitle(section)}: {t('review.blank.of', { blank: blank.length, total: section.items.length })}
                  </summary>
                  <ul>
                    {blank.map((item) => (
                      <li key={item.key}>
                        <ItemLink where={where} form={form} item={item} /> {itemName(item)}
                      </li>
                    ))}
                  </ul>
                </details>
              </li>
            ))}
        </ul>
      </section>
      <section class="card">
        <h2>{t('review.report_remark')}</h2>
        <Explain
          id="remarks.report"
          needed={needed.has('remarks.report')}
          missing={missing.includes('remarks.report')}
          value={remarks.report ?? ''}
          onInput={(text) => draft.remark('report', '', text)}
        />
      </section>
      <div class="actions">
        {mayForm('report.submit', where.form) && (
          <button type="button" class="button primary" disabled={busy} onClick={() => void submit()}>
            {busy ? t('review.submitting') : t('review.submit')}
          </button>
        )}
        <a class="button" href={reportPath(where)}>
          {t('review.back')}
        </a>
        <button type="button" class="button danger" onClick={() => setThrowing(true)}>
          {t('review.discard')}
        </button>
      </div>
      {throwing && (
        <Dialog title={t('review.discard')} onCancel={() => setThrowing(false)}>
          <p>{report.submitted ? t('review.discard.back') : t('review.discard.text')}</p>
          <div class="actions">
            <button
              type="button"
              class="button danger"
              onClick={() => {
                draft.close();
                deleteDraft(where).then(
                  () => {
                    writeKept(where, null);
                    go(`/facility/${encodeURIComponent(where.facility)}?period=${where.period}`);
                  },
                  (cause: unknown) => {
                    setThrowing(false);
                    setError(cause);
                  },
                );
              }}
            >
              {t('review.discard')}
            </button>
            <button type="button" class="button" onClick={() => setThrowing(false)}>
              {t('cancel')}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

export default function ReviewScreen({ params }: { params: Record<string, string> }) {
  const where = whereOf(params);
  const loaded = useLoad(`${reportPath(where)} ${language.value}`, (abort) => load(where, abort));
  const draft = useMemo(
    () => (loaded.data?.check ? openDraft(where, loaded.data.report, itemsOf(loaded.data.form), () => undefined).draft : null),
    [loaded.data],
  );
  return (
    <Page
      title={t('review.title', { month: month(where.period) })}
      above={
        <Crumbs
          links={[
            { to: `/facility/${encodeURIComponent(where.facility)}?period=${where.period}`, text: loaded.data?.report.facility_name ?? where.facility },
            { to: reportPath(where), text: month(where.period) },
            { text: t('review.short') },
          ]}
        />
      }
    >
      {loaded.loading && !loaded.data && <Loading what={t('review.checking')} />}
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {loaded.data && !draft && (
        <Empty title={t('review.no_draft')}>
          <a class="button" href={reportPath(where)}>
            {t('review.back')}
          </a>
        </Empty>
      )}
      {loaded.data && draft && <Review where={where} data={loaded.data} draft={draft} again={loaded.reload} />}
      {loaded.data?.check && !mayForm('report.submit', where.form) && <Alert kind="info">{t('form.read_only')}</Alert>}
    </Page>
  );
}
