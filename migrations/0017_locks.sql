-- Who waits for whom. Reports carry the kind and place of their facility, which acts, files and the
-- geography change: whoever writes one of them must not look past the other.

-- The tree: shared by all who write by it, alone for the one who changes it.
create function hmis_tree_lock(alone boolean) returns void
    language plpgsql volatile set search_path = public, pg_temp as $$
begin
    if alone then
        perform pg_advisory_xact_lock(1212763475, 0);
    else
        perform pg_advisory_xact_lock_shared(1212763475, 0);
    end if;
end $$;

-- Before reports of these facilities are written. What is read in later statements of the transaction
-- was committed before or waits. Facilities of others are locked too, for one may just be moving; which
-- may be written is decided when that is known.
create function report_lock(facilities integer[]) returns void
    language plpgsql volatile security definer set search_path = public, pg_temp as $$
begin
    perform hmis_tree_lock(false);
    perform from facility f where f.id = any (facilities) order by f.id for no key update;
end $$;
