"""What a file tells of somebody's past: when she reached each stage, how it ended, who had her since when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.history import changes
from leadflow.models import Disposition, Lead, LeadStage
from leadflow.models.stages import ORDER, STAMP
from leadflow.people.models import User

Step = tuple[str, datetime]  # a stage, and when it was reached
ENDED: Mapping[str, tuple[str, Kind]] = {
    Disposition.DISQUALIFIED: ("disqualified_at", Kind.LEAD_DISQUALIFIED),
    Disposition.RECYCLED: ("recycled_at", Kind.LEAD_RECYCLED),
}


@dataclass(frozen=True, kw_only=True)
class Past:
    """What is known of the time before she came here; empty for somebody new."""

    reached: Mapping[str, datetime] = field(default_factory=dict)  # stage -> when
    outcome: str = ""  # of Disposition
    ended_at: datetime | None = None
    reason: str = ""
    owned_at: datetime | None = None

    def began(self, at: datetime) -> datetime:
        """When she became known: at `at`, or on an earlier day that the file names."""
        others = (one for one in (self.ended_at, self.owned_at) if one)
        return min([at, *self.reached.values(), *others])

    def stage(self, told: str) -> str:
        """Where she stands: as the file says, else the furthest stage that it dates."""
        return told or max(self.reached, key=ORDER.__getitem__, default=LeadStage.LEAD)

    def steps(self, stage: str, at: datetime) -> list[Step]:
        """Each stage with its moment, in order of time; the first is where she began.

        A stage without a day of its own counts from the last day that the file names.
        """
        if not self.reached:
            return [(stage, at)]
        subscribed = LeadStage.SUBSCRIBER in (stage, *self.reached)
        known = {LeadStage.SUBSCRIBER if subscribed else LeadStage.LEAD: at, **self.reached}
        known.setdefault(LeadStage(stage), max(known.values()))
        return sorted(known.items(), key=lambda step: (step[1], ORDER[step[0]]))


@dataclass(frozen=True)
class Course:
    """A new lead with the way that she came."""

    lead: Lead
    past: Past
    steps: Sequence[Step]

    @classmethod
    def of(cls, lead: Lead, past: Past, told: str, at: datetime) -> "Course":
        """Puts on a lead that is about to be stored where she stands, and since when."""
        began, stage = past.began(at), past.stage(told)
        course = cls(lead, past, past.steps(stage, began))
        lead.created_at, lead.stage = began, stage
        lead.stage_since = dict(course.steps)[stage]
        lead.furthest_stage = max((one for one, _at in course.steps), key=ORDER.__getitem__)
        lead.disposition = past.outcome
        return course

    @property
    def ended_at(self) -> datetime:
        """When she left the road; on the last day that is known where the file names none."""
        return self.past.ended_at or self.steps[-1][1]

    @property
    def stamps(self) -> dict[str, Any]:
        """The columns of her cycle."""
        found: dict[str, Any] = {STAMP[stage]: at for stage, at in self.steps}
        if self.past.outcome:
            found |= {ENDED[self.past.outcome][0]: self.ended_at, "reason": self.past.reason}
        return found


def tell(courses: Sequence[Course], *, by: User | None, via: str, origin: str) -> None:
    """Record each step and end as a fact of its own time, and write the history that it makes."""
    for place in range(1, max((len(one.steps) for one in courses), default=0)):
        walked = [one for one in courses if len(one.steps) > place]
        _tell_step(walked, place, by, via, origin)
    for outcome, (_stamp, kind) in ENDED.items():
        left = [one for one in courses if one.past.outcome == outcome]
        record_many(
            kind, [one.lead.pk for one in left], by=by, at=[one.ended_at for one in left],
            data=[{"reason": one.past.reason} for one in left], origin=origin,
        )  # fmt: skip
        _remember([(one.lead, {"disposition": ("", outcome)}, one.ended_at) for one in left], by)
    _remember(
        [
            (one.lead, {"owner": (None, one.lead.owner_id), "team": (None, one.lead.team_id)}, at)
            for one in courses
            if one.lead.owner_id and (at := one.past.owned_at)
        ],
        by,
    )


def _tell_step(
    courses: Sequence[Course], place: int, by: User | None, via: str, origin: str
) -> None:
    moves = [(one.lead, one.steps[place - 1][0], *one.steps[place]) for one in courses]
    record_many(
        Kind.LEAD_ADVANCED, [lead.pk for lead, *_step in moves], by=by,
        data=[{"from": was, "to": now, "reason": via} for _lead, was, now, _at in moves],
        at=[at for *_step, at in moves], origin=origin,
    )  # fmt: skip
    _remember([(lead, {"stage": (was, now)}, at) for lead, was, now, at in moves], by)


def _remember(
    edits: Sequence[tuple[Lead, Mapping[str, tuple[Any, Any]], datetime]], by: User | None
) -> None:
    changes.record_many(
        (
            (lead, {k: was for k, (was, _) in pairs.items()}, {k: now for k, (_, now) in pairs.items()})
            for lead, pairs, _at in edits
        ),
        by=by, at={lead.pk: at for lead, _pairs, at in edits}, cause="lifecycle",
    )  # fmt: skip
