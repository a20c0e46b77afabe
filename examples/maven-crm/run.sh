#!/bin/sh
# Import the "CRM Sales Opportunities" data set into a workspace and print its numbers.
#
#   examples/maven-crm/run.sh DATA_DIR
#
# DATA_DIR holds accounts.csv, products.csv, sales_teams.csv and sales_pipeline.csv as published
# (Maven Analytics, Data Playground). The workspace is one of its own, on the embedded database under
# var/maven-crm (or VAR_DIR, or DATABASE_URL); look at it with `VAR_DIR=var/maven-crm make run`.
# Running it again creates nothing. It needs what `make run` needs and installs it as `make run` does;
# PYTHON names an interpreter that has the requirements already.
set -eu
data=${1:?"usage: run.sh DATA_DIR"}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export VAR_DIR="${VAR_DIR:-$root/var/maven-crm}" DEMO="${DEMO:-0}"
if [ -z "${PYTHON:-}" ]; then
  python3 "$root/scripts/install.py" run >&2
  PYTHON=$root/.venv/bin/python
fi
leadflow() { "$PYTHON" "$root/manage.py" "$@"; }

leadflow prepare >&2
for step in company:accounts:companies product:products:products \
  user:sales_teams:agents deal:sales_pipeline:deals; do
  entity=${step%%:*} rest=${step#*:}
  leadflow import "$entity" "$data/${rest%%:*}.csv" --map "$here/${rest#*:}.yaml" >&2
done
leadflow kpis --from 2016-10-01 --to 2018-01-01 --json
