// Every submitted version of a report, and what changed between two of them.
import { language, moment, month, t, tn } from '../i18n';
import { display, itemName, itemsOf, loadBoth, reportCall, reportPath, toCell, whereOf, type Where } from '../report';
import { place, setQuery } from '../router';
import type { Form, Version, VersionRow } from '../types';
import { Crumbs, Empty, Failure, Loading, Page, Scroll, useLoad } from '../ui';

function Differences({ where, form, version }: { where: Where; form: Form; version: number }) {
  const loaded = useLoad(`${reportPath(where)} ${version}`, () =>
    reportCall<Version>('GET', where, `/versions/${version}`),
  );
  if (loaded.loading && !loaded.data) return <Loading />;
  if (loaded.error) return <Failure error={loaded.error} retry={loaded.reload} />;
  const now = loaded.data!;
  const items = itemsOf(form);
  const changed = Object.entries(now.changed ?? {}).flatMap(([key, [was, is]]) => {
    const item = items.get(key);
    return item ? [{ item, was: display(item, toCell(item, was)), is: display(item, toCell(item, is)) }] : [];
  });
  const remarks = [
    ...(now.remarks.report ? [[t('history.report_remark'), now.remarks.report]] : []),
    ...Object.entries(now.remarks.items ?? {}),
    ...Object.entries(now.remarks.rules ?? {}),
  ] as Array<[string, string]>;
  return (
    <section class="card" aria-live="polite">
      <h2>{t('history.version', { version })}</h2>
      {!now.changed && <p>{t('history.first')}</p>}
      {now.changed && !changed.length && <p>{t('history.same')}</p>}
      {changed.length > 0 && (
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
      )}
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
    </section>
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
  const data = loaded.data;
  const chosen = Number(place.value.query.get('version') ?? data?.versions[0]?.version ?? 0);
  return (
    <Page
      title={t('history.title', { month: month(where.period) })}
      above={
        <Crumbs
          links={[
            { to: `/facility/${encodeURIComponent(where.facility)}?period=${where.period}`, text: data?.report.facility_name ?? where.facility },
            { to: reportPath(where), text: month(where.period) },
            { text: t('history') },
          ]}
        />
      }
    >
      {loaded.loading && !data && <Loading />}
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {data && !data.versions.length && <Empty title={t('history.none')} />}
      {data && data.versions.length > 0 && (
        <>
          <p class="muted">{tn('history.count', data.versions.length)}</p>
          <ol class="list card">
            {data.versions.map((one) => (
              <li key={one.version} class="row">
                <button
                  type="button"
                  class="link"
                  aria-pressed={one.version === chosen}
                  onClick={() => setQuery({ version: one.version })}
                >
                  {t('history.version', { version: one.version })}
                </button>
                <span>{moment(one.submitted_at)}</span>
                <span class="muted small">
                  {one.submitted_by ?? t('history.system')} · {t(`source.${one.source}`)} · {one.receipt}
                </span>
              </li>
            ))}
          </ol>
          {chosen > 0 && <Differences where={where} form={data.form} version={chosen} />}
        </>
      )}
    </Page>
  );
}
