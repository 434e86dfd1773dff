-- Whether facilities have reported a month, wherever the report lies: it carries the place its month had
-- when it came, and what is learnt later of the register does not move it. Who lies here by the
-- register and reported there is expected there alone, whoever asks. Only that there is one is told,
-- and only of facilities the caller may read.
create function hmis_reported(facilities integer[], month integer) returns setof integer
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select r.facility_id
          from report r
          join facility f on f.id = r.facility_id
         where r.facility_id = any ($1) and r.period = $2
           and hmis_may_read(f.areas, f.id);
    end;

-- The newest month up to `latest` that has totals. A stray month leads nobody: one with less than a tenth of
-- the reports of the fullest is passed over.
create function hmis_newest_month(area integer, latest integer) returns integer
    language sql stable
    return (
        select max(m.period) filter (where m.reports * 10 >= m.fullest)
          from (select r.period, sum(r.reports) as reports, max(sum(r.reports)) over () as fullest
                  from rollup r
                 where r.area_id = $1 and r.period <= $2 and (r.level = 2 or r.facility_type = 0)
                 group by r.period) m);
