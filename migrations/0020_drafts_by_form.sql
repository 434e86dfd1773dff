-- A draft that was begun on a form which the facility no longer reports on in that month stays, until the
-- person throws it away, and stops nobody from beginning the right one. Of submitted reports there is one.
alter table report_draft drop constraint report_draft_pkey,
    add primary key (facility_id, period, family, form_id);

-- Saving a draft, as before (0012). Outcome 'other_form': the month has a report under the form other.
create or replace function draft_save(facility_code text, month integer, form smallint, types integer,
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
     where d.facility_id = place.id and d.period = month and d.form_id = form for no key update;
    other := base.form_id;
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
                 where d.facility_id = place.id and d.period = month and d.form_id = form
                   for no key update;
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
     where d.facility_id = place.id and d.period = month and d.form_id = form
     returning d.version, d.updated_at into version, updated_at;
    outcome := 'saved';
    return next;
end
$$;
