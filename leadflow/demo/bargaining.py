"""What the demo's customers asked for once the price was on the table, what they got, and one that waits."""

from datetime import timedelta
from decimal import Decimal
from random import Random

from leadflow.demo.telling import DEMO, Story
from leadflow.offers.models import Offer
from leadflow.people.models import Role, User
from pipeline.models import Deal, DiscountLimit, Given
from pipeline.services import negotiating
from pipeline.services.negotiating import Terms

OFFER = "Order before the summer: 3 % off"
_MANAGERS = Decimal(15)
# about, what they ask, given or not, what we give, for what, worth in thousandths of the amount
_ASKED = (
    ("price", "8 % less, as the other offer", "given", "3 % off the modules", "Signed by the end of the month", 30),
    ("payment", "Pay a year after the switching on", "refused", "", "", 0),
    ("payment", "Half after the switching on", "given", "A third after the switching on", "A reference with name", 6),
    ("scope", "The yield report for ten years", "given", "Five years of reports", "A visit of other customers", 9),
    ("delivery", "Before the harvest", "given", "Scaffolding from week 24", "", 4),
    ("term", "Care plan to be ended each month", "asked", "", "", 0),
)  # fmt: skip


def tell(story: Story) -> None:
    """Talk about the price on the open deals that are far enough; the last asks for more than is free."""
    negotiating.set_limits({(0, Role.MANAGER): _MANAGERS}, by=story.cast.admin)
    dice = Random(9)  # noqa: S311 a story, no secret
    offer = Offer.objects.get_or_create(
        name=OFFER,
        defaults={
            "value": Decimal(3), "code": "SUMMER", "text": "3 % off what is ordered in time.",
            "starts_at": story.start, "ends_at": story.end + timedelta(days=40), "most_uses": 40,
        },
    )[0]  # fmt: skip
    rows = (
        Deal.objects.living()
        .open()
        .filter(origin=DEMO, stage__name__in=["Negotiation", "Contract"])
    )
    rows = rows.select_related("owner", "lead").order_by("pk")
    deals = [(deal, deal.owner) for deal in rows if deal.owner is not None]
    for number, (deal, owner) in enumerate(deals):
        at = max(deal.stage_since, story.end - timedelta(days=dice.randint(2, 20)))
        for subject, asked, state, given, got, worth in dice.sample(_ASKED, 2):
            terms = Terms(
                subject=subject, asked=asked, given=given, got=got, state=state,
                worth=((deal.amount or Decimal(0)) * worth / 1000).quantize(Decimal(10)) if worth else None,
            )  # fmt: skip
            negotiating.note(deal, terms=terms, by=owner, at=at, origin=DEMO)
        if number % 3 == 0:
            negotiating.use_offer(deal, offer=offer, by=owner, at=at, origin=DEMO)
    if deals:
        _ask_for_more(story, *deals[-1])


def _ask_for_more(story: Story, deal: Deal, owner: User) -> None:
    worth = ((deal.amount or Decimal(50_000)) * 14 / 100).quantize(Decimal(10))
    terms = Terms(
        subject="price", asked="The price of the other offer", given="14 % off, all in all",
        got="Three more roofs next year", worth=worth, state=Given.GIVEN,
    )  # fmt: skip
    negotiating.note(
        deal, terms=terms, by=owner, at=story.end - timedelta(hours=20), origin=DEMO,
        reason="They have three more halls. The first roof decides who gets them.",
    )  # fmt: skip


def remove() -> None:
    """Take the offer and the limit away; what was conceded went with its deals. An offer that stands on a
    deal of hers stays, put away."""
    Offer.objects.filter(name=OFFER, deals=None).delete()
    Offer.objects.filter(name=OFFER).update(is_archived=True)
    DiscountLimit.objects.filter(pipeline=None, role=Role.MANAGER, percent=_MANAGERS).delete()
