-- Loading the geography (area_load): arrays hold one element an area or membership.

-- Whoever writes by the tree waits until it is another one, and what he wrote before is seen here.
-- name: area_load_lock
select set_config('lock_timeout', '60s', true), hmis_tree_lock(true)

-- name: area_load_coded
insert into area (level, lgd_code, name)
select level, code, name
  from unnest($1::text[], $2::integer[], $3::text[]) as given (level, code, name)
 where code is not null
    on conflict (level, lgd_code) do update set name = excluded.name where area.name <> excluded.name

-- name: area_load_uncoded
insert into area (level, name, notional)
select level, name, notional = 1
  from unnest($1::text[], $2::integer[], $3::text[], $4::smallint[])
       as given (level, code, name, notional)
 where code is null
   and not exists (select from area a
                    where a.lgd_code is null and a.level = given.level and a.name = given.name)

-- The ids in the order given.
-- name: area_load_ids
with given as (
    select * from unnest($1::text[], $2::integer[], $3::text[]) with ordinality
                  as given (level, code, name, place)
)
select place, a.id
  from given join area a on a.level = given.level and a.lgd_code = given.code
 union all
select place, a.id
  from given join area a on a.level = given.level and a.name = given.name
 where given.code is null and a.lgd_code is null
 order by 1

-- name: area_load_member_remove
with given as (
    select * from unnest($1::integer[], $2::text[]) as given (area, valid_from)
)
delete from area_parent ap
 where exists (select from given where given.area = ap.area_id)
   and not exists (select from given
                    where given.area = ap.area_id and given.valid_from::date = ap.valid_from)
returning area_id

-- name: area_load_member_put
insert into area_parent (area_id, parent_id, valid_from, valid_to)
select area, parent, valid_from::date, valid_to::date
  from unnest($1::integer[], $2::integer[], $3::text[], $4::text[])
       as given (area, parent, valid_from, valid_to)
    on conflict (area_id, valid_from) do update
       set parent_id = excluded.parent_id, valid_to = excluded.valid_to
     where (area_parent.parent_id, area_parent.valid_to)
           is distinct from (excluded.parent_id, excluded.valid_to)
returning area_id

-- name: area_load_names
insert into area_text (area_id, language, name)
select * from unnest($1::integer[], $2::text[], $3::text[])
    on conflict (area_id, language) do update set name = excluded.name
     where area_text.name <> excluded.name

-- name: area_load_successors
with given as (
    select * from unnest($1::integer[], $2::integer[], $3::text[]) u (area, predecessor, valid_from)
), gone as (
    delete from area_successor s
     where not exists (select from given g where g.area = s.area_id and g.predecessor = s.predecessor_id)
)
insert into area_successor (area_id, predecessor_id, valid_from)
select area, predecessor, valid_from::date from given
    on conflict (area_id, predecessor_id) do update set valid_from = excluded.valid_from

-- Notional blocks of districts that begin on another day than before begin with them.
-- name: area_load_notional_begin
with first as (
    select area_id, min(valid_from) as day from area_parent group by area_id
), wrong as (
    select ap.area_id, ap.valid_from as has, f.day as wants
      from area_parent ap
      join area b on b.id = ap.area_id and b.notional and b.level = 'block' and b.lgd_code is null
      join area d on d.id = ap.parent_id and not d.notional
      join first f on f.area_id = ap.parent_id
     where ap.valid_to is null and ap.valid_from <> f.day
), before as (
    delete from area_parent ap using wrong w
     where ap.area_id = w.area_id and ap.valid_to is not null
), mended as (
    update area_parent ap set valid_from = w.wants from wrong w
     where ap.area_id = w.area_id and ap.valid_from = w.has
    returning ap.area_id
)
select area_id from mended

-- Reports of blocks that have moved ($1: what has changed its parent or the days of it) are placed again
-- in the tree of their month's last day; both places are queued. Returns how many, how many were
-- queued, and the first and last month.
-- name: area_load_reports
with recursive moved (id) as (
    select unnest($1::integer[])
     union
    select ap.area_id from moved join area_parent ap on ap.parent_id = moved.id
), stale as materialized (
    select r.facility_id, r.period, r.family, r.block_id, r.state_id as state_before,
           r.district_id as district_before, ds.parent_id as state_id, bd.parent_id as district_id,
           fo.dictionary_id
      from report r
      join moved on moved.id = r.block_id
      join form fo on fo.id = r.form_id
     cross join lateral (
           select (to_date(r.period::text, 'YYYYMM') + interval '1 month - 1 day')::date as last) day
      join area_parent bd on bd.area_id = r.block_id and bd.valid_from <= day.last
       and (bd.valid_to is null or bd.valid_to > day.last)
      join area_parent ds on ds.area_id = bd.parent_id and ds.valid_from <= day.last
       and (ds.valid_to is null or ds.valid_to > day.last)
     where (r.state_id, r.district_id) is distinct from (ds.parent_id, bd.parent_id)
), placed as (
    update report r set state_id = s.state_id, district_id = s.district_id
      from stale s
     where r.facility_id = s.facility_id and r.period = s.period and r.family = s.family
), placed_versions as (
    update report_version v set state_id = s.state_id, district_id = s.district_id
      from stale s
     where v.facility_id = s.facility_id and v.period = s.period and v.family = s.family
       and v.block_id = s.block_id
), queued as (
    insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)
    select distinct s.period, s.dictionary_id, q.state_id, q.district_id, s.block_id
      from stale s
     cross join lateral (values (s.state_before, s.district_before), (s.state_id, s.district_id))
           q (state_id, district_id)
    returning period, block_id
)
select (select count(*) from stale), (select count(*) from (select distinct * from queued) q),
       coalesce((select min(period) from stale), 0), coalesce((select max(period) from stale), 0)

-- The tree has moved under the facilities: where they lie today decides who sees them.
-- name: area_load_facilities
select hmis_facility_refresh(tree => true)

-- Without statistics the first plans over a tree just loaded are made for empty tables.
-- name: area_load_analyze
analyze area, area_parent, area_text, facility, facility_kind, facility_status, facility_place

-- ---- What the API tells. Areas have no row-level security: hmis_area_visible stands in each of
-- these (migrations/0002_areas.sql).

-- name: area_get
-- Area $1 (or level $2 and code $3; the nation has none) in the tree of day $4, and what it lay in,
-- from itself upward; names in language $5. Last: the newest month up to $6 in which it has totals.
select a.id, a.level, a.lgd_code, coalesce(t.name, a.name), a.notional,
       hmis_newest_month(named.id, $6::int4)
  from area named
  cross join unnest(hmis_area_path(named.id, $4::text::date)) with ordinality up (id, place)
  join area a on a.id = up.id
  left join area_text t on t.area_id = a.id and t.language = $5::text
 where (named.id = $1::int4
        or (named.level = $2::text and named.lgd_code is not distinct from $3::int4
            and not named.notional))
   and (named.level <> 'nation' or named.lgd_code is null)
   and hmis_area_visible(named.id, $4::text::date)
   and hmis_area_visible(a.id, $4::text::date)
 order by up.place

-- name: area_children
-- Areas below area $1 on day $2 (sub-districts are not of the tree); names in language $3.
select a.id, a.level, a.lgd_code, coalesce(t.name, a.name), a.notional
  from area_parent ap
  join area a on a.id = ap.area_id and a.level <> 'subdistrict'
  left join area_text t on t.area_id = a.id and t.language = $3::text
 where ap.parent_id = $1::int4 and ap.valid_from <= $2::text::date
   and (ap.valid_to is null or ap.valid_to > $2::text::date)
   and hmis_area_visible(a.id, $2::text::date)
 order by a.notional, coalesce(t.name, a.name), a.id

-- name: area_search
-- At most 50 areas whose name begins with $1 or has a word that does; level $2 or any; day $3. What
-- hmis_area_visible says of one area is gathered once for all of them: among 15,000 areas it would
-- take ten seconds.
with recursive below (id) as (
    select hmis_scope_area() where hmis_scope_level() in ('state', 'district', 'block')
     union all
    select ap.area_id
      from below join area_parent ap on ap.parent_id = below.id
     where ap.valid_from <= $3::text::date
       and (ap.valid_to is null or ap.valid_to > $3::text::date)
), visible as materialized (
    select id from below
     union
    select unnest(hmis_area_path(hmis_scope_area(), $3::text::date))
     where hmis_scope_level() in ('state', 'district', 'block')
     union
    select unnest(hmis_area_path(fp.block_id, $3::text::date))
      from facility_place fp
     where hmis_scope_level() = 'facility' and fp.facility_id = any (hmis_scope_facilities())
       and fp.valid_from <= $3::text::date
       and (fp.valid_to is null or fp.valid_to > $3::text::date)
     union
    select a.id from area a where hmis_scope_level() = 'nation'
), seen as (
    select a.id, a.level, a.lgd_code, coalesce(t.name, a.name) as name, a.notional,
           starts_with(lower(a.name), lower($1::text)) as first
      from area a
      left join area_text t on t.area_id = a.id and t.language = $4::text
     where (strpos(' ' || lower(a.name), ' ' || lower($1::text)) > 0
            or strpos(' ' || lower(t.name), ' ' || lower($1::text)) > 0)
       and ($2::text is null or a.level = $2::text)
       and a.id in (select id from visible)
     order by first desc, name, id limit 50
)
select seen.id, seen.level, seen.lgd_code, seen.name, seen.notional, coalesce(t.name, above.name)
  from seen
  left join area_parent ap on ap.area_id = seen.id and ap.valid_from <= $3::text::date
   and (ap.valid_to is null or ap.valid_to > $3::text::date)
  left join area above on above.id = ap.parent_id and above.id in (select id from visible)
  left join area_text t on t.area_id = above.id and t.language = $4::text
 order by seen.first desc, seen.name, seen.id

-- ---- Which area is meant, and whether it is within the scope. ----

-- name: area_ref_area
select a.id, a.level, a.lgd_code, coalesce(t.name, a.name)
  from area a
  left join area_text t on t.area_id = a.id and t.language = $4::text
 where a.id = $1::integer or (a.level = $2::text and a.lgd_code = $3::integer)

-- name: area_ref_facility
-- One that has left the scope is called what it was in the last month whose report may be read.
select f.id, f.code,
       coalesce(case when not hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)
                     then hmis_name_in(f.id, (select max(r.period) from report r where r.facility_id = f.id))
                end, f.name)
  from facility f
 where f.code = $1::text or f.id = $2::integer

-- Month by month (days are their last days): did the area exist, and is it within the scope?
-- name: area_ref_scope
select a.level = 'nation' or up.parent_id is not null,
       coalesce(hmis_in_scope(
           case a.level when 'state' then a.id when 'district' then up.parent_id
                        when 'block' then upper.parent_id end,
           case a.level when 'district' then a.id when 'block' then up.parent_id end,
           case a.level when 'block' then a.id end,
           null), false)
  from unnest($2::integer[]) with ordinality as u (day, n)
 cross join area a
  left join area_parent up on up.area_id = a.id
        and up.valid_from <= date '1970-01-01' + u.day
        and (up.valid_to is null or up.valid_to > date '1970-01-01' + u.day)
  left join area_parent upper on upper.area_id = up.parent_id and a.level = 'block'
        and upper.valid_from <= date '1970-01-01' + u.day
        and (upper.valid_to is null or upper.valid_to > date '1970-01-01' + u.day)
 where a.id = $1::integer
 order by u.n
