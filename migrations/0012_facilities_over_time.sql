-- Facilities over time. Kind (name, type, ownership, locality), status (open or not) and place of a
-- facility are dated rows without overlap; what counts for a month is what held on its last day. The
-- columns of facility say what holds today, for lists and for who may write.
--
-- A report is of a facility, month and family of forms, the form an attribute: two forms of one month
-- cannot stand side by side.

create extension if not exists btree_gist;

alter table dictionary add family smallint not null default 1;  -- 1 MONTHLY

-- One parent a day. Checked at the end of the transaction: a load rewrites rows one by one.
alter table area_parent add constraint area_parent_once
    exclude using gist (area_id with =, daterange(valid_from, valid_to) with &&)
    deferrable initially deferred;

-- seen: the days of which a file (its month) or an act (its day) said so; the row begins with the
-- first of them, the earliest row at the beginning of all days. Empty: only assumed.
create table facility_kind (
    facility_id integer not null references facility,
    valid_from date not null default '1900-01-01',
    valid_to date,               -- first day on which it no longer holds; null: still holds
    seen datemultirange not null default '{}',
    first_seen date generated always as (lower(seen)) stored,
    last_seen date generated always as (upper(seen) - 1) stored,
    areas integer[] not null default '{}',  -- of facility: who may read it
    name text not null check (name <> ''),
    facility_type smallint not null,
    ownership smallint not null check (ownership in (1, 2)),
    locality smallint not null check (locality in (1, 2)),
    primary key (facility_id, valid_from),
    check (valid_to is null or valid_to > valid_from),
    constraint facility_kind_once
        exclude using gist (facility_id with =, daterange(valid_from, valid_to) with &&)
);

create table facility_status (
    facility_id integer not null references facility,
    valid_from date not null default '1900-01-01',
    valid_to date,
    seen datemultirange not null default '{}',
    first_seen date generated always as (lower(seen)) stored,
    last_seen date generated always as (upper(seen) - 1) stored,
    areas integer[] not null default '{}',  -- of facility: who may read it
    open boolean not null,
    primary key (facility_id, valid_from),
    check (valid_to is null or valid_to > valid_from),
    constraint facility_status_once
        exclude using gist (facility_id with =, daterange(valid_from, valid_to) with &&)
);

alter table facility_place
    add seen datemultirange not null default '{}',
    add first_seen date generated always as (lower(seen)) stored,
    add last_seen date generated always as (upper(seen) - 1) stored,
    add areas integer[] not null default '{}',
    add constraint facility_place_once
        exclude using gist (facility_id with =, daterange(valid_from, valid_to) with &&);

-- Every state, district and block it ever lay in: whose it is among may read it (its name stands at
-- reports of old months); written it is by where it lies today. Its dated rows carry the same, so that
-- who may read them is told by the row at hand: asking the facility made plans of nothing but that.
alter table facility add areas integer[] not null default '{}';

-- ---- Reports: one a facility, month and family. ----

alter table report add family smallint not null default 1;
alter table report_version add family smallint not null default 1;
alter table report_draft add family smallint not null default 1;
alter table report_draft_gone add family smallint not null default 1;

-- Where two forms of one month stood side by side the newer one stands from now on; the other one goes
-- to the versions. All versions of such a month are numbered anew, in the order of their submission.
create temporary table both_forms on commit drop as
    select facility_id, period from report group by facility_id, period having count(*) > 1;
create temporary table standing on commit drop as
    select distinct on (facility_id, period) facility_id, period, form_id
      from report join both_forms using (facility_id, period)
     order by facility_id, period, submitted_at desc, form_id desc;
create temporary table renumbered on commit drop as
    select v.facility_id, v.period, v.form_id, v.version as old,
           row_number() over (partition by v.facility_id, v.period
                                  order by v.stands, v.submitted_at, v.form_id, v.version)::integer as new
      from (select r.facility_id, r.period, r.form_id, r.version, r.submitted_at,
                   s.form_id is not null as stands
              from report r join both_forms using (facility_id, period)
              left join standing s using (facility_id, period, form_id)
            union all
            select v.facility_id, v.period, v.form_id, v.version, v.submitted_at, false
              from report_version v join both_forms using (facility_id, period)) v;

insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)
select distinct r.period, f.dictionary_id, r.state_id, r.district_id, r.block_id
  from report r join both_forms using (facility_id, period) join form f on f.id = r.form_id;

alter table report_version drop constraint report_version_pkey;
insert into report_version (facility_id, period, form_id, facility_type, ownership, locality, source,
                            state_id, district_id, block_id, version, submitted_at, submitted_by, cells,
                            outcomes, findings, remarks, packed, filled, draft_version, replaced_at, family)
select r.facility_id, r.period, r.form_id, r.facility_type, r.ownership, r.locality, r.source, r.state_id,
       r.district_id, r.block_id, r.version, r.submitted_at, r.submitted_by, r.cells, r.outcomes,
       r.findings, r.remarks, r.packed, r.filled, r.draft_version, now(), r.family
  from report r join standing s using (facility_id, period)
 where r.form_id <> s.form_id;
delete from report r using standing s
 where r.facility_id = s.facility_id and r.period = s.period and r.form_id <> s.form_id;
update report_version v set version = n.new
  from renumbered n
 where v.facility_id = n.facility_id and v.period = n.period and v.form_id = n.form_id
   and v.version = n.old;
-- Numbers of drafts never come again, whichever form they were of.
update report r
   set version = n.new,
       draft_version = greatest(r.draft_version, (select max(v.draft_version) from report_version v
                                                   where v.facility_id = r.facility_id
                                                     and v.period = r.period))
  from renumbered n
 where r.facility_id = n.facility_id and r.period = n.period and r.form_id = n.form_id
   and r.version = n.old;
update report_draft d set base_version = n.new
  from renumbered n
 where d.facility_id = n.facility_id and d.period = n.period and d.form_id = n.form_id
   and d.base_version = n.old;

-- Of two drafts of a month the one of the form that stands goes on, else the newer. The other is kept
-- for whoever keeps the database.
create table report_draft_aside (like report_draft, primary key (facility_id, period, form_id));
with ranked as (
    select d.facility_id, d.period, d.form_id,
           row_number() over (partition by d.facility_id, d.period
                                  order by r.form_id is null, d.updated_at desc, d.form_id desc) as place
      from report_draft d left join report r using (facility_id, period, form_id)
), gone as (
    delete from report_draft d using ranked x
     where x.place > 1 and d.facility_id = x.facility_id and d.period = x.period
       and d.form_id = x.form_id
    returning d.*
)
insert into report_draft_aside select * from gone;
create temporary table numbers on commit drop as
    select facility_id, period, max(form_id) as form_id, max(version) as version
      from report_draft_gone group by facility_id, period;
delete from report_draft_gone;
insert into report_draft_gone (facility_id, period, form_id, version) select * from numbers;

alter table report drop constraint report_pkey, add primary key (facility_id, period, family);
alter table report_version add primary key (facility_id, period, family, version);
alter table report_draft drop constraint report_draft_pkey, add primary key (facility_id, period, family);
alter table report_draft_gone drop constraint report_draft_gone_pkey,
                              add primary key (facility_id, period, family);

-- A correction used to take over the kind of its own day; it keeps the one of the first version.
create temporary table first_kinds on commit drop as
    select distinct on (v.facility_id, v.period, v.form_id)
           v.facility_id, v.period, v.form_id, v.facility_type, v.ownership, v.locality
      from report_version v
     order by v.facility_id, v.period, v.form_id, v.version;
with mended as (
    update report r
       set facility_type = k.facility_type, ownership = k.ownership, locality = k.locality
      from first_kinds k join form f on f.id = k.form_id
     where r.facility_id = k.facility_id and r.period = k.period and r.form_id = k.form_id
       and (r.facility_type, r.ownership, r.locality)
           is distinct from (k.facility_type, k.ownership, k.locality)
       and k.facility_type = any (f.facility_types)
    returning r.period, f.dictionary_id, r.state_id, r.district_id, r.block_id
)
insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)
select distinct * from mended;

-- ---- What was known of facilities, as dated rows. ----

-- Reports have told the kind of their months; the register tells today's.
with told as (
    select r.facility_id, r.facility_type, r.ownership, r.locality,
           daterange(m.first, (m.first + interval '1 month')::date) as said
      from report r
     cross join lateral (select to_date(r.period::text, 'YYYYMM') as first) m
    union all
    select f.id, f.facility_type, f.ownership, f.locality, daterange(d.day, d.day, '[]')
      from facility f
      left join (select facility_id, max(period) as period from report group by facility_id) r
        on r.facility_id = f.id
     cross join lateral (
           select least(greatest(to_date(f.master_period::text, 'YYYYMM'),
                                 (to_date(r.period::text, 'YYYYMM') + interval '1 month')::date),
                        current_date) as day) d
     where f.master_period is not null or r.period is not null
), marked as (
    select *, (facility_type, ownership, locality)
              is distinct from lag((facility_type, ownership, locality)) over (partition by facility_id
                                                                                   order by lower(said)) as begins
      from told
), numbered as (
    select *, count(*) filter (where begins) over (partition by facility_id order by lower(said)) as run
      from marked
), runs as (
    select facility_id, run, facility_type, ownership, locality, range_agg(said) as seen,
           min(lower(said)) as first
      from numbered group by facility_id, run, facility_type, ownership, locality
)
insert into facility_kind (facility_id, valid_from, valid_to, seen, name, facility_type, ownership, locality)
select facility_id, case when run = 1 then date '1900-01-01' else first end,
       lead(first) over (partition by facility_id order by run), seen, f.name, r.facility_type, r.ownership,
       r.locality
  from runs r join facility f on f.id = r.facility_id
union all
select f.id, '1900-01-01', null, '{}', f.name, f.facility_type, f.ownership, f.locality
  from facility f
 where f.master_period is null and not exists (select from report r where r.facility_id = f.id);

-- Status as opened_on and closed_on have it; nothing is assumed of other days.
create function hmis_status_rows(facility integer, opened_on date, closed_on date)
    returns setof facility_status
    language sql stable
    begin atomic
        select $1, s.valid_from, s.valid_to, s.seen, lower(s.seen), upper(s.seen) - 1, '{}'::integer[], s.open
          from (values (date '1900-01-01', $2, datemultirange(daterange($2 - 1, $2)), false),
                       ($2, $3, case when $2 > '1900-01-01'
                                     then datemultirange(daterange($2, $2, '[]'))
                                     else '{}' end
                                + case when $3 > $2 then datemultirange(daterange($3 - 1, $3))
                                       else '{}' end, true),
                       (greatest($2, $3), null, datemultirange(daterange($3, $3, '[]')), false))
               s (valid_from, valid_to, seen, open)
         where s.valid_from is not null and (s.valid_to is null or s.valid_to > s.valid_from)
           and (s.open or s.valid_to is not null or $3 is not null);
    end;

insert into facility_status (facility_id, valid_from, valid_to, seen, open)
select s.facility_id, s.valid_from, s.valid_to, s.seen, s.open
  from facility f cross join lateral hmis_status_rows(f.id, f.opened_on, f.closed_on) s;

-- Of a move it is known where the facility lay the month before and the month after.
update facility_place p
   set seen = case when p.valid_from > '1900-01-01'
                   then datemultirange(daterange(p.valid_from, p.valid_from, '[]')) else '{}' end
            + case when p.valid_to is not null
                   then datemultirange(daterange(p.valid_to - 1, p.valid_to)) else '{}' end
 where p.valid_from > '1900-01-01' or p.valid_to is not null;

-- ---- What held on a day, and what holds today. ----

-- Every facility as it was on a day. Where its block, or the district of it, was not there on that day,
-- it lay nowhere.
create function hmis_facility_on(day date)
    returns table (facility_id integer, name text, facility_type smallint, ownership smallint,
                   locality smallint, open boolean, state_id integer, district_id integer,
                   block_id integer)
    language sql stable
    begin atomic
        select k.facility_id, k.name, k.facility_type, k.ownership, k.locality, s.open,
               p.state_id, p.district_id, p.block_id
          from facility_kind k
          join facility_status s on s.facility_id = k.facility_id
           and s.valid_from <= day and (s.valid_to is null or s.valid_to > day)
          left join hmis_place_on(day) p on p.facility_id = k.facility_id
         where k.valid_from <= day and (k.valid_to is null or k.valid_to > day);
    end;

-- The same of one facility, for a row each of another table: a day that comes from a row keeps the
-- planner from looking the facility up in the function above.
create function hmis_facility_at(facility integer, day date)
    returns table (facility_id integer, name text, facility_type smallint, ownership smallint,
                   locality smallint, open boolean, state_id integer, district_id integer,
                   block_id integer)
    language sql stable
    begin atomic
        select k.facility_id, k.name, k.facility_type, k.ownership, k.locality, s.open,
               p.state_id, p.district_id, p.block_id
          from facility_kind k
          join facility_status s on s.facility_id = k.facility_id
           and s.valid_from <= $2 and (s.valid_to is null or s.valid_to > $2)
          left join hmis_place_on($2) p on p.facility_id = k.facility_id and p.facility_id = $1
         where k.facility_id = $1 and k.valid_from <= $2 and (k.valid_to is null or k.valid_to > $2);
    end;

-- Was it open on some day from first to last?
create function hmis_facility_open(facility integer, first date, last date) returns boolean
    language sql stable
    return exists (select from facility_status s
                    where s.facility_id = $1 and s.open and s.valid_from <= $3
                      and (s.valid_to is null or s.valid_to > $2));

create function hmis_today() returns date
    language sql stable parallel safe
    return (now() at time zone 'Asia/Kolkata')::date;

-- Every area a block lay in from first to last (null: for ever), and itself.
create function hmis_block_areas(block integer, first date, last date) returns integer[]
    language sql stable
    return (
        select coalesce(array_agg(distinct a.id order by a.id), array[$1])
          from area_parent bd
          join area_parent ds on ds.area_id = bd.parent_id
         cross join lateral unnest(array[bd.area_id, bd.parent_id, ds.parent_id]) a (id)
         where bd.area_id = $1 and ($3 is null or $3 > $2)
           and not isempty(daterange($2, $3) * daterange(bd.valid_from, bd.valid_to)
                           * daterange(ds.valid_from, ds.valid_to)));

-- Every area in which reports of a facility lie, versions too.
create function hmis_reported_areas(facility integer) returns integer[]
    language sql stable
    return (
        select coalesce(array_agg(distinct a.id order by a.id), '{}')
          from (select state_id, district_id, block_id from report where facility_id = $1
                 union
                select state_id, district_id, block_id from report_version where facility_id = $1) r
         cross join lateral unnest(array[r.state_id, r.district_id, r.block_id]) a (id));

-- Every area a facility opened on that day ever lay in, or a report of it lies in. The areas it has
-- hold the latter (report_areas): only where one of them is no place of it, reports are looked at.
create function hmis_facility_areas(facility integer, opened_on date) returns integer[]
    language sql stable
    begin atomic
        with placed as materialized (
            select coalesce(array_agg(distinct a.id order by a.id), '{}') as areas
              from facility_place fp
             cross join lateral unnest(hmis_block_areas(fp.block_id, greatest(fp.valid_from, $2), fp.valid_to)) a (id)
             where fp.facility_id = $1 and (fp.valid_to is null or fp.valid_to > $2)
        )
        select case when coalesce(f.areas <@ p.areas, true) then p.areas
                    else (select array_agg(distinct x order by x)
                            from unnest(p.areas || hmis_reported_areas($1)) x) end
          from placed p left join facility f on f.id = $1;
    end;

-- The columns that say what holds today, of the facilities given; null: of all that may have changed as
-- days pass (the daemon calls it), or, after the tree was loaded, of all. Returns how many were not
-- right.
create function hmis_facility_refresh(facilities integer[] default null, tree boolean default false,
                                      day date default hmis_today())
    returns bigint
    language sql
    begin atomic
        with wanted as materialized (
            select unnest($1) as id
             union
            select f.id from facility f where $1 is null and $2
             union
            select facility_id from facility_kind where $1 is null and not $2 and valid_from > '1900-01-01'
             union
            select facility_id from facility_status where $1 is null and not $2 and valid_from > '1900-01-01'
             union
            select f.id from facility f join hmis_place_on($3) p on p.facility_id = f.id
             where $1 is null and not $2
               and (f.state_id, f.district_id, f.block_id) <> (p.state_id, p.district_id, p.block_id)
        ), now as materialized (
            select h.*, coalesce(s.opened_on, f.opened_on) as opened_on, s.closed_on
              from wanted
              join facility f on f.id = wanted.id
             cross join lateral hmis_facility_at(f.id, $3) h
              left join lateral (
                   select min(valid_from) filter (where open) as opened_on,
                          max(valid_from) filter (where not open and valid_to is null) as closed_on
                     from facility_status x where x.facility_id = f.id) s on true
        ), written as (
            update facility f
               set name = n.name, facility_type = n.facility_type, ownership = n.ownership,
                   locality = n.locality, opened_on = n.opened_on, closed_on = n.closed_on,
                   state_id = coalesce(n.state_id, f.state_id),
                   district_id = coalesce(n.district_id, f.district_id),
                   block_id = coalesce(n.block_id, f.block_id), areas = n.areas
              from (select *, hmis_facility_areas(now.facility_id, now.opened_on) as areas from now) n
             where f.id = n.facility_id
               and (f.name, f.facility_type, f.ownership, f.locality, f.opened_on, f.closed_on, f.state_id,
                    f.district_id, f.block_id, f.areas)
                   is distinct from
                   (n.name, n.facility_type, n.ownership, n.locality, n.opened_on, n.closed_on,
                    coalesce(n.state_id, f.state_id), coalesce(n.district_id, f.district_id),
                    coalesce(n.block_id, f.block_id), n.areas)
            returning f.id, f.areas
        ), kinds as (
            update facility_kind d set areas = w.areas from written w
             where d.facility_id = w.id and d.areas <> w.areas
        ), statuses as (
            update facility_status d set areas = w.areas from written w
             where d.facility_id = w.id and d.areas <> w.areas
        ), places as (
            update facility_place d set areas = w.areas from written w
             where d.facility_id = w.id and d.areas <> w.areas
        )
        select count(*) from written;
    end;

-- ---- Observations. ----

-- Rows from what was said: values of facilities and the days of which they were said. A value holds from
-- the first day of which it was said until another one was; the earliest, from the beginning of days.
create function hmis_dated_rows(facilities integer[], said_values jsonb[], said daterange[])
    returns table (facility_id integer, value jsonb, valid_from date, valid_to date, seen datemultirange)
    language sql immutable
    begin atomic
        with given as (
            select u.id, u.value, u.said from unnest($1, $2, $3) u (id, value, said)
        ), marked as (
            select *, value is distinct from lag(value) over (partition by id order by lower(said)) as begins
              from given
        ), numbered as (
            select *, count(*) filter (where begins) over (partition by id order by lower(said)) as run
              from marked
        ), runs as (
            select id, run, value, range_agg(said) as seen, min(lower(said)) as first
              from numbered group by id, run, value
        )
        select id, value, case when run = 1 then date '1900-01-01' else first end,
               lead(first) over (partition by id order by run), seen
          from runs;
    end;

-- One observation of each facility (each once) in one of the three dated tables: from first to last it was
-- so (a file: the days of its month; an act: one day). last null: from then on, whatever was said
-- before of later days. The last word of a day holds; otherwise the order of observations does not
-- matter. Returns the facilities whose rows have changed; those that are not the caller's stay as
-- they are.
create function hmis_dated_put(dated regclass, facilities integer[], said_values jsonb[], first date,
                               last date)
    returns integer[]
    language plpgsql
as $$
declare
    day date := coalesce(last, first);
    beside constant text[] := '{facility_id,valid_from,valid_to,seen,first_seen,last_seen,areas}';
    said jsonb[] := array(select v - beside from unnest(said_values) with ordinality u (v, n) order by n);
    names text := (select string_agg(quote_ident(key), ', ' order by key)
                     from jsonb_object_keys(said[1]) key);
    others integer[];
    made jsonb;
begin
    -- Nearly always it is as it was: the row that holds is seen once more.
    execute format('
        update %s d
           set seen = d.seen + datemultirange(daterange(greatest($3, d.valid_from), $5, ''[]''))
          from unnest($1, $2) u (id, value)
         where d.facility_id = u.id and d.valid_from <= $5 and (d.valid_to is null or d.valid_to > $5)
           and to_jsonb(d) @> u.value and ($4 is not null or d.valid_to is null)
           and not d.seen @> daterange(greatest($3, d.valid_from), $5, ''[]'')', dated)
      using facilities, said, first, last, day;
    -- Locked are those the caller may write: the others are not given.
    execute format('
        select array_agg(x.id)
          from (select f.id
                  from unnest($1, $2) u (id, value) join facility f on f.id = u.id
                 where not exists (
                       select from %s d
                        where d.facility_id = u.id and d.valid_from <= $4
                          and (d.valid_to is null or d.valid_to > $4) and to_jsonb(d) @> u.value
                          and ($3 is not null or d.valid_to is null))
                 order by f.id for no key update of f) x', dated)
       into others using facilities, said, last, day;
    if others is null then
        return '{}';
    end if;
    execute format('
        with said as (
            select d.facility_id as id,
                   to_jsonb(d) - $7 as value,
                   unnest(case when isempty(d.seen) and d.valid_from > ''1900-01-01''
                               then datemultirange(daterange(d.valid_from, d.valid_from, ''[]''))
                               else d.seen end
                          - datemultirange(daterange($3, $4, ''[]''))) as said
              from %s d where d.facility_id = any ($5)
            union all
            select u.id, u.value, daterange($3, $6, ''[]'')
              from unnest($1, $2) u (id, value) where u.id = any ($5)
        )
        select jsonb_agg(r)
          from (select array_agg(id) as ids, array_agg(value) as vals, array_agg(said) as saids from said) s
         cross join lateral hmis_dated_rows(s.ids, s.vals, s.saids) r', dated)
       into made using facilities, said, first, last, others, day, beside;
    execute format('delete from %s where facility_id = any ($1)', dated) using others;
    execute format('
        insert into %1$s (facility_id, valid_from, valid_to, seen, areas, %2$s)
        select r.facility_id, r.valid_from, r.valid_to, r.seen, f.areas, %3$s
          from jsonb_to_recordset($1) r (facility_id integer, valid_from date, valid_to date,
                                         seen datemultirange, value jsonb)
          join facility f on f.id = r.facility_id
         cross join lateral jsonb_populate_record(null::%1$s, r.value) v',
        dated, names, (select string_agg('v.' || quote_ident(key), ', ' order by key)
                         from jsonb_object_keys(said[1]) key)) using made;
    perform hmis_facility_refresh(others);
    return others;
end
$$;

create function facility_kind_put(facilities integer[], names text[], types smallint[],
                                  ownerships smallint[], localities smallint[], first date, last date)
    returns integer[]
    language sql
    return hmis_dated_put('facility_kind', $1, (
               select array_agg(jsonb_build_object('name', u.name, 'facility_type', u.type, 'ownership',
                                                   u.ownership, 'locality', u.locality) order by u.n)
                 from unnest($2, $3, $4, $5) with ordinality u (name, type, ownership, locality, n)), $6, $7);

create function facility_status_put(facilities integer[], opens boolean[], first date, last date)
    returns integer[]
    language sql
    return hmis_dated_put('facility_status', $1, (
               select array_agg(jsonb_build_object('open', u.open) order by u.n)
                 from unnest($2) with ordinality u (open, n)), $3, $4);

create function facility_place_put(facilities integer[], blocks integer[], first date, last date)
    returns integer[]
    language sql
    return hmis_dated_put('facility_place', $1, (
               select array_agg(jsonb_build_object('block_id', u.block) order by u.n)
                 from unnest($2) with ordinality u (block, n)), $3, $4);

-- A facility that is made has its dated rows: what its columns say, as assumed from the beginning.
create function facility_areas() returns trigger
    language plpgsql
as $$
begin
    new.areas := hmis_block_areas(new.block_id, new.opened_on, null);
    return new;
end
$$;
create trigger facility_areas before insert on facility for each row execute function facility_areas();

create function facility_dated_areas() returns trigger
    language plpgsql
as $$
begin
    new.areas := (select f.areas from facility f where f.id = new.facility_id);
    return new;
end
$$;
create trigger facility_kind_areas before insert on facility_kind
    for each row when (new.areas = '{}') execute function facility_dated_areas();
create trigger facility_status_areas before insert on facility_status
    for each row when (new.areas = '{}') execute function facility_dated_areas();
create trigger facility_place_areas before insert on facility_place
    for each row when (new.areas = '{}') execute function facility_dated_areas();

create function facility_begin() returns trigger
    language plpgsql
as $$
begin
    insert into facility_kind (facility_id, areas, name, facility_type, ownership, locality)
    select id, areas, name, facility_type, ownership, locality from made;
    insert into facility_status (facility_id, areas, valid_from, valid_to, seen, open)
    select s.facility_id, f.areas, s.valid_from, s.valid_to, s.seen, s.open
      from made f cross join lateral hmis_status_rows(f.id, f.opened_on, f.closed_on) s;
    insert into facility_place (facility_id, areas, block_id) select id, areas, block_id from made;
    return null;
end
$$;
create trigger facility_begin after insert on facility
    referencing new table as made for each statement execute function facility_begin();

update facility f set areas = hmis_facility_areas(f.id, f.opened_on);
update facility_kind d set areas = f.areas from facility f where f.id = d.facility_id;
update facility_status d set areas = f.areas from facility f where f.id = d.facility_id;
update facility_place d set areas = f.areas from facility f where f.id = d.facility_id;

-- ---- Who reads and who writes. ----

create function hmis_may_read(areas integer[], facility integer) returns boolean
    language sql stable parallel safe
    return case hmis_scope_level()
        when 'nation' then true
        when 'facility' then facility = any (hmis_scope_facilities())
        when 'state' then hmis_scope_area() = any (areas)
        when 'district' then hmis_scope_area() = any (areas)
        when 'block' then hmis_scope_area() = any (areas)
        else false
    end;

drop policy facility_scope on facility;
create policy facility_read on facility for select
    using (hmis_in_scope(state_id, district_id, block_id, id) or hmis_may_read(areas, id));
-- The register is the state's and the nation's to change. Others may hold a row of theirs, not write it.
create policy facility_make on facility for insert
    with check (hmis_scope_level() in ('nation', 'state')
                and hmis_in_scope(state_id, district_id, block_id, id));
create policy facility_write on facility for update
    using (hmis_in_scope(state_id, district_id, block_id, id))
    with check (hmis_scope_level() in ('nation', 'state')
                and hmis_in_scope(state_id, district_id, block_id, id));

drop policy facility_place_scope on facility_place;
drop policy report_read on report;
drop policy report_insert on report;
drop policy report_update on report;
drop policy report_version_read on report_version;
drop policy report_version_insert on report_version;
drop policy report_draft_scope on report_draft;
drop policy report_draft_gone_scope on report_draft_gone;

do $$
declare
    -- the facility lies, today, in the scope of the transaction
    mine constant text := '(hmis_scope_level() = ''nation'' or exists (select from facility f
        where f.id = %I.facility_id and hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)))';
    register constant text := '(hmis_scope_level() in (''nation'', ''state'') and ' || mine || ')';
    t text;
begin
    foreach t in array array['facility_kind', 'facility_status', 'facility_place'] loop
        execute format('alter table %I enable row level security', t);
        execute format('create policy %1$s_read on %1$I for select
            using (hmis_may_read(areas, facility_id))', t);
        execute format('create policy %1$s_make on %1$I for insert with check ' || format(register, t), t);
        execute format('create policy %1$s_write on %1$I for update using ' || format(register, t), t);
        execute format('create policy %1$s_remove on %1$I for delete using ' || format(register, t), t);
        execute format('grant select, insert, update, delete on %I to hmis_app', t);
    end loop;
    -- A submitted report is read by whose area it was counted in, too.
    foreach t in array array['report', 'report_version'] loop
        execute format('create policy %1$s_read on %1$I for select
            using (hmis_in_scope(state_id, district_id, block_id, facility_id) or ' || format(mine, t) || ')', t);
        execute format('create policy %1$s_insert on %1$I for insert with check ' || format(mine, t), t);
    end loop;
    execute 'create policy report_update on report for update using ' || format(mine, 'report');
    foreach t in array array['report_draft', 'report_draft_gone'] loop
        execute format('create policy %1$s_scope on %1$I using ' || format(mine, t), t);
    end loop;
end
$$;

-- Dated acts, by the day they are of: reports of months that are over stay as they are, and the check knows
-- why they are other than the register says.
create table facility_told (
    facility_id integer not null references facility,
    act text not null,
    first date not null,
    primary key (facility_id, act, first)
);
alter table facility_told enable row level security;
create policy facility_told_read on facility_told for select
    using (exists (select from facility f where f.id = facility_told.facility_id));
create policy facility_told_write on facility_told
    using (hmis_scope_level() = 'nation'
           or exists (select from facility f where f.id = facility_told.facility_id
                         and hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id)));
grant select, insert on facility_told to hmis_app;

-- ---- Saving a draft, as before (0009), by what held in the month. ----

drop function draft_save(text, integer, smallint, integer, date, date, integer, integer, integer[],
                         integer[], jsonb, bigint);
-- outcome 'other_form': the month has a report or a draft under the form other.
create function draft_save(facility_code text, month integer, form smallint, types integer,
                           first_day date, last_day date, width integer, expected integer,
                           slots integer[], figures integer[], patch jsonb, account bigint)
    returns table (outcome text, version integer, cells integer[], remarks jsonb,
                   updated_at timestamptz, updated_by text, other smallint)
    language plpgsql
as $$
declare
    place record;
    draft report_draft%rowtype;
    base report%rowtype;
    k integer;
begin
    select f.id, hmis_facility_open(f.id, first_day, last_day) as open,
           (select h.facility_type from facility_kind h
             where h.facility_id = f.id and h.valid_from <= last_day
               and (h.valid_to is null or h.valid_to > last_day)) as facility_type,
           (select d.family from form fo join dictionary d on d.id = fo.dictionary_id
             where fo.id = form) as family
      into place
      from facility f
     where f.code = facility_code and hmis_in_scope(f.state_id, f.district_id, f.block_id, f.id);
    if not found then
        outcome := 'unknown'; return next; return;
    end if;
    select r.* into base from report r
     where r.facility_id = place.id and r.period = month and r.family = place.family;
    select d.* into draft from report_draft d
     where d.facility_id = place.id and d.period = month and d.family = place.family for no key update;
    other := case when base.form_id <> form then base.form_id else draft.form_id end;
    if other <> form then
        outcome := 'other_form'; return next; return;
    elsif base.form_id is null and not place.open then
        outcome := 'closed'; return next; return;
    elsif base.form_id is null and (types >> place.facility_type) & 1 = 0 then
        outcome := 'not_reported'; return next; return;
    end if;

    if draft.form_id is null then
        draft.version := greatest(coalesce(base.draft_version, 0), (
            select g.version from report_draft_gone g
             where g.facility_id = place.id and g.period = month and g.family = place.family));
        draft.base_version := coalesce(base.version, 0);
        draft.cells := coalesce(base.cells, array_fill(null::integer, array[width]));
        draft.remarks := base.remarks;
        draft.updated_at := base.submitted_at;
        draft.updated_by := base.submitted_by;
        if draft.version = expected then
            insert into report_draft as d (facility_id, period, family, form_id, version, cells, remarks,
                                           started_at, updated_at, updated_by, base_version)
            values (place.id, month, place.family, form, draft.version, draft.cells, draft.remarks, now(),
                    now(), account, draft.base_version)
            on conflict do nothing;
            if not found then  -- somebody else began it in this moment
                select d.* into draft from report_draft d
                 where d.facility_id = place.id and d.period = month and d.family = place.family
                   for no key update;
                if draft.form_id <> form then
                    other := draft.form_id;
                    outcome := 'other_form'; return next; return;
                end if;
            end if;
        end if;
    end if;

    if draft.version is distinct from expected then
        return query select 'conflict', draft.version, draft.cells, draft.remarks, draft.updated_at,
                            hmis_account_name(draft.updated_by), form;
        return;
    end if;
    for k in 1 .. cardinality(slots) loop
        draft.cells[slots[k] + 1] := figures[k];
    end loop;
    if patch is not null then
        draft.remarks := remarks_merge(draft.remarks, patch);
    end if;
    update report_draft d
       set version = d.version + 1, cells = draft.cells, remarks = draft.remarks, updated_at = now(),
           updated_by = account
     where d.facility_id = place.id and d.period = month and d.family = place.family
     returning d.version, d.updated_at into version, updated_at;
    outcome := 'saved';
    return next;
end
$$;
