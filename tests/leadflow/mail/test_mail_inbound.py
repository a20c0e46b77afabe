"""What comes in is a row with a state and a reason, and a fact where it means something."""

import pytest

from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.mail import inbound, mailboxes, meanings
from leadflow.mail.inbound import Came
from leadflow.mail.models import Delivery, InboundMail, Mailbox
from leadflow.mail.sender import send_due
from leadflow.models import Engagement, Lead, Nudge, Source, Suppression, Tag, Touchpoint
from leadflow.notifications import handlers
from leadflow.notifications.models import Notice, Notification
from leadflow.services import addresses, leads
from tests.leadflow.mail.letters import letter, report

pytestmark = pytest.mark.django_db
S = InboundMail.State


@pytest.fixture
def mailbox():
    source = Source.objects.create(name="Mail to us", channel="direct")
    values = {"kind": "postmark", "host": "", "folder": "INBOX", "source": source}
    tags = [Tag.objects.create(name="wrote")]
    return mailboxes.add(
        by=None, secret="s" * 20, address="leads@north.example", tags=tags, **values
    )


@pytest.fixture
def arrive(mailbox):
    def _arrive(raw, **fields):
        return inbound.receive(
            Came(mailbox, raw if isinstance(raw, bytes) else raw.encode(), **fields)
        )

    return _arrive


@pytest.fixture
def ann():
    return leads.create_or_merge(email="ann@roofs.test-mail.com", via="hand").lead


@pytest.fixture
def sent(ann, write):
    delivery = write(to="ann@roofs.test-mail.com", kind="personal", lead_id=ann.pk)
    send_due()
    return Delivery.objects.get(pk=delivery.pk)


def kinds():
    return list(
        Event.objects.filter(subject_type="mail.inboundmail").values_list("kind", flat=True)
    )


def test_mail_of_a_stranger_becomes_a_lead(arrive, drain_events):
    row = arrive(letter(1, sender="Lee, Ann <ann@roofs.test-mail.com>"))
    drain_events()

    row.refresh_from_db()
    lead = Lead.objects.get(email="ann@roofs.test-mail.com")
    assert (row.state, row.lead_id) == (S.FILED, lead.pk)
    assert (lead.name, lead.source.name, lead.phone) == ("Ann Lee", "Mail to us", "")
    assert [tag.name for tag in lead.tags.all()] == ["wrote"]
    assert Touchpoint.objects.get(lead=lead).source.name == "Mail to us"


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ('"Lee, Ann" <a@b.test-mail.com>', "Ann", "Lee"),
        ("Ann van der Lee <a@b.test-mail.com>", "Ann", "van der Lee"),
        ("a@b.test-mail.com", "", ""),
        ('"a@b.test-mail.com" <a@b.test-mail.com>', "", ""),
        ("=?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <a@b.test-mail.com>", "Jürgen", "Müller"),
    ],
)
def test_the_name_is_what_stands_in_from(arrive, drain_events, written, first, last):
    arrive(letter(1, sender=written))
    drain_events()

    lead = Lead.objects.get()
    assert (lead.first_name, lead.last_name) == (first, last)


def test_the_same_message_twice_is_one(arrive):
    assert arrive(letter(1)) is not None
    assert arrive(letter(1)) is None
    assert InboundMail.objects.count() == 1


def test_a_message_without_an_id_is_known_by_its_bytes(arrive):
    raw = letter(1).replace("Message-ID: <n1@roofs.test-mail.com>\r\n", "")

    assert arrive(raw) is not None
    assert arrive(raw) is None
    assert arrive(raw + "P.S.\r\n") is not None


def test_mail_of_a_known_person_stands_on_her_timeline(arrive, ann):
    row = arrive(letter(1))

    assert (row.state, row.lead) == (S.FILED, ann)
    assert Event.objects.get(kind="mail.received").lead_id == ann.pk
    assert Lead.objects.count() == 1


def test_an_answer_to_mail_of_ours_is_a_reply(arrive, sent, ann):
    row = arrive(letter(1, In_Reply_To=sent.message_id))

    assert (row.kind, row.lead, row.delivery) == ("reply", ann, sent)
    event = Event.objects.get(kind="reply.received")
    assert event.data == {
        "delivery": sent.pk, "title": "A question 1", "words": "Do you roof barns?", "mail": row.pk,
        "meaning": "question",
    }  # fmt: skip


def test_the_owner_is_told_of_an_answer_by_its_first_words(arrive, sent, ann, bob, drain_events):
    leads.assign(ann, owner=bob, by=None)
    drain_events()
    arrive(letter(1, body="I was away.\r\n\r\n> Our mail", In_Reply_To=sent.message_id))
    drain_events()

    told = Notification.objects.get(kind=Notice.REPLY_RECEIVED)
    assert (told.user, told.lead, told.sentence) == (
        bob,
        ann,
        f"{ann.name} answered: “I was away.”",
    )
    assert Nudge.objects.get(lead=ann).words == "I was away."


def test_of_an_answer_nobody_is_told_whose_lead_it_is_not(arrive, sent, ann, drain_events):
    arrive(letter(1, In_Reply_To=sent.message_id))
    drain_events()

    assert not Notification.objects.filter(kind=Notice.REPLY_RECEIVED).exists()


def test_told_twice_of_one_answer_is_told_once(arrive, sent, ann, bob):
    leads.assign(ann, owner=bob, by=None)
    arrive(letter(1, In_Reply_To=sent.message_id))
    events = list(Event.objects.filter(kind="reply.received"))
    for _again in range(2):
        handlers.tell_of_reply(events)

    assert Notification.objects.get(kind=Notice.REPLY_RECEIVED).key == f"reply:{events[0].pk}"


def test_an_answer_from_another_address_of_hers_is_a_reply_too(arrive, sent, ann):
    references = f"<other@x.example> {sent.message_id}"
    row = arrive(letter(1, sender="ann@home.test-mail.com", References=references))

    assert (row.kind, row.lead) == ("reply", ann)


AUTOMATIC = {
    "an auto-submitted one": {"Auto_Submitted": "auto-replied"},
    "an answer of old programs": {"X_Autoreply": "yes"},
    "bulk": {"Precedence": "bulk"},
    "a list": {"List_Id": "<news.example>"},
    "an empty return path": {"Return_Path": "<>"},
    "out of office": {"Subject": "Out of Office: Your roof"},
    "in German": {"Subject": "Automatische Antwort: Ihr Dach"},
}


@pytest.mark.parametrize("what", AUTOMATIC)
def test_a_machine_makes_no_lead_and_no_reply(arrive, sent, ann, drain_events, what):
    before = Delivery.objects.count()
    row = arrive(letter(1, In_Reply_To=sent.message_id, **AUTOMATIC[what]))
    other = arrive(letter(2, sender="bot@else.test-mail.com", **AUTOMATIC[what]))
    drain_events()

    assert (row.kind, row.state, row.lead) == ("automatic", S.NOTED, ann)
    assert (other.kind, other.state, other.lead) == ("automatic", S.NOTED, None)
    assert kinds() == []
    assert Lead.objects.count() == 1
    assert Delivery.objects.count() == before  # never answered


@pytest.mark.parametrize("sender", ["MAILER-DAEMON@x.test-mail.com", "no-reply@x.test-mail.com"])
def test_a_mail_server_makes_no_lead(arrive, sender):
    assert arrive(letter(1, sender=sender)).state == S.NOTED


def test_our_own_mail_that_comes_back_ends_there(arrive, sent, settings):
    settings.MAIL_FROM = "Us <hello@north.example>"

    assert arrive(letter(1, X_Delivery_ID="abc")).reason == "own"
    assert arrive(letter(2, sender="leads@north.example")).reason == "own"
    assert arrive(letter(3, sender="hello@north.example")).reason == "own"
    assert kinds() == []


def test_a_hard_bounce_marks_the_delivery_and_suppresses_the_address(arrive, sent, ann):
    row = arrive(report(sent))

    sent.refresh_from_db()
    assert (row.kind, row.state, row.lead) == ("bounce", S.NOTED, ann)
    assert (sent.state, sent.smtp_code) == ("bounced", 550)
    assert addresses.is_suppressed(sent.to_norm, "")
    assert Suppression.objects.get().reason == "hard_bounce"
    found = Event.objects.filter(kind__in=["delivery.failed", "address.suppressed"])
    assert {event.lead_id for event in found} == {ann.pk}


def test_what_is_not_wanted_there_bounces_without_suppressing(arrive, sent):
    row = arrive(report(sent, status="5.7.1", words="554 5.7.1 rejected as spam"))

    sent.refresh_from_db()
    assert (sent.state, row.reason) == ("bounced", "blocked")
    assert not Suppression.objects.exists()


def test_a_report_that_gave_up_on_a_later_code_bounces_softly(arrive, sent):
    row = arrive(report(sent, status="4.4.7", words="4.4.7 delivery time expired"))

    sent.refresh_from_db()
    assert (sent.state, row.reason) == ("bounced", "bounced_soft")
    assert not Suppression.objects.exists()


def test_a_complaint_stops_all_mail_to_her(arrive, sent, ann):
    raw = report(sent).replace("report-type=delivery-status", "report-type=feedback-report")
    head, tail = raw.split("Content-Type: message/delivery-status")
    feedback = "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n--b1"
    row = arrive(head + feedback + tail[tail.index("\r\nContent-Type: text/rfc822-headers") :])

    sent.refresh_from_db()
    assert (row.kind, row.reason, row.lead, sent.state) == (
        "complaint",
        "complaint",
        ann,
        "complained",
    )
    assert Suppression.objects.get().reason == "complaint"


@pytest.mark.parametrize("words", ["unsubscribe", "Please remove me", "STOP", "Bitte abmelden!"])
def test_an_answer_that_only_says_stop_is_an_opt_out(arrive, sent, ann, words):
    row = arrive(letter(1, body=f"{words}\r\n\r\n> Hello", In_Reply_To=sent.message_id))

    assert (row.reason, row.meaning) == ("unsubscribed", "no")
    assert addresses.is_suppressed(ann.email, "marketing")
    assert Suppression.objects.get().reason == "unsubscribed"


def test_an_answer_that_says_more_than_stop_is_no_opt_out(arrive, sent, ann):
    body = "Stop by on Tuesday if you like, we unsubscribe from nothing."
    row = arrive(letter(1, body=body, In_Reply_To=sent.message_id))

    assert row.reason == ""
    assert not Suppression.objects.exists()


def test_of_one_who_is_away_the_day_of_return_is_kept_and_told(arrive, sent, ann):
    body = "I am out of the office until 12 August 2027."
    date = "Fri, 30 Jul 2027 09:00:00 +0000"
    row = arrive(
        letter(1, body=body, Subject="Out of office", Date=date, In_Reply_To=sent.message_id)
    )

    assert (row.kind, row.reason, str(row.back_on)) == ("automatic", "away", "2027-08-12")
    assert Event.objects.get(kind="lead.away").lead_id == ann.pk


def test_interest_in_an_answer_is_a_fact_that_scores_use(arrive, sent, ann):
    row = arrive(letter(1, body="Yes, sounds great, call me.", In_Reply_To=sent.message_id))

    assert row.meaning == "interested"
    assert Engagement.objects.get(kind="reply.interested").lead == ann


def test_who_corrects_the_meaning_is_on_record_and_interest_is_taken_back(arrive, sent, ann, alice):
    row = arrive(letter(1, body="Yes, sounds great, call me.", In_Reply_To=sent.message_id))
    for _twice in range(2):
        meanings.correct(mail=row, to="not_now", by=alice)

    row.refresh_from_db()
    assert (row.meaning, row.meaning_by) == ("not_now", alice)
    assert not Engagement.objects.filter(kind="reply.interested").exists()
    event = Event.objects.get(kind="reply.sorted")
    assert (event.actor_id, event.data["was"], event.data["to"]) == (
        alice.pk, "interested", "not_now"
    )  # fmt: skip


def test_a_full_mailbox_bounces_without_suppressing(arrive, sent):
    arrive(report(sent, status="5.2.2", words="552 5.2.2 mailbox full"))

    sent.refresh_from_db()
    assert sent.state == "bounced"
    assert not Suppression.objects.exists()


def test_a_delay_changes_nothing(arrive, sent):
    row = arrive(report(sent, status="4.4.1", action="delayed", words="451 4.4.1 no answer"))

    sent.refresh_from_db()
    assert (sent.state, row.reason) == ("sent", "delayed")


def test_a_report_about_mail_that_is_not_ours_suppresses_nobody(arrive, sent):
    raw = report(sent).replace(
        sent.message_id, "<d-00000000-0000-4000-8000-000000000000@x.example>"
    )

    assert arrive(raw).reason == "report"
    assert not Suppression.objects.exists()


def test_a_mailbox_that_makes_no_leads_lets_strangers_wait(arrive, mailbox, drain_events):
    Mailbox.objects.update(makes_leads=False)
    mailbox.refresh_from_db()
    row = arrive(letter(1))
    drain_events()

    assert (row.state, row.reason) == (S.HELD, "nobody")
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("headers", "sender", "reason"),
    [
        ({"X_Spam_Flag": "YES"}, "a@b.test-mail.com", "spam"),
        ({}, "a@mailinator.com", "disposable"),
        ({}, "alice@north.example", "colleague"),
        ({}, "nothing that is an address", "no_sender"),
    ],
)
def test_what_looks_wrong_waits_for_a_person(arrive, alice, headers, sender, reason):
    type(alice).objects.filter(pk=alice.pk).update(email="alice@north.example")
    row = arrive(letter(1, sender=sender, **headers))

    assert (row.state, row.reason) == (S.HELD, reason)
    assert kinds() == []


def test_an_address_that_writes_all_the_time_waits(arrive, ann):
    rows = [arrive(letter(n)) for n in range(inbound.OFTEN + 2)]

    assert [row.state for row in rows].count(S.FILED) == inbound.OFTEN
    assert rows[-1].reason == "often"


def test_a_person_makes_a_lead_of_what_waited(arrive, alice, drain_events):
    row = arrive(letter(1, X_Spam_Flag="YES"))
    inbound.take(mail=row, by=alice)
    drain_events()

    row.refresh_from_db()
    assert (row.state, row.decided_by) == (S.FILED, alice)
    assert Lead.objects.get().email == "ann@roofs.test-mail.com"
    with pytest.raises(Conflict):
        inbound.ignore(mail=row, by=alice)


def test_a_person_ignores_what_waited(arrive, alice, drain_events):
    row = arrive(letter(1, X_Spam_Flag="YES"))
    inbound.ignore(mail=row, by=alice)
    drain_events()

    assert InboundMail.objects.get().state == S.IGNORED
    assert not Lead.objects.exists()


def test_what_cannot_be_taken_is_kept_and_says_so(arrive, monkeypatch):
    def broken(_norm):
        raise RuntimeError("no")

    monkeypatch.setattr(inbound, "_known", broken)
    row = arrive(letter(1))

    assert (row.state, row.reason) == (S.HELD, "error: RuntimeError")


def test_mail_that_belongs_to_nobody_is_forgotten_after_its_days(arrive, ann):
    from datetime import timedelta

    from leadflow.kit import clock

    at = clock.now() - timedelta(days=inbound.KEPT_DAYS + 1)
    arrive(letter(1, sender="bot@else.test-mail.com", Precedence="bulk"), at=at)
    arrive(letter(2), at=at)

    assert inbound.forget() == 1
    assert InboundMail.objects.get().lead == ann


def test_erasing_her_takes_what_she_wrote(arrive, ann):
    from leadflow.services import privacy

    arrive(letter(1, body="my secret"))
    assert "my secret" in str(privacy.export(ann)["mail"])

    privacy.erase(lead=ann, by=None)

    assert not InboundMail.objects.exists()
