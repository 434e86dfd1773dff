-- Acts: dated changes of one facility (facility_act.c). Everything in one transaction, the facility's
-- row locked.

-- name: facility_act_lock
-- Facility $1 for the one who changes it; mine: it lies today where the caller may write.
select f.id, hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id), f.nin, f.state_id, s.name,
       f.opened_on::text
  from facility f join area s on s.id = f.state_id
 where f.code = $1::text

-- name: facility_act_lock_row
select f.id from facility f where f.id = $1::int4 for no key update

-- name: facility_act_day
-- What holds of facility $1 on day $2; open_before: it was open on some day before.
select h.name, h.facility_type, h.ownership, h.locality, h.open, h.state_id, h.block_id,
       b.name || ', ' || d.name,
       exists (select from facility_status s where s.facility_id = h.facility_id and s.open
                  and s.valid_from < $2::text::date)
  from hmis_facility_at($1::int4, $2::text::date) h
  left join area b on b.id = h.block_id
  left join area d on d.id = h.district_id

-- name: facility_act_place
-- The block named: by id $1, or level $2 and code $3; a district stands for its notional block. As of day
-- $4 with its district and state, and whether it is the caller's. Null block: the district has no
-- notional block yet.
select a.level, case a.level when 'block' then a.id else n.id end,
       case a.level when 'block' then bd.parent_id else a.id end, ds.parent_id, a.name, s.name,
       hmis_in_scope(ds.parent_id, case a.level when 'block' then bd.parent_id else a.id end,
                     case a.level when 'block' then a.id end, null),
       d.name
  from area a
  left join area_parent bd on a.level = 'block' and bd.area_id = a.id and bd.valid_from <= $4::text::date
   and (bd.valid_to is null or bd.valid_to > $4::text::date)
  join area d on d.id = case a.level when 'block' then bd.parent_id else a.id end
  join area_parent ds on ds.area_id = d.id and ds.valid_from <= $4::text::date
   and (ds.valid_to is null or ds.valid_to > $4::text::date)
  join area s on s.id = ds.parent_id
  left join lateral (
       select x.area_id as id from area_parent x join area b on b.id = x.area_id
        where x.parent_id = a.id and b.level = 'block' and b.notional and x.valid_to is null
        limit 1) n on a.level = 'district'
 where a.level in ('block', 'district')
   and (a.id = $1::int4 or ($1::int4 is null and a.level = $2::text and a.lgd_code = $3::int4))

-- name: facility_act_kind
-- Name $2, type $3, ownership $4, locality $5 (null: stays) of facility $1 from $6 until $7.
select facility_kind_act($1::int4,
                         jsonb_strip_nulls(jsonb_build_object('name', $2::text, 'facility_type', $3::int2,
                                                              'ownership', $4::int2, 'locality',
                                                              $5::int2)),
                         $6::text::date, $7::text::date)::text

-- name: facility_act_status
select facility_act_put('facility_status', $1::int4, jsonb_build_object('open', $2::bool), $3::text::date,
                        $4::text::date)::text

-- name: facility_act_move
select facility_act_put('facility_place', $1::int4, jsonb_build_object('block_id', $2::int4),
                        $3::text::date, $4::text::date)::text

-- name: facility_act_closed_before
-- It opened on day $2 and was not there before.
select hmis_dated_put('facility_status', array[$1::int4], array['{"open": true}'::jsonb],
                      $2::text::date, $2::text::date)
       || hmis_dated_put('facility_status', array[$1::int4], array['{"open": false}'::jsonb],
                         '1900-01-01', $2::text::date - 1)

-- name: facility_act_opening
update facility f set opening = $2::text::date, opening_told = true where f.id = $1::int4

-- name: facility_act_told
insert into facility_told (facility_id, act, first) values ($1::int4, $2::text, $3::text::date)
    on conflict do nothing

-- name: facility_act_nin
update facility f set nin = $2::text where f.id = $1::int4

-- name: facility_act_reports
-- Reports of facility $1 whose months end from $2 on and before $3 and that carry another kind or place
-- than held on that day; $4: they are stamped anew, their versions with them, and the totals of both
-- places are queued. A report keeps a type that its form is for.
with held as materialized (
    select r.period, r.family, r.form_id, fo.code as form, fo.dictionary_id, r.facility_type, r.ownership,
           r.locality, r.state_id, r.district_id, r.block_id, h.facility_type as held_type,
           h.ownership as held_ownership, h.locality as held_locality,
           coalesce(h.state_id, r.state_id) as held_state,
           coalesce(h.district_id, r.district_id) as held_district,
           coalesce(h.block_id, r.block_id) as held_block,
           h.facility_type = any (fo.facility_types) as fits
      from report r
      join form fo on fo.id = r.form_id
     cross join lateral (
           select (to_date(r.period::text, 'YYYYMM') + interval '1 month - 1 day')::date as last) day
     cross join lateral (
           select * from hmis_facility_at(r.facility_id, day.last)) h
     where r.facility_id = $1::int4 and day.last >= $2::text::date
       and ($3::text::date is null or day.last < $3::text::date)
), other as materialized (
    select *, case when fits then held_type else facility_type end as new_type
      from held
     where (facility_type, ownership, locality, state_id, district_id, block_id)
           is distinct from
           (held_type, held_ownership, held_locality, held_state, held_district, held_block)
), stamped as (
    update report r
       set facility_type = o.new_type, ownership = o.held_ownership, locality = o.held_locality,
           state_id = o.held_state, district_id = o.held_district, block_id = o.held_block
      from other o
     where $4::bool and r.facility_id = $1::int4 and r.period = o.period and r.family = o.family
), versions as (
    update report_version v
       set facility_type = case when o.form_id = v.form_id then o.new_type else v.facility_type end,
           ownership = o.held_ownership, locality = o.held_locality, state_id = o.held_state,
           district_id = o.held_district, block_id = o.held_block
      from other o
     where $4::bool and v.facility_id = $1::int4 and v.period = o.period and v.family = o.family
), queued as (
    insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)
    select distinct o.period, o.dictionary_id, q.state_id, q.district_id, q.block_id
      from other o
     cross join lateral (values (o.state_id, o.district_id, o.block_id),
                                (o.held_state, o.held_district, o.held_block))
           q (state_id, district_id, block_id)
     where $4::bool
    returning period, block_id
)
select o.period, o.form, o.facility_type, o.ownership, o.locality, b.name || ', ' || d.name, o.held_type,
       o.held_ownership, o.held_locality, hb.name || ', ' || hd.name, o.fits,
       (select count(*) from (select distinct * from queued) q)
  from other o
  join area b on b.id = o.block_id
  join area d on d.id = o.district_id
  join area hb on hb.id = o.held_block
  join area hd on hd.id = o.held_district
 order by o.period, o.form
