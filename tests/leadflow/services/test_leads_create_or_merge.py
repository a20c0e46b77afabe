import threading

import pytest
from django.db import connection

from leadflow.errors import Invalid
from leadflow.events.models import Event
from leadflow.history.models import FieldChange
from leadflow.models import (
    Company,
    CustomField,
    Lead,
    LeadCycle,
    LeadIdentity,
    LeadScore,
    LeadStage,
)
from leadflow.services import leads
from tests.factories.core import NOON, a_lead, a_source

pytestmark = pytest.mark.django_db


def test_a_new_address_makes_one_lead_with_identity_cycle_and_score():
    outcome = leads.create_or_merge(
        email="Ann@Kessler-Foods.example", fields={"first_name": " Ann "}, at=NOON
    )

    assert outcome.created
    assert outcome.lead.first_name == "Ann"
    assert LeadIdentity.objects.get().value_norm == "ann@kessler-foods.example"
    assert LeadCycle.objects.get().lead_at == NOON
    assert LeadScore.objects.get().cell == "D4"


def test_a_work_domain_makes_the_company_and_finds_it_again():
    one = a_lead("ann@kessler.example")
    other = a_lead("ben@mail.kessler.example")

    assert one.company == other.company
    assert Company.objects.get().domain == "kessler.example"


def test_a_public_mailbox_tells_no_company():
    assert a_lead("ann@gmail.com").company is None


def test_abuse_A04_a_known_lead_gets_blanks_filled_and_nothing_overwritten():
    known = a_lead("ann@kessler.example", first_name="Ann")

    outcome = leads.create_or_merge(
        email="ANN@kessler.example", fields={"first_name": "Mallory", "job_title": "CEO"}, at=NOON
    )

    known.refresh_from_db()
    assert (outcome.created, outcome.lead.pk) == (False, known.pk)
    assert (known.first_name, known.job_title) == ("Ann", "CEO")
    assert outcome.proposed == {"first_name": "Mallory"}
    assert FieldChange.objects.get(field="job_title").new == "CEO"


def test_an_external_id_finds_the_person_whatever_her_address():
    known = a_lead("ann@kessler.example", external=("hubspot", "7"))

    outcome = leads.create_or_merge(email="ann@new.example", external=("hubspot", "7"), at=NOON)

    assert outcome.lead.pk == known.pk
    assert set(LeadIdentity.objects.filter(lead=known).values_list("value_norm", flat=True)) >= {
        "ann@new.example"
    }


def test_a_shared_phone_only_suggests():
    one = a_lead("ann@kessler.example", phone="+31205550148")
    other = a_lead("ben@kessler.example", phone="+31205550148")

    assert one.pk != other.pk


def test_a_subscriber_who_asks_becomes_a_lead():
    known = a_lead("ann@kessler.example", stage=LeadStage.SUBSCRIBER)

    leads.create_or_merge(email="ann@kessler.example", at=NOON)

    known.refresh_from_db()
    assert known.stage == LeadStage.LEAD


def test_bad_values_are_named_by_field_and_nothing_is_written():
    with pytest.raises(Invalid) as caught:
        leads.create_or_merge(
            email="not an address", fields={"owner": 1, "birth_year": 1492}, at=NOON
        )

    assert set(caught.value.fields) == {"email", "owner", "birth_year"}
    assert not Lead.objects.exists()


def test_the_fact_says_whether_the_lead_was_made():
    source = a_source()
    a_lead("ann@kessler.example", source=source)

    event = Event.objects.get(kind="lead.captured")
    assert event.data == {"created": True, "via": "test", "proposed": []}
    assert event.occurred_at == NOON


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_address_make_one_lead():
    gate = threading.Barrier(20)
    made = []

    def post() -> None:
        gate.wait()
        try:
            made.append(leads.create_or_merge(email="ann@kessler.example", at=NOON).created)
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(made) == [False] * 19 + [True]
    assert Lead.objects.count() == 1


def a_field(type, **fields):
    return CustomField.objects.create(subject="lead", key="own", label="Own", type=type, **fields)


def keep(value):
    lead = leads.create_or_merge(email="ann@k.example", fields={"custom.own": value}, at=NOON).lead
    return lead.custom.get("own")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "Infinity", "many", 10**400])
def test_a_number_of_ones_own_is_a_finite_number(value):
    a_field("number")

    with pytest.raises(Invalid) as caught:
        keep(value)

    assert caught.value.fields["custom.own"] == ["Enter a number."]


@pytest.mark.parametrize("value", ["31.12.2026", "2026-02-30", "soon", "2026", "12"])
def test_a_date_of_ones_own_is_a_day_of_the_calendar(value):
    a_field("date")

    with pytest.raises(Invalid) as caught:
        keep(value)

    assert caught.value.fields["custom.own"] == ["Enter a date such as 2026-11-22."]


@pytest.mark.parametrize("value", ["2026-11-22", " 2026-11-22 ", "20261122", NOON.date(), NOON])
def test_a_date_of_ones_own_is_kept_as_rules_compare_it(value):
    a_field("date")

    assert keep(value) == (f"{NOON:%Y-%m-%d}" if value in (NOON, NOON.date()) else "2026-11-22")
