"""Several subjects of one broadcast: a sample tries them, one look decides, the rest gets the better one."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest

from leadflow.errors import Conflict, Invalid
from leadflow.mail.models import Delivery
from leadflow.mail.sender import Sender
from leadflow.models import Engagement
from leadflow.services import consent, privacy
from nurturing.models import Broadcast, Recipient, SubjectChosen
from nurturing.rules import choosing
from nurturing.services import approving, audience, broadcasts, checking, sending, subjects, why
from tests.factories.core import NOON
from tests.factories.nurturing import a_broadcast, a_reader, cast, confirmed, run_broadcast

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    """The business clock stands; few people are enough to compare."""
    moment = [NOON]
    monkeypatch.setattr("leadflow.kit.clock.now", lambda: moment[0])
    monkeypatch.setattr("nurturing.services.subjects.LEAST", 1)
    return moment


def trying(*leads, **fields):
    values = {"subject": "First", "other_subjects": ["Second"], "sample_share": 50} | fields
    return a_broadcast(*leads, **values)


def sent_sample(people=40, **fields):
    """One whose sample has left, and was found to have."""
    row = cast(trying(*(a_reader() for _ in range(people)), **fields))
    Sender().run()
    sending.push_due()
    row.refresh_from_db()
    return row


def tick(row):
    """What the tick and the worker that it wakes do."""
    sending.push_due()
    row.refresh_from_db()
    if row.run is not None and not row.run.is_finished:
        run_broadcast(row)


def click(row, place, most=1_000):
    """People of the sample who got that subject click in it."""
    for one in row.recipients.filter(is_sample=True, subject=place).order_by("id")[:most]:
        Engagement.objects.create(
            lead_id=one.lead_id, kind="mail.clicked", source_type="delivery",
            source_id=f"{one.delivery_id}:1", occurred_at=NOON + HOUR,
            actor_class=Engagement.Actor.HUMAN,
        )  # fmt: skip


def got():
    """Subject by person, each mail of the ledger once."""
    rows = list(Delivery.objects.values_list("lead", "subject"))
    assert len({lead for lead, _subject in rows}) == len(rows), "somebody got two"
    return dict(rows)


# --- the sample ---


def test_the_sample_is_of_its_share_is_shared_out_evenly_and_sticks():
    def drawn(broadcast):
        return [choosing.subject_of(broadcast, n, subjects=2, share=20) for n in range(20_000)]

    first = drawn(7)
    counted = Counter(first)

    assert counted[None] == pytest.approx(16_000, rel=0.02)
    assert counted[0] == pytest.approx(2_000, rel=0.1)
    assert counted[1] == pytest.approx(2_000, rel=0.1)
    assert drawn(7) == first
    assert drawn(8) != first


def test_the_sample_goes_first_each_with_her_subject_and_the_rest_waits():
    row = cast(trying(*(a_reader() for _ in range(40))))

    sample = dict(row.recipients.filter(is_sample=True).values_list("lead", "subject"))
    assert got() == {lead: row.subjects[place] for lead, place in sample.items()}
    assert set(got().values()) == {"First", "Second"}
    assert row.recipients.held().count() == 40 - len(sample)
    assert row.state == "sending"


def test_the_review_counts_who_goes_first_and_who_waits():
    row = trying(*(a_reader() for _ in range(40)))

    counted = audience.review(row, at=NOON)
    cast(row)

    assert counted.sample + counted.rest == counted.going == 40
    assert counted.sample == row.recipients.filter(is_sample=True).count()


def test_a_sample_that_would_tell_nothing_is_refused_with_the_reason(monkeypatch):
    monkeypatch.setattr("nurturing.services.subjects.LEAST", 100)
    row = trying(*(a_reader() for _ in range(4)))

    with pytest.raises(Conflict, match="Too few to tell"):
        confirmed(row)

    assert Broadcast.objects.get().state == "draft"


def test_two_leads_with_one_address_get_one_mail_whatever_they_wait_for(at_noon):
    people = [a_reader() for _ in range(60)]
    for one, twin in zip(people[::2], people[1::2], strict=True):
        type(twin).objects.filter(pk=twin.pk).update(email=one.email)

    row = cast(trying(*people))
    Sender().run()
    sending.push_due()
    for twin in people[1::2]:  # what she could have gone by since
        type(twin).objects.filter(pk=twin.pk).update(email=f"late{twin.pk}@x.example")
    at_noon[0] = NOON + 5 * HOUR
    tick(row)

    assert len(got()) == 30
    assert Counter(row.recipients.values_list("state", "reason")) == {
        ("handed", ""): 30,
        ("left_out", "duplicate"): 30,
    }


# --- the look ---


def test_the_clearly_better_subject_goes_to_the_rest_after_the_hours(at_noon, recorded):
    row = sent_sample()
    click(row, 1)
    sample = len(got())

    at_noon[0] = NOON + 4 * HOUR - timedelta(seconds=1)
    tick(row)
    assert (len(got()), SubjectChosen.objects.count()) == (sample, 0)
    at_noon[0] = NOON + 4 * HOUR
    tick(row)

    chosen = SubjectChosen.objects.get()
    assert (chosen.subject, chosen.is_clear, chosen.by) == (1, True, None)
    rest = row.recipients.filter(is_sample=False)
    assert {got()[one.lead_id] for one in rest} == {"Second"}
    assert set(rest.values_list("subject", "state")) == {(1, "handed")}
    assert len(got()) == 40
    assert recorded().count("broadcast.subject_chosen") == 1
    Sender().run()
    tick(row)
    assert row.state == "sent"
    assert "clearly better" in subjects.words_of(chosen)


def test_without_a_clear_winner_the_first_goes_out_and_it_is_said(at_noon):
    row = sent_sample()
    click(row, 1, most=1)

    at_noon[0] = NOON + 4 * HOUR
    tick(row)

    chosen = SubjectChosen.objects.get()
    assert (chosen.subject, chosen.is_clear) == (0, False)
    rest = row.recipients.filter(is_sample=False)
    assert {got()[one.lead_id] for one in rest} == {"First"}
    assert subjects.words_of(chosen).startswith("No subject was clearly better")


def test_what_comes_after_the_look_changes_nothing(at_noon):
    row = sent_sample()
    at_noon[0] = NOON + 4 * HOUR
    tick(row)
    click(row, 1)

    at_noon[0] = NOON + 6 * HOUR
    tick(row)
    assert not subjects.look(row, at=at_noon[0])

    assert SubjectChosen.objects.get().subject == 0
    assert len(got()) == 40


def test_the_hours_begin_when_the_ledger_has_tried_the_whole_sample(at_noon):
    row = cast(trying(*(a_reader() for _ in range(40))))
    at_noon[0] = NOON + 10 * HOUR
    tick(row)
    assert row.sample_left_at is None

    Sender().run()
    tick(row)

    assert row.decides_at == NOON + 14 * HOUR


def test_replies_decide_where_they_were_chosen(at_noon):
    from leadflow.mail.models import InboundMail

    row = sent_sample(decide_by="replies")
    click(row, 0)
    for one in row.recipients.filter(is_sample=True, subject=1):
        InboundMail.objects.create(
            message_id=f"r{one.pk}", kind="reply", lead_id=one.lead_id,
            delivery_id=one.delivery_id, received_at=NOON + HOUR,
        )  # fmt: skip

    at_noon[0] = NOON + 4 * HOUR
    tick(row)

    assert SubjectChosen.objects.get().subject == 1


# --- on the way ---


def test_while_it_is_paused_nothing_is_decided_and_going_on_decides_from_then(at_noon):
    row = sent_sample()
    click(row, 1)
    sample = len(got())
    sending.pause(row, by=None)
    at_noon[0] = NOON + 60 * HOUR
    tick(row)
    assert not SubjectChosen.objects.exists()

    row = sending.resume(row, by=None, at=at_noon[0])
    run_broadcast(row)
    assert len(got()) == sample
    tick(row)

    assert (row.state, SubjectChosen.objects.get().subject) == ("sending", 1)
    assert len(got()) == 40


def test_a_pause_takes_back_mails_of_the_sample_with_their_subject():
    row = cast(trying(*(a_reader() for _ in range(40))))
    before = got()
    Sender().run(limit=3)

    sending.pause(row, by=None)
    row = sending.resume(row, by=None, at=NOON)
    run_broadcast(row)

    assert got() == before


def test_a_decision_that_is_a_day_too_late_waits_for_a_person(at_noon):
    row = sent_sample()
    at_noon[0] = NOON + 29 * HOUR

    tick(row)

    assert (row.state, SubjectChosen.objects.count()) == ("paused", 0)
    row = sending.resume(row, by=None, at=at_noon[0])
    run_broadcast(row)
    tick(row)
    assert len(got()) == 40


def test_by_their_own_clock_the_rest_gets_it_the_next_time_it_shows_the_hour(at_noon):
    zones = ["Asia/Tokyo", "America/Lima"]
    people = [a_reader(time_zone=zones[n % 2]) for n in range(60)]
    at = {"timing": "local", "send_on": date(2026, 3, 4), "send_time": time(9)}
    row = confirmed(trying(*people, **at))
    run_broadcast(row)
    for moment in (datetime(2026, 3, 4, 0, tzinfo=UTC), datetime(2026, 3, 4, 14, tzinfo=UTC)):
        at_noon[0] = moment
        tick(row)
        Delivery.objects.filter(state__in=["planned", "queued"]).update(state="sent", attempts=1)
        tick(row)
    assert row.decides_at == datetime(2026, 3, 4, 18, tzinfo=UTC)

    at_noon[0] = row.decides_at
    tick(row)

    rest = row.recipients.filter(is_sample=False)
    assert set(rest.values_list("lead__time_zone", "due_at", "state")) == {
        ("Asia/Tokyo", datetime(2026, 3, 5, 0, tzinfo=UTC), "waiting"),
        ("America/Lima", datetime(2026, 3, 5, 14, tzinfo=UTC), "waiting"),
    }


def test_the_next_hour_of_a_clock_follows_the_change_of_the_hour():
    row = Broadcast(timing="local", send_on=date(2026, 3, 28), send_time=time(9))
    evening = datetime(2026, 3, 28, 20, tzinfo=UTC)  # Berlin turns its clocks in that night

    assert audience.due_again(row, "Europe/Berlin", evening) == datetime(2026, 3, 29, 7, tzinfo=UTC)
    assert audience.due_again(row, "Asia/Tokyo", evening) == datetime(2026, 3, 29, 0, tzinfo=UTC)


def test_somebody_decides_by_hand_and_only_once(at_noon, max):
    row = sent_sample()

    chosen = subjects.choose(row, subject=1, by=max, at=NOON)
    tick(row)

    assert (chosen.by, chosen.is_by_hand, chosen.is_clear) == (max, True, False)
    assert subjects.words_of(chosen) == f"{max.name} sent the rest with subject B."
    assert {got()[one.lead_id] for one in row.recipients.filter(is_sample=False)} == {"Second"}
    with pytest.raises(Conflict, match="decided already"):
        subjects.choose(row, subject=0, by=max, at=NOON)


@pytest.mark.parametrize("place", [-1, 2])
def test_a_subject_that_there_is_not_cannot_be_chosen(place):
    with pytest.raises(Conflict, match="no such subject"):
        subjects.choose(sent_sample(), subject=place, by=None, at=NOON)


def test_one_that_is_paused_has_to_go_on_before_its_rest_is_sent():
    row = sent_sample()
    sending.pause(row, by=None)

    with pytest.raises(Conflict, match="go on first"):
        subjects.choose(row, subject=0, by=None, at=NOON)


def test_called_off_the_rest_gets_nothing(at_noon):
    row = sent_sample()
    sample = len(got())

    assert sending.cancel(row, by=None) == 40 - sample

    at_noon[0] = NOON + 5 * HOUR
    tick(row)
    assert (len(got()), row.recipients.held().count()) == (sample, 0)


def test_a_draft_again_forgets_the_choice(at_noon):
    day = {"timing": "at", "send_on": date(2026, 3, 4), "send_time": time(9)}
    row = confirmed(trying(*(a_reader() for _ in range(40)), **day))
    run_broadcast(row)
    subjects.choose(row, subject=1, by=None, at=NOON)

    sending.take_back(row, by=None)

    assert not SubjectChosen.objects.exists()
    assert not Recipient.objects.exists()


def test_who_opts_out_or_is_erased_while_she_waits_gets_nothing(at_noon, alice):
    row = sent_sample()
    leaver, erased = (one.lead for one in row.recipients.held().order_by("id")[:2])
    consent.withdraw(lead=leaver, at=NOON)
    privacy.erase(lead=erased, by=alice)

    at_noon[0] = NOON + 4 * HOUR
    tick(row)

    states = dict(row.recipients.values_list("lead", "state"))
    assert (states[leaver.pk], states[erased.pk]) == ("left_out", "left_out")
    assert len(got()) == 38


def test_a_merged_person_waits_as_the_survivor():
    row = cast(trying(*(a_reader() for _ in range(40))))
    waiting, survivor = row.recipients.held().first(), a_reader()

    audience.follow_merge(survivor_id=survivor.pk, merged_id=waiting.lead_id)

    assert row.recipients.held().filter(lead=survivor).exists()


def test_the_rest_is_let_go_in_statements_for_many(django_assert_max_num_queries):
    row = sent_sample(60)
    subjects.choose(row, subject=1, by=None, at=NOON)

    with django_assert_max_num_queries(6):
        assert subjects.let_go(row, at=NOON) == row.recipients.filter(is_sample=False).count()


# --- writing it ---


def test_fields_of_each_subject_are_compiled_and_filled_in():
    people = [a_reader(first_name="Ann") for _ in range(20)]
    row = cast(trying(*people, subject="Hi", other_subjects=["Hi {{ lead.first_name }}"]))

    assert row.other_subjects[0]["program"]
    assert set(got().values()) == {"Hi", "Hi Ann"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"other_subjects": ["first "]}, "Two of the subjects are the same"),
        ({"other_subjects": ["{{ lead.none_such }}"]}, "Subject B"),
        ({"other_subjects": ["[[the offer]]"]}, "Fill in what stands in double brackets"),
    ],
)
def test_what_is_wrong_with_a_subject_is_named(fields, words):
    row = trying(a_reader(), **fields)

    assert any(words in sentence for _place, sentence in checking.problems(row, at=NOON))


@pytest.mark.parametrize(
    "fields",
    [
        {"other_subjects": ["b", "c", "d", "e"]},
        {"sample_share": 9},
        {"sample_share": 51},
        {"decide_after": 0},
        {"decide_after": 49},
        {"decide_by": "opens"},
    ],
)
def test_a_comparison_outside_of_its_bounds_is_refused(fields):
    with pytest.raises(Invalid):
        trying(a_reader(), **fields)


def test_a_yes_to_many_holds_for_the_subjects_that_were_read():
    row = trying(a_reader())
    asked = approving.of_broadcast(row, row.programs, 10)
    values = broadcasts.values_of(row)
    [values.pop(name) for name in list(values) if name.startswith("subject_")]

    row = broadcasts.edit(row, by=None, **values, other_subjects=["Third"])

    assert approving.of_broadcast(row, row.programs, 10).content != asked.content


def test_a_copy_keeps_the_subjects():
    copy = broadcasts.duplicate(trying(a_reader(), decide_after=9), by=None)

    assert (copy.subjects, copy.decide_after) == (["First", "Second"], 9)


def test_why_she_got_it_names_her_subject(at_noon):
    row = sent_sample()
    one = row.recipients.filter(is_sample=True, subject=1).first()
    held = row.recipients.held().first()

    assert "with the subject “Second”" in why.of_recipient(one)
    assert "several subjects are tried" in why.of_recipient(held).lower()
