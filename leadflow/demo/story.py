"""Nine months of a made-up business, told through the product's own services with passed-in times.

Week by week people come by, the relay reacts, reps answer, deals move. So the demo proves the flow: what
it shows is what the product did.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from capture import rules as capture_rules
from capture.blocks.asking import questions
from capture.models import FormVersion
from capture.services import forms as form_services
from capture.services import submissions
from leadflow.demo import letters, names
from leadflow.demo.cast import Cast
from leadflow.events import relay
from leadflow.handover import services as handovers
from leadflow.handover.models import Handover
from leadflow.insights import rollups
from leadflow.models import Disposition, Lead, LeadStage, Origin, Source
from leadflow.services import activities, companies, engagement, leads, notes
from pipeline.models import Deal, LostReason, PipelineStage, StageKind
from pipeline.services import converting
from pipeline.services import deals as deal_services
from qualification.services import bant

DEMO = Origin.DEMO
_NOTES = (
    "Roof is flat and strong enough. Wants numbers before the board meets.",
    "Uses 640 MWh a year, half of it at night: storage matters.",
    "Spoke with the plant manager too. Budget is asked for in spring.",
    "Compares us with one other supplier. Price is not the first question.",
)
_PAGES = (("Pricing", "pricing"), ("Case study: cold storage", "case"), ("How it works", "product"))


@dataclass
class Story:
    """The state of the telling."""

    cast: Cast
    dice: Random
    end: datetime
    say: Callable[[str], None]
    people: list[names.Person] = field(default_factory=list)
    count: int = 0


def tell(
    cast: Cast, *, leads: int, start: datetime, end: datetime, say: Callable[[str], None]
) -> None:
    """Live through the months from `start` to `end` with about so many leads."""
    story = Story(cast, Random(20_260_101), end, say)  # noqa: S311  the same demo every time
    weeks = max(1, (end - start).days // 7)
    for week in range(weeks + 1):
        monday = start + timedelta(weeks=week)
        if monday >= end:
            break
        share = round(leads * (week + 1) / (weeks + 1)) - story.count
        for _person in range(share):
            arrive(story, _moment(story, monday))
        relay.run()
        letters.go_out(monday, end)
        work(story, monday + timedelta(days=5))
        letters.are_read(story.dice, monday, min(monday + timedelta(days=7), end))
        relay.run()
        if week % 8 == 0:
            say(f"  {monday:%B %Y}: {story.count} leads")
    plan_ahead(story)
    letters.mark_hot(cast.marketer, end)
    relay.run()
    rollups.catch_up()


def _moment(story: Story, monday: datetime) -> datetime:
    when = monday + timedelta(days=story.dice.choices(range(7), [20, 22, 20, 18, 12, 4, 4])[0])
    when += timedelta(hours=story.dice.randint(7, 18), minutes=story.dice.randint(0, 59))
    return min(when, story.end - timedelta(minutes=story.dice.randint(5, 300)))


def arrive(story: Story, at: datetime) -> None:
    """Somebody fills in a form, and looks around before and after."""
    story.count += 1
    dice, person = story.dice, names.person(story.dice, story.count)
    source = dice.choices(
        [s for s, _share in story.cast.sources], [n for _s, n in story.cast.sources]
    )[0]
    key = _form_for(dice, source)
    lead = submit(story, person, key, source, at)
    if lead is None:
        return
    _complete(lead, person, at)
    facts = []
    for number in range(dice.choices([0, 1, 2, 4, 7], [20, 25, 25, 20, 10])[0]):
        label, topic = dice.choice(_PAGES)
        seen = min(at + timedelta(hours=dice.randint(1, 90)), story.end)
        facts.append(
            engagement.Fact(
                lead.pk, "page.viewed", "visit", f"demo{story.count}-{number}", label=label,
                topic=topic, at=seen,
            )
        )  # fmt: skip
    if dice.random() < 0.25:
        again = min(at + timedelta(days=dice.randint(2, 20)), story.end)
        submit(story, person, "demo", source, again)
    if facts:
        engagement.append(facts, origin=DEMO)


def _form_for(dice: Random, source: Source) -> str:
    weights = {"Newsletter": [1, 1, 2, 8], "Webinars": [1, 3, 8, 0]}.get(source.name, [4, 4, 4, 1])
    return dice.choices(["contact", "demo", "guide", "newsletter"], weights)[0]


def submit(
    story: Story, person: names.Person, key: str, source: Source, at: datetime
) -> Lead | None:
    """Send one of the forms as a visitor would."""
    form = story.cast.forms[key]
    form_services.count(form_id=form.pk, day=at.date(), views=story.dice.randint(2, 9), starts=2)
    values: dict[str, object] = {
        "full_name": f"{person.first_name} {person.last_name}",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "company": person.company,
        "job_title": person.title,
        "message": "Could you tell me what our roof would save?",
        "consent": key in ("newsletter", "guide") or story.dice.random() < 0.5,
    }
    version = FormVersion.objects.filter(document=form).latest("number")
    asked = {question.name for question in questions(version.content)}
    answers = {name: value for name, value in values.items() if name in asked and value}
    arrival = capture_rules.Arrival(
        client_id=f"demo-{story.count}-{key}-{at:%Y%m%d%H%M}",
        channel="page",
        ip="192.0.2.10",
        headers={"referer": "https://www.example/"},
        page_url=f"https://brightwell.example/{key}",
        utm={"utm_source": source.name},
    )
    done = submissions.accept(
        version=version, answers=answers, raw=answers, arrival=arrival, origin=DEMO, at=at
    )
    return Lead.objects.filter(email__iexact=person.email).first() if done.is_new else None


def _complete(lead: Lead, person: names.Person, at: datetime) -> None:
    """What research adds to what a form asked."""
    values = {"seniority": person.seniority, "country": person.country, "city": person.city}
    if not lead.last_name:
        values |= {"first_name": person.first_name, "last_name": person.last_name}
    if person.title and not lead.job_title:
        values["job_title"] = person.title
    leads.update(lead, values=values, by=None, at=at, origin=DEMO)
    company = lead.company or Lead.objects.get(pk=lead.pk).company
    if company and not company.industry:
        facts = {"industry": person.industry, "size": person.size, "country": person.country,
                 "name": person.company}  # fmt: skip
        companies.update(company, values=facts, by=None, at=at, origin=DEMO)


def work(story: Story, friday: datetime) -> None:
    """What the reps do in a week: answer hand-overs, talk, move deals."""
    at = min(friday + timedelta(hours=11), story.end - timedelta(hours=1))
    for offer in Handover.objects.open().select_related("lead__owner").order_by("pk"):
        _answer(story, offer, at)
    relay.run()
    talking = Lead.objects.living().active().in_stage(LeadStage.SAL, LeadStage.SQL)
    for lead in talking.select_related("owner", "company").order_by("pk"):
        if lead.owner and story.dice.random() < 0.45:
            _talk(story, lead, at)
    for deal in Deal.objects.filter(stage__kind=StageKind.OPEN, deleted_at=None).order_by("pk"):
        if story.dice.random() < 0.3:
            _push(story, deal, at)


def _answer(story: Story, offer: Handover, at: datetime) -> None:
    roll = story.dice.random()
    owner = offer.lead.owner
    if owner is None or roll > 0.93:
        return
    when = min(
        max(offer.offered_at + timedelta(minutes=story.dice.randint(4, 100)), offer.offered_at), at
    )
    if roll < 0.80:
        handovers.accept(offer, by=owner, at=when)
        activities.log(
            kind="call", subject="First call", lead=offer.lead, by=owner, outcome="Reached",
            minutes=story.dice.randint(3, 25), at=when + timedelta(minutes=6), origin=DEMO,
        )  # fmt: skip
    else:
        reason = story.dice.choice(
            ["not_now", "no_fit_size", "student", "unreachable", "no_budget"]
        )
        handovers.reject(offer, reason=reason, by=owner, at=when)


def _talk(story: Story, lead: Lead, at: datetime) -> None:
    dice, owner = story.dice, lead.owner
    activities.log(
        kind=dice.choice(["call", "email", "meeting", "discovery"]), subject="Follow-up", lead=lead,
        by=owner, at=at - timedelta(hours=dice.randint(1, 60)), origin=DEMO,
    )  # fmt: skip
    if dice.random() < 0.3:
        notes.add(text=dice.choice(_NOTES), lead=lead, by=owner, at=at, origin=DEMO)
    letter, values = dice.choice(
        [
            ("budget", ["exploring", "planned", "approved"]),
            ("authority", ["influencer", "champion", "decision_maker"]),
            ("need", ["recognised", "urgent"]),
            ("timing", ["half_year", "quarter", "soon"]),
        ]
    )
    bant.answer(lead=lead, letter=letter, value=dice.choice(values), by=owner, at=at, origin=DEMO)
    lead.refresh_from_db()
    if lead.stage == LeadStage.SAL and dice.random() < 0.5:
        leads.advance(lead, to=LeadStage.SQL, by=owner, reason="talked", at=at, origin=DEMO)
    elif lead.stage == LeadStage.SQL and dice.random() < 0.7:
        _convert(story, lead, at)
    elif dice.random() < 0.05:
        leads.recycle_many(
            lead_ids=[lead.pk], reason="not_now", by=owner, at=at, origin=DEMO,
            return_on=(at + timedelta(days=120)).date(),
        )  # fmt: skip


def _convert(story: Story, lead: Lead, at: datetime) -> None:
    stage = PipelineStage.objects.filter(kind=StageKind.OPEN).order_by("position").first()
    if stage is None:
        return
    kilowatt = story.dice.choice([48, 64, 96, 130, 186, 240])
    opening = deal_services.Opening(
        name=f"Roof {kilowatt} kWp",
        stage=stage,
        owner=lead.owner,
        amount=Decimal(kilowatt * story.dice.randint(780, 960)),
        currency="EUR",
        expected_close_on=(at + timedelta(days=story.dice.randint(30, 100))).date(),
    )
    choice = converting.Choice(company=lead.company, opening=opening)
    converting.convert(lead, choice=choice, by=lead.owner, at=at, origin=DEMO)


def _push(story: Story, deal: Deal, at: datetime) -> None:
    dice = story.dice
    if deal.opened_at and at <= deal.opened_at:
        return
    ahead = PipelineStage.objects.filter(
        pipeline=deal.pipeline_id, position__gt=deal.stage.position, kind=StageKind.OPEN
    ).order_by("position")
    if dice.random() < 0.12:
        reason = dice.choice(list(LostReason.objects.filter(asks_competitor=False)))
        deal_services.lose(deal, reason=reason, by=deal.owner, at=at, origin=DEMO)
    elif ahead.exists():
        deal_services.move(deal, to=ahead[0], by=deal.owner, at=at, origin=DEMO)
    elif dice.random() < 0.75:
        deal_services.win(deal, amount=deal.amount, by=deal.owner, at=at, origin=DEMO)


def plan_ahead(story: Story) -> None:
    """What is on the reps' desks now: some of it late, some due today, some with nothing planned."""
    working = Lead.objects.living().filter(
        stage__in=[LeadStage.SAL, LeadStage.SQL, LeadStage.OPPORTUNITY],
        disposition=Disposition.ACTIVE,
        owner__isnull=False,
    )
    for lead in working.select_related("owner").order_by("pk"):
        if story.dice.random() < 0.3:
            continue
        due = story.end + timedelta(hours=story.dice.randint(-40, 140))
        kind, subject = story.dice.choice(
            [
                ("call", "Call about the offer"),
                ("todo", "Send the roof report"),
                ("meeting", "Site survey"),
            ]
        )
        activities.plan(
            kind=kind, subject=subject, lead=lead, owner=lead.owner, due_at=due, by=lead.owner,
            at=story.end - timedelta(minutes=30), origin=DEMO,
        )  # fmt: skip
