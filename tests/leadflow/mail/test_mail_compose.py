"""What leaves: headers, parts, footer, links (I05 for each marketing mail)."""

import re

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.kit import clock
from leadflow.mail.compose import compose, html_of
from leadflow.mail.models import Delivery, SenderIdentity
from leadflow.mail.sender import send_due
from leadflow.models import Organisation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organisation(db):
    organisation = Organisation.current()
    organisation.legal_name, organisation.postal_address = "Acme Ltd", "1 Main St\nSpringfield"
    organisation.save()
    SenderIdentity.objects.create(
        name="Acme", email="hello@acme.test-mail.com", is_default=True, verified_at=clock.now()
    )
    return organisation


def test_abuse_I05_every_marketing_mail_carries_what_law_and_providers_ask(
    wired, write, organisation, settings
):
    settings.PUBLIC_BASE_URL = "https://crm.acme.test-mail.com"
    write(
        text="Read https://a.test-site.com/x",
        html="<p>Read <a href='https://a.test-site.com/x'>x</a></p>",
    )
    write(text="Only words")

    send_due()

    assert len(wired.messages) == 2
    for message in wired.messages:
        assert re.fullmatch(
            r"<https://crm\.acme\.test-mail\.com/u/\S+>", message["List-Unsubscribe"]
        )
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["Message-ID"].endswith("@acme.test-mail.com>")
        assert message["Date"]
        assert message["From"] == "Acme <hello@acme.test-mail.com>"
        kinds = [part.get_content_type() for part in message.walk()]
        assert kinds == ["multipart/alternative", "text/plain", "text/html"]
        for part in message.iter_parts():
            words = part.get_content()
            assert "Springfield" in words
            assert "/u/" in words


def test_writing_a_mail_asks_for_sender_and_host_once(write, organisation):
    row = write(
        text="See https://a.test-site.com/x", html='<a href="https://a.test-site.com/x">x</a>'
    )

    with CaptureQueriesContext(connection) as asked:
        compose(row)

    for table in ("leadflow_organisation", "leadflow_publichost"):
        assert sum(f'FROM "{table}"' in query["sql"] for query in asked) == 1, table


def test_links_are_counted_in_both_parts(write):
    row = write(
        text="See https://a.test-site.com/x", html='<a href="https://a.test-site.com/x">x</a>'
    )

    made = compose(row)

    (counted,) = [url for _target, url in made.targets]
    assert "https://a.test-site.com/x" not in made.html + made.text
    assert counted in made.html
    assert made.text.startswith(f"See {counted}\n")
    assert "/t/o/" in made.html


def test_a_written_link_is_its_words_and_then_its_counted_address(write):
    made = compose(write(text="Read [three roofs](https://a.test-site.com/x?a=1&b=2), then write."))

    ((target, counted),) = made.targets
    assert target == "https://a.test-site.com/x?a=1&b=2"
    assert made.text.startswith(f"Read three roofs <{counted}>, then write.\n")
    assert f'Read <a href="{counted}">three roofs</a>, then write.' in made.html


def test_the_text_part_ends_with_the_way_out(write):
    made = compose(write(text="Read [this](https://a.test-site.com/x)."))

    assert re.search(r"\nUnsubscribe: \S+/u/\S+\n$", made.text)


def test_without_counting_a_written_link_leads_straight_there(write):
    made = compose(write(text="[this](https://a.test-site.com/x_(y))", track=False))

    assert made.text.startswith("this <https://a.test-site.com/x_(y)>\n")
    assert made.targets == []


def test_brackets_that_are_no_link_stay_as_they_are(write):
    made = compose(write(text="[sic] (see below) [x](javascript:alert(1)) [x](mailto:a@b.c)"))

    assert made.text.startswith("[sic] (see below) [x](javascript:alert(1)) [x](mailto:a@b.c)\n")


def test_a_colleagues_own_words_are_sent_as_they_were_typed(write):
    assert compose(write(kind="personal", text="[x](https://a.b.example/)")).text == (
        "[x](https://a.b.example/)"
    )


def test_untracked_mail_has_plain_links_and_no_picture(write):
    row = write(kind="personal", html='<a href="https://a.test-site.com/x?a=1&amp;b=2">x</a>')

    html = compose(row).html

    assert 'href="https://a.test-site.com/x?a=1&amp;b=2"' in html
    assert "/t/" not in html


def test_automated_notices_say_so_and_carry_no_opt_out(write):
    message = compose(write(kind="notice")).message

    assert message["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in message


def test_composing_twice_gives_the_same_message(write):
    row = write(html='<a href="https://a.test-site.com/x">x</a>')

    assert compose(row).html == compose(row).html
    assert compose(row).message["Message-ID"] == compose(row).message["Message-ID"]


def test_a_reps_mail_comes_from_our_address_and_answers_go_to_her(write, organisation, bob):
    message = compose(write(kind="personal", by=bob)).message

    assert message["From"] == "Bob Berg <hello@acme.test-mail.com>"
    assert message["Reply-To"] == "bob@crm.example"


def test_a_verified_identity_is_used(write):
    from django.utils import timezone

    identity = SenderIdentity.objects.create(
        name="News", email="news@acme.test-mail.com", verified_at=timezone.now()
    )

    assert compose(write(identity=identity)).message["From"] == "News <news@acme.test-mail.com>"


def test_text_becomes_html_with_links_and_nothing_else():
    made = html_of("Hello <b>you</b>\nsecond\n\nSee https://a.test-site.com/x.")

    assert made == (
        "<p>Hello &lt;b&gt;you&lt;/b&gt;<br>\nsecond</p>\n"
        '<p>See <a href="https://a.test-site.com/x">https://a.test-site.com/x</a>.</p>'
    )


def test_a_line_of_one_dot_does_not_end_the_message_early(wired, write):
    write(kind="essential", text="one\n.\n..two\n.three\nend")

    send_due()

    assert wired.messages[0].get_content().split() == ["one", ".", "..two", ".three", "end"]


def test_umlauts_survive_the_wire(wired, write):
    write(kind="essential", subject="Grüße aus Köln", text="Schöne Grüße — 日本", to_name="Zoë Ü")

    send_due()

    (message,) = wired.messages
    assert message["Subject"] == "Grüße aus Köln"
    assert message["To"].addresses[0].display_name == "Zoë Ü"
    assert message.get_content().strip() == "Schöne Grüße — 日本"


def test_an_international_mailbox_is_reached_with_smtputf8(wired, write, state):
    row = write(to="jörg@bücher.test-mail.com")

    send_due()

    assert state(row).state == "sent"
    assert wired.accepted[0]["rcpt"] == ["jörg@xn--bcher-kva.test-mail.com"]


def test_django_mail_goes_through_the_ledger_as_essential(settings, wired):
    settings.EMAIL_BACKEND = "leadflow.mail.backend.LedgerBackend"
    message = EmailMultiAlternatives(
        "Reset\nit", "text", to=["a@b.test-mail.com"], cc=["c@d.test-mail.com"]
    )
    message.attach_alternative("<p>html</p>", "text/html")
    message.connection = mail.get_connection("leadflow.mail.backend.LedgerBackend")

    assert message.send() == 2
    assert wired.accepted == []
    send_due()

    assert {row.kind for row in Delivery.objects.all()} == {"essential"}
    assert sorted(row["rcpt"][0] for row in wired.accepted) == [
        "a@b.test-mail.com",
        "c@d.test-mail.com",
    ]
    assert wired.messages[0]["Subject"] == "Reset it"


CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n"


def test_a_calendar_file_goes_along_with_line_ends_and_method_as_its_format_asks(wired, write):
    write(kind=Delivery.Kind.ESSENTIAL, text="It is off.", calendar=CALENDAR)

    send_due()

    (message,) = wired.messages
    (part,) = message.iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert part.get_filename() == "event.ics"
    assert part.get_param("method") == "CANCEL"
    assert part.get_payload(decode=True) == CALENDAR


def test_a_mail_without_a_calendar_carries_nothing_along(write):
    message = compose(write(text="Only words")).message

    assert list(message.iter_attachments()) == []
