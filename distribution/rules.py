"""Whose turn it is: pure decisions over a whole batch, the same live, in shadow and in replay.

Smooth weighted round robin (the algorithm of nginx's upstream module): each eligible member gains her
weight, the highest is chosen and pays back the sum of the eligible weights. Over any run of n leads
each member gets her share of n within one. Absent members keep their place: no catch-up burst.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True)
class Member:
    """A place in a pool as the decision sees it. `barred` says why she is not eligible, or is empty."""

    user_id: int
    weight: int
    current: float = 0.0
    last_assigned_at: datetime | None = None
    barred: str = ""
    room: int | None = None  # how many more leads her caps allow; None = no cap
    excluded: frozenset[int] = frozenset()  # leads that she rejected before


@dataclass(frozen=True)
class Choice:
    """What was decided for one lead: the member (None: nobody could) and each member's reason."""

    lead_id: int
    user_id: int | None
    trace: Mapping[str, object]


@dataclass
class Turn:
    """The state of one pool while a batch is decided."""

    members: list[Member]
    at: datetime
    choices: list[Choice] = field(default_factory=list)


def why_barred(member: Member, lead_id: int) -> str:
    """Why this member cannot take this lead; empty where she can."""
    if member.barred:
        return member.barred
    if member.room is not None and member.room <= 0:
        return "at their limit"
    return "returned this lead before" if lead_id in member.excluded else ""


def choose(
    lead_ids: Sequence[int], members: Sequence[Member], at: datetime
) -> tuple[list[Choice], list[Member]]:
    """Decide a batch for one pool; returns the choices and the members as they stand afterwards."""
    turn = Turn(list(members), at)
    for lead_id in lead_ids:
        _next(turn, lead_id)
    return turn.choices, turn.members


def _next(turn: Turn, lead_id: int) -> None:
    reasons = [why_barred(member, lead_id) for member in turn.members]
    able = [i for i, reason in enumerate(reasons) if not reason]
    trace: dict[str, object] = {
        "members": [
            {"user": m.user_id, "barred": reason, "before": round(m.current, 6)}
            for m, reason in zip(turn.members, reasons, strict=True)
        ]
    }
    if not able:
        turn.choices.append(Choice(lead_id, None, trace))
        return
    total = sum(turn.members[i].weight for i in able)
    for i in able:
        turn.members[i] = replace(
            turn.members[i], current=turn.members[i].current + turn.members[i].weight
        )
    winner = max(able, key=lambda i: _rank(turn.members[i]))
    won = turn.members[winner]
    turn.members[winner] = replace(
        won,
        current=won.current - total,
        last_assigned_at=turn.at,
        room=None if won.room is None else won.room - 1,
    )
    turn.choices.append(Choice(lead_id, won.user_id, trace | {"chosen": won.user_id}))


def _rank(member: Member) -> tuple[float, float, int]:
    """Highest weight first; a tie goes to who waited longest, then to the lower id."""
    waited = -member.last_assigned_at.timestamp() if member.last_assigned_at else float("inf")
    return (round(member.current, 9), waited, -member.user_id)
