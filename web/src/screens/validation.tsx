// Validation summary: for each rule of a form and month, how many facilities came out how.
import { address, get, session } from '../api';
import { language, month, t, tn } from '../i18n';
import { newestMonth } from '../newest';
import { monthsOf, MonthSelect, percent, yearOf, YearSelect, yearsBack } from '../parts';
import { place, setQuery } from '../router';
import type { RuleCounts, ValidationSummary } from '../types';
import { Empty, Failure, Icon, Loading, Page, Scroll, useLoad } from '../ui';

/** The official bands of the share of errors: 1 below 5 %, 2 below 10, 3 below 25, 4 below 50, 5. */
export function band(errors: number, judged: number): 0 | 1 | 2 | 3 | 4 | 5 {
  if (judged === 0) return 0;
  const share = errors / judged;
  return share < 0.05 ? 1 : share < 0.1 ? 2 : share < 0.25 ? 3 : share < 0.5 ? 4 : 5;
}

const FORMS = ['SC', 'PHC', 'CHC', 'SDH', 'DH', 'DHQ'];

export default function ValidationScreen() {
  const query = place.value.query;
  const area = Number(query.get('area')) || session.value!.area?.id;
  const form = query.get('form') ?? 'PHC';
  const period = query.get('period') ?? undefined;
  const loaded = useLoad(`${area} ${period} ${form} ${language.value}`, async (abort) => {
    const when = period ?? (await newestMonth(abort));
    const summary = await get<ValidationSummary>('/validation', { area, period: when, form, language: language.value }, abort);
    return { when, summary };
  });
  const data = loaded.data?.summary;
  const when = loaded.data?.when;
  const year = when ? yearOf(when) : '';
  const rules = data ? [...data.rules].sort((a, b) => share(b) - share(a)) : [];
  return (
    <Page
      wide
      title={t('validation.title')}
      actions={
        when && (
          <>
            <a class="button quiet" href={address('/validation.csv', { area, period: when, form, language: language.value })} download>
              <Icon name="download" /> {t('csv')}
            </a>
            <button type="button" class="button quiet" onClick={() => window.print()}>
              <Icon name="print" /> {t('print')}
            </button>
          </>
        )
      }
    >
      {when && (
        <div class="filters card no-print">
          <YearSelect
            value={year}
            years={[...new Set([year, ...yearsBack()])].sort().reverse()}
            onChange={(next) => setQuery({ period: monthsOf(next)[monthsOf(year).indexOf(when)]! })}
          />
          <MonthSelect id="period" label={t('month')} value={when} months={monthsOf(year)} onChange={(next) => setQuery({ period: next })} />
          <div class="field">
            <label for="form">{t('form')}</label>
            <select id="form" value={form} onChange={(event) => setQuery({ form: event.currentTarget.value, period: when })}>
              {FORMS.map((code) => (
                <option key={code} value={code}>
                  {t(`type.${code}`)}
                </option>
              ))}
            </select>
          </div>
        </div>
      )}
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {loaded.loading && !data && <Loading />}
      {data && (
        <>
          <p class="report-head">
            <strong>{data.area.name}</strong>, {month(when!)}. {tn('validation.facilities', data.facilities)}
          </p>
          <ul class="bands" aria-label={t('validation.bands')}>
            {[1, 2, 3, 4, 5].map((n) => (
              <li key={n}>
                <span class={`band band-${n}`} aria-hidden="true" /> {t(`band.${n}`)}
              </li>
            ))}
          </ul>
          {!rules.length || !data.facilities ? (
            <Empty title={t('validation.none')} />
          ) : (
            <Scroll label={t('validation.title')}>
              <table class="stack validation">
                <caption class="sr">{t('validation.title')}</caption>
                <thead>
                  <tr>
                    <th scope="col">{t('validation.rule')}</th>
                    <th scope="col" class="n">{t('outcome.consistent')}</th>
                    <th scope="col" class="n">{t('outcome.inconsistent')}</th>
                    <th scope="col" class="n">{t('outcome.probable')}</th>
                    <th scope="col" class="n">{t('outcome.blank')}</th>
                    <th scope="col">{t('validation.share')}</th>
                  </tr>
                </thead>
                <tbody>
                  {rules.map((rule) => {
                    const errors = rule.inconsistent + rule.probable;
                    const judged = errors + rule.consistent;
                    const level = band(errors, judged);
                    return (
                      <tr key={rule.code}>
                        <th scope="row" data-label={t('validation.rule')}>
                          <span>
                            <span class="muted">{rule.code}</span> {rule.text}
                          </span>
                        </th>
                        <td class="n" data-label={t('outcome.consistent')}>{rule.consistent}</td>
                        <td class="n" data-label={t('outcome.inconsistent')}>{rule.inconsistent}</td>
                        <td class="n" data-label={t('outcome.probable')}>{rule.probable}</td>
                        <td class="n" data-label={t('outcome.blank')}>{rule.blank}</td>
                        <td data-label={t('validation.share')}>
                          {level ? (
                            <span class="nowrap">
                              <span class={`band band-${level}`} aria-hidden="true" /> {percent(errors, judged)}
                            </span>
                          ) : (
                            t('validation.no_share')
                          )}
                        </td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </Scroll>
          )}
        </>
      )}
    </Page>
  );
}

function share(rule: RuleCounts): number {
  const errors = rule.inconsistent + rule.probable;
  const judged = errors + rule.consistent;
  return judged ? errors / judged : -1;
}
