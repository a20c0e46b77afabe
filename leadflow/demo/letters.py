"""The marketer's part of the demo: what follows by mail, and groups of people to look after.

Enrolments and mails are made by nurturing's own services at passed-in times; the mails wait in the ledger
and the sender puts them into the outbox, dated as they were due.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from capture.models import Form
from leadflow.demo import designs
from leadflow.mail.models import COUNTED, Delivery
from leadflow.models import Lead, Origin
from leadflow.people.models import User
from leadflow.segments import services as segments
from leadflow.segments.models import Segment
from leadflow.services import consent, engagement
from nurturing.services import advancing, documents, sequences, winners

SITE = "https://www.example/"
_LINK = re.compile(re.escape(SITE) + "[a-z-]+")
_THERE = 'Hello {{ lead.first_name|default:"there" }},\n\n'


def letter(key: str, subject: str, body: str) -> dict[str, Any]:
    """A mail of a sequence."""
    return {"id": key, "type": "email", "subject": subject, "body": _THERE + body, "sender": None}


def wait(key: str, days: int) -> dict[str, Any]:
    """Some business days."""
    return {"id": key, "type": "wait", "amount": days, "unit": "business_days", "at": ""}


FOLLOW_UP, LATER, WELCOME = (
    "Guide: what comes after",
    "Not now: stay in touch",
    "Newsletter: welcome",
)
SEQUENCES = (FOLLOW_UP, LATER, WELCOME)
# Two first lines are tried against one another; the second is the one that people follow.
_ASKS, _TELLS = "Your guide, and one question", "Three roofs, three answers"
_FOLLOWED = {_ASKS: 0.12, _TELLS: 0.5}  # how many of a hundred click; of any other mail 24
_FIRST: dict[str, Any] = {
    "id": "guide0",
    "type": "split",
    "title": "Which first line works?",
    "winner": {"by": "clicks", "after_hours": 72, "least": 20},
    "ways": [
        {
            "id": "guidea",
            "share": 50,
            "steps": [
                letter(
                    "guide1",
                    _ASKS,
                    (
                        "here is what other food producers asked first:"
                        " [three roofs, three answers](https://www.example/three-roofs).\n\n"
                        "Which one is most like yours?"
                    ),
                )
            ],
        },
        {
            "id": "guideb",
            "share": 50,
            "steps": [
                letter(
                    "guideb1",
                    _TELLS,
                    (
                        "a bakery, a dairy and a cold store: [what each of their roofs gives]"
                        "(https://www.example/three-roofs)."
                    ),
                )
            ],
        },
    ],
}
_GUIDE = (
    _FIRST,
    wait("guide2", 3),
    letter(
        "guide3",
        "What a roof like yours saves",
        (
            "the numbers of a bakery with 1,200 m² are [on one page](https://www.example/one-page).\n\n"
            "Shall we do the same for you?"
        ),
    ),
    wait("guide4", 5),
    letter(
        "guide5",
        "Storage, or more roof?",
        (
            "half of our customers ask this in their second year:"
            " [what each of them did](https://www.example/storage).\n\nWhat does your night use look like?"
        ),
    ),
)
_KEEP = (
    wait("later1", 20),
    letter(
        "later2",
        "What changed since we spoke",
        (
            "the grid fee falls next year: [what that means for a roof](https://www.example/fees)."
            "\n\nIs it time to look again?"
        ),
    ),
    wait("later3", 30),
    letter(
        "later4",
        "A visit, without a sales talk",
        (
            "next month you can see a cold store with 240 kWp: [two dates](https://www.example/visit)."
        ),
    ),
)
_HELLO = (
    letter(
        "hello1",
        "Welcome, and our three best pieces",
        ("these are what readers share most: [the three](https://www.example/best-of)."),
    ),
    wait("hello2", 10),
    letter(
        "hello3",
        "One roof, one number",
        (
            "tell us your yearly use and we send one number back: [yours](https://www.example/number)."
        ),
    ),
)
# What a sequence is to bring about, and how many of a hundred it leaves alone to see whether it does.
SOLD_TO = {
    "field": "lead.stage",
    "op": "is_any_of",
    "value": ["sal", "sql", "opportunity", "customer"],
}
HELD_BACK = 15
# A mail of the story waits in the ledger until the sender takes it up: in the story it went.
_WENT = (*COUNTED, Delivery.State.PLANNED, Delivery.State.QUEUED)
SEGMENTS = {
    "Hot in the Nordics": (
        "Qualified people in Sweden, Norway, Denmark and Finland.",
        [
            {"field": "lead.country", "op": "is_any_of", "value": ["SE", "NO", "DK", "FI"]},
            {"field": "score.fit", "op": "at_least", "value": 50},
        ],
    ),
    "Food producers who decide": (
        "Owners, chiefs and directors at food producers: the next webinar is for them.",
        [
            {"field": "company.industry", "op": "is", "value": "Food production"},
            {
                "field": "lead.seniority",
                "op": "is_any_of",
                "value": ["owner", "chief", "vp", "director"],
            },
        ],
    ),
    "Know us, have not bought": (
        "Everybody between the first form and a deal.",
        [{"field": "lead.stage", "op": "is_any_of", "value": ["subscriber", "lead", "mql", "sal"]}],
    ),
    "Customers": (
        "Everybody who bought: news about storage and charging goes to them.",
        [{"field": "lead.stage", "op": "is", "value": "customer"}],
    ),
}
FAIR = "Met at the fair in Lyon"


def make(forms: Mapping[str, Form], by: User, at: datetime) -> None:
    """The published sequences: after the guide, after "not now", and for readers of the newsletter."""
    welcome = designs.of(designs.WELCOME)
    hello = {**_HELLO[0], "subject": "", "body": "", "design": welcome.pk if welcome else None}
    triggers = {
        FOLLOW_UP: ({"kind": "form", "ref": forms["guide"].pk}, _GUIDE),
        LATER: ({"kind": "recycled", "ref": None}, _KEEP),
        WELCOME: ({"kind": "form", "ref": forms["newsletter"].pk}, (hello, *_HELLO[1:])),
    }
    for name, (trigger, steps) in triggers.items():
        document: dict[str, Any] = {"trigger": trigger, "steps": [*steps]}
        if name == FOLLOW_UP:
            # whoever sales accepts has met the goal: it ends as that, not as taken over by an owner
            exits = documents.empty()["exits"] | {"owner": False}
            document |= {"goal": {"all": [SOLD_TO]}, "holdout": HELD_BACK, "exits": exits}
        sequence = sequences.create(name=name, document=document, by=by, at=at)
        sequences.publish(sequence, by=by, at=at)


def mark_segments(by: User, at: datetime) -> None:
    """Groups that rules keep, and one that somebody made by hand."""
    for name, (description, every) in SEGMENTS.items():
        segments.create(name=name, description=description, condition={"all": every}, by=by, at=at)
    met = Lead.objects.living().filter(country="FR", source__name="Trade fairs")
    segments.create(
        name=FAIR, kind=Segment.Kind.STATIC, description="Business cards from the stand.",
        lead_ids=met.values_list("pk", flat=True), by=by, at=at,
    )  # fmt: skip


def go_out(monday: datetime, until: datetime) -> None:
    """Take the walks of a week further, on three mornings."""
    for day in (0, 2, 4):
        at = (monday + timedelta(days=day)).replace(hour=9, minute=30)
        if at < until:
            advancing.advance_due(at=at)


def are_read(dice: Random, since: datetime, until: datetime) -> None:
    """Many of the week's mails are opened, some clicked on, a few answered or the last that is wanted."""
    mails = Delivery.objects.filter(
        origin=Origin.DEMO, kind=Delivery.Kind.MARKETING, due_at__gt=since, due_at__lte=until
    ).exclude(lead=None)
    facts = []
    for mail in mails.select_related("lead").order_by("pk"):
        roll, at = dice.random(), mail.due_at + timedelta(minutes=dice.randint(9, 2_000))
        if at > until or mail.lead is None:
            continue
        if roll < 0.6:
            facts.append(_fact(mail, mail.lead, "mail.opened", f"{mail.pk}", mail.subject, at))
        if roll < _FOLLOWED.get(mail.subject, 0.24):
            link = _LINK.search(mail.text)
            url = link.group() if link else SITE
            facts.append(_fact(mail, mail.lead, "mail.clicked", f"{mail.pk}:demo", url, at))
        elif roll > 0.975:
            consent.withdraw(
                lead=mail.lead, purpose="marketing", method="link", origin=Origin.DEMO, at=at
            )
    if facts:
        engagement.append(facts, origin=Origin.DEMO)


def decide(until: datetime) -> None:
    """End the comparison of a split, once enough people went each way."""
    winners.decide_due(at=until, counted=_WENT)


def _fact(
    mail: Delivery, lead: Lead, kind: str, source_id: str, label: str, at: datetime
) -> engagement.Fact:
    return engagement.Fact(
        lead.pk, kind, "delivery", source_id, label=label, topic=mail.subject[:80], at=at
    )
