"""What providers say about fields: it fills blanks; where we know something else it is a proposal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from leadflow.errors import Conflict, Invalid
from leadflow.history import changes
from leadflow.kit import clock, endings
from leadflow.models import Company, CustomField, Lead, Organisation, Origin, ProvidedValue
from leadflow.models.choices import AddressKind
from leadflow.people.models import User
from leadflow.services import companies, leads
from leadflow.services.leads import fields as lead_fields
from leadflow.services.leads import taking

BLANK: tuple[Any, ...] = (None, "", {}, [])
# who she is stays hers to say; where she came from and where she stands is ours
NEVER = frozenset({"email", "company", "source", "campaign", "direction"})
OF_LEAD = lead_fields.EDITABLE - NEVER - {"social"}
OF_COMPANY = taking.OF_COMPANY
_State = ProvidedValue.State


@dataclass(frozen=True, kw_only=True)
class Word:
    """Who says it, how sure, and when."""

    provider: str
    at: datetime
    confidence: float | None = None
    origin: str = Origin.LIVE


@dataclass(frozen=True)
class Outcome:
    """Which fields were filled, which are proposed, and which could not be taken, with the reason."""

    filled: Sequence[str] = ()
    proposed: Sequence[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    def plus(self, of_company: "Outcome") -> "Outcome":
        """Together with what became of her company's values."""
        named = [f"company.{key}" for key in of_company.filled]
        differing = [f"company.{key}" for key in of_company.proposed]
        refused = {f"company.{key}": why for key, why in of_company.refused.items()}
        return Outcome(
            [*self.filled, *named], [*self.proposed, *differing], {**self.refused, **refused}
        )


@transaction.atomic
def enrich_lead(*, lead: Lead, values: Mapping[str, Any], word: Word) -> Outcome:
    """Fill what we do not know of a person; records `lead.changed` where something was filled."""
    row = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    good, refused = _barred("lead", *cleaned(values))
    known = {key: lead_fields.current(row, key) for key in good}
    filled, proposed = _told_apart(row, good, known, word.at)
    if filled:
        leads.update(row, values=filled, by=None, at=word.at, origin=word.origin)
    _keep({"lead": row}, filled, proposed, word)
    return Outcome(sorted(filled), sorted(proposed), refused)


@transaction.atomic
def propose(*, lead: Lead, values: Mapping[str, Any], word: Word) -> None:
    """Keep what somebody says otherwise about a person, beside what we know."""
    _keep({"lead": lead}, {}, {k: v for k, v in values.items() if k not in NEVER}, word)


@transaction.atomic
def enrich_company(*, company: Company, values: Mapping[str, Any], word: Word) -> Outcome:
    """Fill what we do not know of a company; records `company.changed` where something was filled."""
    row = Company.objects.select_for_update(of=("self",)).get(pk=company.pk)
    good, refused = _barred("company", *_of_company(values))
    known = {key: getattr(row, key) for key in good}
    filled, proposed = _told_apart(row, good, known, word.at)
    if filled:
        companies.update(row, values=filled, by=None, at=word.at, origin=word.origin)
    _keep({"company": row}, filled, proposed, word)
    return Outcome(sorted(filled), sorted(proposed), refused)


def _barred(
    subject: str, good: dict[str, Any], refused: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Without the fields that are never taken from outside; those are refused."""
    barred = taking.never(Organisation.current().taking, subject, good)
    why = str(_("The settings say: never from outside."))
    kept = {key: value for key, value in good.items() if key not in barred}
    return kept, refused | dict.fromkeys(barred, why)


def _told_apart(
    row: Lead | Company, good: Mapping[str, Any], known: Mapping[str, Any], at: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is written, into a blank or as the newest where that wins, and what else differs from ours."""
    filled = {key: value for key, value in good.items() if known[key] in BLANK}
    differing = {
        key: value
        for key, value in good.items()
        if key not in filled and lead_fields.comparable(value) != known[key]
    }
    newest = taking.newest(Organisation.current().taking, row, differing, at)
    proposed = {key: value for key, value in differing.items() if key not in newest}
    return filled | newest, proposed


def cleaned(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """One value at a time: a bad one must not cost us the others."""
    good: dict[str, Any] = {}
    refused: dict[str, str] = {}
    country = {"country": values["country"]} if values.get("country") else {}
    for key, value in values.items():
        if value in BLANK or key in NEVER:
            continue
        try:
            good[key] = lead_fields.cleaned({**country, key: value})[key]
        except Invalid as refusal:
            refused[key] = " ".join(refusal.fields.get(key) or [refusal.message])
    return good, refused


def _of_company(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    good: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for key in OF_COMPANY:
        value = values.get(key)
        if value in BLANK:
            continue
        if key == "country":
            value = str(value).upper()
        try:
            good[key] = Company._meta.get_field(key).clean(value, None)  # type: ignore[union-attr]
        except ValidationError as error:
            refused[key] = " ".join(error.messages)
    return good, refused


def _keep(
    about: Mapping[str, Any], filled: Mapping[str, Any], proposed: Mapping[str, Any], word: Word
) -> None:
    """The provider's last word on each field; one that was decided about and is said again stays so."""
    rows = {one.field: one for one in ProvidedValue.objects.filter(**about, provider=word.provider)}
    for key, value in {**filled, **proposed}.items():
        plain = _plain(value)
        row = rows.get(key)
        if row is not None and row.value == plain and key not in filled:
            continue
        ProvidedValue.objects.update_or_create(
            **about, field=key, provider=word.provider,
            defaults={
                "value": plain, "confidence": word.confidence, "received_at": word.at,
                "origin": word.origin, "decided_by": None, "decided_at": None,
                "state": _State.FILLED if key in filled else _State.PROPOSED,
            },
        )  # fmt: skip


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, list, dict)) else str(value)


# proposals


# What our adapters say that is no field of a person, with its words.
FLAGS: Mapping[str, Any] = {"mailbox": _l("Mailbox")}
_SURE, _FAIRLY = 0.8, 0.5


@dataclass(frozen=True)
class Proposal:
    """A value that somebody else knows better, beside ours."""

    row: ProvidedValue
    label: str
    ours: str
    theirs: str

    @property
    def teller(self) -> str:
        """What it was read from, or which firm says so."""
        return str(self.row.get_basis_display()) or self.row.provider

    @property
    def sureness(self) -> str:
        """high, medium or low; empty where nobody said."""
        sure = self.row.confidence
        if sure is None:
            return ""
        return _("high") if sure >= _SURE else _("medium") if sure >= _FAIRLY else _("low")


def proposals(about: Lead | Company) -> list[Proposal]:
    """What providers say otherwise about a person or a company, by field, the surest first."""
    rows = _of(about).filter(state=_State.PROPOSED).select_related("lead", "company")
    labels = _custom_labels()
    ordered = sorted(rows, key=lambda row: (row.field, -(row.confidence or 0), row.pk))
    shown = [Proposal(row, label_of(row, labels), _ours(row), str(row.value)) for row in ordered]
    return [
        one for one in shown if one.ours != one.theirs
    ]  # somebody may have written it meanwhile


def provided(about: Lead | Company) -> list[Proposal]:
    """Which values are from providers: filled in, or taken over from them."""
    rows = _of(about).filter(state__in=[_State.FILLED, _State.TAKEN])
    labels = _custom_labels()
    ordered = list(rows.select_related("lead", "company").order_by("field", "-received_at"))
    firms = Company.objects.in_bulk([row.value for row in ordered if row.field == "company"])
    return [
        Proposal(row, label_of(row, labels), _ours(row), _theirs(row, firms)) for row in ordered
    ]


def _theirs(row: ProvidedValue, firms: Mapping[int, Company]) -> str:
    """The value in words."""
    if row.field == "company":
        return str(firms.get(row.value, row.value))
    if row.field == "country":
        return endings.name_of(str(row.value))
    if row.field in FLAGS:
        return str(AddressKind(row.value).label) if row.value in AddressKind.values else ""
    return str(row.value)


def _of(about: Lead | Company) -> QuerySet[ProvidedValue]:
    who = {"lead": about} if isinstance(about, Lead) else {"company": about}
    return ProvidedValue.objects.filter(**who)


def _custom_labels() -> dict[str, str]:
    return dict(CustomField.objects.filter(subject="lead").values_list("key", "label"))


def label_of(row: ProvidedValue, custom: Mapping[str, str]) -> str:
    """The field as people call it."""
    if row.field.startswith("custom."):
        key = row.field.removeprefix("custom.")
        return custom.get(key, key)
    if row.field in FLAGS:
        return str(FLAGS[row.field])
    model = Lead if row.lead_id else Company
    return capfirst(str(model._meta.get_field(row.field).verbose_name))  # type: ignore[union-attr]


def _ours(row: ProvidedValue) -> str:
    if row.field in FLAGS:
        return ""
    if row.lead is not None:
        return str(lead_fields.current(row.lead, row.field) or "")
    return str(getattr(row.company, row.field) or "")


@transaction.atomic
def take_over(*, row: ProvidedValue, by: User) -> ProvidedValue:
    """Write a proposed value over ours, as the person's own edit. Raises Conflict if decided before."""
    row = _open(row)
    if row.lead is not None:
        leads.update(row.lead, values={row.field: row.value}, by=by)
    elif row.company is not None:
        companies.update(row.company, values={row.field: row.value}, by=by)
    return _decide(row, _State.TAKEN, by)


@transaction.atomic
def dismiss(*, row: ProvidedValue, by: User) -> ProvidedValue:
    """Keep ours; the same value of the same provider is not proposed again."""
    return _decide(_open(row), _State.DISMISSED, by)


@transaction.atomic
def take_out(*, row: ProvidedValue, by: User) -> ProvidedValue:
    """A value that was filled in is wrong: the field is again as it was before, and the same is not filled again.

    Raises Conflict where it was taken out before, or where somebody has written something else since.
    """
    found = _locked(row)
    if found.state not in (_State.FILLED, _State.TAKEN):
        raise Conflict(_("This value was taken out already."))
    about = found.lead or found.company
    if found.field not in FLAGS and about is not None:
        _put_back(about, found, by)
    return _decide(found, _State.DISMISSED, by)


def _put_back(about: Lead | Company, row: ProvidedValue, by: User) -> None:
    now = (
        lead_fields.current(about, row.field)
        if isinstance(about, Lead)
        else getattr(about, row.field)
    )
    if _plain(now) != row.value:
        raise Conflict(_("Somebody has written something else since. Nothing was changed."))
    before = changes.of(about).filter(field=row.field, new=row.value).first()
    old = before.old if before else None
    if isinstance(about, Lead):
        leads.update(about, values={row.field: _lived(row.field, old)}, by=by)
    else:
        field = Company._meta.get_field(row.field)
        blank = None if field.null else ""
        companies.update(about, values={row.field: blank if old in BLANK else old}, by=by)


def _lived(field: str, old: Any) -> Any:
    """A company that is kept by its id, as itself."""
    return Company.objects.filter(pk=old).first() if field == "company" and old else old


def _locked(row: ProvidedValue) -> ProvidedValue:
    rows = ProvidedValue.objects.select_for_update(of=("self",)).select_related("lead", "company")
    return rows.get(pk=row.pk)


def _open(row: ProvidedValue) -> ProvidedValue:
    found = _locked(row)
    if found.state != _State.PROPOSED:
        raise Conflict(_("Somebody decided about this value already."))
    return found


def _decide(row: ProvidedValue, state: str, by: User) -> ProvidedValue:
    row.state, row.decided_by, row.decided_at = state, by, clock.now()
    row.save(update_fields=["state", "decided_by", "decided_at"])
    return row
