"""What a lead has shown of herself, and how it ended with others like her."""

from datetime import timedelta

import pytest

from capture.blocks.starts import block
from capture.models import Submission
from leadflow.desk.learned import learned_of
from leadflow.models import Engagement, Lead, LeadAnswer
from pipeline.selectors.alike import BANDS, ENOUGH, band_of, ended_alike
from pipeline.services import deals
from tests.factories.capture import published_form
from tests.factories.core import NOON, a_company, a_lead
from tests.factories.pipeline import deal, reason

pytestmark = pytest.mark.django_db


def closed(owner, company, *, won, lost, why=None):
    """Deals of a company that are over."""
    for n in range(won + lost):
        row = deal(owner, company=company, amount=100)
        if n < won:
            deals.win(row, amount=100, by=owner)
        else:
            deals.lose(row, reason=why or reason(), by=owner)


@pytest.fixture
def ann(bob):
    firm = a_company("Sunworks", industry="Ceramics", size=80, country="GB")
    return a_lead(owner=bob, company=firm)


def saw(lead, label, n=1, kind="page.viewed", **more):
    for number in range(n):
        Engagement.objects.create(
            lead=lead, kind=kind, label=label, source_type="t", source_id=f"{label}{number}",
            occurred_at=NOON + timedelta(hours=number), **more,
        )  # fmt: skip


def test_what_she_read_is_told_once_with_how_often(ann, alice):
    saw(ann, "Pricing", 3)
    saw(ann, "Guide", kind="file.downloaded")

    found = learned_of(ann, alice).interests

    assert [(one.verb, one.label, one.times) for one in found] == [
        ("Read", "Pricing", 3),
        ("Downloaded", "Guide", 1),
    ]


def test_what_a_program_opened_is_no_interest(ann, alice):
    saw(ann, "Pricing", actor_class=Engagement.Actor.MACHINE)
    saw(ann, "News", kind="mail.opened")

    assert learned_of(ann, alice).interests == []


def test_the_newest_answer_to_each_question_is_told(ann, alice, vera):
    for n, value in enumerate(("cheap", "good")):
        LeadAnswer.objects.create(
            lead=ann, key="wish", label="What do you wish?", value=value,
            answered_at=NOON + timedelta(hours=n),
        )  # fmt: skip

    assert learned_of(ann, alice).answers == [("What do you wish?", "good")]
    assert learned_of(ann, vera).answers == []


def test_a_choice_is_told_by_its_words_and_not_by_its_key(ann, alice):
    options = [{"value": "1000_plus", "label": "More than 1,000"}, {"value": "few", "label": "Few"}]
    form = published_form(
        block("email"), block("dropdown", label="How many sites?", name="sites", options=options)
    )
    post = Submission.objects.create(
        form=form, version=form.live_version, received_at=NOON, answers={"sites": "1000_plus"},
        lead=ann, client_submission_id="sites-1", state=Submission.State.PROCESSED,
    )  # fmt: skip
    LeadAnswer.objects.create(
        lead=ann, key="sites", label="How many sites?", value="1000_plus", answered_at=NOON,
        source_type="submission", source_id=post.pk,
    )  # fmt: skip

    assert learned_of(ann, alice).answers == [("How many sites?", "More than 1,000")]


def test_others_of_her_industry_are_counted_from_twenty_on(ann, bob):
    other = a_company("Claywork", industry="ceramics")
    closed(bob, other, won=8, lost=ENOUGH - 9)
    assert ended_alike(ann) == []

    closed(bob, other, won=1, lost=0)

    (found,) = ended_alike(ann)
    assert (found.shared, found.value, found.won, found.closed) == ("industry", "Ceramics", 9, 20)
    assert found.rate == 9 / 20


def test_losses_that_are_nobodys_and_her_own_deals_do_not_count(ann, bob):
    other = a_company("Claywork", industry="Ceramics")
    closed(bob, other, won=10, lost=10)
    closed(bob, other, won=0, lost=5, why=reason("Duplicate"))
    deals.win(deal(bob, lead=ann, company=ann.company, amount=1), amount=1, by=bob)

    assert [(one.won, one.closed) for one in ended_alike(ann)] == [(10, 20)]


def test_a_lead_without_company_country_and_source_asks_nothing(bob, django_assert_num_queries):
    lead = a_lead("", phone="+4930901820", owner=bob)
    lead.company = lead.source = None
    lead.country = ""

    with django_assert_num_queries(0):
        assert ended_alike(lead) == []


@pytest.mark.parametrize(
    ("size", "band"),
    [(0, BANDS[0]), (9, BANDS[0]), (10, BANDS[1]), (249, BANDS[2]), (9_000, BANDS[4])],
)
def test_every_size_falls_in_one_class(size, band):
    assert band_of(a_company(size=size)) == band


def test_the_part_of_her_page_costs_three_queries_however_much_she_did(
    ann, alice, django_assert_max_num_queries
):
    saw(ann, "Pricing", 40)
    lead = Lead.objects.select_related("company", "source").get(pk=ann.pk)

    with django_assert_max_num_queries(3):
        learned_of(lead, alice)


def test_the_part_is_silent_where_nothing_is_known(client, alice, ann):
    client.force_login(alice)

    part = client.get(f"/leads/{ann.pk}/learned/", HTTP_HX_REQUEST="true").content.decode()

    assert "lf-rail-part" not in part


def test_abuse_E02_the_interests_of_a_lead_out_of_reach_are_not_found(client, carl, ann):
    client.force_login(carl)

    assert client.get(f"/leads/{ann.pk}/learned/").status_code == 404


def test_a_company_tells_what_its_people_read_and_how_many_they_were(client, ann, bob):
    saw(ann, "Pricing", 2)
    saw(a_lead(owner=bob, company=ann.company), "Pricing")
    client.force_login(bob)

    part = client.get(f"/companies/{ann.company_id}/learned/", HTTP_HX_REQUEST="true")

    (found,) = part.context["learned"].interests
    assert (found.label, found.times, found.people) == ("Pricing", 3, 2)
    assert "by 2 people" in part.content.decode()


def test_a_company_tells_nothing_of_people_out_of_reach(client, ann, carl):
    saw(ann, "Pricing")
    client.force_login(carl)

    part = client.get(f"/companies/{ann.company_id}/learned/")

    assert part.context["learned"].interests == []


def test_how_often_opens_each_time(client, ann, bob):
    saw(ann, "Pricing", 3)
    saw(ann, "Guide", kind="file.downloaded")
    client.force_login(bob)

    page = client.get(f"/readings/lead/{ann.pk}/?kind=page.viewed&label=Pricing").context["page"]
    firm = client.get(f"/readings/company/{ann.company_id}/").context["page"]

    assert [row.label for row in page.rows] == ["Pricing"] * 3
    assert len(firm.rows) == 4


def test_abuse_E02_what_people_out_of_reach_read_is_not_shown(client, ann, carl):
    saw(ann, "Pricing", 3)
    client.force_login(carl)

    assert client.get(f"/readings/lead/{ann.pk}/").status_code == 404
    assert not client.get(f"/readings/company/{ann.company_id}/").context["page"].rows
