// My account: who I am here, and a new password.
import { useState } from 'preact/hooks';

import { api, ApiError, session } from '../api';
import { t } from '../i18n';
import { NeedsServer } from '../parts';
import { begin } from '../sign-in';
import { meta, ownAreaName } from '../state';
import type { Session } from '../types';
import { Alert, ErrorSummary, errorText, Field, Page, Password } from '../ui';

interface Wrong {
  to?: string;
  text: string;
}

function gapsOf(current: string, next: string, again: string, shortest: number): Wrong[] {
  const found: Wrong[] = [];
  if (!current) found.push({ to: 'current', text: t('account.current.missing') });
  if ([...next].length < shortest) found.push({ to: 'next', text: t('account.next.short', { n: shortest }) });
  if (next !== again) found.push({ to: 'again', text: t('account.again.differs') });
  return found;
}

function refused(error: unknown): Wrong[] {
  const fields = error instanceof ApiError ? error.fields : [];
  if (!fields.length) return [{ text: errorText(error) }];
  return fields.map((f) => ({ to: f.field === 'old_password' ? 'current' : 'next', text: f.detail }));
}

const blank = { current: '', next: '', again: '' };

function NewPassword({ username }: { username: string }) {
  const [typed, setTyped] = useState(blank);
  const [errors, setErrors] = useState<Wrong[]>([]);
  const [done, setDone] = useState(false);
  const [busy, setBusy] = useState(false);
  const shortest = meta.value?.password.min_characters ?? 10;

  async function submit(event: Event) {
    event.preventDefault();
    setDone(false);
    const found = gapsOf(typed.current, typed.next, typed.again, shortest);
    setErrors(found);
    if (found.length) return;
    setBusy(true);
    try {
      await api<Session>('POST', '/account/password', { body: { old_password: typed.current, new_password: typed.next } }).then(begin);
      setTyped(blank);
      setDone(true);
    } catch (error) {
      setErrors(refused(error));
    } finally {
      setBusy(false);
    }
  }
  const field = (id: keyof typeof blank, kind: 'current-password' | 'new-password', hint?: string) => {
    const error = errors.find((one) => one.to === id)?.text;
    return (
      <Field id={id} label={t(`account.${id}`)} hint={hint} error={error}>
        <Password id={id} value={typed[id]} onInput={(text) => setTyped({ ...typed, [id]: text })} autocomplete={kind} invalid={!!error} />
      </Field>
    );
  };
  return (
    <form class="card narrow" onSubmit={submit} noValidate>
      <h2>{t('account.password')}</h2>
      <p class="muted">{t('account.password.text')}</p>
      <ErrorSummary errors={errors} />
      {done && <Alert kind="success" live>{t('account.done')}</Alert>}
      <input type="text" name="username" autocomplete="username" value={username} readOnly hidden />
      {field('current', 'current-password')}
      {field('next', 'new-password', t('account.next.hint', { n: shortest }))}
      {field('again', 'new-password')}
      <NeedsServer>
        <button type="submit" class="button primary" disabled={busy}>
          {t('account.change')}
        </button>
      </NeedsServer>
    </form>
  );
}

export default function AccountScreen() {
  const user = session.value!;
  const facts = [
    [t('account.name'), user.full_name],
    [t('sign_in.username'), user.username],
    [t('sign_in.role'), t(`role.${user.role.name}`)],
    [t('account.reach'), user.area ? ownAreaName() : user.facilities.map((f) => f.name).join(', ')],
  ];
  return (
    <Page title={t('nav.account')}>
      <dl class="card facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <NewPassword username={user.username} />
    </Page>
  );
}
