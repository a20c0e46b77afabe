"""Objections as pages read them, and how the answers of the playbook did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from leadflow.kit.stats import wilson
from leadflow.models import Lead
from leadflow.people.models import User
from pipeline.models import Deal, Objection, ObjectionAnswer, ObjectionKind
from pipeline.selectors import outcomes
from pipeline.selectors.alike import ENOUGH

WINDOW = timedelta(days=365)
State = Objection.State

# What a number counts: objections, or the deals on which they were raised.
PARTS: dict[str, Q] = {
    "heard": Q(),
    "settled": ~Q(state=State.OPEN),
    "resolved": Q(state=State.RESOLVED),
    **outcomes.PARTS,
}


@dataclass(frozen=True)
class Result:
    """How an answer, or all that was said to a kind of objection, did."""

    heard: int = 0
    settled: int = 0
    resolved: int = 0
    closed: int = 0
    won: int = 0

    @property
    def rate(self) -> float | None:
        """Resolved of settled; None while there are too few to say a word."""
        return self.resolved / self.settled if self.settled >= ENOUGH else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true rate lies."""
        return wilson(self.resolved, self.settled)

    @property
    def win_rate(self) -> float | None:
        """Won of closed deals; None while there are too few."""
        return self.won / self.closed if self.closed >= ENOUGH else None

    @property
    def missing(self) -> int:
        """How many settled ones are still needed before a rate is told."""
        return max(ENOUGH - self.settled, 0)


@dataclass
class Play:
    """One kind of objection in the playbook: its answers, each with how it did."""

    kind: ObjectionKind
    result: Result
    answers: list[tuple[ObjectionAnswer, Result]] = field(default_factory=list)
    own: Result = field(default_factory=Result)  # answered in words of one's own, or not at all


def counted(at: datetime) -> QuerySet[Objection]:
    """What the numbers are made of: the last year's, on deals and people that are still there."""
    return Objection.objects.filter(outcomes.THERE, raised_at__gt=at - WINDOW, raised_at__lte=at)


def results(at: datetime) -> dict[tuple[int, int | None], Result]:
    """How each answer did, by kind and answer (none: in words of one's own), in one statement.

    Everybody's objections count: the sums name nobody.
    """
    rows: Any = counted(at).order_by().values("kind", "answer").annotate(**outcomes.counts(PARTS))
    return {(row["kind"], row["answer"]): _result(row) for row in rows}


def by_kind(at: datetime) -> dict[int, Result]:
    """The same of each kind, whatever was answered; deals that had two answers count once."""
    rows: Any = counted(at).order_by().values("kind").annotate(**outcomes.counts(PARTS))
    return {row["kind"]: _result(row) for row in rows}


def _result(row: Mapping[str, int]) -> Result:
    return Result(**{name: row[name] for name in PARTS})


def playbook(at: datetime) -> list[Play]:
    """Every kind of objection in use, its answers by how well they worked, then those not tried enough."""
    each, whole = results(at), by_kind(at)
    plays = {
        kind.pk: Play(kind, whole.get(kind.pk, Result()), own=each.get((kind.pk, None), Result()))
        for kind in ObjectionKind.objects.filter(is_active=True)
    }
    for answer in answers():
        if answer.kind_id in plays:
            result = each.get((answer.kind_id, answer.pk), Result())
            plays[answer.kind_id].answers.append((answer, result))
    for play in plays.values():
        play.answers.sort(key=lambda pair: pair[1].rate or 0, reverse=True)
    return list(plays.values())


def answers(kind: ObjectionKind | None = None) -> QuerySet[ObjectionAnswer]:
    """The approved answers that are offered."""
    rows = ObjectionAnswer.objects.filter(is_active=True, kind__is_active=True)
    rows = rows.filter(kind=kind) if kind else rows
    return rows.select_related("kind", "item")


def best_answer(kind: ObjectionKind, at: datetime) -> tuple[ObjectionAnswer, float | None] | None:
    """The answer that settled most of them, else the first of the playbook with None; None without one."""
    offered = list(answers(kind))
    told = results(at) if offered else {}
    rated = [(one, told.get((kind.pk, one.pk), Result()).rate) for one in offered]
    return max(rated, key=lambda pair: pair[1] or 0.0, default=None)


def kinds(used: int | None = None) -> QuerySet[ObjectionKind]:
    """The kinds that are offered, and the one in use."""
    return ObjectionKind.objects.filter(Q(is_active=True) | Q(pk=used))


def behind(
    user: User, at: datetime, *, kind: int, answer: int | None, has_answer: bool, part: str
) -> tuple[QuerySet[Any], int]:
    """The rows behind a number that she may see, and how many more there are."""
    rows = counted(at).filter(PARTS[part], kind=kind)
    if has_answer:
        rows = rows.filter(answer=answer)
    if part in outcomes.OF_DEALS:
        return outcomes.deals_behind(rows, user)
    mine_too = rows.filter(pk__in=Objection.objects.visible_to(user).order_by().values("pk"))
    hidden = rows.count() - mine_too.count()
    return mine_too.select_related("deal", "lead", "answer", "stage", "raised_by"), hidden


# --- on a record ----------------------------------------------------------------------------------


def _told(rows: QuerySet[Objection]) -> list[Objection]:
    found = rows.select_related("kind", "answer", "item", "deal", "lead", "stage", "raised_by")
    # open ones first: they wait for an answer
    return sorted(found.order_by("-raised_at", "-pk"), key=lambda one: one.state != State.OPEN)


def of_deal(deal: Deal) -> list[Objection]:
    """Those of a deal, and what its person said before there was one; the open ones first."""
    return _told(Objection.objects.filter(outcomes.on_deal(deal)))


def of_lead(lead: Lead, user: User) -> list[Objection]:
    """Those of a person and of her deals, as far as the reader sees them."""
    about = Q(lead=lead) | Q(deal__lead=lead)
    return _told(Objection.objects.visible_to(user).filter(about))


def to_lose_over(deal: Deal) -> QuerySet[Objection]:
    """What a deal can be lost over: what was raised on it and not resolved."""
    rows = Objection.objects.filter(deal=deal).exclude(state=State.RESOLVED)
    return rows.select_related("kind").order_by("-raised_at", "-pk")


def words_of(rows: Iterable[Objection]) -> list[dict[str, Any]]:
    """Objections as rows of a person's own file."""
    return [
        {"objection": row.kind.name, "words": row.words, "answer": row.own_words,
         "raised_at": row.raised_at, "state": row.state}
        for row in rows
    ]  # fmt: skip
