// Submitting what stands on the review page: first what stops it, then the server.
import { useMemo, useState } from 'preact/hooks';

import { ApiError } from '../../api';
import { t } from '../../i18n';
import { endDraft } from '../../living';
import { reportCall, reportPath } from '../../report';
import { go } from '../../router';
import { errorText } from '../../ui';
import { isBlank, openOf, written, type Reviewing } from './found';

export interface Problem {
  to?: string;
  text: string;
}

/** `again`: the report is to be read and checked anew. */
export function useSubmit(v: Omit<Reviewing, 'missing'>, again: () => void) {
  const [missing, setMissing] = useState<string[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<string[]>([]);
  const [agreed, setAgreed] = useState<Set<string>>(new Set());
  const asked = [...new Set([...(v.check?.confirm_needed ?? (isBlank(v) ? ['no_services'] : [])), ...told])];

  const gaps = () => {
    const needed = [...v.needed, ...(asked.includes('no_services') ? ['remarks.report'] : [])];
    const remarks = [...new Set(needed)].filter((name) => !written(v.draft, v.form, name));
    return [...(openOf(v).length ? ['open'] : []), ...asked.filter((name) => !agreed.has(name)).map((name) => `confirm.${name}`), ...remarks];
  };
  const send = async () => {
    await v.draft.flush();
    if (openOf(v).length) return setMissing(['open']);
    if (v.draft.unsent) throw v.draft.stopped.value ?? new ApiError(0, 'network', '');
    const base = v.check?.base_changed ? { base_version: v.check.base_changed.version } : {};
    const confirm = agreed.size ? { confirm: [...agreed] } : {};
    await reportCall('POST', v.where, '/submit', { version: v.draft.version, ...base, ...confirm });
    endDraft(v.where, false);
    go(`${reportPath(v.where)}/receipt`);
  };
  const refused = (cause: unknown) => {
    setError(cause);
    if (!(cause instanceof ApiError)) return;
    const fields = cause.fields.map((field) => field.field);
    setMissing(fields.filter((name) => /^(remarks|confirm)\./.test(name)));
    setTold((before) => [...before, ...fields.flatMap((name) => /^confirm\.(.*)$/.exec(name)?.[1] ?? [])]);
    if (cause.code === 'report.base_changed' || cause.code === 'report.version_conflict') again();
  };
  const submit = () => {
    const found = gaps();
    setMissing(found);
    setError(null);
    if (found.length || busy) return;
    setBusy(true);
    void send().catch(refused).finally(() => setBusy(false));
  };
  // The same list until it is submitted again: the summary takes the focus when it changes, not while the
  // remark it asks for is typed.
  const problems = useMemo<Problem[]>(
    () => [...missing.map((name) => ({ to: name, text: problemOf(name) })), ...(error ? [{ text: errorText(error) }] : [])],
    [missing, error],
  );
  const agree = (name: string, yes: boolean) =>
    setAgreed((before) => new Set(yes ? [...before, name] : [...before].filter((one) => one !== name)));
  return { submit, busy, asked, agreed, agree, missing, problems, setError };
}

function problemOf(name: string): string {
  if (name === 'open') return t('review.open.first');
  if (name.startsWith('confirm.')) return t(`confirm.${name.slice(8)}`);
  return t('review.remark_missing_for', { what: name.replace(/^remarks\.(items\.|rules\.)?/, '') });
}
