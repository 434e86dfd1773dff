-- What an import answers: counts, each with its list of lines, and what it could not be certain of.

alter table import_job rename column cells_read to figures_read;
alter table import_job rename column cells_refused to figures_refused;
alter table import_job rename column facilities_updated to facilities_changed;
alter table import_job
    add empty text not null default 'keep' check (empty in ('keep', 'erase')),
    add answers text,                              -- to questions of the same file, one a line
    add rows_asked bigint not null default 0,      -- whole rows held by a question
    add figures_stored bigint not null default 0,
    add figures_unchanged bigint not null default 0,
    add figures_lost bigint not null default 0,    -- with a refused row
    add figures_asked bigint not null default 0,   -- held by a question
    add figures_replaced bigint not null default 0, -- of the stored: in the place of another figure
    add figures_emptied bigint not null default 0, -- made blank
    add figures_kept bigint not null default 0,    -- empty in the file, left as they stand
    add facilities_moved bigint not null default 0,
    add facilities_refused bigint not null default 0,
    add findings bigint not null default 0,
    add refusals bigint not null default 0,
    add questions jsonb not null default '[]',     -- open when the job ended
    add notes jsonb not null default '[]';         -- what was assumed about the file

create table import_line (
    job_id bigint not null references import_job,
    kind text not null check (kind in ('row', 'figure', 'asked', 'empty', 'replaced', 'report',
                                       'facility', 'finding')),
    seq integer not null,                          -- from 1 in each kind
    line bigint,
    column_number integer,                         -- null: the whole row
    column_name text,
    facility text,                                 -- code
    period integer,
    form text,
    item text,                                     -- number on the form; of a finding also a rule's code
    value text,                                    -- as the file has it
    code text not null,                            -- error code, or a word of its kind
    detail text not null,
    question text,                                 -- key of the question that holds it
    primary key (job_id, kind, seq)
);

insert into import_line (job_id, kind, seq, line, column_number, column_name, value, code, detail)
select job_id, kind, row_number() over (partition by job_id, kind order by seq), line, column_number,
       column_name, value, code, detail
  from (select *, case when column_number is null then 'row' else 'figure' end as kind
          from import_refusal) f;
update import_job j
   set refusals = f.n
  from (select job_id, count(*) as n from import_refusal group by job_id) f
 where f.job_id = j.id;
drop table import_refusal;

alter table import_line enable row level security;
create policy import_line_scope on import_line
    using (exists (select from import_job j where j.id = import_line.job_id))
    with check (exists (select from import_job j where j.id = import_line.job_id));

grant select, insert on import_line to hmis_app;
