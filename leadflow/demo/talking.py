"""What buyers of the demo had against it, what they were answered, and the playbook that this became."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from leadflow.assets.models import ContentItem
from leadflow.demo.telling import DEMO, Story
from pipeline.models import Deal, ObjectionAnswer, ObjectionKind, StageKind
from pipeline.services import objections
from pipeline.services.objections import State, Told

# objection, how often of a hundred, what they say, answers: title, words, shown with it, resolves of ten
_Answer = tuple[str, str, str, int]
_BOOK: tuple[tuple[str, int, Sequence[str], Sequence[_Answer]], ...] = (
    (
        "Too expensive", 42,
        ("The other one is 8 % cheaper.", "That is more than the board has in mind.", "Why so much?"),
        (
            ("What it costs to wait", ("Every month without the roof costs them what the grid takes. Take last "
             "year’s bill, divide it by twelve, and put it beside the price."), "", 7),
            ("Price for 25 years", ("Divide by the years that we guarantee. A cheaper module that loses a per cent a "
             "year more is dearer from year six on."), "Solar in numbers", 5),
        ),
    ),
    (
        "Others have to agree", 24,
        ("The landlord has to say yes.", "Our owner decides that in spring.", "The works council asks."),
        (
            ("The three pages for the landlord", ("Offer to send the three pages yourself and to come along to the "
             "talk. Who decides hears it from us, not second hand."), "Case study: cold storage", 6),
        ),
    ),
    (
        "Not the right time", 20,
        ("We build the new hall first.", "Next year, maybe.", "After the audit."),
        (
            ("Book the grid now", "The grid operator takes months. Apply now; nothing is owed until the order.",
             "", 5),
        ),
    ),
    (
        "Another offer", 14, ("Solarwerk offers the same.", "We have three offers here."),
        (
            ("Compare the yield, not the modules", "Ask for the yield report of the other offer. We guarantee ours.",
             "How it works", 6),
        ),
    ),
)  # fmt: skip


def tell(story: Story) -> None:
    """Write the playbook, then what was said on the deals, while each of them was open."""
    dice = Random(5)  # noqa: S311 a story, no secret
    items = {one.title: one for one in ContentItem.objects.filter(origin=DEMO)}
    book = [_play(*play, items=items) for play in _BOOK]
    rows = Deal.objects.filter(origin=DEMO, deleted_at=None).exclude(owner=None)
    for deal in rows.select_related("owner", "stage").order_by("pk"):
        if dice.random() < 0.75:
            play = dice.choices(book, [weight for weight, *_rest in book])[0]
            _say(deal, play, dice, story.end)


_Play = tuple[int, ObjectionKind, Sequence[str], list[tuple[ObjectionAnswer, int]]]


def _play(
    name: str,
    weight: int,
    sayings: Sequence[str],
    answers: Sequence[_Answer],
    *,
    items: dict[str, ContentItem],
) -> _Play:
    kind, _made = ObjectionKind.objects.get_or_create(name=name)
    made = [
        ObjectionAnswer.objects.get_or_create(
            kind=kind, title=title,
            defaults={"words": words, "item": items.get(shown), "position": place},
        )[0]
        for place, (title, words, shown, _tens) in enumerate(answers)
    ]  # fmt: skip
    return weight, kind, sayings, list(zip(made, [one[3] for one in answers], strict=True))


def _say(deal: Deal, play: _Play, dice: Random, end: datetime) -> None:
    """Heard while the deal was open; how it went leans on the answer, and on how the deal went."""
    _weight, kind, sayings, answers = play
    begin, over = deal.opened_at or deal.created_at, deal.won_at or deal.lost_at or end
    at = begin + (over - begin) * dice.uniform(0.2, 0.8)
    at = min(max(at.replace(hour=dice.randint(8, 16)), begin), over)  # while people work
    answer, tens = dice.choice(answers)
    luck = {StageKind.WON: 3, StageKind.LOST: -3}.get(StageKind(deal.status), 0)
    is_fresh = deal.is_open and at > end - timedelta(days=4)
    resolved = dice.randint(1, 10) <= tens + luck
    state = State.OPEN if is_fresh else State.RESOLVED if resolved else State.STANDS
    told = Told(
        kind=kind, words=dice.choice(sayings), answer=None if is_fresh else answer, state=state
    )
    objections.hear(deal, told=told, by=deal.owner, at=at, origin=DEMO)


def remove() -> None:
    """Take the answers away; the objections went with their deals."""
    titles = [title for _name, _n, _said, answers in _BOOK for title, *_rest in answers]
    ObjectionAnswer.objects.filter(title__in=titles, objections=None).delete()
