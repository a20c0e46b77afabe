"""A new server or domain warms up: so many on the first day, and half as many more each day."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.mail import limits
from leadflow.mail.sender import send_due


def test_a_warm_up_grows_by_half_each_day_until_the_limit():
    limit = limits.SendingLimit(
        scope="way", name="smtp", most=300, span=86_400, first=50, warms_since=date(2026, 3, 2)
    )

    assert limit.plan == [50, 75, 112, 168, 252, 300]
    days = (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 4), date(2026, 4, 1))
    assert [limit.most_on(day) for day in days] == [50, 50, 112, 300]
    assert limits.SendingLimit(most=7, span=60).most_on(date(2026, 3, 2)) == 7


@given(first=st.integers(1, 10_000), more=st.integers(1, 1_000_000))
def test_every_warm_up_rises_and_comes_to_its_limit(first, more):
    plan = limits.SendingLimit(most=first + more, span=86_400, first=first).plan

    assert (plan[0], plan[-1]) == (first, first + more)
    assert all(before < after for before, after in itertools.pairwise(plan))
    assert len(plan) < 45


@pytest.mark.django_db(transaction=True)
def test_no_more_leaves_on_a_day_than_its_warm_up_allows(wired, write, alice):
    limit = limits.set_limit(scope="way", name="smtp", most=9, span=86_400, first=2, by=alice)
    for _number in range(5):
        write()

    send_due()
    assert len(wired.accepted) == 2
    limit.warms_since -= timedelta(days=1)
    limit.save()
    send_due()
    assert len(wired.accepted) == 3


@pytest.mark.django_db
def test_a_warm_up_goes_on_from_its_day_and_is_shown_with_its_plan(client, alice):
    client.force_login(alice)
    url = "/settings/deliverability/limit/"
    fields = {"scope": "way", "name": "smtp", "most": "300", "span": "86400", "first": "50"}
    client.post(url, fields)
    limits.SendingLimit.objects.update(warms_since=limits.today() - timedelta(days=2))

    client.post(url, fields | {"most": "200"})

    page = client.get("/settings/deliverability/").content.decode()
    assert "Warms up: day 3 of 5, 112 today" in page
    assert "50 · 75 · 112 · 168 · 200" in page
    client.post(url, fields | {"first": ""})
    assert limits.SendingLimit.objects.get().plan == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", [{"span": "3600"}, {"scope": "domain", "name": "a.example"}, {"first": "300"}]
)
def test_a_warm_up_that_cannot_be_is_refused_beside_its_field(client, alice, wrong):
    client.force_login(alice)
    fields = {"scope": "way", "name": "smtp", "most": "300", "span": "86400", "first": "50"}

    page = client.post("/settings/deliverability/limit/", fields | wrong)

    assert page.status_code == 422
    assert "first" in page.context["form"].errors
    assert not limits.SendingLimit.objects.exists()
