-- name: audit_write
insert into audit (account_id, assignment_id, role, client, request_id, action, object, outcome, detail)
values (nullif($1::bigint, 0), nullif($2::integer, 0), $3, $4, $5, $6, $7, $8, $9::text::jsonb);
