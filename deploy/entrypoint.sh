#!/bin/sh
# Container start: bring the schema and the base data up to date, then become the daemon, so that
# signals reach it. Any other sub-command runs as it is: docker compose run hmis admin create-user ...
set -eu
if [ "${1:-serve}" = serve ]; then
    hmis migrate
    hmis geography load --if-empty /usr/share/hmis/geography
    hmis dictionary load --if-empty /usr/share/hmis/dictionary/HMIS-2017
    [ "${HMIS_DEMO:-}" = "" ] || hmis demo load --if-empty --size "$HMIS_DEMO" --directory /tmp/demo \
        --source /usr/share/hmis/demonstration
fi
exec hmis "$@"
