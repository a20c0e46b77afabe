"""What is written by hand reads as what Python's `email` package would have written."""

import re
from email import message_from_bytes, message_from_string
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from leadflow.mail import mime
from leadflow.mail.compose import clean_html, html_of
from tests.sinks.letters import complaints

MARK = "0123456789abcdef0123456789abcdef"
DATE = "Mon, 30 Nov 2026 10:00:00 +0000"
_LETTERS = st.characters(blacklist_categories=("Cs", "Cc"), max_codepoint=0x1F6FF)
_words = st.text(st.one_of(st.sampled_from("ab ,.<>\"'()@;:=?_-é日🙂"), _LETTERS), max_size=60)
_lines = st.text(
    st.one_of(st.sampled_from("ab .=\n\t\r-_?é日🙂"), _LETTERS), max_size=200
) | st.sampled_from(
    ["", ".", "\n.\n", "x" * 300, " \n \n", "From x\n", "--=_a" + MARK + "\n", "é" * 100]
)


def by_library(head, text, html):
    message = EmailMessage(policy=SMTP.clone(max_line_length=76))
    for name, value in head:
        message[name] = value
    message.set_content(text, cte="quoted-printable")
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def read(raw):
    return message_from_bytes(raw, policy=SMTP)


def told(message):
    """Its fields, and what each part says."""
    skip = ("content-type", "mime-version", "content-transfer-encoding")
    fields = [(k, str(v)) for k, v in message.items() if k.lower() not in skip]
    parts = [part for part in message.walk() if not part.is_multipart()]
    return fields, [(part.get_content_type(), part.get_content()) for part in parts]


def write(head, text="hello", html="", calendar="", international=False):
    return mime.written(
        head, text=text, html=html, calendar=calendar, mark=MARK, international=international
    )


@settings(max_examples=60, phases=[Phase.explicit, Phase.generate])
@given(subject=_words, name=_words, text=_lines, html=_lines)
def test_it_reads_as_the_package_would_have_written_it(subject, name, text, html):
    head = [
        ("Message-ID", "<d-1@x.test>"), ("Date", DATE),
        ("From", mime.mailbox("Acme", "news@acme.test")), ("To", mime.mailbox(name, "ann@x.test")),
        ("Subject", subject),
    ]  # fmt: skip

    raw = write(head, text, html)

    assert told(read(raw)) == told(read(by_library(head, text, html).as_bytes()))
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    body = raw.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("field", "line"),
    [
        (("Subject", "Roofs like yours"), "Subject: Roofs like yours"),
        (("From", mime.mailbox("Ann Berg", "ann@x.test")), "From: Ann Berg <ann@x.test>"),
        (("To", mime.mailbox("", "ann@x.test")), "To: ann@x.test"),
        (("To", mime.mailbox("Ann, Ltd.", "a@x.test")), 'To: "Ann, Ltd." <a@x.test>'),
        (("To", mime.mailbox("x", "a b@x.test")), 'To: x <"a b"@x.test>'),
        (
            ("List-Unsubscribe", f"<https://crm.x.test/u/{'a' * 80}>"),
            f"List-Unsubscribe: <https://crm.x.test/u/{'a' * 80}>",
        ),
        (("References", f"<{'a' * 60}@x> <{'b' * 60}@x>"), f"References: <{'a' * 60}@x>\r\n <{'b' * 60}@x>"),
    ],
)  # fmt: skip
def test_a_field_stands_as_standards_ask(field, line):
    assert write([field]).startswith(f"{line}\r\n".encode())


def test_what_looks_like_an_encoded_word_is_read_as_typed_by_nobody_but_the_package():
    subject = "About =?utf-8?q?x?= and more"
    theirs = by_library([("Subject", subject)], "hello", "").as_bytes()

    assert read(write([("Subject", subject)]))["Subject"] == read(theirs)["Subject"]


@pytest.mark.parametrize(
    ("name", "value"), [("Subject", "a\r\nBcc: b@x.test"), ("Reply-To", "a@x.test\nBcc: b@x.test")]
)
def test_abuse_C07_a_line_end_in_a_field_is_refused(name, value):
    with pytest.raises(ValueError, match="linefeed"):
        write([(name, value)])


@pytest.mark.parametrize(
    "address", ["a@b@c\r\nBcc: d", "a", "@x.test", "a@", "a@x .test"]
)  # fmt: skip
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValueError, match="no address"):
        mime.mailbox("Ann", address)


def test_an_international_address_is_written_as_it_is():
    raw = write([("To", mime.mailbox("Jörg", "jörg@x.test"))], international=True)

    assert str(message_from_string(raw.decode(), policy=SMTP)["To"]) == "Jörg <jörg@x.test>"
    assert "jörg@x.test" in raw.decode()


def test_a_calendar_goes_along_below_both_parts():
    calendar = "BEGIN:VCALENDAR\nMETHOD:CANCEL\nEND:VCALENDAR\n"

    message = read(write([("Subject", "x")], "text", "<p>html</p>", calendar))

    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
    ]  # fmt: skip
    (file,) = message.iter_attachments()
    assert file.get_payload(decode=True) == calendar.replace("\n", "\r\n").encode()
    assert (file.get_filename(), file.get_param("method")) == ("event.ics", "CANCEL")


def test_a_whole_letter_has_nothing_against_it():
    link = f"https://crm.x.test/u/{'a' * 60}"
    raw = write(
        [
            ("Message-ID", "<d-1@x.test>"), ("Date", DATE), ("From", mime.mailbox("A", "a@x.test")),
            ("To", mime.mailbox("Ann Öström, Ltd.", "b@x.test")), ("Subject", "Grüße " * 30),
            ("List-Unsubscribe", f"<{link}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ],
        f"Hello\n.\n{'x' * 2_000}\n{link}", f"<p>{'é' * 2_000} {link}</p>",
    )  # fmt: skip

    assert complaints(raw) == []


@settings(max_examples=60, phases=[Phase.explicit, Phase.generate])
@given(st.lists(_lines, max_size=6).map("\n\n".join))
def test_paragraphs_made_one_by_one_are_the_page_that_is_cleaned_at_once(text):
    made = html_of(text)

    assert clean_html(made) == made
