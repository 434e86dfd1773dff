// Loading figures from a file: upload, progress, what was refused and why.
import { useEffect, useRef, useState } from 'preact/hooks';

import { address, ApiError, api, get, session } from '../api';
import { moment, month, number, t, tn } from '../i18n';
import { addMonths, today } from '../parts';
import { go } from '../router';
import { may } from '../state';
import type { ImportJob } from '../types';
import { Alert, Crumbs, Empty, ErrorSummary, errorText, Failure, Field, Icon, Loading, Page, Scroll, useLoad } from '../ui';

const running = (job: ImportJob) => job.status === 'waiting' || job.status === 'running';

interface Upload {
  file: File;
  format: string;
  period: string;
  dry_run: boolean;
  atomic: boolean;
  create_facilities: boolean;
}

/** XMLHttpRequest, because fetch tells nothing of how far an upload has come. */
function upload(what: Upload, onProgress: (share: number) => void): Promise<{ job: number }> {
  const query = {
    format: what.format,
    month: what.format === 'extract' ? what.period : undefined,
    file_name: what.file.name,
    dry_run: what.dry_run || undefined,
    atomic: what.atomic || undefined,
    create_facilities: what.create_facilities || undefined,
  };
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', address('/imports', query));
    request.setRequestHeader('Content-Type', 'text/csv');
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('X-CSRF-Token', session.value!.csrf_token);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => reject(new ApiError(0, 'network', ''));
    request.onload = () => {
      let body: Record<string, unknown> = {};
      try {
        body = JSON.parse(request.responseText) as Record<string, unknown>;
      } catch {
        // answered by something in between; the status says enough
      }
      if (request.status < 300) resolve(body as unknown as { job: number });
      else reject(new ApiError(request.status, String(body.code ?? ''), String(body.detail ?? ''), [], 0, String(body.request_id ?? '')));
    };
    request.send(what.file);
  });
}

function StatusTag({ job }: { job: ImportJob }) {
  const tone = { waiting: '', running: 'info', done: job.refusals ? 'warn' : 'ok', failed: 'bad' }[job.status];
  return <span class={`tag ${tone}`}>{t(`import.status.${job.status}`)}</span>;
}

function NewImport() {
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState('extract');
  const [period, setPeriod] = useState(addMonths(today(), -1));
  const [dry, setDry] = useState(true);
  const [atomic, setAtomic] = useState(false);
  const [create, setCreate] = useState(false);
  const [share, setShare] = useState<number | null>(null);
  const [errors, setErrors] = useState<Array<{ to?: string; text: string }>>([]);

  async function submit(event: Event) {
    event.preventDefault();
    const found = [];
    if (!file) found.push({ to: 'file', text: t('import.file.missing') });
    if (format === 'extract' && !/^\d{4}-(0[1-9]|1[0-2])$/.test(period)) found.push({ to: 'period', text: t('import.period.wrong') });
    setErrors(found);
    if (found.length) return;
    setShare(0);
    try {
      const job = await upload({ file: file!, format, period, dry_run: dry, atomic, create_facilities: create }, setShare);
      go(`/imports/${job.job}`);
    } catch (error) {
      setErrors([{ text: errorText(error) }]);
      setShare(null);
    }
  }
  return (
    <form class="card" onSubmit={submit} noValidate>
      <h2>{t('import.new')}</h2>
      <ErrorSummary errors={errors} />
      <Field id="file" label={t('import.file')} hint={t('import.file.hint')}>
        <input id="file" type="file" accept=".csv,text/csv" onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />
      </Field>
      <div class="two">
        <Field id="format" label={t('import.format')}>
          <select id="format" value={format} onChange={(event) => setFormat(event.currentTarget.value)}>
            <option value="extract">{t('import.format.extract')}</option>
            <option value="long">{t('import.format.long')}</option>
          </select>
        </Field>
        {format === 'extract' && (
          <Field id="period" label={t('import.period')} hint={t('import.period.hint')}>
            <input id="period" class="short" inputMode="numeric" placeholder="2022-04" value={period} onInput={(event) => setPeriod(event.currentTarget.value.trim())} />
          </Field>
        )}
      </div>
      <fieldset>
        <legend>{t('import.options')}</legend>
        <label class="check">
          <input type="checkbox" checked={dry} onChange={(event) => setDry(event.currentTarget.checked)} /> {t('import.dry')}
        </label>
        <label class="check">
          <input type="checkbox" checked={atomic} onChange={(event) => setAtomic(event.currentTarget.checked)} /> {t('import.atomic')}
        </label>
        {may('import.facilities') && format === 'extract' && (
          <label class="check">
            <input type="checkbox" checked={create} onChange={(event) => setCreate(event.currentTarget.checked)} /> {t('import.create')}
          </label>
        )}
      </fieldset>
      {share !== null && (
        <p role="status">
          <progress max={1} value={share} aria-label={t('import.uploading')} /> {t('import.uploading')} {Math.round(share * 100)} %
        </p>
      )}
      <button type="submit" class="button primary" disabled={share !== null}>
        {t(dry ? 'import.check' : 'import.load')}
      </button>
    </form>
  );
}

function Jobs() {
  const loaded = useLoad('jobs', (abort) => get<{ imports: ImportJob[] }>('/imports', undefined, abort));
  const jobs = loaded.data?.imports;
  return (
    <section>
      <h2>{t('import.jobs')}</h2>
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {loaded.loading && !jobs && <Loading />}
      {jobs && !jobs.length && <Empty title={t('import.none')} />}
      {jobs && jobs.length > 0 && (
        <Scroll label={t('import.jobs')}>
          <table class="stack">
            <caption class="sr">{t('import.jobs')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('import.file')}</th>
                <th scope="col">{t('import.started')}</th>
                <th scope="col">{t('reports.status')}</th>
                <th scope="col" class="n">{t('import.rows')}</th>
                <th scope="col" class="n">{t('import.refused')}</th>
              </tr>
            </thead>
            <tbody>
              {jobs.map((job) => (
                <tr key={job.job}>
                  <th scope="row" data-label={t('import.file')}>
                    <a href={`/imports/${job.job}`}>{job.file_name}</a> {job.dry_run && <span class="tag">{t('import.dry_short')}</span>}
                  </th>
                  <td data-label={t('import.started')}>{moment(job.started_at)}</td>
                  <td data-label={t('reports.status')}>
                    <StatusTag job={job} />
                  </td>
                  <td class="n" data-label={t('import.rows')}>{number(job.rows_read)}</td>
                  <td class="n" data-label={t('import.refused')}>{number(job.refusals)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

function Job({ id }: { id: string }) {
  const [job, setJob] = useState<ImportJob | null>(null);
  const [error, setError] = useState<unknown>(null);
  const seen = useRef(false);
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      try {
        const now = await api<ImportJob>('GET', `/imports/${id}`, { background: seen.current });
        seen.current = true;
        if (gone) return;
        setJob(now);
        setError(null);
        if (running(now)) timer = setTimeout(() => void look(), 1000);
      } catch (cause) {
        if (gone) return;
        setError(cause);
        if (cause instanceof ApiError && cause.status === 0) timer = setTimeout(() => void look(), 3000);
      }
    };
    void look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [id]);
  if (error && !job) return <Failure error={error} />;
  if (!job) return <Loading />;
  const facts: Array<[string, string]> = [
    [t('import.format'), t(`import.format.${job.format}`)],
    ...(job.month ? ([[t('month'), month(job.month)]] as Array<[string, string]>) : []),
    [t('import.rows'), number(job.rows_read)],
    [t('import.cells'), number(job.cells_read)],
    [t('import.refused'), number(job.rows_refused)],
    [t('import.cells_refused'), number(job.cells_refused)],
    [t('import.reports_new'), number(job.reports_new)],
    [t('import.reports_changed'), number(job.reports_changed)],
    [t('import.reports_unchanged'), number(job.reports_unchanged)],
    ...(job.create_facilities ? ([[t('import.facilities_created'), number(job.facilities_created)], [t('import.facilities_updated'), number(job.facilities_updated)]] as Array<[string, string]>) : []),
  ];
  return (
    <>
      <div role="status">
        {running(job) && (
          <Alert kind="info" title={t(`import.status.${job.status}`)}>
            <progress max={job.file_size || 1} value={job.bytes_read} aria-label={t('import.progress')} />
            <p>{t('import.progress_text', { rows: job.rows_read })}</p>
          </Alert>
        )}
        {job.status === 'done' && (
          <Alert kind={job.refusals ? 'warning' : 'success'} title={t(job.dry_run ? 'import.done_dry' : 'import.done')}>
            <p>{job.refusals ? tn('import.done_refused', job.refusals) : t('import.done_all')}</p>
          </Alert>
        )}
        {job.status === 'failed' && <Alert kind="error" title={t('import.status.failed')}>{job.message}</Alert>}
      </div>
      <dl class="card facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="actions">
        {job.refusals > 0 && (
          <a class="button" href={address(`/imports/${job.job}/refused.csv`)} download>
            <Icon name="download" /> {t('import.refused.download')}
          </a>
        )}
        <a class="button" href="/imports">
          {t('import.another')}
        </a>
        {!job.dry_run && job.month && (
          <a class="button" href={`/validation?period=${job.month}`}>
            {t('nav.validation')}
          </a>
        )}
      </div>
    </>
  );
}

export default function ImportsScreen({ params }: { params: Record<string, string> }) {
  const id = params.job;
  return (
    <Page
      title={id ? t('import.job', { id }) : t('nav.imports')}
      above={id ? <Crumbs links={[{ to: '/imports', text: t('nav.imports') }, { text: id }]} /> : undefined}
    >
      {id ? (
        <Job id={id} />
      ) : (
        <>
          <NewImport />
          <Jobs />
        </>
      )}
    </Page>
  );
}
