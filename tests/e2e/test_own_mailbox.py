"""A rep connects her mailbox, writes to a lead, and reads and sorts the answer."""

import pytest
from django.db.models.functions import Now
from playwright.sync_api import Page, expect

from leadflow.mail import copies, polling
from leadflow.mail.models import Delivery, InboundMail, Mailbox
from leadflow.mail.sender import send_due
from tests.factories.core import a_lead
from tests.leadflow.mail.letters import letter
from tests.sinks.imap import ImapSink
from tests.sinks.smtp import SmtpSink

ADDRESS = "bob@berg.test-mail.com"


@pytest.fixture
def out(tmp_path):
    server = SmtpSink(tmp_path / "own.jsonl", signs_in=f"{ADDRESS}\0secret").start()
    yield server
    server.stop()


@pytest.fixture
def inbox():
    server = ImapSink(user=ADDRESS, password="secret", takes=True).start()
    server.folders["Sent"] = []
    yield server
    server.stop()


def test_a_rep_connects_her_mailbox_writes_and_sorts_the_answer(
    page: Page, sign_in, bob, settings, out, inbox
):
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{out.port}", f"127.0.0.1:{inbox.port}"]
    ann = a_lead("ann@customer.test-mail.com", first_name="Ann", last_name="Lee", owner=bob)
    page.set_default_timeout(30_000)
    sign_in(page, bob)
    page.goto("/settings/your-mailbox/")
    page.get_by_label("Provider").select_option("other")
    page.get_by_label("Your address").fill(ADDRESS)
    page.get_by_label("Password").fill("secret")
    page.get_by_label("Outgoing server").fill("127.0.0.1")
    page.get_by_label("Incoming server").fill("127.0.0.1")
    for number, port in enumerate((out.port, inbox.port)):
        page.get_by_label("Port").nth(number).fill(str(port))
        page.get_by_label("Encryption").nth(number).select_option("none")
    page.get_by_role("button", name="Try and connect").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    polling.poll_due()

    page.goto(f"/leads/{ann.pk}/mail/")
    page.get_by_label("Subject").fill("The roof")
    page.locator("[data-mailer] [name=text]").fill("Shall we talk?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#story")).to_contain_text("wrote “The roof”", timeout=20_000)
    send_due()
    copies.keep_due()
    assert [b"The roof" in raw for _uid, raw in inbox.folders["Sent"]] == [True]

    sent = Delivery.objects.get(lead=ann)
    assert sent.state == "sent"
    inbox.put(
        letter(
            1,
            sender="Ann <ann@customer.test-mail.com>",
            body="Sure, call me.",
            In_Reply_To=sent.message_id,
        )
    )
    Mailbox.objects.update(due_at=Now(), lease_until=None)
    polling.poll_due()
    page.goto(f"/leads/{ann.pk}/")
    meaning = page.locator("#story [data-meaning]").first
    expect(meaning.get_by_role("button", name="Interested")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("3")
    expect(
        page.locator("#story [data-meaning]").first.get_by_role("button", name="Not now")
    ).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Back to marketing until")).to_be_visible()
    assert InboundMail.objects.get().meaning == "not_now"
