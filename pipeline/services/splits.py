"""Who is credited with how much of a deal: shares that add up, or none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Origin
from leadflow.people.models import User
from pipeline.models import Deal, DealSplit
from pipeline.rules import MOST_SHARERS
from pipeline.selectors.splits import splits_of
from pipeline.services.deals import period
from pipeline.services.deals.locking import changing, the_one
from pipeline.services.deals.opening import first_teams

WHOLE = Decimal(100)
_REVENUE = DealSplit.Kind.REVENUE


@dataclass(frozen=True, kw_only=True)
class Share:
    """One colleague's part in per cent; None is what the others leave, for the owner alone."""

    user: User
    percent: Decimal | None
    kind: str = _REVENUE


def checked(shares: Sequence[Share], *, owner_id: int | None) -> list[Share]:
    """The shares with the owner's rest filled in.

    Raises Invalid, with a sentence for `shares`, unless those of revenue add up to exactly 100.
    """
    pairs = [(one.user.pk, one.kind) for one in shares]
    if len(set(pairs)) < len(pairs):
        raise _refusal(_("Somebody is named twice. Give each one share of a kind."))
    if sum(one.kind == _REVENUE for one in shares) > MOST_SHARERS:
        raise _refusal(
            _("At most %(n)d colleagues share the revenue of a deal.") % {"n": MOST_SHARERS}
        )
    found = [_with_rest(one, shares, owner_id) for one in shares]
    for one in found:
        percent = one.percent or Decimal(0)
        if not 0 < percent <= WHOLE or percent != round(percent, 2):
            raise _refusal(
                _("%(who)s: a share is above 0 and at most 100 %%, with two decimals at most.")
                % {"who": one.user.name}
            )
    total = _revenue(found)
    if any(one.kind == _REVENUE for one in found) and total != WHOLE:
        raise _refusal(_told(total))
    return found


def _with_rest(one: Share, shares: Sequence[Share], owner_id: int | None) -> Share:
    if one.percent is not None:
        return one
    if one.user.pk != owner_id or one.kind != _REVENUE:
        raise _refusal(
            _("%(who)s: enter a share. Only the owner's may be left empty: it is the rest.")
            % {"who": one.user.name}
        )
    rest = WHOLE - _revenue(shares)
    if rest <= 0:
        raise _refusal(_("Nothing is left for the owner. Take them out, or lower the others."))
    return replace(one, percent=rest)


def _revenue(shares: Sequence[Share]) -> Decimal:
    return sum((one.percent or Decimal(0) for one in shares if one.kind == _REVENUE), Decimal(0))


def _told(total: Decimal) -> str:
    words = {"total": f"{total.normalize():f}", "gap": f"{abs(WHOLE - total).normalize():f}"}
    if total < WHOLE:
        return _("The shares of revenue add up to %(total)s %%: %(gap)s %% are missing.") % words
    return _("The shares of revenue add up to %(total)s %%: %(gap)s %% too much.") % words


def _refusal(message: str) -> Invalid:
    return Invalid.at("shares", message)


@transaction.atomic
def set_splits(
    deal: Deal,
    *,
    shares: Sequence[Share],
    version: int | None = None,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> list[DealSplit]:
    """Make these the shares of a deal; none at all gives it back to its owner alone.

    A closed deal may be shared anew: numbers then tell the new shares, and the log what they were.
    Records `deal.split` where anything changed. Raises Invalid as `checked` does and for somebody who
    can own no deals, StaleVersion where the deal is no longer the one that was looked at, Conflict where
    its commission is settled.
    """
    at = at or clock.now()
    with changing([deal.pk], by=by, at=at, cause="split") as locked:
        row = the_one(locked, version)
        if period.is_settled(row):
            raise period.refusal(row)
        known = {(one.user_id, one.kind): one.share for one in splits_of(row)}
        wanted = checked(shares, owner_id=row.owner_id)
        _refuse_strangers(wanted, {user for user, _kind in known})
        if known == {(one.user.pk, one.kind): one.percent for one in wanted}:
            return list(splits_of(row))
        before = _written(row)
        _replace(row, wanted)
        row.version += 1  # whoever shares it out from an older page is told
        _record(row, before, by, at, origin)
    return list(splits_of(row))


def _replace(deal: Deal, shares: Sequence[Share]) -> None:
    """Who keeps a share keeps the team in which she got it."""
    rows = DealSplit.objects.filter(deal=deal)
    teams = first_teams({one.user.pk for one in shares}) | dict(rows.values_list("user", "team"))
    rows.delete()
    DealSplit.objects.bulk_create(
        DealSplit(
            deal=deal, user=one.user, team_id=teams.get(one.user.pk), kind=one.kind,
            share=one.percent or 0,
        )
        for one in shares
    )  # fmt: skip


def _refuse_strangers(shares: Sequence[Share], known: set[int]) -> None:
    new = {one.user.pk for one in shares} - known
    able = set(User.objects.can_own().filter(pk__in=new).values_list("pk", flat=True))
    for one in shares:
        if one.user.pk in new - able:
            raise _refusal(
                _("%(who)s cannot own deals, so no share either.") % {"who": one.user.name}
            )


def _written(deal: Deal) -> list[tuple[int, str]]:
    """As the log has it: 60.00, and +10.00 for what is on top."""
    return [
        (one.user_id, f"{'+' if one.kind == DealSplit.Kind.OVERLAY else ''}{one.share}")
        for one in splits_of(deal)
    ]


def _record(
    deal: Deal, before: list[tuple[int, str]], by: User | None, at: datetime, origin: str
) -> None:
    after = _written(deal)
    record(
        Kind.DEAL_SPLIT,
        lead_id=deal.lead_id,
        by=by,
        subject=deal,
        data={
            "deal": deal.pk,
            "title": deal.name,
            "users": [user for user, _share in after],
            "shares": [share for _user, share in after],
            "users_before": [user for user, _share in before],
            "shares_before": [share for _user, share in before],
        },
        at=at,
        origin=origin,
    )
