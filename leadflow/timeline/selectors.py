"""The story of a lead or of a record, newest first, page by page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import F, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from leadflow.assets import attachments
from leadflow.assets.models import Upload
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.models import Activity, Company, Lead, Note, Pin
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.services import pins
from leadflow.timeline import finding, mails
from leadflow.timeline.names import Names
from leadflow.timeline.presenters import present
from leadflow.timeline.shown import Shown

PAGE = 30
MOST_PEOPLE = 1_000  # of one company whose story is told at once

_MAILS = (
    "delivery.sent",
    "delivery.failed",
    "reply.received",
    "mail.received",
    "text.sent",
    "text.failed",
)
_ACTIVITIES = (
    "activity.planned", "activity.logged", "activity.completed",
    "meeting.booked", "meeting.moved", "meeting.cancelled", "meeting.missed",
)  # fmt: skip
_CHANGES = (
    "lead.changed", "lead.advanced", "lead.assigned", "lead.merged", "lead.unmerged",
    "lead.tagged", "lead.disqualified", "lead.recycled", "lead.converted", "lead.unconverted",
    "score.changed",
    "lead.qualified", "lead.cooled", "bant.changed",
)  # fmt: skip

# What the filter buttons over a timeline let through.
GROUPS: dict[str, tuple[str | Promise, Q]] = {
    "mails": (
        _("Mails and texts"),
        Q(kind__in=_MAILS) | Q(kind__in=_ACTIVITIES, data__kind="email"),
    ),
    "calls": (_("Calls"), Q(kind__in=_ACTIVITIES, data__kind__in=["call", "discovery"])),
    "meetings": (
        _("Meetings"),
        Q(kind__in=_ACTIVITIES, data__kind__in=["demo", "meeting"])
        | Q(kind__startswith="meeting.")
        | Q(kind="engagement.recorded", data__kind="meeting.booked"),
    ),
    "notes": (_("Notes"), Q(kind="note.added")),
    "research": (
        _("Research"),
        Q(kind="research.checked") | Q(kind="note.added", data__kind="research"),
    ),
    "forms": (_("Forms"), Q(kind__in=["submission.received", "lead.captured", "offer.given"])),
    "pages": (_("Pages"), Q(kind="engagement.recorded")),
    "deals": (_("Deals"), Q(subject_type="pipeline.deal") | Q(kind__startswith="deal.")),
    "changes": (_("Changes"), Q(kind__in=_CHANGES)),
}

# Where a record of another package is seen; the name of its page and of the id in it.
_PAGES = {
    "pipeline.deal": "pipeline:deal",
    "leadflow.company": "desk:company",
    "mail.delivery": "mail:message",
    "mail.inboundmail": "mail:received-mail",
    "runs.run": "runs:run",
    "offers.offer": "insights:offer",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, ready to be shown."""

    event: Event
    shown: Shown
    because: str
    link: str
    actor: str
    person: str = ""  # whom it is about, for a story of several people
    undo: str = ""  # the address that takes it back, where that is possible
    talk: mails.Talk | None = None  # the conversation that the entry shows
    pinned_by: str = ""  # who keeps it at the top of the story
    is_pinnable: bool = False

    @property
    def day(self) -> date:
        """The day on which it happened, where the reader is."""
        return localtime(self.event.occurred_at).date()


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, and the key of those before them (None at the beginning of the story)."""

    entries: Sequence[Entry]
    before: int | None
    pinned: Sequence[Entry] = ()  # kept at the top, the last pinned first


def for_lead(
    lead: Lead,
    user: User,
    *,
    before: int | None = None,
    kinds: Collection[str] | None = None,
    group: str = "",
    words: str = "",
    size: int = PAGE,
    until: datetime | None = None,
) -> Page:
    """What happened to a lead and to those merged into her. The caller has checked that she may see.

    `words` keeps what says all of them; `until` leaves out what happened later, for looking at a
    record as it was.
    """
    ids = [lead.pk, *Lead.objects.filter(merged_into=lead).values_list("pk", flat=True)]
    events = finding.saying(Event.objects.filter(lead_id__in=ids), ids, words, user)
    folded = not words and kinds is None and until is None
    page = _page(
        events, user, before=before, kinds=kinds, group=group, size=size, until=until, folded=folded
    )
    return _with_pins(page, lead, user, is_whole=not (before or kinds or group or words or until))


def _with_pins(page: Page, lead: Lead, user: User, *, is_whole: bool) -> Page:
    """Who pinned what; above the whole story what is pinned stands first. Pins cost a query, and what they
    say a few more where there are some."""
    by = {pin.event_id: pin for pin in Pin.objects.filter(lead=lead).select_related("by")}
    top: list[Entry] = []
    if is_whole and by:
        rows = Event.objects.filter(pk__in=by, kind__in=pins.KINDS)
        top = entries_of(_readable(list(rows), user), user)
        top.sort(key=lambda entry: by[entry.event.pk].at, reverse=True)

    def marked(entries: Sequence[Entry]) -> list[Entry]:
        return [
            replace(
                entry,
                is_pinnable=entry.event.kind in pins.KINDS,
                pinned_by=_pinner(by.get(entry.event.pk)),
            )
            for entry in entries
        ]

    return replace(page, entries=marked(page.entries), pinned=marked(top))


def _pinner(pin: Pin | None) -> str:
    if pin is None:
        return ""
    return pin.by.name if pin.by else "?"


@dataclass(frozen=True, slots=True)
class Dealt:
    """The deals of a company that the reader may see, and those of their people whom she may see."""

    ids: Collection[int] = ()
    people: Collection[int] = ()


def for_company(
    company: Company,
    user: User,
    *,
    dealt: Dealt,
    person: Lead | None = None,
    before: int | None = None,
    group: str = "",
    words: str = "",
    size: int = PAGE,
    until: datetime | None = None,
) -> Page:
    """What happened to a company, to its deals and to all of its people whom the reader may see.

    Of very many people the latest to be touched. With `person` it is her part of the story alone;
    `until` leaves out what happened later.
    """
    people = [person.pk] if person else _people_of(company, user)
    merged = Lead.objects.filter(merged_into__in=people).values_list("pk", flat=True)
    ids = [*people, *merged]
    whose = Q(lead_id__in=ids)
    if person is None:
        whose |= Q(lead_id=None) & _of_company(company)
        in_deals = Q(subject_type="pipeline.deal", subject_id__in=dealt.ids)
        whose |= in_deals & (Q(lead_id=None) | Q(lead_id__in=dealt.people))
    events = finding.saying(
        Event.objects.filter(whose), ids, words, user, company=None if person else company.pk
    )
    return _page(events, user, before=before, kinds=None, group=group, size=size, until=until)


def _people_of(company: Company, user: User) -> list[int]:
    rows = Lead.objects.visible_to(user).filter(company=company)
    latest = rows.order_by(F("last_activity_at").desc(nulls_last=True), "-pk")
    return list(latest.values_list("pk", flat=True)[:MOST_PEOPLE])


def _of_company(company: Company) -> Q:
    """Facts of the company, and of the notes and plans that are about nobody there."""
    own = Q(subject_type="leadflow.company", subject_id=company.pk)
    for label, model in (("leadflow.note", Note), ("leadflow.activity", Activity)):
        rows = model._default_manager.filter(company=company, lead=None).order_by("-pk")
        ids = list(rows.values_list("pk", flat=True)[:MOST_PEOPLE])
        own |= Q(subject_type=label, subject_id__in=ids)
    return own


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
    folded: bool = False,
) -> Page:
    if kinds is not None:
        events = events.filter(kind__in=[str(kind) for kind in kinds])
    if group in GROUPS:
        events = events.filter(GROUPS[group][1])
    if until is not None:
        events = events.filter(occurred_at__lte=until)
    rows, more = newest_first(events, before=before, size=size)
    return Page(entries_of(_once(_readable(rows, user)), user, folded=folded), more)


def newest_first(
    events: "QuerySet[Event]", *, before: int | None = None, size: int = PAGE
) -> tuple[list[Event], int | None]:
    """A page of events by when they happened, and the key of those before them.

    `before` is the last event of the page after it; one that is none begins at the newest.
    """
    last = Event.objects.filter(pk=before).first() if before is not None else None
    if last is not None:
        same_moment = Q(occurred_at=last.occurred_at, pk__lt=last.pk)
        events = events.filter(Q(occurred_at__lt=last.occurred_at) | same_moment)
    rows = list(events.order_by("-occurred_at", "-id")[: size + 1])
    return rows[:size], rows[size - 1].pk if len(rows) > size else None


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


def is_readable(event: Event, user: User) -> bool:
    """Whether it is no private note of somebody else."""
    return bool(_readable([event], user))


# What a booking writes beside its own fact -> the facts that tell it already.
_SAID_BY = {
    Kind.ACTIVITY_PLANNED: (Kind.MEETING_BOOKED, Kind.MEETING_MOVED),
    Kind.ACTIVITY_COMPLETED: (Kind.MEETING_MISSED,),
    Kind.ENGAGEMENT_RECORDED: (Kind.MEETING_BOOKED,),
}


def _once(events: Sequence[Event]) -> list[Event]:
    """Without what the story of a booking says already: it was planned as it was booked."""
    beside = [e for e in events if e.lead_id and _told_by(e)]
    if not beside:
        return list(events)
    kinds = {kind for some in _SAID_BY.values() for kind in some}
    booked = Event.objects.filter(lead_id__in={e.lead_id for e in beside}, kind__in=kinds)
    said = {(e.kind, what) for e in booked for what in (e.data.get("activity"), e.occurred_at)}
    return [e for e in events if not any((kind, _of(e)) in said for kind in _told_by(e))]


def _told_by(event: Event) -> tuple[Kind, ...]:
    if event.kind == Kind.ENGAGEMENT_RECORDED and event.data.get("kind") != "meeting.booked":
        return ()
    return _SAID_BY.get(Kind.of(event.kind), ())


def _of(event: Event) -> object:
    """By what it is found: the planned activity, or else the moment."""
    return event.data.get("activity") or event.occurred_at


def entries_of(
    events: Sequence[Event],
    user: User,
    undoes: Mapping[int, str] | None = None,
    *,
    folded: bool | None = None,
) -> list[Entry]:
    """Events in words, their causes too; the number of queries does not depend on how many they are.

    `undoes` has the addresses by which events are taken back, as the owner of the record offers it. A
    story says whether its conversations are `folded` and told by their newest message; without it every
    event stands by itself.
    """
    post = mails.Mails() if folded is None else mails.load(events, user)
    if folded is not None:
        events = [event for event in events if post.stands(event, folded=folded)]
    causes = Event.objects.in_bulk({e.cause_id for e in events if e.cause_id})
    names = Names.load([*events, *causes.values()], user)
    talks = {event.pk: post.talk(event) for event in events}
    return [
        Entry(
            event=event,
            shown=present(event, names),
            because=_because(causes.get(event.cause_id or 0), names),
            link=link_of(event, talks[event.pk], user),
            talk=talks[event.pk],
            actor=names.actor(event),
            person=names.lead(event.lead_id),
            undo=(undoes or {}).get(event.pk, ""),
        )
        for event in events
    ]


def _because(cause: Event | None, names: Names) -> str:
    if cause is None:
        return ""
    shown = present(cause, names)
    return f"{shown.who} {shown.text}"


def link_of(event: Event, talk: mails.Talk | None, user: User) -> str:
    """Where the record of the event is seen; empty where it has no page of its own, or none for her."""
    if talk is not None:
        return talk.url
    if event.subject_type.startswith("mail.") and not allowed(user, "mail.read"):
        return ""
    page = _PAGES.get(event.subject_type)
    try:
        return reverse(page, args=[event.subject_id]) if page else ""
    except NoReverseMatch:
        return ""


def file_of(lead: Lead, user: User, pk: int) -> Upload | None:
    """A file of a note about her that this reader may see."""
    notes = Note.objects.filter(Q(is_private=False) | Q(by=user), lead=lead)
    rows = Upload.objects.filter(holder_type=attachments.NOTE, holder_id__in=notes.values("pk"))
    return rows.filter(pk=pk).first()
