"""Attacks on the public doors of forms; the catalogue numbers stand in the names."""

import json
import threading

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from capture.blocks.starts import block
from capture.forms.staff import AfterForm
from capture.models import Form, Knock, Submission
from capture.services import forms
from capture.views import public
from leadflow.kit import clock
from leadflow.models import Consent, Lead, LeadScore, LeadStage, Origin
from tests.factories.capture import (
    contact_blocks,
    contact_body,
    content_of,
    published_form,
    token_of,
)

PAYLOADS = [
    "<img src=x onerror=__pwned=1>",
    '"><svg onload=__pwned=1>',
    "</script><script>__pwned=1</script>",
    "{{constructor.constructor('__pwned=1')()}}",
    "{% load static %}{{ settings.SECRET_KEY }}",
    "javascript:__pwned=1",
    "' onmouseover='__pwned=1",
    "<iframe srcdoc='<script>__pwned=1</script>'>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=__pwned=1>",
    "\u202e\u2066<b>",
]
RISKY = [
    "<img src=x",
    "<svg onload",
    "<script>__pwned",
    "<iframe srcdoc",
    "<math>",
    "onmouseover='",
]


@pytest.fixture(autouse=True)
def _nobody_has_knocked(db):
    Knock.objects.all().delete()


@pytest.fixture
def form(db):
    return published_form()


def post_json(client, form, body, **headers):
    return client.post(
        form.public_path, json.dumps(body), content_type="application/json", headers=headers
    )


def api(client, form, body, **headers):
    return client.post(
        f"/api/v1/forms/{form.public_id}/submissions",
        json.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def staff_pages(client, form, person):
    client.force_login(person)
    row = Submission.objects.latest("pk")
    addresses = [
        "/answers/",
        f"/forms/{form.pk}/answers/",
        row.get_absolute_url(),
        f"/forms/{form.pk}/",
        f"/forms/{form.pk}/answers.csv",
        row.lead.get_absolute_url() if row.lead else "/answers/",
    ]
    return [page for page in map(client.get, addresses) if page.status_code == 200]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_abuse_A01_a_payload_in_any_field_is_text_everywhere(client, form, max, payload):
    body = contact_body(form, first_name=payload, company=payload, message=payload)

    assert post_json(client, form, body).status_code == 200
    for page in staff_pages(client, form, max):
        if page.headers["Content-Type"].startswith("text/html"):
            assert [risky for risky in RISKY if risky in page.text] == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_abuse_A01_an_authors_words_are_never_a_template_nor_markup(client, payload):
    form = published_form(
        block("heading", text=payload, sub=payload),
        block("short_text", label=payload, name="a", help=payload, placeholder=payload),
        block("choice", label="C", name="c", options=[{"value": "x", "label": payload}, {"value": "y", "label": "Y"}]),
        block("consent", text=payload),
    )  # fmt: skip

    page = client.get(form.public_path)

    assert page.status_code == 200
    assert [risky for risky in RISKY if risky in page.text] == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_abuse_A02_metadata_is_text_in_the_raw_view(client, form, max, payload):
    body = contact_body(form) | {payload: payload, "extra": payload}
    client.post(
        f"{form.public_path}?utm_source={payload}&lf_page={payload}",
        json.dumps(body),
        content_type="application/json",
        headers={"Referer": f"https://x.example/{payload}", "User-Agent": payload},
    )

    pages = staff_pages(client, form, max)

    assert Submission.objects.get().raw["extra"]
    for page in pages:
        if page.headers["Content-Type"].startswith("text/html"):
            assert [risky for risky in RISKY if risky in page.text] == []


def test_abuse_A03_keys_that_no_question_asks_change_nothing(client, form, bob):
    forged = {
        "owner": bob.pk, "owner_id": bob.pk, "score": 100, "status": "won", "stage": "customer",
        "unsubscribed": True, "id": 1, "lead": 1, "lead_id": 1, "created_at": "2001-01-01",
        "origin": "import", "state": "processed", "form": 99, "answers": "x", "reason": "",
    }  # fmt: skip

    assert post_json(client, form, contact_body(form) | forged).status_code == 200

    lead = Lead.objects.get()
    assert (lead.owner, lead.stage, lead.origin) == (None, LeadStage.LEAD, Origin.LIVE)
    assert lead.created_at.year != 2001
    assert LeadScore.objects.get(lead=lead).priority == LeadScore().priority
    assert set(Submission.objects.get().answers) <= {
        "first_name", "email", "company", "message", "consent",
    }  # fmt: skip


def test_abuse_A04_a_stranger_cannot_overwrite_a_known_person(client, form, bob):
    post_json(client, form, contact_body(form))
    lead = Lead.objects.get()
    before = (lead.first_name, lead.company_id, lead.owner_id, lead.stage)
    stranger = contact_body(form, first_name="Evil", company="Evil Corp", client_id="client-0002")

    post_json(client, form, stranger)

    lead.refresh_from_db()
    assert (lead.first_name, lead.company_id, lead.owner_id, lead.stage) == before
    assert Submission.objects.latest("pk").proposed["first_name"] == "Evil"


def test_abuse_A05_known_and_unknown_addresses_get_the_same_answer_two_hundred_times(
    client, form, settings
):
    settings.FORM_POSTS_PER_MINUTE = 0
    post_json(client, form, contact_body(form))

    known = [
        post_json(client, form, contact_body(form, client_id=f"known-{n:08}")) for n in range(200)
    ]
    unknown = [
        post_json(
            client, form,
            contact_body(form, email=f"new{n}@north.example", client_id=f"fresh-{n:08}"),
        )
        for n in range(200)
    ]  # fmt: skip

    told = {
        (one.status_code, one.content, tuple(sorted(one.headers.items())))
        for one in [*known, *unknown]
    }
    assert len(told) == 1
    assert known[0].status_code == 200


def statements_of(client, form, **answers):
    """How many statements a post takes."""
    with CaptureQueriesContext(connection) as asked:
        assert post_json(client, form, contact_body(form, **answers)).status_code == 200
    return len(asked)


def test_abuse_A05_a_known_and_an_unknown_address_take_the_same_number_of_statements(client, form):
    post_json(client, form, contact_body(form))

    known = statements_of(client, form, client_id="client-0002")
    unknown = statements_of(client, form, client_id="client-0003", email="new@north.example")

    assert known == unknown


ELSEWHERE = {
    "a company that nobody knew": {"email": "new@fresh.example", "company": "Fresh"},
    "a public mailbox": {"email": "new@gmail.com", "company": ""},
    "a public mailbox and a company": {"email": "new@gmail.com", "company": "Fresher"},
    "a number": {"email": "new@gmail.com", "phone": "030 901820"},
}


@pytest.mark.parametrize("answers", ELSEWHERE.values(), ids=ELSEWHERE)
def test_abuse_A05_an_address_can_be_asked_about_once_and_then_it_is_known(client, form, answers):
    """Where a new person takes a few statements more, asking makes her known: nothing to average."""
    # at one moment: the first post of a minute, an hour, a day may have something more to do
    with time_machine.travel(clock.now(), tick=False):
        post_json(client, form, contact_body(form))
        asked = [
            statements_of(client, form, client_id=f"client-1{n:03}", **answers) for n in range(3)
        ]

    assert asked[1] == asked[2]
    assert abs(asked[0] - asked[1]) <= 3


@pytest.mark.parametrize(
    "address",
    [
        "a@x.io\r\nBcc: v@y.io",
        "a@x.io\nBcc: v@y.io",
        "a@x.io%0aBcc:v@y.io",
        "a@x.io,b@y.io",
        "a@x.io\x00",
    ],
)
def test_abuse_A07_an_address_with_a_header_in_it_is_refused(client, form, address):
    response = post_json(client, form, contact_body(form, email=address))

    if response.status_code == 200:  # what cannot be stored was taken off; nothing else may pass
        assert Lead.objects.get().email == "a@x.io"
    else:
        assert response.status_code == 400
        assert not Submission.objects.exists()


def test_abuse_A07_a_name_becomes_one_line(client, form):
    post_json(client, form, contact_body(form, first_name="Bob\r\nX-Evil: 1"))

    assert Lead.objects.get().first_name == "Bob X-Evil: 1"


BIG = [
    ("many keys", json.dumps({f"k{n}": "v" for n in range(10_000)})),
    ("long field", json.dumps({"message": "x" * 1_000_000})),
    ("large body", json.dumps({"message": "x" * 5_000_000})),
    ("deep", "[" * 200 + "]" * 200),
    ("deep object", '{"a":' * 200 + "1" + "}" * 200),
    ("very deep", "[" * 100_000),
    ("nested answer", json.dumps({"message": {"a": 1}})),
    ("nested list", json.dumps({"message": [["a"]]})),
    ("not an object", "[1]"),
    ("not JSON", "{"),
    ("huge number", '{"message": ' + "9" * 5000 + "}"),
    ("infinite", '{"message": 1e999}'),
    ("lone surrogate", '{"message": "\\ud800", "email": "x"}'),
]


@pytest.mark.parametrize(("name", "body"), BIG, ids=[name for name, _body in BIG])
@pytest.mark.parametrize("door", ["page", "api"])
def test_abuse_A08_a_monstrous_body_is_refused_before_anything_is_kept(
    client, form, door, name, body
):
    path = form.public_path if door == "page" else f"/api/v1/forms/{form.public_id}/submissions"

    response = client.post(path, body, content_type="application/json")

    assert response.status_code in {400, 413}
    assert not Submission.objects.exists()


def test_abuse_A08_a_large_body_is_refused_without_being_read(form, rf):
    class Unread:
        def read(self, *_size):
            raise AssertionError("the body was read")

    request = rf.post(form.public_path, b"{}", content_type="application/json")
    request.META["CONTENT_LENGTH"] = "5000000"
    request._stream = Unread()

    assert public.form_page(request, form.public_id).status_code == 413


def test_abuse_A08_two_thousand_parts_are_refused(client, form):
    response = client.post(form.public_path, {f"part{n}": "v" for n in range(2_000)})

    assert response.status_code in {400, 413}
    assert not Submission.objects.exists()


@pytest.mark.parametrize("key", ["next", "return", "redirect", "redirect_url"])
def test_abuse_A10_a_redirect_in_the_request_is_ignored(client, form, key):
    body = contact_body(form) | {key: "https://evil.example"}

    response = client.post(f"{form.public_path}?{key}=//evil.example", body)

    assert response.headers["Location"] == f"{form.public_path}thanks/"


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)", "//evil.example", "data:text/html,x", "/inside", "https://a@b.example",
        "https:\\\\evil.example", "vbscript:x", " https://evil.example", "https://x\r\nSet-Cookie: a=1",
    ],
)  # fmt: skip
def test_abuse_A10_a_redirect_setting_is_http_or_refused(form, target):
    data = {"name": "A", "thanks_title": "T", "stage": "lead", "redirect_url": target}
    bound = AfterForm(data, instance=form)

    assert not bound.is_valid() or bound.cleaned_data["redirect_url"] == target.strip()
    assert bound.is_valid() is (target.strip() == "https://evil.example")


def test_abuse_A11_a_form_posted_by_a_staff_browser_is_anonymous(client, form, max):
    client.force_login(max)

    client.post(form.public_path, contact_body(form), headers={"Origin": "https://evil.example"})

    from leadflow.events.models import Event

    assert set(
        Event.objects.filter(kind="submission.received").values_list("actor_id", flat=True)
    ) == {None}


def test_abuse_A11_the_api_refuses_a_foreign_origin(client, form, max):
    client.force_login(max)

    response = api(client, form, contact_body(form), Origin="https://evil.example")

    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers
    assert not Submission.objects.exists()


def test_abuse_A11_an_allowed_site_is_named_exactly_and_never_with_credentials(client, form):
    form.allowed_origins = ["https://shop.example"]
    form.save()
    path = f"/api/v1/forms/{form.public_id}/submissions"

    asked = client.options(path, headers={"Origin": "https://shop.example"})
    sent = api(client, form, contact_body(form), Origin="https://shop.example")

    for response in (asked, sent):
        assert response.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        assert "Origin" in response.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert not response.cookies
    assert (asked.status_code, sent.status_code) == (204, 200)


def closed_form(kind):
    form = forms.create(name="X", by=None, content=content_of(*contact_blocks()))
    if kind == "archived":
        forms.publish(form=form, by=None)
        forms.archive(form=form, by=None)
    return form


@pytest.mark.parametrize("kind", ["draft", "archived", "unknown"])
def test_abuse_A12_a_form_that_is_not_open_takes_nothing(client, db, kind):
    form = Form(public_id="nosuchcode") if kind == "unknown" else closed_form(kind)

    answers = [
        client.get(form.public_path),
        client.post(form.public_path, contact_body(form)),
        client.post(
            f"{form.public_path}seen/", {"key": "opening-0001"}, content_type="application/json"
        ),
        client.get(f"{form.public_path}thanks/"),
        api(client, form, contact_body(form)),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert not Submission.objects.exists()


def test_abuse_A12_a_token_of_another_form_does_not_count(client, form):
    other = published_form(name="Other")

    response = post_json(client, form, contact_body(form, token=token_of(other)))

    assert response.status_code == 400
    assert not Submission.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_abuse_A13_fifty_replays_at_once_are_one_submission(settings):
    settings.FORM_POSTS_PER_MINUTE = 0
    form = published_form()
    body = json.dumps(contact_body(form))
    answers = []

    def send():
        try:
            sent = Client().post(form.public_path, body, content_type="application/json")
            answers.append((sent.status_code, sent.content))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 50
    assert len(set(answers)) == 1
    assert answers[0][0] == 200
    assert (Submission.objects.count(), Lead.objects.count()) == (1, 1)


def test_abuse_A13_the_same_key_on_the_api_is_one_submission(client, form):
    body = contact_body(form)
    body.pop("client_id")

    first = api(client, form, body, **{"Idempotency-Key": "key-0000001"})
    again = api(client, form, body, **{"Idempotency-Key": "key-0000001"})

    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert Submission.objects.count() == 1


def test_abuse_A14_proof_of_consent_cannot_be_forged(client, form):
    forged = {
        "consent_at": "2001-01-01", "consent_ip": "192.0.2.1", "consent_text": "Everything",
        "consent_version": "9", "ip": "192.0.2.1",
    }  # fmt: skip

    client.post(
        form.public_path,
        json.dumps(contact_body(form) | forged),
        content_type="application/json",
        headers={"X-Forwarded-For": "192.0.2.1"},
    )

    row = Consent.objects.get()
    assert (row.text, row.ip) == ("Write to me.", "127.0.0.1")
    assert row.text_version == f"form:{form.pk}:v1"
    assert row.at.year != 2001


def test_abuse_A16_a_flood_from_one_address_is_slowed_down_and_others_are_not(
    client, form, settings
):
    settings.FORM_POSTS_PER_MINUTE = 10
    bodies = [contact_body(form, client_id=f"client-{n:04}") for n in range(30)]

    answers = [post_json(client, form, body) for body in bodies]
    other = client.post(
        form.public_path,
        json.dumps(contact_body(form, client_id="client-9999")),
        content_type="application/json",
        REMOTE_ADDR="203.0.113.77",
    )

    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 10
    assert all(0 < int(answer.headers["Retry-After"]) <= 60 for answer in refused)
    assert other.status_code == 200


def test_abuse_A16_behind_our_proxy_each_visitor_has_her_own_limit_and_nobody_forges_one(
    client, form, settings
):
    settings.FORM_POSTS_PER_MINUTE, settings.TRUSTED_PROXIES = 2, 1

    def post(n, told):
        body = json.dumps(contact_body(form, client_id=f"client-{n:04}"))
        return client.post(
            form.public_path, body, content_type="application/json",
            REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=told,
        ).status_code  # fmt: skip

    forged = [post(n, f"192.0.2.{n}, 203.0.113.5") for n in range(6)]

    assert forged.count(429) >= 2
    assert post(9, "203.0.113.6") == 200
    assert "203.0.113.6" in Submission.objects.values_list("ip", flat=True)


def test_abuse_A16_a_filled_honeypot_is_thanked_and_set_aside(client, form, recorded):
    response = post_json(client, form, contact_body(form, website_url="https://spam.example"))

    assert response.status_code == 200
    assert Submission.objects.get().state == Submission.State.QUARANTINED
    assert not Lead.objects.exists()
    assert "submission.received" not in recorded()


def test_abuse_A16_sending_faster_than_a_person_types_is_set_aside(client, form):
    body = contact_body(form, token=token_of(form, opened_ago=0))

    assert post_json(client, form, body).status_code == 200
    row = Submission.objects.get()
    assert (row.state, row.reason) == (Submission.State.QUARANTINED, "too_fast")


def test_abuse_A19_the_app_may_not_be_framed_and_a_form_only_by_its_sites(client, form, max):
    assert (
        "frame-ancestors 'none'" in client.get(form.public_path).headers["Content-Security-Policy"]
    )
    form.allowed_origins = ["https://shop.example"]
    form.save()

    policy = client.get(form.public_path).headers["Content-Security-Policy"]
    client.force_login(max)
    app = client.get("/forms/")

    assert "frame-ancestors https://shop.example" in policy
    assert "X-Frame-Options" not in client.get(form.public_path).headers
    assert "frame-ancestors 'none'" in app.headers["Content-Security-Policy"]
    assert app.headers["X-Frame-Options"] == "DENY"
