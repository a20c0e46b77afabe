"""Credit for a deal: shares that add up exactly, in per cent and in money, or none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import Invalid, StaleVersion
from leadflow.events.models import Event
from leadflow.kit import money
from leadflow.people.models import User
from leadflow.timeline import selectors as timeline
from pipeline.models import Deal
from pipeline.selectors import grouping
from pipeline.selectors.splits import parts_of
from pipeline.services import splits
from pipeline.services.splits import Share, checked, set_splits
from tests.factories import pipeline as make

cents = st.integers(min_value=1, max_value=9_999)


@given(st.lists(cents, min_size=1, max_size=8), st.decimals("0", "99999999.99", places=2))
def test_any_shares_with_the_owners_rest_are_a_hundred_and_their_money_is_the_amount(parts, amount):
    users = [User(pk=n, name=f"No {n}") for n in range(len(parts) + 1)]
    shares = [
        Share(user=user, percent=Decimal(part) / 100)
        for user, part in zip(users[1:], parts, strict=True)
    ]
    shares.append(Share(user=users[0], percent=None))
    if sum(parts) >= 10_000:
        with pytest.raises(Invalid):
            checked(shares, owner_id=0)
        return

    found = checked(shares, owner_id=0)
    shared = money.split(amount, [one.percent for one in found], "EUR")

    assert sum(one.percent for one in found) == 100
    assert sum(shared) == amount
    assert all(
        abs(part - amount * one.percent / 100) < Decimal("0.01")
        for part, one in zip(shared, found, strict=True)
    )


@pytest.mark.parametrize(
    ("percents", "words"),
    [
        (("60", "30"), "90 %: 10 % are missing"),
        (("60", "50"), "110 %: 10 % too much"),
        (("33.33", "66.66"), "99.99 %: 0.01 % are missing"),
        (("100", None), "Nothing is left"),
        ((None, None), "named twice"),
        (("0", "100"), "above 0"),
        (("49.995", "50.005"), "two decimals"),
    ],
)
def test_shares_that_do_not_add_up_say_what_is_missing(percents, words):
    owner, other = User(pk=1, name="Bob"), User(pk=2, name="Mia")
    last = owner if percents == (None, None) or percents[1] is None else other
    first = owner if percents == (None, None) or last is other else other
    shares = [
        Share(user=user, percent=None if percent is None else Decimal(percent))
        for user, percent in zip((first, last), percents, strict=True)
    ]

    with pytest.raises(Invalid) as refused:
        checked(shares, owner_id=1)

    assert words in str(refused.value)


@pytest.mark.django_db
def test_a_deal_is_shared_out_and_given_back_and_the_log_keeps_both(bob, mia, max):
    deal = make.deal(bob, name="Roof", amount=Decimal("100.01"))
    shares = [
        Share(user=bob, percent=None),
        Share(user=mia, percent=Decimal("33.33")),
        Share(user=mia, percent=Decimal(20), kind="overlay"),
    ]

    for _twice in range(2):
        set_splits(deal, shares=shares, by=bob)
    parts = [(p.split.user, p.split.share, p.amount) for p in parts_of(deal)]
    set_splits(deal, shares=[], by=bob)

    told = list(Event.objects.filter(kind="deal.split").order_by("pk"))
    assert parts == [
        (bob, Decimal("66.67"), Decimal("66.68")),
        (mia, Decimal("33.33"), Decimal("33.33")),
        (mia, Decimal("20.00"), Decimal("20.00")),
    ]
    assert (len(told), parts_of(deal)) == (2, [])
    shown = [entry.shown for entry in timeline.entries_of(told, bob)]
    assert shown[0].why == ["Bob Berg 66.67 %, Mia Meyer 33.33 %, Mia Meyer +20.00 %"]
    assert "back to its owner" in shown[1].text
    with pytest.raises(Invalid, match="cannot own deals"):
        set_splits(deal, shares=[Share(user=max, percent=Decimal(100))], by=bob)
    with pytest.raises(StaleVersion):
        set_splits(deal, shares=shares, version=deal.version, by=bob)


@pytest.mark.django_db
def test_the_chart_by_credit_adds_up_to_the_amounts(alice, bob, mia):
    shared, alone = make.deal(bob, amount=Decimal(300)), make.deal(bob, amount=Decimal(50))
    parts = [Share(user=bob, percent=None), Share(user=mia, percent=Decimal(40))]
    splits.set_splits(
        shared, shares=[*parts, Share(user=mia, percent=Decimal(9), kind="overlay")], by=bob
    )

    found = grouping.groups(Deal.objects.all(), "credit", nothing="", rest="")

    assert [(one.key, one.deals, one.amount) for one in found] == [
        (bob.pk, 2, Decimal(230)),
        (mia.pk, 1, Decimal(120)),
    ]
    assert sum(one.weighted for one in found) == Decimal(350) * alone.stage.probability / 100
