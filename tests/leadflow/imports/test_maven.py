"""A published data set comes in whole, with its owners, stages and dates, and starts nothing."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils.html import strip_tags

from leadflow.events.models import Event
from leadflow.imports import maps, services, words
from leadflow.insights.kpis import compute
from leadflow.kit.periods import Period
from leadflow.mail.models import Delivery
from leadflow.models import Company
from leadflow.notifications.models import Notification
from leadflow.people.models import User
from nurturing.models import Enrolment
from pipeline.models import Deal, Product, StageTotal
from tests.leadflow.insights.conftest import asked

DASHBOARD = "/dashboard/?from=2016-10-01&to=2017-12-31"
ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests/data/maven-crm"
STEPS = [
    ("company", "accounts", "companies"),
    ("product", "products", "products"),
    ("user", "sales_teams", "agents"),
    ("deal", "sales_pipeline", "deals"),
]

pytestmark = pytest.mark.django_db


def bring_in(steps=STEPS):
    done = []
    for entity, name, plan in steps:
        with (DATA / f"{name}.csv").open("rb") as file:
            imported = services.upload(entity=entity, name=f"{plan}.csv", file=file, by=None)
        maps.follow(imported, maps.read(ROOT / f"examples/maven-crm/{plan}.yaml"))
        done.append(services.work_here(imported))
    return done


@pytest.fixture
def rows():
    """The deals as the file has them."""
    with (DATA / "sales_pipeline.csv").open() as file:
        return list(csv.DictReader(file))


def of(rows, **wanted):
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def test_every_record_comes_in_as_the_files_have_it(rows):
    done = bring_in()
    assert [one.failed for one in done] == [0, 0, 0, 0]
    assert (Company.objects.count(), Product.objects.count()) == (85, 7)
    assert User.objects.filter(email=None).count() == 35
    deals = Deal.objects.all()
    assert deals.won().count() == len(of(rows, deal_stage="Won"))
    assert deals.lost().count() == len(of(rows, deal_stage="Lost"))
    for stage in ("Engaging", "Prospecting"):
        assert deals.open().filter(stage__name=stage).count() == len(of(rows, deal_stage=stage))
    assert deals.filter(company=None).count() == len(of(rows, account=""))
    assert deals.filter(opened_at=None).count() == len(of(rows, engage_date=""))
    won = sum(Decimal(row["close_value"]) for row in of(rows, deal_stage="Won"))
    assert sum(deal.base_amount for deal in deals.won()) == won
    assert sum(StageTotal.objects.values_list("deals", flat=True)) == deals.open().count()


def test_one_deal_has_its_owner_product_and_dates(rows):
    bring_in()
    row = of(rows, deal_stage="Won", product="GTXPro")[0]
    deal = Deal.objects.get(external_id=row["opportunity_id"])
    assert deal.owner.name == row["sales_agent"]
    assert deal.team in deal.owner.teams.all()
    assert deal.lines.get().product.name == "GTX Pro"
    assert deal.opened_at.date().isoformat() == row["engage_date"]
    assert deal.won_at.date().isoformat() == row["close_date"]


def test_importing_again_creates_nothing():
    bring_in()
    before = Event.objects.exclude(kind="import.finished").count()
    again = bring_in()
    assert [(one.created, one.updated, one.unchanged == one.lines) for one in again] == [
        (0, 0, True)
    ] * 4
    assert Event.objects.exclude(kind="import.finished").count() == before


def test_an_import_starts_no_assignment_enrolment_notification_or_mail(drain_events):
    bring_in()
    drain_events()
    assert not Event.objects.filter(kind__in=["lead.assigned", "handover.offered"]).exists()
    assert not Enrolment.objects.exists()
    assert not Notification.objects.exists()
    assert not Delivery.objects.exists()


def test_a_product_spelt_differently_is_shown_until_it_is_mapped(rows):
    bring_in(STEPS[:3])
    with (DATA / "sales_pipeline.csv").open("rb") as file:
        imported = services.upload(entity="deal", name="deals.csv", file=file, by=None)
    services.plan_as(imported, choices={"make": ["stage"]})
    unknown = {one.field.key: one.words for one in words.unknown_words(imported)}
    assert unknown == {"product": {"GTXPro": len(of(rows, product="GTXPro"))}}


def test_the_whole_set_gives_the_published_figures(client, alice):
    bring_in([*STEPS[:3], ("deal", "whole/sales_pipeline", "deals")])

    figures = asked(period=Period(date(2016, 1, 1), date(2018, 1, 1)))
    cycle, opened = compute("sales_cycle", figures), compute("open_deals", figures)

    assert compute("won_deals", figures).number == 4238
    assert compute("lost_deals", figures).number == 2473
    assert (opened.number, opened.fact("undated").number) == (1589 + 500, 500)
    assert Deal.objects.filter(company=None).count() == 1425
    assert compute("won_revenue", figures).number == 10_005_534
    assert round(compute("close_rate", figures).number * 100, 2) == Decimal("63.15")
    assert round(cycle.number, 6) == 57
    assert round(cycle.fact("mean").number, 2) == Decimal("51.78")
    client.force_login(alice)
    they_stand_on_the_dashboard(client)


SHOWN = {
    "": ["63.2 %", "€10.01 M", "4,238 deals", "57 d"],
    "won_deals": ["4,238"],
    "lost_deals": ["2,473"],
    "won_revenue": ["€10,005,534"],
    "sales_cycle": ["57 d", "51.8"],
    "open_deals": ["2,089", "500"],
}


def they_stand_on_the_dashboard(client):
    for key, figures in SHOWN.items():
        page = " ".join(strip_tags(client.get(f"{DASHBOARD}&kpi={key}").content.decode()).split())
        said = page.split("Definition ")[-1] if key else page
        assert [figure for figure in figures if figure not in said] == [], key
