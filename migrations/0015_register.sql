-- How the register of facilities changes: what files say of a month, when a facility opened, one NIN a
-- facility, and which district a younger one was made of.

-- ---- Districts that were made of others. ----

create table area_successor (
    area_id integer not null references area,
    predecessor_id integer not null references area,
    valid_from date not null,    -- the first day of area_id
    primary key (area_id, predecessor_id)
);
grant select on area_successor to hmis_app;

-- The districts in which what is today in district `area` lay on a day: itself, if it was there, or
-- those it was made of.
create function hmis_area_before(area integer, day date) returns integer[]
    language sql stable parallel safe
    begin atomic
        with recursive back (id) as (
            select $1
             union
            select s.predecessor_id from back join area_successor s on s.area_id = back.id
             where s.valid_from > $2
        )
        select coalesce(array_agg(back.id order by back.id), '{}')
          from back
         where exists (select from area_parent ap
                        where ap.area_id = back.id and ap.valid_from <= $2
                          and (ap.valid_to is null or ap.valid_to > $2));
    end;

-- A notional block that began with its district lay, before, in the one the district was made of. Where
-- there were several it lay nowhere. Returns how many have got a place.
create function hmis_notional_before() returns bigint
    language sql security definer set search_path = public, pg_temp
    begin atomic
        with begun as (
            select ap.area_id, ap.parent_id, ap.valid_from
              from area_parent ap join area a on a.id = ap.area_id and a.notional and a.level = 'block'
             where ap.valid_from = (select min(valid_from) from area_parent x
                                     where x.area_id = ap.area_id)
               and ap.valid_from > '1900-01-01'
        ), added as (
            insert into area_parent (area_id, parent_id, valid_from, valid_to)
            select b.area_id, (hmis_area_before(b.parent_id, b.valid_from - 1))[1], '1900-01-01',
                   b.valid_from
              from begun b
             where cardinality(hmis_area_before(b.parent_id, b.valid_from - 1)) = 1
            returning 1
        )
        select count(*) from added;
    end;

-- ---- NIN: ten digits, of one facility. ----

with odd as (
    select id, code, nin, row_number() over (partition by nin order by id) as place,
           nin ~ '^[0-9]{10}$' as good
      from facility where nin is not null
), kept as (
    insert into audit (action, object, outcome, detail)
    select 'facility.nin', code, 'refused',
           jsonb_build_object('nin', nin, 'why', case when good then 'it is another facility''s too'
                                                      else 'it has not 10 digits' end)
      from odd where not good or place > 1
)
update facility f set nin = null from odd where odd.id = f.id and (not good or place > 1);
drop index facility_nin;
create unique index facility_nin on facility (nin) where nin is not null;
alter table facility add constraint facility_nin_digits check (nin ~ '^[0-9]{10}$');

-- Whose a NIN is, whoever asks: that it is taken is all that is told.
create function hmis_nin_holders(nins text[]) returns table (nin text, facility_id integer)
    language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
    return query select f.nin, f.id from facility f where f.nin = any (nins);
end
$$;

-- ---- What files say. ----

-- As hmis_dated_put, of a whole month. Where an act changed something within the month, the file that says
-- otherwise speaks of the days before it.
create function hmis_dated_say(dated regclass, facilities integer[], said_values jsonb[], first date,
                               last date)
    returns integer[]
    language plpgsql
as $$
declare
    acted integer[];
    days date[];
    acts jsonb[];
    changed integer[];
begin
    execute format('
        select array_agg(u.id), array_agg(d.valid_from), array_agg(u.value)
          from unnest($1, $2) u (id, value)
          join %s d on d.facility_id = u.id and d.valid_from > $3 and d.valid_from <= $4
           and (d.valid_to is null or d.valid_to > $4) and not to_jsonb(d) @> u.value', dated)
       into acted, days, acts using facilities, said_values, first, last;
    if acted is null then
        return hmis_dated_put(dated, facilities, said_values, first, last);
    end if;
    select array_agg(u.id order by u.n), array_agg(u.value order by u.n) into facilities, said_values
      from unnest(facilities, said_values) with ordinality u (id, value, n) where u.id <> all (acted);
    if facilities is not null then
        changed := hmis_dated_put(dated, facilities, said_values, first, last);
    end if;
    for i in 1 .. cardinality(acted) loop
        changed := changed || hmis_dated_put(dated, acted[i:i], acts[i:i], first, days[i] - 1);
    end loop;
    return changed;
end
$$;

create function facility_kind_say(facilities integer[], names text[], types smallint[],
                                  ownerships smallint[], localities smallint[], first date, last date)
    returns integer[]
    language sql
    return hmis_dated_say('facility_kind', $1, (
               select array_agg(jsonb_build_object('name', u.name, 'facility_type', u.type, 'ownership',
                                                   u.ownership, 'locality', u.locality) order by u.n)
                 from unnest($2, $3, $4, $5) with ordinality u (name, type, ownership, locality, n)), $6, $7);

-- ---- Opening. ----

-- opening: first day of the earliest month in which a file names the facility (assumed), or the day
-- told by an act. Null: nothing is known, it counts as always there.
alter table facility add opening date, add opening_told boolean not null default false;

-- Was it open on some day from first to last? Before a day that is only assumed it may have been.
create or replace function hmis_facility_open(facility integer, first date, last date) returns boolean
    language sql stable
    return exists (select from facility_status s
                    where s.facility_id = $1 and s.open and s.valid_from <= $3
                      and (s.valid_to is null or s.valid_to > $2))
        or exists (select from facility f
                    where f.id = $1 and not f.opening_told and f.opening > $3);

-- The day of the earliest month in which facilities were said to be open becomes the assumed opening,
-- if nothing was said of a day before.
create function facility_opening_assume(facilities integer[]) returns void
    language plpgsql
as $$
declare
    day date;
    ids integer[];
    opened integer[] := '{}';
begin
    for day, ids in
        select s.first_seen, array_agg(s.facility_id order by s.facility_id)
          from facility_status s
         where s.facility_id = any (facilities) and s.valid_from = '1900-01-01' and s.open
         group by s.first_seen
    loop
        update facility f set opening = day where f.id = any (ids) and f.opening is distinct from day;
        if day is not null then
            perform facility_status_put(ids, array_fill(false, array[cardinality(ids)]), day - 1, day - 1);
        end if;
        opened := opened || ids;
    end loop;
    update facility f set opening = null
     where f.id = any (facilities) and f.opening is not null and f.id <> all (opened);
end
$$;

-- The first that is said of facilities just made (fresh, among facilities), as facility_status_say and
-- facility_opening_assume would write it.
create function facility_status_begin(facilities integer[], states smallint[], fresh integer[], first date,
                                      last date)
    returns void
    language plpgsql
as $$
begin
    update facility_status s
       set open = u.state <> 1, seen = datemultirange(daterange($4, $5, '[]')),
           valid_from = case when u.state <> 1 then $4 else s.valid_from end
      from unnest($1, $2) u (id, state)
     where s.facility_id = u.id and u.id = any ($3);
    insert into facility_status (facility_id, valid_to, seen, open)
    select u.id, $4, datemultirange(daterange($4 - 1, $4)), false
      from unnest($1, $2) u (id, state)
     where u.id = any ($3) and u.state <> 1;
    update facility f set opening = case when u.state <> 1 then $4 end
      from unnest($1, $2) u (id, state)
     where f.id = u.id and f.id = any ($3);
    perform hmis_facility_refresh($3);
end
$$;

-- What a file says of its month: 0 open, 1 closed, 2 closed but with figures (open in this month, closed
-- from the next one on unless something else is said of it). Facilities just made have opening
-- 'infinity'. Returns those whose rows have changed.
create function facility_status_say(facilities integer[], states smallint[], first date, last date)
    returns integer[]
    language plpgsql
as $$
declare
    fresh integer[];
    earlier integer[];
    closed integer[];
    changed integer[];
begin
    -- just made: their one row is not more than assumed
    select array_agg(f.id order by f.id) into fresh
      from facility f where f.id = any (facilities) and f.opening = 'infinity';
    if fresh is not null then
        perform facility_status_begin(facilities, states, fresh, first, last);
    end if;
    select array_agg(f.id order by f.id) into earlier
      from facility f
     where f.id = any (facilities) and not f.opening_told
       and (f.opening > facility_status_say.first
            or (f.opening is null and exists (
                select from facility_status s
                 where s.facility_id = f.id and s.valid_from = '1900-01-01' and not s.open
                   and s.first_seen > facility_status_say.last)));
    -- what was assumed of the day before a later opening
    delete from facility_status s using facility f
     where f.id = any (earlier) and s.facility_id = f.id and not s.open
       and s.valid_from = '1900-01-01' and s.valid_to = f.opening
       and s.seen = datemultirange(daterange(f.opening - 1, f.opening));
    changed := hmis_dated_say('facility_status', facilities,
                              (select array_agg(jsonb_build_object('open', u.s <> 1) order by u.n)
                                 from unnest(states) with ordinality u (s, n)), first, last);
    select array_agg(u.id order by u.id) into closed
      from unnest(facilities, states) u (id, state)
     where u.state = 2
       and not exists (select from facility_status s
                        where s.facility_id = u.id and s.seen @> facility_status_say.last + 1);
    if closed is not null then
        changed := changed || facility_status_put(closed, array_fill(false, array[cardinality(closed)]),
                                                  last + 1, last + 1);
    end if;
    if earlier is not null then
        perform facility_opening_assume(earlier);
        changed := changed || earlier;
    end if;
    return changed;
end
$$;

-- ---- Place. ----

create function hmis_district_on(block integer, day date) returns integer
    language sql stable parallel safe
    return (select parent_id from area_parent
             where area_id = $1 and valid_from <= $2 and (valid_to is null or valid_to > $2));

-- What a file says of its month: a block, or only that it is somewhere in the district of a notional
-- block. The latter is no news where the facility is known to lie in that district; and once a block
-- is told, it is taken for the months before and after that told the district alone.
create function facility_place_say(facilities integer[], blocks integer[], first date, last date)
    returns integer[]
    language plpgsql
as $$
declare
    said integer[];
    changed integer[];
    near record;
begin
    select array_agg(coalesce(known.block_id, u.block) order by u.n) into said
      from unnest(facilities, blocks) with ordinality u (id, block, n)
      join area b on b.id = u.block
      left join lateral (
           select p.block_id
             from facility_place p join area pb on pb.id = p.block_id and not pb.notional
            where b.notional and p.facility_id = u.id
              and hmis_district_on(p.block_id, facility_place_say.last)
                  = hmis_district_on(u.block, facility_place_say.last)
              and (p.valid_to is null or p.valid_to > facility_place_say.last)
              and (p.valid_from <= facility_place_say.last
                   or not exists (select from facility_place between_
                                   where between_.facility_id = u.id
                                     and between_.valid_from > facility_place_say.last
                                     and between_.valid_from < p.valid_from))
            order by p.valid_from limit 1) known on true;
    changed := hmis_dated_say('facility_place', facilities,
                              (select array_agg(jsonb_build_object('block_id', u.b) order by u.n)
                                 from unnest(said) with ordinality u (b, n)), first, last);
    for near in
        select n.facility_id, held.block_id, lower(r.days) as first, upper(r.days) - 1 as last
          from facility_place held
          join area hb on hb.id = held.block_id and not hb.notional
          join facility_place n on n.facility_id = held.facility_id and n.block_id <> held.block_id
           and (n.valid_to = held.valid_from or n.valid_from = held.valid_to)
          join area b on b.id = n.block_id and b.notional
         cross join lateral unnest(n.seen) r (days)
         where held.facility_id = any (facilities) and held.seen @> facility_place_say.last
           and hmis_district_on(held.block_id, lower(r.days)) = hmis_district_on(n.block_id, lower(r.days))
           and hmis_district_on(held.block_id, upper(r.days) - 1)
               = hmis_district_on(n.block_id, upper(r.days) - 1)
         order by 1, 3
    loop
        changed := changed || facility_place_put(array[near.facility_id], array[near.block_id], near.first,
                                                 near.last);
    end loop;
    return changed;
end
$$;

-- ---- Acts. ----

-- An act changes what is so from `first` on until `until` (null: for good), whatever was said of those
-- days: in a kind the columns given alone, each stretch keeping its others. What held the day before,
-- and what holds on `until`, is said too, so that it stays.
create function facility_act_put(dated regclass, facility integer, change jsonb, first date, until date)
    returns void
    language plpgsql
as $$
declare
    meta constant text[] := '{facility_id,valid_from,valid_to,seen,first_seen,last_seen}';
    before jsonb;
    after jsonb;
    part record;
    parts jsonb;
begin
    execute format('select to_jsonb(d) - $1 from %s d where d.facility_id = $2 and d.valid_from < $3
                       and (d.valid_to is null or d.valid_to >= $3)', dated)
       into before using meta, facility, first;
    execute format('select to_jsonb(d) - $1 from %s d where d.facility_id = $2 and d.valid_from <= $3
                       and (d.valid_to is null or d.valid_to > $3)', dated)
       into after using meta, facility, until;
    execute format('select jsonb_agg(jsonb_build_object(''value'', to_jsonb(d) - $1, ''valid_from'',
                           greatest(d.valid_from, $3), ''last'', least(d.valid_to, $4) - 1)
                           order by d.valid_from)
                      from %s d
                     where d.facility_id = $2 and (d.valid_to is null or d.valid_to > $3)
                       and ($4::date is null or d.valid_from < $4)', dated)
       into parts using meta, facility, first, until;
    if before is not null then
        perform hmis_dated_put(dated, array[facility], array[before], first - 1, first - 1);
    end if;
    if until is not null and after is not null then
        perform hmis_dated_put(dated, array[facility], array[after], until, until);
    end if;
    for part in select * from jsonb_to_recordset(parts) p (value jsonb, valid_from date, last date) loop
        perform hmis_dated_put(dated, array[facility], array[part.value || change], part.valid_from,
                               part.last);
    end loop;
    perform hmis_facility_refresh(array[facility]);
end
$$;

-- A correction of the register stamps reports anew, their versions with them; figures stay as they are.
grant update (facility_type, ownership, locality, state_id, district_id, block_id) on report_version
   to hmis_app;
create policy report_version_stamp on report_version for update
    using (hmis_scope_level() = 'nation'
           or exists (select from facility f where f.id = report_version.facility_id
                         and hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)));

-- Every month that is imported marks the rows that hold as seen: room for it in their pages.
alter table facility_kind set (fillfactor = 70);
alter table facility_status set (fillfactor = 70);
alter table facility_place set (fillfactor = 70);
