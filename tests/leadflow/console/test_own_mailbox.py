"""The page of one's own mailbox."""

import pytest

from leadflow.mail import mailboxes

pytestmark = pytest.mark.django_db


def test_the_page_offers_providers_and_says_what_is_missing(client, bob):
    client.force_login(bob)

    page = client.get("/settings/your-mailbox/").content.decode()

    assert "Fastmail" in page
    assert "An admin has to set up an inbound mailbox first" in page
    assert "Sign in at your provider" not in page


def test_a_refused_connection_says_why_and_keeps_what_was_typed(client, bob):
    client.force_login(bob)
    given = {
        "preset": "other", "address": "bob@berg.test-mail.com", "secret": "x", "smtp_port": 1,
        "smtp_host": "127.0.0.1", "smtp_security": "none", "imap_host": "127.0.0.1", "imap_port": 1,
        "imap_security": "none",
    }  # fmt: skip

    answer = client.post("/settings/your-mailbox/", given)

    assert answer.status_code == 422
    assert "bob@berg.test-mail.com" in answer.content.decode()
    assert 'value="x"' not in answer.content.decode()


def test_she_gets_an_address_for_copies(client, bob):
    mailboxes.add(
        by=None, secret="s" * 20, kind="postmark", address="leads@north.example", host="",
        folder="INBOX",
    )  # fmt: skip
    client.force_login(bob)
    client.post("/settings/your-mailbox/copies/")

    assert "leads+bcc-" in client.get("/settings/your-mailbox/").content.decode()


def test_who_writes_to_nobody_connects_nothing(client, vera):
    client.force_login(vera)

    assert client.get("/settings/your-mailbox/").status_code == 403


def test_a_colleagues_mailbox_is_not_among_those_of_the_organisation(client, alice, bob):
    from leadflow.mail.models import Mailbox

    Mailbox.objects.create(kind="imap", address="bob@berg.example", code="c", owner=bob)
    client.force_login(alice)

    assert "bob@berg.example" not in client.get("/settings/inbound/").content.decode()
    assert client.post(f"/settings/inbound/{Mailbox.objects.get().pk}/try/").status_code == 404
