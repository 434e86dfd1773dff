// A workbook to fill in and import.
import { useState } from 'preact/hooks';

import { language, t } from '../../i18n';
import { duePeriod } from '../../newest';
import { Field } from '../../ui';
import { DownloadButton, useDownload } from './download';
import { AreaField, FormField, MonthField } from './fields';
import { type TemplateChoice, templateFile } from './file';

export function TemplateCard() {
  const [choice, setChoice] = useState<TemplateChoice>({ area: '', form: 'PHC', period: duePeriod(), kind: 'extract' });
  const download = useDownload();
  const change = (part: Partial<TemplateChoice>) => setChoice((before) => ({ ...before, ...part }));
  function submit(event: Event) {
    event.preventDefault();
    if (download.stage !== 'making') void download.start(templateFile(choice, language.value));
  }
  return (
    <form class="card" aria-labelledby="template-title" onSubmit={submit} noValidate>
      <h2 id="template-title">{t('template.title')}</h2>
      <p class="muted">{t('template.text')}</p>
      <div class="filters">
        <Field id="template-kind" label={t('import.format')}>
          <select id="template-kind" value={choice.kind} onChange={(event) => change({ kind: event.currentTarget.value as TemplateChoice['kind'] })}>
            <option value="extract">{t('import.format.extract')}</option>
            <option value="long">{t('import.format.long')}</option>
          </select>
        </Field>
        <FormField id="template-form" value={choice.form} onChange={(form) => change({ form })} />
        <MonthField id="template-period" label={t('month')} value={choice.period} onChange={(period) => change({ period })} />
        <AreaField id="template" value="" period={choice.period} onChange={(area) => change({ area })} />
      </div>
      <DownloadButton of={download} text={t('template.download')} />
    </form>
  );
}
