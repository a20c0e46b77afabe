"""Said and tracked beside each other: every number is that of the leads it opens."""

import re

import pytest

from capture.blocks.kinds import STARTERS
from capture.blocks.starts import block
from capture.models import Submission
from capture.rules import Arrival
from capture.services import submissions
from leadflow.insights.asking import Ask, everything
from leadflow.insights.heard import Heard
from leadflow.models import Channel, Lead
from leadflow.services import leads
from tests.factories.capture import contact_blocks, published_form
from tests.factories.core import a_source
from tests.leadflow.insights.conftest import NOW, Q2, days

pytestmark = pytest.mark.django_db
SPRING = "from=2026-04-01&to=2026-06-30"


@pytest.fixture(autouse=True)
def _in_september(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_max(client, max):
    client.force_login(max)
    return client


@pytest.fixture
def form(db):
    return an_asking_form()


def an_asking_form(name="Contact"):
    starter = next(one for one in STARTERS if one.key == "heard_from")
    return published_form(
        *contact_blocks(), block(starter.type, **starter.as_json()["props"]), name=name
    )


def send(form, email, said="", source="", at=None):
    answers = {"first_name": "Ada", "email": email} | ({"heard_from": said} if said else {})
    arrival = Arrival(
        client_id=f"c-{form.pk}-{email}-{at or 0}"[:60], channel="page", ip="192.0.2.1", headers={},
        page_url="https://us.example/", utm={"utm_source": source} if source else {},
    )  # fmt: skip
    version = form.live_version
    submissions.accept(
        version=version, answers=answers, raw=answers, arrival=arrival, at=at or days(3)
    )
    return Lead.objects.get(email=email)


@pytest.fixture
def told(form):
    """Two agree, one differs, one is known by her word alone, one did not say."""
    a_source("Google", channel=Channel.ORGANIC)
    a_source("Fair", channel=Channel.EVENT)
    send(form, "one@a.example", "search", "Google")
    send(form, "two@b.example", "event", "Fair")
    send(form, "three@c.example", "recommendation", "Google")
    send(form, "four@d.example", "recommendation")
    send(form, "five@e.example", "", "Google")
    return form


def heard(**narrow):
    return Heard(Ask(everything(), Q2, NOW, **narrow))


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_agreement_is_of_those_that_can_be_compared(told):
    found = heard()

    assert (found.agreement.numerator, found.agreement.denominator) == (2, 3)
    assert (found.answered.numerator, found.answered.denominator) == (4, 5)
    assert found.count("untracked") == 1


def test_without_answers_there_is_no_data_and_no_zero(form):
    assert heard().agreement.number is None
    assert heard().answered.number is None


def test_who_says_it_twice_counts_once_by_her_last_word(told):
    lead = send(told, "one@a.example", "social", at=days(9))

    found = heard()

    assert found.total == 4
    assert found.rows(said="social").get() == lead
    assert not found.rows(said="search").exists()


def test_an_answer_in_the_trash_is_not_heard(told):
    row = Submission.objects.get(lead__email="one@a.example")
    submissions.trash(submission=row, by=None)

    assert heard().total == 3


def test_every_number_opens_its_leads(as_max, told):
    second = an_asking_form("Guide")
    send(second, "six@f.example", "search", "Fair")

    page = as_max.get(f"/sources/heard/?{SPRING}")

    links = []
    for tile in page.context["tiles"]:
        links += [(part["n"], part["url"]) for part in tile["parts"]]
    for line in page.context["lines"]:
        links += [
            (line["total"], line["url"]),
            *((cell["n"], cell["url"]) for cell in line["cells"]),
        ]
    links += [(total, url) for _name, total, url in page.context["columns"]]
    links += [(n, url) for _name, n, _rate, _narrow, url in page.context["forms"]]
    links.append((page.context["total"], page.context["all_url"]))
    assert len(links) > 20
    for number, url in links:
        assert as_max.get(url).context["page"].total == number, url


def test_each_form_has_its_own_agreement(told):
    second = an_asking_form("Guide")
    send(second, "six@f.example", "search", "Fair")

    rates = {
        name: (n, value.numerator, value.denominator) for _pk, name, n, value in heard().by_form()
    }

    assert rates == {"Contact": (4, 2, 3), "Guide": (1, 0, 1)}


def test_a_page_narrowed_to_a_form_counts_it_alone(as_max, told):
    second = an_asking_form("Guide")
    send(second, "six@f.example", "search", "Fair")

    page = as_max.get(f"/sources/heard/?{SPRING}&form={second.pk}")

    assert page.context["total"] == 1
    assert "Guide" in text_of(page)


def test_a_manager_reads_the_words_of_her_own_teams_leads_alone(client, mia, bob, carl, told):
    one, *others = Lead.objects.order_by("pk")
    leads.assign(one, owner=bob, by=None)
    leads.assign_many(owners={lead.pk: carl for lead in others}, by=None, reason="hand")
    client.force_login(mia)

    page = client.get(f"/sources/heard/?{SPRING}")

    assert page.context["total"] == 1


def test_a_workspace_where_no_form_asks_says_how_to(as_max):
    assert "No form asks yet" in text_of(as_max.get("/sources/heard/"))


def test_the_page_of_a_lead_sets_her_word_beside_her_source(client, alice, told):
    client.force_login(alice)
    differs = Lead.objects.get(email="three@c.example")

    words = text_of(client.get(differs.get_absolute_url()))

    assert "Somebody recommended you not what was tracked" in words
    assert "how they heard of us" not in text_of(
        client.get(Lead.objects.get(email="five@e.example").get_absolute_url())
    )


def test_the_report_asks_as_often_however_many_answers_there_are(
    as_max, told, django_assert_max_num_queries
):
    as_max.get(f"/sources/heard/?{SPRING}")

    with django_assert_max_num_queries(24):
        as_max.get(f"/sources/heard/?{SPRING}")
    with django_assert_max_num_queries(14):
        as_max.get(f"/sources/heard/rows/?{SPRING}")
