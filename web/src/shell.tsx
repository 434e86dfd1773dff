// The frame around every screen: who is signed in, where one can go, what needs attention.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { api, ApiError, online, other, session, sessionEnded } from './api';
import { keepLanguage, language, type Language, languages, setLanguage, t, tn } from './i18n';
import { go, place } from './router';
import { Ended, IdleWatch, OfflineBar, Other } from './session-bars';
import { end, watchTabs } from './sign-in';
import { may, meta, ownAreaName, unsent } from './state';
import type { Session } from './types';
import { Alert, Dialog, Failure, Icon } from './ui';

/** The texts of another language come from the server; a browser that failed to get them does not ask again
 *  before the page is loaded anew, and what was typed is kept on the device. */
async function changeLanguage(code: Language): Promise<boolean> {
  try {
    await setLanguage(code);
    return true;
  } catch {
    // not reached: asked again below
  }
  try {
    await api('GET', '/meta', { background: true });
  } catch {
    return false;
  }
  keepLanguage(code);
  location.reload();
  return true;
}

export function LanguageSwitch() {
  const [failed, setFailed] = useState(false);
  const change = (code: Language) => void changeLanguage(code).then((done) => setFailed(!done));
  return (
    <div class="languages" role="group" aria-label={t('language')}>
      {languages.map(({ code, name }) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-pressed={language.value === code}
          onClick={() => change(code)}
        >
          {name}
        </button>
      ))}
      <span role="status" class={failed && !online.value ? 'needs-server' : 'sr'}>
        {failed && !online.value && t('language.offline')}
      </span>
    </div>
  );
}

export function Brand() {
  return (
    <a class="brand" href="/">
      <svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
        <path d="M5 17h6l2.5-7 5 13 2.5-6h6" />
      </svg>
      <span>
        <strong>{t('product.short')}</strong>
        <span class="brand-long">{t('product.name')}</span>
      </span>
    </a>
  );
}

function links(): Array<{ to: string; text: string; at: string[] }> {
  const oversees = may('totals.read') && session.value?.area !== null;
  const all = [
    { to: '/', text: t('nav.home'), at: ['/'], if: true },
    { to: '/facilities', text: t('nav.enter'), at: ['/facilities', '/facility', '/report'], if: may('report.enter') },
    { to: '/reports', text: t('nav.reports'), at: ['/reports'], if: may('report.read') },
    { to: '/itemwise', text: t('nav.itemwise'), at: ['/itemwise'], if: may('totals.read') },
    { to: '/reporting', text: t('nav.reporting'), at: ['/reporting'], if: oversees },
    { to: '/validation', text: t('nav.validation'), at: ['/validation'], if: oversees },
    { to: '/imports', text: t('nav.imports'), at: ['/imports', '/export'], if: may('import') },
    { to: '/export', text: t('nav.export'), at: ['/export'], if: may('report.read') && !may('import') },
  ];
  return all.filter((link) => link.if);
}

function unitName(s: Session): string {
  if (s.area) return ownAreaName();
  if (s.facilities.length === 1) return s.facilities[0]!.name;
  return tn('shell.facilities', s.facilities.length);
}

async function signOut(everywhere: boolean): Promise<void> {
  await api('DELETE', everywhere ? '/sessions' : '/session', { background: true }).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 401)) throw error;
  });
  end();
  session.value = null;
  unsent.value = 0;
  go('/', true);
}

function SignOut({ everywhere, onClose }: { everywhere: boolean; onClose: () => void }) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const leave = () => {
    setBusy(true);
    signOut(everywhere).catch((cause: unknown) => {
      setBusy(false);
      setError(cause);
    });
  };
  return (
    <Dialog title={everywhere ? t('sign_out.everywhere') : t('sign_out')} onCancel={onClose}>
      {unsent.value > 0 && <Alert kind="warning">{tn('sign_out.unsent', unsent.value)}</Alert>}
      <p>{everywhere ? t('sign_out.everywhere.text') : t('sign_out.text')}</p>
      {error ? <Failure error={error} /> : null}
      <div class="actions">
        <button type="button" class="button primary" disabled={busy} onClick={leave}>
          {everywhere ? t('sign_out.everywhere') : t('sign_out')}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {t('cancel')}
        </button>
      </div>
    </Dialog>
  );
}

function Navigation({ path }: { path: string }) {
  return (
    <nav aria-label={t('nav')}>
      <ul>
        {links().map((link) => {
          const current = link.at.some((at) => (at === '/' ? path === '/' : path === at || path.startsWith(`${at}/`)));
          return (
            <li key={link.to}>
              <a href={link.to} aria-current={current ? 'page' : undefined}>
                {link.text}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** What belongs to the person: under the name, on a phone at the end of the menu. */
function Tools({ user, onLeave }: { user: Session; onLeave: (how: 'here' | 'everywhere') => void }) {
  return (
    <div class="tools" id="tools">
      <p class="tools-name">{user.full_name}</p>
      <div class="tools-languages">
        <LanguageSwitch />
      </div>
      <a href="/account" aria-current={place.value.path === '/account' ? 'page' : undefined}>
        {t('nav.account')}
      </a>
      <button type="button" onClick={() => onLeave('here')}>
        {t('sign_out')}
      </button>
      <button type="button" onClick={() => onLeave('everywhere')}>
        {t('sign_out.everywhere')}
      </button>
    </div>
  );
}

/** Closes what is open when the screen changes, on Escape, and on a click elsewhere. */
function useOpen(path: string): [boolean, (open: boolean) => void, { current: HTMLElement | null }] {
  const [open, setOpen] = useState(false);
  const around = useRef<HTMLElement>(null);
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    if (!open) return undefined;
    const key = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false);
    const click = (event: Event) => !around.current?.contains(event.target as Node) && setOpen(false);
    addEventListener('keydown', key);
    addEventListener('click', click);
    return () => {
      removeEventListener('keydown', key);
      removeEventListener('click', click);
    };
  }, [open]);
  return [open, setOpen, around];
}

function Header({ user }: { user: Session }) {
  const path = place.value.path;
  const [open, setOpen, around] = useOpen(path);
  const [leaving, setLeaving] = useState<'here' | 'everywhere' | null>(null);
  const out = (how: 'here' | 'everywhere') =>
    unsent.value || how === 'everywhere' ? setLeaving(how) : void signOut(false).catch(() => setLeaving('here'));
  return (
    <header class={open ? 'top one-row open' : 'top one-row'} ref={around}>
      <div class="bar">
        <button type="button" class="menu-button" aria-expanded={open} aria-controls="menu" onClick={() => setOpen(!open)}>
          <Icon name="menu" /> <span class="sr">{t('menu')}</span>
        </button>
        <Brand />
        <div id="menu" class="menu">
          <Navigation path={path} />
        </div>
        <div class="bar-languages">
          <LanguageSwitch />
        </div>
        <button type="button" class="unit" aria-expanded={open} aria-controls="tools" onClick={() => setOpen(!open)}>
          <span class="unit-name">{unitName(user)}</span>
          <span class="unit-who">{t(`role.${user.role.name}`)}</span>
        </button>
        <Tools user={user} onLeave={out} />
      </div>
      {leaving && <SignOut everywhere={leaving === 'everywhere'} onClose={() => setLeaving(null)} />}
    </header>
  );
}

export function Footer() {
  return (
    <footer class="foot">
      <p>
        {t('footer')} {meta.value && <span class="nowrap">{t('footer.version', { version: meta.value.version })}</span>}
      </p>
      {session.value && meta.value?.environment === 'demonstration' && <p>{t('demonstration')}</p>}
    </footer>
  );
}

export function Shell({ children }: { children: ComponentChildren }) {
  const user = session.value!;
  const notice = meta.value?.notice;
  useEffect(watchTabs, []);
  useEffect(() => {
    const off = () => (online.value = false);
    addEventListener('offline', off);
    return () => removeEventListener('offline', off);
  }, []);
  const covered = other.value;
  return (
    <>
      <div class="whole" hidden={covered !== null}>
        <a class="skip" href="#main">
          {t('skip')}
        </a>
        <Header user={user} />
        <OfflineBar />
        {notice && <Alert kind="warning" title={t('notice')}>{notice}</Alert>}
        <main id="main" tabIndex={-1}>
          {children}
        </main>
        <Footer />
        {!covered && !sessionEnded.value && <IdleWatch />}
      </div>
      {covered ? <Other person={covered} /> : sessionEnded.value ? <Ended /> : null}
    </>
  );
}
