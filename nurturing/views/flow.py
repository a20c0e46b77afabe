"""The tree of steps as the canvas and the list draw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from leadflow.web.forms import StaffForm
from nurturing.services import documents, editing, palette
from nurturing.services.editing import Place
from nurturing.views.naming import Names

_QUIET = frozenset({"wait", "wait_until"})  # time passes, nothing happens: dashed
_GREY = frozenset({"condition", "split", "goal", "end"})


@dataclass(frozen=True)
class WayShown:
    """One way of a step that holds several."""

    key: str
    label: str
    nodes: list["Node"]
    first: Place
    is_open: bool  # people come out of it at the bottom
    joins: str  # where the line that gathers those who come out crosses it: "l", "r", "lr" or ""


@dataclass(frozen=True)
class Node:
    """One box of the tree."""

    id: str
    kind: str
    icon: str
    title: str
    note: str
    look: str  # "wait", "path" or "act"
    number: str
    place: Place
    after: Place
    problems: Sequence[str]
    is_chosen: bool
    is_open: bool  # somebody may go on behind it
    ways: list[WayShown]

    @property
    def is_even(self) -> bool:
        """Whether one of its ways ends, so that all are drawn as wide as the widest."""
        return not all(way.is_open for way in self.ways)


@dataclass(frozen=True)
class Drawing:
    """What every box of one picture is drawn by."""

    names: Names
    chosen: str
    wrong: Mapping[str, list[str]]

    def nodes(
        self, steps: Sequence[Mapping[str, Any]], inside: str = "", way: str = "", before: str = ""
    ) -> list[Node]:
        """The boxes of one list of steps, with all that they hold."""
        return [
            self.node(step, Place(inside, way, at), f"{before}{at + 1}")
            for at, step in enumerate(steps)
        ]

    def node(self, step: Mapping[str, Any], place: Place, number: str) -> Node:
        """One box."""
        title, note = self.names.words(step)
        kind = step["type"]
        return Node(
            step["id"],
            kind,
            palette.starter_of(step).icon,
            title,
            note,
            "wait" if kind in _QUIET else "path" if kind in _GREY else "act",
            number,
            place,
            Place(place.inside, place.way, place.at + 1),
            self.wrong.get(step["id"], []),
            step["id"] == self.chosen,
            not editing.leaves(step),
            self.ways(step, number),
        )

    def ways(self, step: Mapping[str, Any], number: str) -> list[WayShown]:
        """The ways of a box, from left to right."""
        held = editing.ways(step)
        is_open = [not (steps and editing.leaves(steps[-1])) for _key, steps in held]
        return [
            WayShown(
                key,
                label,
                self.nodes(steps, step["id"], key, f"{number} {label.split(',')[0]} "),
                Place(step["id"], key, 0),
                is_open[at],
                joins(is_open, at),
            )
            for at, ((key, steps), label) in enumerate(zip(held, way_labels(step), strict=True))
        ]


def joins(is_open: Sequence[bool], at: int) -> str:
    """Which halves of a column the line under all ways crosses: it gathers the open ones and leads to
    the middle of all columns."""
    points = [n + 0.5 for n, one in enumerate(is_open) if one]
    if not points:
        return ""
    middle = len(is_open) / 2
    low, high = min(*points, middle), max(*points, middle)
    left = low <= at and high >= at + 0.5
    right = low <= at + 0.5 and high >= at + 1
    return "l" * left + "r" * right


def way_labels(step: Mapping[str, Any]) -> list[str]:
    """What the ways of a step are called: Yes and No, or A, B with their shares."""
    if step["type"] == "condition":
        return [_("Yes"), _("No")]
    if step["type"] != "split":
        return []
    told = _("%(letter)s, %(share)s %%")
    return [
        told % {"letter": letter, "share": way["share"]}
        for letter, way in zip("ABCD", step["ways"], strict=False)
    ]


def draw(document: Mapping[str, Any], chosen: str, names: Names) -> list[Node]:
    """The steps of a document as boxes."""
    wrong: dict[str, list[str]] = {}
    for place, sentence in documents.problems(document):
        wrong.setdefault(place, []).append(sentence)
    return Drawing(names, chosen, wrong).nodes(document["steps"])


def flat(nodes: Sequence[Node]) -> list[Node]:
    """Every box from top to bottom."""
    found: list[Node] = []
    for node in nodes:
        found += [node, *(one for way in node.ways for one in flat(way.nodes))]
    return found


def destinations(nodes: Sequence[Node], step_id: str) -> list[tuple[str, str]]:
    """(place, words) of everywhere that a step can go, but where it is and inside itself."""
    moved = next((one for one in flat(nodes) if one.id == step_id), None)
    if moved is None:
        return []
    inside = {one.id for one in flat([moved])}
    stays = {str(moved.place), str(moved.after)}
    spots = [(str(Place()), _("At the top"))]
    for one in flat(nodes):
        spots += [(str(one.after), _("After %(step)s") % {"step": named(one)})]
        for way in one.ways:
            words = {"way": way.label, "step": named(one)}
            spots += [(str(way.first), _("First on %(way)s of %(step)s") % words)]
    return [
        (place, words)
        for place, words in spots
        if place not in stays and Place.read(place).inside not in inside
    ]


def beside_no_field(node: Node, form: StaffForm) -> list[str]:
    """What is wrong with a step and does not stand beside one of its fields already."""
    shown = [said for some in form.errors.values() for said in some]
    return [one for one in node.problems if not any(one.endswith(said) for said in shown)]


def named(node: Node) -> str:
    """A step as lists call it: “3 Yes 1, Call the owner”."""
    title = node.title if len(node.title) <= 40 else node.title[:39] + "…"
    return f"{node.number}, {title}"
