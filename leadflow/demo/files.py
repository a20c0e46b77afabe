"""Files that the demo took in: what is sold, the cards of a fair, and an old address book with people who are here already."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random

from leadflow.demo import names
from leadflow.demo.telling import DEMO, Story
from leadflow.imports import services
from leadflow.imports.models import Import
from leadflow.kit.text import search_text
from leadflow.models import Lead, Tag
from leadflow.people.models import User
from leadflow.services import company_duplicates, duplicates
from pipeline.models import Product

PRICE_LIST = (
    ("Solar module 450 W", "BW-M450", "Modules", "118.00"),
    ("Mounting, flat roof, per module", "BW-FLAT", "Mounting", "46.50"),
    ("Inverter 50 kW", "BW-INV50", "Inverters", "3900.00"),
    ("Battery 100 kWh", "BW-BAT100", "Storage", "41000.00"),
    ("Scaffolding and lift", "BW-LIFT", "Works", "4200.00"),
    ("Yield report", "BW-YIELD", "Works", "900.00"),
    ("Monitoring and care", "BW-CARE", "Care", "480.00"),
)
_AGAIN = {"BW-CARE": ("each year", "36")}  # paid how often, and for how long
_CARDS = 18
_TWICE = 4
_ALL = 2**62
_WORDS = "Yes, send me news about solar roofs by email."
_TAG = "trade fair"


def price_list(story: Story) -> None:
    """The products, as a file of the shop system brought them; one price cannot be read."""
    listed = [*PRICE_LIST, ("Charging point 22 kW", "BW-CHARGE", "Charging", "on request")]
    lines = [(*line, *_AGAIN.get(line[1], ("", ""))) for line in listed]
    heading = ("Product", "Article number", "Category", "List price", "Paid", "Usual term, months")
    _take(story, story.cast.admin, "product", "price-list.csv", [heading, *lines], days=150)


def cards(story: Story) -> None:
    """Who was met at the fair: new people, some who are known, and lines that name nobody."""
    dice = Random(17)  # noqa: S311  a story, no secret
    met = [names.person(dice, 9_000 + number) for number in range(_CARDS)]
    lines = [
        (one.first_name, one.last_name, one.email, one.company, one.title, one.city, one.country)
        for one in met
    ]
    known = Lead.objects.living().filter(origin=DEMO).exclude(email="").exclude(last_name="")
    lines += [
        (lead.first_name, lead.last_name, lead.email, "", "Head of Works", "", "")
        for lead in known.order_by("-created_at", "-pk")[:3]
    ]
    lines[4:4] = [
        ("Karin", "Falk", "karin.falk(at)northmill.example", "North Mill", "Buyer", "Malmö", "SE"),
        ("", "", "", "Saffron Dairy", "Owner", "Parma", "IT"),
    ]
    lines.append(("Otto", "Weiss", "otto@weiss", "Weiss Joinery", "Owner", "Graz", "AT"))
    heading = ("First name", "Last name", "Email", "Company", "Job title", "City", "Country")
    _take(story, story.cast.marketer, "lead", "fair-lyon.csv", [heading, *lines], 11, tags=_TAG)


def address_book(story: Story) -> None:
    """People of years ago with what they agreed to: some are here under another address, so are firms."""
    here = Lead.objects.living().filter(origin=DEMO).exclude(phone="").exclude(company=None)
    known = list(here.select_related("company").order_by("created_at", "pk")[:_TWICE])
    lines = [_again(lead, number) for number, lead in enumerate(known)]
    lines += [
        ("", "Reception", "info@weiss-joinery.example", "", "Weiss Joinery", "Graz", "no", "", ""),
        ("Marta", "Lind", "marta.lind@northmill.example", "", "North Mill", "Malmö", "unsubscribed", "", ""),
        ("Ivo", "Brandt", "ivo.brandt@polder-mills.example", "", "Polder Mills", "Utrecht", "yes", "", ""),
    ]  # fmt: skip
    heading = (
        "First name", "Last name", "Email", "Phone", "Company", "City", "Newsletter", "Consent date",
        "Consent wording",
    )  # fmt: skip
    _take(
        story, story.cast.marketer, "lead", "address-book.csv", [heading, *lines], 6,
        mapped={"6": "consent"},
    )  # fmt: skip
    duplicates.find(first=0, last=_ALL, at=story.end)
    company_duplicates.find(first=0, last=_ALL, at=story.end)


def _again(lead: Lead, number: int) -> tuple[str, ...]:
    """Somebody whom the book has too: by phone alone, or at the address of before the firm renamed itself."""
    company = lead.company.name if lead.company else ""
    old = search_text(company).split()[0] if number % 2 else ""
    email = f"{search_text(lead.last_name).replace(' ', '')}@{old}.example" if old else ""
    day = f"2021-0{1 + number}-14"
    return (lead.first_name, lead.last_name, email, lead.phone, company, "", "yes", day, _WORDS)


def _take(
    story: Story,
    by: User,
    entity: str,
    name: str,
    rows: Sequence[Sequence[str]],
    days: int,
    tags: str = "",
    mapped: Mapping[str, str] | None = None,
) -> None:
    """Upload the file and work through it, so many days before the end."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    at = story.end - timedelta(days=days)
    file = io.BytesIO(text.getvalue().encode())
    taken = services.upload(entity=entity, name=name, file=file, by=by, at=at, origin=DEMO)
    services.plan_as(
        taken,
        columns={**taken.mapping, **(mapped or {})},
        choices={**taken.choices, "tags": tags, "existing": "overwrite"},
    )
    services.work_here(taken, at=at + timedelta(minutes=4))


def remove() -> None:
    """Take the imports away again; of the products what nobody sells, and the tag that nobody wears."""
    Tag.objects.filter(name=_TAG, leads=None).delete()
    Import.objects.filter(origin=DEMO).delete()
    ours = Product.objects.filter(sku__in=[sku for _name, sku, _kind, _price in PRICE_LIST])
    ours.filter(lines=None, orders=None, subscriptions=None).delete()
