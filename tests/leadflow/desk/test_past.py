"""The time machine: a lead as she was at the end of a day."""

from datetime import date, timedelta

import pytest

from leadflow.desk.past import as_it_was
from leadflow.models import LeadStage
from leadflow.services import companies, consent, leads, notes
from qualification.services import bant
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FIRST, NEXT = NOON.date(), (NOON + DAY).date()


def facts(past):
    return {fact.label: (fact.then, fact.now) for fact in past.facts if fact.is_other}


@pytest.fixture
def ann(alice):
    lead = a_lead(email="ann@old.example", first_name="Ann", last_name="Old", job_title="Buyer")
    return leads.update(
        lead,
        values={"last_name": "New", "job_title": "Head of buying", "company": firm("Sunworks")},
        by=alice,
        at=NOON + 2 * DAY,
    )


def firm(name):
    return companies.match_or_create(name=name)


def test_fields_are_walked_back_to_that_day(ann, alice):
    past = as_it_was(ann, NEXT, alice)

    assert past.name == "Ann Old"
    assert facts(past)["Job title"] == ("Buyer", "Head of buying")
    assert facts(past)["Company"] == ("Old", "Sunworks")
    assert past.changed == len(facts(past))


def test_the_day_of_a_change_shows_what_it_made(ann, alice):
    assert facts(as_it_was(ann, (NOON + 2 * DAY).date(), alice)) == {}


def test_before_she_was_known_there_is_nothing(ann, alice):
    assert as_it_was(ann, FIRST - DAY, alice) is None


def test_stage_and_owner_are_named_in_words(ann, alice, bob):
    leads.assign(ann, owner=bob, by=alice, at=NOON + 3 * DAY)
    leads.advance(ann, to=LeadStage.MQL, by=alice, reason="hand", at=NOON + 3 * DAY)
    ann.refresh_from_db()

    found = facts(as_it_was(ann, NEXT, alice))

    assert found["Owner"] == ("", bob.name)
    assert found["Stage"] == ("Lead", "MQL")


def test_bant_is_walked_back_letter_by_letter(ann, alice):
    bant.answer(lead=ann, letter="need", value="latent", by=alice, at=NOON + 1 * DAY)
    bant.answer(lead=ann, letter="need", value="urgent", by=alice, at=NOON + 3 * DAY)

    assert facts(as_it_was(ann, FIRST, alice))["Need"] == ("Not known", "Urgent")
    assert facts(as_it_was(ann, NEXT, alice))["Need"] == ("Latent", "Urgent")


def test_what_was_agreed_later_is_not_shown(ann, alice):
    consent.give(lead=ann, channel="email", text="Yes please", by=alice, at=NOON + 3 * DAY)

    assert as_it_was(ann, NEXT, alice).consents == []
    assert len(as_it_was(ann, (NOON + 4 * DAY).date(), alice).consents) == 1


def test_tags_put_on_and_taken_off_since_are_undone(ann, alice):
    notes.tag_many(lead_ids=[ann.pk], names=["warm"], by=alice, at=NOON)
    notes.untag_many(lead_ids=[ann.pk], name="warm", by=alice, at=NOON + 3 * DAY)
    notes.tag_many(lead_ids=[ann.pk], names=["vip"], by=alice, at=NOON + 3 * DAY)

    assert as_it_was(ann, NEXT, alice).tags == ["warm"]
    assert as_it_was(ann, (NOON + 4 * DAY).date(), alice).tags == ["vip"]


def test_the_nearest_changes_lead_on_and_back(ann, alice):
    past = as_it_was(ann, NEXT, alice)

    assert (past.earlier, past.later) == (None, (NOON + 2 * DAY).date())
    assert as_it_was(ann, (NOON + 5 * DAY).date(), alice).earlier == (NOON + 2 * DAY).date()


def test_a_viewer_without_contact_rights_sees_no_address_of_then(ann, vera):
    assert not {"Email", "Phone"} & {fact.label for fact in as_it_was(ann, NEXT, vera).facts}


def test_the_page_shows_then_beside_today(client, alice, ann):
    client.force_login(alice)

    page = client.get(f"/leads/{ann.pk}/then/?on={NEXT}").content.decode()

    assert "Head of buying" in page
    assert "Ann Old at the end of" in page


@pytest.mark.parametrize("day", ["2026-13-01", "x", "", "9999-12-31", str(date(2100, 1, 1))])
def test_a_day_that_is_none_is_told_at_the_field(client, alice, ann, day):
    client.force_login(alice)

    answer = client.get(f"/leads/{ann.pk}/then/?on={day}")

    assert answer.status_code == 422
    assert b"lf-error" in answer.content


def test_abuse_E02_the_past_of_a_lead_out_of_reach_is_not_found(client, carl, ann, bob):
    leads.assign(ann, owner=bob, by=None)
    client.force_login(carl)

    assert client.get(f"/leads/{ann.pk}/then/").status_code == 404


def test_the_page_costs_as_many_queries_for_a_long_history_as_for_a_short_one(
    client, alice, ann, django_assert_max_num_queries
):
    for n in range(20):
        leads.update(ann, values={"city": f"Town {n}"}, by=alice, at=NOON + (3 + n) * DAY)
    client.force_login(alice)

    with django_assert_max_num_queries(30):
        client.get(f"/leads/{ann.pk}/then/?on={NEXT}")
