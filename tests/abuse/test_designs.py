"""Designs of mails whose author, or whose reader, means harm."""

import json
import re

import pytest

from leadflow.errors import Invalid
from leadflow.mail import compose
from leadflow.mail.design import cases, services
from leadflow.mail.design.rendering import compiled
from leadflow.mail.design.starts import STARTS
from leadflow.mail.models import Delivery, SenderIdentity
from leadflow.models import Organisation
from nurturing.services import advancing, documents, enrolment
from nurturing.services.messages import words_for
from tests.abuse.test_previews import Tags
from tests.abuse.vectors import MUTATIONS
from tests.factories.core import NOON
from tests.factories.designs import a_design, a_document, block
from tests.factories.nurturing import a_broadcast, a_reader, a_sequence, cast, lawful, mail_step
from tests.leadflow.mail.test_mail_merge import LITERALS, PROBES

pytestmark = pytest.mark.django_db
FRAME = {"html", "head", "body", "meta", "style", "title", "noscript", "xml"}
SAFE = ("https://", "http://", "mailto:")


def sent(*rows, lead=None, **settings):
    """The mail of these blocks as it stands in the ledger, and as it leaves."""
    lead = lead or a_reader()
    sequence = a_sequence(mail_step("", "", design=a_design(*rows, **settings).pk))
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)
    while advancing.advance_due(at=NOON):
        pass
    return compose.compose(Delivery.objects.get())


def published(content):
    """Make a design of it and publish it."""
    design = services.create(name="x", by=None, content=content)
    return services.publish(design=design, by=None)


def dangers(html):
    """What in a whole page could run, send, or load from somewhere else."""
    found = Tags(html).found
    foreign = [tag for tag, _attrs in found if tag not in compose._TAGS | FRAME]
    handlers = [name for _tag, attrs in found for name in attrs if name.startswith("on")]
    targets = [
        value
        for _tag, attrs in found
        for name, value in attrs.items()
        if name in {"href", "src", "srcset", "action", "formaction", "background", "xlink:href"}
        and value and not str(value).startswith(SAFE)
    ]  # fmt: skip
    refresh = [
        attrs for tag, attrs in found if tag == "meta" and attrs.get("http-equiv") == "refresh"
    ]
    styles = [attrs["style"] for _tag, attrs in found if "url(" in (attrs.get("style") or "")]
    return foreign + handlers + targets + refresh + styles


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("place", ["text", "subject", "url", "html"])
def test_abuse_C01_a_design_that_reaches_beyond_the_catalogue_is_refused(probe, place):
    rows = {
        "text": [block("text", text=probe)],
        "subject": [block("text", text="x")],
        "url": [block("button", button="x", url=f"https://x.example/{probe}")],
        "html": [block("html", text=f"<p>{probe}</p>")],
    }[place]
    settings = {"subject": probe} if place == "subject" else {}
    design = a_design(*rows, publish=False, **settings)

    with pytest.raises(Invalid):
        services.publish(design=design, by=None)

    assert design.versions.count() == 0


@pytest.mark.parametrize("literal", LITERALS)
def test_abuse_C01_other_template_languages_stay_literal_in_a_design(literal):
    made = sent(block("heading", title=literal or "x"))

    assert "49" not in re.sub(r"[^\d]*\b(1049|49)\d+", "", made.text.split("\n\n")[0])
    assert literal in made.text


def test_abuse_C01_nobody_writes_the_filters_and_paths_that_the_renderer_keeps_for_itself():
    for own in (
        "{{ lead.city | as_link }}",
        "{{ when.k0 }}",
        "{{ reader.stage }}",
        "{{ mail.preheader }}",
    ):
        with pytest.raises(Invalid):
            services.publish(design=a_design(block("text", text=own), publish=False), by=None)


def test_abuse_C01_the_doors_answer_with_what_is_wrong_and_keep_the_draft(client, max):
    design = a_design(publish=False)
    client.force_login(max)
    content = a_document(block("text", text="{{ settings.SECRET_KEY }}"))

    told = client.post(
        f"/mail-designs/{design.pk}/draft/", {"content": content, "revision": 0}, content_type="application/json"
    )  # fmt: skip
    answer = client.post(f"/mail-designs/{design.pk}/publish/")
    frame = client.get(f"/mail-designs/{design.pk}/frame/?as=empty")

    assert "unknown field" in json.dumps(told.json())
    assert answer.status_code == 422
    assert "unknown field" in frame.content.decode()


def test_abuse_C02_a_template_in_a_value_of_a_design_is_words():
    lead = a_reader(first_name="{{ lead.email }}", city="{% if x %}")

    made = sent(
        block("heading", title="Hello {{ lead.first_name }}"),
        block("button", button="Go", url="https://x.example/{{ lead.city }}"),
        subject="To {{ lead.first_name }}", lead=lead,
    )  # fmt: skip

    assert "Hello {{ lead.email }}" in made.html
    assert lead.email not in made.text.split("-- ")[0]
    assert made.message["Subject"] == "To {{ lead.email }}"


@pytest.mark.parametrize(
    "row",
    [
        block("text", text="x" * 10_001),
        block("text", text="{{ lead.city }}" * 600),
        block("text", text="{% if lead.city %}" * 20 + "x" + "{% endif %}" * 20),
    ],
    ids=["long", "tags", "nested"],
)
def test_abuse_C03_a_bomb_in_a_design_is_refused(row):
    with pytest.raises(Invalid):
        published(a_document(row))


def test_abuse_C03_a_document_of_ten_megabytes_is_refused_before_it_is_laid_out(client, max):
    design = a_design(publish=False)
    client.force_login(max)
    content = a_document(*[block("html", text="x" * 39_000) for _n in range(150)])

    answer = client.post(
        f"/mail-designs/{design.pk}/draft/", {"content": content, "revision": 0}, content_type="application/json"
    )  # fmt: skip

    assert answer.status_code in (400, 413, 422)
    design.refresh_from_db()
    assert design.draft_revision == 0


def test_abuse_C04_words_of_a_lead_become_neither_markup_nor_a_dangerous_link_in_a_design():
    evil = '"><a href=//evil.example>x</a>'
    lead = a_reader(
        first_name=evil, city="javascript:alert(1)", job_title="](https://evil.example)"
    )

    made = sent(
        block("text", text="**{{ lead.first_name }}** [{{ lead.job_title }}](https://x.example/)"),
        block("button", button="{{ lead.first_name }}", url="{{ lead.city }}"),
        block("html", text='<a href="{{ lead.city }}" title="{{ lead.first_name }}">x</a>'),
        lead=lead,
    )  # fmt: skip

    assert dangers(made.html) == []
    links = [attrs.get("href", "") for tag, attrs in Tags(made.html).found if tag == "a"]
    assert not [href for href in links if "evil" in href or "javascript" in href]
    assert "](https://evil.example)" not in made.text


def places(vector):
    """Every property in which an author can write, with the vector in it."""
    return [
        block("html", text=vector),
        block("html", text=f"<table><tr><td>{vector}</td></tr></table>"),
        block("heading", title=vector[:200]),
        block("text", text=vector),
        block("text", text=f"[{vector}](https://x.example/)"),
        block("quote", text=vector, title=vector[:160]),
        block(
            "columns", items=[{"title": vector[:120], "text": vector, "button": "x", "url": vector}]
        ),
        block("button", button=vector[:60], url=vector),
        block("staged", items=[{"stage": "else", "title": vector[:160], "text": vector}]),
        block("footer", text=vector, items=[{"label": vector[:60], "url": vector}]),
    ]


@pytest.mark.parametrize("vector", MUTATIONS)
def test_abuse_C05_nothing_that_an_author_writes_runs_in_a_page_of_a_design(vector):
    for row in places(vector):
        if not any(sign in vector for sign in ("{{", "{%")):
            html = cases.written_for(cases.FOREIGN, compiled(a_document(row))).html

            assert dangers(html) == []


def test_abuse_C05_each_frame_of_a_design_is_sandboxed_and_so_is_its_page(client, alice):
    client.force_login(alice)
    design = a_design(block("html", text="<p>Hi</p>"))

    for path in ("", "read/?as=empty"):
        page = Tags(client.get(f"/mail-designs/{design.pk}/{path}").content.decode()).found
        frames = [attrs for tag, attrs in page if tag == "iframe"]
        assert frames
        assert all(
            attrs.get("sandbox", None) in ("", None) and "sandbox" in attrs for attrs in frames
        )
    policy = client.get(f"/mail-designs/{design.pk}/frame/").headers["Content-Security-Policy"]
    assert policy.startswith("sandbox;")
    assert "allow-scripts" not in policy


@pytest.mark.parametrize("key", ["subject", "preheader"])
@pytest.mark.parametrize("injected", ["Hi\r\nBcc: x@x.example", "Hi\nBcc: x", "Hi\x00"])
def test_abuse_C07_a_line_break_in_subject_or_preview_of_a_design_is_refused(key, injected):
    with pytest.raises(Invalid):
        published(a_document(**{"subject": "x", key: injected}))


def test_abuse_C07_a_value_with_a_line_break_adds_no_header():
    made = sent(
        subject="For {{ lead.job_title }}", lead=a_reader(job_title="x\r\nBcc: evil@x.example")
    )

    assert made.message["Bcc"] is None
    assert b"\nBcc:" not in made.as_bytes()


def test_abuse_C08_a_designed_mail_leaves_only_from_a_verified_sender():
    lawful()
    sender = SenderIdentity.objects.create(name="CEO", email="ceo@bank.example")
    step = mail_step("", "", design=a_design().pk, sender=sender.pk)

    assert any("Verify this sender" in said for said in documents.email_problems(step))


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        " java\nscript:x",
        "https://x\\@evil",
    ],
)
def test_abuse_C09_a_dangerous_address_in_a_design_is_named_and_never_sent(url):
    rows = [
        block("button", button="x", url=url),
        block("image", image="abc", alt="x", url=url),
        block("columns", items=[{"title": "x", "button": "x", "url": url}]),
        block(
            "html",
            text=f'<a href="{url}">x</a><img src="{url}"><p style="background:url({url})">x</p>',
        ),
        block("text", text=f"[x]({url})"),
    ]

    html = cases.written_for(cases.LONGEST, compiled(a_document(*rows))).html

    assert dangers(html) == []
    with pytest.raises(Invalid):
        services.publish(design=a_design(*rows, publish=False), by=None)


def test_abuse_C12_a_designed_mail_carries_address_and_way_out_whatever_its_author_wrote():
    made = sent(block("html", text="<p>Buy.</p><!--lf:foot-->"))

    assert made.html.count("/u/") == 1
    assert "1 Mill Lane" in made.html
    assert "/u/" in made.text
    assert made.message["List-Unsubscribe"]


def test_abuse_C12_a_designed_broadcast_without_postal_address_is_refused_by_name():
    row = a_broadcast(a_reader(), subject="", body="", design=a_design())
    Organisation.objects.update(postal_address="")

    with pytest.raises(Invalid, match="postal address"):
        cast(row)


@pytest.mark.parametrize("key", [key for key in STARTS if key != "blank"])
@pytest.mark.parametrize("case", cases.CASES)
def test_every_template_passes_all_worst_cases(key, case):
    made = compiled(STARTS[key].content())

    read = cases.written_for(case, made)

    assert read.subject.strip()
    assert dangers(read.html) == []
    assert not re.search(r"\{\{|\{%|None", read.text + read.subject)
    assert len(read.html.encode()) < 102_000
    assert "Hello ," not in read.text


def test_a_step_without_programs_is_written_as_its_design_was():
    step = documents.compiled({"steps": [mail_step("", "", design=a_design().pk)]})["steps"][0]

    assert "Good day." in words_for(step, a_reader()).text
