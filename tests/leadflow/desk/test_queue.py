"""My day: where its rows come from, in which order they stand, and how they are worked in place."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import localtime

from distribution.models import ResponseClock
from leadflow.calendars import arranging
from leadflow.desk import queue
from leadflow.desk.queue import Group, outcomes
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import Activity, LeadCycle, LeadStage, Nudge, Snooze
from leadflow.services import activities, leads, merging, nudges
from pipeline.services import deals
from tests.factories import quotes as a_quote
from tests.factories.calendars import a_booking, a_meeting
from tests.factories.core import a_lead
from tests.factories.pipeline import deal

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


@pytest.fixture
def waiting(bob):
    """A lead of bob's whose first answer is due in twenty minutes."""

    def begun(lead=None, *, due=timedelta(minutes=20)):
        lead = lead or a_lead(owner=bob)
        cycle = LeadCycle.objects.get(lead=lead)
        at = clock.now()
        return ResponseClock.objects.create(
            cycle=cycle, lead=lead, started_at=at, due_at=at + due
        ).lead

    return begun


def step_of(bob, lead, kind="call", due=timedelta(hours=-1), subject="Ring"):
    return activities.plan(
        kind=kind, subject=subject, lead=lead, owner=bob, due_at=clock.now() + due, by=bob
    )


def replied(lead, words="Tomorrow is full", at=None):
    record(Kind.REPLY_RECEIVED, lead_id=lead.pk, data={"title": words}, at=at or clock.now())


def keys_of(bob):
    return [row.key for row in queue.build(bob).rows]


def test_what_waits_now_stands_before_what_is_late_and_what_is_idle(bob, waiting):
    idle = leads.advance(a_lead(owner=bob), to=LeadStage.MQL, by=None)
    late = step_of(bob, a_lead(owner=bob), due=timedelta(hours=-30))
    soon = waiting()

    assert keys_of(bob) == [
        f"clock:{soon.response_clocks.get().pk}",
        f"activity:{late.pk}",
        f"idle:{idle.pk}",
    ]


def test_a_clock_says_how_long_is_left(bob, waiting):
    waiting()

    assert queue.build(bob).rows[0].reason in {"19 min left", "20 min left"}


def test_a_planned_call_takes_over_the_clock_that_it_will_stop(bob, waiting):
    lead = waiting()
    call = step_of(bob, lead, due=timedelta(minutes=5))

    (row,) = queue.build(bob).rows

    assert (row.key, row.group) == (f"activity:{call.pk}", Group.NOW)
    assert row.reason.endswith("left")


def test_a_to_do_stands_beside_the_clock_of_its_lead(bob, waiting):
    step_of(bob, waiting(), kind="todo")

    assert len(queue.build(bob).rows) == 2


def test_a_reply_is_a_row_until_somebody_reaches_out(bob, drain_events):
    lead = a_lead(owner=bob)
    replied(lead)
    drain_events()
    before = [(row.reason, row.why) for row in queue.build(bob).rows]

    activities.log(kind="email", subject="Answered", lead=lead, by=bob)
    drain_events()

    assert before == [("Replied", "Tomorrow is full")]
    assert keys_of(bob) == []


def test_three_replies_are_one_row_with_the_newest_words(bob, drain_events):
    lead = a_lead(owner=bob)
    for words in ("One", "Two", "Three"):
        replied(lead, words)
        drain_events()

    assert [row.why for row in queue.build(bob).rows] == ["Three"]


def test_who_warmed_up_by_what_she_wrote_stands_with_her_words(bob, drain_events):
    lead = a_lead(owner=bob)
    replied(lead, "Call me")
    drain_events()
    record(Kind.SCORE_CHANGED, lead_id=lead.pk, data={"from": "D4", "to": "D2"})
    drain_events()

    assert [row.why for row in queue.build(bob).rows] == ["Call me"]


def test_the_same_reply_told_twice_is_one_nudge(bob, drain_events):
    lead = a_lead(owner=bob)
    replied(lead)
    drain_events()
    fact = Nudge.objects.get()
    nudges.settle({lead.pk: clock.now()})

    Nudge.objects.bulk_create(
        [Nudge(lead=lead, kind=fact.kind, event_id=fact.event_id, at=fact.at)],
        ignore_conflicts=True,
    )

    assert Nudge.objects.count() == 1


def test_an_older_touch_does_not_answer_a_newer_reply(bob, drain_events):
    lead = a_lead(owner=bob)
    replied(lead)
    activities.log(
        kind="call", subject="Before", lead=lead, by=bob, at=clock.now() - timedelta(hours=1)
    )
    drain_events()

    assert len(keys_of(bob)) == 1


@pytest.mark.parametrize(
    ("was", "now", "rises"),
    [("B3", "B1", True), ("B3", "B2", True), ("B4", "B3", False), ("B1", "B2", False), ("", "A1", False)],
)  # fmt: skip
def test_a_lead_heats_up_when_she_comes_into_a_warm_band(bob, drain_events, was, now, rises):
    lead = a_lead(owner=bob)
    record(Kind.SCORE_CHANGED, lead_id=lead.pk, data={"from": was, "to": now})
    drain_events()

    assert [row.reason for row in queue.build(bob).rows] == (["Heated up"] if rises else [])


def test_new_rules_heat_nobody_up(bob, drain_events):
    lead = a_lead(owner=bob)
    data = {"from": "B3", "to": "B1", "by_publishing": True}
    record(Kind.SCORE_CHANGED, lead_id=lead.pk, data=data)
    drain_events()

    assert keys_of(bob) == []


def test_a_lead_without_an_owner_nudges_nobody(drain_events):
    replied(a_lead())
    drain_events()

    assert not Nudge.objects.exists()


def test_imported_replies_nudge_nobody(bob, drain_events):
    lead = a_lead(owner=bob)
    record(Kind.REPLY_RECEIVED, lead_id=lead.pk, data={"title": "Old"}, origin="import")
    drain_events()

    assert not Nudge.objects.exists()


def test_of_two_who_are_one_person_one_reply_waits(bob, drain_events):
    one, two = a_lead(owner=bob), a_lead(owner=bob)
    for lead in (one, two):
        replied(lead)
    drain_events()

    merging.merge(survivor=one, loser=two, by=None)
    drain_events()

    assert Nudge.objects.filter(settled_at=None).count() == 1


def test_a_row_shows_what_her_open_deals_may_bring(bob):
    lead = a_lead(owner=bob)
    deal(lead=lead, amount=500, owner=bob)
    step_of(bob, lead)

    assert queue.build(bob).rows[0].worth == 500


def test_an_accepted_quote_asks_to_close_its_deal(bob):
    version = a_quote.sent(bob, lead=a_lead(owner=bob, first_name="Ada", last_name="Ahlers"))
    a_quote.accept(version)

    row = next(row for row in queue.build(bob).rows if row.key == f"quote:{version.pk}")

    assert (row.group, row.act, row.deal_url) == (
        Group.NOW, "close", version.quote.deal.get_absolute_url(),
    )  # fmt: skip
    assert row.why == f"Ada Ahlers accepted {version.quote}: close the deal"


def test_a_quote_that_ends_soon_without_an_answer_asks_to_call(bob, as_bob):
    version = a_quote.sent(bob, lead=a_lead(owner=bob))
    later = version.valid_until - timedelta(days=2)

    def keys(day):
        at = datetime.combine(day, datetime.min.time(), tzinfo=UTC) + timedelta(hours=9)
        return [row.key for row in queue.build(bob, at=at).rows]

    assert f"quote:{version.pk}" in keys(later)
    assert f"quote:{version.pk}" not in keys(version.valid_until - timedelta(days=9))
    assert f"quote:{version.pk}" not in keys(version.valid_until + timedelta(days=1))


def test_quotes_of_others_and_of_closed_deals_ask_nothing(bob, mia):
    theirs = a_quote.sent(mia)
    a_quote.accept(theirs)
    mine = a_quote.sent(bob)
    a_quote.accept(mine)
    deals.win(mine.quote.deal, amount=900, by=bob)

    assert [key for key in keys_of(bob) if key.startswith("quote:")] == []


def test_the_row_of_a_quote_without_a_person_opens_its_deal(as_bob, bob):
    version = a_quote.sent(bob)
    a_quote.accept(version)

    page = as_bob.get("/my-day/").content.decode()

    assert f'href="{version.quote.deal.get_absolute_url()}"' in page


def test_the_queue_costs_the_same_for_many_rows(bob, waiting, django_assert_max_num_queries):
    for number in range(6):
        waiting()
        step_of(bob, a_lead(owner=bob), subject=str(number))

    with django_assert_max_num_queries(15):  # a source is a query, or two
        queue.build(bob)


def test_nobody_sees_the_row_of_another(as_bob, carl):
    lead = a_lead(owner=carl)
    step = step_of(carl, lead)

    assert as_bob.get(f"/my-day/activity:{step.pk}/", **HTMX).status_code == 404


def test_a_browser_that_is_up_to_date_is_answered_with_nothing(as_bob, bob):
    step_of(bob, a_lead(owner=bob))
    seen = queue.build(bob).revision

    assert as_bob.get("/my-day/", {"seen": seen}, **HTMX).status_code == 204
    assert as_bob.get("/my-day/", {"seen": "other"}, **HTMX).status_code == 200


def test_the_outcome_of_a_planned_call_completes_it_and_asks_for_the_next_step(as_bob, bob):
    step = step_of(bob, a_lead(owner=bob))

    answer = as_bob.post(
        f"/my-day/activity:{step.pk}/outcome/", {"outcome": "no_answer"}, **HTMX
    ).content.decode()

    step.refresh_from_db()
    assert (step.outcome, bool(step.done_at)) == ("no_answer", True)
    assert "Call again" in answer


def test_an_outcome_without_a_planned_call_writes_one_down(as_bob, bob, waiting):
    lead = waiting()

    as_bob.post(f"/my-day/clock:{lead.response_clocks.get().pk}/outcome/", {"outcome": "reached"})

    call = Activity.objects.get(lead=lead)
    assert (call.kind, call.outcome, bool(call.done_at)) == ("call", "reached", True)


def test_a_made_up_outcome_is_refused_and_writes_nothing(as_bob, bob):
    step = step_of(bob, a_lead(owner=bob))

    answer = as_bob.post(f"/my-day/activity:{step.pk}/outcome/", {"outcome": "sold"})

    step.refresh_from_db()
    assert (answer.status_code, step.done_at) == (422, None)


def test_planning_in_place_gives_the_lead_a_next_step(as_bob, bob):
    lead = leads.advance(a_lead(owner=bob), to=LeadStage.MQL, by=None)
    due = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT09:00")

    answer = as_bob.post(
        f"/my-day/plan/{lead.pk}/",
        {"activity-kind": "todo", "activity-subject": "Send it", "activity-due_at": due},
        **HTMX,
    )

    assert answer.status_code == 204
    assert keys_of(bob) == []


def test_a_plan_without_a_time_is_asked_again_with_what_was_typed(as_bob, bob):
    lead = leads.advance(a_lead(owner=bob), to=LeadStage.MQL, by=None)

    answer = as_bob.post(f"/my-day/plan/{lead.pk}/", {"activity-subject": "Send it"}, **HTMX)

    assert answer.status_code == 422
    assert "Send it" in answer.content.decode()


def test_planned_work_that_is_put_off_moves_its_time(as_bob, bob):
    step = step_of(bob, a_lead(owner=bob))

    as_bob.post(f"/my-day/activity:{step.pk}/later/", {"until": "tomorrow"})

    step.refresh_from_db()
    assert step.due_at > clock.now()
    assert not Snooze.objects.exists()


def test_another_row_that_is_put_off_comes_back_by_itself(as_bob, bob, waiting):
    lead = waiting()
    key = f"clock:{lead.response_clocks.get().pk}"

    as_bob.post(f"/my-day/{key}/later/", {"until": "week"})

    assert key not in keys_of(bob)
    until = Snooze.objects.get(user=bob).until
    assert key in [row.key for row in queue.build(bob, at=until + timedelta(minutes=1)).rows]


def test_a_reply_that_needs_nothing_is_taken_off_by_hand(as_bob, bob, drain_events):
    replied(a_lead(owner=bob))
    drain_events()

    as_bob.post(f"/my-day/nudge:{Nudge.objects.get().pk}/done/")

    assert keys_of(bob) == []


def test_a_clock_cannot_be_ticked_away(as_bob, waiting):
    lead = waiting()

    answer = as_bob.post(f"/my-day/clock:{lead.response_clocks.get().pk}/done/")

    assert answer.status_code == 422
    assert not Activity.objects.exists()


def test_after_five_calls_in_vain_the_lead_is_better_returned(bob):
    lead = a_lead(owner=bob)
    for _ in range(outcomes.TRIES):
        activities.log(kind="call", subject="Call", outcome="no_answer", lead=lead, by=bob)

    hint = outcomes.suggest("no_answer", lead, bob, clock.now())

    assert "returning the lead" in hint.words


def test_calls_in_vain_count_from_the_last_talk(bob):
    lead = a_lead(owner=bob)
    for said in ("no_answer", "reached", "voicemail"):
        activities.log(kind="call", subject="Call", outcome=said, lead=lead, by=bob)

    assert outcomes.tries_of(lead) == 1


def test_what_is_put_off_comes_back_in_working_time(bob):
    saturday = clock.now().replace(year=2026, month=3, day=7, hour=11)

    assert {f"{when:%a %H}" for when in outcomes.later(bob, saturday).values()} == {"Mon 09"}


# --- what visitors booked ------------------------------------------------------------------------


@pytest.fixture
def met(bob):
    """Books bob in some hours from now, negative for a meeting that has begun."""
    arranging.set_hours(user=bob, week=[["00:00", "24:00"]] * 7, by=None)
    meeting = a_meeting(bob, notice_hours=0, name="Demo")

    def book(hours=-1):
        lead = a_lead(owner=bob)
        due = (clock.now() + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
        return a_booking(meeting, due, lead=lead, at=due - timedelta(days=2))

    return book


def row_of(booking):
    return f"/my-day/activity:{booking.activity_id}/"


def test_a_booked_meeting_is_told_as_held_or_missed_not_as_a_call(as_bob, met):
    booking = met()

    opened = as_bob.get(row_of(booking), **HTMX).content.decode()
    refused = as_bob.post(f"{row_of(booking)}outcome/", {"outcome": "voicemail"})
    as_bob.post(f"{row_of(booking)}outcome/", {"outcome": "held"}, **HTMX)

    assert "Did the meeting take place?" in opened
    assert "Did not come" in opened
    assert "Voicemail" not in opened
    assert refused.status_code == 422
    assert Activity.objects.get(pk=booking.activity_id).outcome == "held"


def test_who_did_not_come_is_noted_on_the_booking_and_offered_another_time(as_bob, met):
    booking = met()

    answer = as_bob.post(f"{row_of(booking)}outcome/", {"outcome": "missed"}, **HTMX)

    booking.refresh_from_db()
    assert (booking.state, booking.activity.outcome) == ("missed", "missed")
    assert "Offer another time" in answer.content.decode()


@pytest.mark.parametrize(("hours", "words"), [(1, "move the meeting"), (-2, "whether it was held")])
def test_a_booked_meeting_is_not_put_off_behind_the_visitors_back(as_bob, met, hours, words):
    booking = met(hours)
    Activity.objects.filter(pk=booking.activity_id).update(due_at=clock.now())

    answer = as_bob.post(f"{row_of(booking)}later/", {"until": "tomorrow"})

    assert answer.status_code == 409
    assert words in answer.content.decode()
    assert Activity.objects.get(pk=booking.activity_id).due_at < clock.now()


def test_a_booked_meeting_is_moved_from_the_day_to_a_free_time(as_bob, bob, met):
    booking = met(2)
    Activity.objects.filter(pk=booking.activity_id).update(due_at=clock.now())
    opened = as_bob.get(row_of(booking), **HTMX).content.decode()
    to = re.findall(r'<option value="(20[^"]+)"', opened)[-1]

    answer = as_bob.post(f"/bookings/{booking.pk}/move/", {"at": to}, **HTMX)

    booking.refresh_from_db()
    assert answer.status_code == 204
    assert booking.starts_at == booking.activity.due_at == datetime.fromisoformat(to)
    assert Delivery.objects.filter(subject__startswith="Moved").exists()


def test_a_meeting_is_not_moved_to_a_time_that_is_not_free(as_bob, met):
    booking = met(2)
    Activity.objects.filter(pk=booking.activity_id).update(due_at=clock.now())

    past = as_bob.post(f"/bookings/{booking.pk}/move/", {"at": "2020-01-01T10:00:00+00:00"})
    nothing = as_bob.post(f"/bookings/{booking.pk}/move/", {"at": "soon"})

    assert (past.status_code, nothing.status_code) == (409, 422)


def ahead_of(user, at=None):
    return queue.ahead(user, queue.build(user, at=at))


def test_what_is_due_in_the_next_days_stands_under_upcoming_and_not_in_the_queue(as_bob, bob):
    now, lead = clock.now(), a_lead(owner=bob, first_name="Tove", last_name="Morrow")
    step_of(bob, lead, due=timedelta(days=1), subject="Ring about the roof")
    step_of(bob, lead, due=timedelta(days=3), subject="Send the plan", kind="email")
    step_of(bob, lead, due=timedelta(days=20), subject="Ask again")
    step_of(bob, a_lead(owner=bob), subject="Late one")

    found = ahead_of(bob, now)

    assert [row.activity.subject for row in found.rows] == ["Ring about the roof", "Send the plan"]
    assert keys_of(bob) == [f"activity:{Activity.objects.get(subject='Late one').pk}"]
    page = as_bob.get("/my-day/").text
    assert re.search(r'<details class="lf-qahead"(?! open)', page)
    assert re.search(r'id="lf-ahead-count"[^>]*>2<', page)
    assert "Ring about the roof" in page
    assert page.count("data-queue-row=") == 1


def test_the_upcoming_days_have_their_names_and_begin_with_tomorrow(bob):
    morning = localtime(clock.now()).replace(hour=9, minute=0, second=0, microsecond=0)
    for days in (2, 1, 1):
        step_of(bob, a_lead(owner=bob), due=morning + timedelta(days=days, minutes=1) - clock.now())

    found = ahead_of(bob, morning)

    heads = [(str(words), len(rows)) for words, rows in found.days]
    assert heads[0] == ("Tomorrow", 2)
    assert len(heads) == 2


def test_what_was_put_off_comes_back_under_upcoming_on_its_day(as_bob, bob):
    lead = a_lead(owner=bob, stage=LeadStage.SAL, first_name="Ida", last_name="Idle")
    nudges.put_off(user=bob, key=f"idle:{lead.pk}", until=clock.now() + timedelta(days=2))
    nudges.put_off(user=bob, key="idle:999999", until=clock.now() + timedelta(days=2))

    (row,) = ahead_of(bob).rows

    assert (row.title, row.key) == ("Ida Idle", f"idle:{lead.pk}")
    assert keys_of(bob) == []


def test_upcoming_is_told_anew_without_the_page_when_something_was_put_off(as_bob, bob):
    step = step_of(bob, a_lead(owner=bob), subject="Put me off")
    as_bob.post(f"/my-day/activity:{step.pk}/later/", {"until": "tomorrow"}, **HTMX)

    part = as_bob.get("/my-day/", {"part": "ahead"}, **HTMX).text

    assert "Put me off" in part
    assert re.search(r'id="lf-ahead-count" hx-swap-oob="true"[^>]*>1<', part)
    assert "<html" not in part


def test_nobody_sees_what_is_ahead_of_another(bob, carl):
    step_of(carl, a_lead(owner=carl), due=timedelta(days=1))

    assert ahead_of(bob).rows == []


def test_upcoming_costs_one_query_more_however_much_is_ahead(bob, django_assert_num_queries):
    for n in range(6):
        step_of(bob, a_lead(owner=bob), due=timedelta(days=1, hours=n))
    found = queue.build(bob)

    with django_assert_num_queries(1):
        queue.ahead(bob, found)
