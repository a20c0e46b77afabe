"""What the marketer plans: a sequence that is not published yet, and a broadcast that waits for a yes."""

from datetime import time, timedelta
from typing import Any

from leadflow.demo import casting, letters
from leadflow.demo.telling import DEMO, Story
from leadflow.mail.models import SenderIdentity
from leadflow.people.models import User
from leadflow.segments.models import Segment
from nurturing.models import Broadcast, MailPolicy
from nurturing.services import approving, audience, broadcasts, policy, sequences

PLANNED = "Cold rooms: what a roof carries"
SEQUENCES = (PLANNED,)
_SUBJECT = "What a roof over cold rooms carries"
_PICTURE = "cooling needs the most power when the sun gives it: [a year in one picture](https://www.example/cold)."
_HOURS = ((1, "08:30"), (2, "13:30"), (3, "10:00"))  # a day of the week, and the hour of its clock
_WAITING = "Come and see a cold store"
_VISIT = "next month you can see a cold store with 240 kWp at work: [two dates](https://www.example/visit)."
_WHY = "Both hosts confirmed. It is the last visit of the year."


def tell(story: Story, sender: SenderIdentity) -> None:
    """Make them as they stand at the end of the story."""
    _plan(story, sender)
    _ask(story)


def _plan(story: Story, sender: SenderIdentity) -> None:
    """Whoever knows us and has not bought is written to twice and then called."""
    known = Segment.objects.get(name="Know us, have not bought")
    customers = Segment.objects.get(name="Customers")
    second = letters.letter(
        "cold3", "One number for your own roof",
        "tell us your yearly use and we send one number back: [yours](https://www.example/number).",
    )  # fmt: skip
    call = {
        "id": "cold5",
        "type": "todo",
        "title": "Call about the cold rooms",
        "due_days": 2,
        "kind": "call",
    }
    document = {
        "trigger": {"kind": "segment", "ref": known.pk},
        "suppress": [customers.pk],
        "holdout": 10,
        "goal": {"all": [letters.SOLD_TO]},
        "steps": [
            _hours(sender), letters.wait("cold2", 4), second | {"sender": sender.pk},
            letters.wait("cold4", 3), call,
        ],
    }  # fmt: skip
    sequences.create(name=PLANNED, document=document, by=story.cast.marketer, at=story.end)


def _hours(sender: SenderIdentity) -> dict[str, Any]:
    """The first mail at one of three hours, to see at which people look: so it leaves on three days."""
    ways = []
    for letter, (day, hour) in zip("abc", _HOURS, strict=True):
        wait = {
            "id": f"cold{letter}1",
            "type": "wait_until",
            "until": "hour",
            "at": hour,
            "days": [day],
        }
        mail = letters.letter(f"cold{letter}2", _SUBJECT, _PICTURE) | {"sender": sender.pk}
        ways.append(
            {"id": f"cold{letter}", "share": 34 if letter == "a" else 33, "steps": [wait, mail]}
        )
    return {
        "id": "cold0", "type": "split", "title": "At which hour do they look?", "ways": ways,
        "winner": {"by": "clicks", "after_hours": 168, "least": 100},
    }  # fmt: skip


def _ask(story: Story) -> None:
    """Two thirds of its readers would be free; for all of them Helen is asked."""
    readers = Segment.objects.get(name=casting.READERS)
    row = casting.written(story, _WAITING, "A visit, without a sales talk", _VISIT, story.end)
    thursday = story.end.date() + timedelta(days=(3 - story.end.weekday()) % 7 + 7)
    values = casting.values(row, include=[readers]) | {
        "timing": Broadcast.Timing.LOCAL, "send_on": thursday, "send_time": time(9),
    }  # fmt: skip
    row = broadcasts.edit(row, by=story.cast.marketer, **values)
    going = audience.review(row, at=story.end).going
    if going > 1:
        set_limit(going, by=story.cast.admin, approver=story.cast.manager)
        asked = approving.of_broadcast(row, broadcasts.programs_of(row), going)
        approving.ask(
            asked, by=story.cast.marketer, reason=_WHY, at=story.end - timedelta(hours=3), origin=DEMO
        )  # fmt: skip


def set_limit(going: int, *, by: User, approver: User) -> None:
    """A round number under so many people: more need a yes."""
    below = going * 2 // 3
    policy.change(by=by, free_send=below // 10 * 10 or below, approver=approver)


def remove() -> None:
    """Take the limit away where somebody of the demo decides; what else was set stays."""
    row = MailPolicy.objects.filter(pk=1, approver__is_demo=True).first()
    if row is None:
        return
    row.free_send = row.approver = None
    row.save(update_fields=["free_send", "approver"])
    usual = MailPolicy(pk=1)
    kept = [one.attname for one in MailPolicy._meta.concrete_fields]
    if all(getattr(row, name) == getattr(usual, name) for name in kept) and not row.never.exists():
        row.delete()
