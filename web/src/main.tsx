import { render, type ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { api, lastActivity, online, session } from './api';
import { language, loadTexts, type Part, startLanguage, t } from './i18n';
import { match, moved, place, startRouter } from './router';
import { Brand, Footer, LanguageSwitch, Shell } from './shell';
import { begin, findSession, SignInPage } from './sign-in';
import { meta } from './state';
import type { Meta, Session } from './types';
import { Failure, isOffline, Loading, Page } from './ui';

type Screen = ComponentType<{ params: Record<string, string> }>;
type Loader = () => Promise<{ default: Screen }>;

const form = () => import('./screens/form');
const plain: Part[] = ['screens'];
const more: Part[] = ['screens', 'more'];
/** Pattern, screen, and its texts where they are not those of all screens. */
const routes: Array<[string, Loader, Part[]?]> = [
  ['/', () => import('./screens/home')],
  ['/facilities', () => import('./screens/facilities'), more],
  ['/facility/:facility', () => import('./screens/facility'), more],
  ['/report/:facility/:form/:period', form],
  ['/report/:facility/:form/:period/section/:section', form],
  ['/report/:facility/:form/:period/review', () => import('./screens/review')],
  ['/report/:facility/:form/:period/receipt', () => import('./screens/receipt')],
  ['/report/:facility/:form/:period/history', () => import('./screens/history')],
  ['/report/:facility/:form/:period/paper', () => import('./screens/paper')],
  ['/reports', () => import('./screens/reports')],
  ['/itemwise', () => import('./screens/itemwise'), more],
  ['/reporting', () => import('./screens/reporting')],
  ['/validation', () => import('./screens/validation'), more],
  ['/export', () => import('./screens/export'), more],
  ['/imports', () => import('./screens/imports'), more],
  ['/imports/:job', () => import('./screens/imports'), more],
  ['/account', () => import('./screens/account')],
];

function find(path: string): { load: Loader; texts: Part[]; params: Record<string, string> } | null {
  for (const [pattern, load, texts = plain] of routes) {
    const params = match(pattern, path);
    if (params) return { load, texts, params };
  }
  return null;
}

interface Shown {
  load: Loader | null;
  screen?: Screen;
  params: Record<string, string>;
  path: string;
  error?: unknown;
}

/** A part that failed to load is not asked for again by the browser: once the server answers, the
 *  page is loaded anew. What was typed is kept on the device. */
async function loadAnew(): Promise<void> {
  await api('GET', '/meta', { background: true });
  location.reload();
}

/** A screen that could not be loaded says why, and tries again when the connection is back. */
function NotLoaded({ error }: { error: unknown }) {
  const [why, setWhy] = useState(error);
  const was = useRef(online.value);
  const retry = () => void loadAnew().catch(setWhy);
  useEffect(() => void api('GET', '/meta', { background: true }).catch(setWhy), []);
  useEffect(() => {
    if (online.value && !was.current) location.reload();
    was.current = online.value;
  }, [online.value]);
  return (
    <Page title={isOffline(why) ? t('offline.title') : t('failure.title')}>
      <Failure error={why} retry={retry} />
    </Page>
  );
}

function Current() {
  const path = place.value.path;
  const [shown, setShown] = useState<Shown | null>(null);
  useEffect(() => {
    let gone = false;
    const found = find(path);
    if (!found) return setShown({ load: null, params: {}, path });
    Promise.all([found.load(), loadTexts(found.texts)]).then(
      ([module]) => !gone && setShown({ load: found.load, screen: module.default, params: found.params, path }),
      (error) => !gone && setShown({ load: null, params: {}, path, error }),
    );
    return () => {
      gone = true;
    };
  }, [path]);

  if (!shown) return <Loading />;
  if (shown.error) return <NotLoaded key={shown.path} error={shown.error} />;
  const Found = shown.screen;
  // Another address of the screen that stands: at once, so that a key that follows is heard there.
  const next = find(path);
  const at = next && next.load === shown.load ? { params: next.params, path } : shown;
  if (!Found)
    return (
      <Page title={t('nothing.title')}>
        <p>{t('nothing.text')}</p>
        <p>
          <a href="/">{t('nothing.home')}</a>
        </p>
      </Page>
    );
  // The sections of one form are one screen: what is typed stays in memory between them.
  const key = at.path.replace(/\/section\/[^/]*$/, '');
  return <Found key={key} params={at.params} />;
}

function App({ failed }: { failed?: unknown }) {
  if (failed)
    return (
      <main id="main" class="page">
        <h1>{t('product.name')}</h1>
        <Failure error={failed} retry={() => location.reload()} />
      </main>
    );
  if (session.value)
    return (
      <Shell>
        <Current />
      </Shell>
    );
  return (
    <>
      <a class="skip" href="#main">
        {t('skip')}
      </a>
      <header class="top">
        <div class="bar">
          <Brand />
          <LanguageSwitch />
        </div>
      </header>
      <SignInPage onDone={arrive} />
      <Footer />
    </>
  );
}

function arrive(begun: Session): void {
  moved.current = !!document.activeElement && document.activeElement !== document.body;
  lastActivity.value = Date.now();
  begin(begun);
  window.scrollTo(0, 0);
}

async function start(): Promise<void> {
  startLanguage();
  startRouter();
  document.documentElement.dir = 'ltr';
  const root = document.getElementById('app')!;
  try {
    const [described, found] = await Promise.all([api<Meta>('GET', '/meta', { background: true }), findSession()]);
    meta.value = described;
    if (found) arrive(found);
    render(<App />, root);
  } catch (error) {
    render(<App failed={error} />, root);
  }
}

void language;
void start();
