// Home: for facility staff what is due, for officers who has reported for the month that is due.
import { get, session } from '../api';
import { Due } from '../due';
import { language, moment, month, t, tn } from '../i18n';
import { daysLeft, duePeriod, loadReporting } from '../newest';
import { deadlineText, NothingSent } from '../nothing';
import { Await, percent, StateTag } from '../parts';
import { keptReports, reportPath } from '../report';
import { place } from '../router';
import { may, ownAreaName } from '../state';
import type { ReportList, ReportRow, Reporting } from '../types';
import { Alert, Empty, isOffline, Page, useLoad } from '../ui';
import { ReportingTable } from './reporting';

function ReportLines({ rows }: { rows: ReportRow[] }) {
  return (
    <ul class="list">
      {rows.map((row) => {
        const to = reportPath(row);
        const draft = row.status.endsWith('draft');
        return (
          <li key={to} class="row">
            <span>
              <a class="big-link" href={to}>
                {month(row.period)}
              </a>{' '}
              <span class="small">{row.facility_name}</span>
              {row.no_services && <StateTag status="submitted" none />}
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
              {month(one.period)}, {session.value!.facilities.find((own) => own.code === one.facility)?.name ?? one.facility}
            </a>
            : {tn('home.unsent.figures', one.count)}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

/** Submitted reports that are being corrected: nothing of it counts before it is sent again. */
function Corrections() {
  const loaded = useLoad('drafts', (abort) => get<ReportList>('/reports', { status: 'draft' }, abort));
  const rows = loaded.data?.reports.filter((row) => row.version) ?? [];
  if (!rows.length && (!loaded.error || isOffline(loaded.error))) return null;
  return (
    <section class="card">
      <h2>{t('home.corrections')}</h2>
      <Await of={loaded} quiet>{() => <ReportLines rows={rows.slice(0, 5)} />}</Await>
    </section>
  );
}

function Sent() {
  const loaded = useLoad('sent', (abort) => get<ReportList>('/reports', { status: 'submitted' }, abort));
  if (isOffline(loaded.error) && !loaded.data) return null;
  return (
    <section class="card">
      <h2>{t('home.sent')}</h2>
      <Await of={loaded} quiet>
        {(list) =>
          list.reports.length ? <ReportLines rows={list.reports.slice(0, 5)} /> : <p class="muted">{t('home.no_sent')}</p>
        }
      </Await>
      <p>
        <a href="/reports">{t('home.all_reports')}</a>
      </p>
    </section>
  );
}

function FacilityHome() {
  const own = session.value!.facilities;
  return (
    <>
      <Unsent />
      <div class="two">
        <Due />
        <div>
          <Corrections />
          <Sent />
          <p>
            <a href={own.length === 1 ? `/facility/${encodeURIComponent(own[0]!.code)}` : '/facilities'}>{t('home.all_months')}</a>
          </p>
        </div>
      </div>
    </>
  );
}

function Tiles({ data }: { data: Reporting }) {
  const { expected, reported } = data.total;
  const query = `?period=${data.period}`;
  return (
    <ul class="tiles">
      <li class="card">
        <span class="big">{percent(reported, expected)}</span>
        <a class="big-link" href={`/reporting${query}`}>
          {t('home.reported', { reported, expected })}
        </a>
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
    </ul>
  );
}

function OfficerHome({ period }: { period: string }) {
  const area = session.value!.area!.id;
  const loaded = useLoad(`home ${area} ${period} ${language.value}`, (abort) => loadReporting(area, period, abort));
  return (
    <>
      {may('report.enter') && <Unsent />}
      <Await of={loaded}>
        {(data) => (
          <>
            {data.total.reported === 0 && <NothingSent period={period} area={area} />}
            <Tiles data={data} />
            <h2>{t('home.status', { month: month(data.period) })}</h2>
            {data.rows.length ? <ReportingTable data={data} /> : <Empty title={t('reporting.none')} />}
          </>
        )}
      </Await>
      {may('report.enter') && <Due quiet />}
    </>
  );
}

export default function HomeScreen() {
  const user = session.value!;
  // Whoever is tied to an area oversees facilities; the others work in one or some.
  const officer = user.area !== null;
  const period = place.value.query.get('period') ?? duePeriod();
  const where = officer ? ownAreaName() : (user.facilities.length === 1 ? user.facilities[0]!.name : t('nav.home'));
  const deadline = period === duePeriod() ? user.due_date : undefined;
  return (
    <Page title={officer ? `${where}, ${month(period)}` : where}>
      {deadline && <p class="muted">{deadlineText(deadline, daysLeft(deadline))}</p>}
      {officer ? <OfficerHome period={period} /> : <FacilityHome />}
    </Page>
  );
}
