-- The register of facilities. Row-level security decides what is seen and what may be written.

-- name: facility_find
-- One row for each of the codes $1 that is there and the caller's to write: what held on $2, the last
-- day of the month; open: on some day of the month.
select u.n, f.id, h.facility_type, h.ownership, h.locality,
       hmis_facility_open(f.id, date_trunc('month', $2::text::date)::date, $2::text::date),
       h.state_id, h.district_id, h.block_id, f.master_period
  from unnest($1::text[]) with ordinality u (code, n)
  join facility f on f.code = u.code
  cross join hmis_facility_at(f.id, $2::text::date) h
 where hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)

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
-- Facility $1 with where it lies today, names in language $3; $2 is today. Of one that has left the scope
-- its reports tell, not the register.
select f.code, f.nin, f.name, f.facility_type, f.ownership, f.locality,
       f.closed_on is not null and f.closed_on <= $2::text::date,
       nullif(f.opened_on, '1900-01-01')::text, f.closed_on::text, f.beds, f.notional,
       to_jsonb(f.categories)::text, f.zone, f.district_category, f.health_block, f.sub_division,
       f.ulb, f.state_id, coalesce(st.name, s.name), f.district_id, coalesce(dt.name, d.name),
       f.block_id, coalesce(bt.name, b.name), f.subdistrict_id, sd.name,
       f.opening is not null and not f.opening_told
  from facility f
  join area s on s.id = f.state_id
  left join area_text st on st.area_id = s.id and st.language = $3::text
  join area d on d.id = f.district_id
  left join area_text dt on dt.area_id = d.id and dt.language = $3::text
  join area b on b.id = f.block_id
  left join area_text bt on bt.area_id = b.id and bt.language = $3::text
  left join area sd on sd.id = f.subdistrict_id
 where f.code = $1::text and hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)

-- name: facility_history
-- Facility $1 in stretches of days in which nothing changed, the oldest first; names in language $2.
with f as (
    select id from facility f
     where code = $1::text and hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)
), days as (
    select k.valid_from as day from facility_kind k join f on f.id = k.facility_id
     union
    select s.valid_from from facility_status s join f on f.id = s.facility_id
     union
    select p.valid_from from facility_place p join f on f.id = p.facility_id
     union
    select greatest(p.valid_from, bd.valid_from, ds.valid_from)
      from facility_place p join f on f.id = p.facility_id
      join area_parent bd on bd.area_id = p.block_id
       and daterange(bd.valid_from, bd.valid_to) && daterange(p.valid_from, p.valid_to)
      join area_parent ds on ds.area_id = bd.parent_id
       and daterange(ds.valid_from, ds.valid_to) && (daterange(bd.valid_from, bd.valid_to)
                                                      * daterange(p.valid_from, p.valid_to))
), stretches as (
    select d.day, h.name, h.facility_type, h.ownership, h.locality, h.open, h.state_id, h.district_id,
           h.block_id,
           (h.name, h.facility_type, h.ownership, h.locality, h.open, h.state_id, h.district_id,
            h.block_id)
           is distinct from
           lag((h.name, h.facility_type, h.ownership, h.locality, h.open, h.state_id, h.district_id,
                h.block_id)) over (order by d.day) as begins
      from days d
     cross join f
     cross join lateral hmis_facility_at(f.id, d.day) h
)
select nullif(s.day, '1900-01-01')::text, (lead(s.day) over (order by s.day))::text, s.name,
       s.facility_type, s.ownership, s.locality, s.open, coalesce(st.name, sa.name),
       coalesce(dt.name, da.name), coalesce(bt.name, ba.name)
  from (select * from stretches where begins) s
  left join area sa on sa.id = s.state_id
  left join area_text st on st.area_id = sa.id and st.language = $2::text
  left join area da on da.id = s.district_id
  left join area_text dt on dt.area_id = da.id and dt.language = $2::text
  left join area ba on ba.id = s.block_id
  left join area_text bt on bt.area_id = ba.id and bt.language = $2::text
 order by s.day
