// Signing in: as a page, and as a dialog over a page whose session has ended.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { api, ApiError, get, other, renewSession, session, sessionEnded } from './api';
import { language, t } from './i18n';
import { meta } from './state';
import type { Captcha, Person, Session } from './types';
import { Alert, ErrorSummary, errorText, Field, Icon, Password } from './ui';

const ROLES = ['data_entry', 'medical_officer', 'block', 'district', 'state', 'national', 'viewer'];

interface Failed {
  summary: string[];
  fields: Partial<Record<'username' | 'password' | 'role' | 'captcha', string>>;
}
const none: Failed = { summary: [], fields: {} };

interface Known {
  username: string;
  role: string;
}

/** One tab at a time: what the first is given names the browser for all of them. */
function askCaptcha(): Promise<Captcha> {
  const ask = () => api<Captcha>('POST', '/captcha', { background: true });
  return navigator.locks ? navigator.locks.request('hmis.captcha', ask) : ask();
}

export function SignInForm({ onDone, known }: { onDone: (session: Session) => void; known?: Known }) {
  const [username, setUsername] = useState(known?.username ?? '');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState(() => known?.role ?? localStorage.getItem('hmis.role') ?? '');
  const [answer, setAnswer] = useState('');
  const [captcha, setCaptcha] = useState<Captcha | null>(null);
  const [failed, setFailed] = useState<Failed>(none);
  const [captchaError, setCaptchaError] = useState<ComponentChildren>('');
  const [drawn, setDrawn] = useState(true);
  const [busy, setBusy] = useState(false);
  const [renewed, setRenewed] = useState(false);
  const audio = useRef<HTMLAudioElement>(null);
  const input = useRef<HTMLInputElement>(null);

  async function renew(byPerson: boolean) {
    setAnswer('');
    setCaptchaError('');
    setDrawn(true);
    try {
      setCaptcha(await askCaptcha());
      setRenewed(byPerson);
      if (byPerson) input.current?.focus();
    } catch (error) {
      setCaptcha(null);
      setCaptchaError(`${t('sign_in.code.none')} ${errorText(error)}`);
    }
  }
  useEffect(() => void renew(false), []);
  useEffect(() => {
    if (!captcha) return undefined;
    const timer = setTimeout(() => void renew(false), captcha.seconds * 1000 - 3000);
    return () => clearTimeout(timer);
  }, [captcha]);

  function missing(): Failed | null {
    const fields: Failed['fields'] = {};
    if (!username.trim()) fields.username = t('sign_in.username.missing');
    if (!password) fields.password = t('sign_in.password.missing');
    if (!role) fields.role = t('sign_in.role.missing');
    if (!answer.trim()) fields.captcha = t('sign_in.code.missing');
    return Object.keys(fields).length ? { summary: [], fields } : null;
  }

  async function submit(event: Event) {
    event.preventDefault();
    if (busy) return;
    const gaps = missing();
    if (gaps) return setFailed(gaps);
    setBusy(true);
    setFailed(none);
    try {
      const body = {
        username: username.trim().toLowerCase(),
        password,
        role,
        captcha_id: captcha?.id ?? '',
        captcha_answer: answer.trim(),
      };
      const begun = await api<Session>('POST', '/session', { body, background: true });
      localStorage.setItem('hmis.role', role);
      onDone(begun);
    } catch (error) {
      const wait = error instanceof ApiError && error.retryAfter > 0;
      setFailed({
        summary: [
          wait ? t('sign_in.wait', { minutes: Math.ceil((error as ApiError).retryAfter / 60) }) : errorText(error),
        ],
        fields: {},
      });
      await renew(false); // a code is good for one try, right or wrong
    } finally {
      setBusy(false);
    }
  }

  const summary = [
    ...failed.summary.map((text) => ({ text })),
    ...Object.entries(failed.fields).map(([to, text]) => ({ to, text: text! })),
  ];
  return (
    <form class="sign-in-form" onSubmit={submit} noValidate>
      <ErrorSummary errors={summary} />
      <Field id="username" label={t('sign_in.username')} error={failed.fields.username}>
        <input
          id="username"
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          readOnly={known !== undefined}
          value={username}
          aria-invalid={failed.fields.username ? true : undefined}
          aria-describedby={failed.fields.username ? 'username-error' : undefined}
          onInput={(event) => setUsername(event.currentTarget.value)}
        />
      </Field>
      <Field id="password" label={t('sign_in.password')} error={failed.fields.password}>
        <Password
          id="password"
          value={password}
          onInput={setPassword}
          first={known !== undefined}
          autocomplete="current-password"
          invalid={!!failed.fields.password}
        />
      </Field>
      <Field id="role" label={t('sign_in.role')} error={failed.fields.role}>
        <select
          id="role"
          name="role"
          required
          value={role}
          aria-invalid={failed.fields.role ? true : undefined}
          aria-describedby={failed.fields.role ? 'role-error' : undefined}
          onChange={(event) => setRole(event.currentTarget.value)}
        >
          <option value="">{t('sign_in.role.choose')}</option>
          {(meta.value?.roles.map((one) => one.name) ?? ROLES).map((code) => (
            <option key={code} value={code}>
              {t(`role.${code}`)}
            </option>
          ))}
        </select>
      </Field>
      <fieldset class="captcha">
        <legend>{t('sign_in.code.title')}</legend>
        <p class="hint" id="captcha-hint">
          {t('sign_in.code.hint')}
        </p>
        <div class="captcha-row">
          {captcha ? (
            <img
              src={captcha.image}
              width="200"
              height="70"
              alt={t('sign_in.code.image')}
              onError={() => setDrawn(false)}
            />
          ) : (
            <span class="captcha-blank">{captchaError ? t('sign_in.code.blank') : t('loading')}</span>
          )}
          <div class="captcha-buttons">
            <button type="button" class="button quiet" onClick={() => void renew(true)}>
              <Icon name="refresh" /> {t('sign_in.code.renew')}
            </button>
            <button
              type="button"
              class="button quiet"
              disabled={!captcha}
              onClick={() => {
                audio.current?.play().catch(() => setCaptchaError(t('sign_in.code.no_audio')));
                input.current?.focus();
              }}
            >
              <Icon name="sound" /> {t('sign_in.code.listen')}
            </button>
          </div>
          {captcha && <audio ref={audio} src={`${captcha.audio}?language=${language.value}`} preload="none" />}
        </div>
        {(captchaError || !drawn) && (
          <Alert kind="error" live>
            <p>{captchaError || t('sign_in.code.no_image')}</p>
            <button type="button" class="button" onClick={() => void renew(true)}>
              {t('sign_in.code.retry')}
            </button>
          </Alert>
        )}
        <p class="sr" role="status">
          {renewed ? t('sign_in.code.renewed') : ''}
        </p>
        <Field id="captcha" label={t('sign_in.code')} error={failed.fields.captcha}>
          <input
            id="captcha"
            name="captcha"
            ref={input}
            class="short"
            inputMode="numeric"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            required
            value={answer}
            aria-invalid={failed.fields.captcha ? true : undefined}
            aria-describedby={failed.fields.captcha ? 'captcha-hint captcha-error' : 'captcha-hint'}
            onInput={(event) => setAnswer(event.currentTarget.value)}
          />
        </Field>
      </fieldset>
      <button type="submit" class="button primary block" disabled={busy}>
        {busy ? t('sign_in.busy') : t('sign_in')}
      </button>
    </form>
  );
}

export function SignInPage({ onDone }: { onDone: (session: Session) => void }) {
  useEffect(() => {
    document.title = `${t('sign_in')} - ${t('product.short')}`;
  });
  const notice = meta.value?.notice;
  return (
    <main id="main" class="sign-in">
      <div class="sign-in-card">
        <h1>{t('sign_in')}</h1>
        {notice && <Alert kind="warning" title={t('notice')}>{notice}</Alert>}
        {meta.value?.environment === 'demonstration' && <Alert kind="info">{t('demonstration')}</Alert>}
        <SignInForm onDone={onDone} />
        <p class="hint">{t('sign_in.help')}</p>
      </div>
      <div class="sign-in-side">
        <p class="lead">{t('product.lead')}</p>
        <ul>
          <li>{t('product.point.1')}</li>
          <li>{t('product.point.2')}</li>
          <li>{t('product.point.3')}</li>
        </ul>
        <p class="small">{t('product.closed')}</p>
      </div>
    </main>
  );
}

/** Whoever holds the cookie, if anybody. A page that never signed in does not ask (and fail). */
export async function findSession(): Promise<Session | null> {
  if (!localStorage.getItem('hmis.signed-in')) return null;
  try {
    return await get<Session>('/session');
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      localStorage.removeItem('hmis.signed-in');
      return null;
    }
    throw error;
  }
}

const PERSON = 'hmis.person';

export function begin(begun: Session): void {
  localStorage.setItem('hmis.signed-in', '1');
  session.value = begun;
  tellTabs(begun);
}

/** The other tabs of this browser share the cookie: they hear at once who came or went. */
function tellTabs(now: Session | null): void {
  const { account_id, username, full_name } = now ?? {};
  localStorage.setItem(PERSON, JSON.stringify({ account_id, username, full_name, role: now?.role.name, at: Date.now() }));
}

export function end(): void {
  localStorage.removeItem('hmis.signed-in');
  tellTabs(null);
}

/** Another tab signed somebody in or out. The same person again: this tab takes the new token. */
export function watchTabs(): () => void {
  const heard = (event: StorageEvent) => {
    if (event.key !== PERSON || !session.value) return;
    const now = JSON.parse(event.newValue ?? '{}') as Partial<Person>;
    if (!now.account_id) sessionEnded.value = true;
    else if (now.account_id !== session.value.account_id) other.value = now as Person;
    else void renewSession();
  };
  addEventListener('storage', heard);
  return () => removeEventListener('storage', heard);
}
