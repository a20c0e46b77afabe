"""Keeping the sums of the numbers: counted when a fact comes in, folded into days, rebuilt, compared.

A fact only says which leads and deals to look at. What they add is read from their rows, held against
what they added before, and the difference is appended; so a fact that comes twice, late or out of order
changes nothing, and a merge, an edit or a restored row need no code of their own.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from leadflow.insights import measures
from leadflow.insights.measures import OF_DEALS, OF_LEADS, Mark, Rules
from leadflow.insights.models import Counted, DailyFact, Delta, RollupState
from leadflow.models import Lead
from pipeline import selectors as pipeline

LOCK = 0x0F01D  # any number that nobody else of this database locks
SLICE = 1_000
Key = tuple[Any, ...]


def _alone() -> None:
    """One counts at a time until the transaction ends: two that compare the same row add it twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@transaction.atomic
def take_in(*, leads: Iterable[int] = (), deals: Iterable[int] = ()) -> int:
    """Count these leads and deals anew; returns how many rows of theirs changed."""
    lead_ids, deal_ids, rules = sorted(set(leads)), sorted(set(deals)), Rules.current()
    _alone()
    changed = 0
    if lead_ids:
        changed += _put(OF_LEADS, lead_ids, measures.of_leads(lead_ids, rules))
    if deal_ids:
        changed += _put(OF_DEALS, deal_ids, measures.of_deals(deal_ids, rules))
    return changed


def _put(names: Sequence[str], subjects: Sequence[int], marks: Iterable[Mark]) -> int:
    right = {(mark.measure, mark.subject): mark for mark in marks}
    kept = {(mark.measure, mark.subject): (pk, mark) for pk, mark in _kept(names, subjects)}
    gone = [pk for key, (pk, mark) in kept.items() if right.get(key) != mark]
    new = [mark for key, mark in right.items() if key not in kept or kept[key][1] != mark]
    if not gone and not new:
        return 0
    Counted.objects.filter(pk__in=gone).delete()
    Counted.objects.bulk_create([Counted(**_columns(mark)) for mark in new], batch_size=2_000)
    dropped = set(gone)
    _append(new, [mark for pk, mark in kept.values() if pk in dropped])
    return max(len(gone), len(new))


_MARK = (
    "measure", "subject_id", "day", "source_id", "owner_id", "team_id", "detail", "amount", "seconds",
)  # fmt: skip


def _columns(mark: Mark) -> dict[str, Any]:
    return dict(zip(_MARK, mark, strict=True))


def _kept(names: Sequence[str], subjects: Sequence[int]) -> Iterator[tuple[int, Mark]]:
    rows = Counted.objects.filter(measure__in=names, subject_id__in=subjects)
    for pk, *fields in rows.values_list("pk", *_MARK):
        yield pk, Mark(*fields)


def _key(mark: Mark) -> Key:
    return (mark.measure, mark.day, mark.source, mark.owner, mark.team, mark.detail)


def _append(more: Iterable[Mark], less: Iterable[Mark]) -> None:
    """The difference, one row for each sum that it changes."""
    counts: Counter[Key] = Counter()
    amounts: dict[Key, Decimal] = {}
    for sign, marks in ((1, more), (-1, less)):
        for mark in marks:
            counts[_key(mark)] += sign
            amounts[_key(mark)] = amounts.get(_key(mark), Decimal(0)) + sign * mark.amount
    columns = ("measure", "day", "source_id", "owner_id", "team_id", "detail")
    Delta.objects.bulk_create(
        [
            Delta(**dict(zip(columns, key, strict=True)), n=n, amount=amounts[key])
            for key, n in counts.items()
            if n or amounts[key]
        ],
        batch_size=2_000,
    )


_COLUMNS = "measure, day, source_id, owner_id, team_id, detail"
_FOLD = f"""
WITH taken AS (DELETE FROM insights_delta RETURNING {_COLUMNS}, n, amount)
INSERT INTO insights_dailyfact AS kept ({_COLUMNS}, n, amount)
SELECT {_COLUMNS}, sum(n), sum(amount) FROM taken GROUP BY {_COLUMNS}
ON CONFLICT ({_COLUMNS}) DO UPDATE SET n = kept.n + excluded.n, amount = kept.amount + excluded.amount
"""  # noqa: S608 - constants of this module


@transaction.atomic
def fold() -> None:
    """Move what was appended into the sums of its days."""
    _alone()
    with connection.cursor() as cursor:
        cursor.execute(_FOLD)
    DailyFact.objects.filter(n=0, amount=0).delete()


# --- Counting everything anew ---------------------------------------------------------------------


def is_ready() -> bool:
    """Whether everything was counted by the rules of today."""
    return RollupState.objects.filter(pk=1, rules=Rules.current().name).exists()


def tick(seconds: float = 20) -> None:
    """Go on with a count of everything that is due, follow our own addresses, and fold."""
    catch_up(seconds)
    take_in(leads=_turned())
    fold()


def _turned() -> list[int]:
    """Leads whose address became that of somebody who works here, or stopped being one."""
    ours = Counted.objects.filter(measure=measures.STAFF).values("subject_id")
    known = Q(pk__in=ours)
    now = Q(email__in=measures.staff())
    counted = Lead.objects.filter(measures.counted_leads())
    return list(counted.filter(known ^ now).values_list("pk", flat=True)[:SLICE])


def catch_up(seconds: float | None = None) -> bool:
    """Count on until everything is counted by today's rules, or `seconds` are over; whether it is."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while not is_ready():
        if not _one_slice() or (deadline is not None and time.monotonic() > deadline):
            return is_ready()
    return True


def rebuild() -> None:
    """Count every lead and deal anew, and make the sums from what was counted."""
    RollupState.objects.filter(pk=1).update(rules="", making="")
    catch_up()
    refold()


@transaction.atomic
def _one_slice() -> bool:
    """Count the next thousand; False where another process is at it."""
    RollupState.objects.get_or_create(pk=1)
    state = RollupState.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if state is None:
        return False
    rules = Rules.current()
    if state.making != rules.name:
        state.making, state.leads_through, state.deals_through = rules.name, 0, 0
    later = Lead.objects.filter(pk__gt=state.leads_through).order_by("pk")
    leads = list(later.values_list("pk", flat=True)[:SLICE])
    deals = [] if leads else pipeline.deal_ids(after=state.deals_through, limit=SLICE)
    if leads or deals:
        take_in(leads=leads, deals=deals)
        state.leads_through = leads[-1] if leads else state.leads_through
        state.deals_through = deals[-1] if deals else state.deals_through
    else:
        _drop_strangers()
        state.rules = rules.name
    state.save()
    return True


def _drop_strangers() -> None:
    """Take out what leads and deals added that are gone from the database."""
    known: list[tuple[Sequence[str], Any]] = [
        (OF_LEADS, Lead.objects.values("pk")),
        (OF_DEALS, pipeline.living_deals()),
    ]
    for names, ids in known:
        rows = Counted.objects.filter(measure__in=names).exclude(subject_id__in=ids)
        _put(names, sorted(set(rows.values_list("subject_id", flat=True))), [])


@transaction.atomic
def refold() -> None:
    """Make the sums from what was counted, whatever they were."""
    _alone()
    Delta.objects.all().delete()
    DailyFact.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO insights_dailyfact ({_COLUMNS}, n, amount)
            SELECT {_COLUMNS}, count(*), sum(amount) FROM insights_counted GROUP BY {_COLUMNS}"""  # noqa: S608
        )


# --- Comparing ------------------------------------------------------------------------------------


class Wrong(NamedTuple):
    """A lead or deal whose kept rows are not what it adds."""

    subject: int
    kept: list[Mark]
    right: list[Mark]


def wrong_leads(ids: Sequence[int]) -> Iterator[Wrong]:
    """Those of these leads that are counted wrongly."""
    return _wrong(OF_LEADS, ids, measures.of_leads)


def wrong_deals(ids: Sequence[int]) -> Iterator[Wrong]:
    """The same of deals."""
    return _wrong(OF_DEALS, ids, measures.of_deals)


def _wrong(
    names: Sequence[str],
    ids: Sequence[int],
    count: Callable[[Iterable[int], Rules], Iterable[Mark]],
) -> Iterator[Wrong]:
    kept: dict[int, list[Mark]] = {}
    right: dict[int, list[Mark]] = {}
    for _pk, mark in _kept(names, ids):
        kept.setdefault(mark.subject, []).append(mark)
    for mark in count(ids, Rules.current()):
        right.setdefault(mark.subject, []).append(mark)
    for pk in ids:
        one, other = sorted(kept.get(pk, [])), sorted(right.get(pk, []))
        if one != other:
            yield Wrong(pk, one, other)


_UNEQUAL = f"""
SELECT count(*) FROM (
    SELECT {_COLUMNS}, sum(n) AS n, sum(amount) AS amount
    FROM (SELECT {_COLUMNS}, n, amount FROM insights_dailyfact
          UNION ALL SELECT {_COLUMNS}, n, amount FROM insights_delta
          UNION ALL SELECT {_COLUMNS}, -1, -amount FROM insights_counted) every
    GROUP BY {_COLUMNS}) sums
WHERE n <> 0 OR amount <> 0
"""  # noqa: S608 - constants of this module


def wrong_sums() -> int:
    """How many sums of a day differ from what was counted."""
    with connection.cursor() as cursor:
        cursor.execute(_UNEQUAL)
        return int(cursor.fetchone()[0])
