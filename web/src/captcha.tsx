// The code in the picture: asked for, shown or spoken, and what is said when it does not come.
import { type RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { api } from './api';
import { language, t } from './i18n';
import type { Captcha } from './types';
import { Alert, errorText, Field, Icon } from './ui';

/** One tab at a time: what the first is given names the browser for all of them. */
function askCaptcha(): Promise<Captcha> {
  const ask = () => api<Captcha>('POST', '/captcha', { background: true });
  return navigator.locks ? navigator.locks.request('hmis.captcha', ask) : ask();
}

export interface Code {
  captcha: Captcha | null;
  answer: string;
  setAnswer: (answer: string) => void;
  /** What did not work; '' while all is well. */
  wrong: string;
  setWrong: (text: string) => void;
  renewed: boolean;
  renew: (byPerson: boolean) => Promise<void>;
  input: RefObject<HTMLInputElement | null>;
}

/** A code is good for some minutes and one try: a new one is asked for in time. */
export function useCode(): Code {
  const [captcha, setCaptcha] = useState<Captcha | null>(null);
  const [answer, setAnswer] = useState('');
  const [wrong, setWrong] = useState('');
  const [renewed, setRenewed] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  async function renew(byPerson: boolean) {
    setAnswer('');
    setWrong('');
    try {
      setCaptcha(await askCaptcha());
      setRenewed(byPerson);
      if (byPerson) input.current?.focus();
    } catch (error) {
      setCaptcha(null);
      setWrong(`${t('sign_in.code.none')} ${errorText(error)}`);
    }
  }
  useEffect(() => void renew(false), []);
  useEffect(() => {
    if (!captcha) return undefined;
    const timer = setTimeout(() => void renew(false), captcha.seconds * 1000 - 3000);
    return () => clearTimeout(timer);
  }, [captcha]);
  return { captcha, answer, setAnswer, wrong, setWrong, renewed, renew, input };
}

function Picture({ code }: { code: Code }) {
  const { captcha, wrong } = code;
  const audio = useRef<HTMLAudioElement>(null);
  const listen = () => {
    audio.current?.play().catch(() => code.setWrong(t('sign_in.code.no_audio')));
    code.input.current?.focus();
  };
  return (
    <div class="captcha-row">
      {captcha ? (
        <img src={captcha.image} width="200" height="70" alt={t('sign_in.code.image')} onError={() => code.setWrong(t('sign_in.code.no_image'))} />
      ) : (
        <span class="captcha-blank">{wrong ? t('sign_in.code.blank') : t('loading')}</span>
      )}
      <div class="captcha-buttons">
        <button type="button" class="button quiet" onClick={() => void code.renew(true)}>
          <Icon name="refresh" /> {t('sign_in.code.renew')}
        </button>
        <button type="button" class="button quiet" disabled={!captcha} onClick={listen}>
          <Icon name="sound" /> {t('sign_in.code.listen')}
        </button>
      </div>
      {captcha && <audio ref={audio} src={`${captcha.audio}?language=${language.value}`} preload="none" />}
    </div>
  );
}

export function CodeField({ code, error }: { code: Code; error?: string }) {
  return (
    <fieldset class="captcha">
      <legend>{t('sign_in.code.title')}</legend>
      <p class="hint" id="captcha-hint">
        {t('sign_in.code.hint')}
      </p>
      <Picture code={code} />
      {code.wrong && (
        <Alert kind="error" live>
          <p>{code.wrong}</p>
          <button type="button" class="button" onClick={() => void code.renew(true)}>
            {t('sign_in.code.retry')}
          </button>
        </Alert>
      )}
      <p class="sr" role="status">
        {code.renewed ? t('sign_in.code.renewed') : ''}
      </p>
      <Field id="captcha" label={t('sign_in.code')} error={error}>
        <input
          id="captcha"
          name="captcha"
          ref={code.input}
          class="short"
          inputMode="numeric"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          required
          value={code.answer}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? 'captcha-hint captcha-error' : 'captcha-hint'}
          onInput={(event) => code.setAnswer(event.currentTarget.value)}
        />
      </Field>
    </fieldset>
  );
}
