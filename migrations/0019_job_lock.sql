-- The lock of the job that keeps totals is the server's own: whoever is signed in neither sees it nor
-- holds it up. Nothing about it is ever changed, it is only held.
delete from job_lock where name <> 'rollup';
alter table job_lock enable row level security;
create policy job_lock_read on job_lock for select using (hmis_scope_level() = 'nation');
create policy job_lock_hold on job_lock for update using (hmis_scope_level() = 'nation') with check (false);

-- A new day has begun in India: what was dated ahead holds now. The tree must not change meanwhile, and
-- each step looks at what was committed before it.
create function hmis_facility_new_day() returns void
    language plpgsql volatile set search_path = public, pg_temp as $$
begin
    perform hmis_tree_lock(false);
    perform hmis_facility_refresh();
end $$;
