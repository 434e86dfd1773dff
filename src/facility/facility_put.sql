-- What files say of facilities (facility_put.c). Row-level security decides what may be written.

-- name: facility_standing
-- What the register has of codes $1 on $2, the last day of month $3; places with their names; the
-- report of the month, and which acts have told of that day.
select u.n, f.id, hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id), k.name, k.facility_type,
       k.ownership, k.locality, coalesce(s.open, false), p.state_id, p.district_id, p.block_id, f.nin,
       f.master_period, f.opening::text, f.opening_told, f.state_id,
       (select array_to_string(array_agg(distinct h.name), chr(31)) from facility_kind h
         where h.facility_id = f.id),
       b.name || ', ' || d.name, st.name, f.district_id, coalesce(nx.open, false),
       coalesce(nx.seen @> $2::text::date + 1, false), coalesce(b.notional, false),
       case when k.valid_from > date_trunc('month', $2::text::date) then k.valid_from::text end,
       case when s.valid_from > date_trunc('month', $2::text::date) then s.valid_from::text end,
       case when p.valid_from > date_trunc('month', $2::text::date) then p.valid_from::text end,
       r.facility_type, r.ownership, r.locality, r.block_id, r.district_id, r.state_id,
       rb.name || ', ' || rd.name, 'type' = any (told.acts), 'ownership' = any (told.acts),
       'locality' = any (told.acts), told.acts && '{open,close}', 'move' = any (told.acts)
  from unnest($1::text[]) with ordinality u (code, n)
  join facility f on f.code = u.code
  left join report r on r.facility_id = f.id and r.period = $3::int4 and r.family = 1
  left join area rb on rb.id = r.block_id
  left join area rd on rd.id = r.district_id
 cross join lateral (
       select coalesce(array_agg(t.act), '{}') as acts from facility_told t
        where t.facility_id = f.id and t.first <= $2::text::date) told
  left join facility_kind k on k.facility_id = f.id and k.valid_from <= $2::text::date
   and (k.valid_to is null or k.valid_to > $2::text::date)
  left join facility_status s on s.facility_id = f.id and s.valid_from <= $2::text::date
   and (s.valid_to is null or s.valid_to > $2::text::date)
  left join facility_status nx on nx.facility_id = f.id and nx.valid_from <= $2::text::date + 1
   and (nx.valid_to is null or nx.valid_to > $2::text::date + 1)
  left join lateral (
       select fp.block_id, fp.valid_from, bd.parent_id as district_id, ds.parent_id as state_id
         from facility_place fp
         join area_parent bd on bd.area_id = fp.block_id and bd.valid_from <= $2::text::date
          and (bd.valid_to is null or bd.valid_to > $2::text::date)
         join area_parent ds on ds.area_id = bd.parent_id and ds.valid_from <= $2::text::date
          and (ds.valid_to is null or ds.valid_to > $2::text::date)
        where fp.facility_id = f.id and fp.valid_from <= $2::text::date
          and (fp.valid_to is null or fp.valid_to > $2::text::date)) p on true
  left join area b on b.id = p.block_id
  left join area d on d.id = p.district_id
  left join area st on st.id = f.state_id

-- name: facility_homes
-- The areas that rows name, as of day $8: state, the district named, the district in which it lay on
-- that day, sub-district, block, the named district's notional block; whether they are the caller's
-- today ($9); the districts that come into question where there are several; names for people. A
-- district that began later stands for those it was made of; a block that ever lay in the named
-- district decides. A batch names few districts: each is looked up once.
with given as materialized (
    select *
      from unnest($1::int4[], $2::text[], $3::int4[], $4::text[], $5::int4[], $6::int4[], $7::text[])
           with ordinality u (state_code, state_key, district_code, district_key, subdistrict_code,
                              block_code, block_key, n)
), states as materialized (
    select g.state_code, g.state_key, s.id, s.name,
           (select min(a.name) from area a
             where a.level = 'state' and a.id <> s.id and g.state_code is not null
               and hmis_area_key(s.name) <> g.state_key and hmis_area_key(a.name) = g.state_key)
           as other
      from (select distinct state_code, state_key from given) g
      join lateral (
           select a.id, a.name from area a where a.level = 'state' and a.lgd_code = g.state_code
            union all
           select a.id, a.name from area a
            where g.state_code is null and a.level = 'state'
              and hmis_area_key(a.name) = g.state_key
            limit 1) s on true
), districts as materialized (
    select s.state_code, s.state_key, s.name as state_name, g.district_code, g.district_key,
           s.other as other_state,
           (select min(a.name) from area_parent ap join area a on a.id = ap.area_id
             where ap.parent_id = s.id and a.level = 'district' and a.id <> d.id
               and g.district_code is not null and hmis_area_key(d.name) <> g.district_key
               and hmis_area_key(a.name) = g.district_key) as other_name,
           s.id as state_id, d.id, d.name, d.begun, hmis_area_before(d.id, $8::text::date) as before
      from (select distinct state_code, state_key, district_code, district_key from given) g
      join states s on s.state_code is not distinct from g.state_code
       and s.state_key is not distinct from g.state_key
      left join lateral (
           select a.id, a.name, min(ap.valid_from) as begun
             from area_parent ap join area a on a.id = ap.area_id
            where ap.parent_id = s.id and a.level = 'district'
              and (a.lgd_code = g.district_code
                   or (g.district_code is null
                       and (hmis_area_key(a.name) = g.district_key
                            or (g.district_key is null and a.notional))))
            group by a.id, a.name
            limit 1) d on true
), blocks as materialized (
    select d.id as named, b.id, b.name, b.lgd_code, hmis_area_key(b.name) as key, b.notional,
           hmis_district_on(b.id, $8::text::date) as district
      from (select distinct id from districts where id is not null) d
      join lateral (
           select distinct a.id, a.name, a.lgd_code, a.notional
             from area_parent ap join area a on a.id = ap.area_id
            where ap.parent_id = d.id and a.level = 'block'
              and (ap.valid_to is null or not a.notional)) b on true
)
select g.n, d.state_id, d.id, coalesce(home.district, d.before[1]),
       (select a.id from area a where a.level = 'subdistrict' and a.lgd_code = g.subdistrict_code),
       home.id, notional.id,
       coalesce(hmis_in_scope((select ap.parent_id from area_parent ap
                                where ap.area_id = now.district and ap.valid_from <= $9::text::date
                                  and (ap.valid_to is null or ap.valid_to > $9::text::date)),
                              now.district, home.id, null), false),
       case when home.id is null and cardinality(d.before) > 1 then d.before end,
       (select string_agg(a.name, ' or ' order by a.name) from area a where a.id = any (d.before)),
       d.name, d.begun::text, d.state_name, here.name, home.name, d.other_state, d.other_name,
       coalesce(twin.named, false), far.name
  from given g
  left join districts d on d.state_code is not distinct from g.state_code
   and d.state_key is not distinct from g.state_key
   and d.district_code is not distinct from g.district_code
   and d.district_key is not distinct from g.district_key
  left join lateral (
       select b.id, b.district, b.name, b.lgd_code, b.key
         from blocks b
        where b.named = d.id and not b.notional and b.district is not null
          and (b.lgd_code = g.block_code or (g.block_code is null and b.key = g.block_key))
        order by b.district = d.id desc, b.id limit 1) home on true
  left join lateral (
       select min(b.id) as id from blocks b where b.named = d.id and b.notional) notional on true
  -- The row is at odds with itself: the block's name is another's, its code a block of elsewhere.
  left join lateral (
       select true as named
         from blocks b
        where b.named = d.id and b.id <> home.id and g.block_code is not null
          and home.lgd_code = g.block_code and b.key = g.block_key and home.key <> g.block_key
        limit 1) twin on true
  left join lateral (
       select b.name || ', ' || coalesce(e.name, '?') as name
         from area b
         left join area e on e.id = hmis_district_on(b.id, $8::text::date)
        where home.id is null and d.id is not null and b.level = 'block'
          and b.lgd_code = g.block_code
          and not exists (select from area_parent ap where ap.area_id = b.id and ap.parent_id = d.id)
        limit 1) far on true
  left join area here on here.id = coalesce(home.district, d.before[1])
  left join lateral (
       select coalesce(hmis_district_on(home.id, $9::text::date), d.id) as district) now on true

-- name: facility_namesakes
-- Another facility of the district that is called exactly as a row calls its own.
select u.n, min(f.code)
  from unnest($1::text[], $2::text[], $3::int4[]) with ordinality u (code, key, district, n)
  join facility f on f.district_id = u.district and f.code <> u.code and hmis_area_key(f.name) = u.key
 group by u.n

-- name: facility_notional_lock
-- Two imports at a time must not both make it.
select pg_advisory_xact_lock(1212763475, $1::int4)::text

-- name: facility_notional_add
select hmis_notional_add($1::int4)

-- name: facility_notional_before
select hmis_notional_before()

-- name: facility_nin_holders
select nin, facility_id from hmis_nin_holders($1::text[])

-- name: facility_make
-- Where a facility lies today ($8) decides who may make it. What is said of its month follows.
insert into facility (code, name, facility_type, ownership, locality, state_id, district_id, block_id,
                      opening)
select u.code, u.name, u.facility_type, u.ownership, u.locality, coalesce(ds.parent_id, u.state_id),
       coalesce(bd.parent_id, u.district_id), u.block_id, 'infinity'
  from unnest($1::text[], $2::text[], $3::int2[], $4::int2[], $5::int2[], $6::int4[], $7::int4[],
              $9::int4[], $10::int4[])
       u (code, name, facility_type, ownership, locality, state_id, district_id, block_id, chosen)
  left join area_parent bd on bd.area_id = u.block_id
   and bd.valid_from <= $8::text::date and (bd.valid_to is null or bd.valid_to > $8::text::date)
  left join area_parent ds on ds.area_id = bd.parent_id
   and ds.valid_from <= $8::text::date and (ds.valid_to is null or ds.valid_to > $8::text::date)
 where u.chosen = 1
   and hmis_in_scope(coalesce(ds.parent_id, u.state_id), coalesce(bd.parent_id, u.district_id),
                     u.block_id, null)
    on conflict (code) do nothing
returning code, id

-- name: facility_tree
-- The tree stays as it is to the end of the transaction.
select hmis_tree_lock(false)

-- name: facility_taken
-- Those of codes $1 that are there by now.
select count(*) from facility where code = any ($1::text[])

-- name: facility_lock
-- Whoever changes facilities changes them alone.
select f.id
  from facility f
 where f.code = any ($1::text[]) and hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)
 order by f.id for no key update

-- name: facility_say_kind
select facility_kind_say($1::int4[], $2::text[], $3::int2[], $4::int2[], $5::int2[], $6::text::date,
                         $7::text::date)

-- name: facility_say_status
select facility_status_say($1::int4[], $2::int2[], $3::text::date, $4::text::date)

-- name: facility_say_place
select facility_place_say($1::int4[], $2::int4[], $3::text::date, $4::text::date)

-- name: facility_columns_put
-- The columns that are not dated: those of the newest month ($12) hold. Returns the ids of those changed.
with said as (
    select u.id, coalesce(regexp_split_to_array(u.categories, ' *, *'), '{}') as categories, u.beds,
           u.notional = 1 as notional, u.zone, u.district_category, u.health_block, u.sub_division,
           u.ulb, u.subdistrict_id,
           nullif(u.hash, 0) as hash
      from unnest($1::int4[], $2::text[], $3::int4[], $4::int2[], $5::text[], $6::text[], $7::text[],
                  $8::text[], $9::text[], $10::int4[], $11::int8[])
           u (id, categories, beds, notional, zone, district_category, health_block, sub_division,
              ulb, subdistrict_id, hash)
      join facility f on f.id = u.id
     where coalesce(f.master_period, 0) <= $12::int4
), compared as (
    select u.*,
           (f.categories, f.beds, f.notional, f.zone, f.district_category, f.health_block,
            f.sub_division, f.ulb, f.subdistrict_id)
           is distinct from
           (u.categories, u.beds, u.notional, u.zone, u.district_category, u.health_block,
            u.sub_division, u.ulb, u.subdistrict_id) as changed,
           (f.master_hash, f.master_period) is distinct from (u.hash, $12::int4) as reworded
      from said u join facility f using (id)
), written as (
    update facility f
       set categories = u.categories, beds = u.beds, notional = u.notional, zone = u.zone,
           district_category = u.district_category, health_block = u.health_block,
           sub_division = u.sub_division, ulb = u.ulb, subdistrict_id = u.subdistrict_id,
           master_hash = u.hash, master_period = $12::int4
      from compared u
     where f.id = u.id and (u.changed or u.reworded)
    returning f.id, u.changed
)
select id from written where changed

-- name: facility_nin_put
-- A facility that has none gets the one it is said to have, whichever month says so.
update facility f set nin = u.nin
  from unnest($1::int4[], $2::text[]) u (id, nin)
 where f.id = u.id and f.nin is null and u.nin is not null
returning f.id
