"""Who is what to the deals of the demo: buyers with their roles, reps who share one, competitors."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from leadflow.demo.telling import DEMO, Story
from leadflow.models import BuyingRole, Lead
from pipeline.models import Competitor, Deal, DealSplit, StageKind
from pipeline.services import rivals, roles, splits
from pipeline.services.splits import Share

_R = BuyingRole
_FIRST = ((_R.CHAMPION, 4), (_R.DECISION_MAKER, 3), (_R.ECONOMIC_BUYER, 1), (_R.INFLUENCER, 1))
_OTHERS = ((_R.DECISION_MAKER, 2), (_R.EVALUATOR, 3), (_R.USER, 2), (_R.PROCUREMENT, 1), (_R.BLOCKER, 1))  # fmt: skip


def tell(story: Story) -> None:
    """Most deals have a person with a role, larger ones two or three more; of some nothing is known."""
    deals = (
        Deal.objects.living().filter(origin=DEMO).exclude(lead=None).exclude(status=StageKind.LOST)
    )
    rows = list(deals.select_related("lead", "owner").order_by("pk"))
    colleagues: dict[int | None, list[Lead]] = defaultdict(list)
    people = Lead.objects.living().filter(
        company__in=[deal.company_id for deal in rows], origin=DEMO
    )
    for lead in people.order_by("pk"):
        colleagues[lead.company_id].append(lead)
    for deal in rows:
        if story.dice.random() < 0.8:
            _cast(
                story, deal, [one for one in colleagues[deal.company_id] if one.pk != deal.lead_id]
            )


def _cast(story: Story, deal: Deal, colleagues: list[Lead]) -> None:
    here = [
        (deal.lead, _FIRST),
        *((one, _OTHERS) for one in colleagues[: story.dice.randint(1, 3)]),
    ]
    at = min(story.soon(deal.stage_since, 90), story.end - timedelta(minutes=5))
    for lead, choice in here:
        if lead and not lead.is_erased:
            roles.give(
                deal=deal, lead=lead, role=story.pick(choice), by=deal.owner, at=at, origin=DEMO
            )


def share(story: Story) -> None:
    """Some deals were two reps' work, and one in a few had a specialist's help on top."""
    deals = Deal.objects.living().filter(origin=DEMO).exclude(owner=None)
    rows = deals.exclude(status=StageKind.LOST).select_related("owner").order_by("pk")
    for deal in rows:
        others = [rep for rep in story.cast.reps if rep.pk != deal.owner_id]
        if deal.owner and others and story.dice.random() < 0.15:
            helper = story.dice.choice(others)
            part = Decimal(story.dice.choice((25, 30, 40, 50)))
            shares = [Share(user=deal.owner, percent=None), Share(user=helper, percent=part)]
            if story.dice.random() < 0.3:
                friend = story.dice.choice(others)
                shares.append(Share(user=friend, percent=Decimal(10), kind=DealSplit.Kind.OVERLAY))
            splits.set_splits(deal, shares=shares, by=deal.owner, at=story.end, origin=DEMO)


_WORDS = {
    "Solarwerk": "Cheaper modules, ten years of warranty. Ask what year eleven costs.",
    "Helio Nord": "Fast, but no storage. Show the yield report with the battery.",
    "Rooftop One": "Sells leases. Compare the sum of twenty years.",
}


def compete(story: Story) -> None:
    """In every third deal somebody else is in the race, or was."""
    for competitor in rivals.named(list(_WORDS)).values():
        competitor.words = _WORDS[competitor.name]
        competitor.save(update_fields=["words"])
    known = list(Competitor.objects.filter(name__in=_WORDS).order_by("name"))
    deals = Deal.objects.living().filter(origin=DEMO).exclude(status=StageKind.LOST)
    for deal in deals.select_related("owner").order_by("pk"):
        if story.dice.random() < 0.35:
            state = "out" if deal.status == StageKind.WON else "running"
            rivals.note(
                deal=deal, competitor=story.dice.choice(known), state=state, by=deal.owner,
                at=deal.stage_since, origin=DEMO,
            )  # fmt: skip


def remove() -> None:
    """Competitors of the demo whom no deal of hers has met."""
    Competitor.objects.filter(name__in=_WORDS, deals=None).delete()
