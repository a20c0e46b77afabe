"""The page behind the link of a mail, in a real browser: nothing of an address, a purpose or a name runs."""

from urllib.parse import quote

import pytest

from leadflow.mail import links
from leadflow.mail.services import queue
from leadflow.models import Organisation
from leadflow.services import consent
from tests.abuse.test_capture_doors import PAYLOADS
from tests.factories.core import a_lead


@pytest.fixture
def delivery(transactional_db):
    """A marketing mail of an organisation, and purposes, that are named by attackers."""
    lead = a_lead("ann@a.test-mail.com")
    for payload in PAYLOADS:
        consent.give(lead=lead, purpose=payload[:60], text="x")
    Organisation.current()
    Organisation.objects.update(name="".join(PAYLOADS)[:100], legal_name=PAYLOADS[0])
    return queue(
        key="t", kind="marketing", to=lead.email, lead_id=lead.pk, subject="s", text="t",
        purpose=PAYLOADS[1][:60],
    )  # fmt: skip


def test_abuse_B09_no_payload_runs_on_the_pages_behind_the_link_of_a_mail(page, delivery):
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    path = "/" + links.unsubscribe_url(delivery).partition("://")[2].partition("/")[2]

    for payload in PAYLOADS:
        page.goto(f"{path}?what={quote(payload)}&{quote(payload)}=1")
        assert page.evaluate("window.__pwned") is None, payload
    page.locator("summary").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved. It takes effect at once.").wait_for()
    assert page.evaluate("window.__pwned") is None
    page.goto(path)
    page.get_by_role("button", name="No mail at all, please").click()
    page.get_by_text("It takes effect at once.").first.wait_for()

    assert page.evaluate("window.__pwned") is None
    assert dialogs == []
