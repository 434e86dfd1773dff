// The receipt of a submitted report.
import { language, moment, month, t } from '../i18n';
import { itemsOf, loadBoth, reportPath, whereOf } from '../report';
import { may, mayForm } from '../state';
import { Alert, Crumbs, Empty, Failure, Icon, Loading, Page, useLoad } from '../ui';

export default function ReceiptScreen({ params }: { params: Record<string, string> }) {
  const where = whereOf(params);
  const loaded = useLoad(`${reportPath(where)} ${language.value}`, (abort) => loadBoth(where, abort));
  const report = loaded.data?.report;
  const sent = report?.submitted;
  const total = loaded.data ? itemsOf(loaded.data.form).size : 0;
  const filled = Object.values(sent?.items ?? report?.items ?? {}).filter((value) => value !== null).length;
  return (
    <Page
      title={t('receipt.title')}
      above={
        <Crumbs
          links={[
            { to: `/facility/${encodeURIComponent(where.facility)}?period=${where.period}`, text: report?.facility_name ?? where.facility },
            { text: t('receipt.short') },
          ]}
        />
      }
    >
      {loaded.loading && !report && <Loading />}
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {report && !sent && <Empty title={t('receipt.none')} />}
      {report && sent && (
        <>
          <Alert kind="success" title={t('receipt.done')}>
            <p class="receipt-number">
              {t('receipt.number')} <strong>{sent.receipt}</strong>
            </p>
          </Alert>
          <dl class="card facts">
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
              <dt>{t('form')}</dt>
              <dd>{loaded.data!.form.title}</dd>
            </div>
            <div>
              <dt>{t('receipt.at')}</dt>
              <dd>{moment(sent.submitted_at)}</dd>
            </div>
            <div>
              <dt>{t('version')}</dt>
              <dd>{sent.version}</dd>
            </div>
            <div>
              <dt>{t('receipt.filled')}</dt>
              <dd>{t('review.filled', { filled, total })}</dd>
            </div>
          </dl>
          <p>{t('receipt.next')}</p>
          <div class="actions">
            {(report.may?.enter ?? (report.open && mayForm('report.enter', report.form))) && (
              <a class="button" href={reportPath(where)}>
                {t('form.correct')}
              </a>
            )}
            <button type="button" class="button" onClick={() => window.print()}>
              <Icon name="print" /> {t('receipt.print')}
            </button>
            <a class="button" href={`${reportPath(where)}/paper`}>
              {t('receipt.paper')}
            </a>
            <a class="button primary" href={`/facility/${encodeURIComponent(where.facility)}?period=${where.period}`}>
              {t('receipt.months')}
            </a>
            {may('report.read') && (
              <a class="button" href={`${reportPath(where)}/history`}>
                {t('history')}
              </a>
            )}
          </div>
        </>
      )}
    </Page>
  );
}
