// Home: for facility staff what is due, for officers who has reported.
import { get, session } from '../api';
import { moment, month, t, tn } from '../i18n';
import { loadReporting } from '../newest';
import { percent, StateTag } from '../parts';
import { keptReports, reportPath } from '../report';
import { may } from '../state';
import type { Months, ReportList, ReportRow } from '../types';
import { Alert, Empty, Failure, Loading, Page, useLoad } from '../ui';
import { ReportingTable } from './reporting';

function ReportLines({ rows, none }: { rows: ReportRow[]; none: string }) {
  if (!rows.length) return <p class="muted">{none}</p>;
  return (
    <ul class="list">
      {rows.map((row) => {
        const to = reportPath(row);
        const draft = row.status.endsWith('draft');
        return (
          <li key={to} class="row">
            <span>
              <a class="big-link" href={draft ? to : `${to}/receipt`}>
                {month(row.period)}
              </a>{' '}
              <span class="small">{row.facility_name}</span>
            </span>
            <span class="small muted">
              {t(`type.${row.form}`)} · {moment((draft ? row.updated_at : row.submitted_at)!)}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Unsent() {
  const kept = keptReports();
  if (!kept.length) return null;
  return (
    <Alert kind="warning" title={t('home.unsent')}>
      <ul>
        {kept.map((one) => (
          <li key={reportPath(one)}>
            <a href={reportPath(one)}>
              {month(one.period)}, {one.facility}
            </a>
            : {tn('home.unsent.figures', one.count)}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

function Due({ facility }: { facility: string }) {
  const loaded = useLoad(facility, (abort) => get<Months>(`/facilities/${encodeURIComponent(facility)}/months`, undefined, abort));
  const data = loaded.data;
  if (loaded.error) return <Failure error={loaded.error} retry={loaded.reload} />;
  if (!data) return <Loading />;
  const due = data.months.flatMap((m) => (m.open ? m.forms.filter((f) => f.status === 'none' || f.status === 'draft').map((f) => ({ m, f })) : []));
  return (
    <section class="card">
      <h2>
        {t('home.due')} <span class={`tag ${due.length ? 'warn' : 'ok'}`}>{due.length}</span>
      </h2>
      <p class="muted">
        {data.facility_name}, {data.year}
      </p>
      {!due.length && <p>{t('home.nothing_due')}</p>}
      <ul class="list">
        {due.slice(0, 4).map(({ m, f }) => (
          <li key={`${m.period} ${f.form}`} class="row">
            <a class="big-link" href={reportPath({ facility, form: f.form, period: m.period })}>
              {month(m.period)}
            </a>
            <StateTag status={f.status} filled={f.filled} total={f.total} />
          </li>
        ))}
      </ul>
      <p>
        <a href={`/facility/${encodeURIComponent(facility)}?year=${data.year}`}>{t('home.all_months')}</a>
      </p>
    </section>
  );
}

function FacilityHome() {
  const own = session.value!.facilities;
  const drafts = useLoad('drafts', (abort) => get<ReportList>('/reports', { status: 'draft' }, abort));
  const sent = useLoad('sent', (abort) => get<ReportList>('/reports', { status: 'submitted' }, abort));
  return (
    <>
      <Unsent />
      <div class="two">
        {own.length === 1 ? (
          <Due facility={own[0]!.code} />
        ) : (
          <section class="card">
            <h2>{t('home.facilities')}</h2>
            <ul class="list">
              {own.slice(0, 8).map((f) => (
                <li key={f.code} class="row">
                  <a class="big-link" href={`/facility/${encodeURIComponent(f.code)}`}>
                    {f.name}
                  </a>
                  <span class="small muted">{f.code}</span>
                </li>
              ))}
            </ul>
            <a class="button primary" href="/facilities">
              {t('nav.enter')}
            </a>
          </section>
        )}
        <div>
          <section class="card">
            <h2>{t('home.drafts')}</h2>
            {drafts.error ? <Failure error={drafts.error} retry={drafts.reload} /> : null}
            {!drafts.data && drafts.loading ? <Loading /> : null}
            {drafts.data && <ReportLines rows={drafts.data.reports.slice(0, 5)} none={t('home.no_drafts')} />}
          </section>
          <section class="card">
            <h2>{t('home.sent')}</h2>
            {sent.error ? <Failure error={sent.error} retry={sent.reload} /> : null}
            {!sent.data && sent.loading ? <Loading /> : null}
            {sent.data && <ReportLines rows={sent.data.reports.filter((r) => r.submitted_at).slice(0, 5)} none={t('home.no_sent')} />}
            <p>
              <a href="/reports">{t('home.all_reports')}</a>
            </p>
          </section>
        </div>
      </div>
    </>
  );
}

function OfficerHome() {
  const loaded = useLoad('home', (abort) => loadReporting(session.value!.area?.id, undefined, abort));
  const data = loaded.data;
  const { expected, reported } = data?.total ?? { expected: 0, reported: 0 };
  const query = data ? `?period=${data.period}` : '';
  return (
    <>
      {may('report.enter') && <Unsent />}
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {loaded.loading && !data && <Loading />}
      {data && (
        <>
          <ul class="tiles">
            <li class="card">
              <span class="big">{percent(reported, expected)}</span>
              <span>{t('home.reported', { reported, expected })}</span>
              <span class="muted small">{month(data.period)}</span>
            </li>
            <li class="card">
              <a class="big-link" href={`/itemwise${query}`}>
                {t('nav.itemwise')}
              </a>
              <span class="muted">{t('home.itemwise')}</span>
            </li>
            <li class="card">
              <a class="big-link" href={`/validation${query}`}>
                {t('nav.validation')}
              </a>
              <span class="muted">{t('home.validation')}</span>
            </li>
            {may('report.enter') && (
              <li class="card">
                <a class="big-link" href="/facilities?type=DHQ">
                  {t('nav.enter')}
                </a>
                <span class="muted">{t('home.dhq')}</span>
              </li>
            )}
          </ul>
          <h2>{t('home.status', { month: month(data.period) })}</h2>
          {data.rows.length ? <ReportingTable data={data} /> : <Empty title={t('reporting.none')} />}
        </>
      )}
    </>
  );
}

export default function HomeScreen() {
  const user = session.value!;
  // Whoever is tied to an area oversees facilities; the others work in one or some.
  const officer = user.area !== null;
  return (
    <Page title={user.area?.name ?? (user.facilities.length === 1 ? user.facilities[0]!.name : t('nav.home'))}>
      {officer ? <OfficerHome /> : <FacilityHome />}
    </Page>
  );
}
