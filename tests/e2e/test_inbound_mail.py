"""Received mail and its mailboxes in a browser: read, decided on, narrow and wide."""

import os

import pytest

from leadflow.mail import inbound, mailboxes
from leadflow.mail.inbound import Came
from tests.leadflow.mail.letters import letter

pytestmark = pytest.mark.e2e


@pytest.fixture
def letters(alice):
    box = mailboxes.add(
        by=alice, secret="a-long-secret", kind="postmark", address="leads@north.example", host="",
        folder="INBOX", makes_leads=False,
    )  # fmt: skip
    for n in range(3):
        sender = f"Ann Lee <ann{n}@roofs.test-mail.com>"
        row = inbound.receive(Came(box, letter(n, sender=sender).encode()))
    return row


@pytest.mark.parametrize("width", [390, 1440])
def test_a_letter_that_waits_is_read_and_ignored(page, sign_in, alice, letters, axe, fits, width):
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, alice)
    for url in ("/received/?view=held", f"/received/{letters.pk}/", "/settings/inbound/"):
        page.goto(url)
        fits(page)
        axe(page)
        if folder := os.environ.get("SHOTS"):
            page.screenshot(
                path=f"{folder}/{width}-{url.strip('/').replace('/', '-')[:20]}.png", full_page=True
            )

    page.goto(f"/received/{letters.pk}/")
    page.get_by_role("button", name="Ignore").click()

    page.get_by_text("Nothing follows from it.").first.wait_for()
