"""How fast mail may leave: limits to a receiving domain and by a way out, counted from the ledger.

What is begun or claimed counts, so several senders together keep a limit: whoever claims while there
are limits does so alone, for the moment of the claim.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.mail import transports
from leadflow.mail.ledger import Closed, execute, fetch
from leadflow.mail.models import Delivery, SendingLimit
from leadflow.people.models import User
from leadflow.services.organisation import save_object

_ALONE = 0x6D61_696C  # "mail": the advisory lock of a claim under limits
_DOMAIN = "split_part(d.to_norm, '@', 2)"

Candidate = tuple[int, str, str, str, str]  # id, kind, via, origin, receiving domain


class Room:
    """What is left of each limit now."""

    def __init__(self, limits: Iterable[SendingLimit]) -> None:
        self.ways: dict[str, int] = {}
        self.domains: dict[str, int] = {}
        on = today()
        for limit in limits:
            left = limit.most_on(on) - _used(limit)
            rooms = self.ways if limit.scope == SendingLimit.Scope.WAY else self.domains
            rooms[limit.name] = max(0, min(left, rooms.get(limit.name, left)))

    def closed(self, ways: Iterable[str] = ()) -> Closed:
        """What nobody may claim now: `ways` that rest, and whatever has no room left."""
        shut = {*ways, *(name for name, left in self.ways.items() if not left)}
        kinds = [kind for kind in Delivery.Kind.values if shut and transports.usual(kind) in shut]
        full = [name for name, left in self.domains.items() if not left]
        return Closed(tuple(sorted(shut)), tuple(kinds), tuple(sorted(full)))

    def fit(self, candidates: Iterable[Candidate]) -> list[int]:
        """Those of these that there is room for, in their order."""
        taken: Counter[str] = Counter()
        fitting = []
        for pk, kind, via, origin, domain in candidates:
            way = via or transports.usual(kind)
            rooms = [(f"way {way}", self.ways.get(way)), (f"to {domain}", self.domains.get(domain))]
            bounded = [] if origin == "demo" else [r for r in rooms if r[1] is not None]
            if all(taken[name] < (left or 0) for name, left in bounded):
                taken.update(name for name, _left in bounded)
                fitting.append(pk)
        return fitting


def _used(limit: SendingLimit) -> int:
    """What was begun within the span, and what is claimed to begin any moment.

    The claimed of a way are counted by what they ask for, for none of them has taken it yet.
    """
    where, values = f"{_DOMAIN} = %s", [limit.name]
    claimed: str = where
    asked: list[Any] = [limit.name]
    if limit.scope == SendingLimit.Scope.WAY:
        kinds = [kind for kind in Delivery.Kind.values if transports.usual(kind) == limit.name]
        where = "d.transport = %s"
        claimed, asked = "(d.via = %s OR (d.via = '' AND d.kind = ANY(%s)))", [limit.name, kinds]
    rows = fetch(
        "SELECT (SELECT count(*) FROM mail_delivery d WHERE d.origin <> 'demo'"  # noqa: S608
        f" AND d.began_at > statement_timestamp() - make_interval(secs => %s) AND {where})"
        " + (SELECT count(*) FROM mail_delivery d WHERE d.origin <> 'demo' AND d.state = 'claimed'"
        f" AND {claimed})",
        [limit.span, *values, *asked],
    )
    return int(rows[0][0])


def today() -> date:
    """The day by which a warm-up counts: of real time, for receivers know no other."""
    return clock.to_real(clock.now()).date()


def known() -> list[SendingLimit]:
    """Every limit, in order."""
    return list(SendingLimit.objects.all())


def now() -> Room | None:
    """What is left of the limits; None where there are none. Inside a transaction it is held alone."""
    limits = known()
    if not limits:
        return None
    execute("SELECT pg_advisory_xact_lock(%s)", [_ALONE])
    return Room(limits)


@transaction.atomic
def set_limit(
    *, scope: str, name: str, most: int, span: int, by: User, first: int | None = None
) -> SendingLimit:
    """Bound what goes to a domain or by a way; the same once more changes how much. With `first` it warms
    up from so many a day, beginning today; one that does already goes on from its day. Raises Invalid."""
    name = name.strip().lower()
    if scope == SendingLimit.Scope.DOMAIN and ("." not in name or "@" in name):
        sentence = _("Write a domain, such as gmail.com.")
        raise Invalid.at("name", sentence)
    _refuse_warming(scope, span, most, first)
    row = SendingLimit.objects.filter(scope=scope, name=name, span=span).first()
    row = row or SendingLimit(scope=scope, name=name, span=span, most=most)
    since = None if first is None else row.warms_since or today()
    save_object(row=row, values={"most": most, "first": first, "warms_since": since}, by=by)
    return row


def _refuse_warming(scope: str, span: int, most: int, first: int | None) -> None:
    if first is None:
        return
    sentence = ""
    if scope != SendingLimit.Scope.WAY or span != SendingLimit.Span.DAY:
        sentence = _("Only a way out warms up, and by the day.")
    elif not 0 < first < most:
        sentence = _("Begin with fewer than it is to become.")
    if sentence:
        raise Invalid.at("first", sentence)


@transaction.atomic
def remove(*, limit: SendingLimit, by: User) -> None:
    """No bound any more."""
    data = {"name": f"sendinglimit:{limit.pk}", "from": str(limit)}
    record(Kind.SETTING_CHANGED, by=by, subject=limit, data=data)
    limit.delete()
