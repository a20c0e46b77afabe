"""A lead as she was on a day: her fields walked back, what was agreed, and what was known of her."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.timezone import localtime, make_aware
from django.utils.translation import gettext as _

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.history import changes
from leadflow.history.models import FieldChange
from leadflow.kit import clock
from leadflow.models import Consent, CustomField, Lead, Organisation
from leadflow.people.access import allowed
from leadflow.people.models import User
from qualification import selectors as qualification

STANDS = ("stage", "disposition", "owner", "team")
ABOUT = (
    "first_name", "last_name", "job_title", "seniority", "department", "company", "city", "region", "country",
    "language", "buyer_stage", "funnel_position", "source", "campaign",
)  # fmt: skip
CONTACT = ("email", "phone", "preferred_channel", "preferred_time")
_TOLD = ("lead.changed", "lead.advanced", "lead.assigned", "bant.changed", "score.changed")


@dataclass(frozen=True, slots=True)
class Fact:
    """A field in words, on that day and today."""

    label: str
    then: str
    now: str

    @property
    def is_other(self) -> bool:
        """Whether it is something else today."""
        return self.then != self.now


@dataclass(frozen=True, slots=True)
class Past:
    """A lead as she was at a moment; facts that were blank then and are blank now are left out."""

    at: datetime
    name: str
    facts: Sequence[Fact]
    consents: Sequence[Consent]
    tags: Sequence[str]
    earlier: date | None  # the nearest days on which something changed
    later: date | None

    @property
    def changed(self) -> int:
        """How many facts are something else today."""
        return sum(fact.is_other for fact in self.facts)


def end_of(day: date) -> datetime:
    """The last moment of a day, where the reader is."""
    return make_aware(datetime.combine(day + timedelta(days=1), time())) - timedelta(microseconds=1)


def as_it_was(lead: Lead, day: date, user: User) -> Past | None:
    """The lead at the end of that day; None before she was known. The caller has checked access."""
    at = min(end_of(day), clock.now())
    then = changes.as_of(lead, at)
    if then is None:
        return None
    walked = changes.first_changes_after(lead, at)
    facts = [*_fields(then, lead, user), *_bant(lead, walked), *_cell(lead, at)]
    return Past(
        at=at,
        name=then.name,
        facts=sorted((f for f in facts if f.then or f.now), key=lambda fact: not fact.is_other),
        consents=_consents(lead, at),
        tags=_tags(lead, at),
        earlier=_earlier(lead, day),
        later=_later(lead, day),
    )


def _fields(then: Lead, now: Lead, user: User) -> list[Fact]:
    names = [*STANDS, *ABOUT, *(CONTACT if allowed(user, "lead.contact_fields") else ())]
    words = _Words([then, now])
    facts = [Fact(words.label(name), words.of(then, name), words.of(now, name)) for name in names]
    if allowed(user, "lead.contact_fields"):
        facts += _custom(then.custom, now.custom)
    return facts


class _Words:
    """Values of two states of one lead as people say them; the records behind keys are read at once."""

    def __init__(self, states: Sequence[Lead]) -> None:
        self.names: dict[tuple[type[models.Model], int], str] = {}
        self.stages = Organisation.current()
        wanted: dict[type[models.Model], set[int]] = {}
        for name in (*STANDS, *ABOUT):
            field = Lead._meta.get_field(name)
            if isinstance(field, models.ForeignKey):
                ids = {getattr(state, field.attname) for state in states} - {None}
                wanted.setdefault(field.related_model, set()).update(ids)
        for model, ids in wanted.items():
            for row in model._default_manager.filter(pk__in=ids):
                self.names[model, row.pk] = str(row)

    def label(self, name: str) -> str:
        return str(capfirst(str(Lead._meta.get_field(name).verbose_name)))  # type: ignore[union-attr]

    def of(self, state: Lead, name: str) -> str:
        field = Lead._meta.get_field(name)
        if isinstance(field, models.ForeignKey):
            key = getattr(state, field.attname)
            return self.names.get((field.related_model, key), _("(gone since)")) if key else ""
        if name == "stage":
            return self.stages.stage_label(state.stage)
        shown = getattr(state, f"get_{name}_display", None)
        return str(shown() if shown else getattr(state, name) or "")


def _custom(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Fact]:
    fields = CustomField.objects.filter(subject=CustomField.Subject.LEAD)
    labels = dict(fields.values_list("key", "label"))
    return [
        Fact(labels[key], _plain(then.get(key)), _plain(now.get(key)))
        for key in sorted({*then, *now} & {*labels})
    ]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _bant(lead: Lead, walked: Sequence[FieldChange]) -> list[Fact]:
    """Budget, authority, need and timing: today's answers, walked back."""
    before = {
        change.field.removeprefix("bant."): str(change.old)
        for change in walked
        if change.field.startswith("bant.")
    }
    return [Fact(*row) for row in qualification.bant_beside(lead, before)]


def _cell(lead: Lead, at: datetime) -> list[Fact]:
    """Fit letter and engagement digit; known from the first time that they changed."""
    crossings = Event.objects.filter(lead_id=lead.pk, kind=Kind.SCORE_CHANGED).order_by("-id")
    before = crossings.filter(occurred_at__lte=at).values_list("data", flat=True).first()
    score = getattr(lead, "score", None)
    now = score.cell if score and score.scored_at else ""
    then = str((before or {}).get("to") or "")
    return [Fact(_("Score"), then, now)]


def _consents(lead: Lead, at: datetime) -> list[Consent]:
    rows = Consent.objects.filter(lead=lead, at__lte=at)
    return list(rows.order_by("channel", "purpose", "-at", "-pk").distinct("channel", "purpose"))


def _tags(lead: Lead, at: datetime) -> list[str]:
    """Today's tags without what was put on since, and with what was taken off since."""
    tags = set(lead.tags.values_list("name", flat=True))
    later = Event.objects.filter(lead_id=lead.pk, kind=Kind.LEAD_TAGGED, occurred_at__gt=at)
    for data in later.order_by("-id").values_list("data", flat=True):
        for word in data.get("fields") or []:
            (tags.discard if word[0] == "+" else tags.add)(word[1:])
    return sorted(tags)


def _changes(lead: Lead) -> "models.QuerySet[Event]":
    return Event.objects.filter(lead_id=lead.pk, kind__in=_TOLD)


def _earlier(lead: Lead, day: date) -> date | None:
    """The last day before this one on which a field or the score changed."""
    rows = _changes(lead).filter(occurred_at__lte=end_of(day - timedelta(days=1)))
    return _day(rows.order_by("-occurred_at"))


def _later(lead: Lead, day: date) -> date | None:
    """The first day after this one on which a field or the score changed."""
    rows = _changes(lead).filter(occurred_at__gt=end_of(day))
    return _day(rows.order_by("occurred_at"))


def _day(rows: "models.QuerySet[Event]") -> date | None:
    at = rows.values_list("occurred_at", flat=True).first()
    return localtime(at).date() if at else None
