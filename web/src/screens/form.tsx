// The monthly form, a section a screen: read where it is submitted or somebody else's, typed into else.
import '../form.css';

import { useEffect, useMemo, useState } from 'preact/hooks';

import { ApiError } from '../api';
import { language, month, t, tn } from '../i18n';
import { isKept } from '../kept';
import { beginCorrection, isCorrected, livingDraft, openDraft, type Living } from '../living';
import { Await } from '../parts';
import { filled, loadBoth, loadForm, reportPath, whereOf, type Where } from '../report';
import type { Form, Report } from '../types';
import { Alert, Failure, isOffline, Loading, Page, useLoad } from '../ui';
import { daysLeft, edit, mayEnter, type Editing } from './form/editing';
import { Editor, ReportLinks, wantCell } from './form/editor';
import { Discard } from './review/discard';

function isRead(where: Where, report: Report): boolean {
  if (!mayEnter(report)) return true;
  return report.status === 'submitted' && !isCorrected(where) && !isKept(where);
}

/** Without a connection what lives in this tab is gone on with. */
async function load(where: Where, abort: AbortSignal): Promise<{ report: Report; form: Form }> {
  try {
    return await loadBoth(where, abort);
  } catch (error) {
    const found = isOffline(error) ? livingDraft(where) : undefined;
    if (!found) throw error;
    return { report: found.report, form: await loadForm(found.report.dictionary, found.report.form).catch(() => found.form) };
  }
}

/** The month has a report under another form: that is where to go. */
function OtherForm({ where, error }: { where: Where; error: ApiError }) {
  const told = typeof error.body.form === 'string' ? error.body.form : /form (\w+)/.exec(error.detail)?.[1];
  return (
    <Alert kind="warning" title={t('form.other', { month: month(where.period), form: told ?? '' })}>
      {told && (
        <a class="button" href={reportPath({ ...where, form: told })}>
          {t('form.other.open', { form: told })}
        </a>
      )}
    </Alert>
  );
}

/** A draft of before on a form that is not the month's: it is kept until the person throws it away. */
function DraftOfBefore({ where, report, form }: { where: Where; report: Report; form: Form }) {
  const [error, setError] = useState<unknown>(null);
  const told = report.may?.form;
  const title = report.may?.reason === 'report.other_form' && told ? 'form.other' : 'form.not_reported';
  const right = told ? reportPath({ ...where, form: told }) : undefined;
  return (
    <Page wide title={`${month(where.period)} · ${form.title}`}>
      <Alert kind="warning" title={t(title, { month: month(where.period), form: told && title === 'form.other' ? told : where.form })}>
        <p>{t('form.draft_of_before', { n: Object.keys(report.items).length, form: where.form })}</p>
        <div class="actions">
          {right && (
            <a class="button primary" href={right}>
              {t('form.other.open', { form: told! })}
            </a>
          )}
          <a class="button" href={`${reportPath(where)}/paper`}>
            {t('form.draft_of_before.see')}
          </a>
          <Discard where={where} submitted={false} next={right} onError={setError} />
        </div>
      </Alert>
      {error ? <Failure error={error} /> : null}
    </Page>
  );
}

/** On the form of the month: what was begun on another one before. */
function BegunBefore({ where, form }: { where: Where; form: string }) {
  return (
    <Alert kind="info" title={t('form.begun_before', { form })}>
      <a class="button" href={reportPath({ ...where, form })}>
        {t('form.begun_before.open')}
      </a>
    </Alert>
  );
}

function Head({ e }: { e: Editing }) {
  const all = [...e.items.values()];
  const left = daysLeft(e.where.period);
  return (
    <p class="form-facts">
      <a href={`/facility/${encodeURIComponent(e.where.facility)}?period=${e.where.period}`}>{e.report.facility_name}</a>
      {left && left.days >= 0 && <span class="tag warn">{tn('form.due', left.days)}</span>}
      <span class="muted">{t('form.count.of', { filled: filled(all, e.values.value), total: all.length })}</span>
    </p>
  );
}

function Typing({ where, living, section }: { where: Where; living: Living; section?: string }) {
  const e = useMemo(() => edit(where, living), [living, living.form, living.report]);
  useEffect(
    () => () => {
      living.restored = 0; // said once
    },
    [living],
  );
  return (
    <Page
      wide
      look="form"
      title={`${month(where.period)} · ${e.form.title}`}
      actions={
        <div class="form-actions">
          <Head e={e} />
          <ReportLinks where={where} />
        </div>
      }
    >
      {e.report.other_draft && <BegunBefore where={where} form={e.report.other_draft} />}
      <Editor e={e} code={section} />
    </Page>
  );
}

/** Reading is another part of the application: whoever types does not wait for it. */
function Reading({ where, report, form, section }: { where: Where; report: Report; form: Form; section?: string }) {
  const first = (form.sections.find(({ id }) => id === section) ?? form.sections[0])!.items[0]!;
  const correct = () => {
    wantCell(first.key);
    beginCorrection(where);
  };
  const loaded = useLoad('reading', () => import('./reading'));
  return (
    <Await of={loaded}>
      {({ ReportReading }) => (
        <ReportReading report={report}>
          {mayEnter(report) && (
            <button type="button" class="button primary" onClick={correct}>
              {t('form.correct')}
            </button>
          )}
        </ReportReading>
      )}
    </Await>
  );
}

export default function FormScreen({ params }: { params: Record<string, string> }) {
  const where = whereOf(params);
  const loaded = useLoad(`${reportPath(where)} ${language.value}`, (abort) => load(where, abort));
  const { data, error } = loaded;
  const read = data && isRead(where, data.report);
  const living = useMemo(() => (data && !read ? openDraft(where, data.report, data.form) : null), [data, read]);
  if (living) return <Typing where={where} living={living} section={params.section} />;
  if (data?.report.may?.discard && !mayEnter(data.report)) return <DraftOfBefore where={where} report={data.report} form={data.form} />;
  if (data) return <Reading where={where} report={data.report} form={data.form} section={params.section} />;
  return (
    <Page wide title={month(where.period)}>
      {loaded.loading && <Loading what={t('form.loading')} />}
      {error instanceof ApiError && error.code === 'report.other_form' ? <OtherForm where={where} error={error} /> : null}
      {error && !(error instanceof ApiError && error.code === 'report.other_form') ? <Failure error={error} retry={loaded.reload} /> : null}
    </Page>
  );
}
