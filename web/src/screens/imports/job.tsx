// One job: how far it is, what it answers, what it asks.
import { useEffect, useRef, useState } from 'preact/hooks';

import { address, ApiError, api } from '../../api';
import { month, number, t, tn } from '../../i18n';
import type { ImportJob } from '../../types';
import { Alert, Failure, Icon, Loading } from '../../ui';
import { Again } from './again';
import { type ListKind, Lists } from './lines';
import { nothingStored, wouldStore } from './upload';
import { noteText } from './words';

export const running = (job: ImportJob) => job.status === 'waiting' || job.status === 'running';

/** Asks every second until the job has ended, also after the network was away. */
function useJob(id: string): { job: ImportJob | null; error: unknown } {
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
    setJob(null);
    seen.current = false;
    void look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [id]);
  return { job, error };
}

type Count = [name: string, value: number, list?: ListKind];
const groups = (job: ImportJob): Array<[string, Count[]]> => [
  ['rows', [['rows_read', job.rows_read], ['rows_blank', job.rows_blank], ['rows_asked', job.rows_asked, 'asked'], ['rows_refused', job.rows_refused, 'row']]],
  [
    'figures',
    [
      ['figures_read', job.figures_read],
      ['figures_stored', job.figures_stored, 'report'],
      ['figures_unchanged', job.figures_unchanged, 'report'],
      ['figures_asked', job.figures_asked, 'asked'],
      ['figures_refused', job.figures_refused, 'figure'],
      ['figures_lost', job.figures_lost, 'row'],
    ],
  ],
  ['stored', [['figures_replaced', job.figures_replaced, 'replaced'], [job.empty === 'erase' ? 'figures_emptied' : 'figures_kept', job.empty === 'erase' ? job.figures_emptied : job.figures_kept, 'empty']]],
  ['reports', [['reports_new', job.reports_new, 'report'], ['reports_changed', job.reports_changed, 'report'], ['reports_unchanged', job.reports_unchanged, 'report'], ['findings', job.findings, 'finding']]],
  [
    'facilities',
    [
      ['facilities_created', job.facilities_created, 'facility'],
      ['facilities_changed', job.facilities_changed, 'facility'],
      ['facilities_moved', job.facilities_moved, 'facility'],
      ['facilities_refused', job.facilities_refused, 'facility'],
    ],
  ],
];

function Counts({ job, onKind }: { job: ImportJob; onKind: (kind: ListKind) => void }) {
  return (
    <div class="card counts">
      {groups(job)
        .filter(([name, counts]) => name === 'figures' || name === 'rows' || counts.some(([, value]) => value > 0))
        .map(([name, counts]) => (
          <table key={name}>
            <caption>{t(`import.group.${name}`)}</caption>
            <tbody>
              {counts.map(([key, value, list]) => (
                <tr key={key}>
                  <th scope="row">{t(`import.count.${key}`)}</th>
                  <td class="n">
                    {list && value > 0 && job.lists?.[list] ? (
                      <button type="button" class="link" onClick={() => onKind(list)}>
                        {number(value)}
                      </button>
                    ) : (
                      number(value)
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        ))}
    </div>
  );
}

/** The list that says what was refused. */
const refusedIn = (job: ImportJob) => (['row', 'figure', 'facility'] as const).find((list) => job.lists?.[list]);

function Status({ job, onKind }: { job: ImportJob; onKind: (kind: ListKind) => void }) {
  const open = job.questions?.length ?? 0;
  const where = job.refusals ? refusedIn(job) : undefined;
  return (
    <div role="status">
      {running(job) && (
        <Alert kind="info" title={t(`import.status.${job.status}`)}>
          <progress max={job.file_size || 1} value={job.bytes_read} aria-label={t('import.progress')} />
          <p>{t('import.progress_text', { rows: number(job.rows_read) })}</p>
        </Alert>
      )}
      {job.status === 'done' && (
        <Alert kind={job.refusals || open || nothingStored(job) ? 'warning' : 'success'} title={t(nothingStored(job) ? 'import.done_none' : job.dry_run ? 'import.done_dry' : 'import.done')}>
          {open > 0 && <p>{tn('import.done_asked', open)}</p>}
          <p>
            {job.refusals ? tn('import.done_refused', job.refusals) : t('import.done_all')}{' '}
            {where && (
              <button type="button" class="link" onClick={() => onKind(where)}>
                {t('import.done_refused.where')}
              </button>
            )}
          </p>
          {job.dry_run && !wouldStore(job) && <p>{t('import.store.none')}</p>}
        </Alert>
      )}
      {job.status === 'failed' && (
        <Alert kind="error" title={t('import.status.failed')}>
          {job.message}
        </Alert>
      )}
    </div>
  );
}

export function Job({ id }: { id: string }) {
  const { job, error } = useJob(id);
  const [kind, setKind] = useState<ListKind>();
  function show(list: ListKind) {
    setKind(list);
    requestAnimationFrame(() => document.getElementById(`tab-${list}`)?.focus());
  }
  if (error && !job) return <Failure error={error} />;
  if (!job) return <Loading />;
  const done = !running(job);
  return (
    <>
      <p class="muted">
        {[job.file_name, t(`import.format.${job.format}`), job.month ? month(job.month) : ''].filter(Boolean).join(' · ')}{' '}
        {job.dry_run && <span class="tag">{t('import.dry_short')}</span>}
      </p>
      <Status job={job} onKind={show} />
      {done && <Again key={job.job} job={job} />}
      <Counts job={job} onKind={show} />
      {(job.notes?.length ?? 0) > 0 && (
        <section class="card">
          <h2>{t('import.notes')}</h2>
          <ul>
            {job.notes!.map((note) => (
              <li key={note.text}>{noteText(note)}</li>
            ))}
          </ul>
        </section>
      )}
      {done && <Lists job={job} kind={kind} onKind={setKind} />}
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
