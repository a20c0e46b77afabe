"""Who of a list is offered to whom, and what a call leaves behind."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from leadflow.calling import selectors, services
from leadflow.calling.models import CallAttempt, CallEntry
from leadflow.errors import Conflict, Invalid
from leadflow.models import Activity, Company, Lead
from leadflow.people.models import Role
from leadflow.services import consent, leads, merging
from tests.factories.core import a_lead
from tests.factories.people import UserFactory

NOON = datetime(2026, 5, 4, 10, tzinfo=UTC)  # a Monday
POLICY = {
    "name": "Roofs", "script": "Hello", "tries": 3, "days": 14, "pause": 20, "ending": "leave",
    "from_hour": 9, "to_hour": 18, "weekends": False,
}  # fmt: skip
pytestmark = pytest.mark.django_db


def a_person(n=0, **more):
    given = {"phone": f"+4930901{820 + n}", "country": "DE"} | more
    return a_lead(f"p{n}@x{n}.example", **given)


def a_list(by, people, callers=None, **more):
    return services.create(
        values=POLICY | more, callers=callers or [by], lead_ids=[one.pk for one in people], by=by,
        at=NOON,
    )  # fmt: skip


def reason(made, user, at=NOON):
    return selectors.entries_for(made, user, at).values_list("reason", flat=True).get()


def called(made, by, outcome, at=NOON):
    return services.say(services.claim(made, by=by, at=at), outcome, by=by, at=at)


def test_a_person_in_hand_is_offered_to_nobody_else_until_the_lease_ends(bob, mia):
    made = a_list(mia, [a_person()], [bob, mia])

    assert services.claim(made, by=bob, at=NOON)
    assert services.claim(made, by=mia, at=NOON) is None
    assert services.claim(made, by=mia, at=NOON + services.LEASE + timedelta(minutes=1))


def test_who_asks_again_keeps_whom_she_has(bob):
    made = a_list(bob, [a_person(0), a_person(1)])

    assert services.claim(made, by=bob, at=NOON) == services.claim(made, by=bob, at=NOON)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"phone": ""}, "phone"),
        ({"country": "JP"}, "hours"),
        ({"time_zone": "America/New_York"}, "hours"),
        ({"country": "JP", "time_zone": "Europe/Berlin"}, "ready"),
        ({"country": ""}, "ready"),
    ],
)
def test_each_who_is_not_called_has_her_reason(bob, more, why):
    made = a_list(bob, [a_person(**more)])

    assert reason(made, bob) == why
    assert (services.claim(made, by=bob, at=NOON) is not None) == (why == "ready")


def test_without_a_country_of_her_own_the_company_says_where_it_is(bob):
    firm = Company.objects.create(name="Acme", name_norm="acme", country="JP", created_at=NOON)
    person = a_person(country="")
    Lead.objects.filter(pk=person.pk).update(company=firm)

    assert reason(a_list(bob, [person]), bob) == "hours"


def test_who_asks_not_to_be_called_after_the_list_was_made_is_never_offered(bob):
    person = a_person()
    made = a_list(bob, [person])

    consent.withdraw(lead=person, channel="phone", method="hand", by=bob, at=NOON)

    assert reason(made, bob) == "refused"
    assert services.claim(made, by=bob, at=NOON) is None


def test_a_withdrawal_for_mail_does_not_forbid_a_call_and_a_later_yes_allows_it(bob):
    person = a_person()
    made = a_list(bob, [person])
    consent.withdraw(lead=person, channel="email", method="hand", by=bob, at=NOON)
    assert reason(made, bob) == "ready"
    consent.withdraw(lead=person, channel="phone", method="hand", by=bob, at=NOON)

    consent.give(
        lead=person, channel="phone", text="Call me", method="hand", by=bob,
        at=NOON + timedelta(seconds=1),
    )  # fmt: skip

    assert reason(made, bob, NOON + timedelta(minutes=1)) == "ready"


def test_a_lead_that_somebody_owns_is_offered_to_her_alone(bob, mia):
    made = a_list(mia, [a_person(owner=bob)], [bob, mia])

    assert (reason(made, mia), reason(made, bob)) == ("taken", "ready")


def test_a_call_in_vain_is_an_activity_and_comes_back_after_the_pause(bob):
    person = a_person()
    made = a_list(bob, [person])

    called(made, bob, "no_answer")

    row = Activity.objects.get(lead=person)
    assert (row.kind, row.outcome, row.subject) == ("call", "no_answer", "Roofs")
    assert reason(made, bob) == "later"
    assert reason(made, bob, NOON + timedelta(hours=24)) == "ready"


@pytest.mark.parametrize(
    ("ending", "became"), [("leave", ""), ("recycle", "recycled"), ("close", "disqualified")]
)
def test_after_the_last_try_the_lead_goes_where_the_list_says(bob, ending, became):
    person = a_person()
    made = a_list(bob, [person], tries=1, ending=ending)

    called(made, bob, "no_answer")

    person.refresh_from_db()
    assert person.disposition == became
    assert CallEntry.objects.get().state == "spent"


def test_do_not_call_again_holds_on_every_list(bob):
    person = a_person()
    made, other = a_list(bob, [person]), a_list(bob, [person])

    called(made, bob, "do_not_call")

    assert reason(other, bob, NOON + timedelta(minutes=1)) == "refused"


def test_who_wins_a_lead_of_nobody_owns_her(bob):
    person = a_person()

    called(a_list(bob, [person]), bob, "interested")

    person.refresh_from_db()
    assert person.owner == bob


def test_said_twice_it_is_written_down_once(bob):
    made = a_list(bob, [a_person()])
    entry = services.claim(made, by=bob, at=NOON)
    services.say(entry, "busy", by=bob, at=NOON)

    with pytest.raises(Conflict):
        services.say(entry, "busy", by=bob, at=NOON)

    assert CallAttempt.objects.count() == 1


def test_an_outcome_that_is_none_is_refused(bob):
    made = a_list(bob, [a_person()])

    with pytest.raises(Invalid):
        called(made, bob, "hacked")


def test_a_lead_in_hand_on_one_list_is_not_offered_on_another(bob, mia):
    person = a_person()
    one, other = a_list(mia, [person], [bob, mia]), a_list(mia, [person], [bob, mia])
    services.claim(one, by=bob, at=NOON)

    assert services.claim(other, by=mia, at=NOON) is None


def test_a_disqualified_lead_is_not_called(bob):
    person = a_person()
    made = a_list(bob, [person])
    leads.disqualify_many(lead_ids=[person.pk], reason="student", by=bob)

    assert reason(made, bob) == "off"


@pytest.mark.django_db(transaction=True)
def test_callers_at_once_never_get_the_same_person():
    callers = [UserFactory(role=Role.REP) for _n in range(6)]
    made = a_list(callers[0], [a_person(n) for n in range(24)], callers)
    start = threading.Barrier(len(callers))

    def work(caller):
        got = []
        try:
            start.wait()
            for _turn in range(4):
                entry = services.claim(made, by=caller, at=NOON)
                if entry:
                    got.append(entry.lead_id)
                    services.say(entry, "not_interested", by=caller, at=NOON)
        finally:
            connection.close()
        return got

    with ThreadPoolExecutor(len(callers)) as pool:
        found = [lead for got in pool.map(work, callers) for lead in got]

    assert len(found) == len(set(found)) == CallAttempt.objects.count()
    assert len(found) >= len(callers)


def test_two_of_a_list_who_are_merged_stand_on_it_once_with_the_calls_of_both(bob, drain_events):
    ann, anne = a_person(0, owner=bob), a_person(1, owner=bob)
    made = a_list(bob, [ann, anne])
    called(made, bob, "no_answer")

    merging.merge(survivor=anne, loser=ann, by=bob)
    drain_events()

    row = made.entries.get()
    assert (row.lead_id, row.tries, row.attempts.count()) == (anne.pk, 1, 1)


def test_the_survivor_takes_the_place_of_the_one_merged_away(bob, drain_events):
    ann, anne = a_person(0, owner=bob), a_person(1, owner=bob)
    made = a_list(bob, [ann])

    merging.merge(survivor=anne, loser=ann, by=bob)
    drain_events()

    assert made.entries.get().lead_id == anne.pk


def test_a_time_that_she_asked_for_holds_even_after_the_last_try(bob):
    person = a_person()
    made = a_list(bob, [person], tries=1, days=1)
    wish = NOON + timedelta(days=30, hours=3)

    then = services.say(
        services.claim(made, by=bob, at=NOON), "call_back", asked_for=wish, by=bob, at=NOON
    )

    assert (then.state, then.next_at) == ("waiting", wish)
    assert services.claim(made, by=bob, at=wish - timedelta(minutes=1)) is None
    assert services.claim(made, by=bob, at=wish).lead == person


@pytest.mark.parametrize(
    ("outcome", "days"), [("call_back", -1), ("call_back", 366), ("interested", 1)]
)
def test_a_time_that_cannot_be_meant_is_refused_and_the_call_is_not_written(bob, outcome, days):
    made = a_list(bob, [a_person()])
    held = services.claim(made, by=bob, at=NOON)

    with pytest.raises(Invalid, match="again"):
        services.say(held, outcome, asked_for=NOON + timedelta(days=days), by=bob, at=NOON)

    assert not CallAttempt.objects.exists()


def test_what_was_typed_stays_where_the_time_to_call_again_is_wrong(bob, client):
    made = a_list(bob, [a_person()], from_hour=0, to_hour=24, weekends=True)
    held = services.claim(made, by=bob)
    client.force_login(bob)
    told = {
        "outcome": "call_back",
        "words": "She is at the dentist",
        "asked_for": "2020-01-01T10:00",
    }

    answer = client.post(f"/call-lists/{made.pk}/said/{held.pk}/", told)

    assert answer.status_code == 422
    assert "within the next year" in answer.text
    assert "She is at the dentist" in answer.text
    assert 'value="2020-01-01T10:00"' in answer.text
