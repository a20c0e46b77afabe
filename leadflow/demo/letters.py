"""The marketer's part of the demo: a follow-up by mail, and a segment of people to look after.

Enrolments and mails are made by nurturing's own services at passed-in times; the mails wait in the ledger
and the sender puts them into the outbox, dated as they were due.
"""

from datetime import datetime, timedelta
from random import Random

from capture.models import Form
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import Origin
from leadflow.people.models import User
from leadflow.segments import services as segments
from leadflow.segments.models import Segment
from leadflow.services import consent, engagement
from nurturing.models import Sequence
from nurturing.services import advancing, documents, sequences

FOLLOW_UP = "Guide: what comes after"
HOT = "Hot in the Nordics"
_MAILS = (
    (
        "Your guide, and one question",
        ("Hello {{ lead.first_name|default:\"there\" }},\n\nhere is what other food producers asked first:"
        " [three roofs, three answers](https://www.example/three-roofs).\n\nWhich one is most like yours?"),
    ),
    (
        "What a roof like yours saves",
        ("Hello {{ lead.first_name|default:\"there\" }},\n\nthe numbers of a bakery with 1,200 m²"
        " are [on one page](https://www.example/one-page).\n\nShall we do the same for you?"),
    ),
)  # fmt: skip


def make(form: Form, by: User, at: datetime) -> Sequence:
    """A published sequence of two mails for those who ask for the guide."""
    first, second = (
        documents.new_step("email") | {"subject": subject, "body": body} for subject, body in _MAILS
    )
    wait = documents.new_step("wait") | {"amount": 3, "unit": "business_days"}
    document = {
        "trigger": {"kind": "form", "ref": form.pk},
        "steps": [first, wait, second],
    }
    sequence = sequences.create(name=FOLLOW_UP, document=document, by=by, at=at)
    sequences.publish(sequence, by=by, at=at)
    return sequence


def mark_hot(by: User, at: datetime) -> None:
    """The segment that the Nordic team looks at on Mondays."""
    segments.create(
        name=HOT,
        description="Qualified people in Sweden, Norway, Denmark and Finland.",
        condition={
            "all": [
                {"field": "lead.country", "op": "is_any_of", "value": ["SE", "NO", "DK", "FI"]},
                {"field": "score.fit", "op": "at_least", "value": 50},
            ]
        },
        by=by,
        at=at,
    )


def go_out(monday: datetime, until: datetime) -> None:
    """Take the walks of a week further, every working morning."""
    for day in range(5):
        at = (monday + timedelta(days=day)).replace(hour=8, minute=30)
        if at < until:
            advancing.advance_due(at=at)


def are_read(dice: Random, since: datetime, until: datetime) -> None:
    """Some of the week's mails are clicked on, and now and then somebody wants no more."""
    mails = Delivery.objects.filter(
        origin=Origin.DEMO, kind=Delivery.Kind.MARKETING, due_at__gt=since, due_at__lte=until
    ).select_related("lead")
    facts = []
    for mail in mails.order_by("pk"):
        roll, at = dice.random(), min(mail.due_at + timedelta(hours=dice.randint(1, 30)), until)
        if roll < 0.3 and mail.lead_id:
            facts.append(
                engagement.Fact(
                    mail.lead_id, "mail.clicked", "delivery", f"{mail.pk}:demo",
                    label="https://www.example/three-roofs", topic=mail.subject[:80], at=at,
                )
            )  # fmt: skip
        elif roll > 0.96 and mail.lead:
            consent.withdraw(
                lead=mail.lead, purpose="marketing", method="link", origin=Origin.DEMO, at=at
            )
    if facts:
        engagement.append(facts, origin=Origin.DEMO)


def put_away() -> None:
    """The sequence and the segment go with the demo; nobody enters them any more."""
    Sequence.objects.filter(name=FOLLOW_UP).update(state=Sequence.State.ARCHIVED)
    Segment.objects.living().filter(name=HOT).update(archived_at=clock.now())
