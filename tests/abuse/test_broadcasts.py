"""Broadcasts that would break the law, run script, or show people to whom they do not belong."""

import pytest

from leadflow.errors import Invalid
from leadflow.mail.compose import compose
from leadflow.mail.models import Delivery, SenderIdentity
from leadflow.models import Organisation
from nurturing.models import Broadcast
from nurturing.selectors.broadcasts import VIEWS
from nurturing.services import sending
from tests.factories.core import NOON
from tests.factories.nurturing import a_broadcast, a_reader, cast

pytestmark = pytest.mark.django_db


def test_abuse_C12_a_broadcast_without_postal_address_is_not_confirmed(client, max):
    row = a_broadcast(a_reader())
    Organisation.objects.update(postal_address="  ")
    client.force_login(max)

    asked = {"expected": 1, "revision": row.revision}
    response = client.post(f"/broadcasts/{row.pk}/confirm/", asked)

    assert response.status_code == 422
    assert "postal address" in response.content.decode()
    assert Broadcast.objects.get().state == "draft"


def test_abuse_C08_no_broadcast_goes_out_as_an_unverified_address():
    forged = SenderIdentity.objects.create(name="Boss", email="boss@bank.example")
    row = a_broadcast(a_reader(), sender=forged)

    with pytest.raises(Invalid, match="Verify this sender"):
        sending.confirm(row, by=None, expected=1, at=NOON)


def test_abuse_C09_a_dangerous_link_is_named_and_runs_nowhere():
    row = a_broadcast(a_reader(), body="[Look](javascript:alert(1)) and [in](file:///etc/passwd)")

    with pytest.raises(Invalid, match="leads nowhere"):
        sending.confirm(row, by=None, expected=1, at=NOON)


def test_abuse_C09_script_in_the_words_of_an_author_is_text():
    words = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    cast(a_broadcast(a_reader(), body=words, preview=words))

    html = compose(Delivery.objects.get()).html

    assert "<script" not in html
    assert "<img src=x" not in html
    assert "onerror=" not in html.replace("onerror=alert(1)&gt;", "")


def test_abuse_C02_a_template_in_a_name_is_text_in_a_broadcast():
    lead = a_reader(first_name="{{ organisation.name }}", last_name="[x](https://evil.example)")
    cast(a_broadcast(lead, body="Hello {{ lead.name }}"))

    made = Delivery.objects.get()

    assert "{{ organisation.name }}" in made.text
    assert 'href="https://evil.example"' not in compose(made).html


def test_abuse_C07_a_name_with_line_breaks_cannot_add_a_header():
    lead = a_reader(first_name="Ann\r\nBcc: x@evil.example")
    cast(a_broadcast(lead, subject="News for {{ lead.first_name }}"))

    message = compose(Delivery.objects.get()).message

    assert message["Bcc"] is None


def test_abuse_I05_every_mail_of_a_broadcast_carries_what_the_law_asks():
    cast(a_broadcast(a_reader(), body="Read https://brightwell.example/x", preview="Look"))

    made = compose(Delivery.objects.get())

    assert made.message["List-Unsubscribe"].startswith("<http")
    assert made.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert {part.get_content_type() for part in made.message.walk()} >= {"text/plain", "text/html"}
    for body in (made.text, made.html):
        assert "1 Mill Lane" in body
        assert "/u/" in body


def test_abuse_E04_no_number_of_a_broadcast_opens_another_teams_people(client, mia, vera, carl):
    row = cast(a_broadcast(a_reader(owner=carl, first_name="Hidden")))

    for user in (mia, vera):
        client.force_login(user)
        for view in VIEWS:
            page = client.get(f"/broadcasts/{row.pk}/people/?view={view}").content.decode()
            assert "Hidden" not in page
        assert "Hidden" not in client.get("/broadcasts/").content.decode()


@pytest.mark.parametrize("asked", ["view=x", "view=all&reason=x", "view=all&before=1e9"])
def test_abuse_E09_nonsense_in_an_address_is_no_error(client, max, asked):
    row = cast(a_broadcast(a_reader()))
    client.force_login(max)

    assert client.get(f"/broadcasts/{row.pk}/people/?{asked}").status_code in (200, 404)


def test_a_forged_number_confirms_nothing(client, max):
    row = a_broadcast(a_reader())
    client.force_login(max)

    for asked in ({}, {"expected": "1"}, {"expected": "999", "revision": row.revision}):
        assert client.post(f"/broadcasts/{row.pk}/confirm/", asked).status_code == 409
    assert Broadcast.objects.get().state == "draft"
