// Signing in: as a page, and as a dialog over a page whose session has ended.
import { useEffect, useState } from 'preact/hooks';

import { api, ApiError, get, other, renewSession, session, sessionEnded } from './api';
import { CodeField, useCode, type Code } from './captcha';
import { t } from './i18n';
import { meta } from './state';
import type { Person, Session } from './types';
import { Alert, ErrorSummary, errorText, Field, Password } from './ui';

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

interface Typed {
  username: string;
  password: string;
  role: string;
}

function missing(typed: Typed, answer: string): Failed | null {
  const fields: Failed['fields'] = {};
  if (!typed.username.trim()) fields.username = t('sign_in.username.missing');
  if (!typed.password) fields.password = t('sign_in.password.missing');
  if (!typed.role) fields.role = t('sign_in.role.missing');
  if (!answer.trim()) fields.captcha = t('sign_in.code.missing');
  return Object.keys(fields).length ? { summary: [], fields } : null;
}

function why(error: unknown): string {
  if (error instanceof ApiError && error.retryAfter > 0) return t('sign_in.wait', { minutes: Math.ceil(error.retryAfter / 60) });
  return errorText(error);
}

function signIn({ username, password, role }: Typed, code: Code): Promise<Session> {
  const body = {
    username: username.trim().toLowerCase(),
    password,
    role,
    captcha_id: code.captcha?.id ?? '',
    captcha_answer: code.answer.trim(),
  };
  return api<Session>('POST', '/session', { body, background: true });
}

/** Of a field that may be wrong. */
const wrongness = (id: string, error: string | undefined) => ({
  'aria-invalid': error ? true : undefined,
  'aria-describedby': error ? `${id}-error` : undefined,
});

function UserName({ value, known, error, onInput }: { value: string; known: boolean; error?: string; onInput: (value: string) => void }) {
  return (
    <Field id="username" label={t('sign_in.username')} error={error}>
      <input
        id="username"
        name="username"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        required
        readOnly={known}
        value={value}
        {...wrongness('username', error)}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Field>
  );
}

function Role({ value, error, onChange }: { value: string; error?: string; onChange: (role: string) => void }) {
  return (
    <Field id="role" label={t('sign_in.role')} error={error}>
      <select id="role" name="role" required value={value} {...wrongness('role', error)} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{t('sign_in.role.choose')}</option>
        {(meta.value?.roles.map((one) => one.name) ?? ROLES).map((role) => (
          <option key={role} value={role}>
            {t(`role.${role}`)}
          </option>
        ))}
      </select>
    </Field>
  );
}

export function SignInForm({ onDone, known }: { onDone: (session: Session) => void; known?: Known }) {
  const [typed, setTyped] = useState<Typed>(() => ({
    username: known?.username ?? '',
    password: '',
    role: known?.role ?? localStorage.getItem('hmis.role') ?? '',
  }));
  const [failed, setFailed] = useState<Failed>(none);
  const [busy, setBusy] = useState(false);
  const code = useCode();
  const type = (part: Partial<Typed>) => setTyped((now) => ({ ...now, ...part }));

  async function submit(event: Event) {
    event.preventDefault();
    if (busy) return;
    const gaps = missing(typed, code.answer);
    setFailed(gaps ?? none);
    if (gaps) return;
    setBusy(true);
    try {
      const begun = await signIn(typed, code);
      localStorage.setItem('hmis.role', typed.role);
      onDone(begun);
    } catch (error) {
      setFailed({ summary: [why(error)], fields: {} });
      await code.renew(false); // a code is good for one try, right or wrong
    } finally {
      setBusy(false);
    }
  }

  const { fields } = failed;
  const errors = [...failed.summary.map((text) => ({ text })), ...Object.entries(fields).map(([to, text]) => ({ to, text: text! }))];
  return (
    <form class="sign-in-form" onSubmit={submit} noValidate>
      <ErrorSummary errors={errors} />
      <UserName value={typed.username} known={known !== undefined} error={fields.username} onInput={(username) => type({ username })} />
      <Field id="password" label={t('sign_in.password')} error={fields.password}>
        <Password
          id="password"
          value={typed.password}
          onInput={(password) => type({ password })}
          first={known !== undefined}
          autocomplete="current-password"
          invalid={!!fields.password}
        />
      </Field>
      <Role value={typed.role} error={fields.role} onChange={(role) => type({ role })} />
      <CodeField code={code} error={fields.captcha} />
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
