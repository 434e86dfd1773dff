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

-- An act says one attribute of a kind; the others go on as files say. So what is said of a facility that an
-- act has changed the name, type, ownership or locality of is kept for each attribute alone, and its rows
-- of facility_kind are made of that. said empty: what was assumed before the first act, and holds before
-- an act that is the earliest word.
create table facility_kind_said (
    facility_id integer not null references facility,
    attribute text not null check (attribute in ('name', 'facility_type', 'ownership', 'locality')),
    value jsonb not null,
    said daterange not null,
    act boolean not null,
    primary key (facility_id, attribute, said, act)
);
alter table facility_kind_said enable row level security;
create policy facility_kind_said_read on facility_kind_said for select
    using (exists (select from facility f where f.id = facility_kind_said.facility_id));
create policy facility_kind_said_write on facility_kind_said
    using (hmis_scope_level() = 'nation'
           or exists (select from facility f where f.id = facility_kind_said.facility_id
                         and hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)));
grant select, insert, update, delete on facility_kind_said to hmis_app;

-- One attribute of one facility was so from first to last (null: from then on, whatever else was said
-- before of later days). What said the same of those days stays.
create function facility_kind_attribute(facility integer, attribute text, value jsonb, first date, last date,
                                        act boolean)
    returns void
    language plpgsql
as $$
declare
    day date := coalesce(last, first);
begin
    with other as (
        delete from facility_kind_said s
         where s.facility_id = facility and s.attribute = facility_kind_attribute.attribute
           and s.value <> facility_kind_attribute.value
           and s.said && daterange(first, last, '[]')
        returning s.*
    )
    insert into facility_kind_said (facility_id, attribute, value, said, act)
    select o.facility_id, o.attribute, o.value, r.said, o.act
      from other o
     cross join lateral unnest(datemultirange(o.said) - datemultirange(daterange(first, last, '[]')))
           r (said)
        on conflict do nothing;
    insert into facility_kind_said (facility_id, attribute, value, said, act)
    values (facility, attribute, value, daterange(first, day, '[]'), act)
        on conflict do nothing;
end
$$;

-- The rows of a facility from what was said of each attribute.
create function facility_kind_make(facility integer) returns void
    language plpgsql
as $$
declare
    made jsonb;
begin
    with said as (
        select s.attribute, s.value, s.said, s.act, rank() over (partition by s.attribute
                                                                 order by lower(s.said)) as place
          from facility_kind_said s where s.facility_id = facility and not isempty(s.said)
    ), given as (
        select attribute, value, said from said
        union all
        select s.attribute, s.value, daterange('1900-01-01', '1900-01-01', '[]')
          from facility_kind_said s
         where s.facility_id = facility and isempty(s.said)
           and coalesce((select bool_or(e.act) and min(lower(e.said)) > '1900-01-01'
                           from said e where e.attribute = s.attribute and e.place = 1), true)
    ), dated as (
        select g.attribute, r.*
          from (select attribute, array_agg(1) as ids, array_agg(value) as vals, array_agg(said) as saids
                  from given group by attribute) g
         cross join lateral hmis_dated_rows(g.ids, g.vals, g.saids) r
    ), days as (
        select valid_from, lead(valid_from) over (order by valid_from) as valid_to
          from (select distinct valid_from from dated) d
    )
    select jsonb_agg(x) into made
      from (select y.valid_from, y.valid_to,
                   (select jsonb_object_agg(d.attribute, d.value) from dated d
                     where d.valid_from <= y.valid_from
                       and (d.valid_to is null or d.valid_to > y.valid_from)) as value,
                   (select range_intersect_agg(d.seen) * datemultirange(daterange(y.valid_from, y.valid_to))
                      from dated d
                     where d.valid_from <= y.valid_from
                       and (d.valid_to is null or d.valid_to > y.valid_from)) as seen
              from days y) x;
    delete from facility_kind k where k.facility_id = facility;
    insert into facility_kind (facility_id, valid_from, valid_to, seen, areas, name, facility_type, ownership,
                               locality)
    select facility, r.valid_from, r.valid_to, coalesce(r.seen, '{}'), f.areas, r.value ->> 'name',
           (r.value ->> 'facility_type')::smallint, (r.value ->> 'ownership')::smallint,
           (r.value ->> 'locality')::smallint
      from jsonb_to_recordset(made) r (valid_from date, valid_to date, seen datemultirange, value jsonb)
      join facility f on f.id = facility;
    perform hmis_facility_refresh(array[facility]);
end
$$;

-- From here on each attribute of the facility stands for itself.
create function facility_kind_split(facility integer) returns void
    language sql
    begin atomic
        insert into facility_kind_said (facility_id, attribute, value, said, act)
        select k.facility_id, v.key, v.value, r.said, false
          from facility_kind k
         cross join lateral jsonb_each(jsonb_build_object('name', k.name, 'facility_type', k.facility_type,
                                                          'ownership', k.ownership, 'locality',
                                                          k.locality)) v
         cross join lateral (
               select unnest(case when isempty(k.seen) and k.valid_from > '1900-01-01'
                                  then datemultirange(daterange(k.valid_from, k.valid_from, '[]'))
                                  else k.seen end) as said
                union all
               select daterange('1900-01-01', '1900-01-01') where k.valid_from = '1900-01-01') r
         where k.facility_id = $1
           and not exists (select from facility_kind_said s where s.facility_id = $1);
    end;

-- What a file says of a month of facilities that acts have changed: where an act changed an attribute
-- within the month, the file says it of the days before, or what the act said of those after.
create function facility_kind_parts(facilities integer[], said_values jsonb[], first date, last date)
    returns integer[]
    language plpgsql
as $$
declare
    changed integer[] := '{}';
    given record;
    part record;
    acted record;
    kinds_before jsonb;
begin
    for given in
        select u.id, u.value
          from unnest(facilities, said_values) u (id, value)
         where u.id in (select f.id from facility f where f.id = any (facilities)
                         order by f.id for no key update)
         order by u.id
    loop
        for part in select * from jsonb_each(given.value) loop
            select lower(s.said) as day, s.value = part.value as same into acted
              from facility_kind_said s
             where s.facility_id = given.id and s.attribute = part.key and s.act
               and lower(s.said) > first and lower(s.said) <= last
             order by s.said limit 1;
            perform facility_kind_attribute(
                given.id, part.key, part.value, case when acted.same then acted.day else first end,
                case when not acted.same then acted.day - 1 else last end, false);
        end loop;
        select jsonb_agg(to_jsonb(k) - '{seen,first_seen,last_seen}'::text[] order by k.valid_from)
          into kinds_before from facility_kind k where k.facility_id = given.id;
        perform facility_kind_make(given.id);
        if kinds_before is distinct from (
               select jsonb_agg(to_jsonb(k) - '{seen,first_seen,last_seen}'::text[] order by k.valid_from)
                 from facility_kind k where k.facility_id = given.id) then
            changed := changed || given.id;
        end if;
    end loop;
    return changed;
end
$$;

create or replace function facility_kind_say(facilities integer[], names text[], types smallint[],
                                             ownerships smallint[], localities smallint[], first date,
                                             last date)
    returns integer[]
    language plpgsql
as $$
declare
    split integer[] := array(select distinct s.facility_id from facility_kind_said s
                              where s.facility_id = any (facilities));
    whole integer[];
    whole_values jsonb[];
    parts integer[];
    part_values jsonb[];
    changed integer[];
begin
    select array_agg(u.id order by u.n) filter (where u.id <> all (split)),
           array_agg(u.value order by u.n) filter (where u.id <> all (split)),
           array_agg(u.id order by u.n) filter (where u.id = any (split)),
           array_agg(u.value order by u.n) filter (where u.id = any (split))
      into whole, whole_values, parts, part_values
      from (select id, n, jsonb_build_object('name', name, 'facility_type', type, 'ownership', ownership,
                                             'locality', locality) as value
              from unnest(facilities, names, types, ownerships, localities)
                   with ordinality g (id, name, type, ownership, locality, n)) u;
    if whole is not null then
        changed := hmis_dated_say('facility_kind', whole, whole_values, first, last);
    end if;
    if parts is not null then
        changed := changed || facility_kind_parts(parts, part_values, first, last);
    end if;
    return coalesce(changed, '{}');
end
$$;

-- An act changes the attributes given (and no other) from `first` on until `until` (null: for good),
-- whatever was said of those days. What held on `until` is said too, so that it stays.
create function facility_kind_act(facility integer, change jsonb, first date, until date) returns void
    language plpgsql
as $$
declare
    part record;
    after jsonb;
begin
    perform facility_kind_split(facility);
    select to_jsonb(k) into after
      from facility_kind k
     where k.facility_id = facility and k.valid_from <= until
       and (k.valid_to is null or k.valid_to > until);
    for part in select * from jsonb_each(change) loop
        perform facility_kind_attribute(facility, part.key, part.value, first, until - 1, true);
        if until is not null then
            perform facility_kind_attribute(facility, part.key, after -> part.key, until, until, true);
        end if;
    end loop;
    perform facility_kind_make(facility);
end
$$;

-- The same of status and place. What held the day before is said too where nothing was said of any
-- day before: the earliest word holds backwards.
create function facility_act_put(dated regclass, facility integer, change jsonb, first date, until date)
    returns void
    language plpgsql
as $$
declare
    meta constant text[] := '{facility_id,valid_from,valid_to,seen,first_seen,last_seen}';
    before jsonb;
    after jsonb;
begin
    execute format('select to_jsonb(d) - $1 from %s d where d.facility_id = $2 and d.valid_from < $3
                       and (d.valid_to is null or d.valid_to >= $3)
                       and not exists (
                           select from %1$s e
                            where e.facility_id = $2
                              and (e.first_seen < $3
                                   or (isempty(e.seen) and e.valid_from > ''1900-01-01''
                                       and e.valid_from < $3)))', dated)
       into before using meta, facility, first;
    execute format('select to_jsonb(d) - $1 from %s d where d.facility_id = $2 and d.valid_from <= $3
                       and (d.valid_to is null or d.valid_to > $3)', dated)
       into after using meta, facility, until;
    if before is not null then
        perform hmis_dated_put(dated, array[facility], array[before], first - 1, first - 1);
    end if;
    if until is not null and after is not null then
        perform hmis_dated_put(dated, array[facility], array[after], until, until);
    end if;
    perform hmis_dated_put(dated, array[facility], array[change], first, until - 1);
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
