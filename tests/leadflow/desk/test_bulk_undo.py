"""What was done to many leads is taken back from its toast."""

import re
from datetime import timedelta

import pytest
import time_machine

from leadflow.models import Lead, LeadStage, LeadTag
from leadflow.services import leads, undoing
from tests.factories.core import NOON, a_lead, a_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_alice(client, alice):
    client.force_login(alice)
    return client


def after(client, url, values=None):
    """The page on which a person stands after the POST."""
    return client.get(client.post(url, values)["Location"]).content.decode()


def undo_of(client, act, **values):
    """Does it, and answers with the address on the button of its toast."""
    page = after(client, f"/leads/bulk/{act}/", values)
    return re.search(r'<form method="post" action="(/leads/[^"]*undo/[^"]+)"', page)[1]


def test_leads_given_away_go_back_to_whoever_had_each(as_alice, bob, carl, mia):
    of_bob, of_carl, of_nobody = a_lead(owner=bob), a_lead(owner=carl), a_lead()
    ids = [of_bob.pk, of_carl.pk, of_nobody.pk]

    url = undo_of(as_alice, "assign", ids=ids, owner=mia.pk, query="q=")
    page = after(as_alice, url)

    owners = dict(Lead.objects.values_list("pk", "owner"))
    assert owners == {of_bob.pk: bob.pk, of_carl.pk: carl.pk, of_nobody.pk: None}
    assert "3 leads are as they were" in page


def test_the_undo_leads_back_to_the_list_as_it_was_filtered(as_alice, bob, mia):
    lead = a_lead(owner=bob)

    url = undo_of(as_alice, "assign", ids=[lead.pk], owner=mia.pk, query="stage=lead")

    assert as_alice.post(url)["Location"] == "/leads/?stage=lead"


def test_who_was_changed_since_keeps_what_she_has(as_alice, alice, bob, carl, mia):
    first, second = a_lead(owner=bob), a_lead(owner=bob)
    url = undo_of(as_alice, "assign", ids=[first.pk, second.pk], owner=mia.pk)
    leads.assign(second, owner=carl, by=alice)

    page = after(as_alice, url)

    assert dict(Lead.objects.values_list("pk", "owner")) == {first.pk: bob.pk, second.pk: carl.pk}
    assert "1 lead is as it was. 1 stays: somebody changed it meanwhile" in page


def test_a_source_goes_back_with_what_was_known_before(as_alice):
    fair, web = a_source(name="Fair"), a_source(name="Web")
    lead = a_lead(source=fair)

    as_alice.post(undo_of(as_alice, "source", ids=[lead.pk], source=web.pk))

    assert Lead.objects.get().source == fair


def test_a_mistyped_address_stands_again_and_the_meant_one_is_free(as_alice):
    lead = a_lead(email="ann@gmial.com")
    url = undo_of(as_alice, "meant", ids=[lead.pk])
    assert Lead.objects.get().email == "ann@gmail.com"

    as_alice.post(url)

    assert Lead.objects.get().email == "ann@gmial.com"
    assert list(lead.identities.values_list("value_norm", "is_primary")) == [
        ("ann@gmial.com", True)
    ]


def test_only_the_tags_that_were_put_are_taken_off(as_alice):
    had, new = a_lead(), a_lead()
    after(as_alice, "/leads/bulk/tag/", {"ids": [had.pk], "name": "vip"})

    as_alice.post(undo_of(as_alice, "tag", ids=[had.pk, new.pk], name="vip"))

    assert list(LeadTag.objects.values_list("lead", flat=True)) == [had.pk]


def test_only_what_went_into_the_trash_by_this_act_comes_back(as_alice, alice):
    before, now = a_lead(), a_lead()
    leads.trash_many(lead_ids=[before.pk], by=alice)

    as_alice.post(undo_of(as_alice, "delete", ids=[now.pk]))

    assert list(Lead.objects.living()) == [now]


def test_a_stage_is_taken_back_and_who_was_held_back_is_named(as_alice, bob):
    fit = a_lead(owner=bob)
    out = a_lead(owner=bob, first_name="Old", last_name="Customer", stage=LeadStage.CUSTOMER)
    values = {"ids": [fit.pk, out.pk], "to": LeadStage.MQL}
    page = after(as_alice, "/leads/bulk/stage/", values)
    assert "1 of 2 leads moved" in page
    assert "Held back: Old Customer" in page
    url = re.search(r'action="(/leads/board/undo/[^"]+)"', page)[1]

    answer = as_alice.post(url)

    assert Lead.objects.get(pk=fit.pk).stage == LeadStage.LEAD
    assert answer["Location"] == "/leads/"


def test_a_minute_later_it_is_too_late_and_says_what_to_do(as_alice, bob, mia):
    with time_machine.travel(NOON, tick=False):
        url = undo_of(as_alice, "assign", ids=[a_lead(owner=bob).pk], owner=mia.pk)
    with time_machine.travel(NOON + undoing.UNDO_FOR + timedelta(seconds=2), tick=False):
        answer = as_alice.post(url)

    assert answer.status_code == 409
    assert "too late" in answer.content.decode()
    assert Lead.objects.get().owner == mia


def test_abuse_E01_nobody_else_takes_an_act_back(as_alice, client, bob, mia):
    url = undo_of(as_alice, "assign", ids=[a_lead(owner=bob).pk], owner=mia.pk)
    client.force_login(mia)

    assert client.post(url).status_code == 422
    assert Lead.objects.get().owner == mia


def test_an_undo_of_thousands_has_an_address_that_a_server_takes(as_alice):
    a_lead()
    Lead.objects.bulk_create(
        Lead(first_name=f"L{n}", stage=LeadStage.LEAD, stage_since=NOON, created_at=NOON)
        for n in range(1_500)
    )

    url = undo_of(as_alice, "stage", all="1", query="", to=LeadStage.MQL)

    assert len(url) < 4_000
    assert "1501 leads are back" in after(as_alice, url)
    assert not Lead.objects.exclude(stage=LeadStage.LEAD).exists()
