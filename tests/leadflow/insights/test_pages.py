"""The pages of the numbers: they answer, keep to the scope, and open their rows."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from leadflow.events.models import Event
from leadflow.insights import rollups
from leadflow.insights.kpis import KPIS
from leadflow.models import ExchangeRate, SpendEntry
from leadflow.services import leads
from tests.factories.core import a_lead, a_source
from tests.leadflow.insights.conftest import days

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


_ROW_LINK = re.compile(r'<a [^>]*href="(/dashboard/rows/[^"]+)"[^>]*>\s*(?:<b>)?([^<]*)<')
_COUNT = re.compile(r"^(?:Open (?:all )?(?:the )?)?([\d,]+)(?: of [\d,]+| leads?| deals?)?$")


def _links_with_a_count(page):
    for link, words in _ROW_LINK.findall(page):
        if said := _COUNT.match(words.strip()):
            yield link.replace("&amp;", "&"), int(said[1].replace(",", ""))


def test_every_count_on_the_dashboard_opens_as_many_rows_as_it_says(as_, alice, history):
    client, checked, wrong = as_(alice), {}, []
    for key in ("", *KPIS):
        page = client.get(f"/dashboard/?{SPRING}&kpi={key}").content.decode()
        checked |= dict(_links_with_a_count(page))
    for link, said in checked.items():
        if "velocity_open" in link:
            continue  # a mean over the range, which opens all that stood open in it
        total = client.get(link).context["page"].total
        if total != said:
            wrong.append((link, said, total))

    assert wrong == []
    assert len(checked) > 20


def test_every_link_to_rows_answers(as_, alice, history):
    client = as_(alice)
    page = client.get(f"/dashboard/?{SPRING}").content.decode()

    for link in {link.replace("&amp;", "&") for link, _words in _ROW_LINK.findall(page)}:
        assert client.get(link).status_code == 200, link


def test_what_went_on_to_another_team_is_counted_and_said_not_to_be_listed(as_, bob, carl):
    lead = a_lead(at=days(1), owner=bob)
    leads.assign(lead, owner=carl, by=None, at=days(3))
    rollups.rebuild()

    answer = as_(bob).get(f"/dashboard/rows/leads/?{SPRING}")

    assert answer.context["page"].total == 0
    assert "1 more is counted here" in text_of(answer)
    assert lead.name not in text_of(answer)


def test_every_definition_opens_with_formula_basis_and_rows(as_, alice, history):
    client = as_(alice)
    for key, kpi in KPIS.items():
        page = text_of(client.get(f"/dashboard/?{SPRING}&kpi={key}"))
        assert str(kpi.definition) in page.replace("&#x27;", "'")
        assert str(kpi.basis).split(":")[0] in page


def test_the_row_list_of_a_rep_holds_only_her_own(as_, alice, bob, history):
    as_alice = as_(alice).get(f"/dashboard/rows/leads/?{SPRING}").context["page"].total
    mine = as_(bob).get(f"/dashboard/rows/leads/?{SPRING}").context["page"]

    assert 0 < mine.total < as_alice
    assert {lead.owner_id for lead in mine.rows} == {bob.pk}


def test_a_rep_who_asks_for_another_owner_gets_her_own_numbers(as_, bob, carl, history):
    page = as_(bob).get(f"/dashboard/rows/leads/?{SPRING}&owner={carl.pk}").context["page"]

    assert {lead.owner_id for lead in page.rows} == {bob.pk}


def test_an_export_is_the_rows_and_stands_in_the_log(as_, alice, history):
    client = as_(alice)
    total = client.get(f"/dashboard/rows/leads/?{SPRING}").context["page"].total
    sent = client.post(f"/dashboard/rows/leads/export/?{SPRING}").getvalue().decode()

    assert len(sent.strip().splitlines()) == total + 1
    assert Event.objects.filter(kind="data.exported", actor_id=alice.pk).exists()


def test_a_rep_may_not_export(as_, bob, history):
    assert as_(bob).post("/dashboard/rows/leads/export/").status_code == 403


def test_nonsense_in_the_address_means_the_usual(as_, alice, history):
    client = as_(alice)
    for query in ("range=x", "from=2026-13-01&to=1", "owner=abc&team=-1", "compare=%00", "kpi=no"):
        assert client.get(f"/dashboard/?{query}").status_code == 200, query
    assert client.get("/dashboard/rows/no-such/").status_code == 404
    assert client.get("/dashboard/rows/leads/?part=no-such").status_code == 404


def test_the_dashboard_costs_as_many_queries_for_many_rows_as_for_few(
    as_, alice, history, django_assert_max_num_queries
):
    client = as_(alice)
    with django_assert_max_num_queries(30):
        client.get(f"/dashboard/?{SPRING}")


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


def test_the_command_prints_the_same_numbers_as_json(history, capsys):
    import json

    from leadflow.insights.kpis import compute
    from tests.leadflow.insights.conftest import asked

    call_command("kpis", "--from=2026-04-01", "--to=2026-06-30", "--by=source", "--json")
    found = json.loads(capsys.readouterr().out)

    assert found["kpis"]["leads"]["number"] == compute("leads", asked()).number
    assert (
        sum(group["kpis"]["leads"]["number"] for group in found["groups"])
        == found["kpis"]["leads"]["number"]
    )
