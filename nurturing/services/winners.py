"""Ending the comparison of a split: after its hours, and once enough people went each way, one look decides.

Whoever comes later goes the way that won. Where no way was clearly better, that is written down too, and
the shares stay.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Count, F, Func, Min, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from leadflow.kit import clock
from leadflow.mail.models import COUNTED, InboundMail
from leadflow.models import Engagement
from leadflow.rulesets import selectors as rulesets
from nurturing import rules
from nurturing.models import Sequence, StepDone, WayChosen
from nurturing.rules import Step, choosing


@dataclass(frozen=True)
class Compared:
    """How the ways of a split do: (people to whom it worked, people it was tried on) by way."""

    tallies: Mapping[str, choosing.Tally]
    began_at: datetime | None


def decide_due(*, at: datetime | None = None, counted: Collection[str] = COUNTED) -> int:
    """Look at every split of a running sequence whose time has come; how many were decided.

    `counted`: the states of a mail that was tried on somebody.
    """
    at = at or clock.now()
    running = Sequence.objects.running().select_related("rule_set").order_by("pk")
    return sum(
        _decide(sequence, step, at, counted) for sequence in running for step in _open(sequence)
    )


def _open(sequence: Sequence) -> Iterator[Step]:
    """The splits of the version that people enter by which look for a winner and have none yet."""
    version = rulesets.current(sequence.rule_set)
    if version is None:
        return
    wanted = [one for one in rules.all_steps(version.document["steps"]) if one.get("winner")]
    if not wanted:
        return
    decided = set(WayChosen.objects.filter(sequence=sequence).values_list("step", flat=True))
    yield from (step for step in wanted if step["id"] not in decided)


@transaction.atomic
def _decide(sequence: Sequence, step: Step, at: datetime, counted: Collection[str]) -> bool:
    asked = step["winner"]
    found = compare(sequence, step, counted=counted)
    hours, least = int(asked["after_hours"]), int(asked["least"])
    if not choosing.may_decide(found.tallies, found.began_at, hours, least, at):
        return False
    figures = {way: {"good": good, "sent": sent} for way, (good, sent) in found.tallies.items()}
    row, is_new = WayChosen.objects.get_or_create(
        sequence=sequence,
        step=step["id"],
        defaults={
            "way": choosing.winner(found.tallies), "by_what": asked["by"], "figures": figures,
            "at": at,
        },
    )  # fmt: skip
    return is_new and row.pk is not None


def compare(sequence: Sequence, step: Step, *, counted: Collection[str] = COUNTED) -> Compared:
    """How its ways do so far, by what it looks for a winner by; without that, by confirmed clicks."""
    went = StepDone.objects.filter(enrolment__sequence=sequence, step=step["id"])
    by = (step.get("winner") or {}).get("by", "clicks")
    tallies = {
        way: _tally(went.filter(way=way), inner, by, counted) for way, inner in rules.branches(step)
    }
    return Compared(tallies, went.aggregate(first=Min("at"))["first"])


def _tally(
    went: QuerySet[StepDone], inner: Any, by: str, counted: Collection[str]
) -> choosing.Tally:
    """People who went that way and got a mail on it (all who went, where it has none), and those of them
    to whom it worked."""
    mails = [str(step["id"]) for step in rules.all_steps(inner) if step["type"] == "email"]
    walks = went.values("enrolment")
    if not mails:
        tried, good = Q(), Q(enrolment__goal_at__isnull=False)
        rows = went
    else:
        rows = StepDone.objects.filter(enrolment__in=walks, step__in=mails)
        tried, good = Q(delivery__state__in=counted), worked(rows, by, lead="enrolment__lead")
    people = rows.aggregate(
        tried=Count("enrolment", filter=tried, distinct=True),
        good=Count("enrolment", filter=tried & good, distinct=True),
    )
    return people["good"], people["tried"]


def worked(rows: QuerySet[Any], by: str, *, lead: str) -> Q:
    """Which of these rows with a `delivery` it worked for; `lead` is the way from a row to its person."""
    match by:
        case "goal":
            return Q(enrolment__goal_at__isnull=False)
        case "replies":
            answers = InboundMail.objects.filter(kind=InboundMail.Kind.REPLY)
            return Q(
                delivery__in=answers.filter(delivery__in=rows.values("delivery")).values("delivery")
            )
    number = Func(F("source_id"), Value(":"), Value(1), function="split_part")
    clicks = Engagement.objects.filter(
        kind="mail.clicked",
        source_type="delivery",
        actor_class=Engagement.Actor.HUMAN,
        lead__in=rows.values(lead),
    ).annotate(clicked_in=Cast(number, BigIntegerField()))
    return Q(delivery__in=clicks.values("clicked_in"))


def words_of(chosen: WayChosen, step: Step) -> str:
    """What is said of a comparison that has ended."""
    if not chosen.way:
        return _("No clear winner: the shares stay.")
    ids = [way for way, _steps in rules.branches(step)]
    letter = "ABCD"[ids.index(chosen.way)] if chosen.way in ids else "?"
    return _("Way %(way)s won: whoever comes now goes it.") % {"way": letter}
