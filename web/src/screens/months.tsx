// The months of a financial year of one facility, each with the state of its report.
import { get, session } from '../api';
import { moment, month, t, tn } from '../i18n';
import { StateTag, yearOf, YearSelect } from '../parts';
import { reportPath } from '../report';
import { place, setQuery } from '../router';
import { mayForm } from '../state';
import type { Month, MonthForm, Months } from '../types';
import { Crumbs, Empty, Failure, Loading, Page, useLoad } from '../ui';

function when(form: MonthForm): string {
  if (form.status.endsWith('draft') && form.updated_at) return t('months.saved_at', { when: moment(form.updated_at) });
  if (form.submitted_at) return t('months.submitted_at', { when: moment(form.submitted_at), version: form.version ?? 1 });
  return '';
}

function MonthCard({ facility, one }: { facility: string; one: Month }) {
  return (
    <li class={one.open ? 'card month' : 'card month closed'}>
      <h2>{month(one.period)}</h2>
      {!one.open && <p class="muted">{t('months.not_open')}</p>}
      {one.forms.map((form) => {
        const reachable = one.open || form.status !== 'none';
        return (
          <div key={form.form} class="month-form">
            <div class="row">
              {reachable ? (
                <a class="big-link" href={reportPath({ facility, form: form.form, period: one.period })} aria-label={`${month(one.period)}: ${mayForm('report.enter', form.form) && one.open ? t(`months.do.${form.status}`) : t('months.do.open')} (${t(`type.${form.form}`)})`}>
                  {mayForm('report.enter', form.form) && one.open ? t(`months.do.${form.status}`) : t('months.do.open')}
                </a>
              ) : null}
              <StateTag status={form.status} filled={form.filled} total={form.total} />
            </div>
            {one.forms.length > 1 && <p class="small">{t(`type.${form.form}`)}</p>}
            {when(form) && <p class="small muted">{when(form)}</p>}
          </div>
        );
      })}
    </li>
  );
}

export default function MonthsScreen({ params }: { params: Record<string, string> }) {
  const code = params.facility!;
  const asked = place.value.query;
  const period = asked.get('period');
  const year = asked.get('year') ?? (period ? yearOf(period) : undefined);
  const loaded = useLoad(`${code} ${year}`, (abort) =>
    get<Months>(`/facilities/${encodeURIComponent(code)}/months`, { year }, abort),
  );
  const data = loaded.data;
  const own = session.value!.facilities;
  const choice = !(own.length === 1 && !session.value!.area);
  const due = data?.months.flatMap((m) => (m.open ? m.forms : [])).filter((f) => f.status === 'none' || f.status === 'draft').length ?? 0;
  return (
    <Page
      title={data?.facility_name ?? t('months.title')}
      above={
        choice ? (
          <Crumbs links={[{ to: '/facilities', text: t('facilities.title') }, { text: data?.facility_name ?? code }]} />
        ) : undefined
      }
    >
      {data && (
        <p class="muted">
          {data.facility} · {t(`type.${data.type}`)}
        </p>
      )}
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {loaded.loading && !data && <Loading />}
      {data && (
        <>
          <div class="filters">
            <YearSelect value={data.year} years={data.years} onChange={(next) => setQuery({ year: next, period: null })} />
            <p class="muted" role="status">
              {tn('months.due', due)}
            </p>
          </div>
          {data.months.length ? (
            <ol class="cards months">
              {data.months.map((one) => (
                <MonthCard key={one.period} facility={code} one={one} />
              ))}
            </ol>
          ) : (
            <Empty title={t('months.none')} />
          )}
        </>
      )}
    </Page>
  );
}
