#!/bin/sh
# Import the "CRM Sales Opportunities" data set into a workspace and print its numbers.
#
#   examples/maven-crm/run.sh DATA_DIR
#
# DATA_DIR holds accounts.csv, products.csv, sales_teams.csv and sales_pipeline.csv as published
# (Maven Analytics, Data Playground). The workspace is the one that `leadflow` uses: the embedded
# database under VAR_DIR, or DATABASE_URL. Running it again creates nothing.
set -eu
data=${1:?"usage: run.sh DATA_DIR"}
here=$(cd "$(dirname "$0")" && pwd)
leadflow="${PYTHON:-python3} $here/../../manage.py"

$leadflow prepare >&2
for step in company:accounts:companies product:products:products \
  user:sales_teams:agents deal:sales_pipeline:deals; do
  entity=${step%%:*} rest=${step#*:}
  $leadflow import "$entity" "$data/${rest%%:*}.csv" --map "$here/${rest#*:}.yaml" >&2
done
$leadflow kpis --json
