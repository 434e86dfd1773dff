// Every submitted version of a report, and what changed between two of them.
import { language, moment, month, t, tn } from '../i18n';
import { Await, remarksOf, StateTag } from '../parts';
import { display, itemName, itemsOf, loadBoth, reportCall, reportPath, toCell, whereOf, type Where } from '../report';
import { place, withQuery } from '../router';
import type { Form, Item, Version, VersionRow } from '../types';
import { Crumbs, Empty, Page, Scroll, useLoad } from '../ui';

interface Change {
  item: Item;
  was: string;
  is: string;
}

function Changes({ version, changed }: { version: number; changed: Change[] }) {
  return (
    <Scroll label={t('history.changes')}>
      <table>
        <caption class="sr">{t('history.changes')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('form.number')}</th>
            <th scope="col">{t('form.item')}</th>
            <th scope="col" class="n">{t('history.version', { version: version - 1 })}</th>
            <th scope="col" class="n">{t('history.version', { version })}</th>
          </tr>
        </thead>
        <tbody>
          {changed.map(({ item, was, is }) => (
            <tr key={item.key}>
              <td>{item.number}</td>
              <th scope="row">{itemName(item)}</th>
              <td class="n">{was || t('blank')}</td>
              <td class="n">
                <strong>{is || t('blank')}</strong>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Differences({ where, form, version }: { where: Where; form: Form; version: number }) {
  const loaded = useLoad(`${reportPath(where)} ${version}`, () => reportCall<Version>('GET', where, `/versions/${version}`));
  const items = itemsOf(form);
  return (
    <section class="card" aria-live="polite">
      <h2>{t('history.version', { version })}</h2>
      <Await of={loaded}>
        {(now) => {
          const changed = Object.entries(now.changed ?? {}).flatMap(([key, [was, is]]) => {
            const item = items.get(key);
            return item ? [{ item, was: display(item, toCell(item, was)), is: display(item, toCell(item, is)) }] : [];
          });
          const remarks = remarksOf(now.remarks);
          return (
            <>
              {!now.changed && <p>{t('history.first')}</p>}
              {now.changed && !changed.length && <p>{t('history.same')}</p>}
              {changed.length > 0 && <Changes version={version} changed={changed} />}
              {remarks.length > 0 && (
                <>
                  <h3>{t('history.remarks')}</h3>
                  <ul>
                    {remarks.map(([what, text]) => (
                      <li key={what}>
                        <strong>{what}</strong>: {text}
                      </li>
                    ))}
                  </ul>
                </>
              )}
            </>
          );
        }}
      </Await>
    </section>
  );
}

function Versions({ versions, chosen }: { versions: VersionRow[]; chosen: number }) {
  return (
    <>
      <p class="muted">{tn('history.count', versions.length)}</p>
      <ol class="list card">
        {versions.map((one) => (
          <li key={one.version} class="row">
            <a href={withQuery({ version: one.version })} aria-current={one.version === chosen ? 'true' : undefined}>
              {t('history.version', { version: one.version })}
            </a>
            {one.no_services && <StateTag status="submitted" none />}
            <span>{moment(one.submitted_at)}</span>
            <span class="muted small">
              {one.submitted_by ?? t('history.system')} · {t(`source.${one.source}`)} · {one.receipt}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

export default function HistoryScreen({ params }: { params: Record<string, string> }) {
  const where = whereOf(params);
  const loaded = useLoad(`${reportPath(where)} ${language.value}`, async (abort) => {
    const both = await loadBoth(where, abort);
    // nothing submitted: there are no versions to ask for
    const versions = both.report.submitted
      ? await reportCall<{ versions: VersionRow[] }>('GET', where, '/versions')
      : { versions: [] };
    return { ...both, versions: versions.versions };
  });
  return (
    <Page
      title={t('history.title', { month: month(where.period) })}
      above={
        <Crumbs
          links={[
            { to: `/facility/${encodeURIComponent(where.facility)}?period=${where.period}`, text: loaded.data?.report.facility_name ?? where.facility },
            { to: reportPath(where), text: month(where.period) },
            { text: t('history') },
          ]}
        />
      }
    >
      <Await of={loaded}>
        {({ form, versions }) => {
          const newest = versions[0]?.version;
          if (!newest) return <Empty title={t('history.none')} />;
          const chosen = Number(place.value.query.get('version') ?? newest);
          return (
            <>
              <Versions versions={versions} chosen={chosen} />
              <Differences where={where} form={form} version={chosen} />
            </>
          );
        }}
      </Await>
    </Page>
  );
}
