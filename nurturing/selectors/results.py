"""What came of a sequence: per step, per branch, and against those who were held back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from leadflow.kit import stats
from leadflow.mail.models import COUNTED, Delivery
from leadflow.people.models import User
from nurturing import rules
from nurturing.models import Enrolment, Reason, Sequence, StepDone, WayChosen
from nurturing.selectors import outcomes
from nurturing.selectors.outcomes import Mails, Rate

HORIZON = timedelta(days=30)  # a goal counts for the effect within so long after entering
_ROWS = f"""
SELECT sd.step AS place, e.lead_id, sd.delivery_id, coalesce(nullif(d.purpose, ''), 'marketing') AS purpose,
    sd.at, e.goal_at
FROM {StepDone._meta.db_table} sd JOIN {Enrolment._meta.db_table} e ON e.id = sd.enrolment_id
JOIN {Delivery._meta.db_table} d ON d.id = sd.delivery_id
WHERE e.sequence_id = %(sequence)s AND sd.delivery_id IS NOT NULL AND sd.at >= %(since)s
"""  # noqa: S608  names of tables only
EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def mails(sequence: Sequence, *, since: datetime | None = None) -> dict[str, Mails]:
    """The numbers of each mail of a sequence that was handed over since, by the id of its step."""
    return outcomes.count(_ROWS, {"sequence": sequence.pk, "since": since or EVER})


@dataclass(frozen=True)
class Taken:
    """How many took a step, how many of each branch, and how many mails were left out of it."""

    taken: int = 0
    ways: tuple[tuple[str, int], ...] = ()
    left_out: int = 0


def taken(sequence: Sequence, *, since: datetime | None = None) -> dict[str, Taken]:
    """The people who took each step, by its id, in one statement."""
    rows = StepDone.objects.filter(enrolment__sequence=sequence, at__gte=since or EVER)
    counted = rows.order_by().values("step", "way")
    counted = counted.annotate(n=Count("pk"), out=Count("pk", filter=~Q(reason="")))
    found: dict[str, Taken] = {}
    for row in counted:
        one = found.get(row["step"], Taken())
        ways = (*one.ways, (row["way"], row["n"])) if row["way"] else one.ways
        found[row["step"]] = Taken(one.taken + row["n"], ways, one.left_out + row["out"])
    return found


def behind(
    sequence: Sequence, user: User, *, step: str, what: str, since: datetime | None = None
) -> QuerySet[StepDone]:
    """The rows behind a number of a step, as far as the user may see their people, the newest first."""
    visible = Enrolment.objects.visible_to(user).filter(sequence=sequence)
    rows = StepDone.objects.filter(enrolment__in=visible, step=step, at__gte=since or EVER)
    rows = rows.select_related("enrolment__lead", "delivery").order_by("-id")
    if what == "taken":
        return rows
    if what == "left_out":
        return rows.exclude(reason="")
    rows = rows.filter(delivery__state__in=COUNTED)
    if what == "goal":
        return rows.filter(enrolment__goal_at__gte=F("at"))
    purpose = Coalesce(NullIf(OuterRef("delivery__purpose"), Value("")), Value("marketing"))
    told = outcomes.with_facts(rows, lead="enrolment__lead", purpose=purpose)
    return told.filter(outcomes.BEHIND[what])


# --- The whole --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Effect:
    """The goal among those who were written to against those who were held back; both old enough."""

    written_to: Rate
    held_back: Rate
    young: int  # entered too lately to be judged

    @property
    def gap(self) -> float | None:
        """The difference of the shares; None where one of them is empty."""
        one, other = self.written_to.share, self.held_back.share
        return None if one is None or other is None else one - other

    @property
    def interval(self) -> tuple[float, float] | None:
        """From and to of the difference (95 %)."""
        if self.gap is None:
            return None
        held, wrote = self.held_back, self.written_to
        return stats.newcombe((held.part, held.whole), (wrote.part, wrote.whole))

    @property
    def may_be_chance(self) -> bool:
        """Whether the interval holds 0."""
        return self.interval is None or self.interval[0] <= 0 <= self.interval[1]


def effect(sequence: Sequence, *, at: datetime) -> Effect:
    """The goal within 30 days of entering, in one statement; each person counts once, by her first walk."""
    rows = Enrolment.objects.filter(sequence=sequence, run_no=1).order_by()
    held = Q(state=Enrolment.State.HELD_BACK)
    old = Q(enrolled_at__lte=at - HORIZON)
    met = Q(goal_at__lte=F("enrolled_at") + HORIZON)
    found = rows.aggregate(
        wrote=Count("pk", filter=~held & old),
        wrote_met=Count("pk", filter=~held & old & met),
        held=Count("pk", filter=held & old),
        held_met=Count("pk", filter=held & old & met),
        young=Count("pk", filter=~old),
    )
    return Effect(
        Rate(found["wrote_met"], found["wrote"]),
        Rate(found["held_met"], found["held"]),
        found["young"],
    )


@dataclass(frozen=True)
class Walks:
    """How those who entered stand: the parts add up to all of them."""

    entered: int
    inside: int
    goal: int
    finished: int
    left: int
    held_back: int
    replied: int


def walks(sequence: Sequence, *, since: datetime | None = None) -> Walks:
    """The walks that began since, in one statement."""
    rows = Enrolment.objects.filter(sequence=sequence, enrolled_at__gte=since or EVER).order_by()
    state = Enrolment.State
    inside = [state.PENDING, state.ACTIVE, state.WAITING, state.PAUSED]
    out = [state.EXITED, state.SUPPRESSED, state.FAILED]
    found = rows.aggregate(
        entered=Count("pk"),
        inside=Count("pk", filter=Q(state__in=inside)),
        goal=Count("pk", filter=Q(state=state.GOAL_MET)),
        finished=Count("pk", filter=Q(state=state.FINISHED)),
        left=Count("pk", filter=Q(state__in=out)),
        held_back=Count("pk", filter=Q(state=state.HELD_BACK)),
        replied=Count("pk", filter=Q(reason=Reason.REPLIED)),
    )
    return Walks(**found)


# --- Ways side by side ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WayResult:
    """One way of a split: who went it, what its mails did, and how many of them met the goal."""

    way: str
    share: int
    people: int
    goal: Rate
    mails: Mails
    has_won: bool

    @property
    def clicked(self) -> Rate:
        """Of the delivered."""
        return self.mails.rate("clicked")

    @property
    def replied(self) -> Rate:
        """Of the delivered."""
        return self.mails.rate("replied")


@dataclass(frozen=True)
class SplitResult:
    """A split with its ways, and how the comparison stands."""

    step: rules.Step
    ways: list[WayResult]
    chosen: WayChosen | None


def splits(
    sequence: Sequence, document: dict[str, Any], numbers: dict[str, Mails]
) -> list[SplitResult]:
    """Each split of a version with its ways side by side, over all time: two statements for all of them."""
    tree = rules.Tree(document["steps"])
    asked = [one.step for one in tree.places.values() if one.step["type"] == "split"]
    if not asked:
        return []
    ids = [str(step["id"]) for step in asked]
    went = StepDone.objects.filter(enrolment__sequence=sequence, step__in=ids).order_by()
    counted = went.values("step", "way").annotate(
        people=Count("pk"), goal=Count("pk", filter=Q(enrolment__goal_at__gte=F("at")))
    )
    found = {(row["step"], row["way"]): (row["people"], row["goal"]) for row in counted}
    chosen = {one.step: one for one in WayChosen.objects.filter(sequence=sequence, step__in=ids)}
    return [_split(step, tree, found, chosen.get(str(step["id"])), numbers) for step in asked]


def _split(
    step: rules.Step,
    tree: rules.Tree,
    found: dict[tuple[str, str], tuple[int, int]],
    chosen: WayChosen | None,
    numbers: dict[str, Mails],
) -> SplitResult:
    step_id, ways = str(step["id"]), []
    for way in step["ways"]:
        way_id = str(way["id"])
        people, goal = found.get((step_id, way_id), (0, 0))
        on_it = [
            numbers[one_id]
            for one_id, place in tree.places.items()
            if (step_id, way_id) in place.path and one_id in numbers
        ]
        ways.append(
            WayResult(
                way_id,
                int(way["share"]),
                people,
                Rate(goal, people),
                outcomes.total(on_it),
                chosen is not None and chosen.way == way_id,
            )
        )
    return SplitResult(step, ways, chosen)
