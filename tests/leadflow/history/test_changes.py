from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadflow.history import availability, changes
from leadflow.history.models import FieldChange
from leadflow.models import Company, Lead
from leadflow.people.models import User

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def lead_made(**fields):
    return Lead.objects.create(created_at=START, stage_since=START, **fields)


def edit(lead, at, **values):
    before = {name: getattr(lead, Lead._meta.get_field(name).attname) for name in values}
    for name, value in values.items():
        setattr(lead, Lead._meta.get_field(name).attname, value)
    lead.save()
    changes.record(lead, before, values, by=None, at=at, cause="edit")


def test_an_unchanged_value_is_not_remembered(db):
    lead = lead_made(job_title="Buyer", city="Gent")

    changes.record(
        lead, {"job_title": "Buyer", "city": "Gent"}, {"job_title": "CFO", "city": "Gent"}, by=None
    )

    assert list(FieldChange.objects.values_list("field", "old", "new")) == [
        ("job_title", "Buyer", "CFO")
    ]


def test_as_of_gives_the_value_that_held_between_two_changes(db):
    lead = lead_made(job_title="Buyer")
    edit(lead, START + timedelta(days=1), job_title="Head buyer")
    edit(lead, START + timedelta(days=3), job_title="CFO")

    titles = [changes.as_of(lead, START + timedelta(days=d)).job_title for d in (0, 1, 2, 3, 9)]

    assert titles == ["Buyer", "Head buyer", "Head buyer", "CFO", "CFO"]


def test_before_it_was_made_there_is_no_record(db):
    assert changes.as_of(lead_made(), START - timedelta(seconds=1)) is None


def test_as_of_follows_a_foreign_key_back(db):
    one = Company.objects.create(name="One", name_norm="one", created_at=START)
    two = Company.objects.create(name="Two", name_norm="two", created_at=START)
    lead = lead_made(company=one)
    edit(lead, START + timedelta(days=1), company=two.pk)
    lead.refresh_from_db()
    assert lead.company == two

    past = changes.as_of(lead, START)

    assert past.company == one
    assert lead.company == two


def test_one_key_of_the_custom_fields_is_walked_back_alone(db):
    lead = lead_made(custom={"tier": "gold", "since": 2020})
    changes.record(
        lead, {"custom.tier": None}, {"custom.tier": "gold"}, by=None, at=START + timedelta(days=1)
    )

    assert changes.as_of(lead, START).custom == {"since": 2020}


def test_a_time_and_a_decimal_come_back_as_they_were():
    moment = START + timedelta(microseconds=1)

    assert datetime.fromisoformat(changes.plain(moment)) == moment
    assert changes.plain(Decimal("1.10")) == "1.10"


def test_abuse_E13_the_database_refuses_to_change_what_was_remembered(db):
    changes.record(lead_made(), {"city": "Gent"}, {"city": "Brugge"}, by=None)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        FieldChange.objects.update(old="Paris")


def test_forgetting_a_person_deletes_what_was_remembered_of_her(db):
    one, two = lead_made(), lead_made()
    for lead in (one, two):
        changes.record(lead, {"city": "Gent"}, {"city": "Brugge"}, by=None)

    assert changes.forget(Lead, [one.pk]) == 1
    assert FieldChange.objects.get().object_id == two.pk


TEXT = st.text(alphabet=st.characters(exclude_characters="\x00", codec="utf-8"), max_size=8)
EDITS = st.lists(
    st.tuples(
        st.integers(0, 50),  # minutes since the edit before; 0 is the same instant
        st.fixed_dictionaries(
            {},
            optional={
                "first_name": TEXT,
                "job_title": TEXT,
                "birth_year": st.none() | st.integers(1900, 2020),
                "next_step_at": st.none()
                | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
                "social": st.dictionaries(st.sampled_from("abc"), TEXT, max_size=2),
            },
        ),
    ),
    max_size=12,
)
FIELDS = ["first_name", "job_title", "birth_year", "next_step_at", "social"]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(edits=EDITS)
def test_as_of_equals_what_the_record_was_after_random_edits(db, edits):
    lead, at = lead_made(), START
    remembered = {at: {name: getattr(lead, name) for name in FIELDS}}
    for minutes, values in edits:
        at += timedelta(minutes=minutes)
        edit(lead, at, **values)
        remembered[at] = {name: getattr(lead, name) for name in FIELDS}

    today = Lead.objects.get(pk=lead.pk)
    for moment, state in remembered.items():
        past = changes.as_of(today, moment)
        assert {name: getattr(past, name) for name in FIELDS} == state


def test_who_was_away_is_known_for_any_time(db):
    bob = User.objects.create_user("bob@team.example", name="Bob")
    carl = User.objects.create_user("carl@team.example", name="Carl")
    availability.change(bob, is_available=False, by=None, reason="Leave", at=START)
    availability.change(bob, is_available=True, by=None, capacity=30, at=START + timedelta(days=7))

    people = [bob.pk, carl.pk]
    assert availability.away(people, at=START - timedelta(days=1)) == set()
    assert availability.away(people, at=START + timedelta(days=1)) == {bob.pk}
    assert availability.away(people, at=START + timedelta(days=8)) == set()
    assert availability.capacities(people, at=START + timedelta(days=8)) == {bob.pk: 30}
