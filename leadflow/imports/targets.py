"""What the core takes in from files: people, companies, and those who own them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.imports import consents, past
from leadflow.imports.registry import Context, Field, Lookup, Outcome, Row, Target, Trace, register
from leadflow.kit import text
from leadflow.models import (
    Company,
    ContactChannel,
    CustomField,
    Lead,
    LeadStage,
    Seniority,
    Source,
    Tier,
)
from leadflow.people.models import Team, User
from leadflow.services import companies, company_intake, consent_records, notes, people
from leadflow.services.consent_records import Heard
from leadflow.services.leads import intake, unmaking

_l = gettext_lazy


def external(row: Row, context: Context) -> tuple[str, str] | None:
    """The id that the row has in the system it comes from."""
    return (context.system, row.get("external_id")[:120]) if row.get("external_id") else None


# owners


def _people(_words: set[str], context: Context) -> Mapping[str, User]:
    rows = User.objects.can_own().order_by("-pk")
    if context.owner_ids is not None:
        rows = rows.filter(pk__in=context.owner_ids)
    return {text.search_text(name): user for user in rows for name in (user.email or "", user.name)}


def _person_names(context: Context) -> list[str]:
    return sorted({user.name for user in _people(set(), context).values()})


def _make_person(word: str, context: Context) -> User:
    return people.make_user(name=text.one_line(word)[:150], by=context.by, origin=context.origin)


OWNER = Lookup(_people, _person_names, _make_person, "people.edit")


def _sources(_words: set[str], _context: Context) -> Mapping[str, Source]:
    return {text.search_text(source.name): source for source in Source.objects.all()}


def _source_names(_context: Context) -> list[str]:
    return list(Source.objects.order_by("name").values_list("name", flat=True))


def _make_source(word: str, _context: Context) -> Source:
    return Source.objects.create(name=text.one_line(word)[:120])


SOURCE = Lookup(_sources, _source_names, _make_source, "source.edit")


def _companies(words: set[str], _context: Context) -> Mapping[str, Company]:
    return companies.named({word: word for word in words})


def _company_names(_context: Context) -> list[str]:
    return list(Company.objects.living().order_by("name").values_list("name", flat=True)[:1_000])


def _make_company(word: str, context: Context) -> Company | None:
    arrival = company_intake.Arrival(name=word)
    taken = company_intake.take_in_many(
        [arrival], by=context.by, at=context.at, origin=context.origin
    )
    return taken[0].company


COMPANY = Lookup(_companies, _company_names, _make_company, "company.edit")

_EXTERNAL = Field(
    key="external_id", label=_l("Id in the old system"), aliases=("id", "record id", "external id")
)

# companies

_COMPANY_FIELDS = (
    Field(key="name", label=_l("Name"), required=True, aliases=("account", "company", "company name", "organisation", "organization")),
    _EXTERNAL,
    Field(key="domain", label=_l("Domain"), aliases=("website", "web", "url")),
    Field(key="industry", label=_l("Industry"), aliases=("sector",)),
    Field(key="size", label=_l("Employees"), kind="integer", aliases=("size", "headcount", "number of employees")),
    Field(key="revenue", label=_l("Revenue"), kind="decimal", aliases=("annual revenue",)),
    Field(key="country", label=_l("Country"), kind="country", aliases=("office location", "country code")),
    Field(key="city", label=_l("City"), aliases=("town",)),
    Field(key="founded", label=_l("Founded"), kind="integer", aliases=("year established", "founded year")),
    Field(key="tier", label=_l("Target tier"), kind="one_of", choices=dict(Tier.choices), for_all=True, aliases=("tier", "account tier", "abm tier", "target")),
    Field(key="parent", label=_l("Parent company"), aliases=("subsidiary of", "parent")),
    Field(key="owner", label=_l("Owner"), lookup=OWNER, for_all=True, permission="lead.assign", aliases=("account owner",)),
)  # fmt: skip
_COMPANY_VALUES = ("industry", "size", "revenue", "country", "city", "founded", "owner", "tier")


def _take_companies(rows: Sequence[Row], context: Context) -> list[Outcome]:
    arrivals = [
        company_intake.Arrival(
            name=row.get("name"),
            domain=row.get("domain"),
            external=external(row, context),
            values={key: row.values[key] for key in _COMPANY_VALUES if key in row.values},
            parent=row.get("parent"),
        )
        for row in rows
    ]
    taken = company_intake.take_in_many(
        arrivals, by=context.by, at=context.at, origin=context.origin,
        existing=context.existing, create=context.create,
    )  # fmt: skip
    return [
        Outcome(one.state, one.company.pk if one.company else None, undo=one.undo) for one in taken
    ]


def _untake_companies(traces: Sequence[Trace], context: Context, by: User | None) -> dict[int, str]:
    made = {one.object_id: 1 + one.changes for one in traces if one.is_created}
    stays = company_intake.unmake_many(versions=made)
    edits = {one.object_id: (one.was, one.now) for one in traces if not one.is_created}
    return stays | company_intake.put_back_many(edits, by=by, at=context.at)


def _give_companies() -> Iterator[Mapping[str, Any]]:
    rows = Company.objects.living().select_related("parent", "owner").order_by("pk")
    for company in rows.iterator(2_000):
        plain = {key: getattr(company, key) for key in ("name", "external_id", *_COMPANY_VALUES)}
        yield plain | {
            "domain": company.domain or "",
            "parent": company.parent.name if company.parent else "",
            "owner": company.owner.name if company.owner else "",
        }


# the people who own

_USER_FIELDS = (
    Field(key="name", label=_l("Name"), required=True, aliases=("sales agent", "owner", "full name", "user")),
    Field(key="email", label=_l("Email"), aliases=("e-mail", "mail")),
    _EXTERNAL,
    Field(key="team", label=_l("Team"), aliases=("manager", "team name")),
    Field(key="office", label=_l("Office"), aliases=("regional office", "region", "location")),
)  # fmt: skip


def _take_people(rows: Sequence[Row], context: Context) -> list[Outcome]:
    return [_take_person(row, context) for row in rows]


def _take_person(row: Row, context: Context) -> Outcome:
    """Somebody who owns records: no sign-in; her manager's name, or else her office, is her team."""
    user = _known_person(row, context)
    team = _team(row)
    if user is None:
        if not context.create:
            return Outcome("skipped", None, _("Nobody here has this name."))
        system, key = external(row, context) or ("", "")
        user = people.make_user(
            name=row.get("name")[:150], by=context.by, email=row.get("email") or None,
            teams=[team] if team else (), external_system=system, external_id=key,
            origin=context.origin,
        )  # fmt: skip
        return Outcome("created", user.pk)
    if context.existing == "skip":
        return Outcome("skipped", user.pk, _("This person is known already."))
    return _join(user, team, context)


def _known_person(row: Row, context: Context) -> User | None:
    rows = User.objects.order_by("pk")
    found: User | None = None
    if key := external(row, context):
        found = rows.filter(external_system=key[0], external_id=key[1]).first()
    if found is None and row.get("email"):
        found = rows.filter(email__iexact=row.get("email")).first()
    if found is None:
        found = rows.filter(name__iexact=row.get("name")).first()
    return found


def _team(row: Row) -> Team | None:
    name, office = row.get("team") or row.get("office"), row.get("office")
    return people.ensure_team(name=name[:120], office=office[:120]) if name else None


def _join(user: User, team: Team | None, context: Context) -> Outcome:
    memberships = list(user.memberships.select_related("team"))
    if team is None or team in [one.team for one in memberships]:
        return Outcome("unchanged", user.pk)
    people.change_user(
        user=user,
        by=context.by,
        teams=[*[one.team for one in memberships], team],
        manages=[one.team for one in memberships if one.is_manager],
    )
    return Outcome("updated", user.pk)


def _give_people() -> Iterator[Mapping[str, Any]]:
    for user in User.objects.prefetch_related("teams").order_by("pk"):
        team = next(iter(user.teams.all()), None)
        yield {
            "name": user.name,
            "email": user.email or "",
            "external_id": user.external_id,
            "team": team.name if team else "",
            "office": team.office if team else "",
        }


# leads

_LEAD_FIELDS = (
    Field(key="email", label=_l("Email"), aliases=("e-mail", "mail", "email address", "work email")),
    Field(key="first_name", label=_l("First name"), aliases=("given name", "forename", "vorname")),
    Field(key="last_name", label=_l("Last name"), aliases=("surname", "family name", "nachname")),
    _EXTERNAL,
    Field(key="phone", label=_l("Phone"), aliases=("telephone", "phone number", "mobile", "tel")),
    Field(key="company_name", label=_l("Company"), aliases=("company name", "account", "organisation", "organization", "firma")),
    Field(key="job_title", label=_l("Job title"), aliases=("title", "position", "role")),
    Field(key="seniority", label=_l("Seniority"), kind="one_of", choices=dict(Seniority.choices)),
    Field(key="department", label=_l("Department")),
    Field(key="city", label=_l("City"), aliases=("town",)),
    Field(key="region", label=_l("Region"), aliases=("state", "province")),
    Field(key="country", label=_l("Country"), kind="country", aliases=("country code",)),
    Field(key="birth_year", label=_l("Birth year"), kind="integer"),
    Field(key="language", label=_l("Language")),
    Field(key="time_zone", label=_l("Time zone")),
    Field(key="preferred_channel", label=_l("Preferred channel"), kind="one_of", choices=dict(ContactChannel.choices)),
    Field(key="preferred_time", label=_l("Best time to reach")),
    Field(key="source", label=_l("Source"), lookup=SOURCE, for_all=True, aliases=("lead source", "channel")),
    Field(key="owner", label=_l("Owner"), lookup=OWNER, for_all=True, permission="lead.assign", aliases=("lead owner", "sales agent", "assigned to")),
    Field(key="stage", label=_l("Stage"), kind="one_of", choices=dict(LeadStage.choices), permission="lead.advance", aliases=("lifecycle stage", "lead stage")),
    Field(key="tags", label=_l("Tags"), permission="tag.edit", aliases=("tag", "labels", "categories", "keywords")),
    Field(key="captured_on", label=_l("Became known on"), kind="date", aliases=("created", "created at", "create date", "date")),
    *past.FIELDS,
    *consents.FIELDS,
)  # fmt: skip
_WHO = ("email", "phone", "external_id", "last_name")
_NOT_VALUES = {
    "external_id",
    "company_name",
    "owner",
    "stage",
    "captured_on",
    "tags",
    *past.KEYS,
    *consents.KEYS,
}


_TAKEN = ("created", "updated", "unchanged")
_LEAD_MATCHES = {
    "": _l("Id in the old system, else e-mail"),
    "external_id": _l("Id in the old system only"),
    "email": _l("E-mail only"),
    "phone": _l("Phone, where only one person has it"),
}


def _lead_fields() -> list[Field]:
    own = CustomField.objects.filter(subject=CustomField.Subject.LEAD, is_archived=False)
    return [*_LEAD_FIELDS, *(Field(key=f"custom.{one.key}", label=one.label) for one in own)]


def _take_leads(rows: Sequence[Row], context: Context) -> list[Outcome]:
    refused = {row.line: Outcome.failed(why) for row in rows if (why := _refusal(row, context))}
    usable = [row for row in rows if row.line not in refused]
    chosen = intake.Choices(
        by=context.by, via="import", origin=context.origin, existing=context.existing,
        create=context.create, match=context.match,
    )  # fmt: skip
    taken = intake.take_in_many([_lead(row, context) for row in usable], chosen)
    pairs = list(zip(usable, taken, strict=True))
    put, said = _tag(pairs, context), _hear(pairs, context)
    by_line = {
        row.line: _outcome(one, put.get(row.line, []), said.get(row.line, Heard()))
        for row, one in pairs
    } | refused
    return [by_line[row.line] for row in rows]


def _refusal(row: Row, context: Context) -> str:
    """Why a line is nobody that could be taken; empty where it is somebody."""
    if not any(row.get(key) for key in _WHO):
        return _("The line names nobody: no e-mail, phone, id or last name.")
    return past.refusal(row, context) or consents.refusal(row, context)


def _outcome(one: intake.Taken, tags: list[str], heard: Heard) -> Outcome:
    """What became of a line. Who was known and only got a tag or a consent was updated by it."""
    more: dict[str, Any] = {"tags": tags} if tags else {}
    if heard.consent_id:
        more["consents"] = [heard.consent_id]
    state = "updated" if more and one.state == "unchanged" else one.state
    return Outcome(state, one.lead_id, one.reason or heard.reason, {**one.undo, **more})


def _hear(pairs: Sequence[tuple[Row, intake.Taken]], context: Context) -> dict[int, Heard]:
    """Keep what the lines say that their people agreed to, or no more."""
    said = {
        row.line: (row, one.lead_id)
        for row, one in pairs
        if one.lead_id and one.state in _TAKEN and row.get("consent")
    }
    return consents.keep(said, context)


def _tag(pairs: Sequence[tuple[Row, intake.Taken]], context: Context) -> dict[int, list[str]]:
    """Put the tags of the file and of each line on whom it took; line -> those that are new on her."""
    if not context.may("tag.edit"):
        return {}
    wanted: dict[int, tuple[int, list[str]]] = {}
    for row, one in pairs:
        names = notes.split_names(f"{context.tags},{row.get('tags')}")
        if names and one.lead_id and one.state in _TAKEN:
            wanted[row.line] = (one.lead_id, names)
    return notes.tag_each(wanted, by=context.by, at=context.at, origin=context.origin)


def _untake_leads(traces: Sequence[Trace], context: Context, by: User | None) -> dict[int, str]:
    made = {one.object_id: 1 + one.changes for one in traces if one.is_created}
    put = notes.take_off({one.object_id: one.tags for one in traces if one.tags})
    said = consent_records.take_out([pk for one in traces for pk in one.consents], whole=made)
    stays = unmaking.unmake_many(versions=made, by=by, at=context.at)
    notes.put_on_again([row for row in put if row.lead_id in stays])
    consent_records.put_in_again([row for row in said if row.lead_id in stays])
    edits = {
        one.object_id: (one.was, one.now, one.identities) for one in traces if not one.is_created
    }
    stays |= unmaking.put_back_many(edits, by=by, at=context.at, cause="undo of import")
    unmaking.drop_unused_companies({pk for one in traces for pk in one.companies})
    return stays


def _lead(row: Row, context: Context) -> intake.Arrival:
    is_old = context.origin == "import"
    return intake.Arrival(
        values={key: value for key, value in row.values.items() if key not in _NOT_VALUES},
        company_name=row.get("company_name"),
        external=external(row, context),
        owner=row.get("owner", None),
        stage=row.get("stage"),
        past=past.past_of(row, context),
        at=(past.instant(row.get("captured_on", None), context) if is_old else None) or context.at,
    )


def _give_leads() -> Iterator[Mapping[str, Any]]:
    rows = Lead.objects.living().select_related("company", "source", "owner").order_by("pk")
    rows = rows.prefetch_related("tags", "cycles", "consents")
    keys = [f.key for f in _LEAD_FIELDS if f.key not in _NOT_VALUES | {"source"}]
    zone = past.zone()
    for lead in rows.iterator(2_000):
        yield {key: getattr(lead, key) for key in keys} | {
            "company_name": lead.company.name if lead.company else "",
            "source": lead.source.name if lead.source else "",
            "owner": lead.owner.name if lead.owner else "",
            "stage": lead.stage,
            "captured_on": past.day(lead.created_at, zone),
            "tags": ", ".join(tag.name for tag in lead.tags.all()),
            **past.told(lead, zone),
            **consents.told(lead),
        }


def install() -> None:
    """Make people, companies and owners importable."""
    for target in _targets():
        register(target)


def _targets() -> Iterable[Target]:
    yield Target(
        key="lead", label=_l("Leads"), model=Lead, permission="lead.add", fields=_lead_fields,
        keys=(), apply_many=_take_leads, export=_give_leads,
        undo_many=_untake_leads, may_be_new=True, matches=_LEAD_MATCHES, url_name="desk:leads",
    )  # fmt: skip
    yield Target(
        key="company", label=_l("Companies"), model=Company, permission="company.edit",
        fields=lambda: _COMPANY_FIELDS, keys=("external_id", "domain", "name"),
        apply_many=_take_companies, export=_give_companies, undo_many=_untake_companies, url_name="desk:companies",
    )  # fmt: skip
    yield Target(
        key="user", label=_l("Owners and teams"), model=User, permission="people.edit",
        fields=lambda: _USER_FIELDS, keys=("external_id", "email", "name"),
        apply_many=_take_people, export=_give_people, url_name="console:people",
    )  # fmt: skip
