-- An assignment exists (it is a foreign key) and signing in and the nation see all of them: asking for
-- each facility of a person once more made it the dearest part of every request.
drop policy assignment_facility_scope on assignment_facility;
create policy assignment_facility_scope on assignment_facility
    using (hmis_scope_level() in ('sign_in', 'nation')
           or exists (select from assignment a where a.id = assignment_facility.assignment_id))
    with check (hmis_scope_level() = 'nation');
