-- Totals: for every area, month and kind of facility the sums, filled and zero cells of all items,
-- packed (include/hmis/aggregate.h). Made only by adding again from what lies below, so that a
-- total cannot drift; `hmis check` proves them against the reports.

create table rollup (
    area_id integer not null,
    period integer not null,
    dictionary_id smallint not null,
    facility_type smallint not null,       -- 0: all types together, from the district up
    ownership smallint not null,
    locality smallint not null,
    level smallint not null,               -- enum scope_level: 2 block .. 5 nation
    state_id integer,                      -- the path, as it was; null above it
    district_id integer,
    block_id integer,
    reports integer not null,
    packed bytea not null,
    primary key (area_id, period, dictionary_id, facility_type, ownership, locality)
);
alter table rollup alter column packed set compression lz4;
create index rollup_below_district on rollup (district_id, period) where level = 2;
create index rollup_below_state on rollup (state_id, period) where level = 3;
create index rollup_below_nation on rollup (period) where level = 4;

-- One row an area and month: which revision its totals have and which moment they show.
create table rollup_state (
    area_id integer not null,
    period integer not null,
    dictionary_id smallint not null,
    revision bigint not null,
    as_on timestamptz not null,
    state_id integer,
    district_id integer,
    block_id integer,
    primary key (area_id, period, dictionary_id)
);

-- A submission marks its block in the same transaction. Rows are only added and deleted, never
-- updated: submitters do not wait for each other.
create table rollup_queue (
    id bigint generated always as identity primary key,
    period integer not null,
    dictionary_id smallint not null,
    state_id integer not null,
    district_id integer not null,
    block_id integer not null,
    marked_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Who reports from a block, for the reporting status.
create index facility_place_block on facility_place (block_id);

-- Whoever holds the row's lock does the job: several daemons, one worker.
create table job_lock (name text primary key);
insert into job_lock values ('rollup'), ('import');

alter table rollup enable row level security;
create policy rollup_scope on rollup
    using (hmis_in_scope(state_id, district_id, block_id, null))
    with check (hmis_scope_level() = 'nation');
alter table rollup_state enable row level security;
create policy rollup_state_scope on rollup_state
    using (hmis_in_scope(state_id, district_id, block_id, null))
    with check (hmis_scope_level() = 'nation');
alter table rollup_queue enable row level security;
create policy rollup_queue_scope on rollup_queue
    using (hmis_in_scope(state_id, district_id, block_id, null));
-- A submission marks the block the report lay in, too, when the facility has moved since.
create policy rollup_queue_mark on rollup_queue for insert with check (hmis_scope_level() <> 'nothing');

grant select, insert, update, delete on rollup, rollup_state to hmis_app;
grant select, insert, delete on rollup_queue to hmis_app;
grant select, update on job_lock to hmis_app;
