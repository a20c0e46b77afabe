"""Charsets that lie, headers with raw bytes, bodies in odd places: what somebody wrote is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.mail import decoding, judging, reading

WORDS = [
    ("Grüße".encode(), "utf-8", "Grüße"),
    ("Grüße".encode(), "iso-8859-1", "Grüße"),  # it says one, it is the other
    ("Grüße".encode("latin-1"), "utf-8", "Grüße"),
    ("Grüße".encode("latin-1"), None, "Grüße"),
    ("Grüße".encode("latin-1"), "x-unknown", "Grüße"),
    ("“No”, she said".encode("cp1252"), "iso-8859-1", "“No”, she said"),
    ("お世話になります".encode("iso2022_jp"), "ISO-2022-JP", "お世話になります"),
    ("①髙".encode("cp932"), "shift_jis", "①髙"),
    ("朱镕基".encode("gb18030"), "gb2312", "朱镕基"),
    ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
    ("안녕".encode("cp949"), "ks_c_5601-1987", "안녕"),
    (b"plain", "base64", "plain"),
]


@pytest.mark.parametrize(("raw", "charset", "read"), WORDS)
def test_what_a_charset_says_wrongly_is_read_as_it_was_meant(raw, charset, read):
    assert decoding.words(raw, charset) == read


def test_one_bad_byte_does_not_change_the_alphabet_of_the_rest():
    raw = "Добрый день, спасибо за письмо".encode() + b"\xff"

    assert decoding.words(raw, "utf-8") == "Добрый день, спасибо за письмо\ufffd"


HEADERS = [
    (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?= aus K=?utf-8?b?w7Y=?=ln", "Grüße aus K=?utf-8?b?w7Y=?=ln"),
    (b"Re: =?utf-8?q?Gr=C3=BC?= =?utf-8?q?=C3=9Fe?= aus", "Re: Grüße aus"),
    (b"=?utf-8?b?44GK5LiW6Kmx44Gr44Gq44KK?=", "お世話になり"),
    (b"=?utf-8?b?5pS=?= =?utf-8?b?tuS7tg==?=", None),  # a letter split between two words
    ("Réponse automatique : prix".encode(), "Réponse automatique : prix"),
    ("Réponse automatique".encode("latin-1"), "Réponse automatique"),
    (b"=?x-none?q?a=FF?= b", "aÿ b"),
    (b"=?utf-8?b?!?= x", None),
]


@pytest.mark.parametrize(("raw", "read"), HEADERS)
def test_a_subject_is_read_whatever_bytes_it_holds(raw, read):
    found = reading.read(b"From: a@b.example\r\nSubject: " + raw + b"\r\n\r\nHi\r\n")

    assert found.subject
    assert read is None or found.subject == read.replace("K=?utf-8?b?w7Y=?=ln", "Köln")


def test_an_automatic_answer_with_a_raw_subject_is_one():
    raw = "Automatische Antwort: Größe".encode("latin-1")
    found = reading.read(b"From: a@b.example\r\nSubject: " + raw + b"\r\n\r\nBin weg\r\n")

    assert judging.judge(found).kind == judging.AUTOMATIC


@given(
    st.binary(max_size=300), st.sampled_from(["utf-7", "unicode_escape", "x", "", "utf-16", None])
)
def test_no_bytes_and_no_charset_raise_or_give_half_a_letter(raw, charset):
    text = reading.clean(decoding.words(raw, charset))

    text.encode()


@given(st.text(max_size=200))
def test_no_header_raises(value):
    decoding.decoded(value)
    decoding.decoded(f"=?utf-8?q?{value}?=")


def mixed(*parts, kind="mixed"):
    body = "".join(f"--b\r\n{head}\r\n\r\n{text}\r\n" for head, text in parts)
    return (
        f"From: ann@b.example\r\nSubject: Re: Hi\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/{kind}; boundary="b"\r\n\r\n{body}--b--\r\n'
    ).encode()


PLAIN, HTML = "Content-Type: text/plain; charset=utf-8", "Content-Type: text/html; charset=utf-8"
PICTURE = "Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64"
NOT_EMPTY = {
    "blank text before a picture": mixed((PLAIN, " "), (PICTURE, "AAAA"), (PLAIN, "Yes, gladly.")),
    "blank text beside html": mixed((PLAIN, "\r\n"), (HTML, "<p>Yes, gladly.</p>"), kind="alternative"),
    "words in a named part": mixed(
        (f"{PLAIN}; name=body.txt\r\nContent-Disposition: inline; filename=body.txt", "Yes, gladly.")
    ),
    "html that is nested beyond sense": mixed((HTML, "<div>" * 400 + "Yes, gladly." + "</div>" * 400)),
    "html alone": mixed((HTML, "<html><style>p{}</style><p>Yes,&nbsp;gladly.</p></html>")),
    "a charset that is none": mixed(("Content-Type: text/plain; charset=x-none", "Yes, gladly.")),
    "an unknown transfer encoding": mixed(
        (f"{PLAIN}\r\nContent-Transfer-Encoding: x-none", "Yes, gladly.")
    ),
    "no end of its parts": mixed((PLAIN, "Yes, gladly.")).replace(b"--b--", b""),
    "marks that are not the ones it names": mixed((PLAIN, "Yes, gladly.")).replace(b'"b"', b'"other"'),
    "line ends of a Mac of old": mixed((PLAIN, "Yes, gladly.")).replace(b"\r\n", b"\r"),
    "a file with no name": mixed(
        ("Content-Type: application/ms-tnef; name=winmail.dat", "AAAA"), (PLAIN, "Yes, gladly.")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_EMPTY)
def test_no_answer_is_read_as_empty(name):
    assert " ".join(reading.read(NOT_EMPTY[name]).text.split()) == "Yes, gladly."


def test_text_that_goes_on_below_a_picture_is_read_to_its_end():
    found = reading.read(mixed((PLAIN, "See here:"), (PICTURE, "AAAA"), (PLAIN, "Shall we?")))

    assert found.text == "See here:\n\nShall we?"


CARRIED = (
    "From: x@y.example\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="c"\r\n\r\n'
    "--c\r\nContent-Type: text/plain\r\n\r\nI wrote this.\r\n--c\r\n"
    "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nAction: failed\r\n"
    "Final-Recipient: rfc822; a@b.example\r\nStatus: 5.1.1\r\n\r\n--c--\r\n"
)


def test_what_a_letter_carries_along_is_not_what_it_says_nor_what_it_is():
    raw = mixed((PLAIN, "Look what came back."), ("Content-Type: message/rfc822", CARRIED))
    found = reading.read(raw)

    assert found.text == "Look what came back."
    assert found.report is None
    assert judging.judge(found).kind == judging.LETTER


def test_a_letter_that_only_carries_another_says_nothing_itself():
    found = reading.read(mixed(("Content-Type: message/rfc822", CARRIED)))

    assert "I wrote this" not in found.text
