-- The facility-wise extract: facilities as they were in a month, and what they reported.

-- name: extract_rows
-- The month's last day $2, form $3 and the kinds of facility that report on it $4; state $5, district
-- $6, block $7, facility $8 (0: any). $9: enum extract_which. A report stands where and as what
-- it was counted. $1: the
-- month whose figures are given. Who has not reported is the extract's where the facility lay in that
-- month; whose it was before or after reads no more than its reports. Who has reported elsewhere is not
-- among them (hmis_reported).
select f.code, h.name, case when $9::int2 < 2 then coalesce(r.facility_type, h.facility_type) else h.facility_type end,
       case when $9::int2 < 2 then coalesce(r.ownership, h.ownership) else h.ownership end,
       case when $9::int2 < 2 then coalesce(r.locality, h.locality) else h.locality end, h.open,
       s.name, s.lgd_code, d.name, d.lgd_code, sd.name, sd.lgd_code,
       case when not b.notional then b.name end, case when not b.notional then b.lgd_code end,
       f.zone, f.district_category, f.health_block, f.sub_division, f.ulb,
       array_to_string(f.categories, ','), f.beds, f.nin, f.notional,
       r.facility_id is not null, r.packed, case when r.packed is null then r.cells end
  from hmis_facility_on(date '1970-01-01' + $2::int4) h
  join facility f on f.id = h.facility_id
  left join report r on r.facility_id = f.id and r.period = $1::int4 and ($9::int2 < 2 or r.form_id = $3::int2)
  join area s on s.id = case when $9::int2 < 2 then coalesce(r.state_id, h.state_id) else h.state_id end
  join area d on d.id = case when $9::int2 < 2 then coalesce(r.district_id, h.district_id) else h.district_id end
  join area b on b.id = case when $9::int2 < 2 then coalesce(r.block_id, h.block_id) else h.block_id end
  left join area sd on sd.id = f.subdistrict_id
 where (($9::int2 < 2 and r.form_id = $3::int2)
        or ($9::int2 <> 1 and h.open and h.facility_type = any ($4::int2[])
            and ($9::int2 = 2
                 or r.facility_id is null
                    and not exists (select from hmis_reported(array[f.id], $1::int4)))))
   and (r.facility_id is not null or hmis_in_scope(h.state_id, h.district_id, h.block_id, h.facility_id))
   and ($5::int4 = 0 or s.id = $5::int4) and ($6::int4 = 0 or d.id = $6::int4)
   and ($7::int4 = 0 or b.id = $7::int4) and ($8::int4 = 0 or f.id = $8::int4)
 order by s.name, d.name, b.notional, b.name, f.code
