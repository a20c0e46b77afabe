"""Many people from a file at once: judged one by one, known by what identifies them, written in sets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.kit import emails
from leadflow.models import (
    Company,
    Lead,
    LeadCycle,
    LeadIdentity,
    LeadScore,
    Origin,
)
from leadflow.models.copying import blanks, copy_in, copy_values
from leadflow.people.access import reaches
from leadflow.people.models import User
from leadflow.services import companies
from leadflow.services.leads import fields as lead_fields
from leadflow.services.leads.editing import update_many
from leadflow.services.leads.ownership import own_from_the_start
from leadflow.services.leads.past import Course, Past, tell

BLANK: tuple[Any, ...] = (None, "", {}, [])
EMAIL, PHONE, EXTERNAL = (
    LeadIdentity.Kind.EMAIL,
    LeadIdentity.Kind.PHONE,
    LeadIdentity.Kind.EXTERNAL,
)
# what makes a line the same person as an earlier one, the strongest first
MATCHES: Mapping[str, tuple[str, ...]] = {
    "": (EXTERNAL, EMAIL),
    "external_id": (EXTERNAL,),
    "email": (EMAIL,),
    "phone": (PHONE,),
}
_Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A person as a file brings her."""

    values: Mapping[str, Any] = field(default_factory=dict)  # e-mail, phone and source among them
    company_name: str = ""
    external: tuple[str, str] | None = None
    owner: User | None = None
    stage: str = ""  # the furthest of her past, else a lead
    at: datetime
    past: Past = field(default_factory=Past)


@dataclass(frozen=True)
class Taken:
    """The lead of an arrival: created, updated, unchanged, skipped or failed, and why.

    `undo`: fields as they `was` and are `now`, added identities `ids`, a `company` made because of her.
    """

    lead_id: int | None
    state: str
    reason: str = ""
    undo: Mapping[str, Any] = field(default_factory=dict)  # what takes it back, as JSON


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What happens to people who are known, and by what they are known."""

    by: User | None
    via: str
    origin: str = Origin.IMPORT
    existing: str = "fill"  # fill her blanks, overwrite, or skip
    create: bool = True
    match: str = ""  # a key of MATCHES


@dataclass(frozen=True)
class _Person:
    """An arrival whose values can be stored."""

    arrival: Arrival
    values: Mapping[str, Any]
    keys: Mapping[str, str]  # kind of identity -> its normalised value
    workplace: companies.Workplace

    @classmethod
    def of(cls, arrival: Arrival) -> "_Person":
        """Raises Invalid naming every value that cannot be taken."""
        raw = str(arrival.values.get("email") or "")
        email = _parsed(raw)
        values = lead_fields.cleaned(
            {**arrival.values, "email": email} if email else arrival.values
        )
        keys: dict[str, str] = {
            EXTERNAL: ":".join(arrival.external) if arrival.external else "",
            EMAIL: email.norm if email else "",
            PHONE: values.get("phone") or "",
        }
        known = {kind: value for kind, value in keys.items() if value}
        return cls(arrival, values, known, companies.workplace(email, arrival.company_name))


def _parsed(raw: str) -> emails.Email | None:
    """The address, once for all that is asked of it; None leaves the complaint to the cleaning."""
    try:
        return emails.parse(raw) if raw else None
    except ValueError:
        return None


@transaction.atomic
def take_in_many(arrivals: Sequence[Arrival], chosen: Choices) -> list[Taken]:
    """Take people in, in order.

    Records `lead.captured` for each new one, at her own time. One whose values cannot be taken fails
    alone.
    """
    taken: dict[int, Taken] = {}
    people: dict[int, _Person] = {}
    for place, arrival in enumerate(arrivals):
        try:
            people[place] = _Person.of(arrival)
        except Invalid as refusal:
            taken[place] = Taken(None, "failed", _said(refusal))
    while people:
        now = _one_line_each(people, chosen)
        taken |= _take(now, chosen)
        people = {place: one for place, one in people.items() if place not in now}
    return [taken[place] for place in range(len(arrivals))]


def _one_line_each(people: Mapping[int, _Person], chosen: Choices) -> dict[int, _Person]:
    """The first line of everybody; what follows about the same person waits for the next set."""
    first: dict[int, _Person] = {}
    seen: set[_Key] = set()
    for place, person in people.items():
        keys = {
            (kind, person.keys.get(kind, "")) for kind in (EXTERNAL, EMAIL, *MATCHES[chosen.match])
        }
        if seen.isdisjoint(keys):
            first[place] = person
        seen |= {key for key in keys if key[1]}
    return first


def _take(people: Mapping[int, _Person], chosen: Choices) -> dict[int, Taken]:
    known = _Known(people.values())
    taken: dict[int, Taken] = {}
    fresh: dict[int, _Person] = {}
    found: dict[int, tuple[Lead, _Person]] = {}
    for place, person in people.items():
        lead = known.lead_of(person, chosen)
        if isinstance(lead, Lead):
            found[place] = (lead, person)
        elif lead or not chosen.create:
            taken[place] = lead or Taken(None, "skipped", _("Nobody here is known by this."))
        else:
            fresh[place] = person
    taken |= zip(fresh, _create(list(fresh.values()), chosen), strict=True)
    return taken | dict(zip(found, _change(list(found.values()), known, chosen), strict=True))


def _said(refusal: Invalid) -> str:
    return " ".join(f"{_label(key)}: {' '.join(said)}" for key, said in refusal.fields.items())


def _label(key: str) -> str:
    if key.startswith("custom."):
        return key.removeprefix("custom.")
    return capfirst(str(Lead._meta.get_field(key).verbose_name))  # type: ignore[union-attr]


# who is known


class _Known:
    """The leads that carry any identity of these people, locked in order."""

    def __init__(self, people: Iterable[_Person]) -> None:
        wanted = {value for person in people for value in person.keys.values()}
        rows = LeadIdentity.objects.filter(value_norm__in=wanted)
        self.ids: dict[_Key, set[int]] = {}  # of a shared phone there may be several
        for kind, value, lead_id in rows.values_list("kind", "value_norm", "lead_id"):
            self.ids.setdefault((kind, value), set()).add(lead_id)
        every = {pk for ids in self.ids.values() for pk in ids}
        leads = Lead.objects.select_for_update(of=("self",)).select_related("company")
        self.leads = {lead.pk: lead for lead in leads.filter(pk__in=every).order_by("pk")}

    def lead_of(self, person: _Person, chosen: Choices) -> Lead | Taken | None:
        """The lead that she is, what forbids to say so, or None for somebody new."""
        for kind in MATCHES[chosen.match]:
            ids = self.ids.get((kind, person.keys.get(kind, "")), set())
            if len(ids) > 1:
                return Taken(None, "failed", _("Several people here have this phone."))
            if ids:
                return self.leads[next(iter(ids))]
        for kind, said in _TAKEN_BY_ANOTHER.items():
            if (kind, person.keys.get(kind, "")) in self.ids:
                return Taken(None, "failed", str(said))
        return None


_TAKEN_BY_ANOTHER = {
    EMAIL: _l("Another person here has this e-mail."),
    EXTERNAL: _l("Another person here has this id."),
}

# who is new


def _create(people: Sequence[_Person], chosen: Choices) -> list[Taken]:
    if not people:
        return []
    workplaces, made = _workplaces(people, chosen)
    courses = [
        _new(lead, person, workplaces.get(person.workplace), chosen.origin)
        for lead, person in zip(blanks(Lead, len(people)), people, strict=True)
    ]
    leads = [course.lead for course in courses]
    own_from_the_start(leads, [person.arrival.owner for person in people])
    for lead, person in zip(leads, people, strict=True):
        if lead.owner_id and person.arrival.past.owned_at:
            lead.assigned_at = person.arrival.past.owned_at
    copy_in(leads)
    _write_around(courses, people)
    _tell(leads, chosen)
    tell(courses, by=chosen.by, via=chosen.via, origin=chosen.origin)
    return [
        Taken(lead.pk, "created", undo=_with_company(workplaces.get(person.workplace), made))
        for lead, person in zip(leads, people, strict=True)
    ]


def _with_company(company: Company | None, made: set[int]) -> dict[str, Any]:
    """The company that was made because of her, noted with the first who works there."""
    if company is None or company.pk not in made:
        return {}
    made.discard(company.pk)
    return {"company": company.pk}


def _new(lead: Lead, person: _Person, workplace: Company | None, origin: str) -> Course:
    one, values = person.arrival, person.values
    course = Course.of(lead, one.past, one.stage, one.at)
    lead.origin, lead.last_activity_at = origin, None
    for key, value in values.items():
        lead_fields.put(lead, key, value)
    if values.get("source") and "direction" not in values:
        lead.direction = values["source"].direction
    if lead.company_id is None:
        lead.company = workplace
    lead.search_text = lead_fields.search_text_of(lead)
    return course


def _write_around(courses: Sequence[Course], people: Sequence[_Person]) -> None:
    """What belongs to a new lead: what identifies her, her first cycle, a score still to be made."""
    leads = [course.lead for course in courses]
    copy_values(
        LeadIdentity,
        ("lead_id", "kind", "value", "value_norm", "is_primary", "created_at"),
        (
            (lead.pk, kind, lead.email if kind == EMAIL else value, value, True, lead.created_at)
            for lead, person in zip(leads, people, strict=True)
            for kind, value in person.keys.items()
        ),
    )
    alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}  # by the stamps that they have
    for one in courses:
        lead, stamps = one.lead, one.stamps
        row = (lead.pk, lead.source_id, lead.created_at, *stamps.values())
        alike.setdefault(tuple(stamps), []).append(row)
    for names, rows in alike.items():
        copy_values(LeadCycle, ("lead_id", "source_id", "started_at", *names), rows)
    copy_values(LeadScore, ("lead_id",), ((lead.pk,) for lead in leads))


def _tell(leads: Sequence[Lead], chosen: Choices) -> None:
    """That each came, and to whom those with an owner went, at her own time."""
    by, origin = chosen.by, chosen.origin
    record_many(
        Kind.LEAD_CAPTURED, [lead.pk for lead in leads], by=by,
        data={"created": True, "via": chosen.via}, at=[lead.created_at for lead in leads],
        origin=origin,
    )  # fmt: skip
    owned = [lead for lead in leads if lead.owner_id]
    record_many(
        Kind.LEAD_ASSIGNED, [lead.pk for lead in owned], by=by,
        data=[{"from": None, "to": lead.owner_id, "reason": chosen.via} for lead in owned],
        at=[lead.assigned_at or lead.created_at for lead in owned], origin=origin,
    )  # fmt: skip


# who is known already


def _change(found: Sequence[tuple[Lead, _Person]], known: _Known, chosen: Choices) -> list[Taken]:
    refused = [_refused(lead, chosen) for lead, _person in found]
    open_to = [pair for pair, answer in zip(found, refused, strict=True) if answer is None]
    workplaces, made = _workplaces([one for lead, one in open_to if not lead.company_id], chosen)
    taken, edits, identities = [], [], []
    for (lead, person), answer in zip(found, refused, strict=True):
        if answer is None:
            new = _wanted(lead, person, workplaces, is_fill=chosen.existing == "fill")
            further = list(_further(lead, person, known, new))
            edits += [(lead, new)] if new else []
            identities += further
            answer = Taken(
                lead.pk,
                "updated" if new or further else "unchanged",
                undo=_trace(lead, new, further)
                | _with_company(workplaces.get(person.workplace), made),
            )
        taken.append(answer)
    LeadIdentity.objects.bulk_create(identities)
    if edits:
        at = max(person.arrival.at for _lead, person in found)
        update_many(edits, by=chosen.by, at=at, origin=chosen.origin, cause=chosen.via)
    return taken


def _trace(lead: Lead, new: Mapping[str, Any], further: Sequence[LeadIdentity]) -> dict[str, Any]:
    """What it takes to take these changes back; before they are made."""
    if not new and not further:
        return {}
    ids = [(one.kind, one.value_norm) for one in further]
    for key, kind in (("email", EMAIL), ("phone", PHONE)):
        if new.get(key):
            ids.append((kind, emails.normalise(new[key]) if kind == EMAIL else new[key]))
    return {
        "was": {key: lead_fields.current(lead, key) for key in new},
        "now": {key: lead_fields.comparable(value) for key, value in new.items()},
        "ids": ids,
        "edits": 1 if new else 0,
    }


def _workplaces(
    people: Sequence[_Person], chosen: Choices
) -> tuple[dict[companies.Workplace, Company], set[int]]:
    """The companies of these people, and the ids of those that were made just now."""
    places = {person.workplace for person in people if not person.values.get("company")}
    if not places:
        return {}, set()
    at, made = max(person.arrival.at for person in people), set[int]()
    return companies.of_people(sorted(places), origin=chosen.origin, at=at, made=made), made


def _further(
    lead: Lead, person: _Person, known: _Known, new: Mapping[str, Any]
) -> Iterable[LeadIdentity]:
    """An id or a second address of somebody known that nobody has yet."""
    for kind, value in person.keys.items():
        if kind == PHONE or (kind == EMAIL and "email" in new) or (kind, value) in known.ids:
            continue
        shown = person.values["email"] if kind == EMAIL else value
        yield LeadIdentity(
            lead=lead, kind=kind, value=shown, value_norm=value, created_at=person.arrival.at
        )


def _refused(lead: Lead, chosen: Choices) -> Taken | None:
    if lead.deleted_at:
        return Taken(lead.pk, "skipped", _("This person is in the trash."))
    if chosen.by and not reaches(chosen.by, "lead.edit", lead):
        return Taken(None, "failed", _("This person belongs to another team."))
    if chosen.existing == "skip":
        return Taken(lead.pk, "skipped", _("This person is known already."))
    return None


def _wanted(
    lead: Lead,
    person: _Person,
    workplaces: Mapping[companies.Workplace, Company],
    *,
    is_fill: bool,
) -> dict[str, Any]:
    """The values of the file that she lacks, or that differ from hers."""
    new = {}
    values = {"company": workplaces.get(person.workplace), **person.values}
    if lead.company_id and not person.values.get("company"):
        del values["company"]  # her workplace is known: an address does not overrule it
    for key, value in values.items():
        was = lead_fields.current(lead, key)
        if value in BLANK or was == lead_fields.comparable(value):
            continue
        if was in BLANK or not is_fill:
            new[key] = value
    return new
