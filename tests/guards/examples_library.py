"""What the doors of the library are shown."""

from datetime import date

from leadflow.assets.models import ContentItem
from leadflow.calendars.models import Holiday
from leadflow.models import Campaign
from leadflow.offers.models import Offer


def prepare(world):
    world.made["content"] = ContentItem.objects.create(title="A guide")
    world.made["offers"] = Offer.objects.create(name="Spring", value=10)
    world.made["campaigns"] = Campaign.objects.create(name="Roofs")
    world.made["holidays"] = Holiday.objects.create(on=date(2026, 12, 25), name="Christmas")


def made(slug):
    return lambda world, whose: {"pk": world.made[slug].pk}


SLUGS = ("content", "offers", "campaigns", "holidays")
EXAMPLES = {f"console:{s}-{door}": made(s) for s in SLUGS for door in ("edit", "archive")}
PAYLOADS = {}
