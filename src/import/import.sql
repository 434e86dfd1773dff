-- Imports: jobs and their lines.

-- name: import_plans
-- To the end of the transaction every statement is planned for the rows it is given: a plan made while
-- the tables were empty and kept for the next batches is a hundred times slower than making another.
-- The batch's commit does not wait for the disk: that of the job's end does, for all before it.
-- A job may wait for another one, or for the geography.
select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('synchronous_commit', 'off', true),
       set_config('lock_timeout', '60s', true)

-- name: import_facilities
-- Kinds with the day (yyyymmdd) from which they hold.
select f.code, f.id, k.facility_type, to_char(k.valid_from, 'yyyymmdd')::int4
  from facility f join facility_kind k on k.facility_id = f.id
 order by f.id, k.valid_from

-- name: import_forms
-- Reports of the facilities $1 in the months $2 to $3 whose form is not that of the facility's kind then.
select r.facility_id, r.period, r.form_id
  from unnest($1::int4[]) u (facility_id)
 cross join lateral (
        select r.facility_id, r.period, r.form_id from report r
         where r.facility_id = u.facility_id and r.period between $2::int4 and $3::int4
        offset 0) r
  join form fo on fo.id = r.form_id
  join facility_kind k on k.facility_id = r.facility_id
 cross join lateral (
        select (to_date(r.period::text, 'YYYYMM') + interval '1 month - 1 day')::date as last) day
 where k.valid_from <= day.last and (k.valid_to is null or k.valid_to > day.last)
   and not k.facility_type = any (fo.facility_types)
 order by r.facility_id, r.period

-- Which of the facilities $1 have reported the month $3 on another form than $2.
-- name: import_other_forms
select u.n
  from unnest($1::int4[], $2::int2[]) with ordinality u (facility_id, form_id, n)
  join form fo on fo.id = u.form_id
  join dictionary d on d.id = fo.dictionary_id
  join report r on r.facility_id = u.facility_id and r.period = $3::int4 and r.family = d.family
 where r.form_id <> u.form_id

-- name: import_job_new
insert into import_job (account_id, request_id, format, file_name, file_size, period, dry_run, atomic,
                        create_facilities, empty, answers, status)
values ($1::int8, $2::text, $3::text, $4::text, $5::int8, $6::int4, $7::bool, $8::bool, $9::bool,
        $10::text, $11::text, $12::text)
returning id

-- name: import_job_state
-- $3: the counts, in the order of import_count_names. A dry run, and one of all or nothing, has stored
-- nothing before it is done, and claims nothing. What is done stays so: nobody who lost sight of the
-- transaction that says it knows better.
update import_job j
   set status = $2::text,
       bytes_read = ($3::int8[])[1], rows_read = ($3::int8[])[2], rows_blank = ($3::int8[])[3],
       rows_refused = ($3::int8[])[4], rows_asked = ($3::int8[])[5], figures_read = ($3::int8[])[6],
       figures_stored = ($3::int8[])[7] * k.counts, figures_unchanged = ($3::int8[])[8],
       figures_refused = ($3::int8[])[9], figures_lost = ($3::int8[])[10],
       figures_asked = ($3::int8[])[11], figures_replaced = ($3::int8[])[12] * k.counts,
       figures_emptied = ($3::int8[])[13] * k.counts, figures_kept = ($3::int8[])[14],
       reports_new = ($3::int8[])[15] * k.counts, reports_changed = ($3::int8[])[16] * k.counts,
       reports_unchanged = ($3::int8[])[17], facilities_created = ($3::int8[])[18] * k.counts,
       facilities_changed = ($3::int8[])[19] * k.counts, facilities_moved = ($3::int8[])[20] * k.counts,
       facilities_refused = ($3::int8[])[21], findings = ($3::int8[])[22] * k.counts,
       refusals = ($3::int8[])[23],
       message = $4::text, questions = coalesce($5::jsonb, questions), notes = coalesce($6::jsonb, notes),
       period = coalesce($7::int4, period), heartbeat_at = clock_timestamp(),
       finished_at = case when $2::text in ('done', 'failed') then clock_timestamp() end
  from (select id, case when $2::text = 'done' or not (dry_run or atomic) then 1 else 0 end as counts
          from import_job) k
 where j.id = $1::int8 and k.id = j.id and (j.status <> 'done' or $2::text = 'done')

-- name: import_tell
insert into import_line (job_id, kind, seq, line, column_number, column_name, facility, period, form, item,
                         value, code, detail, question)
select $1::int8, *
  from unnest($2::text[], $3::int4[], $4::int8[], $5::int4[], $6::text[], $7::text[], $8::int4[],
              $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])

-- name: import_lines
-- Of job $1: kind $2, or null: what was refused, in the order of the file; $3 rows from $4 (null: all).
select kind, line, column_number, column_name, facility, period, form, item, value, code, detail, question
  from import_line
 where job_id = $1::int8
   and case when $2::text is null
            then kind in ('row', 'figure')
                 or kind = 'facility' and code not in ('created', 'changed', 'moved', 'assumed')
            else kind = $2::text end
 order by case when $2::text is null then line end, kind, seq
 limit $3::int4 offset $4::int4

-- name: import_line_counts
select kind, max(seq) from import_line where job_id = $1::int8 group by kind

-- name: import_told
select notes::text, questions::text from import_job where id = $1::int8

-- name: import_jobs
-- $1 one job, or null: the newest, $2 rows from $3.
select id, format, file_name, file_size, period, status, dry_run, atomic, create_facilities, empty, answers,
       bytes_read, rows_read, rows_blank, rows_refused, rows_asked, figures_read, figures_stored,
       figures_unchanged, figures_refused, figures_lost, figures_asked, figures_replaced, figures_emptied,
       figures_kept, reports_new, reports_changed, reports_unchanged, facilities_created,
       facilities_changed, facilities_moved, facilities_refused, findings, refusals,
       started_at, finished_at, message, hmis_account_name(account_id), questions::text, notes::text
  from import_job j
 where $1::int8 is null or id = $1::int8
 order by id desc
 limit $2::int4 offset $3::int4

-- name: import_sweep
-- Jobs nobody works on any more: their process has died or was stopped. Of job $4 whoever had it knows.
update import_job
   set status = 'failed', finished_at = clock_timestamp(),
       message = case when dry_run or atomic then $3::text else $2::text end
 where status in ('waiting', 'running')
   and case when $4::int8 is null then heartbeat_at < clock_timestamp() - make_interval(secs => $1::int4)
            else id = $4::int8 end

-- name: import_heartbeat
update import_job set heartbeat_at = clock_timestamp()
 where id = any ($1::int8[]) and status in ('waiting', 'running')
