"""A report: worked out on the server, handed over after the gate, by page, PDF and mail."""

import json
import re
from datetime import timedelta

import pytest

from capture.blocks.starts import block
from capture.forms.answers import form_of
from capture.models import Magnet, Promise, Submission
from capture.selectors import reports as filling
from capture.services import forms, promises, reports
from leadflow.blocks import services as blocks
from leadflow.errors import Invalid
from leadflow.kit.clock import now
from leadflow.mail.models import Delivery
from tests.factories.capture import content_of, published_form, token_of
from tests.leadflow.kit.test_kit_pdf import fonts_in

pytestmark = pytest.mark.django_db

ROWS = [
    block("number", label="People", name="people", is_required=True),
    block("calculation", label="Cost", name="cost", formula="people * 1000", unit="€"),
    block("calculation", label="Secret", name="secret", formula="cost * 7", is_gated=True),
    block("short_text", label="First name", name="first_name", save_to="first_name"),
    block("email"),
]


def a_report(form, *rows, **settings):
    """A published report of the form."""
    report = reports.start(form=form, by=None)
    content = report.draft | {"settings": report.draft["settings"] | settings}
    content["pages"][0]["blocks"] = list(rows)
    blocks.save_draft(document=report, content=content, revision=report.draft_revision, by=None)
    reports.publish(report=report, by=None)
    return report


def the_usual():
    return [
        reports.block("heading", text="For {first_name}"),
        reports.block("number", label="A year", formula="secret", unit="€"),
        reports.block("bar", label="Now", formula="cost"),
        reports.block("bar", label="Then", formula="cost / 2"),
        reports.block("advice", title="Small", text="Stay as you are.", formula="cost", below=5000),
        reports.block("advice", title="Large", text="Ask us.", formula="cost", at_least=5000),
        reports.block("answers", text="Your answers"),
    ]


@pytest.fixture
def form(db):
    made = published_form(*ROWS, name="Calculator")
    a_report(made, *the_usual())
    made.refresh_from_db()
    return made


def send(client, form, **answers):
    body = {"people": "12", "first_name": "Ada", "email": "ada@north.example", "website_url": ""}
    body |= {"token": token_of(form), "client_id": "client-0001"} | answers
    return client.post(form.public_path, json.dumps(body), content_type="application/json")


def test_a_new_report_begins_with_the_results_of_its_form():
    made = reports.start(form=published_form(*ROWS), by=None)

    kinds = [(row["type"], row["props"].get("formula")) for row in made.draft["pages"][0]["blocks"]]
    assert kinds == [("number", "cost"), ("number", "secret"), ("answers", None)]


def test_nothing_of_the_report_reaches_the_browser_before_the_form_is_sent(client, form):
    page = client.get(form.public_path).text

    assert "people * 1000" not in page  # trees travel, and only those of the free part
    assert '"cost"' in page
    assert "secret" not in page
    assert "Ask us." not in page


def test_the_thank_you_shows_the_links_and_the_report_the_details(client, form):
    told = send(client, form).json()

    assert [link["label"] for link in told["links"]] == ["Your report", "Your report as PDF"]
    page = client.get(told["links"][0]["url"].removeprefix("http://localhost:8000")).text
    assert "For Ada" in page
    assert "84,000\u00a0€" in page
    assert "Ask us." in page
    assert "Stay as you are." not in page
    assert Promise.objects.get().openings == 1


def test_the_result_for_the_report_only_is_a_typed_answer_all_the_same(client, form):
    send(client, form)

    assert Submission.objects.get().answers["secret"] == 84000


def test_the_same_report_comes_on_paper_with_a_name_in_any_script(client, form):
    told = send(client, form, first_name="أميرة").json()

    answer = client.get(told["links"][1]["url"].removeprefix("http://localhost:8000"))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "NotoSansArabic" in fonts_in(answer.content)


def test_the_mail_goes_out_once_and_carries_the_links(client, form, drain_events):
    Magnet.objects.filter(form=form).update(
        subject="Yours, {{ lead.first_name }}", text="It is {{ answer.cost }} a year."
    )
    send(client, form)
    drain_events()
    promises.fulfil([Submission.objects.get().pk])

    mail = Delivery.objects.get(key__startswith="promise:")
    assert mail.subject == "Yours, Ada"
    assert "It is 12000 a year." in mail.text
    assert re.search(r"Your report: http\S+/r/\S+/\n", mail.text)


def test_a_browser_without_script_finds_the_links_too(client, form):
    body = {"people": "3", "first_name": "Ada", "email": "ada@north.example", "website_url": ""}
    body |= {"token": token_of(form), "client_id": "client-0002"}

    page = client.post(form.public_path, body, follow=True)

    assert "Your report as PDF" in page.text


def test_an_answer_set_aside_as_spam_is_promised_nothing_yet(client, form, drain_events):
    told = send(client, form, website_url="http://spam.example").json()
    drain_events()

    page = client.get(told["links"][0]["url"].removeprefix("http://localhost:8000")).text
    assert "Nearly there" in page
    assert "84,000" not in page
    assert not Delivery.objects.exists()


def test_a_link_that_ran_out_offers_a_new_one_to_the_same_person(client, form, drain_events):
    send(client, form)
    drain_events()
    promise = Promise.objects.get()
    old = promises.token_of(promise, days=30, at=now() - timedelta(days=31))

    assert client.get(f"/r/{old}/").status_code == 410
    assert "on its way" in client.post(f"/r/{old}/").text
    client.post(f"/r/{old}/")

    mails = Delivery.objects.filter(to_norm="ada@north.example").order_by("pk")
    assert len(mails) == 2
    fresh = re.search(r"/r/(\S+)/\n", mails[1].text).group(1)
    assert client.get(f"/r/{fresh}/").status_code == 200


def test_a_link_that_nobody_made_leads_nowhere(client, form):
    assert client.get("/r/guess.guess/").status_code == 404
    assert client.get("/d/guess.guess/").status_code == 404


def test_one_address_gets_five_such_mails_a_day_and_no_more(client, form, drain_events):
    for number in range(7):
        send(client, form, client_id=f"client-{number:04}")
    drain_events()

    assert Delivery.objects.filter(key__startswith="promise:").count() == promises.MAILS_A_DAY


def test_a_stranger_cannot_have_us_mail_her_own_words(client, form, drain_events):
    with pytest.raises(Invalid):
        promises.compile_template("{{ answer.first_name }}", promises.paths_of(form))

    send(client, form, first_name="Win at https://evil.example")
    drain_events()

    assert "evil" not in Delivery.objects.get(key__startswith="promise:").text


def test_a_report_mentions_only_what_its_form_asks(form):
    report = reports.start(form=form, by=None)
    rows = [
        reports.block("text", text="You owe {nothing}"),
        reports.block("number", label="?", formula="unknown + 1"),
        reports.block("advice", text="?", formula="cost"),
    ]
    content = report.draft | {"pages": [{"id": "p1", "title": "", "blocks": rows}]}
    saved = blocks.save_draft(
        document=report, content=content, revision=report.draft_revision, by=None
    )

    with pytest.raises(Invalid) as refused:
        reports.publish(report=saved, by=None)

    assert len(refused.value.context["problems"]) == 3


def test_the_page_cannot_lean_on_a_result_for_the_report_only():
    draft = forms.create(
        name="Wrong",
        by=None,
        content=content_of(*ROWS, block("result", text="It is {secret}")),
    )

    with pytest.raises(Invalid, match="Finish these"):
        forms.publish(form=draft, by=None)


def test_an_answer_that_is_missing_is_a_dash_and_no_bar():
    form = published_form(*ROWS)
    content = content_of()
    content["settings"] = {"title": "T {cost}", "foot": ""}
    content["pages"][0]["blocks"] = the_usual()

    asked = form_of(form.live.pk).asked
    filled = filling.filled(content, asked=asked, answers={}, at=now())

    assert filled.title == "T –"
    kinds = [part.kind for part in filled.sheets[0]]
    assert kinds == ["heading", "number", "bars", "answers"]
    assert [bar.share for bar in filled.sheets[0][2].bars] == [0, 0]
