"""The historical probability of each stage: counted anew each night from what came of its deals."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from leadflow.conditions.zone import here
from leadflow.events.kinds import Kind
from leadflow.kit import clock
from leadflow.runs import registry, services
from leadflow.runs.models import Run
from leadflow.runs.working import Work
from pipeline import rules
from pipeline.models import Deal, Pipeline, StageKind
from pipeline.services.deals.locking import raise_boards

KIND = "pipeline.count_chances"
SINCE = timedelta(days=365)
_STEPS = [Kind.DEAL_OPENED, Kind.DEAL_MOVED, Kind.DEAL_REOPENED, Kind.DEAL_WON, Kind.DEAL_LOST]

# One pass over the stage facts of a year. A move that was taken back was no coming, and taking it back
# is none either; deals in the trash, and losses that are nobody's, are left out.
_COUNT = """
WITH steps AS (
    SELECT subject_id AS deal_id, (data->>'stage')::bigint AS stage_id,
           coalesce((data->>'is_undo')::boolean, false) AS is_undo,
           lead(coalesce((data->>'is_undo')::boolean, false), 1, false)
               OVER (PARTITION BY subject_id ORDER BY occurred_at, id) AS was_undone
    FROM events_event
    WHERE subject_type = %(deal)s AND kind = ANY(%(kinds)s)
      AND occurred_at > %(since)s AND occurred_at <= %(at)s
), came AS (
    SELECT DISTINCT deal_id, stage_id FROM steps WHERE NOT is_undo AND NOT was_undone
), counted AS (
    SELECT came.stage_id, count(*) AS decided, count(*) FILTER (WHERE deal.status = 'won') AS won
    FROM came
    JOIN pipeline_deal deal ON deal.id = came.deal_id
    LEFT JOIN pipeline_lostreason reason ON reason.id = deal.lost_reason_id
    WHERE deal.deleted_at IS NULL
      AND (deal.status = 'won' OR (deal.status = 'lost' AND coalesce(reason.counts, true)))
    GROUP BY came.stage_id
)
UPDATE pipeline_pipelinestage stage
SET decided = coalesce(counted.decided, 0), decided_won = coalesce(counted.won, 0),
    historical = round(
        (100 * coalesce(counted.won, 0) + %(shrink)s * stage.probability)::numeric
        / (coalesce(counted.decided, 0) + %(shrink)s), 1),
    historical_at = %(at)s
FROM pipeline_pipelinestage every LEFT JOIN counted ON counted.stage_id = every.id
WHERE every.id = stage.id AND stage.kind = %(open)s
"""


@transaction.atomic
def recompute(*, at: datetime | None = None) -> int:
    """Count, for each open stage, how many of the deals that came to it in the last 365 days are won and
    lost by now, and its historical probability from that (`rules.shrunk`); how many stages.

    Boards that count it are told that they changed.
    """
    at = at or clock.now()
    chosen = Pipeline.objects.filter(probability_source=Pipeline.Source.HISTORICAL)
    raise_boards(chosen.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "deal": Deal._meta.label_lower, "kinds": [kind.value for kind in _STEPS],
                "since": at - SINCE, "at": at, "shrink": rules.SHRINK, "open": StageKind.OPEN.value,
            },
        )  # fmt: skip
        return int(cursor.rowcount)


def begin_once_a_night(at: datetime) -> Run | None:
    """Begin the night's count, unless today's has begun already or the night is not over midnight."""
    return services.start_nightly(KIND, local=here(at))


def work(work: Work) -> Mapping[str, Any]:
    """All stages in one statement."""
    with work.chunk() as chunk:
        chunk.by = recompute()
    return {"stages": chunk.by}


def install() -> None:
    """Make the run known; called once by apps.py."""
    registry.register(registry.RunKind(KIND, _("Count what came of deals"), work, heavy=False))
