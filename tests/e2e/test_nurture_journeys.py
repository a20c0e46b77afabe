"""Nurturing from end to end in a browser: a sequence that is changed while people walk through it, somebody who
wants no more and comes back, and an answer that stops a sequence and reaches the rep."""

import os
import re
from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import Page, expect

from capture.blocks.starts import block
from leadflow.kit import clock
from leadflow.mail import links, mailboxes, polling
from leadflow.mail.models import Confirmation, Delivery
from leadflow.mail.sender import send_due
from leadflow.models import Activity, Suppression
from leadflow.segments import services as segments
from nurturing.models import Enrolment, Sequence
from nurturing.services.advancing import advance_due
from tests.e2e.hours import sends_at_any_hour
from tests.factories.capture import published_form
from tests.factories.core import a_lead
from tests.factories.nurturing import a_reader, a_sequence, lawful, mail_step, wait_step
from tests.leadflow.mail.letters import letter
from tests.sinks.imap import ImapSink
from tests.sinks.smtp import SmtpSink

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures"),  # of pytest-base-url
]
ALL_DAY = {"days": list(range(7)), "opens": "00:00", "closes": "23:59"}
PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture(autouse=True)
def pictures(page):
    """Where PICTURES names a folder, the page as it is at the end of each journey."""
    yield
    if PICTURES:
        name = os.environ["PYTEST_CURRENT_TEST"].partition("::")[2].partition("[")[0]
        page.screenshot(path=f"{PICTURES}/{name[:60]}.png")


def add(page: Page, kind: str) -> None:
    """At the last plus of the trunk, from the palette."""
    page.get_by_role("link", name="Add a step here").last.click()
    page.locator("#lf-flow-menu").get_by_role("button", name=kind, exact=True).click()


def saved(page: Page) -> None:
    expect(page.locator("[data-saved]")).to_contain_text("Saved")


# --- Built from nothing, published, changed while people walk ------------------------------------------


def test_a_branching_sequence_is_built_read_published_and_changed_while_people_walk(
    page, sign_in, max, drain_events
):
    lawful()
    ann, ben = a_reader(first_name="Ann", country="DE"), a_reader(first_name="Ben", country="NL")
    cleo = a_lead(first_name="Cleo")  # never agreed to get mail
    people = [ann.pk, ben.pk, cleo.pk]
    segments.create(name="Roofs", kind="static", lead_ids=people, by=None)
    sign_in(page, max)

    she_builds_it(page)
    she_reads_what_it_would_do(page)
    she_publishes_and_lets_them_in(page, drain_events)
    sequence = Sequence.objects.get()
    advance_due()
    send_due()
    sent = Delivery.objects.filter(kind="marketing", state="sent")
    assert sorted(sent.values_list("lead", "subject")) == [(ann.pk, "Your roof"), (ben.pk, "Your roof")]  # fmt: skip

    page.goto(sequence.get_absolute_url())
    add(page, "Call")
    page.get_by_label("What is to be done").fill("Ask how it reads")
    expect(page.locator("[data-step]").last).to_contain_text("Ask how it reads")
    saved(page)
    expect(page.get_by_text("people enter by version 1 until it is published")).to_be_visible()
    page.get_by_role("link", name="Check before publishing").click()
    inside = page.get_by_role("region", name="The people inside")
    inside.get_by_text("Move to version 2").click()
    expect(page.locator("#lf-flow-moving")).to_contain_text("2 people move, 0 finish")
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.locator(".lf-top").get_by_text("Version 2")).to_be_visible()

    page.goto(f"/sequences/{sequence.pk}/people/")
    row = page.get_by_role("row").filter(has_text="Ann")
    expect(row.get_by_role("cell").last).to_have_text("2")
    Enrolment.objects.update(due_at=F("due_at") - timedelta(days=3))
    for _step in range(4):
        advance_due()
    send_due()
    assert sent.count() == 2  # nothing goes out twice
    assert Activity.objects.filter(subject="Ask how it reads").count() == 2


def she_builds_it(page: Page) -> None:
    page.goto("/sequences/")
    page.get_by_role("button", name="Make the first sequence").click()
    page.get_by_label("Name").fill("Roofs that pay")
    page.get_by_role("button", name="Make sequence").click()
    page.get_by_role("link", name="Who enters").click()
    page.get_by_label("Enters when").select_option(label="Roofs")
    page.get_by_role("button", name="Save the draft").click()
    sends_at_any_hour(page)
    add(page, "Email")
    page.get_by_label("Subject").fill("Your roof")
    page.get_by_label("Message").fill("Good day.")
    expect(page.locator("[data-step]")).to_contain_text("Your roof")
    add(page, "Wait")
    expect(page.locator("[data-step]")).to_have_count(2)
    add(page, "Yes or no")
    page.get_by_label("In your words").fill("Is she in Germany?")
    page.get_by_role("button", name="Condition", exact=True).click()
    rule = page.locator("lf-rules")
    rule.get_by_label("What to look at", exact=True).select_option(label="Country")
    rule.get_by_label("Value", exact=True).fill("DE")
    page.get_by_label("Yes", exact=True).get_by_role("link", name="Add a step here").click()
    page.locator("#lf-flow-menu").get_by_role("button", name="Call", exact=True).click()
    page.get_by_label("What is to be done").fill("Call in German")
    expect(page.get_by_label("Yes", exact=True)).to_contain_text("Call in German")
    saved(page)


def she_reads_what_it_would_do(page: Page) -> None:
    page.get_by_role("link", name="Check before publishing").click()
    numbers = page.get_by_role("main")
    expect(numbers).to_contain_text("2 people could enter, of 3 who match")
    expect(numbers).to_contain_text("No consent for email")
    page.get_by_role("link", name="No consent for email").click()
    expect(page.get_by_role("link", name="Cleo")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Read ten real mails").click()
    expect(page.get_by_role("main")).to_contain_text("Your roof")
    page.go_back()


def she_publishes_and_lets_them_in(page: Page, drain_events) -> None:
    page.get_by_label("Also let in 2 people who match already").check()
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.locator(".lf-top").get_by_text("Running")).to_be_visible()
    drain_events()
    expect(page.get_by_text("People who entered: 2.")).to_be_visible()


# --- Unsubscribed, and back ------------------------------------------------------------------------------


@pytest.fixture
def newsletter(db):
    """A form that asks the mailbox to confirm, and the sequence that waits for it."""
    lawful()
    consents = block("consent", text="Send me news of roofs.", confirm=True)
    form = published_form(block("email"), consents, name="News")
    steps = (mail_step("News of May"), wait_step(2), mail_step("News of June"))
    sequence = a_sequence(*steps, trigger={"kind": "form", "ref": form.pk}, window=ALL_DAY)
    return form, sequence


def signs_up(visitor: Page, form) -> None:
    visitor.goto(form.public_path)
    visitor.get_by_role("textbox", name="Email").fill("ada@north.example")
    visitor.get_by_role("checkbox", name=re.compile("Send me news")).check()
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("heading", name="Thank you")).to_be_visible()


def confirms(visitor: Page, drain_events) -> None:
    drain_events()
    send_due()
    asked = Delivery.objects.filter(key__startswith="doi:").latest("pk")
    assert asked.state == "sent"
    visitor.goto(path_in(asked.text))
    visitor.get_by_role("button", name="Yes, I agree").click()
    expect(visitor.get_by_role("heading", name="Thank you, that is confirmed")).to_be_visible()
    drain_events()


def path_in(text: str) -> str:
    """The first address of ours in a mail, without the host."""
    return re.search(r"https?://[^/\s]+(/\S+)", text)[1]


def test_who_unsubscribes_and_comes_back_is_asked_and_no_sequence_goes_on_by_itself(
    page, browser, base_url, sign_in, max, newsletter, drain_events
):
    form, sequence = newsletter
    visitor = browser.new_context(base_url=base_url, user_agent="Mozilla/5.0").new_page()
    signs_up(visitor, form)
    confirms(visitor, drain_events)
    advance_due()
    send_due()
    first = Delivery.objects.get(subject="News of May", state="sent")
    walk = Enrolment.objects.get()
    assert walk.is_under_way

    # a look at the page changes nothing; her button does, at once
    visitor.goto(path_in(links.unsubscribe_url(first)))
    assert not Suppression.objects.exists()
    visitor.get_by_role("button", name="Unsubscribe").click()
    expect(visitor.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    drain_events()
    walk.refresh_from_db()
    assert (walk.is_under_way, walk.reason) == (False, "unsub_purpose")
    later = clock.now() + timedelta(days=3)
    advance_due(at=later)
    assert not Delivery.objects.filter(subject="News of June").exists()

    # the preference centre says what stands, and keeps what she says of counting
    visitor.goto(path_in(links.unsubscribe_url(first)))
    visitor.get_by_text("Choose what you get instead").click()
    expect(visitor.get_by_label("News and offers")).not_to_be_checked()
    visitor.get_by_label("You may count what I open and follow").uncheck()
    visitor.get_by_role("button", name="Save").click()
    expect(visitor.get_by_text("Saved. It takes effect at once.")).to_be_visible()
    assert Suppression.objects.filter(lifted_at=None).count() == 2

    # weeks later she signs up again: nothing comes before her mailbox says yes
    Confirmation.objects.update(asked_at=F("asked_at") - timedelta(days=21))
    signs_up(visitor, form)
    drain_events()
    assert Suppression.objects.filter(purpose="marketing", lifted_at=None).exists()
    confirms(visitor, drain_events)
    assert not Suppression.objects.filter(purpose="marketing", lifted_at=None).exists()
    advance_due(at=later)
    send_due()
    walk.refresh_from_db()
    assert not walk.is_under_way
    assert Enrolment.objects.count() == 1
    assert not Delivery.objects.filter(subject="News of June").exists()

    # a marketer reads why she is not inside, and lets her in by a decision of her own
    sign_in(page, max)
    page.goto(f"/sequences/{sequence.pk}/people/?view=refused")
    expect(page.get_by_role("row").filter(has_text="@north.example").filter(has_text="Was in this sequence before")).to_be_visible()  # fmt: skip
    page.goto(f"/sequences/{sequence.pk}/people/?view=ended")
    expect(page.get_by_role("row").filter(has_text="@north.example")).to_contain_text("nsubscribed")  # fmt: skip
    visitor.goto(path_in(links.unsubscribe_url(first)))
    visitor.get_by_text("Choose what you get instead").click()
    expect(visitor.get_by_label("News and offers")).to_be_checked()
    visitor.context.close()


def test_one_click_of_a_mail_program_is_enough(page, newsletter, drain_events):
    _form, sequence = newsletter
    lead = a_reader()
    from nurturing.services import enrolment

    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None)
    advance_due()
    send_due()
    mail = Delivery.objects.get(subject="News of May")

    answer = page.request.post(
        path_in(links.unsubscribe_url(mail)), form={"List-Unsubscribe": "One-Click"}
    )

    assert (answer.status, answer.headers.get("set-cookie")) == (200, None)
    drain_events()
    assert Enrolment.objects.get().reason == "unsub_purpose"


# --- An answer ---------------------------------------------------------------------------------------------


@pytest.fixture
def relay(tmp_path, settings):
    """Marketing leaves by SMTP, to a server that keeps what it took."""
    server = SmtpSink(tmp_path / "relay.jsonl").start()
    settings.SMTP_HOST, settings.SMTP_PORT = "127.0.0.1", server.port
    settings.SMTP_SECURITY, settings.SMTP_USER = "none", ""
    yield server
    server.stop()


@pytest.fixture
def inbox(alice):
    """The mailbox that answers come to, read by IMAP."""
    server = ImapSink().start()
    mailboxes.add(
        by=alice, secret=server.password, kind="imap", address="hello@north.example",
        host="127.0.0.1", port=server.port, security="none", username=server.user, folder="INBOX",
        from_start=True,
    )  # fmt: skip
    yield server
    server.stop()


def test_an_answer_stops_the_sequence_and_reaches_the_rep(
    page, sign_in, max, bob, relay, inbox, drain_events
):
    ann = a_reader(first_name="Ann", last_name="Lee", owner=bob)
    steps = (mail_step("A roof", "Shall we talk?"), wait_step(2), mail_step("Another"))
    sequence = a_sequence(*steps, name="Roofs", window=ALL_DAY)
    drain_events()
    sign_in(page, max)
    page.goto(f"/sequences/{sequence.pk}/people/")
    page.get_by_role("button", name="Add people").click()
    page.get_by_label("Email addresses").fill(ann.email)
    page.get_by_role("button", name="Let them in").click()
    expect(page.get_by_role("link", name="Ann Lee")).to_be_visible()
    advance_due()
    send_due()
    sent = Delivery.objects.get(lead=ann, kind="marketing")
    assert [one["message_id"] for one in relay.accepted].count(sent.message_id) == 1

    inbox.put(
        letter(1, ann.email, body="Yes, call me.\r\n\r\n> Shall we talk?", In_Reply_To=sent.message_id)
    )  # fmt: skip
    assert polling.poll_due() == 1
    drain_events()

    sign_in(page, bob)
    page.goto("/my-day/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Inbox").click()
    told = page.get_by_text(re.compile("Ann Lee (answered|is interested)")).first
    expect(told).to_be_visible()
    page.goto(ann.get_absolute_url())
    expect(page.locator("#story")).to_contain_text("Yes, call me.")
    page.goto(f"/sequences/{sequence.pk}/people/?view=ended")
    expect(page.get_by_role("row").filter(has_text="Ann Lee")).to_contain_text("Replied")

    advance_due(at=clock.now() + timedelta(days=3))
    send_due()
    assert Delivery.objects.filter(lead=ann, kind="marketing").count() == 1
    assert Enrolment.objects.get().reason == "replied"
