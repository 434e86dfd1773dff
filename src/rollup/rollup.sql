-- Totals: what is queued, the reports of blocks, the rows below an area, what is written.
-- A place is (state, district, block); a kind is (facility type, ownership, locality).

-- name: rollup_waiting
select exists (select from rollup_queue)

-- name: rollup_lock
select name from job_lock where name = 'rollup' for update skip locked

-- name: rollup_lock_wait
select name from job_lock where name = 'rollup' for update

-- Reports are given the places of the tree: it stays as it is until that is done.
-- name: rollup_tree_lock
select hmis_tree_lock(false)

-- name: rollup_nation
select id from area where level = 'nation' order by id limit 1

-- The oldest marks of what was typed, a line a block and month; the outer order makes groups of one
-- month. Of the dictionaries $2.
-- name: rollup_queue_read
select period, dictionary_id, state_id, district_id, block_id
  from (select period, dictionary_id, state_id, district_id, block_id
          from (select * from rollup_queue where not bulk and dictionary_id = any ($2::smallint[])
                 order by id limit 20000) oldest
         group by period, dictionary_id, state_id, district_id, block_id
         order by min(id)
         limit $1::integer) places
 order by dictionary_id, period, block_id

-- Marks of a load: those of the month of the oldest one. A file brings facility after facility, and
-- what lies above a block costs as much for one block as for all of its month.
-- name: rollup_queue_read_bulk
select q.period, q.dictionary_id, q.state_id, q.district_id, q.block_id
  from (select period, dictionary_id from rollup_queue
         where bulk and dictionary_id = any ($2::smallint[])
         order by id limit 1) oldest
  join rollup_queue q on q.bulk and q.period = oldest.period and q.dictionary_id = oldest.dictionary_id
 group by 1, 2, 3, 4, 5
 order by min(q.id)
 limit $1::integer

-- In one snapshot with rollup_queue_read: deletes what that has read, and nothing that came later.
-- name: rollup_queue_delete
delete from rollup_queue q
 using unnest($1::integer[], $2::smallint[], $3::integer[], $4::integer[], $5::integer[])
       as u (period, dictionary_id, state_id, district_id, block_id)
 where q.period = u.period and q.dictionary_id = u.dictionary_id and q.state_id = u.state_id
   and q.district_id = u.district_id and q.block_id = u.block_id

-- name: rollup_queue_places
select distinct period, dictionary_id, state_id, district_id, block_id from rollup_queue

-- Where these areas were counted until now.
-- name: rollup_places_before
select distinct area_id, state_id, district_id
  from rollup
 where period = $1::integer and dictionary_id = $2::smallint and area_id = any ($3::integer[])

-- What an area is made of, a row a report or a row a kind below it:
-- area, state, district, kind, figures.
-- name: rollup_reports
select block_id, state_id, district_id, facility_type, ownership, locality, packed,
       case when packed is null then cells end
  from report
 where period = $1::integer and form_id = any ($2::smallint[]) and block_id = any ($3::integer[])

-- name: rollup_below_district
select district_id, state_id, district_id, facility_type, ownership, locality, packed
  from rollup
 where level = 2 and period = $1::integer and dictionary_id = $2::smallint
   and district_id = any ($3::integer[])

-- name: rollup_below_state
select state_id, state_id, null::integer, facility_type, ownership, locality, packed
  from rollup
 where level = 3 and facility_type > 0 and period = $1::integer and dictionary_id = $2::smallint
   and state_id = any ($3::integer[])

-- name: rollup_below_nation
select n.id, null::integer, null::integer, facility_type, ownership, locality, packed
  from rollup, unnest($3::integer[]) as n (id)
 where level = 4 and facility_type > 0 and period = $1::integer and dictionary_id = $2::smallint

-- Writes the rows of the areas $4: what is equal stays untouched, what is gone is deleted. The
-- packed totals travel as one string of bytes, cut here by start and length.
-- name: rollup_put
with now as materialized (
    select u.area_id, u.facility_type, u.ownership, u.locality, u.state_id, u.district_id,
           u.block_id, u.reports, substring($15::bytea from u.start for u.length) as packed
      from unnest($5::integer[], $6::smallint[], $7::smallint[], $8::smallint[], $9::integer[],
                  $10::integer[], $11::integer[], $12::integer[], $13::integer[], $14::integer[])
           as u (area_id, facility_type, ownership, locality, state_id, district_id, block_id,
                 reports, start, length)
), gone as (
    delete from rollup r
     where r.period = $1::integer and r.dictionary_id = $2::smallint
       and r.area_id = any ($4::integer[])
       and not exists (select from now n
                        where n.area_id = r.area_id and n.facility_type = r.facility_type
                          and n.ownership = r.ownership and n.locality = r.locality)
)
insert into rollup as r (area_id, period, dictionary_id, facility_type, ownership, locality, level,
                         state_id, district_id, block_id, reports, packed)
select n.area_id, $1::integer, $2::smallint, n.facility_type, n.ownership, n.locality,
       $3::smallint, n.state_id, n.district_id, n.block_id, n.reports, n.packed
  from now n
 where not exists (select from rollup o
                    where o.period = $1::integer and o.dictionary_id = $2::smallint
                      and o.area_id = n.area_id and o.facility_type = n.facility_type
                      and o.ownership = n.ownership and o.locality = n.locality
                      and o.level = $3::smallint and o.packed = n.packed
                      and o.reports = n.reports
                      and (o.state_id, o.district_id, o.block_id)
                          is not distinct from (n.state_id, n.district_id, n.block_id))
on conflict (area_id, period, dictionary_id, facility_type, ownership, locality) do update
   set level = excluded.level, state_id = excluded.state_id, district_id = excluded.district_id,
       block_id = excluded.block_id, reports = excluded.reports, packed = excluded.packed

-- name: rollup_revise
insert into rollup_state as s (area_id, period, dictionary_id, revision, as_on, state_id,
                               district_id, block_id)
select u.area_id, $1::integer, $2::smallint, 1, now(), u.state_id, u.district_id, u.block_id
  from unnest($3::integer[], $4::integer[], $5::integer[], $6::integer[])
       as u (area_id, state_id, district_id, block_id)
on conflict (area_id, period, dictionary_id) do update
   set revision = s.revision + 1, as_on = excluded.as_on, state_id = excluded.state_id,
       district_id = excluded.district_id, block_id = excluded.block_id

-- ---- The largest figures: of the areas below, written, of all months. ----

-- name: rollup_peaks_below_district
select district_id, largest, second
  from rollup_peak
 where level = 2 and period = $1::integer and dictionary_id = $2::smallint
   and district_id = any ($3::integer[])

-- name: rollup_peaks_below_state
select state_id, largest, second
  from rollup_peak
 where level = 3 and period = $1::integer and dictionary_id = $2::smallint
   and state_id = any ($3::integer[])

-- name: rollup_peaks_below_nation
select n.id, largest, second
  from rollup_peak, unnest($3::integer[]) as n (id)
 where level = 4 and period = $1::integer and dictionary_id = $2::smallint

-- As rollup_put: the areas $4, what is equal stays untouched, what is gone is deleted.
-- name: rollup_peaks_put
with now as materialized (
    select u.area_id, u.state_id, u.district_id, u.block_id,
           substring($13::bytea from u.start for u.length) as largest,
           substring($13::bytea from u.start2 for u.length2) as second
      from unnest($5::integer[], $6::integer[], $7::integer[], $8::integer[], $9::integer[],
                  $10::integer[], $11::integer[], $12::integer[])
           as u (area_id, state_id, district_id, block_id, start, length, start2, length2)
), gone as (
    delete from rollup_peak r
     where r.period = $1::integer and r.dictionary_id = $2::smallint
       and r.area_id = any ($4::integer[])
       and not exists (select from now n where n.area_id = r.area_id)
)
insert into rollup_peak as r (area_id, period, dictionary_id, level, state_id, district_id, block_id,
                              largest, second)
select n.area_id, $1::integer, $2::smallint, $3::smallint, n.state_id, n.district_id, n.block_id,
       n.largest, n.second
  from now n
 where not exists (select from rollup_peak o
                    where o.area_id = n.area_id and o.period = $1::integer
                      and o.dictionary_id = $2::smallint and o.level = $3::smallint
                      and o.largest = n.largest and o.second = n.second
                      and (o.state_id, o.district_id, o.block_id)
                          is not distinct from (n.state_id, n.district_id, n.block_id))
on conflict (area_id, period, dictionary_id) do update
   set level = excluded.level, state_id = excluded.state_id, district_id = excluded.district_id,
       block_id = excluded.block_id, largest = excluded.largest, second = excluded.second

-- name: rollup_peaks_of_nation
select largest, second from rollup_peak where level = 5 and dictionary_id = $1::smallint

-- name: rollup_peaks_settle
with now as materialized (
    select * from unnest($2::smallint[], $3::integer[], $4::integer[]) as u (slot, peak, second)
), gone as (
    update item_peak o set peak = 0, second = 0
     where o.dictionary_id = $1::smallint and o.peak > 0
       and not exists (select from now n where n.slot = o.slot)
)
insert into item_peak as o (dictionary_id, slot, peak, second)
select $1::smallint, n.slot, n.peak, n.second
  from now n
 where not exists (select from item_peak o
                    where o.dictionary_id = $1::smallint and o.slot = n.slot
                      and o.peak = n.peak and o.second = n.second)
on conflict (dictionary_id, slot) do update set peak = excluded.peak, second = excluded.second

-- ---- Checking and making again. ----

-- name: rollup_months
select period, dictionary_id from rollup
union
select r.period, f.dictionary_id
  from (select distinct period, form_id from report) r
  join form f on f.id = r.form_id
order by 1, 2

-- name: rollup_report_places
select distinct state_id, district_id, block_id
  from report
 where period = $1::integer and form_id = any ($2::smallint[])
 order by block_id

-- name: rollup_stored
select r.area_id, r.facility_type, r.ownership, r.locality, r.level, r.state_id, r.district_id,
       r.block_id, r.reports, r.packed, a.name
  from rollup r
  left join area a on a.id = r.area_id
 where r.period = $1::integer and r.dictionary_id = $2::smallint

-- Gives every report of the month the kind and place of that month's last day, as they are known now. A
-- type that does not report on the form is left: the month keeps its form.
-- name: rollup_replace
update report r
   set state_id = h.state_id, district_id = h.district_id, block_id = h.block_id,
       facility_type = case when h.facility_type = any (fo.facility_types) then h.facility_type
                            else r.facility_type end,
       ownership = h.ownership, locality = h.locality
  from hmis_facility_on(date '1970-01-01' + $2::integer) h, form fo
 where r.period = $1::integer and h.facility_id = r.facility_id and h.block_id is not null
   and fo.id = r.form_id
   and (r.state_id, r.district_id, r.block_id, r.ownership, r.locality, r.facility_type)
       is distinct from
       (h.state_id, h.district_id, h.block_id, h.ownership, h.locality,
        case when h.facility_type = any (fo.facility_types) then h.facility_type
             else r.facility_type end)

-- Reports of the month whose kind or block are others than the dated tables say of its last day; told: all
-- that is other was told by dated acts of that day or before, which leave reports as they are.
-- name: rollup_other_kind
select f.code, fo.code,
       (r.facility_type, r.ownership, r.locality) is distinct from (h.facility_type, h.ownership, h.locality),
       h.facility_type is distinct from r.facility_type
       and not coalesce(h.facility_type = any (fo.facility_types), false),
       coalesce(h.block_id, 0),
       not exists (
           select from (values ('type', r.facility_type is distinct from h.facility_type),
                               ('ownership', r.ownership is distinct from h.ownership),
                               ('locality', r.locality is distinct from h.locality),
                               ('move', r.block_id is distinct from h.block_id)) v (act, other)
            where v.other
              and not exists (select from facility_told t
                               where t.facility_id = r.facility_id and t.act = v.act
                                 and t.first <= date '1970-01-01' + $2::integer)),
       r.block_id is distinct from h.block_id
  from report r
  join form fo on fo.id = r.form_id
  join facility f on f.id = r.facility_id
  left join hmis_facility_on(date '1970-01-01' + $2::integer) h on h.facility_id = r.facility_id
 where r.period = $1::integer
   and ((r.facility_type, r.ownership, r.locality) is distinct from (h.facility_type, h.ownership, h.locality)
        or r.block_id is distinct from h.block_id)
 order by f.code

-- Blocks whose totals of the month lie in another district or state than the tree of its last day says.
-- name: rollup_other_tree
select a.id, a.name, was.name, coalesce(now.name, 'none')
  from (select distinct area_id, district_id, state_id from rollup
         where period = $1::integer and level = 2) r
  join area a on a.id = r.area_id
  join area was on was.id = r.district_id
  left join area_parent bd on bd.area_id = r.area_id and bd.valid_from <= date '1970-01-01' + $2::integer
       and (bd.valid_to is null or bd.valid_to > date '1970-01-01' + $2::integer)
  left join area_parent ds on ds.area_id = bd.parent_id and ds.valid_from <= date '1970-01-01' + $2::integer
       and (ds.valid_to is null or ds.valid_to > date '1970-01-01' + $2::integer)
  left join area now on now.id = bd.parent_id
 where (r.district_id, r.state_id) is distinct from (bd.parent_id, ds.parent_id)
 order by a.id

-- Dated rows that overlap, leave a gap or do not reach from the first day to the last.
-- name: rollup_dates_wrong
with dated as (
    select 'kind' as what, facility_id, valid_from, valid_to from facility_kind
    union all select 'status', facility_id, valid_from, valid_to from facility_status
    union all select 'place', facility_id, valid_from, valid_to from facility_place
), ordered as (
    select *, lead(valid_from) over (partition by what, facility_id order by valid_from) as next
      from dated
)
select distinct 'facility ' || f.code, o.what, o.valid_from::text,
       case when o.next is null then 'ends' when o.valid_to is null or o.valid_to > o.next then 'overlaps'
            else 'gap' end
  from ordered o join facility f on f.id = o.facility_id
 where o.valid_to is distinct from o.next
union all
select 'facility ' || f.code, w.what, '1900-01-01', 'missing'
  from facility f cross join (values ('kind'), ('status'), ('place')) w (what)
 where not exists (select from dated d where d.what = w.what and d.facility_id = f.id)
union all
select 'area ' || a.id || ' (' || a.name || ')', 'parent', o.valid_from::text, 'overlaps'
  from (select *, lead(valid_from) over (partition by area_id order by valid_from) as next
          from area_parent) o
  join area a on a.id = o.area_id
 where o.next is not null and (o.valid_to is null or o.valid_to > o.next)
 order by 1, 2, 3

-- Months with reports of two forms: both counted, or one of them among the versions (from before one key
-- was for both).
-- name: rollup_two_forms
select distinct f.code, x.period, least(fo.code, other.code), greatest(fo.code, other.code), x.both
  from (select r.facility_id, r.period, r.form_id, o.form_id as other, true as both
          from report r join report o using (facility_id, period, family)
         where o.form_id > r.form_id
        union all
        select r.facility_id, r.period, r.form_id, v.form_id, false
          from report r join report_version v using (facility_id, period, family)
         where v.form_id <> r.form_id) x
  join form fo on fo.id = x.form_id
  join form other on other.id = x.other
  join facility f on f.id = x.facility_id
 order by 1, 2

-- What holds today, before and after days have passed.
-- name: rollup_facilities_refresh
select hmis_facility_new_day()

-- name: rollup_clear
with peaks as (delete from rollup_peak)
delete from rollup

-- Every area that has totals has a new revision, also when it has none any more.
-- name: rollup_revise_all
update rollup_state set revision = revision + 1, as_on = now()

-- name: rollup_queue_all
insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id, bulk)
select distinct r.period, f.dictionary_id, r.state_id, r.district_id, r.block_id, true
  from report r
  join form f on f.id = r.form_id
