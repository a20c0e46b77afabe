"""How a sequence would go for one lead: each step with its time by her clock, each branch by today's values."""

from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadflow.models import Lead
from leadflow.rulesets.models import RuleVersion
from nurturing import rules
from nurturing.models import Reason, Sequence
from nurturing.rules import Foreseen, Known
from nurturing.services.eligibility import judge
from nurturing.services.foreseeing import Ground
from nurturing.services.steps import step_name

Walk = Many[Foreseen]


@dataclass(frozen=True)
class Way:
    """A branch: what it is called, whether she would go it, and its steps."""

    label: str
    is_hers: bool
    lines: list["Line"]


@dataclass(frozen=True)
class Line:
    """One step of hers: its number on the way, what it is, and when in a sentence."""

    step_id: str
    kind: str
    name: str
    when: str
    at: datetime
    note: str = ""
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True)
class Trial:
    """The whole answer; `reason` says why she would not enter, `zone` by whose clock the times are."""

    lead: Lead
    zone: str
    lines: list[Line]
    reason: Reason | None = None


def try_on(sequence: Sequence, version: RuleVersion, lead: Lead, at: datetime) -> Trial:
    """What would come for this lead if she entered now. Nothing that she might do is guessed."""
    ground = Ground(sequence, version.document, at)
    known = ground.known([lead.pk])[lead.pk]
    reason = judge(sequence, version, [lead.pk], at).refused.get(lead.pk)
    lines = told(ground, known, ground.walk(known), at)
    return Trial(lead, known.hours.zone, lines, reason)


def told(ground: Ground, known: Known, walk: Walk, at: datetime) -> list[Line]:
    """A walk as lines, each branch with both ways in it."""
    return _lines(ground.tree, known, list(walk), at, holder="")


def _lines(tree: rules.Tree, known: Known, walk: Walk, at: datetime, holder: str) -> list[Line]:
    """The steps of the walk that stand directly on the branch of `holder` (the trunk where empty)."""
    found = []
    for one in walk:
        step_id = str(one.step["id"])
        if tree.places[step_id].within != holder:
            continue
        found.append(
            Line(
                step_id=step_id,
                kind=str(one.step["type"]),
                name=step_name(one.step),
                when=_when(one, known, at),
                at=one.at,
                note=_note(one, known),
                ways=tuple(_ways(tree, known, walk, one, at)),
            )
        )
    return found


def _ways(tree: rules.Tree, known: Known, walk: Walk, one: Foreseen, at: datetime) -> list[Way]:
    step_id = str(one.step["id"])
    found = []
    for number, (way, _inner) in enumerate(rules.branches(one.step)):
        is_hers = way == one.way
        inside: Walk = walk
        if not is_hers:
            other = replace(known, ways={**known.ways, step_id: way})
            inside = rules.foresee(tree, other, one.at, start=step_id)
        on_it = [
            each for each in inside if (step_id, way) in tree.places[str(each.step["id"])].path
        ]
        found.append(Way(_way_name(way, number), is_hers, _lines(tree, known, on_it, at, step_id)))
    return found


def _way_name(way: str, number: int) -> str:
    names = {rules.YES: _("Yes"), rules.NO: _("No")}
    return names.get(way) or _("Way %(letter)s") % {"letter": "ABCD"[number]}


def clock_words(moment: datetime, zone: str) -> str:
    """A moment as her clock shows it: "Tuesday 1 Dec, 10:04"."""
    return date_format(moment.astimezone(ZoneInfo(zone)), "l j M, H:i")


def _when(one: Foreseen, known: Known, at: datetime) -> str:
    zone = known.hours.zone
    if one.waits_until is not None:
        words = {"at": clock_words(one.waits_until, zone)}
        is_open = one.step["type"] == "wait_until" and one.step.get("until") == "todo"
        if is_open:
            return _("until it is done, at the latest %(at)s, their time") % words
        return _("until %(at)s, their time") % words
    if one.is_left_out:
        return _("left out: no free slot within %(n)s days") % {"n": known.fresh.days}
    words = {"at": clock_words(one.at, zone)}
    if one.step["type"] != "email" or one.step.get("manual"):
        return (
            _("at the latest %(at)s, their time") % words if one.is_latest else _at(one, at, words)
        )
    if one.is_latest:
        return _("would go out %(at)s, their time, at the latest") % words
    return _("would go out %(at)s, their time") % words


def _at(one: Foreseen, at: datetime, words: dict[str, str]) -> str:
    return _("at once") if one.at == at else _("%(at)s, their time") % words


def _note(one: Foreseen, known: Known) -> str:
    match one.step["type"]:
        case "email" if one.step.get("manual"):
            return _("A to-do for the owner, who sends it.")
        case "condition":
            return _("By what is true today. It is asked again when they come here.")
        case "split":
            return _("The same way each time for this person.")
        case "wait_until" if one.step.get("until") == "date_field":
            missing = known.days.get(str(one.step["id"])) is None
            return _("No such date is known: it goes on at once.") if missing else ""
    return ""
