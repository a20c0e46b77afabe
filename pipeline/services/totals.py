"""Column totals, kept in step with every change so that no board ever counts its deals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import add, sub

from django.db import connection, transaction

from pipeline.models import Deal, Pipeline, StageKind, StageTotal

Key = tuple[int, int | None, int | None]  # stage, owner, team


@dataclass(frozen=True)
class Share:
    """What some deals put into one row of the totals."""

    deals: int = 0
    uncounted: int = 0
    amount: Decimal = Decimal(0)
    typed_amount: Decimal = Decimal(0)
    typed_weight: Decimal = Decimal(0)

    def parts(self) -> tuple[int, int, Decimal, Decimal, Decimal]:
        """In the order of the columns."""
        return self.deals, self.uncounted, self.amount, self.typed_amount, self.typed_weight

    def __add__(self, other: "Share") -> "Share":
        return Share(*map(add, self.parts(), other.parts()))

    def __sub__(self, other: "Share") -> "Share":
        return Share(*map(sub, self.parts(), other.parts()))


NOTHING = Share()
_COLUMNS = [field.name for field in fields(Share)]


def share_of(deal: Deal) -> Share:
    """What one open deal adds to its column."""
    amount = deal.base_amount
    if amount is None:
        return Share(deals=1, uncounted=1)
    if deal.probability is None:
        return Share(deals=1, amount=amount)
    return Share(1, 0, amount, amount, amount * deal.probability / 100)


def shares(deals: Iterable[Deal]) -> dict[Key, Share]:
    """The totals that these deals make; closed and trashed ones make none."""
    found: dict[Key, Share] = {}
    for deal in deals:
        if deal.status == StageKind.OPEN and deal.deleted_at is None:
            key = (deal.stage_id, deal.owner_id, deal.team_id)
            found[key] = found.get(key, NOTHING) + share_of(deal)
    return found


def apply(before: Mapping[Key, Share], after: Mapping[Key, Share]) -> None:
    """Add the difference to the stored totals; the caller holds the board's lock."""
    changes = {key: after.get(key, NOTHING) - before.get(key, NOTHING) for key in {*before, *after}}
    rows = [(*key, *share.parts()) for key, share in changes.items() if share != NOTHING]
    if not rows:
        return
    table = StageTotal._meta.db_table
    sums = ", ".join(f"{name} = {table}.{name} + EXCLUDED.{name}" for name in _COLUMNS)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} (stage_id, owner_id, team_id, {', '.join(_COLUMNS)}) "  # noqa: S608 - names of our own columns
            f"VALUES (%s, %s, %s, %s, %s, %s, %s, %s) "
            f"ON CONFLICT (stage_id, owner_id, team_id) DO UPDATE SET {sums}",
            rows,
        )


@transaction.atomic
def rebuild(pipeline: Pipeline) -> int:
    """Count a pipeline's totals anew; returns how many rows were wrong (`recompute --check`)."""
    pipeline.revision.__class__.objects.select_for_update().get(pk=pipeline.pk)
    deals = Deal.objects.living().open().filter(pipeline=pipeline)
    right = shares(deals.iterator(chunk_size=5_000))
    stored = {
        (row.stage_id, row.owner_id, row.team_id): Share(*(getattr(row, n) for n in _COLUMNS))
        for row in StageTotal.objects.filter(stage__pipeline=pipeline)
    }
    wrong = sum(right.get(k, NOTHING) != stored.get(k, NOTHING) for k in {*right, *stored})
    apply(stored, right)
    StageTotal.objects.filter(stage__pipeline=pipeline, deals=0).delete()
    return wrong
