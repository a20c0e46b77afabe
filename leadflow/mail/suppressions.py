"""The suppression list as a whole: looked into, brought in from another system, taken out as a file.

Kept are keyed hashes, so an address is found by asking for it; a file can name an address only where it
is still known here for another reason, and never that of somebody who was erased.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record, record_many
from leadflow.kit import clock, emails
from leadflow.models import Address, LeadIdentity, Suppression
from leadflow.people.models import User
from leadflow.services import addresses

MOST_BYTES = 10_000_000
_CHUNK = 2_000
_SHOWN = 5  # lines that could not be read are shown up to so many
REASONS = (
    Suppression.Reason.UNSUBSCRIBED,
    Suppression.Reason.HARD_BOUNCE,
    Suppression.Reason.COMPLAINT,
    Suppression.Reason.BLOCKED,
)


@dataclass
class Taken:
    """What a file brought: how many are new, how many stood on the list, which lines hold no address."""

    fresh: int = 0
    known: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)


def totals() -> list[tuple[str, int]]:
    """How many stand on the list, by reason."""
    rows = Suppression.objects.filter(lifted_at=None).values("reason").annotate(n=Count("pk"))
    found = {row["reason"]: row["n"] for row in rows}
    return [(str(reason.label), found.get(reason, 0)) for reason in Suppression.Reason]


def of(address: str) -> list[Suppression]:
    """What stands about an address. Raises Invalid for what is none."""
    return addresses.standing(_norm(address))


def _norm(address: str) -> str:
    try:
        return emails.parse(address).norm
    except ValueError as error:
        raise Invalid.at("address", str(error)) from error


def take_in(*, data: bytes, reason: str, purpose: str, by: User) -> Taken:
    """Put each address of a file on the list: one a line, or the first address of a line of CSV.

    Effective at the next begin of each message. Raises Invalid for a file that holds no address.
    """
    if len(data) > MOST_BYTES:
        sentence = _("The file is larger than 10 MB. Bring it in in parts.")
        raise Invalid.at("file", sentence)
    taken = Taken()
    norms = _read(_text_of(data), taken)
    if not norms:
        sentence = _("There is no email address in it.")
        raise Invalid.at("file", sentence)
    at = clock.now()
    for start in range(0, len(norms), _CHUNK):
        _put(norms[start : start + _CHUNK], Suppression.Reason(reason), purpose, by, at, taken)
    with transaction.atomic():
        words = _("%(n)s addresses: %(reason)s") % {
            "n": taken.fresh,
            "reason": Suppression.Reason(reason).label,
        }
        data_of = {"name": "suppression list", "to": words}
        record(Kind.SETTING_CHANGED, by=by, data=data_of)
    return taken


def _text_of(data: bytes) -> str:
    """As spreadsheets write it: UTF-8, or UTF-16 where its first two bytes say so (Excel's "Unicode text")."""
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_wide else "utf-8-sig", "replace")


def _read(text: str, taken: Taken) -> list[str]:
    found: dict[str, None] = {}
    sample = text[:2_000]
    separator = max(",;\t", key=sample.count)
    for number, cells in enumerate(_cells(text, separator)):
        told = next((cell for cell in cells if "@" in cell), "")
        try:
            found[emails.parse(told.strip().lstrip("'")).norm] = None
        except ValueError:
            if number and any(
                cell.strip() for cell in cells
            ):  # the first line may name the columns
                taken.wrong += 1
                taken.examples = [*taken.examples, ", ".join(cells)[:80]][:_SHOWN]
    return list(found)


def _cells(text: str, separator: str) -> Iterator[list[str]]:
    """Line by line, so that a quote that nobody closed swallows no address below it."""
    for line in text.splitlines():
        try:
            yield next(csv.reader([line], delimiter=separator), [])
        except csv.Error:  # longer than any address
            yield [line]


@transaction.atomic
def _put(
    norms: list[str],
    reason: Suppression.Reason,
    purpose: str,
    by: User,
    at: datetime,
    taken: Taken,
) -> None:
    addresses.lock(norms)
    hashes = {addresses.address_hash(norm): norm for norm in norms}
    standing = Suppression.objects.filter(
        email_hash__in=hashes, purpose=purpose, reason=reason, lifted_at=None
    )
    known = set(standing.values_list("email_hash", flat=True))
    fresh = {norm: at for digest, norm in hashes.items() if digest not in known}
    taken.fresh, taken.known = taken.fresh + len(fresh), taken.known + len(known)
    addresses.suppress_many(
        fresh, reason=reason, by=by, purpose=purpose, detail=_("Brought in with a file")
    )
    leads = LeadIdentity.objects.filter(kind=LeadIdentity.Kind.EMAIL, value_norm__in=fresh)
    ids = sorted(set(leads.values_list("lead_id", flat=True)))
    data = {"channel": "email", "purpose": purpose, "reason": str(reason.label)}
    record_many(Kind.ADDRESS_SUPPRESSED, ids, by=by, data=[data] * len(ids))


def lines(*, by: User) -> Iterator[list[str]]:
    """The list as rows of a file: address where it is known, purpose, reason, since, how."""
    with transaction.atomic():
        count = Suppression.objects.filter(lifted_at=None).count()
        record(Kind.DATA_EXPORTED, by=by, data={"what": "suppression list", "rows": count})
    return _lines()


def note_lifted(*, address: str, count: int, by: User) -> None:
    """That somebody took an address off the list, in the audit log; which one is told by its story."""
    if count:
        with transaction.atomic():
            words = _("%(n)s taken off") % {"n": count}
            record(Kind.SETTING_CHANGED, by=by, data={"name": "suppression list", "to": words})
            leads = LeadIdentity.objects.filter(
                kind=LeadIdentity.Kind.EMAIL, value_norm=_norm(address)
            )
            ids = sorted(set(leads.values_list("lead_id", flat=True)))
            record_many(Kind.ADDRESS_RELEASED, ids, by=by, data={"channel": "email"})


HEADER = ("Address", "Purpose", "Reason", "Since", "How")


def _lines() -> Iterator[list[str]]:
    named: set[int] = set()
    known = Address.objects.order_by("pk").values_list("pk", "email_norm")
    last = 0
    while chunk := list(known.filter(pk__gt=last)[:_CHUNK]):
        last = chunk[-1][0]
        hashes = {addresses.address_hash(norm): norm for _pk, norm in chunk}
        rows = Suppression.objects.filter(email_hash__in=hashes, lifted_at=None)
        for row in rows.exclude(reason=Suppression.Reason.ERASED).order_by("pk"):
            named.add(row.pk)
            yield _line(hashes[row.email_hash], row)
    for row in Suppression.objects.filter(lifted_at=None).order_by("pk").iterator(_CHUNK):
        if row.pk not in named:
            yield _line("", row)


def _line(address: str, row: Suppression) -> list[str]:
    return [
        address,
        row.purpose or str(_("everything")),
        str(row.get_reason_display()),
        row.at.isoformat(timespec="seconds"),
        row.detail,
    ]
