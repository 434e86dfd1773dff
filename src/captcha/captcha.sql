-- name: captcha_issue
-- $1 id, $2 browser, $3 answer, $4 drawing, $5 client, $6 seconds, $7 most per client, $8 most open
-- Returns how full it is; nothing is inserted when a limit is reached.
with gone as (
    delete from captcha
     where id in (select id from captcha where expires_at <= now()
                   order by expires_at limit 100 for update skip locked)
), open_now as materialized (
    select (select count(*) from (select from captcha
             where client = $5::text and expires_at > now() limit $7::integer) c) >= $7::integer as client_full,
           (select count(*) from (select from captcha
             where expires_at > now() limit $8::integer) c) >= $8::integer as all_full
), made as (
    insert into captcha (id, browser, answer, drawing, client, expires_at)
    select $1::bytea, $2::bytea, $3::bytea, $4::bytea, $5::text,
           now() + make_interval(secs => $6::integer)
      from open_now where not client_full and not all_full
    returning expires_at
)
select client_full, all_full, (select expires_at from made) from open_now;

-- name: captcha_look
select browser, drawing, expires_at from captcha where id = $1 and expires_at > now();

-- name: captcha_consume
delete from captcha where id = $1 returning browser, answer, expires_at > now();
