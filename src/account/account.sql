-- name: account_area
-- $1 id or null, $2 level, $3 lgd code or null: exactly one way to name it
select id, level, name from area
 where case when $1::integer is not null then id = $1
            when $2::text = 'nation' then level = 'nation'
            else level = $2 and lgd_code = $3::integer end
 order by id limit 1;

-- name: account_facilities
select f.id, f.code, f.name from unnest($1::text[]) with ordinality as wanted (code, place)
  join facility f on f.code = wanted.code
 order by wanted.place;

-- name: account_create
-- $1 username, $2 full name, $3 password, $4 email, $5 mobile, $6 language, $7 made by, $8 role,
-- $9 area, $10 facilities
with made as (
    insert into account (username, full_name, password, email, mobile, language, created_by)
    values ($1, $2, $3, $4, $5, $6, nullif($7::bigint, 0))
    returning id
), tied as (
    insert into assignment (account_id, role, area_id)
    select id, $8::text, $9::integer from made
    returning id, account_id
), placed as (
    insert into assignment_facility (assignment_id, facility_id)
    select distinct tied.id, f.id from tied, unnest($10::integer[]) as f (id)
)
select account_id from tied;

-- name: account_context
-- What a guesser would know of the person.
select a.id, a.full_name, a.email, a.mobile,
       (select string_agg(ar.name, ' ') from assignment g join area ar on ar.id = g.area_id
         where g.account_id = a.id)
  from account a where a.username = $1;

-- name: account_set_password
update account set password = $2, password_at = now() where id = $1;

-- name: account_set_active
update account set active = $2 where username = $1 returning id;

-- name: account_end_sessions
delete from session where account_id = $1;

-- name: account_forget_failures
delete from sign_in_throttle where name = any (
    select $1::bytea union all select $2::bytea);

-- name: account_network
select last_network from account where id = $1;

-- name: account_list
select a.username, a.full_name, a.active, g.role, g.active, ar.name,
       (select count(*) from assignment_facility f where f.assignment_id = g.id)
  from account a
  left join assignment g on g.account_id = a.id
  left join area ar on ar.id = g.area_id
 order by a.username, g.id;
