// What a line of a job says, in the reader's language where there are words for it.
import { has, language, month, t } from '../../i18n';
import { may } from '../../state';
import type { ImportJob, ImportLine, ImportNote, ImportQuestion } from '../../types';

/** Texts of the server are English: shown where the catalogue has none. */
const own = (key: string, english: string, values?: Record<string, string | number>) =>
  language.value !== 'en' && has(key) ? t(key, values) : english;

export function lineText(kind: string, line: ImportLine, job?: Pick<ImportJob, 'create_facilities' | 'format'>): string {
  const was = line.value ?? '';
  switch (kind) {
    case 'report':
      return `${t(`import.report.${line.code}`, { form: line.form ?? '' })} · ${line.detail}`;
    case 'replaced':
    case 'empty':
      return t(`import.${line.code}`, { was });
    case 'finding':
      return `${t(`import.finding.${line.code}`)} · ${line.detail}`;
    case 'asked':
      return own(`import.ask.${(line.question ?? '').split(':')[0]}`, line.detail, { value: (line.question ?? '').replace(/^[^:]*:?/, '') });
    case 'facility':
      return own(`import.facility.${line.code}`, line.detail, { value: was });
    default: {
      const why = own(`error.${line.code}`, line.detail);
      const made = line.code === 'import.facility_unknown' && job?.format === 'extract' && !job.create_facilities && may('import.facilities');
      return made ? `${why}${/[.।]$/.test(why) ? '' : '.'} ${t('import.make_it')}` : why;
    }
  }
}

export const noteText = (note: ImportNote) => own(`import.note.${note.code}`, note.text, { value: note.text });

export const questionText = (question: ImportQuestion) => own(`import.ask.${question.kind}`, question.detail, { value: question.value });

const isMonth = (text: string) => /^\d{4}-(0[1-9]|1[0-2])$/.test(text);

export function choiceText(question: ImportQuestion, choice: { value: string; name: string }): string {
  if (question.kind === 'month' || question.kind === 'file_month') return isMonth(choice.value) ? month(choice.value) : choice.value;
  if (['row_form', 'dates', 'facility', 'running'].includes(question.kind)) return t(`import.choice.${question.kind}.${choice.value}`, { name: choice.name });
  if (choice.value === 'blank') return t('import.choice.blank');
  return choice.name ? `${choice.value} · ${choice.name}` : choice.value;
}
