"""What a receiver chooses through the link in a mail, and the suppression list as a whole."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from leadflow.events.models import Event
from leadflow.mail import links, suppressions
from leadflow.mail.sender import send_due
from leadflow.models import Consent, Suppression
from leadflow.services import addresses, consent
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lead():
    row = a_lead(email="ann@customer.test-mail.com")
    consent.give(lead=row, purpose="newsletter", text="Yes")
    consent.give(lead=row, channel="phone", purpose="marketing", text="Yes")
    return row


@pytest.fixture
def page(lead, write):
    """page(): what she sees; page(keep, …): what she sees after she saved."""
    delivery = write(lead_id=lead.pk, purpose="marketing")
    url = "/" + links.unsubscribe_url(delivery).partition("://")[2].partition("/")[2]
    visitor = Client(enforce_csrf_checks=True)

    def ask(keep=None, **more):
        if keep is None:
            return visitor.get(url).content.decode()
        answer = visitor.post(url, {"what": "preferences", "keep": keep, **more})
        assert answer.status_code == 200
        return answer.content.decode()

    return ask


def test_she_sees_purposes_and_channels_with_what_she_gets_now(page):
    shown = page()

    for key in ("email:marketing", "email:newsletter", "phone:marketing"):
        assert f'value="{key}" checked' in shown
    assert 'name="count" value="1" checked' in shown
    assert not Suppression.objects.exists()


def test_she_stops_one_purpose_and_one_channel_and_keeps_the_rest(page, lead, write, state):
    page(["email:newsletter"], count="1")

    assert [row.purpose for row in addresses.standing(lead.email)] == ["marketing"]
    assert consent.in_force([lead.pk], channel="phone", purpose="marketing") == {
        lead.pk: "withdrawn"
    }
    stopped, goes = write(lead_id=lead.pk), write(lead_id=lead.pk, purpose="newsletter")
    send_due()
    assert (state(stopped).state, state(goes).state) == ("skipped", "sent")


def test_asking_again_is_her_word_and_lifts_her_own_opt_out_only(page, lead):
    page([], count="1")
    addresses.suppress(email=lead.email, reason="complaint", by=None, purpose="newsletter")

    shown = page(["email:marketing", "email:newsletter"], count="1")

    standing = addresses.standing(lead.email)
    assert [(row.purpose, row.reason) for row in standing] == [("newsletter", "complaint")]
    assert 'value="email:newsletter">' in shown  # it stays off, and she sees that
    given = Consent.objects.filter(method="preferences", state="given", purpose="marketing")
    assert given.get().text == "I want to get “News and offers” by Email."


def test_of_an_opt_out_of_everything_she_asks_for_one_thing_again(page, lead):
    addresses.suppress(email=lead.email, reason="unsubscribed", by=None)

    page(["email:newsletter"], count="1")

    assert {row.purpose for row in addresses.standing(lead.email)} == {"marketing"}


def test_she_does_not_want_to_be_counted_and_later_does(page, lead):
    page(["email:marketing", "email:newsletter", "phone:marketing"])
    assert [row.purpose for row in addresses.standing(lead.email)] == ["tracking"]

    page(["email:marketing", "email:newsletter", "phone:marketing"], count="1")

    assert addresses.standing(lead.email) == []


def test_abuse_B09_names_of_preferences_are_escaped(page, lead):
    consent.give(lead=lead, purpose="<script>alert(1)</script>", text="x")

    shown = page(['"><script>x</script>'], count="1") + page()

    assert "<script>alert" not in shown
    assert "<script>x" not in shown


# --- the list as a whole --------------------------------------------------------------------------


def a_file(text):
    return SimpleUploadedFile("list.csv", text.encode(), "text/csv")


def test_a_list_of_another_system_holds_at_the_next_begin(client, max, lead, write, state):
    waiting = write(lead_id=lead.pk)
    client.force_login(max)
    text = (
        "Email;Name\nANN@Customer.test-mail.com;Ann\nbo@b.test-mail.com;Bo\n"
        "nobody;x\nann@customer.test-mail.com;Ann\n"
    )

    page = client.post(
        "/settings/suppressions/",
        {"file": a_file(text), "reason": "unsubscribed", "purpose": "marketing"},
    ).content.decode()
    send_due()

    assert "2 addresses get no such mail from now on." in page
    assert "1 line holds no address:" in page
    assert state(waiting).state == "skipped"
    assert Event.objects.filter(kind="address.suppressed", lead_id=lead.pk).count() == 1
    assert Event.objects.filter(kind="setting.changed", data__name="suppression list").exists()


def test_the_same_list_again_changes_nothing(max):
    for fresh, known in ((2, 0), (0, 2)):
        taken = suppressions.take_in(
            data=b"a@a.test-mail.com\nb@b.test-mail.com", reason="blocked", purpose="", by=max
        )
        assert (taken.fresh, taken.known) == (fresh, known)


@pytest.mark.parametrize("data", [b"", b"Name\nAnn\n", b"\xff\xfe\x00"])
def test_a_file_without_addresses_is_refused_in_words(client, max, data):
    client.force_login(max)

    answer = client.post(
        "/settings/suppressions/",
        {"file": SimpleUploadedFile("x.csv", data or b" "), "reason": "blocked"},
    )

    assert answer.status_code == 422
    assert "There is no email address in it." in answer.content.decode()


def test_the_list_goes_out_as_a_file_and_comes_back_in(client, alice, max):
    for n in range(5):
        addresses.suppress(email=f"p{n}@a.test-mail.com", reason="blocked", by=alice)
    addresses.suppress(email="gone@a.test-mail.com", reason="erased", by=alice)
    client.force_login(alice)

    data = b"".join(client.post("/settings/suppressions/export/").streaming_content)

    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    told = sorted((row[0], row[2]) for row in rows[1:])
    assert told == [("", "Erased"), *[(f"p{n}@a.test-mail.com", "Blocked by us") for n in range(5)]]
    assert Event.objects.filter(kind="data.exported", actor_id=alice.pk).count() == 1
    taken = suppressions.take_in(data=data, reason="blocked", purpose="", by=max)
    assert (taken.fresh, taken.known) == (0, 5)


@pytest.mark.parametrize("between", [3, 8_000])
def test_a_quote_that_nobody_closed_loses_no_address_below_it(max, between):
    lines = ["email", "before@a.test-mail.com", '"Smith and sons', *["no address here"] * between]
    data = "\n".join([*lines, '"below@a.test-mail.com', '"last",last@a.test-mail.com']).encode()
    taken = suppressions.take_in(data=data, reason="unsubscribed", purpose="", by=max)
    assert (taken.fresh, taken.wrong) == (3, between + 1)
    assert addresses.is_suppressed("below@a.test-mail.com", "")


def test_a_list_as_a_spreadsheet_saves_unicode_text_is_read(max):
    data = "email\tname\r\nann@a.test-mail.com\tÄnn\r\n".encode("utf-16")

    taken = suppressions.take_in(data=data, reason="unsubscribed", purpose="", by=max)

    assert (taken.fresh, taken.wrong) == (1, 0)


def test_an_address_is_asked_about_and_taken_off_with_a_reason(client, alice):
    addresses.suppress(email="a@a.test-mail.com", reason="hard_bounce", by=alice)
    addresses.suppress(email="a@a.test-mail.com", reason="complaint", by=alice)
    client.force_login(alice)
    shown = client.get("/settings/suppressions/?address=A@a.test-mail.com").content.decode()
    assert "The address does not exist" in shown

    client.post("/settings/suppressions/lift/", {"address": "a@a.test-mail.com", "why": "New job"})

    assert [row.reason for row in addresses.standing("a@a.test-mail.com")] == ["complaint"]
    assert (
        "nobody" not in client.get("/settings/suppressions/?address=nobody").content.decode()[:50]
    )
