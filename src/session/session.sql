-- name: session_find
-- $1 id, $2 idle minutes: the session while it, its account and its assignment are alive
select s.account_id, s.assignment_id, a.username, a.full_name, a.language, g.role,
       g.area_id, ar.level, ar.name, ar.lgd_code,
       array(select f.facility_id from assignment_facility f
              where f.assignment_id = g.id order by f.facility_id),
       extract(epoch from now() - s.seen_at)::integer,
       extract(epoch from s.seen_at + make_interval(mins => $2::integer) - now())::integer,
       extract(epoch from s.expires_at - now())::integer
  from session s
  join account a on a.id = s.account_id and a.active
  join assignment g on g.id = s.assignment_id and g.account_id = s.account_id and g.active
  left join area ar on ar.id = g.area_id
 where s.id = $1 and s.expires_at > now() and s.seen_at > now() - make_interval(mins => $2::integer);

-- name: session_touch
update session set seen_at = now() where id = $1;

-- name: session_facilities
-- in the scope of the one who acts
select code, name, facility_type from facility where id = any ($1::integer[]) order by name, code;

-- name: session_area_names
-- the area's names in other languages than English
select language, name from area_text where area_id = $1::integer order by language;

-- name: session_begin
-- $1 id, $2 account, $3 assignment, $4 hours, $5 client, $6 user agent, $7 the session it replaces
with ended as (
    delete from session where id in (
        select id from session where expires_at <= now() order by expires_at limit 100
           for update skip locked)
       or id = $7::bytea
)
insert into session (id, account_id, assignment_id, expires_at, client, user_agent)
values ($1, $2, $3, now() + make_interval(hours => $4::integer), $5, $6);

-- name: session_end
delete from session where id = $1;

-- name: session_end_all
delete from session where account_id = $1;

-- name: session_replace
-- A new token for the session at hand, which keeps its absolute limit; the account's others end.
with ended as (delete from session where account_id = $3 and id <> $1)
update session set id = $2, seen_at = now() where id = $1;

-- name: sign_in_account
-- $1 user name, $2 role: the account and its first active assignment of that role
select a.id, a.password, a.active, a.last_network, g.id, ar.level
  from account a
  left join lateral (select g.id, g.area_id from assignment g
                      where g.account_id = a.id and g.role = $2 and g.active
                      order by g.id limit 1) g on true
  left join area ar on ar.id = g.area_id
 where a.username = $1;

-- name: sign_in_try
-- $1 key, $2 free tries, $3 longest wait in seconds. Counts the try as failed before it is looked
-- at, so that many at once do not pass as one. No row: there is still a wait.
with gone as (
    delete from sign_in_throttle where name <> $1 and name in (
        select name from sign_in_throttle where last_at < now() - interval '1 day'
         order by last_at limit 20 for update skip locked)
)
insert into sign_in_throttle as t (name, failures, last_at, blocked_until)
values ($1, 1, now(), now())
on conflict (name) do update
   set failures = case when t.last_at < now() - interval '1 day' then 1 else t.failures + 1 end,
       last_at = now(),
       blocked_until = now() + make_interval(secs => case
           when t.last_at < now() - interval '1 day' or t.failures + 1 < $2::integer then 0
           else least(power(2, least(t.failures + 2 - $2::integer, 20)), $3::integer) end)
 where t.blocked_until <= now()
returning t.failures;

-- name: sign_in_wait
select ceil(extract(epoch from blocked_until - now()))::integer from sign_in_throttle where name = $1;

-- name: sign_in_clear
delete from sign_in_throttle where name = $1;

-- name: sign_in_settle
update account set last_network = $2, password = coalesce($3::text, password) where id = $1;

-- name: password_account
select a.password, a.full_name, a.email, a.mobile,
       (select string_agg(ar.name, ' ') from assignment g join area ar on ar.id = g.area_id
         where g.account_id = a.id), a.last_network
  from account a where a.id = $1 and a.active;
