// Acts on a facility: each has a day from which it holds, and is shown before it is done: which reports
// and totals it touches.
import { useState } from 'preact/hooks';

import { api, ApiError, get } from '../api';
import { day, language, month, t, tn } from '../i18n';
import { NeedsServer } from '../parts';
import { reportPath } from '../report';
import { parseCell } from '../rules/cells';
import type { AreaFound, FacilityAbout, FacilityChange } from '../types';
import { Alert, ErrorSummary, errorText, Field, useLoad } from '../ui';

const ACTS = ['type', 'ownership', 'locality', 'name', 'move', 'close', 'open', 'correct'] as const;
type Act = (typeof ACTS)[number];
const FIELDS = ['type', 'ownership', 'locality', 'name', 'block'] as const;
const CHOICES: Record<string, string[]> = {
  type: ['SC', 'PHC', 'CHC', 'SDH', 'DH', 'DHQ'],
  ownership: ['Public', 'Private'],
  locality: ['Urban', 'Rural'],
};

interface Asked {
  act: Act;
  /** What a correction corrects. */
  field: (typeof FIELDS)[number];
  from: string;
  to: string;
  value: string;
  reason: string;
}
const fieldOf = (asked: Asked): string => (asked.act === 'correct' ? asked.field : asked.act === 'move' ? 'block' : asked.act);
/** A day as people write it, day before month, as "2023-04-05"; null: it is none. */
function isoDay(typed: string): string | null {
  const parsed = parseCell({ type: 'date', scale: 0, low: null, high: null }, typed);
  return parsed.value ? String(parsed.value).replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3') : null;
}
const needsValue = (act: Act) => act !== 'close' && act !== 'open';

function bodyOf(asked: Asked, dry: boolean): unknown {
  const value = asked.value.trim();
  return {
    act: asked.act,
    ...(asked.act === 'correct' ? { field: asked.field, to: isoDay(asked.to) } : {}),
    from: isoDay(asked.from),
    ...(needsValue(asked.act) ? { value } : {}),
    ...(asked.reason.trim() ? { reason: asked.reason.trim() } : {}),
    dry_run: dry,
  };
}

function choiceText(field: string, code: string): string {
  return field === 'type' ? t(`type.${code}`) : t(`kind.${code.toLowerCase()}`);
}

function BlockChoice({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const [typed, setTyped] = useState('');
  const found = useLoad(`block ${typed} ${language.value}`, (abort) =>
    typed.trim().length < 2
      ? Promise.resolve({ areas: [] as AreaFound[] })
      : get<{ areas: AreaFound[] }>('/areas', { q: typed.trim(), level: 'block', language: language.value }, abort),
  );
  return (
    <>
      <Field id="block-q" label={t('acts.block.search')} hint={t('acts.block.hint')}>
        <input id="block-q" type="search" autocomplete="off" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
      </Field>
      <Field id="value" label={t('acts.value.block')}>
        <select id="value" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">{t('acts.choose')}</option>
          {found.data?.areas.map((area) => (
            <option key={area.id} value={String(area.id)}>
              {[area.name, area.in].filter(Boolean).join(', ')}
            </option>
          ))}
        </select>
      </Field>
    </>
  );
}

function Value({ asked, onChange }: { asked: Asked; onChange: (value: string) => void }) {
  const field = fieldOf(asked);
  if (!needsValue(asked.act)) return null;
  if (field === 'block') return <BlockChoice value={asked.value} onChange={onChange} />;
  const choices = CHOICES[field];
  return (
    <Field id="value" label={t(`acts.value.${field}`)}>
      {choices ? (
        <select id="value" value={asked.value} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">{t('acts.choose')}</option>
          {choices.map((code) => (
            <option key={code} value={code}>
              {choiceText(field, code)}
            </option>
          ))}
        </select>
      ) : (
        <input id="value" value={asked.value} maxLength={200} onInput={(event) => onChange(event.currentTarget.value)} />
      )}
    </Field>
  );
}

const SHOWN = 20;

/** What the server says the act would touch, or has touched. */
function Touched({ change }: { change: FacilityChange }) {
  const reports = change.reports ?? [];
  const months = [...new Set((change.totals ?? []).map((one) => one.period))].sort();
  return (
    <>
      <p>{reports.length ? tn('acts.reports', reports.length) : t('acts.no_reports')}</p>
      {reports.length > 0 && (
        <ul>
          {reports.slice(0, SHOWN).map((one) => (
            <li key={`${one.form} ${one.period}`}>
              <a href={reportPath(one)}>{month(one.period)}</a> · {t(`type.${one.form}`)}
            </li>
          ))}
          {reports.length > SHOWN && <li>{tn('acts.more', reports.length - SHOWN)}</li>}
        </ul>
      )}
      {months.length > 0 && <p>{t('acts.totals', { months: months.map(month).join(', ') })}</p>}
      {change.notes?.map((text) => <p key={text}>{text}</p>)}
    </>
  );
}

function missing(asked: Asked): Array<{ to: string; text: string }> {
  const gaps = [];
  if (!asked.from.trim()) gaps.push({ to: 'from', text: t('acts.from.missing') });
  else if (!isoDay(asked.from)) gaps.push({ to: 'from', text: t('acts.from.wrong') });
  if (asked.act === 'correct' && asked.to.trim() && !isoDay(asked.to)) gaps.push({ to: 'to', text: t('acts.from.wrong') });
  if (needsValue(asked.act) && !asked.value.trim()) gaps.push({ to: 'value', text: t('acts.value.missing') });
  return gaps;
}

function problemsOf(error: unknown): Array<{ to?: string; text: string }> {
  const fields = error instanceof ApiError ? error.fields : [];
  return fields.length ? fields.map((one) => ({ to: one.field, text: one.detail })) : [{ text: errorText(error) }];
}

export function FacilityActs({ about, onDone }: { about: FacilityAbout; onDone: () => void }) {
  const [asked, setAsked] = useState<Asked>({ act: 'type', field: 'type', from: '', to: '', value: '', reason: '' });
  const [errors, setErrors] = useState<Array<{ to?: string; text: string }>>([]);
  const [shown, setShown] = useState<FacilityChange | null>(null);
  const [done, setDone] = useState<FacilityChange | null>(null);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<Asked>) => {
    setAsked({ ...asked, ...part });
    setShown(null);
    setDone(null);
  };
  async function send(dry: boolean) {
    const gaps = missing(asked);
    setErrors(gaps);
    if (gaps.length || busy) return;
    setBusy(true);
    try {
      const path = `/facilities/${encodeURIComponent(about.code)}/changes`;
      const answer = await api<FacilityChange>('POST', path, { body: bodyOf(asked, dry) });
      setShown(dry ? answer : null);
      setDone(dry ? null : answer);
      if (!dry) onDone();
    } catch (error) {
      setErrors(problemsOf(error));
      setShown(null);
    } finally {
      setBusy(false);
    }
  }
  return (
    <details class="card acts no-print">
      <summary>
        <h2>{t('acts.title')}</h2>
      </summary>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send(true);
        }}
      >
        <ErrorSummary errors={errors} />
        <ActFields asked={asked} change={change} />
        {done && (
          <Alert kind="success" live title={t('acts.done')}>
            <Touched change={done} />
          </Alert>
        )}
        {shown && (
          <Alert kind="info" live title={t('acts.would', { day: day(isoDay(asked.from)!) })}>
            <Touched change={shown} />
          </Alert>
        )}
        <div class="actions">
          <NeedsServer>
            <button type="submit" class="button" disabled={busy}>
              {t('acts.show')}
            </button>
            {shown && (
              <button type="button" class="button primary" disabled={busy} onClick={() => void send(false)}>
                {t('acts.do')}
              </button>
            )}
          </NeedsServer>
        </div>
      </form>
    </details>
  );
}

function ActFields({ asked, change }: { asked: Asked; change: (part: Partial<Asked>) => void }) {
  return (
    <>
      <div class="filters">
        <Field id="act" label={t('acts.act')}>
          <select id="act" value={asked.act} onChange={(event) => change({ act: event.currentTarget.value as Act, value: '' })}>
            {ACTS.map((act) => (
              <option key={act} value={act}>
                {t(`acts.act.${act}`)}
              </option>
            ))}
          </select>
        </Field>
        {asked.act === 'correct' && (
          <Field id="field" label={t('acts.field')}>
            <select
              id="field"
              value={asked.field}
              onChange={(event) => change({ field: event.currentTarget.value as Asked['field'], value: '' })}
            >
              {FIELDS.map((field) => (
                <option key={field} value={field}>
                  {t(`acts.value.${field}`)}
                </option>
              ))}
            </select>
          </Field>
        )}
        <Value asked={asked} onChange={(value) => change({ value })} />
        <Field id="from" label={t(`acts.from.${asked.act === 'close' ? 'close' : 'day'}`)} hint={t('acts.day.hint')}>
          <input id="from" inputMode="numeric" autocomplete="off" value={asked.from} onInput={(event) => change({ from: event.currentTarget.value })} />
        </Field>
        {asked.act === 'correct' && (
          <Field id="to" label={t('acts.to')} hint={t('acts.day.hint')}>
            <input id="to" inputMode="numeric" autocomplete="off" value={asked.to} onInput={(event) => change({ to: event.currentTarget.value })} />
          </Field>
        )}
      </div>
      <p class="muted small">{t(`acts.text.${asked.act}`)}</p>
      <Field id="reason" label={t('acts.reason')}>
        <input id="reason" maxLength={500} value={asked.reason} onInput={(event) => change({ reason: event.currentTarget.value })} />
      </Field>
    </>
  );
}
