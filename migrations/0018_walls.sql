-- Who writes: totals and peaks the nation's scope alone (the worker), areas nobody but two functions, and
-- a report lies where its month says. Whose area a report lies in may read whose it is.

-- ---- Totals, marks, peaks. ----

drop policy rollup_queue_scope on rollup_queue;
create policy rollup_queue_read on rollup_queue for select
    using (hmis_in_scope(state_id, district_id, block_id, null));
create policy rollup_queue_remove on rollup_queue for delete using (hmis_scope_level() = 'nation');

alter table item_peak enable row level security;

do $$
declare
    reads text;
    t text;
begin
    foreach t in array array['rollup', 'rollup_state', 'rollup_peak', 'item_peak'] loop
        execute format('drop policy if exists %1$s_scope on %1$I', t);
        reads := case t when 'item_peak' then 'true'
                        else 'hmis_in_scope(state_id, district_id, block_id, null)' end;
        execute format('create policy %1$s_read on %1$I for select using (%2$s)', t, reads);
        execute format('create policy %1$s_make on %1$I for insert
            with check (hmis_scope_level() = ''nation'')', t);
        execute format('create policy %1$s_write on %1$I for update
            using (hmis_scope_level() = ''nation'')', t);
        execute format('create policy %1$s_remove on %1$I for delete
            using (hmis_scope_level() = ''nation'')', t);
    end loop;
end
$$;

-- ---- Areas: an import or an act may need the notional block of a district. ----

revoke insert on area, area_parent from hmis_app;

-- The notional block of a district of the scope, unless it has one; it begins with the district, and
-- lay before in the one the district was made of (hmis_notional_before).
create function hmis_notional_add(district integer) returns void
    language sql security definer set search_path = public, pg_temp
    begin atomic
        with made as (
            insert into area (level, name, notional)
            select 'block', 'Directly under ' || d.name, true
              from area d
             where d.id = $1 and d.level = 'district'
               and (hmis_scope_level() = 'nation'
                    or (hmis_scope_level() = 'state'
                        and exists (select from area_parent ds
                                     where ds.area_id = d.id and ds.parent_id = hmis_scope_area())))
               and not exists (select from area_parent ap join area b on b.id = ap.area_id
                                where ap.parent_id = d.id and b.level = 'block' and b.notional
                                  and ap.valid_to is null)
            returning id
        )
        insert into area_parent (area_id, parent_id, valid_from)
        select id, $1, (select min(valid_from) from area_parent where area_id = $1) from made;
    end;

-- ---- Where a report lies. ----

-- Below the nation a report, or a version, is given no other place than the facility had on the last day
-- of its month, or than the report has.
create function report_place_check() returns trigger
    language plpgsql
as $$
begin
    if not row_security_active('report')
       or exists (select from hmis_facility_at(new.facility_id, (to_date(new.period::text, 'YYYYMM')
                                               + interval '1 month - 1 day')::date) h
                   where (h.state_id, h.district_id, h.block_id)
                         = (new.state_id, new.district_id, new.block_id))
       or exists (select from report r
                   where r.facility_id = new.facility_id and r.period = new.period
                     and r.family = new.family and (r.state_id, r.district_id, r.block_id)
                                                   = (new.state_id, new.district_id, new.block_id)) then
        return new;
    end if;
    raise insufficient_privilege using message = 'a report lies where its facility lay in the month';
end
$$;

do $$
declare
    t text;
begin
    foreach t in array array['report', 'report_version'] loop
        execute format('create trigger %1$s_place_made before insert on %1$I for each row
            when (hmis_scope_level() <> ''nation'') execute function report_place_check()', t);
        execute format('create trigger %1$s_place_moved before update on %1$I for each row
            when (hmis_scope_level() <> ''nation''
                  and (old.facility_id, old.period, old.family, old.state_id, old.district_id, old.block_id)
                      is distinct from (new.facility_id, new.period, new.family, new.state_id,
                                        new.district_id, new.block_id))
            execute function report_place_check()', t);
    end loop;
end
$$;

-- ---- Whose area a report lies in may read whose it is. ----

create function hmis_areas_put(facilities integer[]) returns void
    language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    perform from facility f where f.id = any (facilities) order by f.id for no key update;
    with wanted as materialized (
        select f.id, (select array_agg(distinct x order by x)
                        from unnest(hmis_facility_areas(f.id, f.opened_on)
                                    || hmis_reported_areas(f.id)) x) as areas
          from facility f where f.id = any (facilities)
    ), kinds as (
        update facility_kind d set areas = w.areas from wanted w
         where d.facility_id = w.id and d.areas <> w.areas
    ), statuses as (
        update facility_status d set areas = w.areas from wanted w
         where d.facility_id = w.id and d.areas <> w.areas
    ), places as (
        update facility_place d set areas = w.areas from wanted w
         where d.facility_id = w.id and d.areas <> w.areas
    )
    update facility f set areas = w.areas from wanted w where f.id = w.id and f.areas <> w.areas;
end
$$;
-- For the triggers below, which run with the same rights.
revoke execute on function hmis_areas_put(integer[]) from public;

create function report_areas() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    others integer[] := array(
        select distinct m.facility_id
          from made m join facility f on f.id = m.facility_id
         where not f.areas @> array[m.state_id, m.district_id, m.block_id]);
begin
    if others <> '{}' then
        perform hmis_areas_put(others);
    end if;
    return null;
end
$$;

-- Stamped anew: an area in which no report lies any more goes.
create function report_areas_moved() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    moved integer[] := array(
        select distinct m.facility_id
          from (select facility_id, period, family, state_id, district_id, block_id from made
                except
                select facility_id, period, family, state_id, district_id, block_id from was) m);
begin
    if moved <> '{}' then
        perform hmis_areas_put(moved);
    end if;
    return null;
end
$$;

create trigger report_areas after insert on report
    referencing new table as made for each statement execute function report_areas();
create trigger report_areas_moved after update on report
    referencing old table as was new table as made
    for each statement execute function report_areas_moved();
create trigger report_version_areas_moved after update on report_version
    referencing old table as was new table as made
    for each statement execute function report_areas_moved();

select hmis_areas_put(array(
    select distinct r.facility_id
      from (select facility_id, state_id, district_id, block_id from report
             union
            select facility_id, state_id, district_id, block_id from report_version) r
      join facility f on f.id = r.facility_id
     where not f.areas @> array[r.state_id, r.district_id, r.block_id]));

-- ---- Names. ----

-- What facility `facility` was called on the last day of a month.
create function hmis_name_in(facility integer, month integer) returns text
    language sql stable
    return (
        select k.name
          from facility_kind k
         cross join lateral (select (to_date($2::text, 'YYYYMM') + interval '1 month - 1 day')::date as last) d
         where k.facility_id = $1 and k.valid_from <= d.last
           and (k.valid_to is null or k.valid_to > d.last));
