"""Which value of a sender's body goes into which field of ours: a versioned document, read without a database.

    {"each": "events", "fields": {"email": {"from": "contact.email", "do": "lower"},
                                  "provider": {"from": "=Bombora"}}}

`from` is a path (see `paths`), or a constant after `=`. `each` names the list whose entries are records
of their own; empty means the body is one record.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from nameparser import HumanName

from leadflow.errors import Invalid
from leadflow.integrations import paths
from leadflow.kit import sureness, text

LEAD, BEHAVIOUR, FACTS = "lead", "behaviour", "facts"
EVERY = frozenset({LEAD, BEHAVIOUR, FACTS})
MOST_RECORDS = 100
_PERSON, _COMPANY = _l("Person"), _l("Company")
_HAPPENED, _AGREED = _l("What happened"), _l("Consent and tags")


@dataclass(frozen=True)
class Target:
    """A field of ours that a path may fill, for the kinds of hook that make something of it."""

    key: str
    label: str | Promise
    group: str | Promise
    makes: frozenset[str] = EVERY
    hint: str | Promise = ""


_WHO = (
    Target("email", _l("Email"), _PERSON),
    Target("phone", _l("Phone"), _PERSON, frozenset({LEAD, FACTS})),
    Target("person_id", _l("Id of the person there"), _PERSON),
    Target("full_name", _l("Full name, to be split"), _PERSON, frozenset({LEAD, FACTS})),
)
_OF_PERSON = {
    "first_name": _l("First name"), "last_name": _l("Last name"), "job_title": _l("Job title"),
    "seniority": _l("Seniority"), "department": _l("Department"), "city": _l("City"),
    "region": _l("Region"), "country": _l("Country"), "language": _l("Language"),
    "time_zone": _l("Time zone"), "birth_year": _l("Birth year"),
}  # fmt: skip
_OF_COMPANY = {
    "industry": _l("Industry"), "size": _l("Employees"), "revenue": _l("Yearly revenue"),
    "country": _l("Country of the company"), "city": _l("City of the company"), "founded": _l("Founded in"),
}  # fmt: skip
_ABOUT = frozenset({LEAD, FACTS})
_REST = (
    Target("topic", _l("Topic"), _HAPPENED, frozenset({BEHAVIOUR})),
    Target("label", _l("What, in words"), _HAPPENED, frozenset({BEHAVIOUR})),
    Target("value", _l("Value"), _HAPPENED, frozenset({BEHAVIOUR})),
    Target("provider", _l("Provider"), _HAPPENED, frozenset({BEHAVIOUR, FACTS}), _l("Left out: the name of the hook.")),
    Target("confidence", _l("Confidence"), _HAPPENED, frozenset({BEHAVIOUR, FACTS}), _l("0 to 1, a percentage, or low, medium, high.")),
    Target("occurred_at", _l("When"), _HAPPENED, EVERY, _l("Left out: when the call came.")),
    Target("external_id", _l("Id of the message there"), _HAPPENED, EVERY, _l("Told twice with the same id, it counts once.")),
    Target("consent", _l("Agreed to marketing by email"), _AGREED, frozenset({LEAD})),
    Target("consent_text", _l("In which words"), _AGREED, frozenset({LEAD}), _l("The proof. Needed with the consent.")),
    Target("tags", _l("Tags"), _AGREED, frozenset({LEAD}), _l("Several, or one text with commas.")),
)  # fmt: skip
_YES = frozenset({"1", "true", "yes", "on", "y", "accepted", "agreed", "granted", "checked"})


def targets(makes: str, custom: Mapping[str, str]) -> list[Target]:
    """The fields that a hook of this kind may fill; `custom` are those that the organisation made."""
    every = [
        *_WHO,
        *(Target(key, label, _PERSON, _ABOUT) for key, label in _OF_PERSON.items()),
        *(Target(f"custom.{key}", label, _PERSON, _ABOUT) for key, label in custom.items()),
        Target("company_name", _l("Name of the company"), _COMPANY),
        Target("company.domain", _l("Domain of the company"), _COMPANY),
        *(
            Target(f"company.{key}", label, _COMPANY, frozenset({FACTS}))
            for key, label in _OF_COMPANY.items()
        ),
        *_REST,
    ]
    return [one for one in every if makes in one.makes]


# checking a document before it is saved


def check(document: Mapping[str, Any], makes: str, custom: Mapping[str, str]) -> None:
    """Raises Invalid naming each field whose path or change cannot be read, or what is missing."""
    known = {one.key: one for one in targets(makes, custom)}
    bad: dict[str, list[str]] = {}
    fields: Mapping[str, Mapping[str, str]] = document.get("fields", {})
    for key, rule in [("each", {"from": document.get("each", "")}), *fields.items()]:
        if why := _wrong(rule, is_known=key == "each" or key in known):
            bad[key] = [why]
    if missing := _missing(fields, makes):
        bad["__all__"] = missing
    if bad:
        raise Invalid(_("The mapping cannot be saved yet."), bad)


def _wrong(rule: Mapping[str, str], *, is_known: bool) -> str:
    if not is_known:
        return _("There is no such field any more.")
    if rule.get("do", "") and rule["do"] not in paths.CHANGES:
        return _("There is no such change.")
    if rule["from"].startswith("="):
        return ""
    try:
        paths.parse(rule["from"])
    except ValueError as error:
        return str(error)
    return ""


def _missing(fields: Iterable[str], makes: str) -> list[str]:
    has = set(fields)
    lacks = []
    if makes == LEAD and not has & {"email", "phone"}:
        lacks.append(_("Say where the email or the phone is: nobody is made without one."))
    if makes != LEAD and not has & {"email", "person_id", "company.domain"}:
        lacks.append(
            _("Say where the email, the id of the person or the domain of the company is.")
        )
    if makes == BEHAVIOUR and "topic" not in has:
        lacks.append(
            _("Say what it is about: a path of the topic, or a constant such as =pricing.")
        )
    if "consent" in has and "consent_text" not in has:
        lacks.append(_("A consent needs the words that were agreed to: its proof."))
    return lacks


# reading a body by it


@dataclass(frozen=True)
class Reading:
    """One record of a body in our fields, as text; what could not be read, by field."""

    values: Mapping[str, str] = field(default_factory=dict)
    tags: Sequence[str] = ()
    at: datetime | None = None
    confidence: float | None = None
    value: Decimal | None = None
    problems: Mapping[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str:
        """The text of a field, or nothing."""
        return self.values.get(key, "")

    @property
    def agrees(self) -> bool:
        """Whether she agreed, and to which words."""
        return self.get("consent").casefold() in _YES and bool(self.get("consent_text"))

    def of(self, prefix: str) -> dict[str, str]:
        """The fields with that prefix, without it."""
        return {k.removeprefix(prefix): v for k, v in self.values.items() if k.startswith(prefix)}

    @property
    def fields(self) -> dict[str, str]:
        """What is said about the person, in the words of a lead."""
        names = [*_OF_PERSON, *(key for key in self.values if key.startswith("custom."))]
        return {key: self.values[key] for key in names if self.values.get(key)}


def records(document: Mapping[str, Any], body: paths.Json) -> list[paths.Json]:
    """The parts of a body that are one record each. Raises Invalid where there is none, or too many."""
    each = document.get("each")
    if not each:
        return [body]
    told = paths.find(body, each)
    if len(told) == 1 and isinstance(told[0], list):
        told = told[0]
    if not told:
        said = _("There is nothing at “%s”.") % each
        raise Invalid.at("each", said)
    if len(told) > MOST_RECORDS:
        raise Invalid(_("One call may bring %d records.") % MOST_RECORDS)
    return told


def read(document: Mapping[str, Any], body: paths.Json, makes: str) -> list[Reading]:
    """The records of a body in our fields. Raises Invalid where there is none, or too many."""
    return [_read(document["fields"], record, makes) for record in records(document, body)]


def _read(fields: Mapping[str, Mapping[str, str]], record: paths.Json, makes: str) -> Reading:
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    tags: list[str] = []
    for key, rule in fields.items():
        try:
            said = found(rule, record)
        except ValueError as error:
            problems[key] = str(error)
            continue
        if key == "tags":
            tags = [word for one in said for word in _words(one)][:20]
        elif said:
            values[key] = said[0]
    _split_name(values)
    typed = {key: _typed(key, values, problems) for key in _TYPES}
    problems |= _lacking(values, fields, makes)
    return Reading(
        values, tags, typed["occurred_at"], typed["confidence"], typed["value"], problems
    )


def found(rule: Mapping[str, str], record: paths.Json) -> list[str]:
    """The texts that a rule finds, changed as it says, without blanks. Raises ValueError in a sentence."""
    said = rule["from"]
    raw = [said[1:]] if said.startswith("=") else map(paths.plain, paths.find(record, said))
    texts = [text.clean(one).strip()[:2_000] for one in raw]
    change = paths.CHANGES[rule["do"]][1] if rule.get("do") else str
    return [change(one) for one in texts if one]


def _words(said: str) -> list[str]:
    return [word.strip()[:60] for word in said.split(",") if word.strip()]


def _split_name(values: dict[str, str]) -> None:
    """A whole name fills what the sender does not tell apart."""
    if whole := values.pop("full_name", ""):
        name = HumanName(text.one_line(whole)[:200])
        first = " ".join(filter(None, [name.first, name.middle]))
        for key, part in (("first_name", first), ("last_name", name.last)):
            if part:
                values.setdefault(key, part)


def _moment(said: str) -> datetime:
    if said.replace(".", "", 1).isdigit():
        said = paths.CHANGES["unix"][1](said)
    day = parse_date(said) if len(said) == 10 else None
    found = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else parse_datetime(said)
    if found is None:
        raise ValueError(_("“%s” is no moment. Choose how the date is written.") % said)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _amount(said: str) -> Decimal:
    try:
        number = Decimal(said).quantize(Decimal("0.01"))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= 10**12:
        raise ValueError(_("“%s” is no number.") % said)
    return number


def _sure(said: str) -> float:
    try:
        return sureness.parse(said)
    except ValueError:
        raise ValueError(
            _("“%s” is no confidence. It is 0 to 1, a percentage, or low, medium, high.") % said
        ) from None


_TYPES = {"occurred_at": _moment, "confidence": _sure, "value": _amount}


def _typed(key: str, values: Mapping[str, str], problems: dict[str, str]) -> Any:
    if not values.get(key):
        return None
    try:
        return _TYPES[key](values[key])
    except ValueError as error:
        problems[key] = str(error)
        return None


def _lacking(
    values: Mapping[str, str], fields: Mapping[str, Mapping[str, str]], makes: str
) -> dict[str, str]:
    """What this record must have and has not, beside the paths where it was looked for."""
    either = ("email", "phone") if makes == LEAD else ("email", "person_id", "company.domain")
    lacking = {}
    if not any(values.get(key) for key in either):
        looked = [key for key in either if key in fields]
        where = ", ".join(f"“{fields[key]['from']}”" for key in looked)
        lacking["email" if "email" in looked else looked[0]] = _("Nobody is named at %s.") % where
    if makes == BEHAVIOUR and not values.get("topic"):
        lacking["topic"] = _("There is no topic at “%s”.") % fields["topic"]["from"]
    return lacking
