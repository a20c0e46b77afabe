from datetime import UTC, date, datetime, time, timedelta

import pytest

from leadflow.errors import Conflict, Invalid, StaleVersion
from leadflow.mail import services as mail
from leadflow.mail.compose import compose
from leadflow.mail.models import Delivery
from leadflow.mail.sender import Sender
from leadflow.models import Campaign, Organisation, Suppression
from leadflow.segments import services as segments
from leadflow.services import addresses, consent
from nurturing.models import Broadcast, Reason, Recipient
from nurturing.services import audience, broadcasts, sending
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_broadcast, a_reader, cast, confirmed, run_broadcast

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(days=2)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    """The business clock stands, so that what is due is due."""
    moment = [NOON]
    monkeypatch.setattr("leadflow.kit.clock.now", lambda: moment[0])
    return moment


def reasons(broadcast):
    return dict(
        broadcast.recipients.filter(state="left_out").values_list("lead__first_name", "reason")
    )


def to_all():
    return sorted(Delivery.objects.values_list("lead__first_name", flat=True))


# --- who gets it ---


def test_everybody_of_its_segments_who_agreed_gets_it_once():
    ann, bea = a_reader(first_name="Ann"), a_reader(first_name="Bea")
    row = a_broadcast(ann, bea)
    both = segments.create(name="Both", kind="static", lead_ids=[ann.pk], by=None, at=NOON)
    row.include.add(both)

    cast(row)

    assert to_all() == ["Ann", "Bea"]
    assert row.recipients.filter(state="handed").count() == 2


def test_who_is_left_out_is_written_down_with_the_reason(alice):
    silent = a_lead(first_name="Silent")
    left = a_reader(first_name="Left")
    consent.withdraw(lead=left, at=NOON)
    gone = a_reader(first_name="Gone")
    addresses.suppress(email=gone.email, reason=Suppression.Reason.HARD_BOUNCE, by=None, at=NOON)
    staff = a_reader(first_name="Staff", email=alice.email)
    taken, full, happy = (a_reader(first_name=name) for name in ("Taken", "Full", "Happy"))
    mail.queue(
        key="x",
        kind="marketing",
        to=full.email,
        subject="s",
        text="t",
        lead_id=full.pk,
        due_at=NOON,
    )
    out = segments.create(name="Out", kind="static", lead_ids=[taken.pk], by=None, at=NOON)
    row = a_broadcast(silent, left, gone, staff, taken, full, happy, exclude=[out])

    counted = audience.review(row, at=NOON)
    cast(row)

    assert (counted.members, counted.going) == (7, 1)
    assert reasons(row) == {
        "Silent": Reason.NO_CONSENT,
        "Left": Reason.UNSUBSCRIBED_PURPOSE,
        "Gone": Reason.HARD_BOUNCE,
        "Staff": Reason.STAFF,
        "Taken": Reason.EXCLUDED,
        "Full": Reason.CAPPED,
    }
    assert {str(reason): n for reason, n in counted.reasons} == dict.fromkeys(
        map(str, reasons(row).values()), 1
    )


def test_two_leads_with_one_address_get_one_mail():
    ann, twin = a_reader(first_name="Ann"), a_reader(first_name="Twin")
    type(twin).objects.filter(pk=twin.pk).update(email=ann.email.upper())
    row = a_broadcast(ann, twin)

    cast(row)

    assert to_all() == ["Ann"]
    assert reasons(row) == {"Twin": Reason.DUPLICATE}


def test_an_address_that_became_anothers_before_it_left_gets_one_mail():
    ann, bea = a_reader(first_name="Ann"), a_reader(first_name="Bea")
    row = confirmed(a_broadcast(ann, bea))
    row.run.refresh_from_db()
    sending.freeze_some(row, sending.freeze_some(row, 0))
    type(bea).objects.filter(pk=bea.pk).update(email=ann.email)

    run_broadcast(row)

    assert to_all() == ["Ann"]
    assert reasons(row) == {"Bea": Reason.DUPLICATE}


def test_made_up_people_get_it_only_while_mail_stays_here(settings):
    row = a_broadcast(a_reader(first_name="Demo", origin="demo"), a_reader(first_name="Real"))
    assert audience.review(row, at=NOON).going == 2

    settings.SMTP_HOST = "smtp.example"

    counted = audience.review(row, at=NOON)
    assert (counted.going, counted.left_out[Reason.DEMO]) == (1, 1)


def test_another_purpose_asks_for_its_own_consent():
    ann, bea = a_reader(first_name="Ann"), a_reader(first_name="Bea")
    consent.give(lead=bea, purpose="product news", at=NOON)

    cast(a_broadcast(ann, bea, purpose="product news"))

    assert to_all() == ["Bea"]
    assert Delivery.objects.get().purpose == "product news"


def test_who_joins_after_it_was_confirmed_is_not_added(at_noon):
    ann, late = a_reader(first_name="Ann"), a_reader(first_name="Late")
    row = confirmed(a_broadcast(ann))
    at_noon[0] = NOON + timedelta(minutes=1)
    segments.add_many(row.include.get(), lead_ids=[late.pk], by=None)

    run_broadcast(row)

    assert to_all() == ["Ann"]


def test_who_opts_out_between_confirming_and_sending_gets_nothing():
    ann, bea = a_reader(first_name="Ann"), a_reader(first_name="Bea")
    row = confirmed(a_broadcast(ann, bea))
    sending.freeze_some(row, sending.freeze_some(row, 0))
    consent.withdraw(lead=bea, at=NOON)

    run_broadcast(row)

    assert to_all() == ["Ann"]
    assert reasons(row) == {"Bea": Reason.UNSUBSCRIBED_PURPOSE}


def test_who_opts_out_after_the_hand_over_is_stopped_by_the_ledger():
    ann = a_reader()
    cast(a_broadcast(ann))
    consent.withdraw(lead=ann, at=NOON)

    Sender().run()

    assert Delivery.objects.get().state == "skipped"


def test_a_merged_person_gets_it_as_the_survivor(alice):
    ann, twin = a_reader(first_name="Ann"), a_reader(first_name="Twin")
    row = confirmed(a_broadcast(twin))
    sending.freeze_some(row, sending.freeze_some(row, 0))

    audience.follow_merge(survivor_id=ann.pk, merged_id=twin.pk)

    assert row.recipients.get().lead == ann


# --- when ---


def timed(*leads, timing, on=date(2026, 3, 4), hour=9, **fields):
    return a_broadcast(*leads, timing=timing, send_on=on, send_time=time(hour), **fields)


def test_at_a_time_is_the_hour_of_the_organisation(at_noon):
    Organisation.current()
    Organisation.objects.update(time_zone="Europe/Berlin")
    row = confirmed(timed(a_reader(time_zone="Asia/Tokyo"), timing="at"))

    run_broadcast(row)

    due = datetime(2026, 3, 4, 8, tzinfo=UTC)
    assert (row.state, row.begins_at) == ("scheduled", due)
    assert not Delivery.objects.exists()
    at_noon[0] = due
    sending.push_due()
    row.refresh_from_db()
    run_broadcast(row)
    assert Delivery.objects.get().due_at == due


@pytest.mark.parametrize(("hours", "then"), [(1, 1), (3, 3), (4, 24), (30, 48)])
def test_going_on_after_a_pause_keeps_to_the_hour_of_each_reader(at_noon, hours, then):
    row = confirmed(timed(a_reader(time_zone="Asia/Tokyo"), timing="local"))
    run_broadcast(row)
    row.refresh_from_db()
    due = row.recipients.get().due_at
    sending.pause(row, by=None)
    at_noon[0] = due + timedelta(hours=hours)

    sending.resume(row, by=None)

    assert row.recipients.get().due_at == due + timedelta(hours=then)


def test_by_their_own_clock_each_gets_it_at_that_hour(at_noon):
    tokyo = a_reader(first_name="Tokyo", time_zone="Asia/Tokyo")
    lima = a_reader(first_name="Lima", time_zone="America/Lima")
    row = confirmed(timed(tokyo, lima, timing="local"))
    run_broadcast(row)

    due = dict(row.recipients.values_list("lead__first_name", "due_at"))
    assert due == {
        "Tokyo": datetime(2026, 3, 4, 0, tzinfo=UTC),
        "Lima": datetime(2026, 3, 4, 14, tzinfo=UTC),
    }
    at_noon[0] = due["Tokyo"]
    sending.push_due()
    row.refresh_from_db()
    run_broadcast(row)
    assert (to_all(), row.state) == (["Tokyo"], "sending")


def test_whose_hour_is_over_already_gets_it_at_once():
    early = a_reader(time_zone="Pacific/Auckland")
    late = a_reader(time_zone="America/Lima")

    counted = audience.review(timed(early, late, timing="local", on=NOON.date(), hour=8), at=NOON)

    assert (counted.at_once, counted.first) == (1, NOON)


def test_a_time_that_is_over_is_refused():
    row = timed(a_reader(), timing="at", on=NOON.date(), hour=9)

    with pytest.raises(Invalid, match="over"):
        confirmed(row)


def test_one_that_is_a_day_too_late_waits_for_a_person(at_noon, recorded):
    row = confirmed(timed(a_reader(), timing="at"))
    run_broadcast(row)
    at_noon[0] = row.begins_at + timedelta(hours=25)

    sending.push_due()

    row.refresh_from_db()
    assert (row.state, Delivery.objects.count()) == ("paused", 0)
    assert "day ago" in row.alert
    sending.resume(row, by=None)
    row.refresh_from_db()
    run_broadcast(row)
    assert Delivery.objects.count() == 1


# --- confirming ---


def test_the_number_that_was_shown_is_the_number_that_goes():
    row = a_broadcast(a_reader(), a_reader())

    with pytest.raises(Conflict, match="2 people now, not to 3"):
        sending.confirm(row, by=None, expected=3, at=NOON)


def test_a_change_since_it_was_read_is_not_confirmed():
    row = a_broadcast(a_reader())

    with pytest.raises(StaleVersion):
        sending.confirm(row, by=None, expected=1, revision=row.revision - 1, at=NOON)


def test_a_second_click_confirms_nothing_twice():
    row = confirmed(a_broadcast(a_reader()))

    with pytest.raises(Conflict):
        sending.confirm(row, by=None, expected=1, at=NOON)
    run_broadcast(row)

    assert Delivery.objects.count() == 1


def test_what_went_out_is_not_changed_any_more():
    row = cast(a_broadcast(a_reader()))

    with pytest.raises(Conflict, match="Duplicate it"):
        broadcasts.edit(row, by=None, name="Other", subject="x", body="y")


def test_nobody_to_write_to_is_refused():
    with pytest.raises(Conflict, match="Nobody would get it"):
        sending.confirm(a_broadcast(a_lead()), by=None, expected=0, at=NOON)


# --- on the way ---


def test_it_is_sent_when_the_ledger_has_tried_every_mail(recorded):
    row = cast(a_broadcast(a_reader(), a_reader()))
    assert row.state == "sending"

    Sender().run()
    sending.push_due()

    row.refresh_from_db()
    assert (row.state, row.ended_at) == ("sent", NOON)
    assert recorded().count("broadcast.sent") == 1


def test_a_pause_takes_back_what_was_not_begun_and_going_on_sends_it_once():
    row = cast(a_broadcast(*(a_reader() for _ in range(5))))
    Sender().run(limit=2)

    sending.pause(row, by=None)

    row.refresh_from_db()
    assert (row.state, row.recipients.waiting().count()) == ("paused", 3)
    assert Delivery.objects.count() == 2
    assert Sender().run().total() == 0
    sending.resume(row, by=None)
    row.refresh_from_db()
    run_broadcast(row)
    Sender().run()
    assert Delivery.objects.filter(state="sent").count() == 5
    assert Delivery.objects.values("lead").distinct().count() == 5


def test_a_mail_that_a_sender_has_claimed_is_fenced_off_by_a_pause():
    from leadflow.mail import ledger

    row = cast(a_broadcast(a_reader()))
    claimed = ledger.claim(limit=1)[0]

    sending.pause(row, by=None)

    assert ledger.begin(claimed, transport="outbox") is None


def test_what_is_called_off_ends_with_what_was_begun(recorded):
    row = cast(a_broadcast(*(a_reader() for _ in range(5))))
    Sender().run(limit=2)

    assert sending.cancel(row, by=None, at=NOON) == 3
    Sender().run()

    states = sorted(Delivery.objects.values_list("state", flat=True))
    assert states == ["sent", "sent", "skipped", "skipped", "skipped"]
    assert "broadcast.cancelled" in recorded()


def test_a_scheduled_one_becomes_a_draft_again():
    row = confirmed(timed(a_reader(), timing="at"))
    run_broadcast(row)

    sending.take_back(row, by=None)

    row.refresh_from_db()
    assert (row.state, row.recipients.count()) == ("draft", 0)
    confirmed(row)


def test_nothing_is_handed_over_after_a_pause():
    row = confirmed(a_broadcast(a_reader()))
    sending.pause(row, by=None)
    row.refresh_from_db()

    assert sending.hand_over(row, at=NOON) == 0


def test_a_run_that_failed_pauses_it_with_the_reason(monkeypatch):
    row = confirmed(a_broadcast(a_reader()))
    monkeypatch.setattr(sending, "hand_over", lambda *_a, **_k: 1 / 0)
    assert run_broadcast(row) == "failed"

    sending.push_due()

    row.refresh_from_db()
    assert row.state == "paused"
    assert "division" in row.alert


def test_a_person_for_whom_nothing_is_left_to_say_is_left_out_alone():
    ann, nameless = a_reader(first_name="Ann"), a_reader(first_name="")
    row = a_broadcast(ann, nameless, subject="{{ lead.first_name }}")

    cast(row)

    assert to_all() == ["Ann"]
    assert reasons(row) == {"": Reason.ERROR}


def test_a_person_who_was_erased_is_not_written_to():
    from leadflow.services import privacy

    ann = a_reader(first_name="Ann")
    row = confirmed(a_broadcast(ann))
    sending.freeze_some(row, sending.freeze_some(row, 0))
    assert privacy.export(ann)["nurturing"][0]["broadcast__name"] == row.name

    privacy.erase(lead=ann, by=None)
    run_broadcast(row)

    assert not Delivery.objects.exists()
    assert row.recipients.get().email_hash == ""


# --- what it says ---


def test_its_links_carry_the_campaign_and_keep_what_they_have():
    campaign = Campaign.objects.create(name="Spring sale")
    body = "[Look](https://www.example/a?x=1#top) https://www.example/b?utm_source=own"

    cast(a_broadcast(a_reader(), body=body, campaign=campaign))

    text = Delivery.objects.get().text
    assert (
        "(https://www.example/a?x=1&utm_source=broadcast&utm_medium=email&utm_campaign=Spring+sale"
        in text
    )
    assert text.endswith("https://www.example/b?utm_source=own")


def test_who_comes_by_its_links_came_by_a_broadcast():
    from leadflow.services import channels

    campaign = Campaign.objects.create(name="Spring sale")
    row = a_broadcast(a_reader(), body="[Look](https://www.example/a)", campaign=campaign)
    cast(row)
    landing = Delivery.objects.get().text.partition("(")[2].rstrip(")")

    assert channels.of_touch(utm={}, referrer="", landing=landing) == "broadcast"


def test_the_preview_text_stands_hidden_at_the_top():
    cast(a_broadcast(a_reader(), preview="Three <roofs>"))

    made = compose(Delivery.objects.get())

    assert 'display:none">Three &lt;roofs&gt;</div>' in made.html.replace(": ", ":")
    assert "Three" not in made.text
    assert "Unsubscribe" in made.html


def test_fields_are_filled_in_for_each(django_assert_max_num_queries):
    body = 'Hello {{ lead.first_name | default: "there" }}'
    row = confirmed(a_broadcast(a_reader(first_name="Ann"), a_reader(first_name=""), body=body))

    run_broadcast(row)

    assert set(Delivery.objects.values_list("text", flat=True)) == {"Hello Ann", "Hello there"}


def test_no_statement_is_run_for_a_single_person(django_assert_max_num_queries):
    few = confirmed(a_broadcast(a_reader()))
    many = confirmed(a_broadcast(*(a_reader() for _ in range(40))))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for row in (few, many):
        with CaptureQueriesContext(connection) as context:
            run_broadcast(row)
        counts.append(len(context))

    assert Delivery.objects.count() == 41
    assert counts[1] <= counts[0] + 2


def test_a_copy_is_a_draft_of_the_same_words():
    row = cast(a_broadcast(a_reader(), preview="Look"))

    copy = broadcasts.duplicate(row, by=None)

    assert (copy.state, copy.subject, copy.preview) == ("draft", "News", "Look")
    assert copy.include.get() == row.include.get()
    assert copy.send_on is None


def test_one_that_is_going_is_not_put_away():
    row = confirmed(a_broadcast(a_reader()))

    with pytest.raises(Conflict, match="Call it off"):
        broadcasts.archive(row, by=None)
    assert Broadcast.objects.living().count() == 1
    assert Recipient.objects.count() == 0
