"""The pages of the numbers over a year: they agree with one another, keep to the scope, open their rows."""

import json
import re

import pytest
from django.core.management import call_command

from leadflow.events.models import Event
from leadflow.insights.kpis import KPIS, compute
from tests.leadflow.insights.conftest import asked

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
    # two of them find the step of time in which each median lies, so that no window is sorted whole; two count
    # the visitors of the windows, and where none came two ask whether visitors are followed at all
    with django_assert_max_num_queries(22):
        client.get(f"/dashboard/?{SPRING}")


def test_the_command_prints_the_same_numbers_as_json(history, capsys):
    call_command("kpis", "--from=2026-04-01", "--to=2026-06-30", "--by=source", "--json")
    found = json.loads(capsys.readouterr().out)

    assert found["kpis"]["leads"]["number"] == compute("leads", asked()).number
    assert (
        sum(group["kpis"]["leads"]["number"] for group in found["groups"])
        == found["kpis"]["leads"]["number"]
    )


def test_a_rep_counts_her_own_a_manager_her_team_and_a_marketer_all(history, bob, mia, max):
    own = compute("leads", asked(bob)).number
    team = compute("leads", asked(mia)).number
    every = compute("leads", asked(max)).number

    assert 0 < own == team < every
