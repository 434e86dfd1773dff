-- name: echo_scalars
select $1::boolean, $2::smallint, $3::integer, $4::bigint, $5::text, $6::jsonb, $7::timestamptz, $8::date::text, $9::bytea;

-- name: echo_arrays
select $1::smallint[], $2::integer[], $3::bigint[]::text, $4::text[]::text, cardinality($2::integer[]);

-- name: scope_now
select current_setting('hmis.level', true), current_setting('hmis.area', true),
       current_setting('hmis.account', true), current_setting('hmis.facilities', true),
       current_user::text, current_setting('statement_timeout'), current_setting('lock_timeout'),
       current_setting('timezone'), current_setting('transaction_read_only'),
       current_setting('transaction_isolation'), pg_backend_pid();

-- name: facilities_seen
select code from facility order by code;

-- name: make_table
create table stolen (id integer);

-- name: drop_policy
alter table facility disable row level security;

-- name: reset_role
reset role;

-- name: note_add
insert into note (id, text) values ($1, $2);

-- name: note_set
update note set text = $2 where id = $1;

-- name: note_get
select text from note where id = $1;

-- name: note_all
select * from note order by id;

-- name: note_lock
select text from note where id = $1 for update;

-- name: note_count
select count(*) from note;

-- name: note_copy
copy note_copy (id, small, large, yes, text, bytes, remarks, at, day, cells, words) from stdin (format binary);

-- name: note_copy_get
select id, small, large, yes, text, bytes, remarks, at, day::text, cells, words::text from note_copy order by id;

-- name: sleep
select pg_sleep($1);

-- name: series
select n, 'row ' || n from generate_series(1, $1::integer) n;

-- name: series_fails
select 10 / (500 - n) from generate_series(1, $1::integer) n;

-- name: divide
select 1 / $1::integer;

-- name: facility_add
insert into facility (code, name, facility_type, ownership, locality, state_id, district_id, block_id)
values ($1, 'x', 1, 1, 1, $2, $3, $4);

-- name: end_myself
select pg_terminate_backend(pg_backend_pid());

-- name: backend
select pg_backend_pid();

-- name: untyped
select count(*) from note where id = $1;

-- name: numeric
select 1.5::numeric;

-- name: work_memory
select current_setting('work_mem'), current_user::text;
