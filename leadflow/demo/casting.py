"""The demo's broadcasts: one that went out, one that is about to, and one that is being written."""

from datetime import datetime, time, timedelta
from typing import Any

from leadflow.demo import designs
from leadflow.demo.letters import SEGMENTS, SITE
from leadflow.demo.telling import DEMO, Story
from leadflow.mail.models import Delivery
from leadflow.models import Campaign, Consent, Lead
from leadflow.segments import services as segments
from leadflow.segments.models import Segment
from leadflow.services import engagement
from nurturing.models import Broadcast
from nurturing.services import audience, broadcasts, sending, web_archive

READERS = "Readers of the newsletter"
_HELLO = 'Hello {{ lead.first_name | default: "there" }},\n\n'
_NEWS = (
    "the grid fee changes in January: [what it means for a roof](https://www.example/fees).\n\n"
    "A cold store in Utrecht shows its first year: [their numbers](https://www.example/cold-store)."
)
_OFFER = "until the end of the month a roof check costs ten percent less: [take it](https://www.example/check)."


def tell(story: Story) -> None:
    """Make them as they stand at the end of the story."""
    sent_at = (story.end - timedelta(days=5)).replace(hour=9, minute=0, second=0, microsecond=0)
    agreed = Consent.objects.filter(state=Consent.State.GIVEN, channel="email", at__lt=sent_at)
    people = Lead.objects.living().filter(origin=DEMO, pk__in=agreed.values("lead"))
    readers = segments.create(
        name=READERS, kind=Segment.Kind.STATIC, description="Everybody who asked for news.",
        lead_ids=people.values_list("pk", flat=True), by=story.cast.marketer, at=sent_at,
    )  # fmt: skip
    customers = Segment.objects.filter(name__in=SEGMENTS, name="Customers")
    news = written(story, "News of the month", "Grid fees, and a cold store", _NEWS, sent_at)
    news = broadcasts.edit(
        news,
        by=story.cast.marketer,
        **values(news, include=[readers], exclude=customers, design=designs.of(designs.NEWS)),
    )
    _goes(news, story, sent_at)
    _are_read(news, story)
    news.refresh_from_db()
    if news.state in (Broadcast.State.SENDING, Broadcast.State.SENT):
        web_archive.show(news, by=story.cast.marketer, at=sent_at + timedelta(hours=1))
    offer = written(story, "Roof check offer", "Ten percent on a roof check", _OFFER, story.end)
    tuesday = story.end.date() + timedelta(days=(1 - story.end.weekday()) % 7 or 7)
    timed = values(offer, include=[readers], exclude=customers) | {
        "timing": Broadcast.Timing.LOCAL, "send_on": tuesday, "send_time": time(10),
        "campaign": Campaign.objects.filter(name="Roof check").first(),
    }  # fmt: skip
    _goes(broadcasts.edit(offer, by=story.cast.marketer, **timed), story, story.end)
    written(story, "A storage for every roof?", "Storage, or more roof?", "", story.end)


def written(story: Story, name: str, subject: str, body: str, at: datetime) -> Broadcast:
    """A draft with these words, by the marketer."""
    by = story.cast.marketer
    draft = broadcasts.create(name=name, by=by, origin=DEMO, at=at)
    words: dict[str, Any] = {
        "name": name,
        "subject": subject,
        "body": _HELLO + body,
        "preview": "From Brightwell",
    }
    return broadcasts.edit(draft, by=by, **words)


def values(row: Broadcast, **more: Any) -> dict[str, Any]:
    """What an edit keeps, and what it changes."""
    return {one: getattr(row, one) for one in ("name", "subject", "body", "preview")} | more


def _goes(row: Broadcast, story: Story, at: datetime) -> None:
    """Confirm it and do its run here and now, at the times of the story."""
    going = audience.review(row, at=at).going
    if not going:
        return
    row = sending.confirm(row, by=story.cast.marketer, expected=going, at=at)
    if row.run is not None:
        row.run.delete()
        row.run = None
    after = 0
    while row.frozen_at is None:
        after = sending.freeze_some(row, after)
    while sending.hand_over(row, at=at):
        pass


def _are_read(row: Broadcast, story: Story) -> None:
    """Two thirds open it, a quarter clicks."""
    facts = []
    for mail in Delivery.objects.filter(key__startswith=row.key_start).order_by("pk"):
        roll, at = (
            story.dice.random(),
            mail.due_at + timedelta(minutes=story.dice.randint(9, 4_000)),
        )
        if mail.lead_id is None or at > story.end or roll > 0.65:
            continue
        facts.append(_fact(mail, "mail.opened", f"{mail.pk}", mail.subject, at))
        if roll < 0.24:
            facts.append(_fact(mail, "mail.clicked", f"{mail.pk}:demo", f"{SITE}fees", at))
    if facts:
        engagement.append(facts, origin=DEMO)


def _fact(mail: Delivery, kind: str, source: str, label: str, at: datetime) -> engagement.Fact:
    lead = mail.lead_id or 0
    return engagement.Fact(
        lead, kind, "delivery", source, label=label, topic=mail.subject[:80], at=at
    )
