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
    replaced_at timestamptz not null,
    primary key (facility_id, period, form_id, version)
);

-- What is being typed. version counts every save; a save that names an older one is refused.
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
    with check (facility_id in (select f.id from facility f));
create policy report_update on report for update
    using (exists (select from facility f where f.id = report.facility_id))
    with check (exists (select from facility f where f.id = report.facility_id));

alter table report_version enable row level security;
create policy report_version_read on report_version for select
    using (hmis_in_scope(state_id, district_id, block_id, facility_id)
           or facility_id in (select f.id from facility f));
create policy report_version_insert on report_version for insert
    with check (exists (select from facility f where f.id = report_version.facility_id));

alter table report_draft enable row level security;
create policy report_draft_scope on report_draft
    using (exists (select from facility f where f.id = report_draft.facility_id))
    with check (exists (select from facility f where f.id = report_draft.facility_id));

grant select, insert, update on report to hmis_app;
grant select, insert on report_version to hmis_app;
grant select, insert, update, delete on report_draft to hmis_app;

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
