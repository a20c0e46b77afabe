"""Which step is next: the pure walk over the tree of a published document. No Django, no database.

Steps are the JSON of a version, each with an id that lives through edits. A `condition` holds a branch for
"yes" and one for "no", a `split` one for each of its ways; when a branch ends, the walk goes on after the
step that holds it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from leadflow.kit import stats

Step = Mapping[str, Any]

YES, NO = "yes", "no"
MOST_STEPS = 50  # in all branches together
MOST_DEEP = 4  # branches within branches
FEWEST_WAYS, MOST_WAYS = 2, 4
_ENDS = ("end", "goal")


@dataclass(frozen=True, slots=True)
class Placed:
    """A step and where it stands: the branches that lead to it, outermost first, and its place there."""

    step: Step
    path: tuple[tuple[str, str], ...]  # (id of the step that holds the branch, which branch)
    at: int

    @property
    def within(self) -> str:
        """The id of the step that holds its branch; empty on the trunk."""
        return self.path[-1][0] if self.path else ""

    @property
    def way(self) -> str:
        """Which branch of that step: "yes", "no" or the id of a way; empty on the trunk."""
        return self.path[-1][1] if self.path else ""

    @property
    def depth(self) -> int:
        """How many branches it stands in."""
        return len(self.path)


def branches(step: Step) -> list[tuple[str, Sequence[Step]]]:
    """(which branch, its steps) of a step; none for one that holds no others."""
    match step.get("type"):
        case "condition":
            return [(YES, step.get("yes") or []), (NO, step.get("no") or [])]
        case "split":
            return [(str(way["id"]), way.get("steps") or []) for way in step.get("ways") or []]
    return []


def placed(steps: Sequence[Step], path: tuple[tuple[str, str], ...] = ()) -> Iterator[Placed]:
    """Every step with its place, from above, a branch before what comes after the step that holds it."""
    for at, step in enumerate(steps):
        yield Placed(step, path, at)
        for way, inner in branches(step):
            yield from placed(inner, (*path, (str(step["id"]), way)))


def all_steps(steps: Sequence[Step]) -> Iterator[Step]:
    """Every step of the tree, in the order of `placed`."""
    return (one.step for one in placed(steps))


def mapped(steps: Sequence[Step], change: Callable[[Step], dict[str, Any]]) -> list[dict[str, Any]]:
    """The same tree with every step put through `change`, which gets it with its branches changed."""
    return [change(_inside(step, change)) for step in steps]


def _inside(step: Step, change: Callable[[Step], dict[str, Any]]) -> Step:
    match step.get("type"):
        case "condition":
            return {**step, **{way: mapped(inner, change) for way, inner in branches(step)}}
        case "split":
            ways = [
                {**way, "steps": mapped(way.get("steps") or [], change)} for way in step["ways"]
            ]
            return {**step, "ways": ways}
    return step


@dataclass(frozen=True)
class Tree:
    """The steps of a version, read once and asked often."""

    steps: Sequence[Step]

    @cached_property
    def places(self) -> dict[str, Placed]:
        """Each step by its id, in the order of `placed`."""
        return {str(one.step["id"]): one for one in placed(self.steps)}

    @property
    def first(self) -> str:
        """The id of the first step; empty where there is none."""
        return str(self.steps[0]["id"]) if self.steps else ""

    def find(self, step_id: str) -> Step | None:
        """The step of that id, if the version has it."""
        place = self.places.get(step_id)
        return place.step if place else None

    def following(self, step_id: str) -> str:
        """The id of the step after, behind its own branches; at the end of a branch that after the step
        which holds it; empty at the end of all, and for a step that is not there."""
        return self._next.get(step_id, "")

    def into(self, step_id: str, way: str) -> str:
        """The first step of a branch; where that is empty, or not there, the one after the step."""
        step = self.find(step_id)
        inner = dict(branches(step)).get(way) if step else None
        return str(inner[0]["id"]) if inner else self.following(step_id)

    def follows_in_branch(self, step_id: str) -> bool:
        """Whether another step stands behind it on the same branch."""
        here = self.places[step_id]
        other = self.places.get(self.following(step_id))
        return other is not None and other.path == here.path

    def comes_before(self, one: Placed, other: Placed) -> bool:
        """Whether whoever takes `other` may have taken `one` before: it stands above, on no branch that
        excludes it."""
        order = list(self.places)
        taken = dict(other.path)
        parted = any(taken.get(holder, way) != way for holder, way in one.path)
        return not parted and order.index(str(one.step["id"])) < order.index(str(other.step["id"]))

    def reachable(self, step_id: str) -> list[str]:
        """The ids of what may still come after a step outside its own branches, in order."""
        found = []
        while step_id := self.following(step_id):
            found += [step_id, *(str(one["id"]) for one in self._below(step_id))]
        return found

    def _below(self, step_id: str) -> Iterator[Step]:
        for _way, inner in branches(self.places[step_id].step):
            yield from all_steps(inner)

    @cached_property
    def _next(self) -> dict[str, str]:
        found: dict[str, str] = {}
        _chain(self.steps, "", found)
        return found


def _chain(steps: Sequence[Step], then: str, found: dict[str, str]) -> None:
    """Note what follows each step; `then` is what comes after the last."""
    coming = [*(str(step["id"]) for step in steps), then]
    for step, after in zip(steps, coming[1:], strict=True):
        found[str(step["id"])] = after
        for _way, inner in branches(step):
            _chain(inner, after, found)


def first(steps: Sequence[Step]) -> str:
    """The id of the first step; empty where there is none."""
    return Tree(steps).first


def find(steps: Sequence[Step], step_id: str) -> Step | None:
    """The step of that id, on whatever branch."""
    return Tree(steps).find(step_id)


def following(steps: Sequence[Step], step_id: str) -> str:
    """The id of the step after; see `Tree.following`."""
    return Tree(steps).following(step_id)


def ends_walk(step: Step) -> bool:
    """Whether nothing comes after it, whatever stands there."""
    return step["type"] in _ENDS


def way_of(step: Step, lead_id: int) -> str:
    """Which way of a split a lead goes: always the same, each way getting its share of all leads; a share
    that is raised later takes people from the others and moves nobody between those."""
    shares = {str(way["id"]): float(way["share"]) for way in step["ways"]}
    return stats.shared_out(f"split:{step['id']}", str(lead_id), shares)


def is_held_back(sequence_id: int, lead_id: int, percent: int) -> bool:
    """Whether a lead belongs to the few whom a sequence never writes to, so that its effect can be seen."""
    return stats.bucket(f"holdout:{sequence_id}", str(lead_id)) < percent * 100
