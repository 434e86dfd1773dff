-- Loading the geography (area_load): arrays hold one element an area or membership.

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

-- name: area_load_member_put
insert into area_parent (area_id, parent_id, valid_from, valid_to)
select area, parent, valid_from::date, valid_to::date
  from unnest($1::integer[], $2::integer[], $3::text[], $4::text[])
       as given (area, parent, valid_from, valid_to)
    on conflict (area_id, valid_from) do update
       set parent_id = excluded.parent_id, valid_to = excluded.valid_to
     where (area_parent.parent_id, area_parent.valid_to)
           is distinct from (excluded.parent_id, excluded.valid_to)

-- name: area_load_names
insert into area_text (area_id, language, name)
select * from unnest($1::integer[], $2::text[], $3::text[])
    on conflict (area_id, language) do update set name = excluded.name
     where area_text.name <> excluded.name

-- The tree has moved under the facilities: where they lie today decides who sees them.
-- name: area_load_facilities
update facility f
   set state_id = here.state_id, district_id = here.district_id, block_id = here.block_id
  from hmis_place_on((now() at time zone 'Asia/Kolkata')::date) here
 where here.facility_id = f.id
   and (f.state_id, f.district_id, f.block_id)
       is distinct from (here.state_id, here.district_id, here.block_id)
