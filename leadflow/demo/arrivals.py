"""Visitors: who comes in a week, which form they send, what they look at, when they come back."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

from capture import rules as capture_rules
from capture.services import forms as form_services
from capture.services import submissions
from leadflow.demo import names
from leadflow.demo.telling import DEMO, Story, Visit
from leadflow.errors import NotAllowed
from leadflow.mail import confirming
from leadflow.mail.models import Confirmation, Delivery
from leadflow.models import Channel, Lead, Source
from leadflow.services import companies, engagement, leads

_PAGES = (("Pricing", "pricing"), ("Case study: cold storage", "case"), ("How it works", "product"))
_FORMS = ("contact", "demo", "guide", "newsletter")
_WEIGHTS = {"Newsletter": [1, 1, 3, 8], "Webinars": [1, 3, 8, 0], "Referral": [5, 6, 1, 0]}
_USUAL = [3, 4, 4, 1]
# what the link says of the way, and the page from which people came
_CAME: Mapping[str, tuple[str, str]] = {
    Channel.PAID_SEARCH: ("cpc", "https://www.google.com/"),
    Channel.ORGANIC: ("organic", "https://www.google.com/"),
    Channel.PAID_SOCIAL: ("paid-social", "https://www.linkedin.com/"),
    Channel.WEBINAR: ("webinar", ""),
    Channel.REFERRAL: ("referral", "https://www.harbour-roofs.example/"),
    Channel.EVENT: ("fair", ""),
    Channel.EMAIL: ("email", ""),
}
_MESSAGES = (
    "Could you tell me what our roof would save?",
    "We build a second hall next year and want it solar from the start.",
    "Our contract for power ends in autumn. What would 200 kWp cost us?",
    "Do you also do carports and charging points for our vans?",
)


def expect(story: Story, monday: datetime, people: int) -> None:
    """So many new people will come in this week, and some of them again later."""
    for _number in range(people):
        at = story.some_time(monday)
        _meet(story, at, story.pick(story.cast.sources), "")


def expect_now(story: Story, people: int) -> None:
    """The last hour before the story ends: the webinar is over, and people ask to see it."""
    webinars = next(s for s, _share in story.cast.sources if s.name == "Webinars")
    for number in range(people):
        _meet(story, story.end - timedelta(minutes=4 + 7 * number), webinars, "demo")


def _meet(story: Story, at: datetime, source: Source, form: str) -> None:
    story.count += 1
    dice, number = story.dice, story.count
    person = names.person(dice, number)
    form = form or dice.choices(_FORMS, _WEIGHTS.get(source.name, _USUAL))[0]
    story.coming.append(Visit(at, number, person, form, source))
    if dice.random() < 0.25:
        again = at + timedelta(days=dice.randint(2, 20), minutes=dice.randint(0, 300))
        if again < story.end:
            story.coming.append(Visit(again, number, person, "demo", source, is_first=False))


def come(story: Story, until: datetime) -> None:
    """Let everybody come who was expected before `until`, in order."""
    due = sorted(visit for visit in story.coming if visit.at < until)
    story.coming = [visit for visit in story.coming if visit.at >= until]
    facts: list[engagement.Fact] = []
    for visit in due:
        lead = submit(story, visit)
        if lead and visit.is_first:
            _research(lead, visit.person, visit.at)
            facts += _looks_around(story, lead, visit, min(until, story.end))
    if facts:
        engagement.append(facts, origin=DEMO)


_LINK = re.compile(r"/confirm/([\w-]+)")
_CONFIRM = 0.85  # of those who are asked by mail whether they want the news


def confirm(until: datetime) -> int:
    """Most of those whose mailbox was asked press the button of that mail, within two days; how many."""
    done = 0
    asked = Confirmation.objects.filter(used_at=None, number=1, consent__lead__origin=DEMO)
    for row in asked.select_related("consent__lead").order_by("pk"):
        dice = Random(row.consent.lead.email)  # noqa: S311  her own: the story's go on as they fall
        at = row.consent.at + timedelta(minutes=dice.randint(4, 2_600))
        if at >= until or dice.random() > _CONFIRM:
            continue
        mail = Delivery.objects.get(key=f"doi:{row.consent_id}:1")
        link = _LINK.search(mail.text)
        with suppress(NotAllowed):  # another form had her answer since
            confirming.confirm(token=link[1] if link else "", at=at)
            done += 1
    return done


def _looks_around(story: Story, lead: Lead, visit: Visit, until: datetime) -> list[engagement.Fact]:
    facts = []
    for number in range(story.dice.choices([0, 1, 2, 4, 7], [20, 25, 25, 20, 10])[0]):
        label, topic = story.dice.choice(_PAGES)
        seen = min(visit.at + timedelta(minutes=story.dice.randint(1, 4_000)), until)
        facts.append(
            engagement.Fact(
                lead.pk, "page.viewed", "visit", f"demo{visit.number}-{number}", label=label,
                topic=topic, at=seen,
            )
        )  # fmt: skip
    return facts


# The choices of the form that asks for a demo.
_SIZES = ((10, "1-10"), (50, "11-50"), (200, "51-200"), (1000, "201-1000"))


# What people say of how they heard of us: mostly what was tracked, sometimes what came before it.
_HEARD = {
    Channel.PAID_SEARCH: ("search", "search", "recommendation", "search", "", "ad", "search"),
    Channel.ORGANIC: ("search", "article", "search", "recommendation", "search", ""),
    Channel.PAID_SOCIAL: ("social", "ad", "social", "event", "", "social"),
    Channel.WEBINAR: ("event", "event", "article", "", "event"),
    Channel.REFERRAL: ("recommendation", "recommendation", "", "recommendation"),
    Channel.EVENT: ("event", "event", "recommendation", "event"),
}


def _heard(visit: Visit) -> str:
    said = _HEARD.get(Channel(visit.source.channel), ("other", ""))
    return said[visit.number % len(said)]


def submit(story: Story, visit: Visit) -> Lead | None:
    """Send one of the forms as a visitor would; None where it was sent before."""
    form, dice, person = story.cast.forms[visit.form], story.dice, visit.person
    form_services.count(
        form_id=form.document.pk, day=visit.at.date(), views=dice.randint(3, 9), starts=dice.randint(1, 2)
    )  # fmt: skip
    values: dict[str, object] = {
        "full_name": f"{person.first_name} {person.last_name}",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "company": person.company,
        "job_title": person.title,
        "message": dice.choice(_MESSAGES),
        "company_size": next((one for most, one in _SIZES if person.size <= most), "1000_plus"),
        "has_crm": visit.number % 3 > 0,
        "heard_from": _heard(visit),
        "consent": visit.form in ("newsletter", "guide") or dice.random() < 0.5,
    }
    given = {name for name, value in values.items() if value or name == "has_crm"}
    answers = {name: value for name, value in values.items() if name in form.asked & given}
    medium, site = _CAME[visit.source.channel]
    arrival = capture_rules.Arrival(
        client_id=f"demo-{visit.number}-{visit.form}-{visit.at:%Y%m%d%H%M}",
        channel="page",
        ip="192.0.2.10",
        headers={"referer": site} if site else {},
        page_url=f"https://brightwell.example/{visit.form}",
        utm={"utm_source": visit.source.name, "utm_medium": medium},
    )
    done = submissions.accept(
        version=form.version, answers=answers, raw=answers, arrival=arrival, origin=DEMO,
        at=visit.at,
    )  # fmt: skip
    found = Lead.objects.filter(email=person.email).select_related("company")
    return found.first() if done.is_new else None


def _research(lead: Lead, person: names.Person, at: datetime) -> None:
    """What research adds to what a form asked."""
    values = {"seniority": person.seniority, "country": person.country, "city": person.city}
    if not lead.last_name:
        values |= {"first_name": person.first_name, "last_name": person.last_name}
    if person.title and not lead.job_title:
        values["job_title"] = person.title
    leads.update(lead, values=values, by=None, at=at, origin=DEMO)
    if lead.company and not lead.company.industry:
        facts = {"industry": person.industry, "size": person.size, "country": person.country,
                 "name": person.company, "city": person.city}  # fmt: skip
        companies.update(lead.company, values=facts, by=None, at=at, origin=DEMO)
