// What a screen says when nothing was sent for the month it shows: which month has figures, and the way there.
import { day, month, t } from './i18n';
import { newestMonth } from './newest';
import { withQuery } from './router';
import { Empty, useLoad } from './ui';

interface Asked {
  period: string;
  area?: string | number;
  form?: string;
}

/** The room of what will be said: nothing below it moves when it comes. */
function Kept({ period }: { period: string }) {
  return (
    <div class="unseen" aria-hidden="true">
      <p>{t('nothing_sent.newest', { month: month(period) })}</p>
      <span class="button">{t('nothing_sent.show', { month: month(period) })}</span>
    </div>
  );
}

/** `to`: the address of the same screen for another month. */
export function NothingSent({ period, area, form, to = (newest) => withQuery({ period: newest }) }: Asked & { to?: (period: string) => string }) {
  const loaded = useLoad(`${period} ${area} ${form}`, (abort) => newestMonth(area, form, abort));
  const newest = loaded.data;
  return (
    <Empty title={t('nothing_sent', { month: month(period) })}>
      {newest === undefined && loaded.loading && <Kept period={period} />}
      {newest && newest !== period && (
        <>
          <p>{t('nothing_sent.newest', { month: month(newest) })}</p>
          <a class="button" href={to(newest)}>
            {t('nothing_sent.show', { month: month(newest) })}
          </a>
        </>
      )}
      {newest === null && <p>{t('nothing_sent.never')}</p>}
    </Empty>
  );
}

/** "Due on 5 November 2026, in 3 days." */
export function deadlineText(deadline: string, left: number): string {
  if (left < 0) return t('deadline.was', { day: day(deadline) });
  return t('deadline.is', { day: day(deadline) });
}
