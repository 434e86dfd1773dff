// Acts on a facility: each has a day from which it holds, and is shown before it is done: which reports
// and totals it touches.
import { useState } from 'preact/hooks';

import { api, ApiError, get } from '../api';
import { has, language, month, t, tn } from '../i18n';
import { NeedsServer } from '../parts';
import { reportPath } from '../report';
import { parseCell } from '../rules/cells';
import type { AreaFound, FacilityAbout, FacilityChange } from '../types';
import { Alert, ErrorSummary, errorText, Field, useLoad } from '../ui';

const ACTS = ['type', 'ownership', 'locality', 'name', 'move', 'close', 'open', 'nin', 'correct'] as const;
type Act = (typeof ACTS)[number];
const FIELDS = ['type', 'ownership', 'locality', 'name', 'status', 'block'] as const;
const CHOICES: Record<string, string[]> = {
  type: ['SC', 'PHC', 'CHC', 'SDH', 'DH', 'DHQ'],
  ownership: ['Public', 'Private'],
  locality: ['Urban', 'Rural'],
  status: ['open', 'closed'],
};

interface Asked {
  act: Act;
  /** What a correction corrects. */
  field: (typeof FIELDS)[number];
  from: string;
  until: string;
  value: string;
  reason: string;
  /** open: it was not there before. */
  first: boolean;
  /** move: into another state is meant. */
  otherState: boolean;
}
const unasked: Asked = { act: 'type', field: 'type', from: '', until: '', value: '', reason: '', first: false, otherState: false };
type Change = (part: Partial<Asked>) => void;

const fieldOf = (asked: Asked): string => (asked.act === 'correct' ? asked.field : asked.act === 'move' ? 'block' : asked.act);
/** A day as people write it, day before month, as "2023-04-05"; null: it is none. */
function isoDay(typed: string): string | null {
  const parsed = parseCell({ type: 'date', scale: 0, low: null, high: null }, typed);
  return parsed.value ? String(parsed.value).replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3') : null;
}
const needsValue = (act: Act) => act !== 'close' && act !== 'open';
const isDated = (act: Act) => act !== 'nin';

function bodyOf(asked: Asked, dry: boolean): unknown {
  const { act, reason } = asked;
  const moves = fieldOf(asked) === 'block';
  const until = act === 'correct' ? isoDay(asked.until) : null;
  return {
    act,
    ...(isDated(act) && { from: isoDay(asked.from) }),
    ...(until && { until }),
    ...(needsValue(act) && { [fieldOf(asked)]: asked.value.trim() }),
    reason: reason.trim(),
    ...(act === 'open' && asked.first && { first: true }),
    ...(moves && asked.otherState && { other_state: true }),
    dry_run: dry,
  };
}

function sendAct(code: string, body: unknown): Promise<FacilityChange> {
  return api('POST', `/facilities/${encodeURIComponent(code)}/changes`, { body });
}

function choiceText(field: string, code: string): string {
  if (field === 'status') return t(`facility.status.${code}`);
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
      <Field id="block" label={t('acts.value.block')}>
        <select id="block" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
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
    <Field id={field} label={t(`acts.value.${field}`)}>
      {choices ? (
        <select id={field} value={asked.value} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">{t('acts.choose')}</option>
          {choices.map((code) => (
            <option key={code} value={code}>
              {choiceText(field, code)}
            </option>
          ))}
        </select>
      ) : (
        <input id={field} value={asked.value} maxLength={200} onInput={(event) => onChange(event.currentTarget.value)} />
      )}
    </Field>
  );
}

type Stamped = FacilityChange['reports'][number];

/** Reports to which the same happens stand together. */
function alike(reports: Stamped[]): Stamped[][] {
  const groups = new Map<string, Stamped[]>();
  for (const one of reports) {
    const key = JSON.stringify([one.form, one.from, one.to, one.stamped, one.note]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

function ReportGroup({ code, group }: { code: string; group: Stamped[] }) {
  const { from, to, stamped, note } = group[0]!;
  return (
    <p>
      {stamped ? t('acts.stamped', { from, to }) : from && t('acts.kept', { from })} {note && t('acts.keeps_form')}
      <br />
      {group.map((one) => (
        <span key={one.period}>
          <a href={reportPath({ facility: code, form: one.form, period: one.period })}>{month(one.period)}</a>{' '}
        </span>
      ))}
    </p>
  );
}

/** The facility is closed by it: for the months of the reports named nothing is expected any more. */
const isClosing = (change: FacilityChange) => change.changes.some((one) => one.what === 'status' && one.to === 'closed');

/** What the server says the act would touch, or has touched. */
function Touched({ code, change }: { code: string; change: FacilityChange }) {
  const { reports, totals } = change;
  const stamped = reports.filter((one) => one.stamped).length;
  return (
    <>
      {change.changes.map((one) => (
        <p key={one.what}>
          {one.from ?? '–'} → <strong>{one.to ?? '–'}</strong>
        </p>
      ))}
      {!change.changes.length && <p>{t('acts.nothing')}</p>}
      <p>
        {isClosing(change) && reports.length > 0 && <strong>{tn('acts.closing_reports', reports.length)}</strong>}{' '}
        {stamped ? tn('acts.reports', stamped) : t('acts.no_reports')} {totals > 0 && tn('acts.totals', totals)}
      </p>
      {alike(reports).map((group) => (
        <ReportGroup key={`${group[0]!.period} ${group[0]!.to}`} code={code} group={group} />
      ))}
    </>
  );
}

function Told({ kind, title, code, change }: { kind: 'success' | 'info' | 'warning'; title: string; code: string; change: FacilityChange }) {
  return (
    <Alert kind={kind} focus title={title}>
      <Touched code={code} change={change} />
    </Alert>
  );
}

function missing(asked: Asked): Array<{ to: string; text: string }> {
  const gaps = [];
  const begins = asked.act !== 'correct' || asked.from.trim();
  if (needsValue(asked.act) && !asked.value.trim()) gaps.push({ to: fieldOf(asked), text: t('acts.value.missing') });
  if (isDated(asked.act) && begins && !isoDay(asked.from)) gaps.push({ to: 'from', text: t(asked.from.trim() ? 'acts.from.wrong' : 'acts.from.missing') });
  if (asked.act === 'correct' && asked.until.trim() && !isoDay(asked.until)) gaps.push({ to: 'until', text: t('acts.from.wrong') });
  if (!asked.reason.trim()) gaps.push({ to: 'reason', text: t('acts.reason.missing') });
  return gaps;
}

function problemsOf(error: unknown): Array<{ to?: string; text: string }> {
  const fields = error instanceof ApiError ? error.fields : [];
  return fields.length ? fields.map((one) => ({ to: one.field, text: language.value === 'en' ? one.detail : has(`error.${one.code}`) ? t(`error.${one.code}`) : one.detail })) : [{ text: errorText(error) }];
}

export function FacilityActs({ about, onDone }: { about: FacilityAbout; onDone: () => void }) {
  const [asked, setAsked] = useState(unasked);
  const [errors, setErrors] = useState<Array<{ to?: string; text: string }>>([]);
  const [shown, setShown] = useState<FacilityChange>();
  const [done, setDone] = useState<FacilityChange>();
  const [busy, setBusy] = useState(false);
  const change: Change = (part) => {
    setAsked({ ...asked, ...part });
    setShown(undefined);
    setDone(undefined);
  };
  async function send(dry: boolean) {
    const gaps = missing(asked);
    setErrors(gaps);
    if (gaps.length || busy) return;
    setBusy(true);
    try {
      const answer = await sendAct(about.code, bodyOf(asked, dry));
      setShown(dry ? answer : undefined);
      setDone(dry ? undefined : answer);
      if (!dry) onDone();
    } catch (error) {
      setErrors(problemsOf(error));
      setShown(undefined);
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
        {done && <Told kind="success" title={t('acts.done')} code={about.code} change={done} />}
        {shown && <Told kind={isClosing(shown) && shown.reports.length ? 'warning' : 'info'} title={t('acts.would')} code={about.code} change={shown} />}
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

function DayField({ id, label, value, onInput }: { id: string; label: string; value: string; onInput: (day: string) => void }) {
  return (
    <Field id={id} label={label} hint={t('acts.day.hint')}>
      <input id={id} inputMode="numeric" autocomplete="off" value={value} onInput={(event) => onInput(event.currentTarget.value)} />
    </Field>
  );
}

function Check({ label, checked, onChange }: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      {label}
    </label>
  );
}

function FieldChoice({ asked, change }: { asked: Asked; change: Change }) {
  if (asked.act !== 'correct') return null;
  return (
    <Field id="field" label={t('acts.field')}>
      <select id="field" value={asked.field} onChange={(event) => change({ field: event.currentTarget.value as Asked['field'], value: '' })}>
        {FIELDS.map((field) => (
          <option key={field} value={field}>
            {t(`acts.value.${field}`)}
          </option>
        ))}
      </select>
    </Field>
  );
}

function ActFields({ asked, change }: { asked: Asked; change: Change }) {
  const { act } = asked;
  return (
    <>
      <div class="filters">
        <Field id="act" label={t('acts.act')}>
          <select id="act" value={act} onChange={(event) => change({ act: event.currentTarget.value as Act, value: '' })}>
            {ACTS.map((one) => (
              <option key={one} value={one}>
                {t(`acts.act.${one}`)}
              </option>
            ))}
          </select>
        </Field>
        <FieldChoice asked={asked} change={change} />
        <Value asked={asked} onChange={(value) => change({ value })} />
        {isDated(act) && <DayField id="from" label={t(`acts.from.${act}`)} value={asked.from} onInput={(from) => change({ from })} />}
        {act === 'correct' && <DayField id="until" label={t('acts.until')} value={asked.until} onInput={(until) => change({ until })} />}
      </div>
      {act === 'open' && <Check label={t('acts.first')} checked={asked.first} onChange={(first) => change({ first })} />}
      {fieldOf(asked) === 'block' && <Check label={t('acts.other_state')} checked={asked.otherState} onChange={(otherState) => change({ otherState })} />}
      <p class="muted small">{t(`acts.text.${act}`)}</p>
      <Field id="reason" label={t('acts.reason')}>
        <input id="reason" maxLength={1000} value={asked.reason} onInput={(event) => change({ reason: event.currentTarget.value })} />
      </Field>
    </>
  );
}
