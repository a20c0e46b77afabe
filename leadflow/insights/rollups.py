"""Keeping the sums of the numbers: counted when a fact comes in, folded into days, rebuilt, compared.

A fact only says which leads and deals to look at. What they add is read from their rows, held against
what they added before, and the difference is appended; so a fact that comes twice, late or out of order
changes nothing, and a merge, an edit or a restored row need no code of their own.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from leadflow.insights import counting, measures
from leadflow.insights.counting import Query
from leadflow.insights.measures import COLUMNS, OF_DEALS, OF_LEADS, STEP, TOOK, Mark, Rules
from leadflow.insights.models import Counted, DailyFact, Delta, RollupState
from leadflow.models import Lead
from pipeline import selectors as pipeline

LOCK = 0x0F01D  # any number that nobody else of this database locks
SLICE = 10_000


def _alone() -> None:
    """One counts at a time until the transaction ends: two that compare the same row add it twice."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")  # takes seconds to compile what counts in less
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


class Subjects(NamedTuple):
    """Which leads or deals, as a condition on the column that holds their keys."""

    lookup: str
    keys: Sequence[int]

    @classmethod
    def these(cls, ids: Iterable[int]) -> "Subjects":
        return cls("in", sorted(set(ids)))

    @classmethod
    def between(cls, first: int, last: int) -> "Subjects":
        """Both included."""
        return cls("range", (first, last))

    def by(self, column: str) -> Q:
        return Q((f"{column}__{self.lookup}", self.keys))


def take_in(*, leads: Iterable[int] = (), deals: Iterable[int] = ()) -> None:
    """Count these leads and deals anew."""
    _count(Subjects.these(leads), Subjects.these(deals))


@transaction.atomic
def _count(leads: Subjects | None, deals: Subjects | None) -> None:
    rules = Rules.current()
    _alone()
    if leads and leads.keys:
        _put(_kept(OF_LEADS, leads), counting.of_leads(leads.by("pk"), rules))
    if deals and deals.keys:
        _put(_kept(OF_DEALS, deals), counting.of_deals(deals.by("pk"), rules))


def _kept(names: Sequence[str], subjects: Subjects) -> "QuerySet[Any, Any]":
    rows = Counted.objects.filter(subjects.by("subject_id"), measure__in=names)
    return rows.values_list(*COLUMNS)


_SUM = "measure, day, source_id, owner_id, team_id, detail"
_ROW = ", ".join(COLUMNS)


def _cells(rows: str, sign: int = 1) -> str:
    """What counted rows add to the sums: each to that of its measure, a duration to that of its step."""
    return f"""
    SELECT {_SUM}, {sign} AS n, {sign} * amount AS amount FROM {rows}
    UNION ALL SELECT '{TOOK}' || measure, day, NULL, NULL, NULL, {STEP}::bigint,
        {sign}, {sign} * round(seconds::numeric, 4)
    FROM {rows} WHERE seconds >= 0 AND day IS NOT NULL"""  # noqa: S608 - names of this module


# EXCEPT takes two nulls for the same. A row that only changed is written over: were it deleted and put in
# again by one statement, the order of the two would be anybody's guess.
_PUT = f"""
WITH due ({_ROW}) AS MATERIALIZED ([due]),
kept ({_ROW}) AS MATERIALIZED ([kept]),
new AS MATERIALIZED (SELECT * FROM due EXCEPT SELECT * FROM kept),
gone AS MATERIALIZED (SELECT * FROM kept EXCEPT SELECT * FROM due),
dropped AS (
    DELETE FROM insights_counted c USING gone
    WHERE (c.measure, c.subject_id) = (gone.measure, gone.subject_id)
        AND NOT EXISTS (SELECT FROM new WHERE (new.measure, new.subject_id) = (c.measure, c.subject_id))),
put AS (
    INSERT INTO insights_counted ({_ROW}) SELECT * FROM new
    ON CONFLICT (measure, subject_id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])})
INSERT INTO insights_delta ({_SUM}, n, amount)
SELECT {_SUM}, sum(n), sum(amount) FROM ({_cells("new")} UNION ALL {_cells("gone", -1)}) changes
GROUP BY {_SUM} HAVING sum(n) <> 0 OR sum(amount) <> 0
"""  # noqa: S608 - constants of this module


def _put(kept: "QuerySet[Any, Any]", due: Query) -> None:
    """Make the kept rows what is due, and append the difference, one row for each sum that it changes."""
    was = Query(*kept.query.sql_with_params())
    statement = _PUT.replace("[due]", due.sql).replace("[kept]", was.sql)
    with connection.cursor() as cursor:
        cursor.execute(statement, (*due.params, *was.params))


_FOLD = f"""
WITH taken AS (DELETE FROM insights_delta RETURNING {_SUM}, n, amount)
INSERT INTO insights_dailyfact AS kept ({_SUM}, n, amount)
SELECT {_SUM}, sum(n), sum(amount) FROM taken GROUP BY {_SUM}
ON CONFLICT ({_SUM}) DO UPDATE SET n = kept.n + excluded.n, amount = kept.amount + excluded.amount
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


class Kept(NamedTuple):
    """Whether the sums are those of today's rules, and whether they hold anything."""

    is_ready: bool
    has_any: bool


def kept(scope: Q, rules: Rules) -> Kept:
    """How the sums of a scope stand."""
    counted = Counted.objects.filter(scope)
    rows = RollupState.objects.filter(pk=1).values_list("rules", Exists(counted))
    made_by, has_any = rows.first() or ("", counted.exists())
    return Kept(made_by == rules.name, has_any)


def tick(seconds: float = 20) -> None:
    """Go on with a count of everything that is due, follow our own addresses, and fold."""
    catch_up(seconds)
    take_in(leads=_turned())
    fold()


def _turned() -> list[int]:
    """Leads whose address became that of somebody who works here, or stopped being one."""
    known = Q(pk__in=Counted.objects.filter(measure=measures.STAFF).values("subject_id"))
    now = Q(email__in=measures.staff())
    counted = Lead.objects.filter(measures.counted_leads()).order_by().values_list("pk", flat=True)
    # two questions that begin with the few: as one, every lead would be read at each tick
    return list(counted.filter(now & ~known).union(counted.filter(known & ~now))[:SLICE])


def catch_up(seconds: float | None = None) -> bool:
    """Count on until everything is counted by today's rules, or `seconds` are over; whether it is."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while not is_ready():
        if not _one_slice() or (deadline is not None and time.monotonic() > deadline):
            return is_ready()
    return True


@transaction.atomic
def rebuild() -> None:
    """Count every lead and deal anew in one go, and make the sums from what was counted.

    Nothing else is counted meanwhile. `catch_up` does the same beside the work of the day.
    """
    RollupState.objects.get_or_create(pk=1)
    RollupState.objects.select_for_update().get(pk=1)
    _alone()
    rules, everybody = Rules.current(), Q(pk__isnull=False)
    Counted.objects.all().delete()
    with connection.cursor() as cursor:
        for due in (counting.of_leads(everybody, rules), counting.of_deals(everybody, rules)):
            cursor.execute(f"INSERT INTO insights_counted ({_ROW}) {due.sql}", due.params)
    RollupState.objects.update(rules=rules.name, making="", leads_through=0, deals_through=0)
    refold()


@transaction.atomic
def _one_slice() -> bool:
    """Count the next slice; False where another process is at it."""
    RollupState.objects.get_or_create(pk=1)
    state = RollupState.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if state is None:
        return False
    rules = Rules.current()
    if state.making != rules.name:
        state.making, state.leads_through, state.deals_through = rules.name, 0, 0
    later = Lead.objects.filter(pk__gt=state.leads_through).order_by("pk")
    if leads := list(later.values_list("pk", flat=True)[:SLICE]):
        _count(Subjects.between(state.leads_through + 1, leads[-1]), None)
        state.leads_through = leads[-1]
    elif deals := pipeline.deal_ids(after=state.deals_through, limit=SLICE):
        _count(None, Subjects.between(state.deals_through + 1, deals[-1]))
        state.deals_through = deals[-1]
    else:
        _drop_strangers()
        state.rules = rules.name
    state.save()
    return True


def _drop_strangers() -> None:
    """Take out what leads and deals added that are gone from the database: by now they add nothing."""
    take_in(
        leads=_without(OF_LEADS, Lead.objects.all()),
        deals=_without(OF_DEALS, pipeline.living_deals()),
    )


def _without(names: Sequence[str], living: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
    """The subjects of these measures that are not among the living."""
    rows = Counted.objects.filter(
        ~Exists(living.filter(pk=OuterRef("subject_id"))), measure__in=names
    )
    return rows.values_list("subject_id", flat=True).distinct()


@transaction.atomic
def refold() -> None:
    """Make the sums from what was counted, whatever they were."""
    _alone()
    Delta.objects.all().delete()
    DailyFact.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO insights_dailyfact ({_SUM}, n, amount)
            SELECT {_SUM}, sum(n), sum(amount) FROM ({_cells("insights_counted")}) every
            GROUP BY {_SUM}"""  # noqa: S608
        )


# --- Comparing ------------------------------------------------------------------------------------


class Wrong(NamedTuple):
    """A lead or deal whose kept rows are not what it adds."""

    subject: int
    kept: list[Mark]
    right: list[Mark]


def wrong_leads(ids: Sequence[int]) -> Iterator[Wrong]:
    """Those of these leads that are counted wrongly."""
    these = Subjects.these(ids)
    if these.keys:
        due = counting.of_leads(these.by("pk"), Rules.current())
        yield from _wrong(these.keys, _kept(OF_LEADS, these), due)


def wrong_deals(ids: Sequence[int]) -> Iterator[Wrong]:
    """The same of deals."""
    these = Subjects.these(ids)
    if these.keys:
        due = counting.of_deals(these.by("pk"), Rules.current())
        yield from _wrong(these.keys, _kept(OF_DEALS, these), due)


def _wrong(ids: Sequence[int], was: "QuerySet[Any, Any]", due: Query) -> Iterator[Wrong]:
    kept: dict[int, list[Mark]] = {}
    right: dict[int, list[Mark]] = {}
    for row in was:
        kept.setdefault(row[1], []).append(Mark(*row))
    for mark in due.marks():
        right.setdefault(mark.subject, []).append(mark)
    for pk in ids:
        one, other = sorted(kept.get(pk, [])), sorted(right.get(pk, []))
        if one != other:
            yield Wrong(pk, one, other)


_UNEQUAL = f"""
SELECT count(*) FROM (
    SELECT {_SUM}, sum(n) AS n, sum(amount) AS amount
    FROM (SELECT {_SUM}, n, amount FROM insights_dailyfact
          UNION ALL SELECT {_SUM}, n, amount FROM insights_delta
          UNION ALL {_cells("insights_counted", -1)}) every
    GROUP BY {_SUM}) sums
WHERE n <> 0 OR amount <> 0
"""  # noqa: S608 - constants of this module


def wrong_sums() -> int:
    """How many sums of a day differ from what was counted."""
    with connection.cursor() as cursor:
        cursor.execute(_UNEQUAL)
        return int(cursor.fetchone()[0])
