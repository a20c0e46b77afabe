"""Every number of the results of a call list opens exactly the rows that it counts."""

import re
from datetime import timedelta
from random import Random

import pytest

from leadflow.calling import results, rules, services
from leadflow.kit import clock
from leadflow.models import Disposition, LeadStage
from leadflow.people.models import Role
from tests.factories.core import a_lead
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
ALWAYS = {
    "name": "Roofs", "script": "", "tries": 2, "days": 30, "pause": 1, "ending": "leave",
    "from_hour": 0, "to_hour": 24, "weekends": True,
}  # fmt: skip
NUMBER = re.compile(r'href="(/call-lists/\d+/rows/[\w-]+/)">([\d,]+)</a>')


def a_person(n, **more):
    return a_lead(f"p{n}@x{n}.example", phone=f"+4930901{100 + n}", last_name=f"P{n}", **more)


def a_list(by, people, callers=None, **more):
    return services.create(
        values=ALWAYS | more, callers=callers or [by], lead_ids=[one.pk for one in people], by=by,
        at=clock.now() - timedelta(days=9),
    )  # fmt: skip


def worked(made, callers, dice, calls):
    """So many calls, one each two hours, until now."""
    begin = clock.now() - timedelta(hours=2 * calls)
    for turn in range(calls):
        caller, at = dice.choice(callers), begin + timedelta(hours=2 * turn)
        if held := services.claim(made, by=caller, at=at):
            services.say(held, dice.choice(sorted(rules.Outcome)), by=caller, at=at)


def listed(client, path):
    """How many rows a page shows, and how many it says are counted and not listed."""
    text = client.get(path).text
    more = re.search(r"([\d,]+) more (?:is|are) counted here", text)
    return text.count("<tr data-row"), int(more[1]) if more else 0


@pytest.mark.parametrize(("seed", "ending"), [(0, "leave"), (1, "recycle"), (2, "close")])
def test_each_number_is_as_many_rows_as_it_opens(client, mia, bob, carl, north, seed, ending):
    dice = Random(seed)
    people = [a_person(n, owner=dice.choice([None, None, bob, mia])) for n in range(12)]
    made = a_list(mia, people, [bob, mia], ending=ending)
    worked(made, [bob, mia], dice, 24)

    for user in (mia, bob):
        client.force_login(user)
        pages = [client.get(path).text for path in (made.get_absolute_url(), "/call-lists/")]
        numbers = [found for text in pages for found in NUMBER.findall(text)]
        assert len(numbers) > 12
        for path, n in numbers:
            assert sum(listed(client, path)) == int(n), path


def test_the_numbers_say_who_was_called_reached_and_given_up(bob):
    made = a_list(bob, [a_person(n) for n in range(5)], tries=1, ending="recycle")
    for outcome in ("no_answer", "interested", "not_interested", "wrong_number"):
        services.say(services.claim(made, by=bob), outcome, by=bob)

    found = {one.part: one.n for one in results.people(made)}

    assert found == {
        "people": 5, "called": 4, "reached": 2, "won": 1, "again": 0, "waiting": 1, "spent": 1,
        "recycled": 1, "closed": 0,
    }  # fmt: skip


def test_a_customer_who_was_tried_in_vain_is_not_counted_as_sent_back(bob):
    person = a_person(0, stage=LeadStage.CUSTOMER)
    made = a_list(bob, [person], tries=1, ending="recycle")

    services.say(services.claim(made, by=bob), "no_answer", by=bob)

    person.refresh_from_db()
    found = {one.part: one.n for one in results.people(made)}
    assert person.disposition == Disposition.ACTIVE
    assert (found["spent"], found["recycled"]) == (1, 0)


def test_two_callers_of_one_name_are_two(bob):
    bob.name = "Kim Lee"
    bob.save()
    twin = UserFactory(role=Role.REP, name="Kim Lee")
    made = a_list(bob, [a_person(0), a_person(1)], [bob, twin])
    for caller in (bob, twin):
        services.say(services.claim(made, by=caller), "busy", by=caller)

    assert [(one.name, one.n) for one in results.callers(made)] == [("Kim Lee", 1)] * 2


@pytest.mark.parametrize(
    "part", ["nonsense", "is-hacked", "said-x", "by-0", "by-99999999999999999999", "won-"]
)
def test_a_part_that_is_none_is_not_found(client, bob, part):
    client.force_login(bob)

    assert (
        client.get(f"/call-lists/{a_list(bob, [a_person(0)]).pk}/rows/{part}/").status_code == 404
    )


def test_rows_cost_as_many_queries_for_one_as_for_thirty(
    client, bob, django_assert_max_num_queries
):
    made = a_list(bob, [a_person(n, owner=bob) for n in range(30)])
    worked(made, [bob], Random(1), 40)
    client.force_login(bob)
    client.get(made.get_absolute_url())
    for part in ("people", "called", f"by-{bob.pk}"):
        with django_assert_max_num_queries(14):
            client.get(f"/call-lists/{made.pk}/rows/{part}/")
