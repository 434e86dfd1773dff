-- The largest figures follow what stands: they are added up like the totals, from the reports of a block
-- upward, so that a slip that was corrected leaves no trace. Two each, of different reports: whoever
-- corrects the largest is compared with the other.

create table rollup_peak (
    area_id integer not null,
    period integer not null,
    dictionary_id smallint not null,
    level smallint not null,               -- enum scope_level: 2 block .. 5 nation
    state_id integer,                      -- the path, as it was; null above it
    district_id integer,
    block_id integer,
    largest bytea not null,                -- packed like a report; blank: no figure above zero
    second bytea not null,
    primary key (area_id, period, dictionary_id)
);
create index rollup_peak_below_district on rollup_peak (district_id, period) where level = 2;
create index rollup_peak_below_state on rollup_peak (state_id, period) where level = 3;
create index rollup_peak_below_nation on rollup_peak (period) where level = 4;
create index rollup_peak_of_nation on rollup_peak (dictionary_id) where level = 5;

alter table rollup_peak enable row level security;
create policy rollup_peak_scope on rollup_peak
    using (hmis_in_scope(state_id, district_id, block_id, null))
    with check (hmis_scope_level() = 'nation');
grant select, insert, update, delete on rollup_peak to hmis_app;

alter table item_peak add second integer not null default 0;
comment on table item_peak is 'the two largest figures of an item in any month, kept by the totals worker';

-- What one person typed is added before what a file brought.
alter table rollup_queue add bulk boolean not null default false;
create index rollup_queue_order on rollup_queue (bulk, id);
create index rollup_queue_bulk on rollup_queue (period, dictionary_id) where bulk;

-- The peaks of the months that are there.
insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id, bulk)
select distinct r.period, f.dictionary_id, r.state_id, r.district_id, r.block_id, true
  from report r
  join form f on f.id = r.form_id;
