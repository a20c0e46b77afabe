import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection, transaction

from leadflow.errors import Conflict
from leadflow.models import Consent, Lead, LeadCycle, LeadIdentity
from leadflow.services import (
    activities,
    addresses,
    consent,
    engagement,
    leads,
    merging,
    notes,
    privacy,
)
from tests.factories.core import NOON, a_lead, a_user

pytestmark = pytest.mark.django_db
EARLIER = NOON.replace(month=1)


def test_the_older_identified_lead_survives_and_old_ids_redirect():
    old, new = (
        a_lead("ann@kessler.example", at=EARLIER),
        a_lead("ann@home.example", job_title="CEO"),
    )

    survivor, loser = merging.survivor_first(new, old)
    merging.merge(survivor=survivor, loser=loser, by=None)

    old.refresh_from_db()
    new.refresh_from_db()
    assert merging.survivor_of(new) == old
    assert old.job_title == "CEO"
    assert LeadIdentity.objects.filter(lead=old).count() == 2


def test_a_chain_of_merges_redirects_to_the_last_survivor():
    a, b, c = (a_lead(at=NOON.replace(day=day)) for day in (1, 2, 3))
    merging.merge(survivor=b, loser=c, by=None)
    merging.merge(survivor=a, loser=Lead.objects.get(pk=b.pk), by=None)

    assert merging.survivor_of(Lead.objects.get(pk=c.pk)) == a


def test_merging_keeps_the_same_fact_once():
    a, b = a_lead(at=EARLIER), a_lead()
    for lead in (a, b):
        engagement.append([engagement.Fact(lead.pk, "page.viewed", "visit", "9")])

    merging.merge(survivor=a, loser=b, by=None)

    assert a.engagements.count() == 1


def test_merging_keeps_the_earliest_time_of_each_stage():
    a, b = a_lead(at=EARLIER), a_lead()
    leads.advance(b, to="mql", by=None, at=NOON)

    merging.merge(survivor=a, loser=b, by=None)

    assert LeadCycle.objects.get(lead=a).mql_at == NOON


def test_a_lead_is_not_merged_twice():
    a, b = a_lead(), a_lead()
    merging.merge(survivor=a, loser=b, by=None)

    with pytest.raises(Conflict):
        merging.merge(survivor=a, loser=b, by=None)


def test_abuse_I03_a_consent_row_cannot_be_changed():
    row = consent.give(lead=a_lead(), text="Send me news.", at=NOON)

    with pytest.raises(DatabaseError, match="proof"), transaction.atomic():
        Consent.objects.filter(pk=row.pk).update(text="Sell my data.")


def test_abuse_I03_a_consent_row_is_taken_out_by_erasing_alone():
    row = consent.give(lead=a_lead(), text="Send me news.", at=NOON)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Consent.objects.filter(pk=row.pk).delete()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        row.lead.delete()

    privacy.erase(lead=row.lead, by=None)
    assert not Consent.objects.exists()


def test_withdrawing_stops_every_address_of_the_person():
    lead = a_lead("ann@kessler.example")
    consent.give(lead=lead)

    consent.withdraw(lead=lead)

    assert addresses.is_suppressed("ann@kessler.example", "marketing")
    assert consent.in_force([lead.pk], channel="email", purpose="marketing") == {
        lead.pk: "withdrawn"
    }


def everything_in_the_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        names = [name for (name,) in cursor.fetchall()]
        found = []
        for name in names:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{name}" t')
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def a_known_person() -> Lead:
    bob = a_user()
    lead = a_lead(
        "zaphod@heartofgold.example",
        first_name="Zaphod",
        last_name="Beeblebrox",
        phone="+31205550148",
    )
    leads.update(lead, values={"last_name": "Beeblebrox-Two"}, by=bob)
    notes.add(text="Zaphod has two heads", lead=lead, by=bob)
    activities.log(kind="call", subject="Called Zaphod", lead=lead, by=bob)
    consent.give(lead=lead, ip="203.0.113.9", text="Yes, Zaphod wants it.")
    return lead


def test_abuse_I01_erasing_leaves_no_trace_but_the_keyed_hash():
    lead = a_known_person()

    privacy.erase(lead=lead, by=None)

    dump = everything_in_the_database().lower()
    for marker in ("zaphod", "beeblebrox", "31205550148", "203.0.113.9"):
        assert marker not in dump
    assert addresses.is_suppressed("zaphod@heartofgold.example", "anything")


def test_a_person_gets_all_that_is_known_about_her():
    lead = a_known_person()

    text = json.dumps(privacy.export(lead), cls=DjangoJSONEncoder)

    for marker in ("Zaphod has two heads", "Called Zaphod", "203.0.113.9", "Beeblebrox-Two"):
        assert marker in text
