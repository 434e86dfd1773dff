-- An import of the ministry's extract brings known facilities up to date. The newest month whose
-- columns were taken over, and a hash of them as they stood in the file: a row that has not changed
-- since costs nothing more than comparing a number.

alter table facility
    add master_hash bigint,
    add master_period integer;            -- yyyymm

alter table import_job add facilities_updated bigint not null default 0;
