// The form as a page of paper: filled, or blank to be filled by hand.
import { clock, language, moment, month, t } from '../i18n';
import { livingDraft } from '../living';
import { display, itemName, itemsOf, loadBoth, reportPath, sectionTitle, toCells, whereOf, type Where } from '../report';
import { place, setQuery } from '../router';
import type { Cells, Form, Report, ReportRemarks } from '../types';
import { Crumbs, Failure, Icon, Loading, Page, useLoad } from '../ui';

function Remarks({ remarks }: { remarks: ReportRemarks | null }) {
  const all = [
    ...(remarks?.report ? [[t('history.report_remark'), remarks.report]] : []),
    ...Object.entries(remarks?.items ?? {}),
    ...Object.entries(remarks?.rules ?? {}),
  ] as Array<[string, string]>;
  if (!all.length) return null;
  return (
    <section class="paper-section">
      <h2>{t('history.remarks')}</h2>
      <ul>
        {all.map(([what, text]) => (
          <li key={what}>
            <strong>{what}</strong>: {text}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What is on the screen of the form, if it is being typed in this tab. */
function figuresOf(where: Where, report: Report, form: Form): Cells {
  const items = itemsOf(form);
  const living = livingDraft(where);
  return living ? (living.draft.values(items.keys()) as Cells) : toCells(items, report.items);
}

export default function PaperScreen({ params }: { params: Record<string, string> }) {
  const where = whereOf(params);
  const loaded = useLoad(`${reportPath(where)} ${language.value}`, (abort) => loadBoth(where, abort));
  const blank = place.value.query.get('blank') === '1';
  const data = loaded.data;
  const report = data?.report;
  const cells: Cells = data && report && !blank ? figuresOf(where, report, data.form) : {};
  const status = blank || !report
    ? t('paper.blank')
    : report.status.endsWith('draft')
      ? t('paper.draft', { when: moment(report.updated_at!) })
      : report.submitted
        ? t('paper.submitted', { when: moment(report.submitted.submitted_at), receipt: report.submitted.receipt })
        : t('state.none');
  return (
    <Page
      title={data?.form.title ?? t('paper.title')}
      above={
        <Crumbs
          links={[
            { to: `/facility/${encodeURIComponent(where.facility)}?period=${where.period}`, text: report?.facility_name ?? where.facility },
            { to: reportPath(where), text: month(where.period) },
            { text: t('print') },
          ]}
        />
      }
      actions={
        <>
          <button type="button" class="button" aria-pressed={blank} onClick={() => setQuery({ blank: blank ? null : 1 })}>
            {blank ? t('paper.show_filled') : t('paper.show_blank')}
          </button>
          <button type="button" class="button primary" onClick={() => window.print()}>
            <Icon name="print" /> {t('print')}
          </button>
        </>
      }
    >
      {loaded.loading && !data && <Loading />}
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {data && report && (
        <div class="paper">
          <dl class="facts">
            <div>
              <dt>{t('facility')}</dt>
              <dd>
                {report.facility_name} ({report.facility})
              </dd>
            </div>
            <div>
              <dt>{t('month')}</dt>
              <dd>{month(where.period)}</dd>
            </div>
            <div>
              <dt>{t('paper.status')}</dt>
              <dd>{status}</dd>
            </div>
          </dl>
          {data.form.sections.map((section) => (
            <table key={section.id} class="paper-section">
              <caption>
                {sectionTitle(section)}
              </caption>
              <thead>
                <tr>
                  <th scope="col" class="num">{t('form.number')}</th>
                  <th scope="col">{t('form.item')}</th>
                  <th scope="col" class="n figure">{t('form.figure')}</th>
                </tr>
              </thead>
              <tbody>
                {section.items.map((item) => (
                  <tr key={item.key}>
                    <td class="num">{item.number}</td>
                    <th scope="row">{itemName(item)}</th>
                    <td class="n figure">{display(item, cells[item.key])}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          ))}
          {!blank && <Remarks remarks={report.remarks} />}
          <div class="signatures">
            <p>{t('paper.prepared')}</p>
            <p>{t('paper.checked')}</p>
            <p>{t('paper.date')}</p>
          </div>
          <p class="small muted print-only">{t('paper.printed', { when: `${moment(new Date().toISOString()).replace(/, .*/, '')} ${clock(Date.now())}` })}</p>
        </div>
      )}
    </Page>
  );
}
