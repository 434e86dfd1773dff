// Throwing a draft away, after a question.
import { useState } from 'preact/hooks';

import { ApiError, online } from '../../api';
import { t } from '../../i18n';
import { endDraft } from '../../living';
import { deleteDraft, type Where } from '../../report';
import { go } from '../../router';
import { Dialog } from '../../ui';

/** `next`: where the person goes then; absent: to the months of the facility. */
export function Discard({ where, submitted, next, onError }: { where: Where; submitted: boolean; next?: string; onError: (error: unknown) => void }) {
  const [asking, setAsking] = useState(false);
  const throwAway = () =>
    deleteDraft(where)
      .catch((error: unknown) => {
        // Nothing of it has reached the server yet: then there is nothing to throw away there.
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      })
      .then(() => {
        endDraft(where, true);
        go(next ?? `/facility/${encodeURIComponent(where.facility)}?period=${where.period}`);
      })
      .catch((error: unknown) => {
        setAsking(false);
        onError(error);
      });
  return (
    <>
      <button type="button" class="button danger" disabled={!online.value} title={online.value ? undefined : t('review.offline')} onClick={() => setAsking(true)}>
        {t('review.discard')}
      </button>
      {asking && (
        <Dialog title={t('review.discard')} onCancel={() => setAsking(false)}>
          <p>{submitted ? t('review.discard.back') : t('review.discard.text')}</p>
          <div class="actions">
            <button type="button" class="button danger" onClick={() => void throwAway()}>
              {t('review.discard')}
            </button>
            <button type="button" class="button" onClick={() => setAsking(false)}>
              {t('cancel')}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
