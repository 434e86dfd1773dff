-- name: app_has_accounts
select exists (select from account)
