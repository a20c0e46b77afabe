"""What ids in events are called: loaded for a whole page at once, never per entry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from leadflow.assets import attachments
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.history.models import FieldChange
from leadflow.mail.models import InboundMail
from leadflow.models import Activity, Company, CustomField, Lead, Note, ResearchCheck
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.timeline import telling

# Keys of `data` whose integer is a user, a lead, a note or an activity.
_USERS = ("from", "to", "user", "owner")
_LEADS = ("merged",)
# Fields of a lead that hold a key of another record.
_LINKS = frozenset(f.name for f in Lead._meta.concrete_fields if f.is_relation)
# What an edit may be of, and what it is called in history.
LABELS = {"lead": Lead._meta.label_lower, "company": Company._meta.label_lower}
Changes = dict[tuple[str, int, datetime], list[FieldChange]]  # (of what, its id, when)
# Keys whose value is a list of users.
_SEVERAL = ("users", "users_before")


@dataclass
class Names:
    """Names and words by id; who is missing was erased, or is not for this reader's eyes."""

    users: dict[int, str] = field(default_factory=dict)
    leads: dict[int, str] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)
    letters: dict[int, str] = field(default_factory=dict)
    found: dict[int, str] = field(default_factory=dict)  # what research found, by the tick
    files: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    activities: dict[int, Activity] = field(default_factory=dict)
    changes: Changes = field(default_factory=dict)
    # what the organisation calls its own fields: (of what, key) -> label
    own: dict[tuple[str, str], str] = field(default_factory=dict)
    wordings: telling.Wordings = field(default_factory=dict)
    told: dict[tuple[str, int], telling.Told] = field(default_factory=dict)

    @classmethod
    def load(cls, events: Sequence[Event], reader: User) -> "Names":
        """Names for all that these events mention; thirteen queries at most, however many events."""
        changes = _changes([e for e in events if edited(e)])
        return cls(
            users=_user_names(events),
            leads=_lead_names(events),
            notes=_notes(_numbers(events, ("note",)), reader),
            files=_files(_numbers(events, ("note",)), reader),
            letters=_letters(_numbers(events, ("mail",)) | _letters_of(events), reader),
            found=_found(_numbers(events, ("check",))),
            activities=_by_id(Activity, _numbers(events, ("activity",))),
            changes=changes,
            own=_own_fields(events),
            wordings=_wordings(changes),
            told=telling.told(events, reader),
        )

    def actor(self, event: Event) -> str:
        """Who did it; LeadFlow where nobody did."""
        return self.user(event.actor_id) if event.actor_id else "LeadFlow"

    def user(self, user_id: Any) -> str:
        """A colleague's name."""
        return self.users.get(user_id, "") or "?"

    def lead(self, lead_id: int | None) -> str:
        """A person's name; empty where she was erased."""
        return self.leads.get(lead_id, "") if lead_id else ""


def _numbers(events: Iterable[Event], keys: Sequence[str]) -> set[int]:
    values = (event.data.get(key) for event in events for key in keys)
    return {value for value in values if isinstance(value, int)}


def _user_names(events: Sequence[Event]) -> dict[int, str]:
    ids = {e.actor_id for e in events if e.actor_id} | _numbers(events, _USERS)
    ids |= {one for e in events for key in _SEVERAL for one in e.data.get(key) or []}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _lead_names(events: Sequence[Event]) -> dict[int, str]:
    ids = {e.lead_id for e in events if e.lead_id} | _numbers(events, _LEADS)
    rows = Lead.objects.filter(pk__in=ids).only("first_name", "last_name", "email", "phone")
    return {lead.pk: lead.name for lead in rows} if ids else {}


def _notes(ids: set[int], reader: User) -> dict[int, str]:
    rows = Note.objects.filter(Q(is_private=False) | Q(by=reader), pk__in=ids)
    return dict(rows.values_list("pk", "text")) if ids else {}


def _files(ids: set[int], reader: User) -> dict[int, list[tuple[str, str]]]:
    """What hangs on notes, by note: a name, and where this reader gets it."""
    found = attachments.of_many(attachments.NOTE, ids)
    if not found:
        return {}
    whose = Note.objects.filter(pk__in=found).values_list("pk", "lead_id", "subject_ref")
    rows = list(whose)
    seen = set(
        Lead.objects.visible_to(reader)
        .filter(pk__in={lead for _pk, lead, _ref in rows if lead})
        .values_list("pk", flat=True)
    )
    doors = {pk: _door(lead if lead in seen else None, ref) for pk, lead, ref in rows}
    return {
        pk: [(row.name, reverse(doors[pk][0], args=[doors[pk][1], row.pk])) for row in files]
        for pk, files in found.items()
        if doors[pk][0]
    }


def _door(lead_id: int | None, ref: str) -> tuple[str, int]:
    """By the person, or by the deal that the note is about; nowhere where she sees neither."""
    if lead_id:
        return "timeline:file", lead_id
    kind, _colon, number = ref.partition(":")
    return ("pipeline:deal-file", int(number)) if kind == "deal" and number.isdigit() else ("", 0)


def _letters_of(events: Sequence[Event]) -> set[int]:
    """The mails by which people came in."""
    via = (str(event.data.get("via") or "").partition("mail:")[2] for event in events)
    return {int(pk) for pk in via if pk.isascii() and pk.isdigit()}


def _letters(ids: set[int], reader: User) -> dict[int, str]:
    """What stands in received mail, for those who may read it."""
    if not ids or not allowed(reader, "inbound.view"):
        return {}
    return dict(InboundMail.objects.filter(pk__in=ids).values_list("pk", "said"))


def _found(ids: set[int]) -> dict[int, str]:
    rows = ResearchCheck.objects.filter(pk__in=ids).exclude(note="")
    return dict(rows.values_list("pk", "note")) if ids else {}


def _by_id(model: type[models.Model], ids: set[int]) -> dict[int, Any]:
    return model._default_manager.in_bulk(ids) if ids else {}


def _own_fields(events: Sequence[Event]) -> dict[tuple[str, str], str]:
    """Labels of the organisation's own fields of leads and companies, where one was changed."""
    fields = (str(name) for e in events for name in e.data.get("fields") or [])
    if not any(name.startswith("custom.") for name in fields):
        return {}
    rows = CustomField.objects.exclude(subject=CustomField.Subject.DEAL)
    return {(of, key): label for of, key, label in rows.values_list("subject", "key", "label")}


def _wordings(changes: Changes) -> telling.Wordings:
    """What values are called that were chosen in forms; not asked for where only links changed."""
    rows = [row for (of, _pk, _at), some in changes.items() if of == "lead" for row in some]
    valued = {row.object_id for row in rows if row.field not in _LINKS}
    return telling.worded(valued)


def edited(event: Event) -> tuple[str, int] | None:
    """The lead or company of which an event says that fields were changed."""
    if event.kind == Kind.LEAD_CHANGED and event.lead_id:
        return "lead", event.lead_id
    if event.kind == Kind.COMPANY_CHANGED and event.subject_id:
        return "company", event.subject_id
    return None


def _changes(events: Sequence[Event]) -> Changes:
    """What edits changed: the changes of the same record at the same instant."""
    found: Changes = {}
    wanted = Q()
    for of, label in LABELS.items():
        ids = {record[1] for e in events if (record := edited(e)) and record[0] == of}
        if ids:
            wanted |= Q(object_type=label, object_id__in=ids)
    if wanted:
        named = {label: of for of, label in LABELS.items()}
        rows = FieldChange.objects.filter(wanted, at__in={e.occurred_at for e in events})
        for row in rows.order_by("id"):
            found.setdefault((named[row.object_type], row.object_id, row.at), []).append(row)
    return found
