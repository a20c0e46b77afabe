"""The story of a lead or of a record, newest first, page by page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.models import Lead, Note
from leadflow.people.models import User
from leadflow.timeline.names import Names
from leadflow.timeline.presenters import Shown, present

PAGE = 30

_MAILS = ("delivery.sent", "delivery.failed", "reply.received")
_ACTIVITIES = ("activity.planned", "activity.logged", "activity.completed", "meeting.booked")
_CHANGES = (
    "lead.changed", "lead.advanced", "lead.assigned", "lead.merged", "lead.unmerged",
    "lead.tagged", "lead.disqualified", "lead.recycled", "lead.converted", "score.changed",
    "lead.qualified", "lead.cooled", "bant.changed",
)  # fmt: skip

# What the filter buttons over a timeline let through.
GROUPS: dict[str, tuple[str | Promise, Q]] = {
    "mails": (_("Mails"), Q(kind__in=_MAILS) | Q(kind__in=_ACTIVITIES, data__kind="email")),
    "calls": (
        _("Calls"),
        Q(kind__in=_ACTIVITIES, data__kind__in=["call", "discovery", "demo", "meeting"]),
    ),
    "notes": (_("Notes"), Q(kind="note.added")),
    "forms": (_("Forms"), Q(kind__in=["submission.received", "lead.captured"])),
    "pages": (_("Pages"), Q(kind="engagement.recorded")),
    "changes": (_("Changes"), Q(kind__in=_CHANGES)),
}

# Where a record of another package is seen; the name of its page and of the id in it.
_PAGES = {
    "pipeline.deal": "pipeline:deal",
    "leadflow.company": "desk:company",
    "mail.delivery": "mail:message",
    "runs.run": "runs:run",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, ready to be shown."""

    event: Event
    shown: Shown
    because: str
    link: str
    actor: str

    @property
    def day(self) -> date:
        """The day on which it happened, where the reader is."""
        return localtime(self.event.occurred_at).date()


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, and the key of those before them (None at the beginning of the story)."""

    entries: Sequence[Entry]
    before: int | None


def for_lead(
    lead: Lead,
    user: User,
    *,
    before: int | None = None,
    kinds: Collection[str] | None = None,
    group: str = "",
    size: int = PAGE,
    until: datetime | None = None,
) -> Page:
    """What happened to a lead and to those merged into her. The caller has checked that she may see.

    `until` leaves out what happened later, for looking at a record as it was.
    """
    ids = [lead.pk, *Lead.objects.filter(merged_into=lead).values_list("pk", flat=True)]
    events = Event.objects.filter(lead_id__in=ids)
    return _page(events, user, before=before, kinds=kinds, group=group, size=size, until=until)


def for_record(
    subject_type: str,
    subject_id: int,
    user: User,
    *,
    before: int | None = None,
    kinds: Collection[str] | None = None,
    size: int = PAGE,
) -> Page:
    """What happened to a deal, a company, a form. The caller has checked that she may see it."""
    events = Event.objects.filter(subject_type=subject_type, subject_id=subject_id)
    return _page(events, user, before=before, kinds=kinds, group="", size=size, until=None)


def _page(
    events: "QuerySet[Event]",
    user: User,
    *,
    before: int | None,
    kinds: Collection[str] | None,
    group: str,
    size: int,
    until: datetime | None,
) -> Page:
    if before is not None:
        events = events.filter(pk__lt=before)
    if kinds is not None:
        events = events.filter(kind__in=[str(kind) for kind in kinds])
    if group in GROUPS:
        events = events.filter(GROUPS[group][1])
    if until is not None:
        events = events.filter(occurred_at__lte=until)
    rows = list(events.order_by("-id")[: size + 1])
    entries = entries_of(_readable(rows[:size], user), user)
    return Page(entries, rows[size - 1].pk if len(rows) > size else None)


def _readable(events: Sequence[Event], user: User) -> list[Event]:
    """Without the private notes of others."""
    notes = {e.data.get("note") for e in events if e.kind == Kind.NOTE_ADDED}
    hidden = (
        set(
            Note.objects.filter(pk__in=notes, is_private=True)
            .exclude(by=user)
            .values_list("pk", flat=True)
        )
        if notes
        else set()
    )
    return [e for e in events if e.kind != Kind.NOTE_ADDED or e.data.get("note") not in hidden]


def entries_of(events: Sequence[Event], user: User) -> list[Entry]:
    """Events in words, their causes too; the number of queries does not depend on how many they are."""
    causes = Event.objects.in_bulk({e.cause_id for e in events if e.cause_id})
    names = Names.load([*events, *causes.values()], user)
    return [
        Entry(
            event=event,
            shown=present(event, names),
            because=_because(causes.get(event.cause_id or 0), names),
            link=link_of(event),
            actor=names.actor(event),
        )
        for event in events
    ]


def _because(cause: Event | None, names: Names) -> str:
    if cause is None:
        return ""
    shown = present(cause, names)
    return f"{shown.who} {shown.text}"


def link_of(event: Event) -> str:
    """Where the record of the event is seen; empty where it has no page of its own."""
    page = _PAGES.get(event.subject_type)
    try:
        return reverse(page, args=[event.subject_id]) if page else ""
    except NoReverseMatch:
        return ""
