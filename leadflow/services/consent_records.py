"""What files say that people agreed to or refused: many at once, each with its own day and proof."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.models import Consent, LeadIdentity, Origin, Suppression
from leadflow.models.erasing import erasing
from leadflow.people.models import User
from leadflow.services import addresses

_Matter = tuple[int, str, str]  # lead, channel, purpose


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What somebody said, as another system kept it. A yes has its words; a no needs none."""

    lead_id: int
    state: str  # given or withdrawn
    at: datetime
    channel: str = "email"
    purpose: str = "marketing"
    text: str = ""
    url: str = ""
    ip: str | None = None

    @property
    def matter(self) -> _Matter:
        """Whom and what it is about."""
        return (self.lead_id, self.channel, self.purpose)


@dataclass(frozen=True)
class Heard:
    """The row that a statement became, or why none was written; neither where it was known."""

    consent_id: int | None = None
    reason: str = ""


@transaction.atomic(savepoint=False)
def keep_many(
    told: Mapping[int, Statement], *, by: User | None, source: str, origin: str = Origin.IMPORT
) -> dict[int, Heard]:
    """Write down many statements: key -> what became of it. The same one told again is not.

    Who took her consent back here is not brought back by a file. Records `consent.given` and
    `consent.withdrawn`, each at its own time.
    """
    known, newest = _known({one.lead_id for one in told.values()})
    heard: dict[int, Heard] = {}
    rows: dict[int, Consent] = {}
    for key, one in sorted(told.items(), key=lambda pair: (pair[1].at, pair[0])):
        row = _row(one, by, source)
        if _same(row) in known:
            heard[key] = Heard()
            continue
        at, state = newest.get(one.matter, (None, ""))
        if one.state == Consent.State.GIVEN and state == Consent.State.WITHDRAWN:
            heard[key] = Heard(
                reason=_("The consent was taken back: only the person can give it again.")
            )
            continue
        known.add(_same(row))
        newest[one.matter] = (one.at, one.state) if at is None or at <= one.at else (at, state)
        rows[key] = row
    Consent.objects.bulk_create(rows.values())
    _stop([row for row in rows.values() if row.state == Consent.State.WITHDRAWN], by)
    _record(list(rows.values()), by, origin)
    return heard | {key: Heard(row.pk) for key, row in rows.items()}


def _row(one: Statement, by: User | None, source: str) -> Consent:
    return Consent(
        lead_id=one.lead_id, channel=one.channel, purpose=one.purpose, state=one.state,
        text=one.text, text_hash=hashlib.sha256(one.text.encode()).hexdigest() if one.text else "",
        method="import", url=one.url[:500], ip=one.ip, source=source[:60], by=by, at=one.at,
    )  # fmt: skip


def _same(row: Consent) -> tuple[object, ...]:
    return (row.lead_id, row.channel, row.purpose, row.state, row.text_hash, row.at)


def _known(
    lead_ids: Collection[int],
) -> tuple[set[tuple[object, ...]], dict[_Matter, tuple[datetime | None, str]]]:
    """What was said before, and of each matter what was said last."""
    known: set[tuple[object, ...]] = set()
    newest: dict[_Matter, tuple[datetime | None, str]] = {}
    for row in Consent.objects.filter(lead__in=lead_ids).order_by("at", "pk"):
        known.add(_same(row))
        newest[row.lead_id, row.channel, row.purpose] = (row.at, row.state)
    return known, newest


def _stop(rows: Iterable[Consent], by: User | None) -> None:
    """A no to mail holds for every address of hers, from this transaction on."""
    purposes: dict[str, dict[int, datetime]] = {}
    for row in rows:
        if row.channel == "email":
            purposes.setdefault(row.purpose, {})[row.lead_id] = row.at
    for purpose, leads in purposes.items():
        known = LeadIdentity.objects.filter(lead__in=leads, kind=LeadIdentity.Kind.EMAIL)
        addresses.suppress_many(
            {norm: leads[pk] for norm, pk in known.values_list("value_norm", "lead_id")},
            purpose=purpose, reason=Suppression.Reason.UNSUBSCRIBED, by=by,
        )  # fmt: skip


def _record(rows: list[Consent], by: User | None, origin: str) -> None:
    for state, kind in (
        (Consent.State.GIVEN, Kind.CONSENT_GIVEN),
        (Consent.State.WITHDRAWN, Kind.CONSENT_WITHDRAWN),
    ):
        said = [row for row in rows if row.state == state]
        record_many(
            kind, [row.lead_id for row in said], by=by, at=[row.at for row in said], origin=origin,
            data=[
                {"channel": row.channel, "purpose": row.purpose, "consent": row.pk} for row in said
            ],
        )  # fmt: skip


@transaction.atomic(savepoint=False)
def take_out(ids: Collection[int], *, whole: Collection[int]) -> list[Consent]:
    """Take these rows out as if they had never been told; the rows, for `put_in_again`.

    Of the leads in `whole` all of them, of others only what was given: a no stays a no.
    """
    rows = Consent.objects.filter(pk__in=ids)
    gone = list(rows.filter(Q(lead__in=whole) | Q(state=Consent.State.GIVEN)))
    with erasing():
        Consent.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return gone


def put_in_again(rows: Iterable[Consent]) -> None:
    """What `take_out` took, as it was."""
    Consent.objects.bulk_create(rows)
