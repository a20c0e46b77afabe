"""What the doors of the numbers are shown: leads as a number, and an entry of spend."""

from datetime import date

from leadflow.models import Source, SpendEntry


def prepare(world):
    source = Source.objects.create(name="Ads of the world")
    world.made["spend"] = SpendEntry.objects.create(
        source=source, starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 31), amount=100,
        currency="EUR",
    )  # fmt: skip


def spend(world, whose):
    return {"pk": world.made["spend"].pk}


def form(world, whose):
    return {"pk": world.made["form"].pk}


EXAMPLES = {
    "insights:form-outcome": form,
    "insights:form-worth": form,
    "insights:page-outcome": lambda world, whose: {"pk": world.made["page"].pk},
    "insights:missed-rows": lambda world, whose: {"key": "clocks"},
    "insights:rows": lambda world, whose: {"key": "leads"},
    "insights:rows-export": lambda world, whose: {"key": "leads"},
    "insights:spend-edit": spend,
    "insights:spend-remove": spend,
}
PAYLOADS = {}
