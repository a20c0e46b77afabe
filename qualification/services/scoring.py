"""Computing scores: set-based, idempotent, and speaking up only when something changes.

The facts are the truth. `EngagementSum` keeps each lead's running sums so that time alone (a crossing,
the nightly sweep) needs no facts; `LeadScore` is what everybody reads.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.conditions import records
from leadflow.conditions.language import matches
from leadflow.conditions.zone import here
from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.kit import clock
from leadflow.models import Engagement, EngagementSum, Lead, LeadScore, LeadStage, Origin
from leadflow.models.stages import ORDER
from leadflow.rulesets.models import Decision, RuleVersion
from leadflow.runs.models import Run
from leadflow.services import leads as lead_services
from qualification import rules
from qualification.models import BantAnswer
from qualification.services.models import Compiled, compiled, live

BATCH = 2_000
CHANGEOVER = "score.changeover"  # the run that scores everybody, after a publishing or at night


@dataclass(frozen=True)
class Known:
    """What is known of the leads of a batch, by lead id."""

    matched: dict[int, frozenset[str]]
    sums: dict[int, dict[rules.Key, float]]
    bant: dict[int, dict[str, str]]
    asked: dict[int, str]  # the form on which she raised her hand, by its name


@transaction.atomic(savepoint=False)
def rescore(
    lead_ids: Iterable[int],
    *,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
    fold: bool = True,
    quiet: bool = False,
    when: Mapping[int | None, datetime] | None = None,
) -> int:
    """Score these leads with the live version; returns how many scores changed.

    `fold` reads the facts anew and keeps their sums; without it the kept sums are trusted. Records
    `score.changed` where the cell changed, `lead.qualified` and `lead.cooled` at the threshold.
    With `quiet` nothing happened to the lead herself: a crossing that a new version causes is kept as
    a decision and starts nothing, unless whoever published it wanted those leads offered, or the
    sequences that wait for such a change to start. `when` dates the crossings of leads for whom it
    happened before `at`.
    """
    version = live()
    if version is None:
        return 0
    at = at or clock.now()
    ready = compiled(version)
    ids = sorted(set(lead_ids))
    hush = publishing_of(version) if quiet else LOUD
    dated = _Dated(at, when or {})
    return sum(
        _batch(ready, ids[start : start + BATCH], dated, origin, fold, hush)
        for start in range(0, len(ids), BATCH)
    )


@dataclass(frozen=True)
class _Dated:
    """The moment of a scoring, and when it happened to single leads before it."""

    at: datetime
    when: Mapping[int | None, datetime]

    def of(self, lead_id: int) -> datetime:
        """When what is scored happened to this lead."""
        return self.when.get(lead_id, self.at)


@dataclass(frozen=True)
class Hush:
    """What a publishing by itself must not start."""

    offers: bool
    sequences: bool


LOUD = Hush(offers=False, sequences=False)


def publishing_of(version: RuleVersion) -> Hush:
    """What whoever published the version left unticked."""
    runs = Run.objects.filter(kind=CHANGEOVER, args__version=version.pk).order_by("-pk")
    chosen = runs.values_list("args", flat=True).first() or {}
    return Hush(offers=not chosen.get("offer"), sequences=not chosen.get("enrol"))


def _batch(
    ready: Compiled, ids: list[int], dated: _Dated, origin: str, fold: bool, hush: Hush
) -> int:
    at = dated.at
    before = {
        row.lead_id: row
        for row in LeadScore.objects.select_for_update().filter(lead__in=ids).order_by("lead_id")
    }
    people = {lead.pk: lead for lead in Lead.objects.living().filter(pk__in=before)}
    foreign = {pk for pk, row in before.items() if row.version != ready.version.pk}
    # sums that another version kept follow its rules, not these
    known = _known(ready, list(people), at, fold or bool(foreign))
    since = qualified_since(ready.version, people.values())
    changed: list[LeadScore] = []
    news: list[_News] = []
    for pk, lead in people.items():
        state = state_of(known, pk, since.get(pk))
        verdict = rules.decide(ready.model, state, at)
        row = _row(before[pk], verdict, ready, state, at)
        if row is not None:
            changed.append(row)
            was = since.get(pk) is not None
            quiet = hush if pk in foreign else LOUD
            asked = known.asked.get(pk, "")
            news.append(_News(lead, before[pk], row, verdict, was, asked, quiet))
    lead_services.set_scores(changed)
    _tell(news, ready, dated, origin)
    return len(changed)


def state_of(known: Known, pk: int, since: datetime | None) -> rules.State:
    """One lead of a batch as the decision sees it."""
    return rules.State(
        matched=known.matched.get(pk, frozenset()),
        sums=known.sums.get(pk, {}),
        bant=rules.bant_score(known.bant.get(pk, {})),
        asked=pk in known.asked,
        qualified_since=since,
    )


def _known(ready: Compiled, ids: list[int], at: datetime, fold: bool) -> Known:
    return Known(
        matched=matched_by(ready, ids, at),
        sums=_fold(ready.model, ids) if fold else _kept(ids),
        bant=bant_of(ids),
        asked=_asked(ready.model, ids),
    )


def looked_up(ready: Compiled, ids: list[int], at: datetime) -> Known:
    """What a version that need not be live would read of these leads; keeps nothing."""
    return Known(
        matched=matched_by(ready, ids, at),
        sums=sums_from_facts(ready.model, ids),
        bant=bant_of(ids),
        asked=_asked(ready.model, ids),
    )


def matched_by(ready: Compiled, ids: Sequence[int], at: datetime) -> dict[int, frozenset[str]]:
    """Per lead, the names of the attribute rules and gates that match, in a few queries."""
    rows, at = Lead.objects.filter(pk__in=ids), here(at)
    known = records.load(rows, ready.conditions.values(), at=at)
    return {
        pk: frozenset(
            name
            for name, when in ready.conditions.items()
            if matches(when, one.values, at=at, events=one.events)
        )
        for pk, one in known.items()
    }


def facts_of(ids: Sequence[int], *, until: datetime | None = None) -> dict[int, list[rules.Fact]]:
    """What humans did, per lead; machines and doubtful opens count nothing."""
    rows = Engagement.objects.filter(lead__in=ids, actor_class=Engagement.Actor.HUMAN)
    if until is not None:
        rows = rows.filter(occurred_at__lte=until)
    found: dict[int, list[rules.Fact]] = defaultdict(list)
    columns = (
        "lead_id", "pk", "kind", "occurred_at", "topic", "label", "source_type", "source_id",
        "provider", "confidence",
    )  # fmt: skip
    for lead_id, pk, kind, when, topic, label, source, number, *said in rows.values_list(*columns):
        fact = rules.Fact(pk, kind, when, topic, label, f"{source}:{number}", *said)
        found[lead_id].append(fact)
    return found


def sums_from_facts(model: rules.Model, ids: Sequence[int]) -> dict[int, dict[rules.Key, float]]:
    """The running sums as the facts say they are; `recompute --check` compares."""
    return {pk: rules.sums_of(model.events, facts) for pk, facts in facts_of(ids).items()}


def _fold(model: rules.Model, ids: list[int]) -> dict[int, dict[rules.Key, float]]:
    sums = sums_from_facts(model, ids)
    rows = [
        EngagementSum(lead_id=pk, group=group, half_life_days=half_life, total=total)
        for pk, per_key in sums.items()
        for (group, half_life), total in per_key.items()
    ]
    kept = EngagementSum.objects.filter(lead__in=ids)
    stale = [
        pk
        for pk, lead_id, group, half_life in kept.values_list(
            "pk", "lead_id", "group", "half_life_days"
        )
        if (group, half_life) not in sums.get(lead_id, {})
    ]
    EngagementSum.objects.filter(pk__in=stale).delete()
    EngagementSum.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["lead", "group", "half_life_days"],
        update_fields=["total"],
    )
    return sums


def _kept(ids: list[int]) -> dict[int, dict[rules.Key, float]]:
    found: dict[int, dict[rules.Key, float]] = defaultdict(dict)
    rows = EngagementSum.objects.filter(lead__in=ids)
    for pk, group, half_life, total in rows.values_list(
        "lead_id", "group", "half_life_days", "total"
    ):
        found[pk][(group, half_life)] = total
    return found


def bant_of(ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Per lead, the values of the four letters in her latest cycle."""
    rows = (
        BantAnswer.objects.filter(lead__in=ids)
        .order_by("lead_id", "letter", "-cycle__number")
        .distinct("lead_id", "letter")
    )
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for pk, letter, value in rows.values_list("lead_id", "letter", "value"):
        found[pk][letter] = value
    return found


def _asked(model: rules.Model, ids: list[int]) -> dict[int, str]:
    if not model.hand_raise:
        return {}
    rows = Engagement.objects.filter(
        lead__in=ids, kind="form.submitted", topic__in=model.hand_raise
    )
    return dict(rows.order_by("occurred_at").values_list("lead_id", "label"))


def qualified_since(version: RuleVersion, people: Iterable[Lead]) -> dict[int, datetime]:
    """Per lead that a rule qualified: since when. Accepted leads never fall out by decay."""
    rows = (
        Decision.objects.filter(lead__in=[p.pk for p in people], version__rule_set=version.rule_set)
        .order_by("lead_id", "-at", "-pk")
        .distinct("lead_id")
        .values_list("lead_id", "outcome", "at")
    )
    return {pk: at for pk, outcome, at in rows if outcome == "qualified"}


def _row(
    before: LeadScore, verdict: rules.Verdict, ready: Compiled, state: rules.State, at: datetime
) -> LeadScore | None:
    """The new row, or None where nothing that people see or wait for changed."""
    row = LeadScore(
        lead_id=before.lead_id,
        fit=verdict.fit,
        engagement=verdict.engagement,
        bant=verdict.bant,
        grade=verdict.grade,
        band=verdict.band,
        cell=verdict.cell,
        priority=verdict.priority,
        version=ready.version.pk,
        revision=before.revision + 1,
        next_crossing_at=rules.next_crossing(ready.model, state, at),
        scored_at=at,
    )
    same = all(
        abs(getattr(row, name) - getattr(before, name)) < 1e-6
        for name in ("fit", "engagement", "bant")
    )
    unchanged = same and (row.cell, row.version) == (before.cell, before.version)
    return None if unchanged and before.scored_at else row


@dataclass(frozen=True)
class _News:
    """What a rescore changed for one lead."""

    lead: Lead
    before: LeadScore
    after: LeadScore
    verdict: rules.Verdict
    was_qualified: bool
    asked: str = ""  # the form on which she raised her hand
    hush: Hush = LOUD  # where the publishing of a version caused it, not the lead

    @property
    def crossed(self) -> str:
        """ "qualified", "cooled" or nothing."""
        early = ORDER[self.lead.stage] <= ORDER[LeadStage.MQL] and not self.lead.disposition
        if self.verdict.qualifies and not self.was_qualified and early:
            return "qualified"
        return "cooled" if self.was_qualified and not self.verdict.qualifies and early else ""

    @property
    def is_told(self) -> bool:
        """Whether a crossing is a fact that others react to."""
        return not self.hush.offers or (self.crossed == "cooled" and not self.hush.sequences)


_KINDS = {"qualified": Kind.LEAD_QUALIFIED, "cooled": Kind.LEAD_COOLED}


def _tell(news: list[_News], ready: Compiled, dated: _Dated, origin: str) -> None:
    moved = [n for n in news if n.before.cell != n.after.cell]
    record_many(
        Kind.SCORE_CHANGED,
        [n.lead.pk for n in moved],
        data=[_data(n, ready) for n in moved],
        at=dated.at,
        origin=origin,
    )
    for outcome, kind in _KINDS.items():
        rows = [n for n in news if n.crossed == outcome]
        Decision.objects.bulk_create(
            [_decision(n, ready, outcome, dated.of(n.lead.pk)) for n in rows], ignore_conflicts=True
        )
        told: dict[datetime, list[_News]] = defaultdict(list)
        for one in rows:
            if one.is_told:
                told[dated.of(one.lead.pk)].append(one)
        for at, some in sorted(told.items()):
            record_many(
                kind,
                [n.lead.pk for n in some],
                data=[_data(n, ready) | _reason(n, ready) for n in some],
                at=at,
                origin=origin,
            )


def _data(news: _News, ready: Compiled) -> dict[str, Any]:
    data = {"from": news.before.cell, "to": news.after.cell, "version": ready.version.number}
    return data | {"by_publishing": True} if news.hush.sequences else data


def _reason(news: _News, ready: Compiled) -> dict[str, str]:
    """Why she qualified, where it is not the square in which she stands."""
    if news.crossed != "qualified" or news.after.cell in ready.model.cells or not news.asked:
        return {}
    return {"reason": _("sent the form “%(name)s”") % {"name": news.asked}}


def _decision(news: _News, ready: Compiled, outcome: str, at: datetime) -> Decision:
    return Decision(
        lead=news.lead,
        version=ready.version,
        revision=news.after.revision,
        outcome=outcome,
        trace={
            "cell": news.after.cell,
            "fit": round(news.after.fit, 3),
            "engagement": round(news.after.engagement, 3),
            "bant": news.after.bant,
            "failed_gates": list(news.verdict.failed_gates),
            "by_publishing": news.hush.offers,
        },
        at=at,
    )


def rescore_due(*, at: datetime | None = None, limit: int = 5_000) -> int:
    """Score the leads whose decay crosses a line about now; the kept sums suffice."""
    at = at or clock.now()
    due = LeadScore.objects.filter(next_crossing_at__lte=at).order_by("next_crossing_at")
    ids = due.values_list("lead_id", flat=True)[:limit]
    return rescore(ids, at=at, fold=False, quiet=True)


def rescore_all(*, at: datetime | None = None, origin: str = Origin.LIVE) -> int:
    """Score every living lead now, in slices by id."""
    last, changed = 0, 0
    while ids := slice_after(last):
        changed += rescore(ids, at=at, origin=origin, quiet=True)
        last = ids[-1]
    return changed


def slice_after(last: int, size: int = BATCH) -> list[int]:
    """The next living leads by id."""
    rows = Lead.objects.living().filter(pk__gt=last).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:size])
