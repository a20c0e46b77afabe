"""To-dos, one or many: planned with all that a plan may say, changed, done, put off, given to a colleague."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.kit import clock
from leadflow.models import Activity, Company, Customer, Lead, Origin
from leadflow.people.models import User
from leadflow.services import activities
from leadflow.services.undoing import Memory


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a person says of a to-do. `remind` is in minutes before it is due; None is as usual."""

    kind: str
    subject: str
    due_at: datetime
    body: str = ""
    priority: int = Activity.Priority.NORMAL
    remind: int | None = None
    repeat: str = ""
    repeat_until: date | None = None

    def check(self) -> None:
        """Raises Invalid where the series would end before it begins."""
        if self.repeat and self.repeat_until and self.repeat_until < self.due_at.date():
            words = _("This day is before the to-do is due.")
            raise Invalid.at("repeat_until", words)


@dataclass(frozen=True, kw_only=True)
class About:
    """The record that a to-do is about; a deal is named by its ref ("deal:12")."""

    lead: Lead | None = None
    company: Company | None = None
    subject_ref: str = ""


NOTHING = About()


@transaction.atomic
def add(
    plan: Plan,
    *,
    about: About = NOTHING,
    owner: User,
    words: str = "",
    by: User,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Activity:
    """Plan it for `owner`; where that is a colleague, she is told, with the words. Raises Invalid."""
    plan.check()
    row = activities.plan(
        kind=plan.kind, subject=plan.subject, body=plan.body, due_at=plan.due_at, owner=by, by=by,
        at=at, origin=origin, lead=about.lead, company=about.company,
        subject_ref=about.subject_ref,
    )  # fmt: skip
    _write(row, plan)
    if owner.pk != by.pk:
        delegate_many([row.pk], to=owner, words=words, by=by, at=at)
        row.refresh_from_db()
    return row


def add_for_leads(plan: Plan, *, leads: Sequence[Lead], by: User) -> list[Activity]:
    """The same to-do for each of many leads, for whoever owns her, else for who plans; each owner is told."""
    return _add_each(plan, [(About(lead=lead), lead.owner) for lead in leads], by)


def add_for_companies(plan: Plan, *, companies: Sequence[Company], by: User) -> list[Activity]:
    """As for leads, for each of many companies."""
    return _add_each(plan, [(About(company=one), one.owner) for one in companies], by)


def add_for_customers(plan: Plan, *, customers: Sequence[Customer], by: User) -> list[Activity]:
    """As for leads, for each of many customers: the company, or the person without one."""
    about = [
        (About(lead=one.lead, company=one.company, subject_ref=one.ref), one.who.owner)
        for one in customers
    ]
    return _add_each(plan, about, by)


@transaction.atomic
def _add_each(plan: Plan, about: Sequence[tuple[About, User | None]], by: User) -> list[Activity]:
    plan.check()
    at = clock.now()
    rows = Activity.objects.bulk_create(
        Activity(
            kind=plan.kind, subject=plan.subject, body=plan.body, lead=one.lead,
            company=one.company, subject_ref=one.subject_ref, owner=by, due_at=plan.due_at, priority=plan.priority,
            created_by=by, created_at=at, origin=Origin.LIVE,
        )
        for one, _owner in about
    )  # fmt: skip
    activities.tell_planned(rows, by=by, at=at)
    theirs: dict[User, list[int]] = {}
    for row, (_one, owner) in zip(rows, about, strict=True):
        if owner and owner != by:
            theirs.setdefault(owner, []).append(row.pk)
    for owner, ids in sorted(theirs.items(), key=lambda one: one[0].pk):
        delegate_many(ids, to=owner, by=by, at=at)
    return rows


@transaction.atomic
def edit(activity: Activity, plan: Plan, *, by: User) -> Activity:
    """Say it anew. A series begins again with the new time. Raises Invalid, and Conflict where it is done."""
    plan.check()
    row = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    if row.done_at:
        raise Conflict(_("This was marked as done already."))
    row.kind, row.subject, row.body = plan.kind, plan.subject, plan.body
    moved = row.due_at != plan.due_at
    row.due_at = plan.due_at
    _write(row, plan)
    if moved:
        activities.tell_planned([row], by=by)
    return row


def _write(row: Activity, plan: Plan) -> None:
    row.priority, row.remind = plan.priority, plan.remind
    row.repeat_from = plan.due_at if plan.repeat else None
    row.repeat, row.repeat_until = plan.repeat, plan.repeat_until if plan.repeat else None
    row.save(update_fields=list(asdict(plan) | {"repeat_from": None}))


def _locked(ids: Sequence[int]) -> list[Activity]:
    rows = Activity.objects.open().select_for_update(of=("self",)).filter(pk__in=ids)
    return list(rows.order_by("pk"))


@dataclass(frozen=True)
class PutOff:
    """What was put off, and when each was due before."""

    rows: list[Activity]
    before: dict[int, datetime | None]


@transaction.atomic
def put_off_many(
    ids: Sequence[int], *, until: datetime, by: User, seen: datetime | None = None
) -> PutOff:
    """Move the due time of those that are open; a series keeps its own clock for the next one.

    `seen` is when the one that is moved was due as the person saw it. Raises Conflict where somebody has
    moved it since, Invalid for a time that is over.
    """
    if until <= clock.now():
        raise Invalid(_("Choose a time that is still to come."))
    rows = _locked(ids)
    if seen and any(row.due_at != seen for row in rows):
        raise Conflict(_("Somebody has moved this meanwhile. The calendar was read again."))
    before = {row.pk: row.due_at for row in rows}
    for row in rows:
        row.due_at = until
    Activity.objects.bulk_update(rows, ["due_at"])
    activities.tell_planned(rows, by=by)
    return PutOff(rows, before)


# Undo: a signed memory of when each was due, good for a minute and for who moved them.
_NOTHING = lazy("There is nothing to take back.")
_MEMORY = Memory(
    "todos.put-off",
    over=lazy("It is too late to undo this. Move it back by hand."),
    nothing=_NOTHING,
)
_GIFT = Memory(
    "todos.given",
    over=lazy("It is too late to undo this. Ask your colleague to give them back."),
    nothing=_NOTHING,
)
_DONE = Memory(
    "todos.done", over=lazy("It is too late to undo this. Plan them anew."), nothing=_NOTHING
)


def memory_of(moved: PutOff, by: User) -> str:
    """What `take_back` needs to give them their times again."""
    rows = [(row.pk, _iso(moved.before[row.pk]), _iso(row.due_at)) for row in moved.rows]
    return _MEMORY.keep(rows, by)


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


@transaction.atomic
def take_back(memory: str, *, by: User) -> list[Activity]:
    """They are due as they were, all or nothing. Raises Conflict when it is too late, or where somebody
    has moved or finished one since, Invalid for what is not hers to take back."""
    told = {pk: (before, after) for pk, before, after in _MEMORY.read(memory, by)}
    rows = _locked(list(told))
    if len(rows) < len(told) or any(_iso(row.due_at) != told[row.pk][1] for row in rows):
        raise Conflict(_("Somebody has moved or finished it since. Look again."))
    for row in rows:
        row.due_at = parse_datetime(told[row.pk][0]) if told[row.pk][0] else None
    Activity.objects.bulk_update(rows, ["due_at"])
    activities.tell_planned(rows, by=by)
    return rows


@transaction.atomic
def delegate_many(
    ids: Sequence[int], *, to: User, words: str = "", by: User, at: datetime | None = None
) -> list[Activity]:
    """Give open to-dos to a colleague, with a word; who has one already keeps it as it is."""
    rows = [row for row in _locked(ids) if row.owner_id != to.pk]
    for row in rows:
        row.owner, row.given_by, row.given_words = to, by, words.strip()[:300]
        row.told_due_at = None
    Activity.objects.bulk_update(rows, ["owner", "given_by", "given_words", "told_due_at"])
    _tell_given(rows, by=by, at=at)
    return rows


def _tell_given(rows: Sequence[Activity], *, by: User, at: datetime | None = None) -> None:
    """Record of each whose it is now."""
    for origin in sorted({row.origin for row in rows}):
        of = [row for row in rows if row.origin == origin]
        record_many(
            Kind.ACTIVITY_DELEGATED,
            [row.lead_id for row in of],
            by=by,
            subjects=of,
            data=[{"activity": row.pk, "kind": row.kind, "to": row.owner_id} for row in of],
            at=at,
            origin=origin,
        )


@dataclass(frozen=True)
class Given:
    """What was given to a colleague, and whose each was before, given by whom, with which words."""

    rows: list[Activity]
    before: dict[int, tuple[int | None, int | None, str]]


@transaction.atomic
def give_many(ids: Sequence[int], *, to: User, words: str = "", by: User) -> Given:
    """As `delegate_many`, and what it takes to take it back."""
    before = {row.pk: (row.owner_id, row.given_by_id, row.given_words) for row in _locked(ids)}
    return Given(delegate_many(ids, to=to, words=words, by=by), before)


def memory_of_gift(given: Given, by: User) -> str:
    """What `take_gift_back` needs."""
    return _GIFT.keep([(row.pk, row.owner_id, *given.before[row.pk]) for row in given.rows], by)


@transaction.atomic
def take_gift_back(memory: str, *, by: User) -> list[Activity]:
    """They are whose they were, all or nothing. Raises Conflict when it is too late, or where the colleague
    has done one or passed it on since, Invalid for what is not hers to take back."""
    told = {pk: (to, before) for pk, to, *before in _GIFT.read(memory, by)}
    rows = _locked(list(told))
    if len(rows) < len(told) or any(row.owner_id != told[row.pk][0] for row in rows):
        raise Conflict(_("Your colleague has finished or passed one on since. Look again."))
    for row in rows:
        row.owner_id, row.given_by_id, row.given_words = told[row.pk][1]
        row.told_due_at = None
    Activity.objects.bulk_update(rows, ["owner", "given_by", "given_words", "told_due_at"])
    _tell_given(rows, by=by)
    return rows


def memory_of_done(rows: Sequence[Activity], by: User) -> str:
    """What `done_before` needs."""
    return _DONE.keep([row.pk for row in rows], by)


def done_before(memory: str, *, by: User) -> list[int]:
    """Which ones were done a moment ago, by their numbers. Raises Conflict and Invalid as the others do."""
    return _DONE.read(memory, by)
