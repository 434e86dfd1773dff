// A facility: what it is today, its months, how it became what it is, and the acts that change it.
import { get, session } from '../api';
import { day, language, t } from '../i18n';
import { Await, kindText } from '../parts';
import { may } from '../state';
import type { FacilityAbout, FacilitySpan } from '../types';
import { Crumbs, Page, Scroll, useLoad } from '../ui';
import { FacilityActs } from './facility-acts';
import { MonthsOf } from './months';

function Today({ about }: { about: FacilityAbout }) {
  const placed = [about.block, about.district, about.state].map((area) => area?.name).filter(Boolean);
  const facts: Array<[string, string | number | null | undefined]> = [
    [t('facility.code'), about.code],
    [t('facility.kind'), kindText(about)],
    [t('facility.place'), placed.join(', ')],
    [t('facility.status'), t(`facility.status.${about.status}`)],
    [t('facility.opened'), about.opened_on && day(about.opened_on)],
    [t('facility.closed'), about.closed_on && day(about.closed_on)],
    [t('facility.nin'), about.nin],
    [t('facility.beds'), about.beds],
  ];
  return (
    <dl class="card facts">
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

const COLUMNS = ['name', 'kind', 'place', 'open'] as const;
function cellOf(span: FacilitySpan, column: (typeof COLUMNS)[number]): string {
  if (column === 'name') return span.name;
  if (column === 'kind') return kindText(span);
  if (column === 'open') return t(span.open ? 'facility.status.open' : 'facility.status.closed');
  return [span.block, span.district, span.state].filter(Boolean).join(', ');
}

/** `to` is the first day on which it no longer held. */
function lastDay(to: string): string {
  return day(new Date(Date.parse(to) - 86_400_000).toISOString().slice(0, 10));
}

function spanText({ from, to }: FacilitySpan): string {
  if (!from) return to ? t('facility.until', { day: lastDay(to) }) : t('facility.always');
  return to ? t('facility.from_to', { from: day(from), to: lastDay(to) }) : t('facility.since', { day: day(from) });
}

/** Newest first; what differs from the time before is told in bold. */
function History({ spans }: { spans: FacilitySpan[] }) {
  const rows = [...spans].sort((a, b) => (b.from ?? '').localeCompare(a.from ?? ''));
  return (
    <details class="card history">
      <summary>
        <h2>{t('facility.history')}</h2>
      </summary>
      <p class="muted">{t('facility.history.text')}</p>
      <Scroll label={t('facility.history')}>
        <table class="stack">
          <caption class="sr">{t('facility.history')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('facility.when')}</th>
              {COLUMNS.map((column) => (
                <th key={column} scope="col">{t(`facility.column.${column}`)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((span, i) => (
              <tr key={span.from}>
                <th scope="row" data-label={t('facility.when')}>{spanText(span)}</th>
                {COLUMNS.map((column) => {
                  const text = cellOf(span, column);
                  const before = rows[i + 1];
                  const changed = before !== undefined && cellOf(before, column) !== text;
                  return (
                    <td key={column} data-label={t(`facility.column.${column}`)}>
                      {changed ? <strong>{text}</strong> : text}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}

export default function FacilityScreen({ params }: { params: Record<string, string> }) {
  const code = params.facility!;
  const path = `/facilities/${encodeURIComponent(code)}`;
  const loaded = useLoad(`${path} ${language.value}`, (abort) => get<FacilityAbout>(path, { language: language.value }, abort));
  const name = loaded.data?.name;
  const { facilities, area } = session.value!;
  const choice = area !== null || facilities.length > 1;
  return (
    <Page
      title={name ?? t('facility')}
      above={choice ? <Crumbs links={[{ to: '/facilities', text: t('facilities.title') }, { text: name ?? code }]} /> : undefined}
    >
      <Await of={loaded} lines={2}>{(about) => <Today about={about} />}</Await>
      {loaded.data && <MonthsOf facility={code} />}
      {loaded.data?.history && <History spans={loaded.data.history} />}
      {loaded.data && may('facility.change') && <FacilityActs about={loaded.data} onDone={loaded.reload} />}
    </Page>
  );
}
