"""`examples/maven-crm/run.sh`, as a reader of the README runs it: from nothing to the numbers."""

import csv
import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import fmean, median

import pytest

from tests.processes import ROOT, clean_environment, left_behind

pytestmark = pytest.mark.slow
DATA = ROOT / "tests/data/maven-crm"


def days(deal: dict[str, str]) -> int:
    return (date.fromisoformat(deal["close_date"]) - date.fromisoformat(deal["engage_date"])).days


def test_the_example_imports_the_set_into_an_empty_workspace_and_prints_its_numbers(new_var: Path):
    deals = list(csv.DictReader((DATA / "sales_pipeline.csv").read_text().splitlines()))
    won = [deal for deal in deals if deal["deal_stage"] == "Won"]
    lost = [deal for deal in deals if deal["deal_stage"] == "Lost"]
    open_ = [deal for deal in deals if deal["deal_stage"] in {"Engaging", "Prospecting"}]

    done = subprocess.run(
        [ROOT / "examples/maven-crm/run.sh", DATA],
        env=clean_environment(new_var, PYTHON=sys.executable),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["kpis"]
    cycle = found["sales_cycle"]
    assert found["won_deals"]["number"] == len(won)
    assert found["lost_deals"]["number"] == len(lost)
    assert found["won_revenue"]["number"] == sum(Decimal(deal["close_value"]) for deal in won)
    assert found["close_rate"]["number"] == pytest.approx(
        len(won) / (len(won) + len(lost)), abs=1e-6
    )
    assert cycle["number"] == median(days(deal) for deal in won)
    assert cycle["mean"] == pytest.approx(fmean(days(deal) for deal in won), abs=1e-6)
    assert found["open_deals"]["number"] == len(open_)
    # deals without any date stand on the board, and time-based numbers say how many they leave out
    assert found["open_deals"]["undated"] == sum(not deal["engage_date"] for deal in open_) > 0
    assert left_behind(new_var) == []
