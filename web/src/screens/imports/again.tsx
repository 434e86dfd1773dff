// What comes after a job: its questions, and the same file again, with the answers or to be stored.
import { useState } from 'preact/hooks';

import { t, tn } from '../../i18n';
import { go } from '../../router';
import type { ImportJob, ImportQuestion } from '../../types';
import { Alert, ErrorSummary, errorText, Field } from '../../ui';
import { Sending } from './new';
import { readAnswers, sent, upload, type Upload, wouldStore } from './upload';
import { choiceText, questionText } from './words';

const omit = { value: 'omit', name: '' };

function Question(props: { question: ImportQuestion; answer?: string; onAnswer: (reading: string) => void }) {
  const { question } = props;
  const id = `q-${question.key.replace(/[^\w.-]/g, '-')}`;
  return (
    <fieldset class="question">
      <legend>{questionText(question)}</legend>
      <p class="hint">
        {tn('import.ask.holds', question.figures, { line: question.line })}
        {question.example && ` · ${t('import.ask.example', { text: question.example })}`}
      </p>
      {[...question.choices, omit].map((choice, i) => (
        <label class="check" key={choice.value}>
          <input
            type="radio"
            id={i === 0 ? id : undefined}
            name={id}
            value={choice.value}
            checked={props.answer === choice.value}
            onChange={() => props.onAnswer(choice.value)}
          />{' '}
          {choice === omit ? t('import.choice.omit') : choiceText(question, choice)}
        </label>
      ))}
    </fieldset>
  );
}

/** The file that was sent, or, when the page has been opened anew, the one chosen again. */
function useFile(job: ImportJob): { file: File | null; setFile: (file: File | null) => void; gone: boolean } {
  const known = sent(job.job);
  const [file, setFile] = useState<File | null>(known?.file ?? null);
  return { file, setFile, gone: !known };
}

export function Again({ job }: { job: ImportJob }) {
  const questions = job.questions ?? [];
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const [errors, setErrors] = useState<Array<{ to?: string; text: string }>>([]);
  const [share, setShare] = useState<number | null>(null);
  const { file, setFile, gone } = useFile(job);
  const store = job.dry_run && wouldStore(job);
  if (job.status !== 'done' || (!questions.length && !store)) return null;

  async function send(dry_run: boolean) {
    if (!file) return setErrors([{ to: 'again-file', text: t('import.file.missing') }]);
    const what: Upload = {
      file,
      format: job.format,
      period: job.month ?? '',
      dry_run,
      atomic: job.atomic,
      create_facilities: job.create_facilities,
      erase: job.empty === 'erase',
      answers: { ...readAnswers(job.answers), ...answers },
    };
    setErrors([]);
    setShare(0);
    try {
      go(`/imports/${await upload(what, setShare)}`);
    } catch (error) {
      setErrors([{ text: errorText(error) }]);
      setShare(null);
    }
  }
  const answered = Object.keys(answers).length;
  return (
    <section class="card">
      <h2>{questions.length ? t('import.questions') : t('import.store.title')}</h2>
      {questions.length > 0 && <p>{tn('import.questions.text', questions.length, { figures: tn('home.unsent.figures', job.figures_asked) })}</p>}
      <ErrorSummary errors={errors} />
      {questions.map((question) => (
        <Question key={question.key} question={question} answer={answers[question.key]} onAnswer={(reading) => setAnswers({ ...answers, [question.key]: reading })} />
      ))}
      {gone && (
        <Alert kind="info" title={t('import.gone')}>
          <Field id="again-file" label={t('import.file')} hint={t('import.gone.hint', { name: job.file_name })}>
            <input id="again-file" type="file" onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />
          </Field>
          {file && file.size !== job.file_size && <p class="field-error">{t('import.gone.other')}</p>}
        </Alert>
      )}
      {share !== null && <Sending share={share} />}
      <div class="actions">
        {questions.length > 0 && (
          <button type="button" class="button primary" disabled={share !== null || !answered} onClick={() => void send(job.dry_run)}>
            {t('import.again')}
          </button>
        )}
        {store && (
          <button type="button" class={questions.length ? 'button' : 'button primary'} disabled={share !== null} onClick={() => void send(false)}>
            {t(questions.length ? 'import.store.rest' : 'import.store')}
          </button>
        )}
      </div>
    </section>
  );
}
