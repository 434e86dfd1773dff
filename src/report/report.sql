-- Storing and reading reports. Slots count from 0 in C and from 1 in arrays.

-- name: report_lock
-- Whoever writes reports of the facilities $1 writes them alone, and the tree stays as it is.
select report_lock($1::int4[])

-- name: report_places
-- One row for each ($1 facility, $2 last day of the month): what held on that day, where the facility is
-- the caller's to write; open: on some day of the month. The OID is that of the row type in which
-- report_insert takes its rows.
select f.code, h.facility_type, h.ownership, h.locality, h.state_id, h.district_id, h.block_id,
       hmis_facility_open(f.id, date_trunc('month', d.day)::date, d.day), 'report'::regtype::oid::int8
  from unnest($1::int4[], $2::int4[]) with ordinality u (facility_id, day, n)
 cross join lateral (select date '1970-01-01' + u.day as day) d
  left join facility f on f.id = u.facility_id
        and hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)
  left join lateral hmis_facility_at(f.id, d.day) h on true
 order by u.n

-- name: report_past
-- Everything submitted by the facilities $1 from month $2 to month $3. "offset 0" keeps the planner to one
-- descent of the primary key a facility: a plan made while the table was small would read whole months.
select r.facility_id, r.form_id, r.period, r.version, r.packed, r.cells,
       r.state_id, r.district_id, r.block_id, r.remarks, r.family, fo.dictionary_id, r.facility_type,
       r.ownership, r.locality, r.findings
  from unnest($1::int4[]) u (facility_id)
 cross join lateral (
        select r.facility_id, r.form_id, r.period, r.version, r.packed,
               case when r.packed is null then r.cells end as cells,
               r.state_id, r.district_id, r.block_id, r.remarks::text as remarks, r.family,
               r.facility_type, r.ownership, r.locality, r.findings
          from report r
         where r.facility_id = u.facility_id and r.period between $2::int4 and $3::int4
        offset 0) r
  join form fo on fo.id = r.form_id

-- name: report_peaks
select slot, peak, second from item_peak where dictionary_id = $1::int2

-- name: report_insert
-- What is imported gets the number that follows the last one of a draft: whoever read the report before
-- learns of it when he saves.
insert into report (facility_id, period, form_id, facility_type, ownership, locality, source, state_id,
                    district_id, block_id, version, submitted_at, submitted_by, cells, outcomes, findings,
                    remarks, packed, filled, draft_version, family)
select n.facility_id, n.period, n.form_id, n.facility_type, n.ownership, n.locality, n.source, n.state_id,
       n.district_id, n.block_id, n.version, now(), n.submitted_by, n.cells, n.outcomes, n.findings,
       n.remarks, n.packed, n.filled,
       coalesce(n.draft_version, 1 + coalesce((
           select g.version from report_draft_gone g
            where g.facility_id = n.facility_id and g.period = n.period and g.family = n.family), 0)),
       n.family
  from unnest($1::report[]) n

-- name: report_replace
-- Moves the stored versions aside and puts the new ones in their place. Fewer rows than given: somebody
-- else has stored another version meanwhile.
with n as materialized (
    select * from unnest($1::report[])
), moved as (
    insert into report_version (facility_id, period, form_id, facility_type, ownership, locality, source,
                                state_id, district_id, block_id, version, submitted_at, submitted_by, cells,
                                outcomes, findings, remarks, packed, filled, draft_version, replaced_at,
                                family)
    select r.facility_id, r.period, r.form_id, r.facility_type, r.ownership, r.locality, r.source,
           r.state_id, r.district_id, r.block_id, r.version, r.submitted_at, r.submitted_by, r.cells,
           r.outcomes, r.findings, r.remarks, r.packed, r.filled, r.draft_version, now(), r.family
      from n join report r using (facility_id, period, family)
)
update report r
   set facility_type = n.facility_type, ownership = n.ownership, locality = n.locality, source = n.source,
       state_id = n.state_id, district_id = n.district_id, block_id = n.block_id, version = n.version,
       submitted_at = now(), submitted_by = n.submitted_by, cells = n.cells, outcomes = n.outcomes,
       findings = n.findings, remarks = n.remarks, packed = n.packed, filled = n.filled,
       draft_version = coalesce(n.draft_version, 1 + greatest(coalesce(r.draft_version, 0), (
           select g.version from report_draft_gone g
            where g.facility_id = n.facility_id and g.period = n.period and g.family = n.family)))
  from n
 where r.facility_id = n.facility_id and r.period = n.period and r.family = n.family
   and r.form_id = n.form_id and r.version = n.version - 1

-- name: report_findings
-- What the checks find in reports whose history has changed: facility, month, form, the version it was
-- found in, findings as text of an array.
update report r
   set findings = nullif(n.findings::int4[], '{}')
  from unnest($1::int4[], $2::int4[], $3::int2[], $4::int4[], $5::text[])
       n (facility_id, period, form_id, version, findings)
 where r.facility_id = n.facility_id and r.period = n.period and r.form_id = n.form_id
   and r.version = n.version

-- name: report_mark
-- Queues the totals of the blocks named: once each.
insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id, bulk)
select distinct period, dictionary_id::int2, state_id, district_id, block_id, $6::boolean
  from unnest($1::int4[], $2::int4[], $3::int4[], $4::int4[], $5::int4[])
       u (period, dictionary_id, state_id, district_id, block_id)

-- name: report_state
-- Draft and submitted version of facility code $1, month $2, form $3 of family $5; $4 is the last day of
-- the month. Its type is that of the report, else of that day. Nothing of a facility that lies
-- elsewhere today, unless it was in the scope in that month. The limit has the report looked up by
-- its key even while its partition is new and without statistics: a join over all of the month was
-- chosen then. base: the version the draft was begun from, where another one has been submitted
-- since; other: the form of another report of the month; whether it lies in the scope today; the form of
-- another draft of the month.
select f.id, coalesce(h.name, f.name), coalesce(r.facility_type, h.facility_type),
       r.version is not null or hmis_facility_open(f.id, date_trunc('month', $4::date)::date, $4::date),
       d.version, d.cells, d.remarks::text, d.updated_at, hmis_account_name(d.updated_by),
       r.version, r.cells, r.remarks::text, r.submitted_at, hmis_account_name(r.submitted_by),
       r.source, r.draft_version, r.outcomes, r.findings,
       greatest(coalesce(r.draft_version, 0), g.version), d.base_version, v.cells,
       o.form_id, hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id), od.form_id
  from facility f
  left join hmis_facility_at(f.id, $4::date) h on true
  left join report_draft d
    on d.facility_id = f.id and d.period = $2::int4 and d.family = $5::int2 and d.form_id = $3::int2
  left join lateral (select form_id from report_draft x
                      where x.facility_id = f.id and x.period = $2::int4 and x.family = $5::int2
                        and x.form_id <> $3::int2
                      order by x.updated_at desc limit 1) od on true
  left join lateral (select * from report r
                      where r.facility_id = f.id and r.period = $2::int4 and r.family = $5::int2
                        and r.form_id = $3::int2
                      limit 1) r on true
  left join lateral (select form_id from report o
                      where o.facility_id = f.id and o.period = $2::int4 and o.family = $5::int2
                        and o.form_id <> $3::int2
                      limit 1) o on true
  left join report_draft_gone g on g.facility_id = f.id and g.period = $2::int4 and g.family = $5::int2
  left join report_version v on v.facility_id = f.id and v.period = $2::int4 and v.family = $5::int2
   and v.version = d.base_version and r.version > d.base_version
 where f.code = $1::text
   and (r.version is not null or hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)
        or hmis_in_scope(h.state_id, h.district_id, h.block_id, f.id))

-- name: draft_save
select outcome, version, cells, remarks::text, updated_at, updated_by, other
  from draft_save($1::text, $2::int4, $3::int2, $4::int4, $5::date, $6::date, $7::int4, $8::int4,
                  $9::int4[], $10::int4[], $11::jsonb, $12::int8)

-- name: draft_delete
-- False: there is one, but of another version than $4. Its number does not come again.
with d as (
    select d.facility_id, d.version from report_draft d join facility f on f.id = d.facility_id
     where f.code = $1::text and d.period = $2::int4 and d.form_id = $3::int2
), gone as (
    delete from report_draft x using d
     where x.facility_id = d.facility_id and x.period = $2::int4 and x.form_id = $3::int2
       and x.version = coalesce($4::int4, x.version)
    returning x.facility_id, x.period, x.family, x.form_id, x.version
), numbered as (
    insert into report_draft_gone as g (facility_id, period, family, form_id, version)
    select facility_id, period, family, form_id, version + 1 from gone
        on conflict (facility_id, period, family) do update
           set form_id = excluded.form_id, version = greatest(g.version, excluded.version)
)
select exists (select from gone) from d

-- name: draft_finish
-- After the report was stored: the draft goes, and the report remembers which it was.
with gone as (
    delete from report_draft
     where facility_id = $1::int4 and period = $2::int4 and form_id = $3::int2 and version = $4::int4
    returning 1
), remembered as (
    update report
       set draft_version = $4::int4
     where facility_id = $1::int4 and period = $2::int4 and form_id = $3::int2
       and draft_version is distinct from $4::int4
)
select submitted_at, exists (select from gone)
  from report
 where facility_id = $1::int4 and period = $2::int4 and form_id = $3::int2

-- name: report_facility
-- Where it lies elsewhere today: as it was in the last month whose report may be read.
select f.code, coalesce(h.name, f.name), coalesce(h.facility_type, f.facility_type), r.first
  from facility f
 cross join lateral (select min(r.period) as first, max(r.period) as last
                       from report r where r.facility_id = f.id) r
  left join lateral hmis_facility_at(
            f.id, (to_date(r.last::text, 'YYYYMM') + interval '1 month - 1 day')::date) h
    on not hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)
 where f.code = $1::text

-- name: report_year
-- Of facility code $1 in the months with these last days: its type, and whether it was open on some day
-- of the month. What lay elsewhere in a month, and does today, is not open here.
select h.facility_type,
       hmis_facility_open(f.id, date_trunc('month', d.day)::date, d.day)
       and (hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)
            or hmis_in_scope(h.state_id, h.district_id, h.block_id, f.id))
  from facility f
 cross join unnest($2::int4[]) with ordinality u (day, n)
 cross join lateral (select date '1970-01-01' + u.day as day) d
  left join lateral hmis_facility_at(f.id, d.day) h on true
 where f.code = $1::text
 order by u.n

-- name: report_months
select coalesce(r.period, d.period), coalesce(r.form_id, d.form_id), r.version, r.submitted_at,
       coalesce(r.filled, 0::int2), d.version, d.updated_at,
       coalesce((select count(c) from unnest(d.cells) c), 0)
  from (select r.period, r.form_id, r.version, r.submitted_at, r.filled
          from report r join facility f on f.id = r.facility_id
         where f.code = $1::text and r.period between $2::int4 and $3::int4) r
  full join (select d.period, d.form_id, d.version, d.updated_at, d.cells
               from report_draft d join facility f on f.id = d.facility_id
              where f.code = $1::text and d.period between $2::int4 and $3::int4) d
    on d.period = r.period and d.form_id = r.form_id

-- name: report_list
-- Area $1, or level $2 and code $3; facility code $4; months with the numbers $5 to $6 (period_index);
-- form $7; status $8; null: any. $9 rows from $10. Month by month from the newest on, as far as the page
-- wants: all months of a state take seconds. A facility has the name of the month.
with mine as materialized (
    select f.id, f.code, f.name, f.state_id, f.district_id, f.block_id from facility f
     where $4::text is null or f.code = $4::text
), drafts as materialized (
    select d.facility_id, d.period, d.form_id, d.updated_at from report_draft d
     where $8::text is distinct from 'submitted'
       and d.period between $5::int4 / 12 * 100 + 1 and $6::int4 / 12 * 100 + 12
), named as materialized (
    select a.id, a.level from area a
     where a.id = $1::int4
        or (a.level = $2::text and a.lgd_code is not distinct from $3::int4 and not a.notional)
)
select x.code, coalesce(hmis_name_in(x.facility_id, m.period), x.name), m.period, x.form_id, x.version, x.submitted_at, x.filled,
       (select d.updated_at from report_draft d
         where d.facility_id = x.facility_id and d.period = m.period and d.form_id = x.form_id),
       x.findings, hmis_account_name(x.submitted_by)
  from (select i / 12 * 100 + i % 12 + 1 as period
          from generate_series($5::int4, $6::int4) i order by 1 desc) m
 cross join lateral (
        select f.code, f.name, r.facility_id, r.form_id, r.version, r.submitted_at, r.filled,
               coalesce(cardinality(r.findings), 0) as findings, r.submitted_by, r.state_id, r.district_id,
               r.block_id
          from report r join mine f on f.id = r.facility_id
         where r.period = m.period and $8::text is distinct from 'draft'
        union all
        select f.code, f.name, d.facility_id, d.form_id, null, null, null, null, null,
               f.state_id, f.district_id, f.block_id
          from drafts d join mine f on f.id = d.facility_id
         where d.period = m.period
           and not exists (select from report r where r.facility_id = d.facility_id
                              and r.period = d.period and r.form_id = d.form_id)) x
  join form fo on fo.id = x.form_id
 where (($1::int4 is null and $2::text is null)
        or exists (select from named n
                    where n.level = 'nation' or n.id in (x.state_id, x.district_id, x.block_id)))
   and ($7::text is null or fo.code = $7::text)
 order by m.period desc, x.code, x.form_id
 limit $9::int4 offset $10::int4

-- name: report_list_of_few
-- The same, for one facility or somebody who acts for a few: by their keys.
with mine as materialized (
    select f.id, f.code, f.name, f.state_id, f.district_id, f.block_id from facility f
     where $4::text is null or f.code = $4::text
), named as materialized (
    select a.id, a.level from area a
     where a.id = $1::int4
        or (a.level = $2::text and a.lgd_code is not distinct from $3::int4 and not a.notional)
)
select mine.code, coalesce(hmis_name_in(mine.id, x.period), mine.name), x.period, x.form_id, x.version, x.submitted_at, x.filled, x.updated_at,
       x.findings, hmis_account_name(x.submitted_by)
  from mine
 cross join lateral (
        select coalesce(r.period, d.period) as period, coalesce(r.form_id, d.form_id) as form_id,
               r.version, r.submitted_at, r.filled, d.updated_at,
               coalesce(cardinality(r.findings), 0) as findings, r.submitted_by,
               coalesce(r.state_id, mine.state_id) as state_id,
               coalesce(r.district_id, mine.district_id) as district_id,
               coalesce(r.block_id, mine.block_id) as block_id
          from (select * from report r
                 where r.facility_id = mine.id
                   and r.period between $5::int4 / 12 * 100 + $5::int4 % 12 + 1
                                    and $6::int4 / 12 * 100 + $6::int4 % 12 + 1) r
          full join (select * from report_draft d
                      where d.facility_id = mine.id
                        and d.period between $5::int4 / 12 * 100 + $5::int4 % 12 + 1
                                         and $6::int4 / 12 * 100 + $6::int4 % 12 + 1) d
            on d.period = r.period and d.form_id = r.form_id) x
  join form fo on fo.id = x.form_id
 where (($1::int4 is null and $2::text is null)
        or exists (select from named n
                    where n.level = 'nation' or n.id in (x.state_id, x.district_id, x.block_id)))
   and ($7::text is null or fo.code = $7::text)
   and ($8::text is null or ($8::text = 'submitted') = (x.version is not null))
 order by x.period desc, mine.code, x.form_id
 limit $9::int4 offset $10::int4

-- name: report_versions
select v.version, v.submitted_at, hmis_account_name(v.submitted_by), v.source, v.filled, v.cells,
       v.remarks::text, v.outcomes, v.findings
  from facility f
  join (select r.facility_id, r.period, r.form_id, r.version, r.submitted_at, r.submitted_by, r.source,
               r.filled, r.cells, r.remarks, r.outcomes, r.findings
          from report r
        union all
        select v.facility_id, v.period, v.form_id, v.version, v.submitted_at, v.submitted_by, v.source,
               v.filled, v.cells, v.remarks, v.outcomes, v.findings
          from report_version v) v
    on v.facility_id = f.id and v.period = $2::int4 and v.form_id = $3::int2
 where f.code = $1::text and v.version between $4::int4 and $5::int4
 order by v.version desc

-- name: report_both_forms
select f.code, r.period, fo.code, r.cells, r.packed
  from report r join facility f on f.id = r.facility_id join form fo on fo.id = r.form_id
 where r.packed is not null

-- name: report_about
-- Kind and place of facility $1 in month $2 (last day $4): as its report on form $3 carries them, else as
-- they were on that day. Names in language $5.
select k.facility_type, k.ownership, k.locality,
       coalesce(st.name, s.name), coalesce(dt.name, d.name), coalesce(bt.name, b.name)
  from (values ($1::int4)) one (id)
  left join hmis_facility_at($1::int4, $4::date) f on true
  left join lateral (select * from report r
                      where r.facility_id = $1::int4 and r.period = $2::int4 and r.form_id = $3::int2
                      limit 1) r on true
 cross join lateral (
        select coalesce(r.facility_type, f.facility_type) as facility_type,
               coalesce(r.ownership, f.ownership) as ownership,
               coalesce(r.locality, f.locality) as locality,
               coalesce(r.state_id, f.state_id) as state_id,
               coalesce(r.district_id, f.district_id) as district_id,
               coalesce(r.block_id, f.block_id) as block_id) k
  left join area s on s.id = k.state_id
  left join area_text st on st.area_id = s.id and st.language = $5::text
  left join area d on d.id = k.district_id
  left join area_text dt on dt.area_id = d.id and dt.language = $5::text
  left join area b on b.id = k.block_id
  left join area_text bt on bt.area_id = b.id and bt.language = $5::text

-- name: report_due
-- What is due: every month up to the one with the number $1 (period_index) that was expected and has no
-- report, from the opening of the facility if that is known, else from its first report, else that month.
-- Expected: open on its last day, and of a type that has a form in its dictionary. $2 one facility, $3
-- facilities of one type only (null: all that are the caller's today); $4 rows from $5; $6: that last month
-- before the others, which stand oldest first. At least one row, with the total; its other columns are null
-- when the page is empty.
with mine as materialized (
    select f.id, f.code, f.name,
           case when f.opened_on > date '1900-01-01'
                then extract(year from f.opened_on)::int4 * 12 + extract(month from f.opened_on)::int4 - 1
                else coalesce((select r.period / 100 * 12 + r.period % 100 - 1 from report r
                                where r.facility_id = f.id order by r.period limit 1), $1::int4)
           end as first_month
      from facility f
     where ($2::text is null or f.code = $2::text) and ($3::int2 is null or f.facility_type = $3::int2)
       and ($2::text is not null or hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id))
), due as materialized (
    select m.id, m.code, m.name, k.facility_type, x.period, fo.id as form_id, di.family
      from mine m
     cross join lateral (
            select i / 12 * 100 + i % 12 + 1 as period,
                   (make_date(i / 12, i % 12 + 1, 1) + interval '1 month - 1 day')::date as day
              from generate_series(m.first_month, $1::int4) i) x
      join facility_status s on s.facility_id = m.id and s.open
       and s.valid_from <= x.day and (s.valid_to is null or s.valid_to > x.day)
      join facility_kind k on k.facility_id = m.id
       and k.valid_from <= x.day and (k.valid_to is null or k.valid_to > x.day)
      join dictionary di on di.id = (select d.id from dictionary d
                                      where d.valid_from <= x.period
                                        and (d.valid_to is null or d.valid_to >= x.period)
                                      order by d.valid_from desc limit 1)
      join form fo on fo.dictionary_id = di.id and k.facility_type = any (fo.facility_types)
     where not exists (select from report r where r.facility_id = m.id and r.period = x.period
                          and r.family = di.family)
)
select t.total, p.code, p.name, p.facility_type, p.form_id, p.period, d.version,
       (select count(c) from unnest(d.cells) c)
  from (select count(*) as total from due) t
  left join (select due.*, $6::bool and period = $1::int4 / 12 * 100 + $1::int4 % 12 + 1 as now
               from due order by now desc, period, code, form_id limit $4::int4 offset $5::int4) p on true
  left join report_draft d on d.facility_id = p.id and d.period = p.period and d.family = p.family
   and d.form_id = p.form_id
 order by p.now desc, p.period, p.code, p.form_id
