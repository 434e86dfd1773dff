-- Imports: jobs and refused rows.

-- name: import_plans
-- To the end of the transaction every statement is planned for the rows it is given: a plan made while
-- the tables were empty and kept for the next batches is a hundred times slower than making another.
-- The batch's commit does not wait for the disk: that of the job's end does, for all before it.
select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('synchronous_commit', 'off', true)

-- name: import_facilities
select code, id, facility_type, master_hash, to_char(closed_on, 'yyyymmdd')::int4 from facility

-- name: import_job_new
insert into import_job (account_id, request_id, format, file_name, file_size, period, dry_run, atomic,
                        create_facilities, status)
values ($1::int8, $2::text, $3::text, $4::text, $5::int8, $6::int4, $7::bool, $8::bool, $9::bool, $10::text)
returning id

-- name: import_job_state
update import_job
   set status = $2::text, bytes_read = $3::int8, rows_read = $4::int8, rows_refused = $5::int8,
       rows_blank = $6::int8, cells_read = $7::int8, cells_refused = $8::int8, reports_new = $9::int8,
       reports_changed = $10::int8, reports_unchanged = $11::int8, facilities_created = $12::int8,
       facilities_updated = $13::int8, message = $14::text, heartbeat_at = clock_timestamp(),
       finished_at = case when $2::text in ('done', 'failed') then clock_timestamp() end
 where id = $1::int8

-- name: import_refuse
insert into import_refusal (job_id, seq, line, column_number, column_name, value, code, detail)
select $1::int8, *
  from unnest($2::int4[], $3::int8[], $4::int4[], $5::text[], $6::text[], $7::text[], $8::text[])

-- name: import_refusals
select line, column_number, column_name, value, code, detail
  from import_refusal
 where job_id = $1::int8
 order by seq

-- name: import_jobs
-- $1 one job, or null: the newest, $2 rows from $3.
select id, format, file_name, file_size, period, dry_run, atomic, create_facilities, status, bytes_read,
       rows_read, rows_refused, rows_blank, cells_read, cells_refused, reports_new, reports_changed,
       reports_unchanged, facilities_created, facilities_updated, started_at, finished_at, message,
       hmis_account_name(account_id),
       (select count(*) from import_refusal f where f.job_id = j.id)
  from import_job j
 where $1::int8 is null or id = $1::int8
 order by id desc
 limit $2::int4 offset $3::int4

-- name: import_sweep
-- Jobs nobody works on any more: their process has died or was stopped.
update import_job
   set status = 'failed', finished_at = clock_timestamp(), message = $2::text
 where status in ('waiting', 'running') and heartbeat_at < clock_timestamp() - make_interval(secs => $1::int4)

-- name: import_heartbeat
update import_job set heartbeat_at = clock_timestamp()
 where id = any ($1::int8[]) and status in ('waiting', 'running')
