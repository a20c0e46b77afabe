"""Retention runs dry first, takes whom it showed and nobody with work under way; the trash empties."""

from datetime import timedelta

import pytest
from django.urls import reverse

from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.insights.measures import counted_leads
from leadflow.models import Lead, Note, Organisation, Suppression
from leadflow.runs import leasing, working
from leadflow.runs.models import Run
from leadflow.services import activities, leads, organisation, privacy, retention
from pipeline.models import Deal
from pipeline.services import deals
from tests.factories.core import NOON, a_lead
from tests.factories.pipeline import deal as a_deal

pytestmark = pytest.mark.django_db
LONG_AGO = NOON - timedelta(days=800)


@pytest.fixture(autouse=True)
def a_year(db):
    organisation.change(by=None, retention_months=12)


def run_to_its_end() -> Run:
    run = leasing.claim(heavy=True)
    assert run is not None
    working.execute(run)
    return Run.objects.get()


def erased() -> set[int]:
    return {lead.pk for lead in Lead.objects.all() if lead.is_erased}


def test_abuse_I04_the_dry_run_names_idle_leads_and_spares_the_rest():
    idle = a_lead(at=LONG_AGO)
    busy = a_lead(at=LONG_AGO)
    activities.log(kind="call", subject="Call", lead=busy, by=None, at=NOON)
    a_lead(at=NOON)

    assert retention.dry_run(NOON) == [idle.pk]


def test_abuse_I04_a_run_erases_exactly_those_of_the_dry_run():
    idle = {a_lead(at=LONG_AGO).pk for _each in range(3)}
    a_lead(at=NOON)
    retention.confirm(by=None)
    shown = set(retention.dry_run(NOON))

    retention.begin_once_a_night(NOON)
    run = run_to_its_end()

    assert shown == idle == erased()
    assert run.result == {"erased": 3}


def test_abuse_I04_a_person_in_an_open_deal_is_never_taken():
    lead = a_lead(at=LONG_AGO)
    a_deal(lead=lead)
    retention.confirm(by=None)

    retention.begin_once_a_night(NOON)
    run_to_its_end()

    assert erased() == set()


def test_who_came_alive_after_the_dry_run_is_spared():
    lead = a_lead(at=LONG_AGO)
    retention.confirm(by=None)
    retention.begin_once_a_night(NOON)
    activities.log(kind="call", subject="Call", lead=lead, by=None, at=NOON)

    run_to_its_end()

    assert erased() == set()


def test_months_alone_erase_nobody():
    a_lead(at=LONG_AGO)

    assert retention.begin_once_a_night(NOON) is None


def test_other_months_ask_for_another_look():
    retention.confirm(by=None)

    organisation.change(by=None, retention_months=6)

    assert retention.begin_once_a_night(NOON) is None


def test_a_night_begins_once():
    retention.confirm(by=None)

    assert retention.begin_once_a_night(NOON) is not None
    assert retention.begin_once_a_night(NOON + timedelta(hours=1)) is None


def test_without_a_policy_there_is_nothing_to_confirm():
    organisation.change(by=None, retention_months=None)

    with pytest.raises(Conflict, match="how many months"):
        retention.confirm(by=None)


def test_an_admin_looks_and_switches_it_on_and_off(client, alice):
    client.force_login(alice)
    Lead.objects.update(created_at=LONG_AGO)
    lead = a_lead(at=LONG_AGO, last_name="Idleman")

    page = client.get(reverse("console:retention")).content.decode()
    client.post(reverse("console:retention-confirm"))
    on = Organisation.current().retention_confirmed_at
    client.post(reverse("console:retention-pause"))

    assert lead.name in page
    assert on is not None
    assert Organisation.current().retention_confirmed_at is None
    facts = Event.objects.filter(data__name="organisation.retention_confirmed_at")
    assert [event.actor_id for event in facts] == [alice.pk, alice.pk]


def test_a_lead_leaves_the_trash_for_good_after_thirty_days():
    lead = a_lead("gone@example.org")
    leads.trash_many(lead_ids=[lead.pk], by=None, at=NOON)

    assert retention.empty_trash(NOON + timedelta(days=29)) == 0
    assert retention.empty_trash(NOON + timedelta(days=31)) == 1
    assert retention.empty_trash(NOON + timedelta(days=31)) == 0
    assert erased() == {lead.pk}


def test_who_was_thrown_away_may_come_back_by_herself():
    lead = a_lead("gone@example.org")
    leads.trash_many(lead_ids=[lead.pk], by=None, at=NOON)
    retention.empty_trash(NOON + timedelta(days=31))

    again = a_lead("gone@example.org")

    assert again.pk != lead.pk
    assert not Suppression.objects.exists()


def test_who_was_thrown_away_does_not_count_again_once_erased():
    thrown, idle = a_lead(), a_lead()
    leads.trash_many(lead_ids=[thrown.pk], by=None, at=NOON)
    retention.empty_trash(NOON + timedelta(days=31))
    privacy.erase(lead=idle, by=None)

    assert list(Lead.objects.filter(counted_leads())) == [idle]


def test_a_person_of_an_open_deal_stays_in_the_trash():
    lead = a_lead()
    a_deal(lead=lead)
    leads.trash_many(lead_ids=[lead.pk], by=None, at=NOON)

    assert retention.empty_trash(NOON + timedelta(days=31)) == 0


def test_a_deal_leaves_the_trash_with_what_hangs_on_it_alone():
    deal = a_deal()
    Note.objects.create(text="About it", subject_ref=f"deal:{deal.pk}", created_at=NOON)
    deals.trash_many(deal_ids=[deal.pk], by=None, at=NOON)

    assert retention.empty_trash(NOON + timedelta(days=31)) == 1
    assert not Deal.objects.exists()
    assert not Note.objects.exists()
