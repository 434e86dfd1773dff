-- The second wall: every table that belongs to an area or a facility has row-level security that
-- reads the scope a transaction has set (include/hmis/scope.h). Without a scope nothing is seen.
--
-- The application works as hmis_app, which owns nothing and may not bypass row-level security.

do $$
begin
    if not exists (select from pg_roles where rolname = 'hmis_app') then
        create role hmis_app nologin nosuperuser nobypassrls nocreatedb nocreaterole;
    end if;
    if not pg_has_role(current_user, 'hmis_app', 'member') then
        execute format('grant hmis_app to %I', current_user);
    end if;
end
$$;

grant usage on schema public to hmis_app;

create function hmis_scope_level() returns text
    language sql stable parallel safe
    return coalesce(nullif(current_setting('hmis.level', true), ''), 'nothing');

create function hmis_scope_area() returns integer
    language sql stable parallel safe
    return coalesce(nullif(current_setting('hmis.area', true), ''), '0')::integer;

create function hmis_scope_account() returns bigint
    language sql stable parallel safe
    return coalesce(nullif(current_setting('hmis.account', true), ''), '0')::bigint;

create function hmis_scope_facilities() returns integer[]
    language sql stable parallel safe
    return coalesce(nullif(current_setting('hmis.facilities', true), ''), '{}')::integer[];

-- True when something placed in these areas lies within the scope of the transaction.
create function hmis_in_scope(state integer, district integer, block integer, facility integer)
    returns boolean
    language sql stable parallel safe
    return case hmis_scope_level()
        when 'nation' then true
        when 'state' then state = hmis_scope_area()
        when 'district' then district = hmis_scope_area()
        when 'block' then block = hmis_scope_area()
        when 'facility' then facility = any (hmis_scope_facilities())
        else false
    end;
