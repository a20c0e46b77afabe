"""The demo's library of content with its readers, an offer that people got, and how they like to be reached."""

from datetime import datetime, timedelta
from random import Random

from capture.blocks import FORM_BLOCKS
from capture.blocks.kinds import STARTERS
from capture.blocks.starts import block
from capture.models import Submission
from capture.services import forms
from leadflow.assets import content
from leadflow.assets.models import ContentItem, Reading, ShortLink
from leadflow.blocks import documents
from leadflow.demo.cast import Cast
from leadflow.demo.visiting import SITE
from leadflow.kit import clock
from leadflow.models import Campaign, Engagement, Lead, LeadStage, Origin
from leadflow.offers import services as offers
from leadflow.offers.models import Offer

# title, type, path, topic, buyer stage, funnel position
ITEMS = (
    (
        "What a roof can carry",
        "blog_post",
        "blog/what-a-roof-can-carry",
        "roofs",
        "awareness",
        "tofu",
    ),
    ("Solar in numbers", "infographic", "blog/solar-in-numbers", "solar", "awareness", "tofu"),
    ("How it works", "video", "product", "product", "consideration", "mofu"),
    ("The solar guide", "guide", "guide", "solar", "consideration", "mofu"),
    ("Case study: cold storage", "case_study", "case", "case", "decision", "mofu"),
    ("Pricing", "article", "pricing", "pricing", "decision", "bofu"),
)
OFFER = "A free look at your roof"
_CAMPAIGN = "Solar for food producers"
_FROM = ("google", "linkedin", "newsletter", "", "google")
_WISHES = (
    ("phone", "mornings"), ("email", ""), ("whatsapp", "any time"), ("phone", "Mon–Fri 14:00–17:00"),
    ("meeting", "afternoons"),
)  # fmt: skip
_REACHED_BY = ("preferred_channel", "preferred_time")
_EVERY, _FIRST = 4, 3  # every fourth has a wish; every third came by an article


def tell(cast: Cast, *, start: datetime, end: datetime) -> None:
    """Put it on the shelf as it stands at the end, with those who read it on their way."""
    dice = Random(11)  # noqa: S311 a story, no secret
    items = _items(cast, start)
    people = list(Lead.objects.filter(origin=Origin.DEMO).order_by("pk"))
    Reading.objects.bulk_create(
        [
            *_looked(items),
            *_asked(items),
            *_landed(items, people, dice),
            *_strangers(items, dice, end),
        ],
        ignore_conflicts=True,
    )
    _wish(people)
    _offer_form(cast, _give(people, start, end), start)


def _items(cast: Cast, start: datetime) -> dict[str, ContentItem]:
    campaign = Campaign.objects.filter(name=_CAMPAIGN).first()
    made = {}
    for title, kind, path, topic, stage, funnel in ITEMS:
        values = {
            "title": title, "kind": kind, "url": f"{SITE}/{path}", "topic": topic, "buyer_stage": stage,
            "funnel_position": funnel, "campaign": campaign,
        }  # fmt: skip
        made[title] = content.save(
            item=ContentItem(origin=Origin.DEMO), values=values, by=cast.marketer
        )
    ContentItem.objects.filter(pk__in=[one.pk for one in made.values()]).update(created_at=start)
    ShortLink.objects.filter(origin=Origin.DEMO, name="Post about the guide").update(
        content=made["The solar guide"]
    )
    return made


def _reading(item: ContentItem, key: str, at: datetime, **more: object) -> Reading:
    told: dict[str, object] = {"how": Reading.How.VISIT, "origin": Origin.DEMO} | more
    return Reading(item=item, key=key[:60], seen_at=at, **told)


def _looked(items: dict[str, ContentItem]) -> list[Reading]:
    """What the people of the demo looked at, as their own history tells it."""
    seen = Engagement.objects.filter(
        origin=Origin.DEMO, kind="page.viewed", source_type="visit", label__in=items
    )
    return [
        _reading(items[one.label], f"demo:{one.source_id}", one.occurred_at, lead_id=one.lead_id)
        for one in seen.order_by("pk")
    ]


def _asked(items: dict[str, ContentItem]) -> list[Reading]:
    """Who asked for the guide did so on its page."""
    guide = items["The solar guide"]
    sent = Submission.objects.filter(
        origin=Origin.DEMO, page_url=guide.url, lead__isnull=False
    ).order_by("pk")
    return [
        _reading(guide, f"submission:{one.pk}", one.received_at, how="form", lead_id=one.lead_id)
        for one in sent
    ]


def _landed(items: dict[str, ContentItem], people: list[Lead], dice: Random) -> list[Reading]:
    """Every third came by an article, minutes before she asked."""
    doors = [items[name] for name in ("What a roof can carry", "Solar in numbers", "How it works")]
    return [
        _reading(
            dice.choice(doors), f"demo:first:{lead.pk}",
            lead.created_at - timedelta(minutes=dice.randint(2, 50)), lead_id=lead.pk,
            is_landing=True, source=dice.choice(_FROM),
        )
        for lead in people[::_FIRST]
    ]  # fmt: skip


def _strangers(items: dict[str, ContentItem], dice: Random, end: datetime) -> list[Reading]:
    """And many looked whom nobody knows."""
    rows = []
    for place, item in enumerate(items.values()):
        for number in range(dice.randint(60, 180)):
            at = end - timedelta(hours=dice.randint(1, 24 * 85))
            rows.append(
                _reading(
                    item, f"demo:stranger:{place}-{number}", at, source=dice.choice(_FROM),
                    is_landing=dice.random() < 0.6,
                )
            )  # fmt: skip
    return rows


def _wish(people: list[Lead]) -> None:
    chosen = people[::_EVERY]
    for number, lead in enumerate(chosen):
        lead.preferred_channel, lead.preferred_time = _WISHES[number % len(_WISHES)]
    Lead.objects.bulk_update(chosen, ["preferred_channel", "preferred_time"], batch_size=500)


def _give(people: list[Lead], start: datetime, end: datetime) -> Offer:
    """An offer of the last weeks that some of the newest got, each with a code of her own."""
    ends = max(end, clock.now()) + timedelta(
        days=14
    )  # its form goes live today, whenever it is told of
    offer, _made = Offer.objects.get_or_create(
        name=OFFER,
        defaults={
            "kind": Offer.Kind.BONUS, "code": "LOOK", "text": "We look at your roof, free of charge.",
            "has_own_codes": True, "most_uses": 60, "starts_at": start, "ends_at": ends,
        },
    )  # fmt: skip
    worked = [one for one in people if one.furthest_stage != LeadStage.SUBSCRIBER]
    for lead in worked[5::12]:
        at = min(lead.created_at + timedelta(minutes=1), end)
        offers.give(offer_id=offer.pk, lead=lead, key=f"demo:{lead.pk}", at=at, origin=Origin.DEMO)
    return offer


def _offer_form(cast: Cast, offer: Offer, start: datetime) -> None:
    """The form by which people ask for it."""
    content = documents.empty(submit_label="Send me my code")
    content["pages"][0]["blocks"] = [
        block("heading", text="A free look at your roof"),
        block("offer", offer=str(offer.pk)),
        block("email"),
        *(block(one.type, **one.as_json()["props"]) for one in STARTERS if one.key in _REACHED_BY),
    ]
    form = forms.create(
        name=OFFER, by=cast.marketer, content=documents.normalised(content, FORM_BLOCKS),
        origin=Origin.DEMO, at=start,
    )  # fmt: skip
    forms.publish(form=form, by=cast.marketer, at=start)


def remove() -> None:
    """Take it all away again."""
    Reading.objects.filter(origin=Origin.DEMO).delete()
    ContentItem.objects.filter(origin=Origin.DEMO).delete()
    Offer.objects.filter(name=OFFER, deals=None).delete()
    Offer.objects.filter(name=OFFER).update(is_archived=True)  # used on a deal of hers
