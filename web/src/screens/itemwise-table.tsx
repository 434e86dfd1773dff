// The table of the item-wise report: on the screen as one that scrolls, on paper cut into pages by columns.
import { useEffect, useState } from 'preact/hooks';

import { month, number, t } from '../i18n';
import { withQuery } from '../router';
import type { Itemwise, ItemwiseCell, ItemwiseColumn, ItemwiseItem, ItemwiseSection } from '../types';
import { Scroll } from '../ui';

export const SPLITS = ['public', 'private', 'urban', 'rural'] as const;
/** Figures that stand beside each other on a landscape page of A4. */
const ON_PAPER = 12;

export const nameOf = (item: ItemwiseItem) => (item.component_name ? `${item.name}: ${item.component_name}` : item.name);
const columnKey = (column: ItemwiseColumn) => String(column.period ?? column.facility ?? column.id);
export const columnName = (column: ItemwiseColumn) => (column.period ? month(column.period) : (column.name ?? t('itemwise.moved')));

/** What stands in a cell under the total (0) or a split (1 to 4): a figure, or adequate of answered. */
export function cellText(cell: ItemwiseCell | null | undefined, split: number): string {
  if (!cell) return '';
  if (Array.isArray(cell)) {
    const value = cell[split];
    return value === null || value === undefined ? '' : number(value);
  }
  const at = (side: number | number[]) => (Array.isArray(side) ? side[split] : split === 0 ? side : undefined);
  const answered = at(cell.answered);
  return answered ? t('itemwise.share', { adequate: at(cell.adequate) ?? 0, answered }) : '';
}

/** Total, and the splits asked for where anything is split. */
function splitsShown(data: Itemwise, splits: string[]): number[] {
  if (data.sections.every((section) => section.total_only)) return [0];
  return [0, ...SPLITS.map((split, i) => (splits.includes(split) ? i + 1 : -1)).filter((i) => i > 0)];
}

/** Is the page being printed just now? */
function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const paper = matchMedia('print');
    const on = () => setPrinting(true);
    const off = () => setPrinting(false);
    const changed = () => setPrinting(paper.matches);
    addEventListener('beforeprint', on);
    addEventListener('afterprint', off);
    paper.addEventListener('change', changed);
    return () => {
      removeEventListener('beforeprint', on);
      removeEventListener('afterprint', off);
      paper.removeEventListener('change', changed);
    };
  }, []);
  return printing;
}

interface Shown {
  data: Itemwise;
  /** Places of the columns in the answer. */
  columns: number[];
  /** 0 total, 1 to 4 the splits. */
  splits: number[];
  chart: string;
}

function ColumnHead({ data, column }: { data: Itemwise; column: ItemwiseColumn }) {
  const name = columnName(column);
  if (column.existed === false)
    return (
      <>
        {name} <span class="small muted">{t('itemwise.not_yet', { names: (column.predecessors ?? []).join(', ') || '–' })}</span>
      </>
    );
  if (column.facility && column.facility !== data.area.facility)
    return <a href={withQuery({ area: `facility-${column.facility}`, columns: null })}>{name}</a>;
  if (typeof column.id === 'number' && column.id !== data.area.id) return <a href={withQuery({ area: column.id })}>{name}</a>;
  return <>{name}</>;
}

function Heads({ data, columns, splits }: Shown) {
  const heads = [t('itemwise.total'), ...SPLITS.map((split) => t(`itemwise.${split}`))];
  const several = splits.length > 1;
  return (
    <thead>
      <tr>
        <th scope="col" rowSpan={several ? 2 : 1} class="stick">
          {t('form.item')}
        </th>
        {columns.map((c) => (
          <th key={c} scope="colgroup" colSpan={splits.length} class="n col">
            <ColumnHead data={data} column={data.columns[c]!} />
          </th>
        ))}
      </tr>
      {several && (
        <tr>
          {columns.flatMap((c) =>
            splits.map((i) => (
              <th key={`${c} ${i}`} scope="col" class="n sub">
                {heads[i]}
              </th>
            )),
          )}
        </tr>
      )}
    </thead>
  );
}

function Note({ item }: { item: ItemwiseItem }) {
  const how = item.aggregation;
  const text = how && how !== 'sum' && how !== 'none' ? t(`aggregation.${how}`) : item.reason ? t(`reason.${item.reason}`) : '';
  return text ? <span class="reason small muted">{text}</span> : null;
}

function Row({ item, shown }: { item: ItemwiseItem; shown: Shown }) {
  const charted = shown.chart === item.number;
  return (
    <tr class={charted ? 'charted' : undefined}>
      <th scope="row" class="stick">
        <a class="chart-button" aria-current={charted ? 'true' : undefined} title={t('itemwise.chart')} href={withQuery({ chart: charted ? null : item.number })}>
          <span class="num">{item.ref}</span> {nameOf(item)}
        </a>
        <Note item={item} />
      </th>
      {shown.columns.flatMap((c) =>
        shown.splits.map((i) => (
          <td key={`${c} ${i}`} class={i ? 'n' : 'n total'}>
            {cellText(item.cells[c], i)}
          </td>
        )),
      )}
    </tr>
  );
}

function Section({ section, shown }: { section: ItemwiseSection; shown: Shown }) {
  return (
    <tbody>
      <tr class="section-row">
        <th scope="rowgroup" colSpan={1 + shown.columns.length * shown.splits.length}>
          <span>
            {section.code} {section.name} {section.total_only && <em>({t('itemwise.total_only')})</em>}
          </span>
        </th>
      </tr>
      {section.items.map((item) => (
        <Row key={item.number} item={item} shown={shown} />
      ))}
    </tbody>
  );
}

function title(data: Itemwise): string {
  const months = data.from === data.to ? month(data.from) : `${month(data.from)} – ${month(data.to)}`;
  return `${data.area.name}, ${months}`;
}

function OneTable({ shown, part }: { shown: Shown; part?: string }) {
  const { data } = shown;
  return (
    <table class="itemwise">
      <caption class={part ? undefined : 'sr'}>
        {part ? `${t('itemwise.title')}: ` : ''}
        {title(data)} {part}
      </caption>
      <Heads {...shown} />
      {data.sections.map((section) => (
        <Section key={section.code} section={section} shown={shown} />
      ))}
    </table>
  );
}

function chunks(count: number, size: number): number[][] {
  const places = Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => places.slice(i * size, (i + 1) * size));
}

export function ItemwiseTable({ data, splits, chart }: { data: Itemwise; splits: string[]; chart: string }) {
  const printing = usePrinting();
  const shown = { data, splits: splitsShown(data, splits), chart };
  if (!printing)
    return (
      <Scroll label={t('itemwise.title')}>
        <OneTable shown={{ ...shown, columns: data.columns.map((_, i) => i) }} />
      </Scroll>
    );
  const pages = chunks(data.columns.length, Math.max(1, Math.floor(ON_PAPER / shown.splits.length)));
  return (
    <>
      {pages.map((columns, i) => (
        <div key={columnKey(data.columns[columns[0]!]!)} class="paper-part">
          <OneTable shown={{ ...shown, columns }} part={pages.length > 1 ? t('itemwise.part', { n: i + 1, of: pages.length }) : ' '} />
        </div>
      ))}
    </>
  );
}
