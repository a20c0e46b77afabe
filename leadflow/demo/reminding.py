"""Who comes to see a cold store is reminded by a text message: some agreed to that, two did not."""

from datetime import timedelta

from leadflow.demo import letters
from leadflow.demo.telling import DEMO, Story
from leadflow.models import Consent, Lead
from leadflow.services import consent
from nurturing.services import advancing, enrolment, sequences, texting

REMINDER = "Visit: reminder by text message"
SEQUENCES = (REMINDER,)
_GUESTS, _AGREED = 9, 7
_WORDS = (
    'Hello {{ lead.first_name | default: "there" }}, see you at the cold store, Thursday 10:00, gate 2.'
    " Brightwell. Answer STOP for no more of these."
)


def tell(story: Story) -> None:
    """The guests are put in by hand, a day before the story ends."""
    at = story.end - timedelta(days=1)
    by = story.cast.marketer
    agreed = Consent.objects.filter(state=Consent.State.GIVEN, channel="email")
    rows = Lead.objects.living().filter(origin=DEMO, pk__in=agreed.values("lead")).exclude(phone="")
    guests = list(rows.order_by("-pk")[:_GUESTS])
    for lead in guests[:_AGREED]:
        consent.give(
            lead=lead, channel="sms", text="Remind me by text message.", method="call", by=by,
            at=at - timedelta(days=5), origin=DEMO,
        )  # fmt: skip
    steps = [
        {"id": "visit1", "type": "text", "channel": "sms", "words": _WORDS},
        letters.wait("visit2", 3),
        {"id": "visit3", "type": "todo", "title": "Ask how the visit was", "due_days": 2, "kind": "call"},
    ]  # fmt: skip
    made = sequences.create(name=REMINDER, document={"steps": steps}, by=by, at=at)
    sequences.publish(made, by=by, at=at)
    made.refresh_from_db()
    people = [lead.pk for lead in guests]
    enrolment.enrol_many(sequence=made, lead_ids=people, by=by, at=at, origin=DEMO)
    advancing.advance_due(at=at)
    texting.send_due(at=story.end)
