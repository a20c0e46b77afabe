"""What the demo's reps show: decks, one-pagers, battle cards, training; and what was opened of it."""

from datetime import timedelta
from random import Random

from leadflow.assets import content, links
from leadflow.assets.models import ContentItem
from leadflow.demo.telling import DEMO, Story
from leadflow.demo.visiting import SITE
from leadflow.kit import clock
from pipeline.models import Deal
from pipeline.services import sharing

# title, type, path, buyer stage, for whom, when to use it
_ITEMS: tuple[tuple[str, str, str, str, list[str], str], ...] = (
    ("Your roof in ten pages", "deck", "decks/roof", "consideration", ["director", "chief"], "After the first call."),
    ("Three pages for the landlord", "one_pager", "papers/landlord", "consideration", ["owner"], "When others have to agree."),
    ("What a roof earns", "one_pager", "papers/earns", "decision", ["chief", "vp"], "When the price is on the table."),
    ("Against Solarwerk", "battle_card", "inside/solarwerk", "decision", [], "They offer 8 % less and no yield report."),
    ("How to read a roof plan", "training", "inside/roof-plan", "", [], "Twenty minutes, before the first visit."),
)  # fmt: skip
_SHOWN = ("Case study: cold storage", "Your roof in ten pages", "What a roof earns")


def tell(story: Story) -> None:
    """Put them on the shelf, and share with the buyers while their deals were open."""
    for title, kind, path, stage, personas, use_when in _ITEMS:
        values = {
            "title": title, "kind": kind, "url": f"{SITE}/{path}", "topic": "sales",
            "buyer_stage": stage, "personas": personas, "use_when": use_when,
        }  # fmt: skip
        content.save(item=ContentItem(origin=DEMO), values=values, by=story.cast.marketer)
    dice = Random(13)  # noqa: S311 a story, no secret
    items = list(ContentItem.objects.filter(origin=DEMO, title__in=_SHOWN).order_by("title"))
    rows = Deal.objects.filter(origin=DEMO, deleted_at=None).exclude(owner=None)
    for deal in rows.select_related("owner", "lead").order_by("pk"):
        if items and dice.random() < 0.7:
            _show(story, deal, dice.choice(items), dice)


def _show(story: Story, deal: Deal, item: ContentItem, dice: Random) -> None:
    begin, over = deal.opened_at or deal.created_at, deal.won_at or deal.lost_at or story.end
    at = begin + (over - begin) * dice.uniform(0.1, 0.6)
    row = sharing.share(deal, item=item, days=45, by=deal.owner, at=at, origin=DEMO)
    if row.link is not None and dice.random() < 0.6:
        seen = at + timedelta(hours=dice.randint(1, 40))
        links.opened(row.link, at=min(seen, story.end, clock.now()))
