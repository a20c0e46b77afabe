"""B07, B09, B10, B14, C07, C08: the pages and the headers of mail, in the clauses that are easily forgotten."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.mail import links, senders
from leadflow.mail.compose import compose
from leadflow.mail.models import Delivery, SenderIdentity
from leadflow.mail.sender import send_due
from leadflow.mail.services import queue
from leadflow.models import Organisation
from leadflow.recompute import projections
from leadflow.services import consent
from nurturing.services import advancing, enrolment
from tests.abuse.test_capture_doors import PAYLOADS, RISKY
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_broadcast, a_reader, a_sequence, cast, mail_step

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TARGET = "https://acme.test-site.com/pricing"


@pytest.fixture
def delivery():
    """A marketing message with one link, kept in the outbox."""
    lead = a_lead("ann@a.test-mail.com", first_name="Ann")
    row = queue(
        key="t:1", kind="marketing", to=lead.email, lead_id=lead.pk, subject="Prices", text="See",
        html=f'<p><a href="{TARGET}">Prices</a></p>',
    )  # fmt: skip
    send_due()
    row.refresh_from_db()
    return row


@pytest.fixture
def visitor():
    """A browser without any cookie that insists on CSRF checks."""
    return Client(enforce_csrf_checks=True, headers={"user-agent": BROWSER})


def path_of(url):
    return "/" + url.partition("://")[2].partition("/")[2]


def test_abuse_B07_what_is_counted_equals_the_facts_after_a_flood(visitor, delivery, drain_events):
    (click,) = [path_of(url) for _target, url in compose(delivery).targets]
    pixel = path_of(links.open_url(delivery))

    for n in range(60):
        visitor.get(click, REMOTE_ADDR=f"203.0.113.{n}")
        visitor.get(pixel, REMOTE_ADDR=f"198.51.100.{n}")
    drain_events()

    assert [str(one) for kind in projections.PROJECTIONS for one in kind.find()] == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_abuse_B09_nothing_of_an_address_or_a_purpose_is_markup_on_the_page_of_preferences(
    visitor, delivery, payload
):
    consent.give(lead=delivery.lead, purpose=payload[:60], text="x")
    Organisation.current()
    Organisation.objects.update(name=payload[:100], legal_name=payload[:100])
    url = path_of(links.unsubscribe_url(delivery))

    pages = [
        visitor.get(url, {payload[:40]: payload, "what": payload}),
        visitor.post(url, {"what": "preferences", "keep": [payload, f"email:{payload}"]}),
        visitor.post(url, {"what": payload}),
        visitor.get(f"/u/{payload.replace('/', '')}"),
        visitor.get(f"/t/c/{payload.replace('/', '')}"),
    ]

    for page in pages:
        assert page.status_code in (200, 404)
        assert [risky for risky in RISKY if risky in page.text] == []


def foreign(html):
    """What a page loads, or sends to, from anywhere but here."""
    loaded = re.findall(r"""(?:src|srcset|action|data|poster)=["']?([^"'\s>]+)""", html)
    loaded += re.findall(r"""<link\b[^>]*href=["']?([^"'\s>]+)""", html)
    loaded += re.findall(r"url\(([^)]*)\)", html)
    nothing = "data:,"  # the icon of public pages: a browser asks nobody for it
    mine = [one for one in loaded if one != nothing]
    return [one for one in mine if not one.startswith("/") or one.startswith("//")]


def test_abuse_B10_every_answer_behind_a_token_of_a_mail_keeps_it_and_loads_nothing_foreign(
    visitor, delivery, alice
):
    sender = senders.add(name="News", email="news@acme.test-mail.com", by=alice)
    told = Delivery.objects.exclude(pk=delivery.pk).latest("pk").text
    (confirm,) = re.findall(r"https?://\S+", told)
    url = path_of(links.unsubscribe_url(delivery))

    answers = [
        visitor.get(url),
        visitor.post(url, {"what": "preferences", "keep": "email:marketing"}),
        visitor.post(url, {"what": "everything"}),
        visitor.post(url, {"List-Unsubscribe": "One-Click"}),
        visitor.get(path_of(confirm)),
        visitor.get(path_of(links.trap_url(delivery))),
    ]

    assert sender.verified_at is None
    for answer in answers:
        assert answer.status_code in (200, 302)
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer["X-Robots-Tag"]
        assert foreign(answer.text) == []


FOREIGN = [
    {"HTTP_HOST": "evil.example"},
    {"HTTP_X_FORWARDED_HOST": "evil.example"},
    {"HTTP_FORWARDED": "host=evil.example"},
    {"HTTP_X_ORIGINAL_URL": "https://evil.example/"},
    {"SERVER_NAME": "evil.example"},
]


@pytest.mark.parametrize("header", FOREIGN, ids=lambda one: next(iter(one)))
def test_abuse_B14_a_foreign_host_reaches_no_door_of_a_mail_and_no_mail(delivery, alice, header):
    staff, visitor = Client(), Client()
    staff.force_login(alice)
    (click,) = [path_of(url) for _target, url in compose(delivery).targets]
    asked = [
        (visitor.get, path_of(links.unsubscribe_url(delivery)), {}),
        (visitor.post, path_of(links.unsubscribe_url(delivery)), {"what": "this"}),
        (visitor.get, click, {}),
        (visitor.get, path_of(links.trap_url(delivery)), {}),
        (staff.post, reverse("console:sender"), {"name": "N", "email": "n@acme.test-mail.com"}),
        (staff.post, reverse("console:invite"), {"email": "new@crm.example", "role": "rep"}),
    ]

    for ask, path, data in asked:
        answer = ask(path, data, **header)
        assert answer.status_code in (200, 302, 303, 400, 404, 422), path
        assert "evil.example" not in answer.headers.get("Location", ""), path
        assert b"evil.example" not in answer.content, path

    for row in Delivery.objects.all():
        assert b"evil" not in compose(row).as_bytes()


NAMES = ["Ann\r\nBcc: x@evil.example", "Ann\nX-Evil: 1", "Ann\rX-Evil: 1", "Ann\x1b\x7f", "a" * 300]


@pytest.mark.parametrize("name", NAMES)
def test_abuse_C07_a_name_of_a_sender_with_a_line_break_is_one_line_wherever_it_stands(name, bob):
    row = SenderIdentity.objects.create(
        name=name[:120], email="hello@acme.test-mail.com", verified_at=clock.now(), is_default=True
    )
    bob.name = name[:150]
    bob.save(update_fields=["name"])
    Organisation.current()
    Organisation.objects.update(name=name[:100], legal_name=name[:100])

    for fields in ({"kind": "marketing", "identity": row}, {"kind": "personal", "by": bob}):
        made = queue(
            key=f"t:{fields['kind']}", to="a@x.test-mail.com", subject="x", text="x", **fields
        )
        message = compose(made).message
        head = compose(made).as_bytes().partition(b"\r\n\r\n")[0]
        assert len(message.get_all("From")) == 1
        assert message["Bcc"] is None
        assert message["X-Evil"] is None
        assert not re.search(rb"(?im)^(bcc|x-evil):", head)


@pytest.mark.parametrize("name", ["Ann\r\nBcc: x@evil.example", "Ann\nX", "Ann\x00"])
def test_abuse_C07_the_door_of_senders_keeps_no_line_break(client, alice, name):
    client.force_login(alice)

    client.post(reverse("console:sender"), {"name": name, "email": "hello@acme.test-mail.com"})

    for row in SenderIdentity.objects.all():
        assert not re.search(r"[\r\n\x00]", row.name)


@pytest.mark.parametrize("field", ["subject", "preview"])
def test_abuse_C07_a_line_break_of_an_author_reaches_no_header_of_a_broadcast(field):
    row = a_broadcast(a_reader(), **{field: "Hi\r\nBcc: x@evil.example\r\n\r\nbody"})

    try:
        cast(row)
    except Invalid:
        return
    for made in Delivery.objects.all():
        head = compose(made).as_bytes().partition(b"\r\n\r\n")[0]
        assert not re.search(rb"(?im)^bcc:", head)
    assert Delivery.objects.exists(), "it was neither refused nor sent"


def test_abuse_C07_a_sequence_whose_subject_has_a_line_break_harms_nobody():
    lead = a_reader()
    try:
        sequence = a_sequence(mail_step("Hi\r\nBcc: x@evil.example", "Hello"))
    except Invalid:
        return
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)
    advancing.advance_due(at=NOON)
    for made in Delivery.objects.all():
        assert not re.search(rb"(?im)^bcc:", compose(made).as_bytes())
    assert Delivery.objects.exists(), "it was neither refused nor sent"


FORGED = {
    "From": "ceo@bank.example", "Sender": "ceo@bank.example", "Reply-To": "eve@evil.example",
    "Return-Path": "<eve@evil.example>", "Bcc": "eve@evil.example", "Resent-From": "ceo@bank.example",
    "List-Unsubscribe": "<https://evil.example>", "DKIM-Signature": "v=1", "Auto-Submitted": "no",
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("case", [str, str.lower, str.upper])
def test_abuse_C08_no_caller_forges_a_header_of_the_sender(name, case):
    row = queue(
        key="t:1", kind="marketing", to="a@x.test-mail.com", subject="x", text="x",
        headers={case(name): FORGED[name]},
    )  # fmt: skip

    assert b"bank.example" not in compose(row).as_bytes()
    assert b"evil.example" not in compose(row).as_bytes()
    assert len(compose(row).message.get_all("From")) == 1
    assert FORGED[name] not in (compose(row).message.get_all(name) or [])


@pytest.mark.parametrize("reply_to", ["eve@evil.example", "ceo@bank.example"])
def test_abuse_C08_answers_go_to_nobody_who_is_not_known_here(client, alice, bob, reply_to):
    client.force_login(alice)
    asked = {"name": "News", "email": "news@acme.test-mail.com", "reply_to": reply_to}

    assert client.post(reverse("console:sender"), asked).status_code in (400, 422)
    assert not SenderIdentity.objects.exists()

    row = senders.add(name="News", email="news@acme.test-mail.com", by=alice)
    with pytest.raises(Invalid):
        senders.change(sender=row, name="News", reply_to=reply_to, by=alice)
    for known in ("desk@acme.test-mail.com", bob.email, ""):
        senders.change(sender=row, name="News", reply_to=known, by=alice)
