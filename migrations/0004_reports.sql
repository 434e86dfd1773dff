-- Monthly reports. The figures of one facility, form and month are one row: cells[slot + 1], NULL
-- is blank (blank is not zero). Every submitted version is kept: the newest in report, those it
-- replaced in report_version.

create table report (
    facility_id integer not null,
    period integer not null,               -- yyyymm
    form_id smallint not null,
    -- areas and kind as they were on the last day of the month
    facility_type smallint not null,
    ownership smallint not null,
    locality smallint not null,
    source smallint not null,              -- 1 entered, 2 imported
    state_id integer not null,
    district_id integer not null,
    block_id integer not null,
    version integer not null,
    submitted_at timestamptz not null,
    submitted_by bigint,                   -- account; null: the system (command line)
    cells integer[] not null,
    outcomes bytea,                        -- two bits a rule, by ordinal: include/hmis/validation.h
    findings integer[],                    -- kind * 65536 + slot: include/hmis/validation.h
    remarks jsonb,                         -- {"report":"..","items":{"1.1":".."},"rules":{"PHC-03":".."}}
    -- The same figures packed (include/hmis/report.h): eight times faster to read than an array, which
    -- PostgreSQL sends element by element. Null only in rows written by hand; readers then take cells.
    packed bytea,
    filled smallint,                       -- cells with a figure
    draft_version integer,                 -- of the draft it was submitted from; null: imported
    primary key (facility_id, period, form_id)
) partition by range (period);

do $$
begin
    for year in 2008..2039 loop
        execute format('create table report_%s partition of report for values from (%s) to (%s)',
                       year, year * 100 + 4, (year + 1) * 100 + 4);
        execute format('create index on report_%s (period, block_id)', year);
    end loop;
end
$$;

create table report_version (
    facility_id integer not null,
    period integer not null,
    form_id smallint not null,
    facility_type smallint not null,
    ownership smallint not null,
    locality smallint not null,
    source smallint not null,
    state_id integer not null,
    district_id integer not null,
    block_id integer not null,
    version integer not null,
    submitted_at timestamptz not null,
    submitted_by bigint,
    cells integer[] not null,
    outcomes bytea,
    findings integer[],
    remarks jsonb,
    packed bytea,
    filled smallint,
    draft_version integer,
    replaced_at timestamptz not null,
    primary key (facility_id, period, form_id, version)
);

-- What is being typed. version counts every save; a save that names an older one is refused. The
-- count goes on from the submitted version's draft, so that a page left open since cannot win.
create table report_draft (
    facility_id integer not null,
    period integer not null,
    form_id smallint not null,
    version integer not null,
    cells integer[] not null,
    remarks jsonb,
    started_at timestamptz not null,
    updated_at timestamptz not null,
    updated_by bigint,
    primary key (facility_id, period, form_id)
) with (fillfactor = 70);

-- A report may be seen by whom its areas as they were belong to, and by whom the facility belongs
-- to today (a new district reads the history of the facilities it took over).
alter table report enable row level security;
create policy report_read on report for select
    using (hmis_in_scope(state_id, district_id, block_id, facility_id)
           or facility_id in (select f.id from facility f));
create policy report_insert on report for insert
    with check (hmis_scope_level() = 'nation'
                or exists (select from facility f where f.id = report.facility_id));
create policy report_update on report for update
    using (hmis_scope_level() = 'nation'
           or exists (select from facility f where f.id = report.facility_id))
    with check (hmis_scope_level() = 'nation'
                or exists (select from facility f where f.id = report.facility_id));

alter table report_version enable row level security;
create policy report_version_read on report_version for select
    using (hmis_in_scope(state_id, district_id, block_id, facility_id)
           or facility_id in (select f.id from facility f));
create policy report_version_insert on report_version for insert
    with check (hmis_scope_level() = 'nation'
                or exists (select from facility f where f.id = report_version.facility_id));

alter table report_draft enable row level security;
create policy report_draft_scope on report_draft
    using (exists (select from facility f where f.id = report_draft.facility_id))
    with check (exists (select from facility f where f.id = report_draft.facility_id));

grant select, insert, update on report to hmis_app;
grant select, insert on report_version to hmis_app;
grant select, insert, update, delete on report_draft to hmis_app;

-- Name of whoever saved or submitted: the one thing shown of an account beyond its own scope.
create function hmis_account_name(account bigint) returns text
    language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
    return (select a.full_name from account a where a.id = hmis_account_name.account);
end
$$;

-- old with the texts of patch put in; a null removes one. Null when nothing is left.
create function remarks_merge(old jsonb, patch jsonb) returns jsonb
    language sql immutable
    return (
        select nullif(jsonb_object_agg(m.key, m.value) filter (where m.value <> '{}'), '{}')
          from jsonb_each(jsonb_strip_nulls(jsonb_build_object(
                   'report', coalesce(patch -> 'report', old -> 'report'),
                   'items', coalesce(old -> 'items', '{}') || coalesce(patch -> 'items', '{}'),
                   'rules', coalesce(old -> 'rules', '{}') || coalesce(patch -> 'rules', '{}')))) m);

-- Saves cells and remarks of a draft in one round trip. Slots count from 0. types: a bit (1 << type) for
-- every kind of facility that reports on the form. outcome: 'saved', or why not: 'unknown' (no such
-- facility in the scope), 'closed', 'not_reported', 'conflict'; then nothing is changed, and a conflict
-- returns what stands there now.
create function draft_save(facility_code text, month integer, form smallint, types integer,
                           first_day date, last_day date, width integer, expected integer,
                           slots integer[], figures integer[], patch jsonb, account bigint)
    returns table (outcome text, version integer, cells integer[], remarks jsonb,
                   updated_at timestamptz, updated_by text)
    language plpgsql
as $$
declare
    place record;
    draft report_draft%rowtype;
    base record;
    k integer;
begin
    select f.id, f.facility_type, f.opened_on, f.closed_on into place
      from facility f where f.code = facility_code;
    if not found then
        outcome := 'unknown'; return next; return;
    elsif place.opened_on > last_day or place.closed_on <= first_day then
        outcome := 'closed'; return next; return;
    elsif (types >> place.facility_type) & 1 = 0 then
        outcome := 'not_reported'; return next; return;
    end if;

    select d.* into draft from report_draft d
     where d.facility_id = place.id and d.period = month and d.form_id = form for no key update;
    if not found then
        select r.cells, r.remarks, coalesce(r.draft_version, 0) as version, r.submitted_at, r.submitted_by
          into base from report r
         where r.facility_id = place.id and r.period = month and r.form_id = form;
        draft.version := coalesce(base.version, 0);
        draft.cells := coalesce(base.cells, array_fill(null::integer, array[width]));
        draft.remarks := base.remarks;
        draft.updated_at := base.submitted_at;
        draft.updated_by := base.submitted_by;
        if draft.version = expected then
            insert into report_draft as d (facility_id, period, form_id, version, cells, remarks, started_at,
                                           updated_at, updated_by)
            values (place.id, month, form, draft.version, draft.cells, draft.remarks, now(), now(), account)
            on conflict do nothing;
            if not found then  -- somebody else began it in this moment
                select d.* into draft from report_draft d
                 where d.facility_id = place.id and d.period = month and d.form_id = form for no key update;
            end if;
        end if;
    end if;

    if draft.version is distinct from expected then
        return query select 'conflict', draft.version, draft.cells, draft.remarks, draft.updated_at,
                            hmis_account_name(draft.updated_by);
        return;
    end if;
    for k in 1 .. cardinality(slots) loop
        draft.cells[slots[k] + 1] := figures[k];
    end loop;
    if patch is not null then
        draft.remarks := remarks_merge(draft.remarks, patch);
    end if;
    update report_draft d
       set version = d.version + 1, cells = draft.cells, remarks = draft.remarks, updated_at = now(),
           updated_by = account
     where d.facility_id = place.id and d.period = month and d.form_id = form
     returning d.version, d.updated_at into version, updated_at;
    outcome := 'saved';
    return next;
end
$$;

-- For people who write SQL: one line a value.
create view report_value with (security_invoker = true) as
    select r.facility_id, f.code as facility_code, r.period, fo.code as form, fi.number,
           i.number as ref_no, i.component, i.name, r.version,
           r.cells[i.slot + 1]::numeric / (10 ^ i.scale) as value
      from report r
      join facility f on f.id = r.facility_id
      join form fo on fo.id = r.form_id
      join form_item fi on fi.form_id = r.form_id
      join item i on i.dictionary_id = fi.dictionary_id and i.slot = fi.slot
     where r.cells[i.slot + 1] is not null;
grant select on report_value to hmis_app;
