"""What publishing a draft would do: who enters of those who match, who does not and why, when mails leave.

The same judge decides as when people really enter. Few people are counted one by one; of many a sample is,
which says so, until somebody asks for the exact count (a run).
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Func, IntegerField, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from leadflow.runs import registry
from leadflow.runs import services as runs
from leadflow.runs.models import Run
from leadflow.runs.working import Work
from leadflow.segments.models import SegmentMember
from nurturing import rules
from nurturing.models import Broadcast, Enrolment, Reason, Recipient, Sequence
from nurturing.services import documents, offering
from nurturing.services.eligibility import judge, sent_lately
from nurturing.services.foreseeing import Ground

KIND = "sequence-check"
LOOKED_AT = 3_000  # people whom a page judges itself; more are a sample
MOST_COUNTED = 100_000
BATCH = 1_000
LATELY = timedelta(days=30)  # how far back who came by a fact is looked for
NOON = 13  # the hour that parts a day in the calendar
_BY_FACT: dict[str, dict[str, str]] = {
    "cooled": {"kind": Kind.LEAD_COOLED},
    "recycled": {"kind": Kind.LEAD_RECYCLED},
    "deal_lost": {"kind": Kind.DEAL_LOST},
    "customer_won": {"kind": Kind.CUSTOMER_WON},
    "meeting_missed": {"kind": Kind.MEETING_MISSED},
    **{
        did.replace(".", "_"): {"kind": Kind.ENGAGEMENT_RECORDED, "data__kind": did}
        for did in ("event.registered", "event.attended", "event.missed", "trial.begun")
    },
}


# --- Who matches ----------------------------------------------------------------------------------------


def matching(document: Mapping[str, Any], at: datetime) -> QuerySet[Any, Any] | None:
    """The ids of the leads that match the trigger by now: the members of its segment, else those to whom
    it happened within 30 days. None for a sequence that people are only put into by hand."""
    trigger = documents.trigger_of(document)
    kind, _sep, ref = trigger.partition(":")
    if kind == "segment":
        stays = SegmentMember.objects.current().filter(segment=int(ref or 0), entered_at__lte=at)
        return stays.order_by().values_list("lead", flat=True)
    facts = Event.objects.filter(occurred_at__gte=at - LATELY, occurred_at__lte=at)
    if kind == "form":
        facts = facts.filter(kind=Kind.LEAD_CAPTURED, data__via=trigger)
    elif kind in _BY_FACT:
        facts = facts.filter(**_BY_FACT[kind])
    else:
        return None
    named = facts.exclude(lead_id=None).order_by().values_list("lead_id", flat=True)
    return named.distinct()


def is_by_segment(document: Mapping[str, Any]) -> bool:
    """Whether people match by where they are now, not by what happened to them."""
    return documents.trigger_of(document).startswith("segment:")


def _only(found: QuerySet[Any, Any], user: User | None, permission: str) -> QuerySet[Lead]:
    leads = Lead.objects.filter(pk__in=found)
    return leads.filter(pk__in=Lead.objects.visible_to(user, permission)) if user else leads


def existing(
    document: Mapping[str, Any], at: datetime, *, user: User | None
) -> QuerySet[Lead] | None:
    """The people whom a publisher may let in beside those to come, as far as she may."""
    found = matching(document, at)
    return None if found is None else _only(found, user, "sequence.enrol")


# --- Counting -------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was found so far; adds up over batches, and is kept as JSON between them."""

    looked: int = 0
    entering: int = 0
    held: int = 0  # of those entering, held back to compare
    left_out: Counter[str] = field(default_factory=Counter)
    calendar: Counter[str] = field(
        default_factory=Counter
    )  # "2026-12-01 09": first mails, their time
    no_mail: int = 0
    crowded: int = 0
    others: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(
        default_factory=Counter
    )  # by offer: who would newly get it, at most

    def as_json(self) -> dict[str, Any]:
        """For a checkpoint or a result."""
        return dict(vars(self))

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Tally":
        """From a checkpoint or a result."""
        made = cls(**{key: value for key, value in told.items() if key in cls().as_json()})
        made.left_out, made.calendar = Counter(made.left_out), Counter(made.calendar)
        made.others, made.codes = Counter(made.others), Counter(made.codes)
        return made

    @property
    def reasons(self) -> list[tuple[Reason, int]]:
        """Why people are left out, in the order of checking."""
        return [(one, self.left_out[one]) for one in Reason if self.left_out[one]]


@dataclass(frozen=True)
class Forecast:
    """What the page tells; where `is_sample`, the figures are scaled up from those looked at."""

    matches: int
    is_capped: bool
    is_sample: bool
    tally: Tally
    at: datetime

    def scaled(self, count: int) -> int:
        """A count of the tally as one of all who match."""
        if not self.is_sample or not self.tally.looked:
            return count
        return round(count * self.matches / self.tally.looked)

    @property
    def entering(self) -> int:
        """How many would enter."""
        return self.scaled(self.tally.entering)

    @property
    def left_out(self) -> list[tuple[Reason, int]]:
        """Why the others would not, in the order of checking."""
        return [(reason, self.scaled(n)) for reason, n in self.tally.reasons]

    @property
    def held(self) -> int:
        """How many of those would be held back to compare."""
        return self.scaled(self.tally.held)

    @property
    def codes(self) -> dict[int, int]:
        """How many at most would newly get each offer that its mails name."""
        return {int(pk): self.scaled(n) for pk, n in self.tally.codes.items()}

    @property
    def crowded(self) -> int:
        """How many would reach the most mails of a week."""
        return self.scaled(self.tally.crowded)


class Forecaster:
    """Judges batch after batch of people, as of a moment."""

    def __init__(self, sequence: Sequence, version: RuleVersion, at: datetime) -> None:
        self.sequence, self.version, self.at = sequence, version, at
        self.ground = Ground(sequence, version.document, at)
        steps = rules.all_steps(version.document["steps"])
        self.offers = offering.named_by(step for step in steps if step["type"] == "email")
        self._step_types: dict[int, dict[str, str]] = {}

    def take(self, tally: Tally, lead_ids: Collection[int]) -> None:
        """Count a batch."""
        verdict = judge(self.sequence, self.version, lead_ids, self.at)
        tally.looked += len(set(lead_ids))
        tally.entering += len(verdict.runs)
        tally.left_out.update(str(reason) for reason in verdict.refused.values())
        tally.held += len(verdict.held)
        walks = self.walks(set(verdict.runs) - verdict.held)
        for walk, hours in walks.values():
            first = next(iter(rules.mails_in(walk)), None)
            if first is None:
                tally.no_mail += 1
            else:
                local = first.at.astimezone(ZoneInfo(hours))
                tally.calendar[local.strftime("%Y-%m-%d %H")] += 1
        crowded, others = self.crowd(walks)
        tally.codes.update(
            {str(pk): n for pk, n in offering.wanted_by(self.offers, list(walks)).items()}
        )
        tally.crowded += len(crowded)
        tally.others.update(others)

    def walks(self, lead_ids: Collection[int]) -> dict[int, tuple[list[rules.Foreseen], str]]:
        """(their walk as far as the first mail and the first week, the zone of their clocks)."""
        known = self.ground.known(lead_ids)
        found = {}
        for pk, one in known.items():
            walk = self.ground.walk(one, within=rules.WEEK)
            if not rules.mails_in(walk):
                walk = self.ground.walk(one, mails=1)
            found[pk] = walk, one.hours.zone
        return found

    def crowd(
        self, walks: Mapping[int, tuple[list[rules.Foreseen], str]]
    ) -> tuple[set[int], Counter[str]]:
        """(who would reach the most mails of a week, the names of what else writes to them)."""
        if self.ground.is_sales:
            return set(), Counter()
        coming, sent = self._coming(walks), sent_lately(list(walks), self.at)
        most = dict(self.ground.caps)[rules.WEEK]
        crowded, others = set(), Counter[str]()
        for pk, (walk, _zone) in walks.items():
            own = [one.at for one in rules.mails_in(walk) if one.at - self.at <= rules.WEEK]
            theirs = coming.get(pk, [])
            moments = [*own, *sent.get(pk, []), *(moment for moment, _name in theirs)]
            if own and len(moments) > len(own) and rules.most_in_a_week(moments) >= most:
                crowded.add(pk)
                others.update({name for _moment, name in theirs})
        return crowded, others

    def _coming(self, lead_ids: Collection[int]) -> dict[int, list[tuple[datetime, str]]]:
        """What other sequences and broadcasts are about to write to these people within a week."""
        until = self.at + rules.WEEK
        found: dict[int, list[tuple[datetime, str]]] = {}
        waiting = Recipient.objects.waiting().filter(lead__in=lead_ids, due_at__lte=until)
        waiting = waiting.filter(broadcast__in=Broadcast.objects.going())
        for pk, due_at, name in waiting.values_list("lead", "due_at", "broadcast__name"):
            found.setdefault(pk, []).append((due_at or self.at, name))
        walks = Enrolment.objects.moving().filter(lead__in=lead_ids, due_at__lte=until)
        walks = walks.exclude(sequence=self.sequence)
        for pk, due_at, version, step, name in walks.values_list(
            "lead", "due_at", "version", "step", "sequence__name"
        ):
            if self._types(version).get(step) == "email":
                found.setdefault(pk, []).append((due_at or self.at, name))
        return found

    def _types(self, version_id: int) -> dict[str, str]:
        if version_id not in self._step_types:
            document = RuleVersion.objects.get(pk=version_id).document
            steps = rules.all_steps(document["steps"])
            self._step_types[version_id] = {str(one["id"]): one["type"] for one in steps}
        return self._step_types[version_id]


def forecast(
    sequence: Sequence, version: RuleVersion, *, user: User | None, at: datetime
) -> Forecast | None:
    """What publishing this version now would mean for the people who match; None where people are only
    put in by hand. Judges at most some thousands: of more a sample, chosen by their ids alone."""
    found = existing(version.document, at, user=user)
    if found is None:
        return None
    matches = found.order_by()[: MOST_COUNTED + 1].count()
    is_sample = matches > LOOKED_AT
    rows = _sampled(found, matches) if is_sample else found
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[: LOOKED_AT * 2])
    tally, judge_of = Tally(), Forecaster(sequence, version, at)
    for some in _parts(ids):
        judge_of.take(tally, some)
    return Forecast(min(matches, MOST_COUNTED), matches > MOST_COUNTED, is_sample, tally, at)


def some_entering(
    sequence: Sequence, version: RuleVersion, *, user: User, at: datetime
) -> list[int]:
    """Some of those who would enter now, from wherever in the ids."""
    found = existing(version.document, at, user=user)
    if found is None:
        return []
    rows = _sampled(found, found.order_by()[: MOST_COUNTED + 1].count())
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return list(judge(sequence, version, ids, at).runs)


def _sampled(rows: QuerySet[Lead], matches: int) -> QuerySet[Lead]:
    """About so many of them as a page judges, evenly whatever their ids mean."""
    mask = 0
    while matches / (mask + 1) > LOOKED_AT:
        mask = mask * 2 + 1
    dealt = Func(F("pk"), function="hashint8", output_field=IntegerField())
    return rows.annotate(dealt=dealt).annotate(lot=F("dealt").bitand(mask)).filter(lot=0)


def _parts(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


@dataclass(frozen=True)
class Behind:
    """The people behind a number: those found, and where to look on (None: nobody else)."""

    leads: list[Lead]
    further: int | None = None


def behind(
    sequence: Sequence,
    version: RuleVersion,
    *,
    user: User,
    at: datetime,
    view: str,
    after: int,
    most: int,
    batches: int = 4,
) -> Behind:
    """Who enters ("entering"), who is crowded ("crowded"), or who is left out for a reason, from an id
    on; looks through a few batches at a time."""
    found = existing(version.document, at, user=user)
    if found is None:
        return Behind([])
    judge_of = Forecaster(sequence, version, at)
    ids: list[int] = []
    for _batch in range(batches):
        batch = list(found.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not batch:
            return Behind(_leads(ids))
        hits = sorted(_hits(judge_of, batch, view))
        ids += hits
        if len(ids) > most:
            return Behind(_leads(ids[:most]), ids[most - 1])
        after = batch[-1]
    return Behind(_leads(ids), after)


def _hits(judge_of: Forecaster, batch: list[int], view: str) -> Collection[int]:
    verdict = judge(judge_of.sequence, judge_of.version, batch, judge_of.at)
    if view == "entering":
        return list(verdict.runs)
    if view == "crowded":
        return judge_of.crowd(judge_of.walks(set(verdict.runs) - verdict.held))[0]
    return [pk for pk, reason in verdict.refused.items() if reason == view]


def _leads(ids: list[int]) -> list[Lead]:
    rows = Lead.objects.in_bulk(ids)
    return [rows[pk] for pk in ids if pk in rows]


# --- The exact count of many ------------------------------------------------------------------------------


def count_all(sequence: Sequence, version: RuleVersion, *, by: User) -> Run:
    """Count everybody, in a run. Raises Conflict where that is being done already."""
    args = {"sequence": sequence.pk, "version": version.pk, "hash": version.hash}
    return runs.start(KIND, args, by=by, key=f"{KIND}:{sequence.pk}")


def counted(sequence: Sequence, version: RuleVersion) -> Run | None:
    """The newest count of the draft as it stands now, done or under way."""
    rows = Run.objects.filter(kind=KIND, args__sequence=sequence.pk, args__hash=version.hash)
    return rows.exclude(state__in=[Run.State.CANCELLED]).order_by("-pk").first()


def forecast_of(run: Run) -> Forecast:
    """What a finished count found."""
    tally = Tally.read(run.result["tally"])
    at = run.finished_at or run.created_at
    return Forecast(tally.looked, False, False, tally, at)


def work(work: Work) -> dict[str, Any]:
    """The run: batch after batch, each with its figures in the checkpoint."""
    sequence = Sequence.objects.get(pk=work.args["sequence"])
    version = RuleVersion.objects.get(pk=work.args["version"])
    if version.hash != work.args["hash"]:
        raise Conflict(_("The draft was changed in the meantime. Count it once more."))
    at = clock.now()
    found = existing(version.document, at, user=work.asker)
    if found is None:
        return {"sequence": sequence.pk, "tally": Tally().as_json()}
    work.expect(found.count())
    judge_of = Forecaster(sequence, version, at)
    while True:
        after = int(work.checkpoint.get("after", 0))
        tally = Tally.read(work.checkpoint.get("tally", {}))
        ids = list(found.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            return {"sequence": sequence.pk, "tally": tally.as_json()}
        with work.chunk() as chunk:
            judge_of.take(tally, ids)
            chunk.by, chunk.checkpoint = len(ids), {"after": ids[-1], "tally": tally.as_json()}


def install() -> None:
    """Make the kind of run known; called once by apps.py."""
    registry.register(
        registry.RunKind(
            KIND,
            lazy("Count before publishing"),
            work,
            result_url=lambda args: f"/sequences/{args['sequence']}/check/",
        )
    )
