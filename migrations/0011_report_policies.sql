-- As in 0004, asked for the row at hand: an `in` reads every facility of the scope first, for half a second
-- where a person has many.
drop policy report_read on report;
create policy report_read on report for select
    using (hmis_in_scope(state_id, district_id, block_id, facility_id)
           or exists (select from facility f where f.id = report.facility_id));
drop policy report_version_read on report_version;
create policy report_version_read on report_version for select
    using (hmis_in_scope(state_id, district_id, block_id, facility_id)
           or exists (select from facility f where f.id = report_version.facility_id));
