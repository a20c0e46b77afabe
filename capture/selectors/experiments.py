"""What an A/B test found so far: people, goals reached, and how far chance alone explains the gap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat, Upper

from capture.models import Form, LandingPage
from capture.selectors.numbers import Share
from leadflow.experiments.models import Experiment, Variant
from leadflow.kit import stats

ENOUGH = 200  # under so many people of a variant no word is said about it
_SEEN = {"form": "capture_formview", "page": "capture_pageview"}
_COLUMN = {"form": "variant_id", "page": "page_variant_id"}
# An answer meets its opening by the random id of the page; on a landing page any of its forms may be it.
_SENT = {
    "form": "s.form_id = v.form_id AND s.client_submission_id = v.key",
    "page": "s.page_id = v.page_id AND s.client_submission_id = v.key",
}
_IN_TIME = """EXISTS (SELECT FROM leadflow_leadcycle c WHERE c.lead_id = s.lead_id
  AND c.{moment} >= s.received_at AND c.{moment} < s.received_at + %(days)s * interval '1 day')"""
_REACHED = {
    Experiment.Goal.SENT: "s.id IS NOT NULL",
    Experiment.Goal.CLICK: "v.clicked_at IS NOT NULL",
    Experiment.Goal.LEAD: "s.lead_id IS NOT NULL",
    Experiment.Goal.MQL: _IN_TIME.format(moment="mql_at"),
    Experiment.Goal.WON: _IN_TIME.format(moment="customer_at"),
}
_PEOPLE = """
SELECT v.variant_id, count(DISTINCT v.person), count(DISTINCT v.person) FILTER (WHERE {reached})
FROM {seen} v LEFT JOIN capture_submission s ON {sent} AND s.state NOT IN ('quarantined', 'trashed')
WHERE v.variant_id = ANY(%(variants)s) GROUP BY v.variant_id
"""
_ANSWERS = """
SELECT {column}, count(*) FROM capture_submission
WHERE {column} = ANY(%(variants)s) AND state NOT IN ('quarantined', 'trashed') GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Result:
    """One variant: how many people saw it, how many of them reached the goal, and the gap to A."""

    variant: Variant
    reached: Share
    answers: int
    difference: float | None  # this rate less that of A; None for A itself
    gap: tuple[float, float] | None  # what the true difference may be
    is_enough: bool  # whether there are people enough, here and in A, to say a word

    @property
    def is_chance(self) -> bool:
        """Whether no difference at all is among what may be true."""
        return self.gap is not None and self.gap[0] <= 0 <= self.gap[1]

    @property
    def is_better(self) -> bool:
        """Whether all that may be true lies above A."""
        return self.gap is not None and self.gap[0] > 0


def results_of(experiment: Experiment) -> Sequence[Result]:
    """What each variant brought, A first; two queries beside the variants."""
    rows = list(experiment.variants.defer("draft").order_by("key"))
    told: dict[str, Any] = {"variants": [row.pk for row in rows], "days": experiment.goal_days}
    kind = experiment.kind
    people = _PEOPLE.format(
        reached=_REACHED[Experiment.Goal(experiment.goal)], seen=_SEEN[kind], sent=_SENT[kind]
    )
    with connection.cursor() as cursor:
        cursor.execute(people, told)
        seen = {pk: (all_, reached) for pk, all_, reached in cursor.fetchall()}
        cursor.execute(_ANSWERS.format(column=_COLUMN[kind]), told)
        answers = dict(cursor.fetchall())
    shares = [Share(seen.get(row.pk, (0, 0))[1], seen.get(row.pk, (0, 0))[0]) for row in rows]
    return [
        _result(row, share, shares[0], answers.get(row.pk, 0))
        for row, share in zip(rows, shares, strict=True)
    ]


def _result(row: Variant, share: Share, control: Share, answers: int) -> Result:
    is_enough = min(share.of, control.of) >= ENOUGH
    if row.is_control or share.value is None or control.value is None:
        return Result(row, share, answers, None, None, is_enough)
    gap = stats.newcombe((control.count, control.of), (share.count, share.of))
    return Result(row, share, answers, share.value - control.value, gap, is_enough)


def days_running(experiment: Experiment, at: datetime) -> int:
    """Whole days since its start, until its end."""
    if experiment.started_at is None:
        return 0
    return ((experiment.stopped_at or at) - experiment.started_at).days


def of_document(kind: str, subject_id: int) -> list[Experiment]:
    """All of a form or a page, newest first."""
    rows = Experiment.objects.filter(kind=kind, subject_id=subject_id)
    return list(rows.select_related("winner", "started_by", "stopped_by").defer("winner__draft"))


def choices() -> list[tuple[str, str]]:
    """The variants by which answers can be filtered, newest first: the document's name, then A or B."""
    named = {
        kind: Subquery(
            model._default_manager.filter(pk=OuterRef("experiment__subject_id")).values("name")[:1],
            output_field=CharField(),
        )
        for kind, model in (("form", Form), ("page", LandingPage))
    }
    rows = Variant.objects.exclude(experiment__state=Experiment.State.DRAFT)
    rows = rows.annotate(
        words=Concat(_either(named), Value(": "), Upper("key"), output_field=CharField())
    )
    found = rows.order_by("-experiment_id", "key").values_list("pk", "words")[:200]
    return [(str(pk), words) for pk, words in found]


def _either(named: Mapping[str, Any]) -> Any:
    """The name of the form, or of the page: numbers of both overlap, so the kind decides."""
    return Coalesce(
        Case(
            *(When(experiment__kind=kind, then=name) for kind, name in named.items()),
            output_field=CharField(),
        ),
        Value("?"),
    )


def shown_as(values: list[str]) -> Q:
    """The answers of people who saw one of these variants, of a form or of the page around it."""
    pks = [int(value) for value in values]
    return Q(variant__in=pks) | Q(page_variant__in=pks)
