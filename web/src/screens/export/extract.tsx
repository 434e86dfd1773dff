// The facility-wise extract, chosen and downloaded.
import { useState } from 'preact/hooks';

import { t } from '../../i18n';
import { ErrorSummary } from '../../ui';
import { DownloadButton, useDownload } from './download';
import { AreaField, FormField, MonthField } from './fields';
import { type ExtractChoice, extractFile, isOne, monthsWrong } from './file';

export function ExtractCard({ first }: { first: Pick<ExtractChoice, 'area' | 'form' | 'from' | 'to'> }) {
  const [choice, setChoice] = useState<ExtractChoice>({ ...first, reported: false });
  const [errors, setErrors] = useState<Array<{ to?: string; text: string }>>([]);
  const download = useDownload();
  const change = (part: Partial<ExtractChoice>) => setChoice((before) => ({ ...before, ...part }));
  function submit(event: Event) {
    event.preventDefault();
    if (download.stage === 'making') return;
    const wrong = monthsWrong(choice.from, choice.to);
    setErrors(wrong ? [{ to: 'export-to', text: t(wrong) }] : []);
    if (!wrong) void download.start(extractFile(choice));
  }
  return (
    <form class="card" aria-labelledby="export-title" onSubmit={submit} noValidate>
      <h2 id="export-title">{t('export.title')}</h2>
      <p class="muted">{t('export.text')}</p>
      <ErrorSummary errors={errors} />
      <div class="filters">
        <FormField id="export-form" value={choice.form} every={t('export.every_form')} onChange={(form) => change({ form })} />
        <MonthField id="export-from" label={t('export.from')} value={choice.from} onChange={(from) => change({ from, to: from > choice.to ? from : choice.to })} />
        <MonthField id="export-to" label={t('export.to')} value={choice.to} onChange={(to) => change({ to })} />
        <AreaField id="export" value={choice.area} period={choice.to} onChange={(area) => change({ area })} />
      </div>
      <div>
        <label class="check">
          <input type="checkbox" checked={choice.reported} onChange={(event) => change({ reported: event.currentTarget.checked })} /> {t('export.reported')}
        </label>
      </div>
      <p class="hint">{t('export.kinds')}</p>
      <DownloadButton of={download} text={t(isOne(choice) ? 'export.csv' : 'export.zip')} />
    </form>
  );
}
