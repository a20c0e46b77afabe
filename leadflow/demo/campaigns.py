"""The demo's marketing: campaigns with spend, landing pages with their forms, short links."""

from collections import Counter
from contextlib import suppress
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import ProtectedError, Q

from capture.blocks.page_starts import PAGE_STARTS
from capture.models import LandingPage, PageDay, PageView, Submission
from capture.services import pages
from leadflow.assets.models import LinkDay, ShortLink
from leadflow.demo.cast import Cast
from leadflow.models import Campaign, Lead, Origin, SpendEntry, Touchpoint
from leadflow.offers.models import Offer
from leadflow.people.models import User

# name, channel, goal, budget, how long ago it began and ended (days)
CAMPAIGNS = (
    ("Solar for food producers", "content", "Forty producers who know their roof", 6000, 200, 20),
    ("Autumn fair", "event", "Talk to a hundred people at the stand", 9000, 80, 50),
    ("Roof check", "paid_search", "Twenty roof checks a month", 4000, 60, -30),
)
PAGES = (("guide", "The solar guide", 0), ("demo", "See your own roof", 2))
LINKS = (
    ("Poster at the fair", "fair", "print", 1),
    ("Post about the guide", "linkedin", "social", 0),
    ("Advert roof check", "google", "cpc", 2),
)
OFFER = "Ten percent on roof checks"
_FROM, _ON = ("google", "linkedin", "newsletter", ""), ("desktop", "phone", "desktop")
_SITE = "https://brightwell.example/"


def tell(cast: Cast, *, start: datetime, end: datetime) -> None:
    """Make them as they stand at the end; people who came by their source are counted for them."""
    by = cast.marketer
    made = [_campaign(row, by, end) for row in CAMPAIGNS]
    Offer.objects.get_or_create(
        name=OFFER,
        defaults={
            "value": 10,
            "code": "ROOF10",
            "starts_at": end,
            "ends_at": end + timedelta(days=21),
        },
    )
    for key, name, place in PAGES:
        _page(key, name, made[place], cast, start)
    for number, (name, source, medium, place) in enumerate(LINKS):
        _link(name, source, medium, made[place], by, end, 3 + 5 * number)
    _bring(made)
    _bring_by_pages()


def _campaign(row: tuple[str, str, str, int, int, int], by: User, end: datetime) -> Campaign:
    name, channel, goal, budget, began, ended = row
    values = {
        "channel": channel, "goal": goal, "budget": budget, "owner": by,
        "starts_on": (end - timedelta(days=began)).date(), "ends_on": (end - timedelta(days=ended)).date(),
    }  # fmt: skip
    return Campaign.objects.get_or_create(name=name, defaults=values)[0]


def _page(key: str, name: str, campaign: Campaign, cast: Cast, start: datetime) -> None:
    """A page with a form that the story knows; every third answer to it was sent on the page."""
    by, form = cast.marketer, cast.forms[key].document
    content = PAGE_STARTS[key].content(name, form.public_id)
    page = pages.create(name=name, by=by, content=content, origin=Origin.DEMO, at=start)
    page.campaign = campaign
    page.save(update_fields=["campaign"])
    pages.publish(page=page, by=by, at=start)
    every = form.submissions.filter(origin=Origin.DEMO).order_by("received_at", "pk")
    sent = list(every[::3])
    for answer in sent:
        answer.page = page
    Submission.objects.bulk_update(sent, ["page"])
    _opened(page, sent)


def _opened(page: LandingPage, sent: list[Submission]) -> None:
    """The openings of those who sent it, and of six times as many who only looked."""
    rows, days = [], Counter[date]()
    for number, answer in enumerate(sent):
        for look in range(7):
            at = answer.received_at - timedelta(minutes=3 + 11 * look)
            key = (
                answer.client_submission_id if look == 0 else f"demo-page-{page.pk}-{number}-{look}"
            )
            row = PageView(page=page, key=key, seen_at=at, origin=Origin.DEMO)
            row.source, row.device = _FROM[(number + look) % 4], _ON[(number * look) % 3]
            rows.append(row)
            days[at.date()] += 1
    PageView.objects.bulk_create(rows, ignore_conflicts=True)
    PageDay.objects.bulk_create(PageDay(page=page, day=day, views=n) for day, n in days.items())


def _link(
    name: str, source: str, medium: str, campaign: Campaign, by: User, end: datetime, clicks: int
) -> None:
    link = ShortLink.objects.create(
        name=name, url=_SITE, utm_source=source, utm_medium=medium, utm_campaign=campaign.name,
        campaign=campaign, created_by=by, origin=Origin.DEMO,
    )  # fmt: skip
    days = [end.date() - timedelta(days=n) for n in range(28)]
    LinkDay.objects.bulk_create(
        LinkDay(link=link, day=day, humans=clicks + (day.day % 4), machines=day.day % 3)
        for day in days
    )


def _bring(made: list[Campaign]) -> None:
    """People of the demo belong to the campaign that ran on their channel when they came."""
    for campaign in made:
        came = Q(created_at__date__gte=campaign.starts_on, created_at__date__lte=campaign.ends_on)
        people = Lead.objects.filter(
            came, origin=Origin.DEMO, campaign=None, source__channel=campaign.channel
        )
        people.update(campaign=campaign)
        hers = Touchpoint.objects.filter(lead__campaign=campaign, campaign=None, origin=Origin.DEMO)
        hers.update(campaign=campaign)
        spent = SpendEntry.objects.filter(
            is_demo=True, campaign=None, source__channel=campaign.channel
        )
        spent.filter(starts_on__gte=campaign.starts_on, ends_on__lte=campaign.ends_on).update(
            campaign=campaign
        )


def _bring_by_pages() -> None:
    """Who sent a form on a page of a campaign was touched by it, and came by it where that was the first."""
    for page in LandingPage.objects.filter(origin=Origin.DEMO).exclude(campaign=None):
        sent = page.submissions.filter(origin=Origin.DEMO)
        came = Lead.objects.filter(
            origin=Origin.DEMO, campaign=None, pk__in=sent.filter(lead_created=True).values("lead")
        )
        came.update(campaign=page.campaign)
        met = Touchpoint.objects.filter(
            origin=Origin.DEMO,
            campaign=None,
            lead__in=sent.values("lead"),
            occurred_at__in=sent.values("received_at"),
        )
        met.update(campaign=page.campaign)


def remove() -> None:
    """Take it all away again; a campaign or a page that somebody's own records use stays."""
    ShortLink.objects.filter(origin=Origin.DEMO).delete()
    unused = LandingPage.objects.filter(origin=Origin.DEMO)
    unused.update(live=None, status=LandingPage.Status.DRAFT, campaign=None)
    Submission.objects.filter(page__in=unused).update(page=None)
    unused.delete()
    Offer.objects.filter(name=OFFER).delete()
    names = [row[0] for row in CAMPAIGNS]
    for campaign in Campaign.objects.filter(name__in=names):
        with suppress(ProtectedError), transaction.atomic():
            campaign.delete()
