// Sections of the form: where one is, how much of each is filled, what in it wants looking at.
import { t, tn } from '../../i18n';
import { reportPath, sectionTitle } from '../../report';
import type { Section } from '../../types';
import { counts, sectionPath, type Editing } from './editing';

function Marks({ problems, warnings }: { problems: number; warnings: number }) {
  return (
    <>
      {problems > 0 && (
        <span class="mark bad">
          <span class="sr">{tn('form.problems', problems)}</span>
          <span aria-hidden="true">{problems}!</span>
        </span>
      )}
      {warnings > 0 && (
        <span class="mark warn">
          <span class="sr">{tn('form.warnings', warnings)}</span>
          <span aria-hidden="true">{warnings}?</span>
        </span>
      )}
    </>
  );
}

export function Count({ e, section }: { e: Editing; section: Section }) {
  const c = counts(e, section);
  const total = section.items.length;
  const done = c.filled === total && !c.problems;
  return (
    <span class={done ? 'count full' : 'count'}>
      <Marks problems={c.problems} warnings={c.warnings} />
      <span class="sr">{t('form.count.of', { filled: c.filled, total })}</span>
      <span aria-hidden="true">
        {done && '✓ '}
        {c.filled}/{total}
      </span>
    </span>
  );
}

export function SectionList({ e, at }: { e: Editing; at: Section }) {
  return (
    <ol class="sections">
      {e.form.sections.map((section) => (
        <li key={section.id}>
          <a href={sectionPath(e.where, section)} aria-current={section === at ? 'step' : undefined}>
            <span class="section-name" title={sectionTitle(section)}>
              {sectionTitle(section)}
            </span>
            <Count e={e} section={section} />
          </a>
        </li>
      ))}
      <li class="phone-only">
        <a href={`${reportPath(e.where)}/review`}>{t('form.review')}</a>
      </li>
    </ol>
  );
}
