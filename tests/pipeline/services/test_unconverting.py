"""A conversion is taken back: the lead is as she was, and what came since stays."""

from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.models import Activity, Company, Lead, LeadCycle, LeadStage
from leadflow.services import activities, companies, leads, notes
from pipeline.models import Conversion, Deal
from pipeline.services import converting, deals, unconverting
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db

NEVER_MIND = {"version", "updated_at", "search_text"}


def new_deal(**fields):
    return deals.Opening(name="Roof", amount=Decimal(100), stage=make.stage(), **fields)


def converted(lead, by, **choice):
    return converting.convert(lead, choice=converting.Choice(**choice), by=by)


def picture(lead):
    """What a conversion can touch of a lead, her cycle, companies, living deals and activities."""

    def rows(query):
        return [{k: v for k, v in row.items() if k not in NEVER_MIND} for row in query.values()]

    return {
        "lead": rows(Lead.objects.filter(pk=lead.pk)),
        "cycles": rows(LeadCycle.objects.filter(lead=lead).order_by("pk")),
        "companies": rows(Company.objects.order_by("pk")),
        "deals": rows(Deal.objects.living().order_by("pk")),
        "activities": rows(Activity.objects.filter(lead=lead).order_by("pk")),
    }


def test_the_deal_goes_to_the_trash_and_the_lead_back_to_her_stage(bob, recorded):
    lead = make.lead(bob)
    made = converted(lead, bob, opening=new_deal())

    undone, seen = unconverting.unconvert(made, by=bob)

    lead.refresh_from_db()
    assert (lead.stage, lead.furthest_stage) == (LeadStage.LEAD, LeadStage.LEAD)
    assert Deal.objects.get().deleted_at
    assert (undone.undone_by, seen.stays) == (bob, [])
    assert recorded(lead)[-2:] == ["deal.trashed", "lead.unconverted"]


def test_the_cycle_can_be_converted_anew_after_it(bob):
    lead = make.lead(bob)
    first = converted(lead, bob, opening=new_deal())
    unconverting.unconvert(first, by=bob)

    second = converted(lead, bob, opening=new_deal())

    assert second.pk != first.pk
    assert Deal.objects.living().get() == second.deal


def test_a_deal_that_she_joined_stays_without_what_it_had_from_her(bob):
    deal = make.deal(bob)
    lead = make.lead(bob)
    made = converted(lead, bob, deal=deal, company=lead.company)

    unconverting.unconvert(made, by=bob)

    deal.refresh_from_db()
    assert (deal.lead, deal.company, deal.deleted_at) == (None, None, None)


def test_what_somebody_changed_since_stays_and_is_told(bob, alice):
    lead = make.lead(bob, email="anna@gmail.com")
    made = converted(lead, bob, opening=new_deal(), company_name="Brandt AG")
    other = make.company("Other AG")
    leads.update(lead, values={"company": other}, by=alice)

    _undone, seen = unconverting.unconvert(made, by=bob)

    lead.refresh_from_db()
    assert seen.stays == ["company"]
    assert (lead.company, lead.stage) == (other, LeadStage.LEAD)


def test_a_company_that_somebody_edited_since_is_kept(bob, alice):
    lead = make.lead(bob, email="anna@gmail.com")
    made = converted(lead, bob, company_name="Brandt AG")
    companies.update(made.company, values={"city": "Bonn"}, by=alice)

    unconverting.unconvert(made, by=bob)

    assert Company.objects.filter(name="Brandt AG").exists()


def test_notes_and_work_since_stay_with_the_deal(bob):
    lead = make.lead(bob)
    made = converted(lead, bob, opening=new_deal())
    notes.add(text="Wants blue", lead=lead, subject_ref=made.deal.ref, by=bob)

    _undone, seen = unconverting.unconvert(made, by=bob)

    assert seen.since == 1


def test_a_won_deal_is_opened_again_first(bob):
    lead = make.lead(bob)
    made = converted(lead, bob, opening=new_deal())
    deals.win(made.deal, amount=Decimal(100), by=bob)

    with pytest.raises(Conflict, match="won"):
        unconverting.unconvert(Conversion.objects.get(), by=bob)


def test_after_thirty_days_it_is_too_late(bob):
    lead = make.lead(bob)
    made = converted(lead, bob, opening=new_deal())

    with pytest.raises(Conflict, match="30 days"):
        unconverting.unconvert(made, by=bob, at=clock.now() + timedelta(days=31))


def test_what_was_built_on_it_is_taken_back_first(bob):
    made = converted(make.lead(bob), bob, opening=new_deal())
    converted(make.lead(bob), bob, deal=made.deal)

    with pytest.raises(Conflict, match="on top"):
        unconverting.unconvert(made, by=bob)


def test_a_failure_on_the_way_leaves_the_conversion_standing(bob, monkeypatch):
    lead = make.lead(bob)
    made = converted(lead, bob, opening=new_deal())
    before = picture(lead)
    monkeypatch.setattr(unconverting, "record", lambda *args, **data: 1 / 0)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        unconverting.unconvert(made, by=bob)

    assert picture(lead) == before
    assert Conversion.objects.get().undone_at is None


@settings(max_examples=25, deadline=None)
@given(
    what=st.sampled_from(["new", "existing", "existing with all", "none"]),
    company=st.sampled_from(["none", "hers", "known", "matched", "new"]),
    mail=st.sampled_from(["anna@gmail.com", "anna@brandt.example"]),
    stage=st.sampled_from(["lead", "mql", "sql"]),
    planned=st.integers(0, 2),
)
def test_undo_gives_back_the_original(bob, what, company, mail, stage, planned):
    with transaction.atomic():
        check_undo(bob, what, company, mail, stage, planned)
        transaction.set_rollback(True)


def check_undo(bob, what, company, mail, stage, planned):
    lead = make.lead(bob, email=mail)
    if stage != "lead":
        leads.advance(lead, to=stage, by=bob)
    for number in range(planned):
        activities.plan(
            kind="call", subject=f"Call {number}", lead=lead, owner=bob, due_at=clock.now(), by=bob
        )
    known = make.company("Known AG")
    lead.refresh_from_db()
    choice = {
        "none": {},
        "hers": {"company": lead.company},
        "known": {"company": known},
        "matched": {"company_name": "known ag"},
        "new": {"company_name": "Never heard of"},
    }[company]
    if what == "new":
        choice["opening"] = new_deal()
    elif what.startswith("existing"):
        full = {"lead": make.lead(bob), "company": known} if what == "existing with all" else {}
        choice["deal"] = make.deal(bob, **full)
    before = picture(lead)

    made = converted(lead, bob, **choice)
    changed = picture(lead)
    unconverting.unconvert(made, by=bob)

    assert picture(lead) == before
    assert changed != before or what in {"none", "existing with all"}


@pytest.mark.django_db(transaction=True)
def test_taking_it_back_twice_at_once_does_it_once(bob):
    made = converted(make.lead(bob), bob, opening=new_deal())
    start, told = Barrier(3), []

    def undo():
        start.wait()
        try:
            unconverting.unconvert(made, by=bob)
            told.append("done")
        except Conflict:
            told.append("already")
        connection.close()

    threads = [Thread(target=undo) for _each in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(told) == ["already", "already", "done"]
    assert Deal.objects.living().count() == 0
