// A file on its way: being made, handed to the browser, or why not.
import { useEffect, useRef, useState } from 'preact/hooks';

import { t } from '../../i18n';
import { NeedsServer } from '../../parts';
import { Failure, Icon } from '../../ui';
import { type Asked, follow, inWords, ready } from './file';

export interface Download {
  stage: 'none' | 'making' | 'sent';
  error?: unknown;
  start: (file: Asked) => Promise<void>;
  cancel: () => void;
}

export function useDownload(): Download {
  const [state, setState] = useState<Pick<Download, 'stage' | 'error'>>({ stage: 'none' });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const start = async (file: Asked) => {
    running.current?.abort();
    const abort = (running.current = new AbortController());
    setState({ stage: 'making' });
    try {
      await ready(file, abort.signal);
      if (abort.signal.aborted) return;
      follow(file);
      setState({ stage: 'sent' });
    } catch (error) {
      if (!abort.signal.aborted) setState({ stage: 'none', error: inWords(error) });
    }
  };
  const cancel = () => {
    running.current?.abort();
    setState({ stage: 'none' });
  };
  return { ...state, start, cancel };
}

/** The button of a form that asks for a file, and what becomes of it. While it is made the button keeps
 *  the focus. */
export function DownloadButton({ of, text }: { of: Download; text: string }) {
  const making = of.stage === 'making';
  return (
    <>
      <div class="actions">
        <NeedsServer>
          <button type="submit" class="button primary" aria-disabled={making || undefined}>
            <Icon name="download" /> {text}
          </button>
        </NeedsServer>
        {making && (
          <button type="button" class="button" onClick={of.cancel}>
            {t('cancel')}
          </button>
        )}
      </div>
      <div role="status" class="on-its-way">
        {making && (
          <p>
            <progress aria-label={t('export.making')} /> {t('export.making')}
          </p>
        )}
        {of.stage === 'sent' && (
          <p>
            <Icon name="saved" /> {t('export.sent')}
          </p>
        )}
      </div>
      {of.error ? <Failure error={of.error} /> : null}
    </>
  );
}
