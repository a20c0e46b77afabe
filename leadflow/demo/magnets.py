"""The demo's lead magnets: a calculator with its report that people used, and a guide that they downloaded."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from capture import rules
from capture.blocks import FORM_BLOCKS, path
from capture.blocks.asking import questions
from capture.blocks.starts.parts import (
    block,
    email,
    first_name,
    follow_up,
    gated,
    heading,
    report_block,
    sum_of,
)
from capture.blocks.starts.parts import number as ask_number
from capture.models import Form, Magnet, Promise
from capture.selectors.reports import Filled, Part
from capture.services import forms, promises, reports, submissions
from leadflow.assets import files
from leadflow.assets.models import ContentItem, File, FileVersion, Grant
from leadflow.blocks import documents
from leadflow.conditions.zone import here
from leadflow.demo.cast import LiveForm
from leadflow.demo.telling import DEMO, Story
from leadflow.events import relay
from leadflow.models import Lead

CALCULATOR, GUIDE = "What does your roof earn?", "The solar guide"
_USERS = 18
_PRICE = "24"  # cents, where somebody does not know what she pays
_PAGES = (
    ("What a roof can carry", "Ten to fifteen kilograms a square metre, and what to do below that."),
    ("What you earn", "A third of the power bill of a food producer is cold. The sun shines when it is needed."),
    ("What it costs", "Modules, mounting, inverter and lift, with the price of each for a hall of 2,000 square metres."),
    ("Seven questions to ask", "Who answers all seven in writing has built such a roof before."),
)  # fmt: skip


def tell(story: Story) -> None:
    """Put the calculator live a while ago; people who are known used it since."""
    at = story.end - timedelta(days=40)
    form = forms.create(
        name=CALCULATOR, by=story.cast.marketer, content=_content(), origin=DEMO, at=at
    )
    reports.start(form=form, by=story.cast.marketer, content=_report(), at=at)
    forms.publish(form=form, by=story.cast.marketer, at=at)
    document = Form.objects.get(pk=form.pk)
    version = document.live_version
    version.document = document  # asked for every submission
    asked = frozenset(question.name for question in questions(version.content))
    story.cast.forms["calculator"] = LiveForm(document, version, asked)
    people = Lead.objects.filter(origin=DEMO, merged_into=None, created_at__lt=at)
    known = people.exclude(email="").order_by("-created_at", "-pk")[:_USERS]
    for number, lead in enumerate(known):
        _use(story, version, lead, number)
    # their mails went out in those weeks: none is to leave today
    Magnet.objects.filter(form=document).update(sends_mail=False)
    relay.run()
    Magnet.objects.filter(form=document).update(sends_mail=True)


def hand_over(story: Story) -> None:
    """Those who asked for the guide since the autumn got the file; most have downloaded it."""
    by, guide = story.cast.marketer, story.cast.forms["guide"].document
    item = ContentItem.objects.filter(title=GUIDE, origin=DEMO).first()
    values = {"name": GUIDE, "topic": "solar", "points": 5, "item": item}
    upload = files.Upload("the-solar-guide.pdf", "pdf", _pdf(story.end))
    file = files.add(values=values, upload=upload, by=by)
    reports.save_magnet(magnet=Magnet(form=guide), given=[file])
    since = story.end - timedelta(days=80)
    sent = guide.submissions.filter(origin=DEMO, received_at__gte=since).exclude(lead=None)
    for number, row in enumerate(sent.select_related("lead").order_by("received_at", "pk")):
        one = files.grant(
            file=file, lead=row.lead, key=f"submission:{row.pk}:file:{file.pk}", origin=DEMO,
            at=row.received_at,
        )  # fmt: skip
        if number % 4:
            files.count(one, at=min(row.received_at + timedelta(minutes=number), story.end))


def _use(story: Story, version: Any, lead: Lead, number: int) -> None:
    """One of them sends it, in the weeks before the end, and looks at her report."""
    at = story.end - timedelta(days=2 * number, hours=number % 9 + 1)
    given: dict[str, Any] = {
        "area": 300 + 190 * (number % 7), "power": 40_000 + 23_000 * (number % 6),
        "knows": number % 3 > 0, "first_name": lead.first_name, "email": lead.email,
    }  # fmt: skip
    if given["knows"]:
        given["price"] = 19 + number % 8
    worked = path.walk(path.plan_of(version.content), given, at=here(at)).values
    forms.count(form_id=version.document_id, day=at.date(), views=5 + number % 4, starts=2)
    arrival = rules.Arrival(
        client_id=f"demo-calculator-{number:04}", channel="page", ip="192.0.2.10", headers={},
        page_url="https://brightwell.example/calculator", utm={"utm_source": "Newsletter"},
    )  # fmt: skip
    done = submissions.accept(
        version=version, answers=given | worked, raw=given, arrival=arrival, origin=DEMO, at=at
    )
    row = version.document.submissions.get(pk=done.submission_id)
    promise = promises.make(row)
    if promise and number % 3:
        promises.opened(promise, at=at + timedelta(minutes=4))


def _content() -> documents.Content:
    """Its questions, a first result for free, and the gate."""
    content = documents.empty(submit_label="Send me my report")
    content["pages"] = [
        {"id": "p1", "title": "", "blocks": list(_questions())},
        {"id": "p2", "title": "", "blocks": [
            heading("Where should your report go?", "Yield by year, cost, payback, and what to do next."),
            first_name(is_required=False), email(), follow_up("the report"),
        ]},
    ]  # fmt: skip
    return documents.normalised(content, FORM_BLOCKS)


def _questions() -> Iterator[dict[str, Any]]:
    def knows(value: bool) -> dict[str, Any]:
        return {"all": [{"field": "knows", "op": "is", "value": value}]}

    yield heading(CALCULATOR, "Three numbers, and you see it at once.")
    yield ask_number("area", "Free area of your roof", "m²", at_least=50)
    yield ask_number("power", "Power used in a year", "kWh", at_least=1)
    yield block("yes_no", label="Do you know what you pay for a kilowatt-hour?", name="knows")
    yield block(
        "number", label="Price of a kilowatt-hour", name="price", unit="ct", at_least=1,
        show_when=knows(True), sets=[{"value": _PRICE, "when": knows(False)}],
    )  # fmt: skip
    yield sum_of("kwp", "Fits on your roof", "area * 0.2", "kWp")
    yield sum_of("used", "Your own power in a year", "min(power * 0.6, kwp * 950)", "kWh")
    yield sum_of("saved", "Saved a year", "used * if(answered(price), price, 24) / 100", "€")
    yield gated("cost", "Cost", "kwp * 1050", "€")
    yield gated("years", "Years until it pays", "cost / saved", decimals="1")
    yield block(
        "result", text="A roof of {area} m² saves about {saved} € a year.",
        show_when={"all": [{"field": "saved", "op": "more_than", "value": 0}]},
    )  # fmt: skip


def _report() -> documents.Content:
    content = documents.empty(title="What your roof earns")
    content["pages"][0]["blocks"] = [
        report_block("number", label="Saved in the first year", formula="saved", unit="€"),
        report_block("number", label="Years until it pays", formula="years", decimals="1"),
        report_block("heading", text="Ten years"),
        report_block("bar", label="Cost", formula="cost", unit="€"),
        report_block("bar", label="Saved in ten years", formula="saved * 10", unit="€"),
        report_block("advice", title="Build it", formula="years", below=7,
                     text="At these numbers few investments of a producer pay back sooner. Ask for a roof check."),
        report_block("advice", title="Look closer", formula="years", at_least=7,
                     text="Cold rooms that run at noon, or a battery, bring the year nearer. Let us count both."),
        report_block("answers", text="What you told us"),
    ]  # fmt: skip
    return content


def _pdf(at: datetime) -> bytes:
    parts = [Part("heading", text=title, sub=words) for title, words in _PAGES]
    return reports.as_pdf(Filled(GUIDE, "", (tuple(parts),)), at=at)


@transaction.atomic
def remove() -> None:
    """Take the file away again, unless a form of hers hands it over or somebody of hers got it."""
    Promise.objects.filter(submission__origin=DEMO).delete()
    Grant.objects.filter(origin=DEMO).delete()
    ours = File.objects.filter(name=GUIDE, created_by__is_demo=True)
    gone = ours.filter(grants=None).exclude(magnets__form__in=Form.objects.exclude(origin=DEMO))
    keys = list(gone.values_list("pk", flat=True))
    versions = FileVersion.objects.filter(file__in=keys)
    paths = list(versions.values_list("path", flat=True))
    Magnet.files.through.objects.filter(file__in=keys).delete()
    File.objects.filter(pk__in=keys).update(live=None)
    File.objects.filter(pk__in=keys).delete()
    ours.update(is_archived=True)
    transaction.on_commit(lambda: _forget(paths))


def _forget(paths: list[str]) -> None:
    for one in paths:
        default_storage.delete(one)
