"""A rep writes to a lead where she works: once, from her own name, and only where she may."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from leadflow.kit import clock
from leadflow.mail import inbound, mailboxes
from leadflow.mail.inbound import Came
from leadflow.mail.models import Delivery, Mailbox, MailTemplate, SenderIdentity
from leadflow.mail.sender import send_due
from leadflow.models import Activity, Lead, Nudge, Suppression
from leadflow.services import activities, addresses
from tests.factories.calendars import a_meeting
from tests.factories.core import a_lead
from tests.leadflow.mail.letters import letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(bob):
    return a_lead("ann@customer.example", owner=bob, first_name="Ann", last_name="Lee")


@pytest.fixture
def bobs(client, bob):
    client.force_login(bob)
    return client


def typed(**more):
    given = {
        "draft": uuid4().hex,
        "to": "ann@customer.example",
        "subject": "The roof",
        "do": "send",
    }
    return given | {"text": "Hello Ann,\n\nshall we talk on Monday?\n\nBob"} | more


def draft_in(page):
    return re.search(r'name="draft" value="([^"]+)"', page.content.decode())[1]


def post(client, lead, *, htmx=False, **more):
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(f"/leads/{lead.pk}/mail/", typed(**more), headers=headers)


def test_a_rep_writes_from_the_lead_page_and_it_leaves_under_her_name(bobs, bob, ann):
    assert f'hx-get="/leads/{ann.pk}/mail/"' in bobs.get(f"/leads/{ann.pk}/").content.decode()

    answer = post(bobs, ann)

    assert (answer.status_code, answer["Location"]) == (303, f"/leads/{ann.pk}/")
    mail = Delivery.objects.get()
    assert (mail.kind, mail.to_norm, mail.lead_id, mail.by) == (
        "personal", "ann@customer.example", ann.pk, bob,
    )  # fmt: skip
    assert (mail.from_name, mail.reply_to) == ("Bob Berg", "bob@crm.example")
    assert mail.text.startswith("Hello Ann,")
    assert not mail.is_tracked


def test_a_double_click_sends_once_and_logs_one_touch(bobs, ann):
    page = bobs.get(f"/leads/{ann.pk}/mail/")
    draft = draft_in(page)

    for _click in range(2):
        assert post(bobs, ann, draft=draft).status_code == 303

    assert Delivery.objects.count() == 1
    assert Activity.objects.filter(lead=ann, kind="email").count() == 1


def test_other_words_under_the_same_draft_are_told_and_kept(bobs, ann):
    draft = uuid4().hex
    post(bobs, ann, draft=draft)

    answer = post(bobs, ann, draft=draft, text="And one thing more.")

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "was sent already, in other words" in page
    assert "And one thing more." in page
    assert draft_in(answer) != draft
    assert Delivery.objects.count() == 1


def test_a_mistake_keeps_what_was_typed(bobs, ann):
    answer = post(bobs, ann, subject="", text="A long letter", htmx=True)

    assert answer.status_code == 422
    assert "A long letter" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert not Delivery.objects.exists()


def test_a_letter_without_words_is_refused(bobs, ann):
    assert post(bobs, ann, text="  \n ").status_code == 422


def test_sending_is_a_touch_that_the_clocks_see(bobs, bob, ann, drain_events):
    post(bobs, ann)

    ann.refresh_from_db()
    (touch,) = Activity.objects.touches().filter(lead=ann)
    assert (touch.kind, touch.subject, touch.owner) == ("email", "The roof", bob)
    assert ann.last_activity_at == touch.done_at


REASONS = {
    "unsubscribed": "They want no mail at all any more.",
    "hard_bounce": "The mailbox does not exist",
    "complaint": "They complained",
    "blocked": "blocked by an admin",
}


@pytest.mark.parametrize("reason", REASONS)
def test_who_must_not_be_written_to_is_named_with_the_reason(bobs, ann, reason):
    addresses.suppress(email=ann.email, reason=Suppression.Reason(reason), by=None)

    page, answer = bobs.get(f"/leads/{ann.pk}/mail/").content.decode(), post(bobs, ann)

    assert REASONS[reason] in page
    assert "<textarea" not in page
    assert REASONS[reason] in answer.content.decode()
    assert not Delivery.objects.exists()


def test_an_opt_out_of_marketing_leaves_a_personal_mail_free(bobs, ann):
    addresses.suppress(
        email=ann.email, purpose="marketing", reason=Suppression.Reason.UNSUBSCRIBED, by=None
    )

    assert post(bobs, ann).status_code == 303


def test_who_has_no_address_cannot_be_written_to(bobs, bob):
    lead = a_lead("", owner=bob, phone="+4930901820")

    assert (
        "No address of this person is known."
        in bobs.get(f"/leads/{lead.pk}/mail/").content.decode()
    )


def test_times_to_meet_are_offered_by_a_letter_that_has_her_own_link(bobs, bob, ann):
    a_meeting(bob, slug="a-talk")
    Lead.objects.filter(pk=ann.pk).update(preferred_channel="meeting")

    page = bobs.get(f"/leads/{ann.pk}/").text
    letter = bobs.get(f"/leads/{ann.pk}/mail/?meet=1").text

    assert f'hx-get="/leads/{ann.pk}/mail/?meet=1"' in page
    assert page.count('data-key="M"') == 1
    assert 'value="A time to talk"' in letter
    assert "/b/a-talk/" in letter


def test_an_address_that_is_not_hers_is_refused(bobs, ann):
    assert post(bobs, ann, to="boss@else.example").status_code == 422
    assert not Delivery.objects.exists()


def test_a_template_begins_the_letter_with_her_fields_filled_in(bobs, ann):
    row = MailTemplate.objects.create(
        name="Hello", subject="For {{ lead.first_name }}",
        text="Hi {{ lead.first_name | default: 'there' }},\n\nyours, {{ sender.first_name }}",
    )  # fmt: skip

    page = post(
        bobs, ann, do="begin", template=row.pk, subject="", text="PS: kept"
    ).content.decode()

    assert 'value="For Ann"' in page
    assert "Hi Ann,\n\nyours, Bob\n\nPS: kept" in page
    assert not Delivery.objects.exists()


def test_the_letter_is_shown_as_it_will_arrive_and_nothing_is_kept(bobs, ann):
    words = "See [our page](https://www.example/x) <b>now</b>"

    page = post(bobs, ann, do="look", text=words, htmx=True).content.decode()

    assert "Bob Berg &lt;" in page
    assert "Ann Lee &lt;ann@customer.example&gt;" in page
    assert "sandbox=" in page
    assert "https://www.example/x" in page
    assert "&amp;lt;b&amp;gt;now" in page
    assert not Delivery.objects.exists()


def test_it_comes_from_her_own_verified_address_where_there_is_one(bobs, bob, ann):
    SenderIdentity.objects.create(name="Bob B.", email=bob.email, verified_at=clock.now())

    post(bobs, ann)

    mail = Delivery.objects.get()
    assert (mail.from_address, mail.from_name) == ("bob@crm.example", "Bob B.")


def test_answers_go_where_they_are_read(bobs, alice, ann):
    mailboxes.add(by=alice, secret="s" * 20, kind="postmark", address="sales@north.example")
    SenderIdentity.objects.create(
        name="North", email="sales@north.example", verified_at=clock.now(), is_default=True
    )

    post(bobs, ann)

    assert Delivery.objects.get().reply_to == "sales@north.example"
    assert "the answer stands in the story" in bobs.get(f"/leads/{ann.pk}/mail/").content.decode()


def test_a_planned_mail_is_written_from_its_row_and_done_with_it(bobs, bob, ann):
    step = activities.plan(
        kind="email", subject="Send the offer", lead=ann, owner=bob, due_at=clock.now(), by=bob
    )
    key = f"activity:{step.pk}"
    opened = bobs.get(f"/my-day/{key}/").content.decode()
    assert f"/leads/{ann.pk}/mail/?row=activity%3A{step.pk}" in opened

    answer = post(bobs, ann, row=key, htmx=True)

    assert "What comes next with" in answer.content.decode()
    step.refresh_from_db()
    assert step.done_at
    assert Activity.objects.filter(lead=ann, kind="email").count() == 1
    assert Delivery.objects.count() == 1


def a_planned_mail(ann, owner, **later):
    return activities.plan(
        kind="email", subject="Send the offer", lead=ann, owner=owner, by=owner,
        due_at=clock.now() + timedelta(**later),
    )  # fmt: skip


def test_a_mail_from_the_page_of_a_lead_carries_out_what_was_planned_for_today(bobs, bob, ann):
    step = a_planned_mail(ann, bob, hours=-1)
    page = bobs.get(f"/leads/{ann.pk}/mail/").text
    assert "Send the offer" in page
    assert re.search(r'<input[^>]*name="does"[^>]* checked', page)

    post(bobs, ann, does="on", step=step.pk)

    step.refresh_from_db()
    mail = Delivery.objects.get()
    assert (bool(step.done_at), step.subject_ref) == (True, f"mail:{mail.pk}")
    assert Activity.objects.filter(lead=ann, kind="email").count() == 1
    assert "Done: Send the offer" in bobs.get(f"/leads/{ann.pk}/").text


def test_a_mail_that_is_planned_for_later_is_offered_and_stays_unless_she_says_so(bobs, bob, ann):
    step = a_planned_mail(ann, bob, days=9)
    page = bobs.get(f"/leads/{ann.pk}/mail/").text
    assert re.search(r'<input[^>]*name="does"', page)
    assert not re.search(r'<input[^>]*name="does"[^>]* checked', page)

    post(bobs, ann, step=step.pk)

    step.refresh_from_db()
    assert not step.done_at
    assert Activity.objects.filter(lead=ann, kind="email").count() == 2


def test_what_she_ticked_stays_ticked_where_a_template_begins_the_letter(bobs, bob, ann):
    step = a_planned_mail(ann, bob, days=9)
    begun = MailTemplate.objects.create(name="Hello", subject="Hello", text="Hello")

    page = post(bobs, ann, do="begin", template=begun.pk, does="on", step=step.pk).text

    assert re.search(r'<input[^>]*name="does"[^>]* checked', page)


def test_a_planned_mail_that_is_done_meanwhile_does_not_stop_the_letter(bobs, bob, ann):
    step = a_planned_mail(ann, bob, hours=-1)
    activities.complete(step, by=bob)

    post(bobs, ann, does="on", step=step.pk)

    assert Delivery.objects.count() == 1
    assert Activity.objects.filter(lead=ann, kind="email").count() == 2


@pytest.mark.parametrize("forged", ["x", "0", "9" * 30, "-1"])
def test_abuse_E09_a_forged_step_carries_out_nothing(bobs, bob, ann, forged):
    post(bobs, ann, does="on", step=forged)

    assert Delivery.objects.count() == 1


def test_abuse_E02_the_planned_mail_of_another_lead_is_not_done_by_a_letter(bobs, bob, ann, carl):
    other = a_lead("cy@customer.example", owner=bob)
    mine, theirs = a_planned_mail(other, bob, hours=-1), a_planned_mail(other, carl, hours=-1)

    for step in (mine, theirs):
        post(bobs, ann, does="on", step=step.pk)

    assert not Activity.objects.filter(pk__in=[mine.pk, theirs.pk], done_at__isnull=False).exists()


@pytest.fixture
def answered(bobs, bob, alice, ann, drain_events):
    """Bob's mail, and Ann's reply to it."""
    mailboxes.add(by=alice, secret="s" * 20, kind="postmark", address="sales@north.example")
    post(bobs, ann)
    send_due()
    mail = Delivery.objects.get()
    raw = letter(
        1, ann.email, body=f"Monday is fine.\r\n\r\n> {mail.subject}", Subject="Re: The roof",
        In_Reply_To=mail.message_id,
    )  # fmt: skip
    reply = inbound.receive(Came(Mailbox.objects.get(), raw.encode()))
    drain_events()
    return mail, reply


def test_a_reply_is_answered_from_my_day_quoted_in_its_conversation(bobs, ann, answered):
    mail, reply = answered
    nudge = Nudge.objects.get(lead=ann, kind=Nudge.Kind.REPLIED, settled_at=None)
    key = f"nudge:{nudge.pk}"
    opened = bobs.get(f"/my-day/{key}/").content.decode()
    assert f"answer=i{reply.pk}" in opened

    page = bobs.get(f"/leads/{ann.pk}/mail/?row={key}&answer=i{reply.pk}")
    assert "&gt; Monday is fine." in page.content.decode()
    assert 'value="Re: The roof"' in page.content.decode()
    assert re.search(r"<textarea[^>]* autofocus", page.content.decode())
    post(bobs, ann, row=key, answer=f"i{reply.pk}", subject="Re: The roof", htmx=True)

    sent = Delivery.objects.filter(lead=ann).exclude(pk=mail.pk).get()
    assert sent.headers["In-Reply-To"] == reply.message_id
    nudge.refresh_from_db()
    assert nudge.settled_at


def test_the_conversation_is_read_in_its_order_without_quotes(bobs, ann, answered):
    mail, reply = answered
    post(
        bobs,
        ann,
        answer=f"i{reply.pk}",
        subject="Re: The roof",
        text="See you.\n\n> Monday is fine.",
    )
    last = Delivery.objects.filter(lead=ann).exclude(pk=mail.pk).get()

    for ref in (f"d{mail.pk}", f"i{reply.pk}", f"d{last.pk}"):
        page = bobs.get(f"/leads/{ann.pk}/mails/{ref}/").content.decode()
        places = [page.index(words) for words in ("shall we talk", "Monday is fine.", "See you.")]
        assert places == sorted(places)
        assert page.count("Monday is fine.") == 1


def test_a_rep_reads_a_message_of_her_lead_and_none_of_others(bobs, carl, ann, answered, write_to):
    mail, _reply = answered
    other = write_to(a_lead("eve@else.example", owner=carl))

    assert bobs.get(mail.get_absolute_url()).status_code == 200
    assert bobs.get(other.get_absolute_url()).status_code == 404


@pytest.fixture
def write_to():
    from leadflow.mail.services import queue

    def write(lead, **more):
        given = {"key": f"k{lead.pk}", "kind": "personal", "subject": "Secret", "text": "Words"}
        return queue(to=lead.email, lead_id=lead.pk, **given | more)

    return write


def story(client, lead, **asked):
    return client.get(f"/leads/{lead.pk}/timeline/", asked).content.decode()


def test_the_story_shows_the_mail_with_its_words_as_soon_as_it_is_written(bobs, ann, drain_events):
    post(bobs, ann)
    mail = Delivery.objects.get()

    before = story(bobs, ann)
    send_due()
    drain_events()
    after = story(bobs, ann)

    for page in (before, after):
        assert page.count("wrote “The roof”") == 1
        assert "shall we talk on Monday?" in page
        assert f"/leads/{ann.pk}/mails/d{mail.pk}/" in page
        assert "sent “The roof”" not in page


def test_a_conversation_stands_once_in_the_story_by_its_newest_message(bobs, ann, answered):
    _mail, reply = answered

    page = story(bobs, ann, group="mails")

    assert "Monday is fine." in page
    assert "2 mails" in page
    assert f"/leads/{ann.pk}/mail/?answer=i{reply.pk}" in page
    assert "wrote “The roof”" not in page
    assert "wrote “The roof”" in story(bobs, ann, q="roof")


def test_a_story_with_many_mails_costs_as_many_queries_as_with_few(
    bobs, bob, ann, django_assert_max_num_queries, drain_events
):
    for n in range(12):
        post(bobs, ann, subject=f"Roof {n}")
    send_due()
    drain_events()

    with django_assert_max_num_queries(20):
        assert story(bobs, ann).count("wrote “Roof") == 12


def test_a_viewer_is_told_of_a_mail_without_its_words_or_a_door(bobs, client, vera, ann, north):
    ann.team = north
    ann.save(update_fields=["team"])
    post(bobs, ann)
    client.force_login(vera)

    page = story(client, ann)

    assert "wrote “The roof”" in page
    assert "shall we talk" not in page
    assert "/mails/" not in page


def test_the_audit_log_keeps_every_fact_of_a_mail(bobs, client, alice, ann, drain_events):
    post(bobs, ann)
    send_due()
    drain_events()
    client.force_login(alice)

    page = client.get("/settings/audit/").content.decode()

    assert "sent “The roof”" in page
    assert "wrote “The roof”" in page
