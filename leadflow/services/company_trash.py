"""The trash of companies, from which they come back whole for 30 days.

People and closed deals keep their link while a company lies there. It comes back by itself with the first
person or file that names its domain: a domain has one company, and nobody may stand at one out of sight.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Company, Customer, Origin
from leadflow.people.models import User

# why a company came back by itself
ARRIVED, ADDED, IN_FILE = "company_arrived", "company_added", "company_in_file"
DEALT = "company_dealt"

_needed_by: list[Callable[[Collection[int]], set[int]]] = []


def needed_by(ask: Callable[[Collection[int]], set[int]]) -> None:
    """Let a package say which of these companies it has work under way with (an open deal)."""
    _needed_by.append(ask)


@dataclass(frozen=True)
class Going:
    """Which of some companies may go to the trash, and which stay, with the reason."""

    ids: list[int] = field(default_factory=list)
    customers: list[int] = field(default_factory=list)
    dealing: list[int] = field(default_factory=list)

    @property
    def staying(self) -> str:
        """How many stay and what to do about them, in words; empty where none does."""
        said = []
        if n := len(self.customers):
            words = ngettext(
                "%(n)d stays because it is or was a customer, on which numbers rest.",
                "%(n)d stay because they are or were customers, on which numbers rest.",
                n,
            )
            said.append(words % {"n": n})
        if n := len(self.dealing):
            words = ngettext(
                "%(n)d stays because it has open deals: close them or move them to another company.",
                "%(n)d stay because they have open deals: close them or move them to another company.",
                n,
            )
            said.append(words % {"n": n})
        return " ".join(said)


def going(company_ids: Iterable[int]) -> Going:
    """What would become of these companies; changes nothing."""
    living = Company.objects.living().filter(pk__in=list(company_ids)).order_by("pk")
    ids = list(living.values_list("pk", flat=True))
    bought = _customers(ids)
    dealing = needed(ids) - bought
    stay = bought | dealing
    return Going([pk for pk in ids if pk not in stay], sorted(bought), sorted(dealing))


def _customers(ids: Collection[int]) -> set[int]:
    """Those that are or were customers, as themselves or by what was merged into them."""
    rows = Customer.objects.filter(Q(company__in=ids) | Q(company__merged_into__in=ids))
    found = rows.values_list("company_id", "company__merged_into_id")
    return {merged or pk for pk, merged in found}


def needed(ids: Collection[int]) -> set[int]:
    """Those of them that some package has work under way with."""
    return {pk for ask in _needed_by for pk in ask(ids)}


@transaction.atomic
def trash_many(*, company_ids: Iterable[int], by: User | None, at: datetime | None = None) -> Going:
    """Put companies in the trash, save customers and those with open deals; says which went."""
    at = at or clock.now()
    rows = locked(Company.objects.living().filter(pk__in=list(company_ids)))
    found = going(rows)
    # what was merged into one goes with it, so that no old domain leads to it
    theirs = Q(pk__in=found.ids) | Q(merged_into__in=found.ids)
    Company.objects.filter(theirs).update(deleted_at=at)
    _tell(Kind.COMPANY_TRASHED, [rows[pk] for pk in found.ids], {}, by, at)
    return found


def trash(*, company: Company, by: User | None, at: datetime | None = None) -> None:
    """Put one company in the trash. Conflict, saying what to do, where it has to stay."""
    found = trash_many(company_ids=[company.pk], by=by, at=at)
    if found.customers:
        raise Conflict(
            _("%(name)s is or was a customer. Customers stay, since numbers rest on them.")
            % {"name": company.name}
        )
    if found.dealing:
        raise Conflict(
            _("%(name)s has open deals. Close them or move them to another company first.")
            % {"name": company.name}
        )


@transaction.atomic
def restore_many(
    *,
    company_ids: Iterable[int],
    by: User | None,
    at: datetime | None = None,
    reason: str = "",
    origin: str = Origin.LIVE,
) -> list[Company]:
    """Take companies out of the trash, as they were; `reason` says why where nobody asked for it."""
    at = at or clock.now()
    wanted = Company.objects.filter(pk__in=list(company_ids), merged_into=None)
    rows = list(locked(wanted.exclude(deleted_at=None)).values())
    ids = [row.pk for row in rows]
    Company.objects.filter(Q(pk__in=ids) | Q(merged_into__in=ids)).update(deleted_at=None)
    for row in rows:
        row.deleted_at = None
    _tell(Kind.COMPANY_RESTORED, rows, {"reason": reason}, by, at, origin)
    return rows


def bring_back(
    companies: Iterable[Company], *, reason: str, origin: str, at: datetime, by: User | None = None
) -> None:
    """Take those of them out of the trash that lie there, because something names them."""
    thrown = [one for one in companies if one.deleted_at is not None]
    if thrown:
        ids = {one.pk for one in thrown}
        restore_many(company_ids=ids, by=by, at=at, reason=reason, origin=origin)
    for one in thrown:
        one.deleted_at = None


def who_trashed(company: Company) -> User | None:
    """Who put it there last; None for the system, or one who is no longer known."""
    told = Event.objects.filter(
        kind=Kind.COMPANY_TRASHED, subject_type=Company._meta.label_lower, subject_id=company.pk
    )
    actor = told.order_by("-occurred_at", "-id").values_list("actor_id", flat=True).first()
    return User.objects.filter(pk=actor).first() if actor else None


def trashed_at(moment: datetime, by: User) -> list[int]:
    """What somebody put there by one act, for taking it back."""
    told = Event.objects.filter(
        kind=Kind.COMPANY_TRASHED, occurred_at=moment, actor_id=by.pk
    ).values_list("subject_id", flat=True)
    return [pk for pk in told if pk]


def locked(rows: QuerySet[Company]) -> dict[int, Company]:
    """By id, locked in that order so that two callers never wait for each other in a ring."""
    return {one.pk: one for one in rows.select_for_update(of=("self",)).order_by("pk")}


def _tell(
    kind: Kind, rows: Sequence[Company], data: dict[str, str], by: User | None, at: datetime,
    origin: str = Origin.LIVE,
) -> None:  # fmt: skip
    record_many(
        kind, [None] * len(rows), by=by, subjects=list(rows), data=data, at=at, origin=origin
    )
