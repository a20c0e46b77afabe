"""Commission that is settled up to a day: what was won until then stays as it is."""

from datetime import timedelta
from decimal import Decimal

import pytest

from leadflow.errors import Conflict
from leadflow.models import Organisation
from leadflow.services import organisation
from pipeline.models import Deal
from pipeline.services import deals, splits
from pipeline.services.splits import Share
from tests.factories import pipeline as make
from tests.factories.core import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SETTLED = NOON.date()


@pytest.fixture
def won(bob):
    """A deal that was won on the last settled day."""
    deal = make.deal(bob, amount=Decimal(1000), at=NOON - 3 * DAY)
    return deals.win(deal, amount=Decimal(1000), won_at=NOON, by=bob, at=NOON)


@pytest.fixture
def settled(won, alice):
    organisation.change(by=alice, commission_closed_on=SETTLED)
    return won


CHANGES = {
    "owner": lambda deal, by, to: deals.edit(deal, values={"owner": to}, by=by),
    "owner of many": lambda deal, by, to: deals.assign_many(deal_ids=[deal.pk], owner=to, by=by),
    "amount": lambda deal, by, to: deals.edit(deal, values={"amount": Decimal(1)}, by=by),
    "outcome": lambda deal, by, to: deals.reopen(deal, by=by),
    "trash": lambda deal, by, to: deals.trash_many(deal_ids=[deal.pk], by=by),
    "shares": lambda deal, by, to: splits.set_splits(
        deal, shares=[Share(user=to, percent=Decimal(100))], by=by
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_nobody_changes_what_settled_commission_is_made_of(settled, alice, mia, name):
    before = Deal.objects.filter(pk=settled.pk).values().get()

    with pytest.raises(Conflict) as refused:
        CHANGES[name](settled, alice, mia)

    assert "settled through" in str(refused.value)
    assert "ask an admin" in str(refused.value)
    assert Deal.objects.filter(pk=settled.pk).values().get() == before
    assert not settled.splits.exists()


@pytest.mark.parametrize("name", CHANGES)
def test_a_deal_won_a_day_later_is_changed_as_ever(alice, mia, bob, name):
    organisation.change(by=alice, commission_closed_on=SETTLED - DAY)
    deal = make.deal(bob, amount=Decimal(1000), at=NOON - 3 * DAY)
    deal = deals.win(deal, amount=Decimal(1000), won_at=NOON, by=bob, at=NOON)

    assert CHANGES[name](deal, alice, mia)


def test_the_rest_of_a_settled_deal_may_be_changed(settled, alice):
    assert deals.edit(settled, values={"name": "Carport, east"}, by=alice).name == "Carport, east"


def test_no_win_is_put_into_the_settled_time(alice, bob):
    organisation.change(by=alice, commission_closed_on=SETTLED)
    deal = make.deal(bob, at=NOON - 3 * DAY)

    with pytest.raises(Conflict):
        deals.win(deal, amount=Decimal(5), won_at=NOON, by=bob, at=NOON + DAY)

    assert Deal.objects.get().is_open
    assert deals.win(deal, amount=Decimal(5), won_at=NOON + DAY, by=bob, at=NOON + DAY)


def test_the_day_ends_where_the_organisation_is(won, alice, mia):
    Organisation.objects.update(time_zone="Pacific/Auckland")  # noon in UTC is the next day there
    organisation.change(by=alice, commission_closed_on=SETTLED)

    assert CHANGES["owner"](won, alice, mia).owner == mia


def test_an_admin_opens_the_time_again_and_that_is_on_record(client, settled, alice, mia):
    client.force_login(alice)
    page = client.get("/settings/selling/")
    form = page.context["form"]
    sent = {n: form.get_initial_for_field(f, n) for n, f in form.fields.items()}
    sent = {name: value for name, value in sent.items() if value is not None and value is not False}

    client.post("/settings/selling/", sent | {"commission_closed_on": ""})

    assert Organisation.objects.get().commission_closed_on is None
    assert CHANGES["owner"](settled, alice, mia).owner == mia
    audit = client.get("/settings/audit/").content.decode()
    assert "commission" in audit


def test_the_page_of_a_deal_says_why_nothing_was_changed(client, settled, alice):
    client.force_login(alice)

    answer = client.post(f"/deals/{settled.pk}/reopen/", {"version": settled.version})

    assert answer.status_code == 409
    assert "Commission is settled through" in answer.content.decode()
