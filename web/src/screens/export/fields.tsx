// Fields that choose what a file is of: the area level by level, a form, a month.
import { useEffect, useState } from 'preact/hooks';

import { get, session } from '../../api';
import { language, month, t } from '../../i18n';
import { FORMS, monthsOf, today, yearOf, yearsBack } from '../../parts';
import type { AreaView } from '../../types';
import { Failure, Field, useLoad } from '../../ui';

type Options = Array<[value: string, text: string]>;

function Select(props: { id: string; label: string; value: string; options: Options; busy?: boolean; onChange: (value: string) => void }) {
  return (
    <Field id={props.id} label={props.label}>
      <select id={props.id} value={props.value} aria-busy={props.busy || undefined} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** `every`: what the choice of all forms is called, where it may be made. */
export function FormField({ id, value, every, onChange }: { id: string; value: string; every?: string; onChange: (form: string) => void }) {
  const forms: Options = FORMS.map((code) => [code, t(`type.${code}`)]);
  return <Select id={id} label={t('form')} value={value} options={every ? [['', every], ...forms] : forms} onChange={onChange} />;
}

/** Months of the last ten financial years, up to the running one. */
export function MonthField({ id, label, value, onChange }: { id: string; label: string; value: string; onChange: (period: string) => void }) {
  const years = [...new Set([yearOf(value), ...yearsBack()])].sort().reverse();
  return (
    <Field id={id} label={label}>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {years.map((year) => (
          <optgroup key={year} label={year}>
            {monthsOf(year)
              .filter((period) => period <= today())
              .map((period) => (
                <option key={period} value={period}>
                  {month(period)}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
    </Field>
  );
}

interface LevelProps {
  id: string;
  parent: number;
  period: string;
  /** Areas chosen below the parent, one in the other. */
  chain: number[];
  onChange: (chain: number[]) => void;
}

const loadArea = (area: number | string, period: string, abort: AbortSignal) =>
  get<AreaView>(`/areas/${area}`, { period, language: language.value }, abort);

function Level({ id, parent, period, chain, onChange }: LevelProps) {
  const loaded = useLoad(`${parent} ${period} ${language.value}`, (abort) => loadArea(parent, period, abort));
  const children = loaded.data?.children ?? [];
  const chosen = chain[0];
  const gone = !!loaded.data && chosen !== undefined && !children.some((one) => one.id === chosen);
  useEffect(() => {
    if (gone) onChange([]); // there is no such area here in this month
  }, [gone]);
  if (loaded.error) return <Failure error={loaded.error} retry={loaded.reload} />;
  const level = children[0]?.level;
  if (!level) return null;
  const all = t('export.all_of', { area: loaded.data?.area.name ?? '' });
  const options: Options = [['', all], ...children.map((one): [string, string] => [String(one.id), one.name ?? ''])];
  const choose = (value: string) => onChange(value ? [Number(value)] : []);
  return (
    <>
      <Select
        id={`${id}-${level}`}
        label={t(`export.level.${level}`)}
        value={String(chosen ?? '')}
        options={options}
        busy={loaded.loading}
        onChange={choose}
      />
      {chosen !== undefined && !gone && (
        <Level key={chosen} id={id} parent={chosen} period={period} chain={chain.slice(1)} onChange={(rest) => onChange([chosen, ...rest])} />
      )}
    </>
  );
}

/** Below one's own area: everything, or what is chosen level by level. */
function AreasField({ id, own, first, period, onChange }: { id: string; own: number; first: string; period: string; onChange: (area: string) => void }) {
  const [chain, setChain] = useState<number[]>([]);
  const choose = (next: number[]) => {
    setChain(next);
    onChange(next.length ? String(next.at(-1)) : '');
  };
  useEffect(() => {
    const abort = new AbortController();
    if (!first || first === String(own)) return undefined;
    loadArea(first, period, abort.signal).then(
      ({ ancestors, area }) => {
        const path = [...ancestors, area].map((one) => one.id);
        choose(path.slice(path.indexOf(own) + 1));
      },
      () => !abort.signal.aborted && choose([]), // not one of ours: everything, as where none is named
    );
    return () => abort.abort();
  }, []);
  return <Level id={id} parent={own} period={period} chain={chain} onChange={choose} />;
}

function FacilitiesField({ id, value, onChange }: { id: string; value: string; onChange: (area: string) => void }) {
  const { facilities } = session.value!;
  if (facilities.length === 1) return null;
  const each = facilities.map((one): [string, string] => [`facility-${one.code}`, one.name]);
  return <Select id={`${id}-facility`} label={t('facility')} value={value} options={[['', t('export.own')], ...each]} onChange={onChange} />;
}

/** `value` is taken once, as where to begin. */
export function AreaField({ id, value, period, onChange }: { id: string; value: string; period: string; onChange: (area: string) => void }) {
  const own = session.value!.area?.id;
  if (own === undefined) return <FacilitiesField id={id} value={value} onChange={onChange} />;
  return <AreasField id={id} own={own} first={value} period={period} onChange={onChange} />;
}
