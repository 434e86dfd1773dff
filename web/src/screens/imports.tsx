// Figures from and into files: loading one, the jobs, one job with what it answers and asks; templates and
// extracts to take along.
import { get } from '../api';
import { moment, number, t } from '../i18n';
import { duePeriod } from '../newest';
import type { ImportJob } from '../types';
import { Crumbs, Empty, Failure, Loading, Page, Scroll, useLoad } from '../ui';
import { ExtractCard } from './export/extract';
import { TemplateCard } from './export/template';
import { Job } from './imports/job';
import { NewImport } from './imports/new';

function StatusTag({ job }: { job: ImportJob }) {
  const tone = { waiting: '', running: 'info', done: job.refusals || job.figures_asked ? 'warn' : 'ok', failed: 'bad' }[job.status];
  return <span class={`tag ${tone}`}>{t(`import.status.${job.status}`)}</span>;
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
                <th scope="col">{t('import.state')}</th>
                <th scope="col" class="n">{t('import.count.figures_stored')}</th>
                <th scope="col" class="n">{t('import.count.figures_asked')}</th>
                <th scope="col" class="n">{t('import.count.refusals')}</th>
              </tr>
            </thead>
            <tbody>
              {jobs.map((job) => (
                <tr key={job.job}>
                  <th scope="row" data-label={t('import.file')}>
                    <span>
                      <a href={`/imports/${job.job}`}>{job.file_name}</a> {job.dry_run && <span class="tag">{t('import.dry_short')}</span>}
                    </span>
                  </th>
                  <td data-label={t('import.started')}>{moment(job.started_at)}</td>
                  <td data-label={t('import.state')}>
                    <StatusTag job={job} />
                  </td>
                  <td class="n" data-label={t('import.count.figures_stored')}>{job.dry_run ? '' : number(job.figures_stored)}</td>
                  <td class="n" data-label={t('import.count.figures_asked')}>{number(job.figures_asked)}</td>
                  <td class="n" data-label={t('import.count.refusals')}>{number(job.refusals)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
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
        <Job key={id} id={id} />
      ) : (
        <>
          <NewImport />
          <TemplateCard />
          <ExtractCard first={{ area: '', form: '', from: duePeriod(), to: duePeriod() }} />
          <Jobs />
        </>
      )}
    </Page>
  );
}
