from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from leadflow.kit import clock
from leadflow.mail import ledger, outcomes
from leadflow.mail.models import Delivery
from leadflow.mail.sender import send_due
from leadflow.models import Lead
from tests.factories.capture import published_form
from tests.factories.nurturing import a_sequence
from tests.factories.occasions import an_occasion

pytestmark = pytest.mark.django_db


@pytest.fixture
def leads(bob, carl, north, south):
    at = timezone.now()
    return [
        Lead.objects.create(
            first_name=owner.name, email=f"{owner.pk}@a.com", owner=owner, team=team,
            assigned_at=at, stage_since=at, created_at=at,
        )
        for owner, team in ((bob, north), (carl, south))
    ]  # fmt: skip


@pytest.fixture
def uncertain(write):
    row = write(subject="Lost one")
    (claimed,) = ledger.claim()
    no = ledger.begin(claimed, transport="smtp")
    outcomes.lose(claimed, ledger.Answer(None, "cut"), no=no)
    return row


def test_the_outbox_lists_every_message_with_its_state(client, alice, write):
    client.force_login(alice)
    write(subject="First offer")
    send_due()
    write(subject="Second offer")

    page = client.get("/outbox/").content.decode()

    assert "First offer" in page
    assert "Kept here" in page
    assert "Second offer" in page
    assert "Mail stays in the outbox: no SMTP is set." in page


@pytest.mark.parametrize(
    "screen",
    [
        "/outbox/",
        "/sequences/",
        "/settings/sender/",
        "/settings/users/invite/",
        "/settings/notifications/",
        "/forms/{form}/after/",
        "/sequences/{sequence}/",
        "/sequences/{sequence}/people/",
        "/events/{occasion}/",
        "/bookings/",
    ],
)
def test_every_screen_that_sends_says_that_mail_stays_here(client, alice, screen, settings):
    form, sequence = published_form(), a_sequence()
    client.force_login(alice)
    url = screen.format(form=form.pk, sequence=sequence.pk, occasion=an_occasion().pk)

    said = client.get(url).content.decode()
    settings.SMTP_HOST = "smtp.test-mail.com"
    silent = client.get(url).content.decode()

    assert "Mail stays in the outbox" in said
    assert "Mail stays in the outbox" not in silent


def test_who_forgot_her_password_is_told_where_the_link_stays(client, db):
    assert "An admin finds your link there" in client.get("/password/forgot/").content.decode()


def test_the_strip_is_gone_once_smtp_is_set(client, alice, settings):
    client.force_login(alice)
    settings.SMTP_HOST = "smtp.test-mail.com"

    assert "Mail stays in the outbox" not in client.get("/outbox/").content.decode()


def test_a_message_page_shows_text_html_headers_and_links(client, alice, write):
    client.force_login(alice)
    row = write(html='<p>Look <a href="https://a.test-site.com/x">here</a></p>')
    send_due()

    page = client.get(row.get_absolute_url()).content.decode()

    assert "sandbox=" in page
    assert "allow-same-origin" not in page
    assert "allow-scripts" not in page
    assert 'href="http://127.0.0.1:8000/t/c/' in page
    assert "List-Unsubscribe-Post" in page
    assert "Good morning." in page


def test_a_manager_sees_her_teams_messages_only(client, mia, write, leads):
    client.force_login(mia)
    mine = write(subject="For north", lead_id=leads[0].pk)
    other = write(subject="For south", lead_id=leads[1].pk)

    page = client.get("/outbox/").content.decode()

    assert "For north" in page
    assert "For south" not in page
    assert client.get(mine.get_absolute_url()).status_code == 200
    assert client.get(other.get_absolute_url()).status_code == 404


def test_only_an_admin_reads_essential_mail(client, max, alice, write):
    reset = write(kind="essential", subject="Reset your password")

    client.force_login(max)
    assert "Reset your password" not in client.get("/outbox/").content.decode()
    assert client.get(reset.get_absolute_url()).status_code == 404
    client.force_login(alice)
    assert client.get(reset.get_absolute_url()).status_code == 200


def test_a_rep_does_not_get_in(client, bob):
    client.force_login(bob)
    assert client.get("/outbox/").status_code == 403


@pytest.mark.parametrize(
    ("decision", "state"), [("sent", "sent"), ("resend", "queued"), ("write_off", "failed")]
)
def test_an_uncertain_message_is_decided_with_three_buttons(
    client, alice, uncertain, decision, state
):
    client.force_login(alice)
    page = client.get("/outbox/?view=uncertain").content.decode()
    assert all(word in page for word in ("Mark sent", "Send again", "Write off"))

    answer = client.post(f"/outbox/{uncertain.pk}/decide/", {"decision": decision})

    assert answer.status_code == 303
    row = Delivery.objects.get(pk=uncertain.pk)
    assert row.state == state
    assert "Alice Adams" in row.reason


def test_deciding_twice_is_a_conflict(client, alice, uncertain):
    client.force_login(alice)
    client.post(f"/outbox/{uncertain.pk}/decide/", {"decision": "sent"})

    answer = client.post(f"/outbox/{uncertain.pk}/decide/", {"decision": "resend"})

    assert answer.status_code == 409


def test_a_held_message_is_sent_or_dropped_by_a_person(client, alice, write):
    client.force_login(alice)
    late, later = write(subject="Late"), write(subject="Later")
    old = timezone.now() - timezone.timedelta(days=2)
    Delivery.objects.update(state="planned", not_before=old, due_at=old)
    send_due()
    assert "Send now" in client.get("/outbox/?view=held").content.decode()

    client.post(f"/outbox/{late.pk}/decide/", {"decision": "release"})
    client.post(f"/outbox/{later.pk}/decide/", {"decision": "skip"})
    send_due()

    states = dict(Delivery.objects.values_list("subject", "state"))
    assert states == {"Late": "sent", "Later": "skipped"}


@pytest.mark.parametrize(
    "query", ["view=nope", "view=all&before=x", "q=%00", "before=99999999999999999999"]
)
def test_odd_queries_are_answered(client, alice, query):
    client.force_login(alice)

    assert client.get(f"/outbox/?{query}").status_code in (200, 404)


def test_the_list_asks_few_questions_whatever_its_length(
    client, alice, write, django_assert_max_num_queries
):
    client.force_login(alice)
    for _ in range(60):
        write()

    with django_assert_max_num_queries(14):
        page = client.get("/outbox/").content.decode()

    assert page.count("lf-outbox-subject") == 50
    assert "before=" in page


@pytest.fixture
def a_day_ahead():
    """The business is a day ahead of the wall clock, as with TIME_SCALE=2 for a day."""
    clock.configure(2, datetime.now(UTC) - timedelta(days=1))
    yield
    clock.configure()


def test_sent_and_due_are_told_by_one_clock(client, alice, write, a_day_ahead):
    delivery = write(kind="notice")
    send_due()
    client.force_login(alice)

    shown = client.get(delivery.get_absolute_url()).context["delivery"]

    assert timedelta() <= shown.left_at - shown.due_at < timedelta(minutes=5)
    assert abs(clock.now() - shown.tries_made.get().tried_at) < timedelta(minutes=5)


RESET = "Choose a new password: http://testserver.example/accounts/password/reset/key/3-abc/ \nBye"


def test_the_link_of_a_reset_is_its_receivers_alone_where_mail_leaves(
    client, alice, write, settings
):
    settings.PUBLIC_BASE_URL = "http://testserver.example"
    row = write(kind="essential", text=RESET, html=f"<p>{RESET}</p>")
    client.force_login(alice)
    settings.SMTP_HOST = "smtp.test-mail.com"

    page = client.get(f"/outbox/{row.pk}/").content.decode()

    assert "3-abc" not in page
    assert "a link that only its receiver may open" in page
    assert "Bye" in page


def test_where_no_mail_leaves_the_outbox_is_the_mailbox(client, alice, write, settings):
    settings.PUBLIC_BASE_URL = "http://testserver.example"
    row = write(kind="essential", text=RESET)
    client.force_login(alice)

    assert "3-abc" in client.get(f"/outbox/{row.pk}/").content.decode()


def test_the_links_of_other_mail_stay_readable(client, alice, write, settings):
    settings.PUBLIC_BASE_URL = "http://testserver.example"
    settings.SMTP_HOST = "smtp.test-mail.com"
    row = write(text=RESET)
    client.force_login(alice)

    assert "3-abc" in client.get(f"/outbox/{row.pk}/").content.decode()
