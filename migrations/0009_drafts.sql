-- The number a save must name never comes again: it goes on after a draft was thrown away and after an
-- import, so that a page left open since cannot win. And a draft remembers which version of the report
-- it was begun from: what was submitted or imported meanwhile is not overridden unseen.

alter table report_draft add base_version integer not null default 0;  -- 0: there was no report
update report_draft d
   set base_version = r.version
  from report r
 where r.facility_id = d.facility_id and r.period = d.period and r.form_id = d.form_id;
comment on column report.draft_version is
    'number of the draft it was submitted from; imported: greater than any number before; null: 0';

-- Where a draft was thrown away: the number that follows its last one.
create table report_draft_gone (
    facility_id integer not null,
    period integer not null,
    form_id smallint not null,
    version integer not null,
    primary key (facility_id, period, form_id)
);
alter table report_draft_gone enable row level security;
create policy report_draft_gone_scope on report_draft_gone
    using (exists (select from facility f where f.id = report_draft_gone.facility_id))
    with check (exists (select from facility f where f.id = report_draft_gone.facility_id));
grant select, insert, update on report_draft_gone to hmis_app;

-- As before (0004), with both.
create or replace function draft_save(facility_code text, month integer, form smallint, types integer,
                           first_day date, last_day date, width integer, expected integer,
                           slots integer[], figures integer[], patch jsonb, account bigint)
    returns table (outcome text, version integer, cells integer[], remarks jsonb,
                   updated_at timestamptz, updated_by text)
    language plpgsql
as $$
declare
    place record;
    draft report_draft%rowtype;
    base record;
    k integer;
begin
    select f.id, f.facility_type, f.opened_on, f.closed_on into place
      from facility f where f.code = facility_code;
    if not found then
        outcome := 'unknown'; return next; return;
    elsif place.opened_on > last_day or place.closed_on <= first_day then
        outcome := 'closed'; return next; return;
    elsif (types >> place.facility_type) & 1 = 0 then
        outcome := 'not_reported'; return next; return;
    end if;

    select d.* into draft from report_draft d
     where d.facility_id = place.id and d.period = month and d.form_id = form for no key update;
    if not found then
        select r.cells, r.remarks, coalesce(r.draft_version, 0) as number, r.version, r.submitted_at,
               r.submitted_by
          into base from report r
         where r.facility_id = place.id and r.period = month and r.form_id = form;
        draft.version := greatest(coalesce(base.number, 0), (
            select g.version from report_draft_gone g
             where g.facility_id = place.id and g.period = month and g.form_id = form));
        draft.base_version := coalesce(base.version, 0);
        draft.cells := coalesce(base.cells, array_fill(null::integer, array[width]));
        draft.remarks := base.remarks;
        draft.updated_at := base.submitted_at;
        draft.updated_by := base.submitted_by;
        if draft.version = expected then
            insert into report_draft as d (facility_id, period, form_id, version, cells, remarks, started_at,
                                           updated_at, updated_by, base_version)
            values (place.id, month, form, draft.version, draft.cells, draft.remarks, now(), now(), account,
                    draft.base_version)
            on conflict do nothing;
            if not found then  -- somebody else began it in this moment
                select d.* into draft from report_draft d
                 where d.facility_id = place.id and d.period = month and d.form_id = form for no key update;
            end if;
        end if;
    end if;

    if draft.version is distinct from expected then
        return query select 'conflict', draft.version, draft.cells, draft.remarks, draft.updated_at,
                            hmis_account_name(draft.updated_by);
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
