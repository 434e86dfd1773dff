-- The item-wise report, the reporting status, the validation summary.

-- ---- The newest month with reports that is not after month $2. ----

-- name: itemwise_newest_of_area
select coalesce(hmis_newest_month($1::integer, $2::integer), 0)

-- name: itemwise_newest_of_facility
select coalesce(max(period), 0) from report where facility_id = $1::integer and period <= $2::integer

-- ---- Columns. ----

-- Areas of level $2 below $1 on some day from $3 to $4; notional ones show when they have figures.
-- name: itemwise_children
select a.id, null::text, coalesce(t.name, a.name), a.lgd_code
  from area a
  left join area_text t on t.area_id = a.id and t.language = $5::text
 where a.level = $2::text and not a.notional
   and exists (select from area_parent ap
                where ap.area_id = a.id and ap.parent_id = $1::integer
                  and ap.valid_from <= date '1970-01-01' + $4::integer
                  and (ap.valid_to is null or ap.valid_to > date '1970-01-01' + $3::integer))
 order by 3, 1

-- name: itemwise_area_names
select a.id, null::text, coalesce(t.name, a.name), a.lgd_code
  from area a
  left join area_text t on t.area_id = a.id and t.language = $2::text
 where a.id = any ($1::integer[])

-- Those expected on day $2; whoever reported and is none of them shows by its figures.
-- name: itemwise_facilities_of_block
select h.facility_id, f.code, h.name, null::integer
  from hmis_facility_on(date '1970-01-01' + $2::integer) h
  join facility f on f.id = h.facility_id
 where h.block_id = $1::integer and h.open and h.facility_type = any ($3::smallint[])
 order by h.name, h.facility_id

-- name: itemwise_facility_names
select f.id, f.code, f.name, null::integer from facility f where f.id = any ($1::integer[])
 order by f.name, f.id

-- ---- Which moment and which revision. ----

-- The oldest submission that the totals do not hold yet; otherwise now. 0: any.
-- name: itemwise_moment
select coalesce(min(q.marked_at), now())
  from rollup_queue q
 where q.period between $1::integer and $2::integer
   and ($3::integer = 0 or q.state_id = $3::integer)
   and ($4::integer = 0 or q.district_id = $4::integer)
   and ($5::integer = 0 or q.block_id = $5::integer)

-- name: itemwise_now
select now()

-- name: itemwise_revisions
select period, revision
  from rollup_state
 where area_id = $1::integer and period between $2::integer and $3::integer
   and dictionary_id = $4::smallint
 order by period

-- name: itemwise_reports_stamp_of_block
select count(*), coalesce(sum(version), 0)::bigint,
       coalesce(bit_xor(hashint8extended(facility_id::bigint * 65536 + form_id, version)), 0)
  from report
 where block_id = $1::integer and period between $2::integer and $3::integer

-- name: itemwise_reports_stamp_of_facility
select count(*), coalesce(sum(version), 0)::bigint,
       coalesce(bit_xor(hashint8extended(facility_id::bigint * 65536 + form_id, version)), 0)
  from report
 where facility_id = $1::integer and period between $2::integer and $3::integer

-- ---- Figures: column's area or facility, month, ownership, locality, what is added. ----

-- name: itemwise_totals
select area_id, period, ownership, locality, packed
  from rollup
 where area_id = $1::integer and period between $2::integer and $3::integer
   and dictionary_id = $4::smallint and facility_type = any ($5::smallint[])

-- name: itemwise_totals_below_district
select area_id, period, ownership, locality, packed
  from rollup
 where level = 2 and district_id = $1::integer and period between $2::integer and $3::integer
   and dictionary_id = $4::smallint and facility_type = any ($5::smallint[])

-- name: itemwise_totals_below_state
select area_id, period, ownership, locality, packed
  from rollup
 where level = 3 and state_id = $1::integer and period between $2::integer and $3::integer
   and dictionary_id = $4::smallint and facility_type = any ($5::smallint[])

-- name: itemwise_totals_below_nation
select area_id, period, ownership, locality, packed
  from rollup
 where level = 4 and $1::integer is not null and period between $2::integer and $3::integer
   and dictionary_id = $4::smallint and facility_type = any ($5::smallint[])

-- name: itemwise_reports_of_block
select facility_id, period, ownership, locality, packed, case when packed is null then cells end
  from report
 where block_id = $1::integer and period between $2::integer and $3::integer
   and form_id = any ($4::smallint[]) and facility_type = any ($5::smallint[])

-- name: itemwise_reports_of_facility
select facility_id, period, ownership, locality, packed, case when packed is null then cells end
  from report
 where facility_id = $1::integer and period between $2::integer and $3::integer
   and form_id = any ($4::smallint[]) and facility_type = any ($5::smallint[])

-- Under today's tree: reports by where their facility lies now; $6..$8: the area as state, district,
-- block. The column is the district, block or facility below it.
-- name: itemwise_reports_today
select case when $6::integer <> 0 then f.district_id when $7::integer <> 0 then f.block_id else f.id end,
       r.period, r.ownership, r.locality, r.packed, case when r.packed is null then r.cells end
  from facility f
  join report r on r.facility_id = f.id
 where case when $6::integer <> 0 then f.state_id when $7::integer <> 0 then f.district_id
            else f.block_id end = $1::integer
   and r.period between $2::integer and $3::integer
   and r.form_id = any ($4::smallint[]) and r.facility_type = any ($5::smallint[])

-- name: itemwise_reports_stamp_today
select count(*), coalesce(sum(r.version), 0)::bigint,
       coalesce(bit_xor(hashint8extended(r.facility_id::bigint * 65536 + r.form_id, r.version)), 0)
  from facility f
  join report r on r.facility_id = f.id
 where case when $4::integer <> 0 then f.state_id when $5::integer <> 0 then f.district_id
            else f.block_id end = $1::integer
   and r.period between $2::integer and $3::integer

-- ---- Balances: column, unit, ownership, locality, month, figures; the rows of a unit together. ----

-- name: itemwise_balances_of_nation
select state_id, area_id, ownership, locality, period, packed
  from rollup
 where level = 3 and $1::integer is not null and period between $2::integer and $3::integer
   and dictionary_id = $4::smallint and facility_type = any ($5::smallint[])
 order by state_id, area_id

-- name: itemwise_balances_of_state
select area_id, area_id, ownership, locality, period, packed
  from rollup
 where level = 3 and state_id = $1::integer and period between $2::integer and $3::integer
   and dictionary_id = $4::smallint and facility_type = any ($5::smallint[])
 order by area_id

-- name: itemwise_balances_of_area
select area_id, area_id, ownership, locality, period, packed
  from rollup
 where area_id = $1::integer and period between $2::integer and $3::integer
   and dictionary_id = $4::smallint and facility_type = any ($5::smallint[])

-- name: itemwise_balances_below_district
select area_id, area_id, ownership, locality, period, packed
  from rollup
 where level = 2 and district_id = $1::integer and period between $2::integer and $3::integer
   and dictionary_id = $4::smallint and facility_type = any ($5::smallint[])
 order by area_id

-- name: itemwise_balances_of_block
select facility_id, facility_id, ownership, locality, period, packed,
       case when packed is null then cells end
  from report
 where block_id = $1::integer and period between $2::integer and $3::integer
   and form_id = any ($4::smallint[]) and facility_type = any ($5::smallint[])
 order by facility_id

-- name: itemwise_balances_of_facility
select facility_id, facility_id, ownership, locality, period, packed,
       case when packed is null then cells end
  from report
 where facility_id = $1::integer and period between $2::integer and $3::integer
   and form_id = any ($4::smallint[]) and facility_type = any ($5::smallint[])

-- name: itemwise_balances_today
select case when $6::integer <> 0 then f.district_id when $7::integer <> 0 then f.block_id else f.id end,
       f.id, r.ownership, r.locality, r.period, r.packed, case when r.packed is null then r.cells end
  from facility f
  join report r on r.facility_id = f.id
 where case when $6::integer <> 0 then f.state_id when $7::integer <> 0 then f.district_id
            else f.block_id end = $1::integer
   and r.period between $2::integer and $3::integer
   and r.form_id = any ($4::smallint[]) and r.facility_type = any ($5::smallint[])
 order by 1, 2

-- ---- Breaks: month, what, the other area. ----

-- What lies directly below the area, and the area itself, by their moves after day $2, until day $3.
-- A move counts in the month of its first day.
-- name: itemwise_breaks
with moves as (
    select a.area_id, a.valid_from, a.parent_id as to_id,
           (select b.parent_id from area_parent b
             where b.area_id = a.area_id and b.valid_to = a.valid_from) as from_id
      from area_parent a
     where a.valid_from > date '1970-01-01' + $2::integer
       and a.valid_from <= date '1970-01-01' + $3::integer
       and (a.area_id = $1::integer
            or a.area_id in (select c.area_id from area_parent c where c.parent_id = $1::integer))
), began as (
    select min(valid_from) as day from area_parent where area_id = $1::integer
), events as (
    select m.valid_from, m.from_id as other_id,
           case when m.valid_from = (select day from began) then 'began' else 'joined' end as what
      from moves m
     where m.area_id <> $1::integer and m.to_id = $1::integer and m.from_id is not null
    union
    select m.valid_from, m.to_id, 'split'
      from moves m
     where m.area_id <> $1::integer and m.from_id = $1::integer
    union
    select m.valid_from, m.to_id, 'moved'
      from moves m
     where m.area_id = $1::integer and m.from_id is not null
    union
    select m.valid_from, null, 'began'
      from moves m
     where m.area_id = $1::integer and m.from_id is null
)
select extract(year from e.valid_from)::integer * 100 + extract(month from e.valid_from)::integer,
       e.what, coalesce(t.name, a.name)
  from events e
  left join area a on a.id = e.other_id
  left join area_text t on t.area_id = a.id and t.language = $4::text
 group by 1, 2, 3
 order by 1, 2, 3

-- ---- The reporting status. ----

-- A line an area below (or facility of a block) and facility type: expected, reported, drafts, "no services".
-- $1: level of the area, enum scope_level; $3..$6: it, as state, district, block, facility; 0: any.
-- Expected is whose type has a form in the dictionary of the month ($7) and who was open on its last day
-- ($2), where it lay then; and whoever reported, where the report lies. What a facility is today has
-- no part in it.
-- Who lies here by the register and whose report lies elsewhere is expected there (hmis_reported).
-- name: reporting_status
with kinds as materialized (
    select distinct unnest(fo.facility_types) as facility_type
      from form fo
     where fo.dictionary_id = (select d.id from dictionary d
                                where d.valid_from <= $7::integer
                                  and (d.valid_to is null or d.valid_to >= $7::integer)
                                order by d.valid_from desc limit 1)
), open as (
    select h.state_id, h.district_id, h.block_id, h.facility_id as id, h.facility_type
      from hmis_facility_on(date '1970-01-01' + $2::integer) h
     where h.open and h.block_id is not null
       and ($3::integer = 0 or h.state_id = $3::integer)
       and ($4::integer = 0 or h.district_id = $4::integer)
       and ($5::integer = 0 or h.block_id = $5::integer)
       and ($6::integer = 0
            or h.facility_id = $6::integer
               and (hmis_in_scope(h.state_id, h.district_id, h.block_id, h.facility_id)
                    or exists (select from facility f
                                where f.id = $6::integer
                                  and hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id))))
       and h.facility_type in (select facility_type from kinds)
), reported as (
    select distinct r.state_id, r.district_id, r.block_id, r.facility_id as id, r.facility_type,
           coalesce(r.filled, 1) = 0 as no_services
      from report r
     where r.period = $7::integer
       and ($3::integer = 0 or r.state_id = $3::integer)
       and ($4::integer = 0 or r.district_id = $4::integer)
       and ($5::integer = 0 or r.block_id = $5::integer)
       and ($6::integer = 0 or r.facility_id = $6::integer)
), elsewhere as materialized (
    select hmis_reported(array(select o.id from open o
                                where not exists (select from reported r where r.id = o.id)),
                         $7::integer) as id
), every as (
    select coalesce(r.state_id, o.state_id) as state_id,
           coalesce(r.district_id, o.district_id) as district_id,
           coalesce(r.block_id, o.block_id) as block_id,
           coalesce(r.id, o.id) as id,
           coalesce(r.facility_type, o.facility_type) as facility_type,
           r.id is not null as reported, r.no_services
      from (select * from open where id not in (select id from elsewhere)) o
      full join reported r on r.id = o.id
)
select case $1::integer when 5 then e.state_id when 4 then e.district_id
                        when 3 then e.block_id else e.id end,
       e.facility_type,
       count(*),
       count(*) filter (where e.reported),
       count(*) filter (where not e.reported and d.facility_id is not null),
       count(*) filter (where e.no_services)
  from every e
  left join (select distinct facility_id from report_draft where period = $7::integer) d
    on d.facility_id = e.id
 group by 1, 2
 order by 1, 2

-- ---- The validation summary. ----

-- name: validation_outcomes
select r.facility_id, r.outcomes
  from report r
 where r.period = $1::integer and r.form_id = $2::smallint
   and ($3::integer = 0 or r.state_id = $3::integer)
   and ($4::integer = 0 or r.district_id = $4::integer)
   and ($5::integer = 0 or r.block_id = $5::integer)
   and ($6::integer = 0 or r.facility_id = $6::integer)

-- Facilities of these types that were open on the month's last day and have reported on no form.
-- name: validation_not_reported
with open as materialized (
    select h.facility_id as id
      from hmis_facility_on(date '1970-01-01' + $6::integer) h
     where h.open and h.block_id is not null and h.facility_type = any ($7::smallint[])
       and ($2::integer = 0 or h.state_id = $2::integer)
       and ($3::integer = 0 or h.district_id = $3::integer)
       and ($4::integer = 0 or h.block_id = $4::integer)
       and ($5::integer = 0 or h.facility_id = $5::integer)
)
select count(*), now()
  from open
 where id not in (select hmis_reported(array(select id from open), $1::integer))

-- The reports of a form and month in which the rule with the ordinal $7 and code $8 came out
-- inconsistent (2) or probable (3), the former and the widest apart first; $9, $10: the slots of its sides.
-- name: validation_rule
select f.code, coalesce(hmis_name_in(f.id, $1::integer), f.name), o.outcome, s.left_sum, s.right_sum, r.remarks -> 'rules' ->> $8::text,
       count(*) over ()
  from report r
  join facility f on f.id = r.facility_id
 cross join lateral (select case when length(r.outcomes) > $7::integer / 4
                                 then get_byte(r.outcomes, $7::integer / 4) >> ($7::integer % 4 * 2) & 3
                            end as outcome) o
 cross join lateral (select (select sum(r.cells[slot + 1]) from unnest($9::smallint[]) slot) as left_sum,
                            (select sum(r.cells[slot + 1]) from unnest($10::smallint[]) slot) as right_sum) s
 where r.period = $1::integer and r.form_id = $2::smallint
   and ($3::integer = 0 or r.state_id = $3::integer)
   and ($4::integer = 0 or r.district_id = $4::integer)
   and ($5::integer = 0 or r.block_id = $5::integer)
   and ($6::integer = 0 or r.facility_id = $6::integer)
   and o.outcome in (2, 3)
 order by o.outcome, abs(coalesce(s.left_sum, 0) - coalesce(s.right_sum, 0)) desc, f.code
 limit $11::integer offset $12::integer
