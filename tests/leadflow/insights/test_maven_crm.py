"""The numbers of a published set of 8,800 deals of a fictitious company come out as they are."""

import csv
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from leadflow.insights.kpis import compute
from leadflow.kit.periods import Period
from pipeline.models import StageKind
from pipeline.services import deals
from tests.leadflow.insights.conftest import asked, stage_of

pytestmark = pytest.mark.django_db
DATA = Path(os.environ.get("MAVEN_CRM_DIR", "no-such-folder")) / "sales_pipeline.csv"
KINDS = {"Won": StageKind.WON, "Lost": StageKind.LOST}
YEARS = Period(date(2016, 1, 1), date(2018, 1, 1))


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


@pytest.mark.skipif(not DATA.exists(), reason="set MAVEN_CRM_DIR to the folder of the data set")
def test_the_published_figures_come_out():
    stages = {kind: stage_of(kind) for kind in StageKind.values}
    openings = [
        deals.Opening(
            name=f"{row['product']} {row['opportunity_id']}",
            stage=stages[KINDS.get(row["deal_stage"], StageKind.OPEN)],
            amount=Decimal(row["close_value"]) if row["close_value"] else None,
            opened_at=moment(row["engage_date"]),
            is_dated=bool(row["engage_date"]),
            closed_at=moment(row["close_date"]),
            external=("maven-crm", row["opportunity_id"]),
        )
        for row in csv.DictReader(DATA.read_text().splitlines())
    ]
    for first in range(0, len(openings), 2_000):
        deals.open_many(openings[first : first + 2_000], by=None, origin="import")
    figures = asked(period=YEARS)
    cycle, opened = compute("sales_cycle", figures), compute("open_deals", figures)

    assert compute("won_deals", figures).number == 4238
    assert compute("lost_deals", figures).number == 2473
    assert (opened.number, opened.fact("undated").number) == (1589 + 500, 500)
    assert compute("won_revenue", figures).number == Decimal(10_005_534)
    assert round(compute("close_rate", figures).number * 100, 2) == Decimal("63.15")
    assert round(cycle.number, 6) == 57
    assert round(cycle.fact("mean").number, 2) == Decimal("51.78")
    assert cycle.fact("unqualified").number == 4238
