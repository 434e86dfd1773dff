// Shapes of the API (docs/api.md): who, facilities, forms, reports.
import type { DataType } from './rules/cells';
import type { Outcome } from './rules/rules';

export type * from './types-totals';

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
  /** `reason`: a code, why nothing can be submitted; `form`: that of the month; `discard`: a draft stands. */
  may?: { enter: boolean; submit: boolean; discard?: boolean; reason?: string | null; form?: string | null };
  /** A draft of the month was begun on another form. */
  other_draft?: string | null;
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
