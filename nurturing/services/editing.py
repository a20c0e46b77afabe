"""Edits of the tree of steps of a draft: pure functions that give back a new list of steps.

A place is where a step is or would be: the step whose way it is in (none at the top), which of its
ways, and how many steps stand there before it. Each edit leaves every id unique and loses nothing; what
would break the tree raises Invalid with a sentence.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.kit.ids import code
from nurturing import rules

Step = dict[str, Any]
Steps = list[Step]
Refit = Callable[[Steps, str], Steps]
Edit = Callable[[Steps], Steps]

_PARTS = 3


@dataclass(frozen=True)
class Place:
    """Before which step something goes: inside which step and way, after how many others."""

    inside: str = ""
    way: str = ""
    at: int = 0

    def __str__(self) -> str:
        return f"{self.inside}.{self.way}.{self.at}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """As forms post it. Raises Invalid for anything else."""
        parts = text.split(".")
        if len(parts) != _PARTS or not (parts[2].isascii() and parts[2].isdigit()):
            raise Invalid(_("There is no such place among the steps."))
        return cls(parts[0], parts[1], min(int(parts[2]), rules.MOST_STEPS))


@dataclass(frozen=True)
class Located:
    """A step with where it stands; `depth` is how many ways it is in."""

    step: Step
    place: Place
    depth: int


# --- Reading --------------------------------------------------------------------------------------


def ways(step: Mapping[str, Any]) -> list[tuple[str, Steps]]:
    """(key, steps) of each way that a step holds; none for one that only follows another."""
    return [(way, [dict(one) for one in inner]) for way, inner in rules.branches(step)]


def walk(steps: Sequence[Mapping[str, Any]]) -> Iterator[Located]:
    """Every step from top to bottom; those of a way come right after the step that holds it."""
    for one in rules.placed(steps):
        yield Located(dict(one.step), Place(one.within, one.way, one.at), one.depth)


def locate(steps: Sequence[Step], step_id: str) -> Located | None:
    """A step by its id, with where it stands."""
    return next((one for one in walk(steps) if one.step["id"] == step_id), None)


def list_at(steps: Sequence[Step], place: Place) -> Steps:
    """The list that a place is in. Raises Invalid where there is none."""
    if not place.inside and not place.way:
        return list(steps)
    holder = locate(steps, place.inside)
    found = dict(ways(holder.step)).get(place.way) if holder else None
    if found is None:
        raise Invalid(_("There is no such place among the steps."))
    return found


def after(located: Located) -> Place:
    """The place right behind a step."""
    return Place(located.place.inside, located.place.way, located.place.at + 1)


def within(steps: Sequence[Step]) -> set[str]:
    """The ids of all these steps, and of those that they hold."""
    return {one.step["id"] for one in walk(steps)}


def with_rest(steps: Sequence[Step], step_id: str) -> list[str]:
    """The step and those that stand behind it on the same way, by their ids."""
    here = locate(steps, step_id)
    beside = list_at(steps, here.place) if here else []
    return [str(one["id"]) for one in beside[here.place.at :]] if here else []


def leaves(step: Mapping[str, Any]) -> bool:
    """Whether nobody goes on behind a step: it ends the walk, or each of its ways does."""
    if step["type"] in ("end", "goal"):
        return True
    held = ways(step)
    return bool(held) and all(some and leaves(some[-1]) for _key, some in held)


# --- Editing --------------------------------------------------------------------------------------


def insert(steps: Sequence[Step], step: Step, place: Place) -> Steps:
    """Put a step, with what it holds, at a place. Raises Invalid where the tree grows too large or
    too deep, or where an id is there already."""
    if within([step]) & within(steps):
        raise Invalid(_("This step is here already. Put in a copy of it."))
    list_at(steps, place)  # refuses a place that there is not
    return _checked(_put(steps, step, place))


def remove(steps: Sequence[Step], step_id: str) -> Steps:
    """Take a step out, with all that its ways hold."""
    _must_find(steps, step_id)
    return _without(steps, step_id)


def move(steps: Sequence[Step], step_id: str, place: Place) -> Steps:
    """Take a step, with what it holds, to a place that is named as the tree stands now. Raises Invalid
    where that is inside the step itself."""
    here = _must_find(steps, step_id)
    if place.inside in within([here.step]):
        raise Invalid(_("A step cannot go into itself."))
    list_at(steps, place)
    same = (place.inside, place.way) == (here.place.inside, here.place.way)
    shift = int(same and place.at > here.place.at)
    goal = Place(place.inside, place.way, place.at - shift)
    return _checked(_put(_without(steps, step_id), here.step, goal))


def duplicate(steps: Sequence[Step], step_id: str) -> tuple[Steps, str]:
    """A copy right behind the step, and the id of the copy."""
    here = _must_find(steps, step_id)
    made = fresh(here.step)
    return insert(steps, made, after(here)), made["id"]


def change(steps: Sequence[Step], step_id: str, fields: Mapping[str, Any]) -> Steps:
    """Give a step other values; its id and its kind stay."""
    _must_find(steps, step_id)
    kept = {key: value for key, value in fields.items() if key not in ("id", "type")}
    return _checked(_changed(steps, step_id, kept))


def fresh(step: Step) -> Step:
    """The same step with new ids throughout; what refers to a step inside refers to its copy."""
    return fresh_all([step])[0]


def fresh_all(steps: Sequence[Step]) -> Steps:
    """The same steps with new ids throughout; what refers to one of them refers to its copy."""
    names = {one: code(6) for one in within(steps)}
    return [_renamed(step, names) for step in steps]


def neighbour(steps: Sequence[Step], step_id: str, to: str) -> Place | None:
    """Where a key takes a step: `up` and `down` one further, out of its way at the ends; `right` into
    the way beside it or into a step that it stands behind, `left` back. None where nothing is there."""
    here = _must_find(steps, step_id)
    if to in ("left", "right"):
        return _beside(steps, here, 1 if to == "right" else -1)
    place, many = here.place, len(list_at(steps, here.place))
    if to == "up" and place.at:
        return Place(place.inside, place.way, place.at - 1)
    if to == "down" and place.at + 1 < many:
        return Place(place.inside, place.way, place.at + 2)
    if not place.inside or to not in ("up", "down"):
        return None
    holder = _must_find(steps, place.inside)
    return holder.place if to == "up" else after(holder)


def _beside(steps: Sequence[Step], here: Located, towards: int) -> Place | None:
    if here.place.inside:
        held = ways(_must_find(steps, here.place.inside).step)
        keys = [key for key, _some in held]
        at = keys.index(here.place.way) + towards
        if 0 <= at < len(keys):
            key, some = held[at]
            return Place(here.place.inside, key, min(here.place.at, len(some)))
    if towards > 0 and here.place.at:
        before = list_at(steps, here.place)[here.place.at - 1]
        for key, some in ways(before)[:1]:
            return Place(before["id"], key, len(some))
    return None


# --- Inside ---------------------------------------------------------------------------------------


def _must_find(steps: Sequence[Step], step_id: str) -> Located:
    found = locate(steps, step_id)
    if found is None:
        raise Invalid(_("This step is gone. Look again."))
    return found


def _refitted(step: Step, refit: Refit) -> Step:
    """The step with each of its lists made anew."""
    match step["type"]:
        case "condition":
            return step | {key: refit(step[key], key) for key in ("yes", "no")}
        case "split":
            made = [way | {"steps": refit(way["steps"], way["id"])} for way in step["ways"]]
            return step | {"ways": made}
    return dict(step)


def _put(steps: Sequence[Step], step: Step, place: Place, inside: str = "", way: str = "") -> Steps:
    if (inside, way) == (place.inside, place.way):
        return [*steps[: place.at], step, *steps[place.at :]]
    return [_refitted(one, _putting(step, place, one["id"])) for one in steps]


def _putting(step: Step, place: Place, inside: str) -> Refit:
    return lambda some, way: _put(some, step, place, inside, way)


def _without(steps: Sequence[Step], step_id: str) -> Steps:
    kept = [step for step in steps if step["id"] != step_id]
    return [_refitted(step, lambda some, _way: _without(some, step_id)) for step in kept]


def _changed(steps: Sequence[Step], step_id: str, fields: Mapping[str, Any]) -> Steps:
    return [
        {**step, **fields}
        if step["id"] == step_id
        else _refitted(step, lambda some, _way: _changed(some, step_id, fields))
        for step in steps
    ]


def _renamed(step: Step, names: Mapping[str, str]) -> Step:
    made = _refitted(step, lambda some, _way: [_renamed(one, names) for one in some])
    made["id"] = names[step["id"]]
    if step["type"] == "split":
        made["ways"] = [way | {"id": code(6)} for way in made["ways"]]
    if made.get("step") in names:
        made["step"] = names[made["step"]]
    return made


def _checked(steps: Steps) -> Steps:
    found = list(walk(steps))
    if len(found) > rules.MOST_STEPS:
        raise Invalid(_("A sequence has at most %(most)s steps.") % {"most": rules.MOST_STEPS})
    if any(_is_too_deep(one) for one in found):
        raise Invalid(_("Paths go at most %(most)s deep.") % {"most": rules.MOST_DEEP})
    if len({one.step["id"] for one in found}) != len(found):
        raise Invalid(_("Two steps have the same id. Look again."))
    return steps


def _is_too_deep(one: Located) -> bool:
    """Whether it is, or nothing could go into its ways."""
    return one.depth + bool(ways(one.step)) > rules.MOST_DEEP
