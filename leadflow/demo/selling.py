"""What the reps do in a week: answer hand-overs, talk, open deals, move them, win and lose them."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from leadflow.demo.telling import DEMO, WEEK, Story
from leadflow.handover import services as handovers
from leadflow.handover.models import Handover
from leadflow.models import Company, Customer, Lead, LeadStage
from leadflow.people.models import User
from leadflow.services import activities, leads, notes
from leadflow.services.activities import Touch
from pipeline.models import Deal
from pipeline.services import converting
from pipeline.services import deals as deal_services
from qualification.services import bant

_NOTES = (
    "Roof is flat and strong enough. Wants numbers before the board meets.",
    "Uses 640 MWh a year, half of it at night: storage matters.",
    "Spoke with the plant manager too. Budget is asked for in spring.",
    "Compares us with one other supplier. Price is not the first question.",
    "The grid operator allows 150 kWp without new cables. More means waiting a year.",
    "Landlord has to agree first. She sends him our three pages.",
)
_RETURNS = (
    ("not_now", 5), ("no_fit_size", 4), ("unreachable", 3), ("no_budget", 3), ("student", 1),
    ("bad_phone", 1),
)  # fmt: skip
_LETTERS = (
    ("budget", ("exploring", "planned", "approved")),
    ("authority", ("influencer", "champion", "decision_maker")),
    ("need", ("recognised", "urgent")),
    ("timing", ("half_year", "quarter", "soon")),
)
_CALLS = (
    ("call", "Asked about the roof and the yearly use"),
    ("call", "Went through the numbers"),
    ("email", "Sent the case of the cold store"),
    ("meeting", "Showed the yield report"),
    ("discovery", "Discovery: roof, use, budget, who decides"),
)
# The chance of losing a deal that moves, stage by stage: early losses are the most.
_LOSSES = (0.24, 0.2, 0.16, 0.12, 0.08)
_LOST = (
    ("Price", 5), ("Competitor", 4), ("No decision", 6), ("Timing", 4), ("No budget", 3),
    ("Lost contact", 2), ("Bad fit", 1),
)  # fmt: skip
_COMPETITORS = ("Solarwerk", "Helio Nord", "Rooftop One")
_WORKS = ("Roof {} kWp", "Roof and storage {} kWp", "Carport {} kWp", "Roof {} kWp, with charging")
_MORE = ("Second hall {} kWp", "Storage for {} kWp", "Charging points, {} kWp")
_KILOWATTS = (48, 64, 96, 130, 186, 240)
_FAST, _SLOW = 0.82, 0.22  # the chance that a deal moves in a week


def answer(story: Story, until: datetime) -> int:
    """Take or return what was offered, within minutes mostly; some offers nobody looks at in time."""
    given = Handover.objects.open().filter(offered_at__lt=until).select_related("lead__owner")
    answered, calls = 0, []
    for offer in given.order_by("offered_at", "lead"):
        roll, minutes = story.dice.random(), story.dice.randint(4, 100)
        when = story.soon(offer.offered_at, minutes)
        if roll < 0.94 and when < until:
            calls += _answer(story, offer, roll, when)
            answered += 1
    activities.log_many(calls, origin=DEMO)
    return answered


def _answer(story: Story, offer: Handover, roll: float, when: datetime) -> list[Touch]:
    """Take or return one offer; the first call to whoever was taken."""
    # what routing could give to nobody lies in the queue until a rep takes it
    owner = offer.lead.owner or story.dice.choice(story.cast.reps)
    if roll < 0.76:
        handovers.accept(offer, by=owner, at=when)
        call = Touch(
            kind="call", subject="First call", lead=offer.lead, by=owner,
            outcome=story.pick([("Reached", 3), ("Left a message", 1)]),
            minutes=story.dice.randint(3, 25), at=story.soon(when, story.dice.randint(5, 200)),
        )  # fmt: skip
        return [call]
    back = (when + timedelta(days=120)).date()
    handovers.reject(offer, reason=story.pick(_RETURNS), by=owner, return_on=back, at=when)
    return []


def let_expire(at: datetime) -> None:
    """What nobody answered in time goes to the next person, as every minute's tick does it."""
    handovers.expire_due(at=at)


def talk(story: Story, monday: datetime) -> None:
    """Talk with the people who were accepted; some of them are ready for a deal."""
    rows = Lead.objects.living().active().in_stage(LeadStage.SAL, LeadStage.SQL)
    talks: list[Touch] = []
    then: list[Callable[[], object]] = []
    for lead in rows.exclude(owner=None).select_related("owner", "company").order_by("pk"):
        at = story.at_work(monday)
        if story.dice.random() < 0.5 and lead.stage_since < at:
            talks.append(_touch(story, lead, at))
            then += _what_comes_of_it(story, lead, at)
    activities.log_many(talks, origin=DEMO)
    for act in then:
        act()


def _touch(story: Story, lead: Lead, at: datetime) -> Touch:
    kind, subject = story.dice.choice(_CALLS)
    minutes = story.dice.randint(4, 50)
    return Touch(kind=kind, subject=subject, lead=lead, by=lead.owner, at=at, minutes=minutes)


def _what_comes_of_it(story: Story, lead: Lead, at: datetime) -> Iterator[Callable[[], object]]:
    """What the rep writes down and does after a talk, in order."""
    dice, owner = story.dice, lead.owner
    same: dict[str, Any] = {"lead": lead, "by": owner, "at": at, "origin": DEMO}
    if dice.random() < 0.3:
        yield partial(notes.add, text=dice.choice(_NOTES), **same)
    if dice.random() < 0.6:
        letter, values = dice.choice(_LETTERS)
        yield partial(bant.answer, letter=letter, value=dice.choice(values), **same)
    roll = dice.random()
    if roll < 0.06:
        back = (at + timedelta(days=120)).date()
        yield partial(
            leads.recycle_many, lead_ids=[lead.pk], reason="not_now", by=owner, at=at,
            origin=DEMO, return_on=back,
        )  # fmt: skip
    elif lead.stage == LeadStage.SAL and roll < 0.6:
        yield partial(leads.advance, to=LeadStage.SQL, reason="talked", **same)
    elif lead.stage == LeadStage.SQL and roll < 0.66:
        opening = _opening(story, _WORKS, at, owner=owner)
        pace = story.pick([(_FAST, 3), (_SLOW, 2)])
        yield partial(_convert, story, lead, opening, pace, at)


def _convert(
    story: Story, lead: Lead, opening: deal_services.Opening, pace: float, at: datetime
) -> None:
    choice = converting.Choice(company=lead.company, opening=opening)
    made = converting.convert(lead, choice=choice, by=lead.owner, at=at, origin=DEMO)
    if made.deal_id:
        story.pace[made.deal_id] = pace


def _opening(
    story: Story,
    works: tuple[str, ...],
    at: datetime,
    *,
    owner: User | None,
    lead: Lead | None = None,
    company: Company | None = None,
) -> deal_services.Opening:
    dice = story.dice
    kilowatt = dice.choice(_KILOWATTS)
    return deal_services.Opening(
        name=dice.choice(works).format(kilowatt),
        stage=story.cast.stages[0],
        amount=Decimal(kilowatt * dice.randint(78, 96) * 10),
        currency="EUR",
        expected_close_on=(at + timedelta(days=dice.randint(25, 75))).date(),
        owner=owner,
        lead=lead,
        company=company,
    )


def sell_again(story: Story, monday: datetime) -> None:
    """A customer wants more: the next hall, storage, charging points."""
    bought = Customer.objects.filter(reverted_at=None, started_at__lt=monday - 4 * WEEK)
    for customer in bought.exclude(company=None).select_related("company").order_by("pk"):
        if story.dice.random() < 0.03:
            at = story.at_work(monday)
            person = customer.company and customer.company.leads.exclude(owner=None).first()
            if person:
                opening = _opening(
                    story, _MORE, at, owner=person.owner, lead=person, company=customer.company
                )
                deal = deal_services.open(opening, by=person.owner, at=at, origin=DEMO)
                story.pace[deal.pk] = _FAST


def push(story: Story, monday: datetime) -> None:
    """Move the open deals: to the next stage, to won, or to lost."""
    rows = Deal.objects.living().open().select_related("stage", "owner")
    for deal in rows.order_by("pk"):
        at = story.at_work(monday)
        if story.dice.random() < story.pace.get(deal.pk, _SLOW) and deal.stage_since < at:
            _push(story, deal, at)


def _push(story: Story, deal: Deal, at: datetime) -> None:
    dice, stages = story.dice, story.cast.stages
    here = next(n for n, stage in enumerate(stages) if stage.pk == deal.stage_id)
    if dice.random() < _LOSSES[min(here, len(_LOSSES) - 1)]:
        reason = story.cast.reasons[story.pick(_LOST)]
        named = dice.choice(_COMPETITORS) if reason.asks_competitor else ""
        deal_services.lose(deal, reason=reason, competitor=named, by=deal.owner, at=at, origin=DEMO)
    elif here + 1 < len(stages):
        deal_services.move(deal, to=stages[here + 1], by=deal.owner, at=at, origin=DEMO)
    else:
        agreed = (deal.amount or Decimal(0)) * dice.randint(92, 100) / 100
        deal_services.win(
            deal, amount=agreed.quantize(Decimal(100)), by=deal.owner, at=at, origin=DEMO
        )
