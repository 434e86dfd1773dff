// The lists of a job: what stands behind its counts, a list a tab.
import { useRef, useState } from 'preact/hooks';

import { address, get } from '../../api';
import { language, number, t } from '../../i18n';
import type { ImportJob, ImportLine } from '../../types';
import { Failure, Icon, Loading, Scroll, useLoad } from '../../ui';
import { lineText } from './words';

export const listKinds = ['asked', 'figure', 'row', 'replaced', 'empty', 'finding', 'facility', 'report'] as const;
export type ListKind = (typeof listKinds)[number];
const most = 10000;

function Lines({ of, kind }: { of: ImportJob; kind: ListKind }) {
  const { job } = of;
  const [page, setPage] = useState(1);
  const loaded = useLoad(`${job} ${kind} ${page} ${language.value}`, (abort) =>
    get<{ more: boolean; lines: ImportLine[] }>(`/imports/${job}/lines`, { kind, page, language: language.value }, abort),
  );
  if (loaded.error) return <Failure error={loaded.error} retry={loaded.reload} />;
  if (!loaded.data) return <Loading />;
  return (
    <>
      <Scroll label={t(`import.list.${kind}`)}>
        <table class="stack">
          <caption class="sr">{t(`import.list.${kind}`)}</caption>
          <thead>
            <tr>
              <th scope="col" class="n">{t('import.line')}</th>
              <th scope="col">{t('import.facility')}</th>
              <th scope="col">{t('import.place')}</th>
              <th scope="col">{t('import.value')}</th>
              <th scope="col">{t('import.words')}</th>
            </tr>
          </thead>
          <tbody>
            {loaded.data.lines.map((line, i) => (
              <tr key={i}>
                <th scope="row" class="n" data-label={t('import.line')}>{line.line ? number(line.line) : ''}</th>
                <td data-label={t('import.facility')}>{line.facility}</td>
                <td data-label={t('import.place')}>{[line.item ?? line.column_name, line.item_name].filter(Boolean).join(' · ')}</td>
                <td data-label={t('import.value')}>{kind === 'report' ? '' : line.value}</td>
                <td data-label={t('import.words')}>{lineText(kind, line, of)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <div class="actions">
        {page > 1 && (
          <button type="button" class="button" onClick={() => setPage(page - 1)}>
            {t('previous')}
          </button>
        )}
        {loaded.data.more && (
          <button type="button" class="button" onClick={() => setPage(page + 1)}>
            {t('next')}
          </button>
        )}
        <a class="button" href={address(`/imports/${job}/lines.csv`, { kind, language: language.value })} download>
          <Icon name="download" /> {t('import.list.download')}
        </a>
      </div>
    </>
  );
}

/** Arrow keys go from tab to tab, as people who work by keyboard expect. */
function step(kinds: ListKind[], from: ListKind, key: string): ListKind | undefined {
  const at = kinds.indexOf(from);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: kinds.length - 1 }[key];
  return to === undefined ? undefined : kinds[(to + kinds.length) % kinds.length];
}

export function Lists({ job, kind, onKind }: { job: ImportJob; kind?: ListKind; onKind: (kind: ListKind) => void }) {
  const lists = job.lists ?? {};
  const kinds = listKinds.filter((name) => lists[name]);
  const tabs = useRef<HTMLDivElement>(null);
  if (!kinds.length) return null;
  const open = kind && kinds.includes(kind) ? kind : kinds[0]!;
  function onKeyDown(event: KeyboardEvent) {
    const to = step(kinds, open, event.key);
    if (!to) return;
    event.preventDefault();
    onKind(to);
    tabs.current?.querySelector<HTMLElement>(`#tab-${to}`)?.focus();
  }
  return (
    <section class="lists" id="lists">
      <h2>{t('import.lists')}</h2>
      <div class="tabs" role="tablist" aria-label={t('import.lists')} ref={tabs} onKeyDown={onKeyDown}>
        {kinds.map((name) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            class="tab"
            aria-selected={name === open}
            aria-controls="panel-lines"
            tabIndex={name === open ? 0 : -1}
            onClick={() => onKind(name)}
          >
            {t(`import.list.${name}`)} <span class="count">{number(lists[name]!)}{lists[name]! >= most ? '+' : ''}</span>
          </button>
        ))}
      </div>
      <div id="panel-lines" role="tabpanel" aria-labelledby={`tab-${open}`}>
        <Lines key={open} of={job} kind={open} />
      </div>
    </section>
  );
}
