"""What was done to many deals in the list is taken back from its toast."""

import re

import pytest

from pipeline.models import Deal
from pipeline.services import deals
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_alice(client, alice):
    client.force_login(alice)
    return client


def undo_of(client, verb, ids, **values):
    """Does it, and answers with the address on the button of its toast."""
    sent = {"verb": verb, "ids": ids, "back": "?q=kiln"} | values
    page = client.get(client.post("/deals/list/bulk/", sent)["Location"]).content.decode()
    return re.search(r'<form method="post" action="(/deals/[^"]*undo/[^"]+)"', page)[1]


def test_deals_given_away_go_back_to_whoever_had_each(as_alice, bob, carl, mia):
    of_bob, of_carl, of_nobody = make.deal(bob), make.deal(carl), make.deal(None)
    ids = [of_bob.pk, of_carl.pk, of_nobody.pk]

    answer = as_alice.post(undo_of(as_alice, "assign", ids, owner=mia.pk))

    owners = dict(Deal.objects.values_list("pk", "owner"))
    assert owners == {of_bob.pk: bob.pk, of_carl.pk: carl.pk, of_nobody.pk: None}
    assert answer["Location"] == "/deals/list/?q=kiln"


def test_a_deal_that_was_given_on_since_stays_there(as_alice, alice, bob, carl, mia):
    first, second = make.deal(bob), make.deal(bob)
    url = undo_of(as_alice, "assign", [first.pk, second.pk], owner=mia.pk)
    deals.assign_many(deal_ids=[second.pk], owner=carl, by=alice)

    as_alice.post(url)

    assert dict(Deal.objects.values_list("pk", "owner")) == {first.pk: bob.pk, second.pk: carl.pk}


def test_only_what_went_into_the_trash_by_this_act_comes_back(as_alice, alice, bob):
    before, now = make.deal(bob), make.deal(bob)
    deals.trash_many(deal_ids=[before.pk], by=alice)

    as_alice.post(undo_of(as_alice, "trash", [now.pk]))

    assert list(Deal.objects.filter(deleted_at=None)) == [now]


def test_deals_moved_together_are_back_in_their_columns(as_alice, bob):
    first, second = make.deal(bob), make.deal(bob)
    was = first.stage
    to = make.stage("Proposal")

    as_alice.post(undo_of(as_alice, "move", [first.pk, second.pk], stage=to.pk))

    assert {deal.stage for deal in Deal.objects.all()} == {was}


def test_abuse_E01_nobody_else_takes_an_act_on_deals_back(as_alice, client, bob, mia):
    url = undo_of(as_alice, "assign", [make.deal(bob).pk], owner=mia.pk)
    client.force_login(mia)

    assert client.post(url).status_code == 422
    assert Deal.objects.get().owner == mia
