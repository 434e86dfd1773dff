// Before submitting: what is not valid, inconsistent, probably wrong, unusual or blank, with room to
// explain. All of it is about the figures on the screen; what is not valid stops the submission.
import '../form.css';

import { computed } from '@preact/signals';
import { useMemo } from 'preact/hooks';

import { ApiError, online } from '../api';
import { language, month, t } from '../i18n';
import { livingDraft, openDraft, remarkKey, type Living } from '../living';
import { filled, itemsOf, loadBoth, reportCall, reportPath, toCells, whereOf, type Where } from '../report';
import { mayForm } from '../state';
import type { Cells, Check, Form, Report } from '../types';
import { Alert, Crumbs, Empty, ErrorSummary, Failure, Icon, isOffline, Loading, Page, useLoad } from '../ui';
import { statusParts } from './form/bar';
import { stateIcon } from './form/cell';
import { Conflicts } from './form/dialogs';
import { mayEnter } from './form/editing';
import { Discard } from './review/discard';
import { changesOf, isBlank, isUntouched, neededFor, openOf, type Reviewing } from './review/found';
import { BaseChanged, BlankList, ChangeList, Confirmations, Explain, FindingList, OpenList, RuleList } from './review/parts';
import { useSubmit } from './review/submit';

interface Loaded {
  report: Report;
  form: Form;
  living: Living | null;
  /** Null: without a connection, or nothing has reached the server yet. */
  check: Check | null;
  untouched: boolean;
}

/** What the draft holds goes to the server first; then it is checked there. */
async function checked(where: Where, living: Living): Promise<Check | null> {
  const { report, draft } = living;
  living.draft.leave();
  await living.draft.flush();
  // No draft was there when the report was read, and none has been made since.
  if (!report.status.endsWith('draft') && draft.version === report.version && !draft.unsent) return null;
  try {
    return await reportCall<Check>('POST', where, '/check', { version: draft.version });
  } catch (error) {
    const none = error instanceof ApiError && error.code === 'report.nothing_to_submit';
    if (none || isOffline(error)) return null;
    if (!(error instanceof ApiError) || error.code !== 'report.version_conflict') throw error;
    const now = (await loadBoth(where)).report;
    openDraft(where, now, living.form);
    return reportCall<Check>('POST', where, '/check', { version: now.version });
  }
}

async function load(where: Where, abort: AbortSignal): Promise<Loaded> {
  const found = livingDraft(where);
  const read = await loadBoth(where, abort).catch((error: unknown) => {
    if (!isOffline(error) || !found) throw error;
    return { report: found.report, form: found.form };
  });
  if (!mayEnter(read.report)) return { ...read, living: null, check: null, untouched: false };
  const living = openDraft(where, read.report, read.form);
  const check = await checked(where, living);
  const untouched = isUntouched(read.report, { items: itemsOf(read.form), draft: living.draft, check });
  return { ...read, living, check, untouched };
}

function submittedCells(report: Report, v: Pick<Reviewing, 'items'>): Cells | null {
  if (!report.submitted) return null;
  return toCells(v.items, report.submitted.items ?? report.items);
}

function SavedLine({ living, done, total }: { living: Living; done: number; total: number }) {
  return (
    <p class="lead-line" role="status">
      {t('review.filled', { filled: done, total })}{' '}
      {statusParts(living.draft, true).map((part) => (
        <span key={part.kind} class={`state ${part.kind}`}>
          <Icon name={stateIcon[part.kind] ?? 'saved'} /> {part.text}
        </span>
      ))}
    </p>
  );
}

/** Submit says why it cannot be pressed. */
function SubmitButton({ v, busy, submit }: { v: Reviewing; busy: boolean; submit: () => void }) {
  if (!(v.living.report.may?.submit ?? mayForm('report.submit', v.where.form))) return null;
  return (
    <>
      <button
        type="button"
        class="button primary"
        disabled={busy || !online.value}
        aria-describedby={online.value ? undefined : 'submit-why'}
        onClick={submit}
      >
        {busy ? t('review.submitting') : t('review.submit')}
      </button>
      {!online.value && (
        <p id="submit-why" class="note warn">
          <Icon name="warning" /> {t('review.offline')}
        </p>
      )}
    </>
  );
}

/** What the checks have to say about the figures, and what is blank. */
function Found({ v, report }: { v: Reviewing; report: Report }) {
  const before = submittedCells(report, v);
  return (
    <>
      {v.check?.base_changed && <BaseChanged v={v} changed={v.check.base_changed} />}
      {before && <ChangeList v={v} changes={changesOf(v, before)} version={report.submitted!.version} />}
      <RuleList v={v} outcome="inconsistent" />
      <RuleList v={v} outcome="probable" />
      <FindingList v={v} />
      <BlankList v={v} />
    </>
  );
}

function Review({ where, data, living, again }: { where: Where; data: Loaded; living: Living; again: () => void }) {
  const { form, report, check } = data;
  const { draft } = living;
  const items = useMemo(() => itemsOf(form), [form]);
  const cells = useMemo(() => computed(() => draft.values(items.keys()) as Cells), [draft, items]).value;
  const told = { where, form, items, cells, draft, living, check };
  const base = { ...told, needed: neededFor(told) };
  const { missing, problems, ...at } = useSubmit(base, again);
  const needed = at.asked.includes('no_services') ? new Set([...base.needed, remarkKey('report')]) : base.needed;
  const v: Reviewing = { ...base, needed, missing };
  // As it was opened: the page does not change under the remark that is being typed.
  const bare = data.untouched && isBlank(v);
  const all = [...items.values()];
  return (
    <>
      <ErrorSummary errors={problems} />
      {bare ? (
        <Alert kind="warning" title={t('review.untouched')}>
          <p>{t('review.untouched.text')}</p>
        </Alert>
      ) : (
        <SavedLine living={living} done={filled(all, cells)} total={all.length} />
      )}
      <Conflicts e={v} />
      <OpenList v={v} open={openOf(v)} />
      {!bare && <Found v={v} report={report} />}
      <section class="card">
        <h2>{t('review.report_remark')}</h2>
        <Explain v={v} name="remarks.report" />
      </section>
      <Confirmations asked={at.asked} agreed={at.agreed} missing={missing} onAgree={at.agree} />
      <div class="actions">
        <SubmitButton v={v} busy={at.busy} submit={at.submit} />
        <a class="button" href={reportPath(where)}>
          {t('review.back')}
        </a>
        {!bare && <Discard where={where} submitted={!!living.report.submitted} onError={at.setError} />}
      </div>
    </>
  );
}

export default function ReviewScreen({ params }: { params: Record<string, string> }) {
  const where = whereOf(params);
  const loaded = useLoad(`${reportPath(where)} ${language.value}`, (abort) => load(where, abort));
  const { data } = loaded;
  const nothing = data && !data.untouched && (!data.living || (!data.check && !data.living.draft.unsent && !data.report.status.endsWith('draft')));
  return (
    <Page
      title={t('review.title', { month: month(where.period) })}
      above={
        <Crumbs
          links={[
            { to: `/facility/${encodeURIComponent(where.facility)}?period=${where.period}`, text: data?.report.facility_name ?? where.facility },
            { to: reportPath(where), text: month(where.period) },
            { text: t('review.short') },
          ]}
        />
      }
    >
      {loaded.loading && !data && <Loading what={t('review.checking')} />}
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {data && nothing && (
        <Empty title={t('review.no_draft')}>
          <a class="button" href={reportPath(where)}>
            {t('review.back')}
          </a>
        </Empty>
      )}
      {data?.living && !nothing && <Review where={where} data={data} living={data.living} again={loaded.reload} />}
      {data && !mayEnter(data.report) && <Alert kind="info">{t('form.read_only')}</Alert>}
    </Page>
  );
}
