// Shapes of what is due, of areas, totals, validation and imports (docs/api.md).
import type { AreaRef, FacilityRef, Level, Rule } from './types';

/** A month that was expected of a facility and has not been submitted. */
export interface DueItem {
  facility: FacilityRef & { type: string };
  form: string;
  period: string;
  /** "2026-11-05" */
  deadline: string;
  late: boolean;
  status: 'none' | 'draft';
  filled: number;
  of: number;
}
export interface DueList {
  total: number;
  page: number;
  page_size?: number;
  more?: boolean;
  items: DueItem[];
}

/** An area found by its name, with what it lies in. */
export interface AreaFound extends AreaRef {
  in: string | null;
}
export interface AreaView {
  area: AreaRef;
  ancestors: AreaRef[];
  children: AreaRef[];
}
/** An area has an id; where the columns are facilities, their code. */
export interface Place {
  id?: number;
  facility?: string;
  level: Level;
  name: string | null;
}
/** total, public, private, urban, rural; the total alone where nothing is split. */
export type Figures = [number, number, number, number, number] | [number];
/** Answers are not added: how many said "adequate" of those that answered. */
export interface AdequateShare {
  adequate: number | number[];
  answered: number | number[];
}
export type ItemwiseCell = Figures | AdequateShare;
/** The tree changed within the range: from this month on the area is another. */
export interface ItemwiseBreak {
  period: string;
  what: 'began' | 'joined' | 'split' | 'moved';
  from?: string[];
  to?: string[];
}
export interface ItemwiseItem {
  /** Names the item: "9.1.2", stock items "17.1/2". */
  number: string;
  ref: string;
  component?: number;
  component_name?: string;
  name: string;
  reason: string | null;
  aggregation?: 'sum' | 'first' | 'last' | 'share' | 'none';
  cells: Array<ItemwiseCell | null>;
}
export interface ItemwiseSection {
  code: string;
  name: string;
  total_only: boolean;
  items: ItemwiseItem[];
}
/** An area, a facility, or a month. */
export interface ItemwiseColumn {
  id?: number | string;
  facility?: string;
  period?: string;
  level?: Level;
  name: string | null;
  reports: number;
  /** A month in which the area did not exist: whose its parts were. */
  existed?: boolean;
  predecessors?: string[];
}
export interface Itemwise {
  status: string;
  status_as_on: string;
  area: Place;
  from: string;
  to: string;
  mode: 'month' | 'cumulative';
  by: 'areas' | 'months';
  dictionary: string;
  breaks?: ItemwiseBreak[];
  columns: ItemwiseColumn[];
  sections: ItemwiseSection[];
}
export interface Reporting {
  area: Place;
  period: string;
  /** The newest month with reports, the due one at the latest. */
  newest?: string | null;
  status_as_on: string;
  total: { expected: number; reported: number; drafts: number };
  rows: Array<{ area: Place; expected: number; reported: number; drafts: number }>;
}
export interface RuleCounts {
  code: string;
  text: string;
  consistent: number;
  inconsistent: number;
  probable: number;
  blank: number;
}
export interface ValidationSummary {
  area: Place;
  period: string;
  form: string;
  dictionary: string;
  forms: string[];
  status_as_on: string;
  facilities: number;
  not_reported: number;
  rules: RuleCounts[];
}
/** The reports of a month in which a rule did not come out. */
export interface RuleFacility {
  facility: string;
  name: string;
  outcome: 'inconsistent' | 'probable';
  /** Sums of the sides; null: blank. */
  left: number | null;
  right: number | null;
  remark: string | null;
}
export interface RuleFacilities {
  period: string;
  area: Place;
  form: string;
  dictionary: string;
  rule: { code: string; class: Rule['class']; operator: Rule['operator']; text: string; left: string[]; right: string[] };
  total: number;
  page: number;
  more: boolean;
  rows: RuleFacility[];
}
export interface ImportQuestion {
  key: string;
  kind: string;
  value: string;
  example: string;
  detail: string;
  line: number;
  rows: number;
  figures: number;
  choices: Array<{ value: string; name: string }>;
}
export interface ImportNote {
  code: string;
  text: string;
}
export interface ImportLine {
  line: number | null;
  column: number | null;
  column_name: string | null;
  facility: string | null;
  month?: string;
  form: string | null;
  item: string | null;
  item_name: string | null;
  value: string | null;
  code: string;
  detail: string;
  question: string | null;
}
export interface ImportJob {
  job: number;
  format: string;
  file_name: string;
  file_size: number;
  month?: string;
  dry_run: boolean;
  atomic: boolean;
  create_facilities: boolean;
  empty: 'keep' | 'erase';
  status: 'waiting' | 'running' | 'done' | 'failed';
  bytes_read: number;
  rows_read: number;
  rows_blank: number;
  rows_refused: number;
  rows_asked: number;
  figures_read: number;
  figures_stored: number;
  figures_unchanged: number;
  figures_refused: number;
  figures_lost: number;
  figures_asked: number;
  figures_replaced: number;
  figures_emptied: number;
  figures_kept: number;
  reports_new: number;
  reports_changed: number;
  reports_unchanged: number;
  facilities_created: number;
  facilities_changed: number;
  facilities_moved: number;
  facilities_refused: number;
  findings: number;
  refusals: number;
  started_at: string;
  finished_at: string | null;
  started_by: string | null;
  /** Why it failed; of one that has ended well: that nothing was stored. */
  message: string | null;
  /** Of one job, not of the list. */
  questions?: ImportQuestion[];
  notes?: ImportNote[];
  answers?: string | null;
  lists?: Record<string, number>;
}
