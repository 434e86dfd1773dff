// A new file: what it is, and what may become of it. It is only checked at first.
import { useState } from 'preact/hooks';

import { t } from '../../i18n';
import { duePeriod } from '../../newest';
import { go } from '../../router';
import { may } from '../../state';
import { ErrorSummary, errorText, Field } from '../../ui';
import { MonthField } from '../export/fields';
import { upload } from './upload';

export function Sending({ share }: { share: number }) {
  return (
    <p role="status">
      <progress max={1} value={share} aria-label={t('import.uploading')} /> {t('import.uploading')} {Math.round(share * 100)} %
    </p>
  );
}

export function NewImport() {
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState('extract');
  const [period, setPeriod] = useState(duePeriod());
  const [dry, setDry] = useState(true);
  const [atomic, setAtomic] = useState(false);
  const [create, setCreate] = useState(false);
  const [erase, setErase] = useState(false);
  const [share, setShare] = useState<number | null>(null);
  const [errors, setErrors] = useState<Array<{ to?: string; text: string }>>([]);

  async function submit(event: Event) {
    event.preventDefault();
    const found = [];
    if (!file) found.push({ to: 'file', text: t('import.file.missing') });
    setErrors(found);
    if (found.length) return;
    setShare(0);
    try {
      const what = { file: file!, format, period, dry_run: dry, atomic, create_facilities: create && format === 'extract', erase, answers: {} };
      go(`/imports/${await upload(what, setShare)}`);
    } catch (error) {
      setErrors([{ text: errorText(error) }]);
      setShare(null);
    }
  }
  return (
    <form class="card" onSubmit={submit} noValidate>
      <h2>{t('import.new')}</h2>
      <ErrorSummary errors={errors} />
      <Field id="file" label={t('import.file')} hint={t('import.file.hint')}>
        <input
          id="file"
          type="file"
          accept=".csv,.tsv,.txt,.gz,.zip,.xlsx,.xls,.htm,.html,text/csv"
          aria-describedby="file-hint"
          onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
        />
      </Field>
      <div class="two">
        <Field id="format" label={t('import.format')}>
          <select id="format" value={format} onChange={(event) => setFormat(event.currentTarget.value)}>
            <option value="extract">{t('import.format.extract')}</option>
            <option value="long">{t('import.format.long')}</option>
          </select>
        </Field>
        {format === 'extract' && (
          <MonthField id="period" label={t('import.period')} value={period} onChange={setPeriod} />
        )}
      </div>
      <fieldset>
        <legend>{t('import.empty')}</legend>
        <label class="check">
          <input type="radio" name="empty" checked={!erase} onChange={() => setErase(false)} /> {t('import.empty.keep')}
        </label>
        <label class="check">
          <input type="radio" name="empty" checked={erase} onChange={() => setErase(true)} /> {t('import.empty.erase')}
        </label>
      </fieldset>
      <fieldset>
        <legend>{t('import.options')}</legend>
        <label class="check">
          <input type="checkbox" checked={dry} onChange={(event) => setDry(event.currentTarget.checked)} /> {t('import.dry')}
        </label>
        <label class="check">
          <input type="checkbox" checked={atomic} onChange={(event) => setAtomic(event.currentTarget.checked)} /> {t('import.atomic')}
        </label>
        {may('import.facilities') && format === 'extract' && (
          <label class="check">
            <input type="checkbox" checked={create} onChange={(event) => setCreate(event.currentTarget.checked)} /> {t('import.create')}
          </label>
        )}
      </fieldset>
      {share !== null && <Sending share={share} />}
      <button type="submit" class="button primary" disabled={share !== null}>
        {t(dry ? 'import.check' : 'import.load')}
      </button>
    </form>
  );
}
