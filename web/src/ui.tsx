// Small parts every screen is made of.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { ApiError, online } from './api';
import { clock, has, language, t } from './i18n';
import { moved, place } from './router';

/** The server was not reached: by a call, or by the browser when it wanted a part of the application. */
export function isOffline(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 0;
  return error instanceof Error && /dynamically imported module|preload|module script/i.test(error.message);
}

/** What to tell a person about an error: the catalogue's text, or in English what the server said. */
export function errorText(error: unknown): string {
  if (isOffline(error)) return t('offline.text');
  if (!(error instanceof ApiError)) return t('error.unknown');
  if (language.value === 'en' && error.detail) return error.detail;
  if (has(`error.${error.code}`)) return t(`error.${error.code}`);
  return error.detail || t('error.unknown');
}

export function Alert(props: {
  kind: 'error' | 'warning' | 'success' | 'info';
  title?: string;
  children?: ComponentChildren;
  live?: boolean;
  /** The title takes the focus when it appears: what was pressed to bring it may be gone. */
  focus?: boolean;
}) {
  const title = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (props.focus) title.current?.focus();
  }, []);
  return (
    <div class={`alert ${props.kind}`} role={props.live ? (props.kind === 'error' ? 'alert' : 'status') : undefined}>
      <Icon name={props.kind} />
      <div>
        {props.title && (
          <p class="alert-title" ref={title} tabIndex={props.focus ? -1 : undefined}>
            {props.title}
          </p>
        )}
        {props.children}
      </div>
    </div>
  );
}

const shapes: Record<string, JSX.Element> = {
  error: <path d="M8 1 15.5 14.5H.5zM8 6v4M8 11.7v.6" />,
  warning: <path d="M8 1.2a6.8 6.8 0 1 0 .01 0zM8 4.5v4.2M8 11v.7" />,
  success: <path d="M8 1.2a6.8 6.8 0 1 0 .01 0zM4.7 8.2 7 10.5l4.3-4.8" />,
  info: <path d="M8 1.2a6.8 6.8 0 1 0 .01 0zM8 7v4.5M8 4.3v.6" />,
  saved: <path d="M3 8.5 6.5 12 13 4.5" />,
  waiting: <path d="M8 1.5a6.5 6.5 0 1 0 .01 0zM8 4.5V8l2.4 1.6" />,
  invalid: <path d="M4 4l8 8M12 4l-8 8" />,
  remark: <path d="M2 2.5h12v8H7l-3 3v-3H2z" />,
  menu: <path d="M2 4h12M2 8h12M2 12h12" />,
  refresh: <path d="M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.5V4.5h-3" />,
  sound: <path d="M2 6h2.5L8 3v10L4.5 10H2zM10.5 5.5a3.5 3.5 0 0 1 0 5M12.5 3.5a6.4 6.4 0 0 1 0 9" />,
  print: <path d="M4 6V1.5h8V6M4 12H1.5V6h13v6H12M4 9.5h8v5H4z" />,
  download: <path d="M8 1.5v8.5M4.5 7 8 10.5 11.5 7M2 13.5h12" />,
  next: <path d="M5.5 2.5 11 8l-5.5 5.5" />,
  back: <path d="M10.5 2.5 5 8l5.5 5.5" />,
};

export function Icon({ name }: { name: string }) {
  return (
    <svg class={`icon i-${name}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      {shapes[name]}
    </svg>
  );
}

/** Grey lines where the content will stand; they show when it takes longer than a blink. */
export function Loading({ what, lines = 4 }: { what?: string; lines?: number }) {
  return (
    <div class="loading" role="status">
      <span class="sr">{what ?? t('loading')}</span>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} class="shape" aria-hidden="true" />
      ))}
    </div>
  );
}

/** What would be here, why it is not, and what to do. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** `since`: the figures that are still shown are of this moment. */
export function Failure({ error, retry, since }: { error: unknown; retry?: () => void; since?: number }) {
  const id = error instanceof ApiError ? error.requestId : '';
  const offline = isOffline(error);
  return (
    <Alert kind={offline ? 'warning' : 'error'} live title={offline ? t('offline.title') : t('failure.title')}>
      <p>
        {errorText(error)} {since !== undefined && t('failure.since', { time: clock(since) })}
      </p>
      {id && <p class="small">{t('failure.id', { id })}</p>}
      {retry && (
        <button type="button" class="button" onClick={retry}>
          {t('retry')}
        </button>
      )}
    </Alert>
  );
}

export interface Loaded<T> {
  data?: T;
  error?: unknown;
  loading: boolean;
  /** When the data came (ms). */
  at: number;
  reload: () => void;
}

interface LoadState<T> {
  key?: string;
  data?: T;
  error?: unknown;
  loading: boolean;
  at: number;
}

/** Loads when `key` changes, and again when the connection is back. What was shown stays while the
 *  next is loading; after a failure only if it is the answer to the same question. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<LoadState<T>>({ loading: true, at: 0 });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setState((s) => ({ ...s, error: undefined, loading: true }));
    load(abort.signal).then(
      (data) => !abort.signal.aborted && setState({ data, loading: false, key, at: Date.now() }),
      (error) =>
        !abort.signal.aborted && setState((s) => ({ ...(s.key === key ? s : { at: 0 }), error, loading: false, key })),
    );
    return () => abort.abort();
  }, [key, turn]);
  const back = online.value && isOffline(state.error);
  useEffect(() => {
    if (back) setTurn((n) => n + 1);
  }, [back]);
  return { ...state, reload: () => setTurn((n) => n + 1) };
}

/** Whoever follows a link that the next answer takes away is at the heading then, not at the top of the
 *  page: looked after until the next thing is pressed. */
function useFocusKept(heading: { current: HTMLElement | null }): void {
  const address = place.value.path + place.value.query.toString();
  useEffect(() => {
    if (!moved.current) return undefined;
    const look = () => {
      const nowhere = !document.activeElement || document.activeElement === document.body;
      if (nowhere) heading.current?.focus({ preventScroll: true });
    };
    const watch = new MutationObserver(look);
    const end = () => watch.disconnect();
    look();
    watch.observe(document.getElementById('main') ?? document.body, { childList: true, subtree: true });
    addEventListener('pointerdown', end, { once: true });
    addEventListener('keydown', end, { once: true });
    return () => {
      end();
      removeEventListener('pointerdown', end);
      removeEventListener('keydown', end);
    };
  }, [address]);
}

/** The frame of a screen: title of the window, heading that takes the focus, the rest. */
export function Page(props: {
  title: string;
  above?: ComponentChildren;
  actions?: ComponentChildren;
  wide?: boolean;
  /** One more class of the frame. */
  look?: string;
  children?: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} - ${t('product.short')}`;
  }, [props.title]);
  useFocusKept(heading);
  return (
    <div class={['page', props.wide && 'wide', props.look].filter(Boolean).join(' ')}>
      {props.above}
      <div class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        {props.actions && <div class="actions">{props.actions}</div>}
      </div>
      {props.children}
    </div>
  );
}

export function Crumbs({ links }: { links: Array<{ to?: string; text: string }> }) {
  return (
    <nav class="crumbs" aria-label={t('crumbs')}>
      <ol>
        {links.map((link) => (
          <li key={link.text}>{link.to ? <a href={link.to}>{link.text}</a> : <span aria-current="page">{link.text}</span>}</li>
        ))}
      </ol>
    </nav>
  );
}

/** Somebody may be in the middle of a word: what comes by itself takes neither focus nor keys. */
export function isTyping(): boolean {
  return !!document.activeElement?.matches('input:not([type=checkbox], [type=radio], [type=file]), textarea, select');
}

/** A button beside what is being typed leaves the focus where it is. */
export const keepFocus = (event: Event) => event.preventDefault();

/** A modal dialog; the browser keeps the focus inside. `onCancel` missing: it cannot be left.
 *  `unasked`: it comes by itself; a key on its way to the page presses none of its buttons. */
export function Dialog(props: {
  title: string;
  onCancel?: () => void;
  children: ComponentChildren;
  wide?: boolean;
  unasked?: boolean;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current!;
    const before = document.activeElement as HTMLElement | null;
    if (!dialog.open) dialog.showModal();
    if (props.unasked) dialog.querySelector('h2')?.focus();
    return () => {
      dialog.close();
      before?.focus?.();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={props.wide ? 'dialog wide' : 'dialog'}
      aria-labelledby="dialog-title"
      onCancel={(event: Event) => {
        event.preventDefault();
        props.onCancel?.();
      }}
    >
      <h2 id="dialog-title" tabIndex={-1}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

export function ErrorSummary({ errors }: { errors: Array<{ to?: string; text: string }> }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (errors.length) ref.current?.focus();
  }, [errors]);
  if (!errors.length) return null;
  return (
    <div class="alert error summary" role="alert" tabIndex={-1} ref={ref}>
      <Icon name="error" />
      <div>
        <h2 class="alert-title">{t('problem.title')}</h2>
        <ul>
          {errors.map((error) => (
            <li key={error.text}>
              {error.to ? (
                <a
                  href={`#${error.to}`}
                  onClick={(event) => {
                    event.preventDefault();
                    document.getElementById(error.to!)?.focus();
                  }}
                >
                  {error.text}
                </a>
              ) : (
                error.text
              )}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

export function Field(props: { id: string; label: string; hint?: ComponentChildren; error?: string; children: ComponentChildren }) {
  return (
    <div class={props.error ? 'field wrong' : 'field'}>
      <label for={props.id}>{props.label}</label>
      {props.hint && (
        <p class="hint" id={`${props.id}-hint`}>
          {props.hint}
        </p>
      )}
      {props.error && (
        <p class="field-error" id={`${props.id}-error`}>
          <Icon name="invalid" /> {props.error}
        </p>
      )}
      {props.children}
    </div>
  );
}

export function Password(props: {
  id: string;
  value: string;
  onInput: (value: string) => void;
  autocomplete: 'current-password' | 'new-password';
  invalid?: boolean;
  /** Takes the focus when the dialog it stands in opens. */
  first?: boolean;
}) {
  const [shown, setShown] = useState(false);
  return (
    <div class="with-button">
      <input
        id={props.id}
        name={props.id}
        {...({ type: shown ? 'text' : 'password' } as { type: 'text' })}
        value={props.value}
        autocomplete={props.autocomplete}
        autocapitalize="none"
        spellcheck={false}
        required
        autofocus={props.first}
        aria-invalid={props.invalid || undefined}
        aria-describedby={props.invalid ? `${props.id}-error` : undefined}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      <button type="button" class="button quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
        {shown ? t('password.hide') : t('password.show')}
      </button>
    </div>
  );
}

/** A table that may be wider than the screen scrolls by itself, by keyboard too. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
