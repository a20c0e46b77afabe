"""What the doors of the library are shown."""

from datetime import date

from django.utils import timezone

from leadflow.assets.models import ContentItem
from leadflow.calendars.models import Holiday
from leadflow.models import Campaign, PublicHost
from leadflow.offers.models import Offer


def prepare(world):
    world.made["content"] = ContentItem.objects.create(title="A guide")
    world.made["offers"] = Offer.objects.create(name="Spring", value=10)
    world.made["campaigns"] = Campaign.objects.create(name="Roofs")
    world.made["host"] = PublicHost.objects.create(
        name="pages.world.invalid", state="verified", created_at=timezone.now()
    )
    world.made["holidays"] = Holiday.objects.create(on=date(2026, 12, 25), name="Christmas")


def made(slug):
    return lambda world, whose: {"pk": world.made[slug].pk}


SLUGS = ("content", "offers", "campaigns", "holidays")
HOSTS = ("host-edit", "host-check", "host-main", "host-remove")
EXAMPLES = {f"console:{name}": made("host") for name in HOSTS} | {
    f"console:{s}-{door}": made(s) for s in SLUGS for door in ("edit", "archive")
}
EXAMPLES |= {
    "insights:offer": made("offers"),
    "insights:offer-rows": lambda world, whose: {"pk": world.made["offers"].pk, "part": "given"},
    "insights:content-item": made("content"),
    "insights:content-rows": lambda world, whose: {"pk": world.made["content"].pk, "part": "seen"},
    "insights:campaign": made("campaigns"),
    "insights:campaign-add": made("campaigns"),
    "insights:campaign-rows": lambda world, whose: {
        "pk": world.made["campaigns"].pk,
        "part": "leads",
    },
}
PAYLOADS = {}
