-- The register of facilities. Row-level security decides what is seen and what may be written.

-- name: facility_find
-- One row for each of the codes $1 that is there and the caller's to write: what held on $2, the last
-- day of the month; open: on some day of the month.
select u.n, f.id, h.facility_type, h.ownership, h.locality,
       hmis_facility_open(f.id, date_trunc('month', $2::text::date)::date, $2::text::date),
       h.state_id, h.district_id, h.block_id, f.master_period
  from unnest($1::text[]) with ordinality u (code, n)
  join facility f on f.code = u.code
  join hmis_facility_on($2::text::date) h on h.facility_id = f.id
 where hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)

-- name: facility_areas
-- Of each row given, the areas it names in the tree of day $7: state, district, sub-district, block,
-- the district's notional block; and whether they are the caller's. A batch names few districts:
-- each is looked up once.
with given as materialized (
    select *
      from unnest($1::int4[], $2::text[], $3::int4[], $4::int4[], $5::int4[], $6::text[])
           with ordinality u (state_code, state_name, district_code, subdistrict_code, block_code,
                              block_key, n)
), states as materialized (
    select g.state_code, g.state_name, s.id
      from (select distinct state_code, state_name from given) g
      join lateral (
           select a.id from area a where a.level = 'state' and a.lgd_code = g.state_code
            union all
           select a.id from area a
            where g.state_code is null and a.level = 'state' and a.lgd_code is null
              and hmis_area_key(a.name) = g.state_name
            limit 1) s on true
), districts as materialized (
    select s.state_code, s.state_name, g.district_code, s.id as state_id, d.id
      from (select distinct state_code, state_name, district_code from given) g
      join states s on s.state_code is not distinct from g.state_code
       and s.state_name is not distinct from g.state_name
      left join lateral (
           select a.id from area_parent ap join area a on a.id = ap.area_id
            where ap.parent_id = s.id and ap.valid_from <= $7::text::date
              and (ap.valid_to is null or ap.valid_to > $7::text::date) and a.level = 'district'
              and (a.lgd_code = g.district_code or (g.district_code is null and a.notional))
            limit 1) d on true
), blocks as materialized (
    select d.id as district_id, b.id, b.lgd_code, hmis_area_key(b.name) as key, b.notional
      from (select distinct id from districts where id is not null) d
      join lateral (
           select a.* from area_parent ap join area a on a.id = ap.area_id
            where ap.parent_id = d.id and ap.valid_from <= $7::text::date
              and (ap.valid_to is null or ap.valid_to > $7::text::date) and a.level = 'block') b
        on true
)
select g.n, d.state_id, d.id,
       (select a.id from area a where a.level = 'subdistrict' and a.lgd_code = g.subdistrict_code),
       named.id, notional.id,
       coalesce(hmis_in_scope(d.state_id, d.id, named.id, null), false)
  from given g
  left join districts d on d.state_code is not distinct from g.state_code
   and d.state_name is not distinct from g.state_name
   and d.district_code is not distinct from g.district_code
  left join lateral (
       select min(b.id) as id from blocks b
        where b.district_id = d.id and not b.notional
          and (b.lgd_code = g.block_code or (g.block_code is null and b.key = g.block_key))) named
    on true
  left join lateral (
       select min(b.id) as id from blocks b where b.district_id = d.id and b.notional) notional
    on true

-- name: facility_notional_lock
-- Two imports at a time must not both make it.
select pg_advisory_xact_lock(1212763475, $1::int4)::text

-- name: facility_notional_add
-- The notional block of district $1, unless it has one; it begins with the district.
with made as (
    insert into area (level, name, notional)
    select 'block', 'Directly under ' || d.name, true
      from area d
     where d.id = $1::int4
       and not exists (select from area_parent ap join area b on b.id = ap.area_id
                        where ap.parent_id = d.id and b.level = 'block' and b.notional)
    returning id
)
insert into area_parent (area_id, parent_id, valid_from)
select id, $1::int4, (select min(valid_from) from area_parent where area_id = $1::int4) from made

-- name: facility_insert
-- Where a facility lies today ($20) decides who may make it; $22 is the month of the file.
insert into facility (code, nin, name, facility_type, ownership, locality, categories, beds, notional,
                      zone, district_category, health_block, sub_division, ulb,
                      state_id, district_id, block_id, subdistrict_id, master_hash, master_period)
select u.code, u.nin, u.name, u.facility_type, u.ownership, u.locality,
       coalesce(regexp_split_to_array(u.categories, ' *, *'), '{}'), u.beds, u.notional = 1,
       u.zone, u.district_category, u.health_block, u.sub_division, u.ulb,
       coalesce(ds.parent_id, u.state_id), coalesce(bd.parent_id, u.district_id), u.block_id,
       u.subdistrict_id, nullif(u.hash, 0), $22::int4
  from unnest($1::text[], $2::text[], $3::text[], $4::int2[], $5::int2[], $6::int2[], $7::text[],
              $8::int4[], $9::int2[], $10::text[], $11::text[], $12::text[], $13::text[],
              $14::text[], $15::int4[], $16::int4[], $17::int4[], $18::int4[], $19::int4[], $21::int8[])
       u (code, nin, name, facility_type, ownership, locality, categories, beds, notional,
          zone, district_category, health_block, sub_division, ulb, state_id, district_id, block_id,
          subdistrict_id, is_new, hash)
  left join area_parent bd on bd.area_id = u.block_id
   and bd.valid_from <= $20::text::date and (bd.valid_to is null or bd.valid_to > $20::text::date)
  left join area_parent ds on ds.area_id = bd.parent_id
   and ds.valid_from <= $20::text::date and (ds.valid_to is null or ds.valid_to > $20::text::date)
 where u.is_new = 1
   and hmis_in_scope(coalesce(ds.parent_id, u.state_id), coalesce(bd.parent_id, u.district_id),
                     u.block_id, null)
    on conflict (code) do nothing
returning code, id

-- name: facility_update
-- Brings the columns that are not dated to what the file of month $14 says; returns those changed.
with said as (
    select f.id, u.nin, coalesce(regexp_split_to_array(u.categories, ' *, *'), '{}') as categories, u.beds,
           u.notional = 1 as notional, u.zone, u.district_category, u.health_block, u.sub_division, u.ulb,
           coalesce(u.subdistrict_id, f.subdistrict_id) as subdistrict_id, nullif(u.hash, 0) as hash
      from unnest($1::text[], $2::text[], $3::text[], $4::int4[], $5::int2[], $6::text[], $7::text[],
                  $8::text[], $9::text[], $10::text[], $11::int4[], $12::int4[], $13::int8[])
           u (code, nin, categories, beds, notional, zone, district_category, health_block,
              sub_division, ulb, subdistrict_id, is_known, hash)
      join facility f on f.code = u.code
     where u.is_known = 1
), compared as (
    select u.*,
           (f.nin, f.categories, f.beds, f.notional, f.zone, f.district_category, f.health_block,
            f.sub_division, f.ulb, f.subdistrict_id)
           is distinct from
           (u.nin, u.categories, u.beds, u.notional, u.zone, u.district_category, u.health_block,
            u.sub_division, u.ulb, u.subdistrict_id) as changed,
           f.master_hash is distinct from u.hash as reworded
      from said u join facility f using (id)
), written as (
    update facility f
       set nin = u.nin, categories = u.categories, beds = u.beds, notional = u.notional, zone = u.zone,
           district_category = u.district_category, health_block = u.health_block,
           sub_division = u.sub_division, ulb = u.ulb, subdistrict_id = u.subdistrict_id,
           master_hash = u.hash, master_period = $14::int4
      from compared u
     where f.id = u.id and (u.changed or u.reworded)
    returning f.code, u.changed
)
select code from written where changed

-- name: facility_observe
-- What a file says of facilities ($1, each once) in the month from $6 to $7, as observations (0012): name
-- $2, type $3, ownership $4, locality $5; $8 of them, open ($9) or closed; those $10 closed from $11 on,
-- unless something was said of days from then on. Returns those changed.
select unnest(k.ids || s.ids || n.ids)
  from (select facility_kind_put($1::int4[], $2::text[], $3::int2[], $4::int2[], $5::int2[],
                                 $6::text::date, $7::text::date) as ids) k
 cross join lateral (select facility_status_put($8::int4[], $9::int2[]::int4[]::boolean[],
                                                $6::text::date, $7::text::date) as ids) s
 cross join lateral (
       select facility_status_put(array_agg(id), array_agg(false), $11::text::date, $11::text::date) as ids
         from unnest($10::int4[]) id
        where not exists (select from facility_status s
                           where s.facility_id = id and s.last_seen >= $11::text::date)) n

-- name: facility_places
-- Of facilities $1 and blocks $2, those whose block lies, on day $3, where the caller may place them.
select u.facility_id, u.block_id
  from unnest($1::int4[], $2::int4[]) u (facility_id, block_id)
  join area_parent bd on bd.area_id = u.block_id
   and bd.valid_from <= $3::text::date and (bd.valid_to is null or bd.valid_to > $3::text::date)
  join area_parent ds on ds.area_id = bd.parent_id
   and ds.valid_from <= $3::text::date and (ds.valid_to is null or ds.valid_to > $3::text::date)
 where hmis_in_scope(ds.parent_id, bd.parent_id, u.block_id, null)

-- name: facility_place
-- Those facilities ($1) lay in these blocks ($2) from $3 to $4; returns those moved.
select unnest(facility_place_put($1::int4[], $2::int4[], $3::text::date, $4::text::date))

-- name: facility_list
-- A page of facilities: words $1 (all must begin a word of the name) or whole $2 (the code begins
-- with it, or it is the NIN); area $3 or level $4 and code $5; type $6; $7 open or closed today ($8);
-- $9 rows from $10 on; names of areas in language $11. The first column counts all of them.
with named as materialized (
    select a.id, a.level from area a
     where a.id = $3::int4 or (a.level = $4::text and a.lgd_code is not distinct from $5::int4
                               and not a.notional)
), matched as materialized (
    select f.* from facility f
     where hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)
       and ($2::text is null or starts_with(f.code, $2::text) or f.nin = $2::text
            or (select bool_and(strpos(' ' || lower(f.name), ' ' || lower(w)) > 0)
                  from unnest($1::text[]) w))
       and (($3::int4 is null and $4::text is null)
            or exists (select from named
                        where named.id in (f.state_id, f.district_id, f.block_id)
                           or named.level = 'nation'))
       and ($6::int2 is null or f.facility_type = $6::int2)
       and ($7::text is null
            or (f.closed_on is null or f.closed_on > $8::text::date) = ($7::text = 'open'))
)
select (select count(*) from matched), m.code, m.nin, m.name, m.facility_type, m.ownership, m.locality,
       m.closed_on is not null and m.closed_on <= $8::text::date,
       coalesce(bt.name, b.name), coalesce(dt.name, d.name), coalesce(st.name, s.name)
  from (values (1)) one
  left join (select * from matched order by name, code limit $9::int4 offset $10::int4) m on true
  left join area b on b.id = m.block_id
  left join area_text bt on bt.area_id = b.id and bt.language = $11::text
  left join area d on d.id = m.district_id
  left join area_text dt on dt.area_id = d.id and dt.language = $11::text
  left join area s on s.id = m.state_id
  left join area_text st on st.area_id = s.id and st.language = $11::text
 order by m.name, m.code

-- name: facility_get
-- Facility $1 with where it lies today, names in language $3; $2 is today.
select f.code, f.nin, f.name, f.facility_type, f.ownership, f.locality,
       f.closed_on is not null and f.closed_on <= $2::text::date,
       nullif(f.opened_on, '1900-01-01')::text, f.closed_on::text, f.beds, f.notional,
       to_jsonb(f.categories)::text, f.zone, f.district_category, f.health_block, f.sub_division,
       f.ulb, f.state_id, coalesce(st.name, s.name), f.district_id, coalesce(dt.name, d.name),
       f.block_id, coalesce(bt.name, b.name), f.subdistrict_id, sd.name
  from facility f
  join area s on s.id = f.state_id
  left join area_text st on st.area_id = s.id and st.language = $3::text
  join area d on d.id = f.district_id
  left join area_text dt on dt.area_id = d.id and dt.language = $3::text
  join area b on b.id = f.block_id
  left join area_text bt on bt.area_id = b.id and bt.language = $3::text
  left join area sd on sd.id = f.subdistrict_id
 where f.code = $1::text
