"""Work on a deal is written down where it is done: how it went, and what comes next."""

from datetime import timedelta

import pytest

from leadflow.kit import clock
from leadflow.models import Activity
from leadflow.services import activities
from pipeline.models import Deal
from qualification.models import BantAnswer
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def bobs(client, bob):
    client.force_login(bob)
    return client


@pytest.fixture
def deal(bob):
    return make.deal(bob, lead=make.lead(bob, first_name="Anna", last_name="Brandt"))


def tomorrow():
    return (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("kind", ["call", "meeting", "demo"])
def test_what_happened_is_logged_with_its_outcome_and_the_next_step(bobs, deal, bob, kind):
    answer = bobs.post(
        f"/deals/{deal.pk}/log/",
        {
            "log-kind": kind, "log-subject": "Showed the roof", "log-outcome": "Wants numbers",
            "log-minutes": "40", "log-body": "Flat, good access", "log-next_kind": "email",
            "log-next_subject": "Send the numbers", "log-next_due_at": tomorrow(),
        },
    )  # fmt: skip

    done, planned = Activity.objects.order_by("pk")
    assert answer.status_code == 303
    assert (done.kind, done.outcome, done.minutes) == (kind, "Wants numbers", 40)
    assert (done.subject_ref, done.lead, bool(done.done_at)) == (deal.ref, deal.lead, True)
    assert (planned.kind, planned.subject, planned.done_at) == ("email", "Send the numbers", None)


def test_without_a_next_step_none_is_planned(bobs, deal):
    bobs.post(f"/deals/{deal.pk}/log/", {"log-kind": "demo", "log-subject": "Demo"})

    assert Activity.objects.get().kind == "demo"


def test_a_next_step_without_a_time_is_refused_and_nothing_is_kept(bobs, deal):
    answer = bobs.post(
        f"/deals/{deal.pk}/log/",
        {"log-kind": "call", "log-subject": "Called", "log-next_subject": "Call again"},
    )

    assert answer.status_code == 422
    assert "Say when." in answer.content.decode()
    assert not Activity.objects.exists()


def test_a_planned_step_is_finished_with_how_it_went_and_what_is_next(bobs, deal, bob):
    step = activities.plan(
        kind="demo", subject="Show the yield", lead=deal.lead, subject_ref=deal.ref, owner=bob,
        due_at=clock.now(), body="Bring the case", by=bob,
    )  # fmt: skip
    url = f"/deals/{deal.pk}/steps/{step.pk}/done/"
    assert "How did it go: Show the yield?" in bobs.get(url).content.decode()

    bobs.post(
        url,
        {"outcome": "Convinced", "body": "Asked for a quote", "next_kind": "call",
         "next_subject": "Go through the quote", "next_due_at": tomorrow()},
    )  # fmt: skip

    step.refresh_from_db()
    assert (step.outcome, step.body) == ("Convinced", "Bring the case\n\nAsked for a quote")
    assert Activity.objects.open().get().subject == "Go through the quote"


def test_the_panel_of_next_steps_leads_to_the_question(bobs, deal, bob):
    step = activities.plan(
        kind="call", subject="Call", subject_ref=deal.ref, owner=bob, due_at=clock.now(), by=bob
    )

    panel = bobs.get(f"/todos/of/deal/{deal.pk}/").content.decode()

    assert f"/deals/{deal.pk}/steps/{step.pk}/done/" in panel


# --- the discovery call ---


CALL = {
    "subject": "Discovery call", "outcome": "Has a budget", "minutes": "30", "body": "",
    "budget_value": "planned", "budget_amount": "50000", "budget_detail": "for the roof",
    "authority_value": "champion", "authority_detail": "", "need_value": "unknown",
    "need_detail": "", "timing_value": "soon", "timing_detail": "",
    "timing_target_on": "2099-05-01",
}  # fmt: skip


def link_on(client, deal):
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    return page.partition(f'href="/scoring/bant/{deal.lead_id}/call/')[2].partition('"')[0]


def test_a_discovery_call_on_a_deal_keeps_what_was_learned_with_the_call_as_evidence(bobs, deal):
    url = f"/scoring/bant/{deal.lead_id}/call/{link_on(bobs, deal)}"
    assert "What has been set aside?" in bobs.get(url).content.decode()

    answer = bobs.post(url, CALL)

    call = Activity.objects.get()
    learned = {row.letter: row for row in BantAnswer.objects.all()}
    assert (call.kind, call.subject_ref, call.outcome) == ("discovery", deal.ref, "Has a budget")
    assert sorted(learned) == ["authority", "budget", "timing"]
    assert (learned["budget"].value, learned["budget"].amount_max) == ("planned", 50_000)
    assert {row.evidence for row in learned.values()} == {f"activity:{call.pk}"}
    assert answer.headers["Location"] == f"/deals/{deal.pk}/"


def test_a_discovery_call_on_a_lead_goes_back_to_her(bobs, deal):
    answer = bobs.post(f"/scoring/bant/{deal.lead_id}/call/", CALL)

    assert Activity.objects.get().subject_ref == ""
    assert answer.headers["Location"] == deal.lead.get_absolute_url()


def test_a_call_cannot_be_put_on_a_deal_by_a_made_up_name(bobs, deal, bob):
    other = make.deal(bob, lead=make.lead(bob))
    seal = link_on(bobs, other).removeprefix("?about=")

    for about in ("deal:7", seal):  # no seal, and the seal of another person's deal
        bobs.post(f"/scoring/bant/{deal.lead_id}/call/?about={about}", CALL)

    assert {row.subject_ref for row in Activity.objects.all()} == {""}


def test_a_call_that_is_refused_keeps_neither_the_call_nor_an_answer(bobs, deal):
    bad = CALL | {"next_subject": "Again"}

    assert bobs.post(f"/scoring/bant/{deal.lead_id}/call/", bad).status_code == 422
    assert not Activity.objects.exists()
    assert not BantAnswer.objects.exists()
    assert Deal.objects.count() == 1
