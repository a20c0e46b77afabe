"""Objections on the pages of deals and people, and the playbook."""

import pytest

from leadflow.events.models import Event
from pipeline.models import Objection, ObjectionAnswer, ObjectionKind
from pipeline.services import objections
from pipeline.services.objections import Told
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def price():
    return ObjectionKind.objects.create(name="Too dear")


@pytest.fixture
def worth(price):
    return ObjectionAnswer.objects.create(kind=price, title="What waiting costs", words="Count it.")


def test_a_rep_writes_an_objection_down_and_says_what_resolved_it(client, bob, price, worth):
    deal = make.deal(bob, name="Roof for Acme")
    client.force_login(bob)
    form = client.get(f"/deals/{deal.pk}/objections/new/").content.decode()
    bare = client.post(f"/deals/{deal.pk}/objections/new/", {"words": "Too much"})
    made = client.post(
        f"/deals/{deal.pk}/objections/new/",
        {"kind": price.pk, "words": "Too much", "state": "open"},
    )
    row = Objection.objects.get()
    wrong = client.post(row.get_absolute_url(), {"kind": price.pk, "state": "resolved"})
    said = {"kind": price.pk, "words": "Too much", "answer": worth.pk, "state": "resolved"}
    settled = client.post(row.get_absolute_url(), said)
    part = client.get(f"/deals/{deal.pk}/objections/", headers={"hx-request": "true"})

    assert "What waiting costs" in form
    assert (bare.status_code, made.status_code, settled.status_code) == (422, 303, 303)
    assert wrong.status_code == 422
    assert "Say what resolved it" in wrong.content.decode()
    assert "Answered: What waiting costs" in part.content.decode()
    assert "<html" not in part.content.decode()


def test_the_page_of_a_person_shows_hers_and_those_of_her_deals(client, bob, price):
    lead = make.lead(bob)
    deal = make.deal(bob, lead=lead, name="Roof")
    client.force_login(bob)
    client.post(f"/deals/objections/of-lead/{lead.pk}/new/", {"kind": price.pk, "words": "First", "state": "open"})  # fmt: skip
    objections.hear(deal, told=Told(kind=price, words="Second"), by=bob)

    of_lead = client.get(f"/deals/objections/of-lead/{lead.pk}/").content.decode()
    of_deal = client.get(f"/deals/{deal.pk}/objections/").content.decode()

    assert "“First”" in of_lead
    assert "“Second”" in of_lead
    assert "“First”" in of_deal


def test_the_question_over_which_objection_stands_where_there_is_one(client, bob, price):
    plain, deal = make.deal(bob), make.deal(bob)
    row = objections.hear(deal, told=Told(kind=price), by=bob)
    client.force_login(bob)

    assert "Over which objection" not in client.get(f"/deals/{plain.pk}/lose/").content.decode()
    said = {"reason": make.reason().pk, "objection": row.pk}
    lost = client.post(f"/deals/{deal.pk}/lose/", said)

    assert lost.status_code == 303
    assert (
        "The deal was lost over it" in client.get(f"/deals/{deal.pk}/objections/").content.decode()
    )


def test_a_manager_writes_the_playbook_and_each_number_opens_its_rows(
    client, mia, bob, price, django_assert_max_num_queries
):
    client.force_login(mia)
    said = {
        "kind": price.pk,
        "title": "Worth it",
        "words": "Count.",
        "position": 0,
        "is_active": "on",
    }
    made = client.post("/settings/playbook/objection-answers/new/", said)
    again = client.post("/settings/playbook/objection-answers/new/", said)
    answer = ObjectionAnswer.objects.get()
    for number in range(3):
        told = Told(kind=price, answer=answer, words=f"No {number}", state="stands")
        objections.hear(make.deal(bob, name=f"Deal no {number}"), told=told, by=bob)

    client.force_login(bob)
    with django_assert_max_num_queries(20):
        page = client.get("/deals/playbook/").content.decode()
    rows = client.get(f"/deals/playbook/{price.pk}/settled/?answer={answer.pk}").content.decode()
    deals = client.get(f"/deals/playbook/{price.pk}/closed/").content.decode()

    assert (made.status_code, again.status_code) == (303, 422)
    assert Event.objects.filter(kind="setting.changed", subject_id=answer.pk).exists()
    assert "17 more settled before a rate is told" in page
    assert "objection-answers/new" not in page
    assert "Deal no 2" in rows
    assert "Nothing is counted here" in deals
    assert client.get(f"/deals/playbook/{price.pk}/nonsense/").status_code == 404
