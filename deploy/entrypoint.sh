#!/bin/sh
# Container start: bring the schema and the base data up to date, then become the daemon, so that
# signals reach it. Any other sub-command runs as it is: docker compose run hmis admin create-user ...
set -eu
if [ "${1:-serve}" = serve ]; then
    hmis migrate
    hmis geography load /usr/share/hmis/geography
    hmis dictionary load --if-empty /usr/share/hmis/dictionary/HMIS-2017
    [ "${HMIS_DEMO:-}" = "" ] || hmis demo load --if-empty --size "$HMIS_DEMO" --directory /tmp/demo \
        --geography /usr/share/hmis/geography \
        --source /usr/share/hmis/demonstration/ap_item_monthly_2022-23.csv.gz \
        --balances /usr/share/hmis/demonstration/ap_item_cumulative_2022-23_to_march.csv.gz
fi
exec hmis "$@"
