// What waits to be sent: the month that is due now of every facility of the person, then every older open
// month, oldest first.
import { get, session } from './api';
import { day, month, t, tn } from './i18n';
import { daysLeft, duePeriod } from './newest';
import { Await, Meter, Pager } from './parts';
import { reportPath } from './report';
import { place } from './router';
import type { DueItem, DueList } from './types';
import { useLoad } from './ui';

function When({ item }: { item: DueItem }) {
  const left = daysLeft(item.deadline);
  const late = left < -60 ? tn('due.late_months', Math.floor(-left / 30.44)) : tn('due.late', Math.max(1, -left));
  return (
    <>
      <span class="small muted">{t('due.deadline', { day: day(item.deadline) })}</span>{' '}
      <span class={item.late ? 'tag bad' : 'tag warn'}>
        {item.late ? late : left === 0 ? t('due.today') : tn('due.left', left)}
      </span>
    </>
  );
}

const to = (item: DueItem) => reportPath({ facility: item.facility.code, form: item.form, period: item.period });

/** What is to be done first: the whole card leads to it. */
function First({ item }: { item: DueItem }) {
  return (
    <div class="due-first">
      <h4>
        {month(item.period)} <span class="small muted">{t(`type.${item.form}`)}</span>
      </h4>
      <p>
        <When item={item} />
      </p>
      {item.status === 'draft' && (
        <>
          <Meter part={item.filled} whole={item.of} label={t('form.count.of', { filled: item.filled, total: item.of })} />
          <p class="small">{t('form.count.of', { filled: item.filled, total: item.of })}</p>
        </>
      )}
      <a class="button primary" href={to(item)}>
        {item.status === 'draft' ? t('due.go_on') : t('due.start')}
        <span class="sr">
          {' '}
          {month(item.period)}, {item.facility.name}
        </span>
      </a>
    </div>
  );
}

function Line({ item }: { item: DueItem }) {
  return (
    <li class="row due-line">
      <a class="big-link" href={to(item)}>
        {month(item.period)}
        <span class="sr">, {item.facility.name}</span>
      </a>
      <span>
        {item.status === 'draft' && <span class="small">{t('state.draft_of', { filled: item.filled, total: item.of })} </span>}
        <When item={item} />
      </span>
    </li>
  );
}

/** By facility, in the order in which the first of each waits. */
function grouped(items: DueItem[]): Array<[DueItem['facility'], DueItem[]]> {
  const groups = new Map<string, [DueItem['facility'], DueItem[]]>();
  for (const item of items) {
    const group = groups.get(item.facility.code);
    if (group) group[1].push(item);
    else groups.set(item.facility.code, [item.facility, [item]]);
  }
  return [...groups.values()];
}

/** The month that is due now stands before the older ones, which stand oldest first. */
export function split(items: DueItem[], due: string): [now: DueItem[], older: DueItem[]] {
  return [items.filter((item) => item.period === due), items.filter((item) => item.period !== due)];
}

/** A line a facility: it is the same month for all. */
function Now({ items }: { items: DueItem[] }) {
  return (
    <ul class="list">
      {items.map((item) => (
        <li key={`${item.facility.code} ${item.form}`} class="row due-line">
          <span>
            <a class="big-link" href={to(item)}>
              {month(item.period)}
              <span class="sr">, {item.facility.name}</span>
            </a>{' '}
            <a href={`/facility/${encodeURIComponent(item.facility.code)}`}>{item.facility.name}</a>
          </span>
          <span>
            {item.status === 'draft' && <span class="small">{t('state.draft_of', { filled: item.filled, total: item.of })} </span>}
            <When item={item} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Groups({ items }: { items: DueItem[] }) {
  const groups = grouped(items);
  const many = groups.length > 1 || session.value!.facilities.length !== 1;
  return (
    <>
      {groups.map(([facility, lines]) => (
        <div key={facility.code}>
          {many && (
            <h4>
              <a href={`/facility/${encodeURIComponent(facility.code)}`}>{facility.name}</a>{' '}
              <span class="small muted">{facility.code}</span>
            </h4>
          )}
          <ul class="list">
            {lines.map((item) => (
              <Line key={`${item.period} ${item.form}`} item={item} />
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}

function Lists({ list, one, page }: { list: DueList; one: boolean; page: number }) {
  const [now, older] = split(list.items, duePeriod());
  const lead = one && page === 1 ? list.items[0] : undefined;
  const rest = older.filter((item) => item !== lead);
  return (
    <>
      {(now.length > 0 || lead) && <h3>{t(now.length ? 'months.due_now' : 'due.older')}</h3>}
      {lead && <First item={lead} />}
      {now.length > 0 && !lead && <Now items={now} />}
      {lead && now.length > 1 && <Now items={now.filter((item) => item !== lead)} />}
      {rest.length > 0 && !(lead && !now.length) && <h3>{t('due.older')}</h3>}
      <Groups items={rest} />
      <Pager page={page} more={list.more ?? page * (list.page_size ?? 50) < list.total} />
    </>
  );
}

/** `quiet`: another part of the screen says that there is no connection. */
export function Due({ quiet }: { quiet?: boolean }) {
  const page = Number(place.value.query.get('page') ?? 1);
  const loaded = useLoad(`due ${page}`, (abort) => get<DueList>('/due', { page: page > 1 ? page : undefined }, abort));
  const total = loaded.data?.total;
  const one = session.value!.facilities.length === 1;
  return (
    <section class="card due">
      <h2>
        {t('home.due')} {total !== undefined && <span class={`tag ${total ? 'warn' : 'ok'}`}>{tn('due.open', total)}</span>}
      </h2>
      <Await of={loaded} quiet={quiet}>
        {(list) => (list.items.length ? <Lists list={list} one={one} page={page} /> : <p>{t('home.nothing_due')}</p>)}
      </Await>
    </section>
  );
}
