// Over every screen: the session that is about to end or has ended, another person in the browser, no network.
import { useEffect, useRef, useState } from 'preact/hooks';

import { api, lastActivity, online, session, sessionEnded, sessionResumed } from './api';
import { t, tn } from './i18n';
import { begin, SignInForm } from './sign-in';
import { meta, unsent } from './state';
import type { Person, Session } from './types';
import { Dialog, Icon, isTyping, keepFocus } from './ui';

/** What comes by itself while somebody types: said above the page, and the keys stay where they are. */
function Notice({ text, button, onClick }: { text: string; button: string; onClick: () => void }) {
  return (
    <div class="bar-notice" role="alert">
      <p>
        <Icon name="warning" /> {text}
      </p>
      <button type="button" class="button" onMouseDown={keepFocus} onClick={onClick}>
        {button}
      </button>
    </div>
  );
}

/** Warns before the session ends for want of activity, and asks the server rather than guessing. */
export function IdleWatch() {
  const [left, setLeft] = useState<number | null>(null);
  const told = meta.value?.session;
  const idle = (told?.idle_minutes ?? 15) * 60;
  const warn = (told?.warning_minutes ?? 2) * 60;
  useEffect(() => {
    const tick = async () => {
      if (!session.value || sessionEnded.value) return setLeft(null);
      const quiet = (Date.now() - lastActivity.value) / 1000;
      if (idle - quiet > warn) return setLeft(null);
      try {
        const now = await api<Session>('GET', '/session', { background: true });
        const seconds = Math.min(now.idle_seconds_left, now.absolute_seconds_left);
        if (seconds > warn) {
          lastActivity.value = Date.now() - (idle - now.idle_seconds_left) * 1000;
          return setLeft(null);
        }
        return setLeft(seconds);
      } catch {
        return setLeft(null); // ended: the dialog for signing in shows; unreachable: the bar says so
      }
    };
    const timer = setInterval(() => void tick(), 5000);
    return () => clearInterval(timer);
  }, [idle, warn]);

  if (left === null || sessionEnded.value) return null;
  const stay = () => {
    api('POST', '/session/extend')
      .then(() => setLeft(null))
      .catch(() => setLeft(null));
  };
  if (isTyping() && !document.activeElement!.closest('dialog'))
    return <Notice text={`${t('idle.title')}: ${t('idle.text', { minutes: Math.max(1, Math.ceil(left / 60)) })}`} button={t('idle.stay')} onClick={stay} />;
  return (
    <Dialog title={t('idle.title')} onCancel={stay}>
      <p role="status">{t('idle.text', { minutes: Math.max(1, Math.ceil(left / 60)) })}</p>
      <div class="actions">
        <button type="button" class="button primary" onClick={stay}>
          {t('idle.stay')}
        </button>
      </div>
    </Dialog>
  );
}

/** Signing in again over the page: the calls that waited go on. */
function SignInAgain({ before }: { before: Session }) {
  return (
    <SignInForm
      known={{ username: before.username, role: before.role.name }}
      onDone={(begun) => {
        begin(begun);
        lastActivity.value = Date.now();
        sessionResumed();
      }}
    />
  );
}

/** Over the page at once, except over somebody who is typing: they open it when they are ready. */
export function Ended() {
  const [open, setOpen] = useState(() => !isTyping());
  const from = useRef(document.activeElement as HTMLElement | null);
  useEffect(
    () => () => {
      const { current } = from;
      setTimeout(() => document.activeElement === document.body && current?.isConnected && current.focus(), 0);
    },
    [],
  );
  if (!open) return <Notice text={t('ended.typing')} button={t('sign_in')} onClick={() => setOpen(true)} />;
  return (
    <Dialog title={t('ended.title')}>
      <p>{t('ended.text')}</p>
      <SignInAgain before={session.value!} />
      <p>
        <button
          type="button"
          class="link"
          onClick={() => {
            localStorage.removeItem('hmis.signed-in');
            location.assign('/');
          }}
        >
          {t('ended.other')}
        </button>
      </p>
    </Dialog>
  );
}

/** The page is the first one's, the cookie another's: nothing is shown until one of them goes on. */
export function Other({ person }: { person: Person }) {
  const before = session.value!;
  const [again, setAgain] = useState(false);
  const name = person.role ? `${person.full_name} (${t(`role.${person.role}`)})` : person.full_name;
  return (
    <Dialog title={t('other.title', { name })} unasked>
      <p>{t('other.text', { name, before: before.full_name })}</p>
      {unsent.value > 0 && <p>{tn('other.unsent', unsent.value, { before: before.full_name })}</p>}
      {again ? (
        <SignInAgain before={before} />
      ) : (
        <div class="actions">
          <button type="button" class="button primary" onClick={() => location.assign('/')}>
            {t('other.go_on', { name: person.full_name })}
          </button>
          <button type="button" class="button" onClick={() => setAgain(true)}>
            {t('other.again', { name: before.full_name })}
          </button>
        </div>
      )}
    </Dialog>
  );
}

const PROBE = 5000;

/** Says that the server is not reached, and finds out when it is again. */
export function OfflineBar() {
  const off = !online.value;
  useEffect(() => {
    if (!off) return undefined;
    const probe = () => void api('GET', '/meta', { background: true }).catch(() => undefined);
    const timer = setInterval(probe, PROBE);
    addEventListener('online', probe);
    return () => {
      clearInterval(timer);
      removeEventListener('online', probe);
    };
  }, [off]);
  return (
    <div role="status">
      {off && (
        <p class="bar-offline">
          <Icon name="warning" /> {unsent.value ? tn('offline.unsent', unsent.value) : t('offline.bar')}
        </p>
      )}
    </div>
  );
}
