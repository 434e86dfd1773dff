// My account: who I am here, and a new password.
import { useState } from 'preact/hooks';

import { api, ApiError, session } from '../api';
import { t } from '../i18n';
import { begin } from '../sign-in';
import { meta, ownAreaName } from '../state';
import type { Session } from '../types';
import { Alert, ErrorSummary, errorText, Field, Page, Password } from '../ui';

export default function AccountScreen() {
  const user = session.value!;
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [errors, setErrors] = useState<Array<{ to?: string; text: string }>>([]);
  const [done, setDone] = useState(false);
  const [busy, setBusy] = useState(false);

  const shortest = meta.value?.password.min_characters ?? 10;

  async function submit(event: Event) {
    event.preventDefault();
    setDone(false);
    const found = [];
    if (!current) found.push({ to: 'current', text: t('account.current.missing') });
    if ([...next].length < shortest) found.push({ to: 'next', text: t('account.next.short', { n: shortest }) });
    if (next !== again) found.push({ to: 'again', text: t('account.again.differs') });
    setErrors(found);
    if (found.length) return;
    setBusy(true);
    try {
      await api<Session>('POST', '/account/password', { body: { old_password: current, new_password: next } }).then(begin);
      setCurrent('');
      setNext('');
      setAgain('');
      setDone(true);
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : [];
      setErrors(fields.length ? fields.map((f) => ({ to: f.field === 'old_password' ? 'current' : 'next', text: f.detail })) : [{ text: errorText(error) }]);
    } finally {
      setBusy(false);
    }
  }
  const of = (id: string) => errors.find((error) => error.to === id)?.text;
  return (
    <Page title={t('nav.account')}>
      <dl class="card facts">
        <div>
          <dt>{t('account.name')}</dt>
          <dd>{user.full_name}</dd>
        </div>
        <div>
          <dt>{t('sign_in.username')}</dt>
          <dd>{user.username}</dd>
        </div>
        <div>
          <dt>{t('sign_in.role')}</dt>
          <dd>{t(`role.${user.role.name}`)}</dd>
        </div>
        <div>
          <dt>{t('account.reach')}</dt>
          <dd>{user.area ? ownAreaName() : user.facilities.map((f) => f.name).join(', ')}</dd>
        </div>
      </dl>
      <form class="card narrow" onSubmit={submit} noValidate>
        <h2>{t('account.password')}</h2>
        <p class="muted">{t('account.password.text')}</p>
        <ErrorSummary errors={errors} />
        {done && <Alert kind="success" live>{t('account.done')}</Alert>}
        <input type="text" name="username" autocomplete="username" value={user.username} readOnly hidden />
        <Field id="current" label={t('account.current')} error={of('current')}>
          <Password id="current" value={current} onInput={setCurrent} autocomplete="current-password" invalid={!!of('current')} />
        </Field>
        <Field id="next" label={t('account.next')} hint={t('account.next.hint', { n: shortest })} error={of('next')}>
          <Password id="next" value={next} onInput={setNext} autocomplete="new-password" invalid={!!of('next')} />
        </Field>
        <Field id="again" label={t('account.again')} error={of('again')}>
          <Password id="again" value={again} onInput={setAgain} autocomplete="new-password" invalid={!!of('again')} />
        </Field>
        <button type="submit" class="button primary" disabled={busy}>
          {t('account.change')}
        </button>
      </form>
    </Page>
  );
}
