"""Missed opportunities: each kind is found by its facts, and its number is that of the rows it opens."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from capture.models import FormView, Submission
from distribution.models import ResponseClock
from leadflow.calendars.models import Booking
from leadflow.handover.models import Handover
from leadflow.insights import missed
from leadflow.insights.asking import Ask, everything
from leadflow.kit import clock
from leadflow.kit.periods import Period
from leadflow.mail.models import InboundMail
from leadflow.models import Activity, Engagement
from leadflow.services import activities, leads
from tests.factories import pipeline as deals
from tests.factories.calendars import a_booking, a_meeting
from tests.factories.capture import published_form
from tests.factories.core import a_lead, a_source
from tests.factories.quotes import sent
from tests.leadflow.insights.conftest import NOW, Q2, days

pytestmark = pytest.mark.django_db
SPRING = "from=2026-04-01&to=2026-06-30"


@pytest.fixture(autouse=True)
def _in_september(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def found(key, user=None, period=Q2, **narrow):
    ask = Ask(user or everything(), period, clock.now(), **narrow)
    return list(missed.rows_of(missed.KINDS[key], ask, period))


def a_clock(lead, due, touched=None):
    cycle = lead.cycles.get()
    return ResponseClock.objects.create(
        cycle=cycle, lead=lead, started_at=due - timedelta(hours=4), due_at=due, touched_at=touched
    )


def a_call(lead, at, by=None):
    return activities.log(kind="call", subject="Rang", lead=lead, by=by, at=at)


def a_mail(lead, at, kind=InboundMail.Kind.LETTER):
    return InboundMail.objects.create(
        lead=lead, kind=kind, state=InboundMail.State.FILED, received_at=at, subject="A question",
        message_id=f"{at:%s}@{lead.pk}",
    )  # fmt: skip


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_form_that_was_begun_and_not_sent_is_counted_and_one_that_was_sent_is_not():
    form = published_form()
    for key in ("left-0001", "sent-0001"):
        FormView.objects.create(form=form, key=key, seen_at=days(3), started_at=days(3))
    FormView.objects.create(form=form, key="seen-0001", seen_at=days(3))
    Submission.objects.create(
        form=form, version=form.versions.get(), client_submission_id="sent-0001",
        received_at=days(3), state=Submission.State.PROCESSED,
    )  # fmt: skip

    assert [row.key for row in found("forms")] == ["left-0001"]


def test_whoever_may_be_typing_still_has_an_hour():
    form = published_form()
    began = NOW - timedelta(minutes=30)
    FormView.objects.create(form=form, key="left-0001", seen_at=began, started_at=began)

    assert not missed.capture.forms_left(NOW)
    assert missed.capture.forms_left(NOW + timedelta(hours=1))


def test_a_person_who_agreed_to_be_known_is_named_once_until_she_sends_the_form(bob):
    ada, eve = a_lead(at=days(1), owner=bob), a_lead(at=days(1))

    def did(lead, kind, at, number):
        Engagement.objects.create(
            lead=lead, kind=kind, topic="form:1", label="Contact", source_type="visit",
            source_id=str(number), occurred_at=at,
        )  # fmt: skip

    did(ada, "form.started", days(2), 1)
    did(ada, "form.started", days(4), 2)
    did(eve, "form.started", days(2), 3)
    did(eve, "form.submitted", days(2, hours=1), 4)

    assert [(row.lead, row.occurred_at) for row in found("known")] == [(ada, days(4))]


def test_a_clock_that_ran_out_is_missed_and_a_later_call_says_so(bob):
    never, late, in_time = (a_lead(at=days(1), owner=bob) for _ in range(3))
    a_clock(never, days(2))
    a_clock(late, days(2), touched=days(3))
    a_call(late, days(3), bob)
    a_clock(in_time, days(2), touched=days(1, hours=23))

    assert {row.lead: row.is_still for row in found("clocks")} == {never: True, late: False}


def test_who_was_disqualified_before_her_clock_ran_out_was_not_missed(bob):
    lead = a_lead(at=days(1), owner=bob)
    a_clock(lead, days(3))
    lead.cycles.update(disqualified_at=days(2))

    assert not found("clocks")


def test_a_mail_is_missed_without_a_touch_in_the_day_after_it(bob):
    lead, other = a_lead(at=days(1), owner=bob), a_lead(at=days(1), owner=bob)
    a_mail(lead, days(2))
    a_mail(other, days(2))
    a_call(other, days(2, hours=3), bob)
    a_mail(lead, days(2), kind=InboundMail.Kind.AUTOMATIC).delete()

    assert [row.lead for row in found("mail")] == [lead]


def test_a_to_do_that_is_done_answers_nobody(bob):
    lead = a_lead(at=days(1), owner=bob)
    a_mail(lead, days(2))
    activities.log(kind="todo", subject="Looked", lead=lead, by=bob, at=days(2, hours=1))

    assert len(found("mail")) == 1


def test_a_hand_over_that_lapsed_is_missed(bob):
    lead = a_lead(at=days(1), owner=bob)
    Handover.objects.create(
        lead=lead, cycle=lead.cycles.get(), state=Handover.State.EXPIRED, offered_at=days(2),
        decided_at=days(5),
    )  # fmt: skip

    assert [row.lead for row in found("handovers")] == [lead]


def test_an_answer_that_came_out_of_the_quarantine_in_time_is_no_miss():
    form, lead = published_form(), a_lead(at=days(1))
    for key, hours in (("soon-0001", 5), ("late-0001", 30)):
        Submission.objects.create(
            form=form, version=form.versions.get(), client_submission_id=key, reason="crawler",
            received_at=days(3), processed_at=days(3, hours=hours), lead=lead,
            state=Submission.State.PROCESSED,
        )  # fmt: skip

    assert [row.client_submission_id for row in found("quarantine")] == ["late-0001"]


def test_a_quote_is_left_alone_without_a_touch_in_its_week(bob):
    alone = sent(bob, at=days(3), lead=a_lead(at=days(1), owner=bob))
    cared = sent(bob, at=days(3), lead=a_lead(at=days(1), owner=bob))
    a_call(cared.quote.deal.lead, days(6), bob)

    assert found("quotes") == [alone]


def test_a_touch_on_the_deal_of_a_company_counts_for_its_quote(bob):
    version = sent(bob, at=days(3))
    activities.log(
        kind="call", subject="Rang", subject_ref=f"deal:{version.quote.deal_id}", by=bob, at=days(6)
    )

    assert not found("quotes")


def test_a_missed_meeting_that_was_booked_anew_is_no_miss(bob):
    meeting = a_meeting(bob)
    gone = a_booking(meeting)
    anew = a_booking(meeting, starts_at=gone.starts_at + timedelta(hours=1))
    Booking.objects.update(state=Booking.State.MISSED)
    a_booking(meeting, starts_at=gone.starts_at + timedelta(days=1), lead=anew.lead)

    march = Period(date(2026, 3, 1), date(2026, 4, 1))
    assert [row.lead for row in found("bookings", period=march)] == [gone.lead]


def test_every_number_of_the_report_is_that_of_the_rows_it_opens(as_, alice, bob):
    fair = a_source("Fair")
    for number in range(3):
        lead = a_lead(at=days(1), owner=bob, source=fair)
        a_clock(lead, days(2 + number))
        a_mail(lead, days(2))
    a_call(lead, days(9), bob)
    a_mail(lead, days(-20))
    client = as_(alice)

    page = client.get(f"/missed/?{SPRING}")

    lines = {one["line"].kind.key: one for one in page.context["lines"]}
    assert (lines["clocks"]["line"].count, lines["clocks"]["line"].still) == (3, 2)
    assert lines["mail"]["line"].before == 1
    for one in lines.values():
        for name, number in (("url", one["line"].count), ("before_url", one["line"].before)):
            assert client.get(one[name]).context["page"].total == number
        if one["line"].still is not None:
            assert client.get(one["still_url"]).context["page"].total == one["line"].still
    for share in page.context["shares"]:
        for count, _label, url in share["cells"]:
            assert client.get(url).context["page"].total == count


def test_what_nobody_owns_and_what_one_source_brought_open_their_rows_too(as_, alice, bob):
    fair = a_source("Fair")
    a_clock(a_lead(at=days(1), source=fair), days(2))
    a_clock(a_lead(at=days(1), owner=bob), days(2))

    for by in ("owner", "source"):
        page = as_(alice).get(f"/missed/?{SPRING}&by={by}")
        totals = {share["name"]: share["total"] for share in page.context["shares"]}
        assert totals == ({"": 1, bob.name: 1} if by == "owner" else {"": 1, "Fair": 1})
        for share in page.context["shares"]:
            for count, _label, url in share["cells"]:
                assert as_(alice).get(url).context["page"].total == count


def test_the_open_deals_of_the_missed_count_once_each(bob):
    lead = a_lead(at=days(1), owner=bob)
    a_clock(lead, days(2))
    deals.deal(bob, lead=lead, amount=500)

    ask = Ask(everything(), Q2, NOW)
    line = next(one for one in missed.report(ask, None) if one.kind.key == "clocks")

    assert (line.deals, line.worth) == (1, 500)


def test_the_trend_speaks_only_where_chance_would_not():
    def trend(now, before):
        return missed.Line(missed.KINDS["mail"], now, before, 0, 0, 0, []).trend

    assert (trend(30, 10), trend(10, 30), trend(6, 5)) == ("bad", "good", "chance")
    assert (trend(4, 4), trend(4, None)) == ("", "")


def test_bob_sees_his_own_and_nobody_elses(as_, bob, carl):
    a_clock(a_lead(at=days(1), owner=bob), days(2))
    theirs = a_lead(at=days(1), owner=carl)
    a_clock(theirs, days(2))

    assert [row.lead.owner for row in found("clocks", bob)] == [bob]
    assert theirs.name not in text_of(as_(bob).get(f"/missed/clocks/?{SPRING}"))


def test_what_belongs_to_nobody_is_not_split_by_owner(as_, alice, bob):
    assert as_(alice).get(f"/missed/forms/?{SPRING}").status_code == 200
    assert as_(alice).get(f"/missed/forms/?{SPRING}&owner={bob.pk}").status_code == 404


def test_the_rows_are_given_work_all_at_once_and_the_page_comes_back(as_, mia, bob, north):
    rows = [a_lead(at=days(1), owner=bob) for _ in range(2)]
    here = f"/missed/clocks/?{SPRING}"
    for lead in rows:
        a_clock(lead, days(2))

    answer = as_(mia).post(
        reverse("desk:bulk-todo"),
        {"ids": [lead.pk for lead in rows], "subject": "Call her", "until": "tomorrow", "next": here},
    )  # fmt: skip

    assert answer["Location"] == here
    made = Activity.objects.filter(subject="Call her", done_at=None)
    assert {(row.lead_id, row.owner, row.given_by) for row in made} == {
        (lead.pk, bob, mia) for lead in rows
    }


def test_the_way_back_leads_nowhere_else(as_, mia, bob):
    lead = a_lead(at=days(1), owner=bob)
    body = {"ids": [lead.pk], "subject": "Call", "until": "week", "next": "https://evil.example/"}

    assert as_(mia).post(reverse("desk:bulk-todo"), body)["Location"] == "/leads/"


def test_a_to_do_for_a_lead_of_another_team_is_refused(as_, bob, carl):
    theirs = a_lead(at=days(1), owner=carl)
    body = {"ids": [theirs.pk], "subject": "Call", "until": "week"}

    as_(bob).post(reverse("desk:bulk-todo"), body)

    assert not Activity.objects.filter(subject="Call").exists()


def test_a_merged_lead_is_missed_once(bob):
    kept, gone = a_lead(at=days(1), owner=bob), a_lead(at=days(1), owner=bob)
    a_clock(kept, days(2))
    a_clock(gone, days(2))
    leads.trash_many(lead_ids=[gone.pk], by=None)

    assert [row.lead for row in found("clocks")] == [kept]


def test_the_report_takes_as_many_queries_however_many_rows_there_are(
    as_, alice, bob, django_assert_max_num_queries
):
    for number in range(12):
        lead = a_lead(at=days(1), owner=bob)
        a_clock(lead, days(2 + number % 3))
        a_mail(lead, days(2))
    client = as_(alice)
    client.get(f"/missed/?{SPRING}")

    with django_assert_max_num_queries(60):
        client.get(f"/missed/?{SPRING}")
    with django_assert_max_num_queries(22):
        client.get(f"/missed/clocks/?{SPRING}")


def test_a_time_without_misses_says_so(as_, alice):
    assert "Nobody was left waiting" in text_of(as_(alice).get(f"/missed/?{SPRING}"))
