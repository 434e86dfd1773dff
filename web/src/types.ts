// Shapes of the API (docs/api.md).
import type { DataType } from './rules/cells';
import type { Outcome } from './rules/rules';

export type Level = 'nation' | 'state' | 'district' | 'subdistrict' | 'block' | 'facility';

export interface Meta {
  today?: string;
  due_period?: string;
  due_date?: string;
  version: string;
  environment: string;
  languages: string[];
  roles: Array<{ name: string; title: string }>;
  notice: string | null;
  session: { idle_minutes: number; warning_minutes: number };
  password: { min_characters: number; max_characters: number };
}
export interface Captcha {
  id: string;
  digits: number;
  seconds: number;
  image: string;
  audio: string;
}
export interface FacilityRef {
  code: string;
  name: string;
}
export interface AreaRef {
  id: number;
  level: Level;
  name: string;
  /** In other languages than English, by their code. */
  names?: Record<string, string>;
}
/** Who is signed in in this browser, as the server tells a page of somebody else. */
export interface Person {
  account_id: number;
  username: string;
  full_name: string;
  role?: string;
}
export interface Session {
  account_id: number;
  /** Of the calendar: "2026-11-25", the month that is due "2026-10", until "2026-11-05". */
  today?: string;
  due_period?: string;
  due_date?: string;
  username: string;
  full_name: string;
  language: string;
  role: { name: string; title: string };
  permissions: string[];
  area: AreaRef | null;
  facilities: FacilityRef[];
  csrf_token: string;
  idle_seconds_left: number;
  absolute_seconds_left: number;
  warn_seconds: number;
}

export interface Facility extends FacilityRef {
  type: string;
  ownership: string;
  locality: string;
  block?: string;
  district?: string;
  state?: string;
  status?: string;
}
/** What held of a facility from a day on; `to`: first day on which it no longer held, null: still. */
export interface FacilitySpan {
  from: string | null;
  to: string | null;
  name: string;
  type: string;
  ownership: string;
  locality: string;
  open: boolean;
  state: string;
  district: string;
  block: string;
}
/** One facility with all columns of the register. */
export interface FacilityAbout extends FacilityRef {
  nin: string | null;
  type: string;
  type_title: string;
  ownership: string;
  locality: string;
  status: string;
  opened_on: string | null;
  closed_on: string | null;
  beds: number | null;
  state: AreaRef | null;
  district: AreaRef | null;
  block: AreaRef | null;
  subdistrict: AreaRef | null;
  history?: FacilitySpan[];
}
/** What an act on a facility touches (dry run) or has touched. */
export interface FacilityChange {
  dry_run: boolean;
  changes: Array<{ what: string; from: string | null; to: string | null; since: string | null }>;
  /** Reports whose kind or place is not what the register says of their month. */
  reports: Array<{ period: string; form: string; from: string; to: string; stamped: boolean; note?: string }>;
  /** Totals of blocks and months that are made again. */
  totals: number;
}
export type ReportStatus = 'none' | 'draft' | 'submitted' | 'submitted_with_draft';
export interface MonthForm {
  form: string;
  status: ReportStatus;
  filled: number;
  total: number;
  version?: number;
  submitted_at?: string;
  updated_at?: string;
  no_services?: boolean;
}
export interface Month {
  period: string;
  open: boolean;
  forms: MonthForm[];
}
export interface Months {
  facility: string;
  facility_name: string;
  type: string;
  year: string;
  suggested_year: string;
  years: string[];
  months: Month[];
}

export interface Item {
  key: string;
  number: string;
  name: string;
  component_name?: string | null;
  type: DataType;
  scale: number;
  low: number | null;
  high: number | null;
}
export interface Section {
  /** Its place in addresses: the code, or the code with a number where a form comes back to a section. */
  id: string;
  code: string;
  /** What the form itself calls it; null where its numbers do not tell. */
  number: string | null;
  name: string;
  items: Item[];
}
export interface Rule {
  ordinal: number;
  code: string;
  class: 'A' | 'B' | 'C';
  operator: '<=' | '>=' | '=';
  left: string[];
  right: string[];
  text: string;
}
export interface Form {
  dictionary: string;
  form: string;
  title: string;
  sections: Section[];
  rules: Rule[];
}

/** Figures as they are stored: counts as they are, adequacy 1 or 2, dates yyyymmdd, decimals scaled. */
export type Cells = Record<string, number | null>;
/** Figures as the API writes them: counts and decimals as numbers, dates and adequacy as text. */
export type ItemValues = Record<string, number | string | null>;
export interface ReportRemarks {
  report?: string;
  items?: Record<string, string>;
  rules?: Record<string, string>;
}
export interface Finding {
  kind: 'outlier' | 'digits' | 'repeat' | 'date' | 'opening';
  item?: string;
  value?: number | string | null;
  low?: number;
  high?: number;
  /** digits: the largest figure that stands anywhere. */
  largest?: number;
  /** opening: what last month closed with. */
  closing?: number | null;
  period?: string;
}
export interface Submitted {
  version: number;
  receipt: string;
  submitted_at: string;
  submitted_by: string | null;
  source: string;
  items?: ItemValues;
  remarks?: ReportRemarks;
  /** Of each rule, by its code. */
  outcomes?: Record<string, Outcome>;
  /** Nothing in it: "no services this month", with a remark. */
  no_services?: boolean;
  findings: Finding[];
}
/** What held of the facility in the month of the report. */
export interface OfMonth {
  kind?: { type: string; ownership: string; locality: string };
  place?: { state: string; district: string; block: string };
}
export interface Report extends OfMonth {
  facility: string;
  facility_name: string;
  form: string;
  dictionary: string;
  period: string;
  open: boolean;
  status: ReportStatus;
  version: number;
  items: ItemValues;
  remarks: ReportRemarks;
  updated_at: string | null;
  updated_by: string | null;
  submitted: Submitted | null;
  previous: { period: string; items: ItemValues } | null;
  last_year: { period: string; items: ItemValues } | null;
  expected: Record<string, [number, number]>;
  digits: Record<string, number>;
  /** The largest figure of each item anywhere, this report's own aside. */
  largest?: Record<string, number>;
  may?: { enter: boolean; submit: boolean };
}

export interface Check {
  version: number;
  filled: number;
  total: number;
  outcomes: Record<string, Outcome>;
  counts: Record<Outcome, number>;
  findings: Finding[];
  /** "remarks.rules.PHC-03", "remarks.items.1.1", "remarks.report" */
  remarks_needed: string[];
  /** "no_services", "running_month", "far_month" */
  confirm_needed?: string[];
  /** What was submitted or imported since the draft was begun: item: [before, now]. */
  base_changed: { version: number; submitted_at: string; submitted_by: string | null; items: Record<string, [ItemValues[string], ItemValues[string]]> } | null;
}
export interface VersionRow {
  version: number;
  receipt: string;
  submitted_at: string;
  submitted_by: string | null;
  source: string;
  filled: number;
  no_services?: boolean;
}
export interface Version extends VersionRow {
  items: ItemValues;
  remarks: ReportRemarks;
  changed?: Record<string, [number | string | null, number | string | null]>;
}

export interface ReportRow {
  facility: string;
  facility_name: string;
  form: string;
  period: string;
  status: ReportStatus;
  version?: number;
  submitted_at?: string;
  updated_at?: string;
  filled?: number;
  findings?: number;
  total: number;
  no_services?: boolean;
}
export interface ReportList {
  page: number;
  more: boolean;
  reports: ReportRow[];
}

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
