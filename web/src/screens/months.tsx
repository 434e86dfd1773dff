// The months of a financial year of one facility, each with the state of its report.
import { get } from '../api';
import { moment, month, t, tn } from '../i18n';
import { duePeriod } from '../newest';
import { Await, StateTag, yearOf, YearSelect } from '../parts';
import { reportPath } from '../report';
import { place, setQuery } from '../router';
import { mayForm } from '../state';
import type { Month, MonthForm, Months } from '../types';
import { Empty, useLoad } from '../ui';

function when(form: MonthForm): string {
  if (form.status.endsWith('draft') && form.updated_at) return t('months.saved_at', { when: moment(form.updated_at) });
  if (form.submitted_at) return t('months.submitted_at', { when: moment(form.submitted_at), version: form.version ?? 1 });
  return '';
}

/** The month's report stands under another form than the facility has today. */
function otherForm(one: Month, form: MonthForm, type: string): boolean {
  return form.form !== formOf(type) && (form.version ?? 0) > 0 && one.forms.length === 1;
}
const formOf = (type: string) => (type === 'HSC' ? 'SC' : type);

function MonthForms({ facility, one, form, type }: { facility: string; one: Month; form: MonthForm; type: string }) {
  const reachable = one.open || form.status !== 'none';
  const act = mayForm('report.enter', form.form) && one.open ? t(`months.do.${form.status}`) : t(one.open ? 'months.do.open' : 'months.do.read');
  const other = otherForm(one, form, type);
  return (
    <div class="month-form">
      <div class="row">
        {reachable && (
          <a
            class="big-link"
            href={reportPath({ facility, form: form.form, period: one.period })}
            aria-label={`${month(one.period)}: ${act} (${t(`type.${form.form}`)})`}
          >
            {act}
          </a>
        )}
        <StateTag status={form.status} filled={form.filled} total={form.total} none={form.no_services && form.status === 'submitted'} />
      </div>
      {one.forms.length > 1 && <p class="small">{t(`type.${form.form}`)}</p>}
      {other && <p class="small">{t('months.other_form', { form: t(`type.${form.form}`) })}</p>}
      {when(form) && <p class="small muted">{when(form)}</p>}
    </div>
  );
}

function MonthCard({ facility, one, type }: { facility: string; one: Month; type: string }) {
  const chosen = place.value.query.get('period') === one.period;
  return (
    <li class={`card month${one.open ? '' : ' closed'}${chosen ? ' target' : ''}`}>
      <h3>
        {month(one.period)} {one.period === duePeriod() && <span class="tag info">{t('months.due_now')}</span>}
      </h3>
      {!one.open && <p class="muted">{t('months.not_open')}</p>}
      {one.forms.map((form) => (
        <MonthForms key={form.form} facility={facility} one={one} form={form} type={type} />
      ))}
    </li>
  );
}

/** Asked for by year, or by the month that is due. */
export function MonthsOf({ facility }: { facility: string }) {
  const asked = place.value.query;
  const period = asked.get('period');
  const year = asked.get('year') ?? (period ? yearOf(period) : undefined);
  const loaded = useLoad(`${facility} ${year}`, (abort) =>
    get<Months>(`/facilities/${encodeURIComponent(facility)}/months`, { year }, abort),
  );
  return (
    <section>
      <h2>{t('months.title')}</h2>
      <Await of={loaded}>
        {(data) => {
          const forms = data.months.flatMap((m) => (m.open ? m.forms : []));
          const due = forms.filter((f) => f.status === 'none' || f.status === 'draft').length;
          return (
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
                    <MonthCard key={one.period} facility={facility} one={one} type={data.type} />
                  ))}
                </ol>
              ) : (
                <Empty title={t('months.none')} />
              )}
            </>
          );
        }}
      </Await>
    </section>
  );
}
