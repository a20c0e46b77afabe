"""The pages of the numbers: they answer, keep to the scope, and open their rows."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from leadflow.insights import rollups
from leadflow.models import ExchangeRate, Organisation, SpendEntry
from leadflow.services import leads
from pipeline.models import StageKind
from tests.factories.core import a_lead, a_source
from tests.leadflow.insights.conftest import bring, days

pytestmark = pytest.mark.django_db
SPRING = "from=2026-04-01&to=2026-06-30"


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def as_(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def test_an_empty_workspace_says_how_to_begin(as_, alice):
    assert "No numbers yet" in text_of(as_(alice).get("/dashboard/"))


def test_what_went_on_to_another_team_is_counted_and_said_not_to_be_listed(as_, bob, carl):
    lead = a_lead(at=days(1), owner=bob)
    leads.assign(lead, owner=carl, by=None, at=days(3))
    rollups.rebuild()

    answer = as_(bob).get(f"/dashboard/rows/leads/?{SPRING}")

    assert answer.context["page"].total == 0
    assert "1 more is counted here" in text_of(answer)
    assert lead.name not in text_of(answer)


def test_spend_is_typed_in_with_its_currency_and_the_rate_of_its_first_day(as_, max):
    ads = a_source("Ads")
    ExchangeRate.objects.create(currency="USD", on=date(2026, 1, 1), rate=Decimal("0.9"))

    answer = as_(max).post(
        "/sources/spend/new/",
        {"source": ads.pk, "starts_on": "2026-05-01", "ends_on": "2026-05-31", "amount": "100",
         "currency": "USD", "rate": "", "note": ""},
    )  # fmt: skip

    entry = SpendEntry.objects.get()
    assert answer.status_code == 303
    assert (entry.amount, entry.currency, entry.rate) == (100, "USD", Decimal("0.9"))
    assert entry.entered_by == max


def test_spend_with_its_days_turned_round_is_refused_beside_the_field(as_, max):
    ads = a_source("Ads")

    answer = as_(max).post(
        "/sources/spend/new/",
        {"source": ads.pk, "starts_on": "2026-05-31", "ends_on": "2026-05-01", "amount": "100",
         "currency": "EUR"},
    )  # fmt: skip

    assert answer.status_code == 422
    assert not SpendEntry.objects.exists()


def test_lines_of_spend_are_taken_once_however_often_they_are_pasted(as_, max):
    a_source("Ads")
    lines = "source;from;to;amount\nads;2026-05-01;2026-05-31;1200.50\nAds;2026-06-01;2026-06-30;7"
    client = as_(max)

    for _n in range(2):
        assert client.post("/sources/spend/file/", {"text": lines}).status_code == 303

    assert sorted(SpendEntry.objects.values_list("amount", flat=True)) == [7, Decimal("1200.50")]


def test_one_bad_line_keeps_the_whole_paste_out_and_is_named(as_, max):
    a_source("Ads")
    lines = "source,from,to,amount\nAds,2026-05-01,2026-05-31,5\nNobody,2026-05-01,x,NaN"

    answer = as_(max).post("/sources/spend/file/", {"text": lines})

    assert answer.status_code == 422
    assert "Line 3: there is no source “Nobody”." in text_of(answer)
    assert not SpendEntry.objects.exists()


def test_a_source_without_spend_says_not_entered_and_a_free_one_free(as_, max):
    a_lead(at=days(1), source=a_source("Fair"))
    a_lead(at=days(1), source=a_source("Friends", is_free=True))
    rollups.rebuild()

    page = text_of(as_(max).get(f"/sources/?{SPRING}"))

    assert "Fair not entered 1 no data" in page
    assert "Friends free 1 free" in page
    assert "€0" not in page


def test_money_without_a_rate_is_left_out_and_said_aloud(as_, max):
    ads = a_source("Ads")
    a_lead(at=days(1), source=ads)
    SpendEntry.objects.create(
        source=ads, starts_on=date(2026, 5, 1), ends_on=date(2026, 5, 2), amount=9, currency="USD"
    )

    page = text_of(as_(max).get(f"/sources/?{SPRING}"))

    assert "1 entry has no exchange rate and is left out." in page


def test_the_command_counts_what_no_process_has_taken_up_yet(capsys):
    bring("won", opened=days(0), closed=days(30), amount=900)  # by a script, with nothing running

    call_command("kpis", "--from=2026-04-01", "--to=2026-06-30", "--json")

    assert json.loads(capsys.readouterr().out)["kpis"]["won_revenue"]["number"] == 900


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("j M Y", "1 Apr – 30 Jun 2026"), ("d.m.Y", "01.04. – 30.06.2026")],
)
def test_days_are_written_as_the_organisation_writes_them(as_, alice, pattern, said):
    Organisation.objects.update_or_create(pk=1, defaults={"date_format": pattern})
    a_lead(at=days(1))

    assert said in text_of(as_(alice).get(f"/dashboard/?{SPRING}"))


@pytest.mark.parametrize(
    ("signs", "money", "share"),
    [
        ("1,234.56", "€12,345", "33.3 %"),
        ("1.234,56", "€12.345", "33,3 %"),
        ("1 234,56", "€12 345", "33,3 %"),
        ("1’234.56", "€12’345", "33.3 %"),
    ],
)
def test_figures_are_written_as_the_organisation_writes_them(as_, alice, signs, money, share):
    Organisation.objects.update_or_create(pk=1, defaults={"number_format": signs})
    bring(StageKind.WON, opened=days(2), closed=days(5), amount=12_345, owner=alice)
    for _more in range(2):
        bring(StageKind.LOST, opened=days(2), closed=days(5), amount=1, owner=alice)
    rollups.rebuild()

    page = text_of(as_(alice).get(f"/dashboard/?{SPRING}&kpi=won_revenue"))

    assert money in page
    assert share in page


def test_a_rate_reads_as_a_person_writes_it(as_, max, alice):
    spend = {
        "source": a_source("Fairs").pk, "starts_on": "2026-04-01", "ends_on": "2026-04-30",
        "amount": "100", "currency": "USD", "rate": "1.10",
    }  # fmt: skip
    client = as_(max)
    assert client.post("/sources/spend/new/", spend).status_code == 303

    page = client.get(f"/sources/spend/{SpendEntry.objects.get().pk}/").content.decode()

    assert 'value="1.1"' in page
    assert "Exchange rate" in page
