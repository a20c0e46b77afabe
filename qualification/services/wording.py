"""The score model in words, as its page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadflow.conditions import fields
from leadflow.conditions.language import Catalogue, explain, fields_used, parse
from leadflow.errors import Invalid
from leadflow.models import Engagement
from leadflow.rulesets.models import PublishEvent
from qualification import rules
from qualification.services import editing, models


@dataclass(frozen=True)
class RuleShown:
    """A rule, its sentence, and what makes it worth a second look."""

    name: str
    sentence: str
    points: float | None = None
    protected: bool = False
    broken: bool = False
    group: str = ""


@dataclass(frozen=True)
class CellShown:
    """One square of the threshold."""

    cell: str
    grade: str
    band: int
    is_on: bool


@dataclass(frozen=True)
class FormShown:
    """A form that may qualify by itself."""

    topic: str
    label: str
    is_on: bool


@dataclass(frozen=True)
class ModelShown:
    """A whole version in words."""

    attributes: list[RuleShown]
    events: list[RuleShown]
    gates: list[RuleShown]
    groups: dict[str, float | None]
    grid: list[list[CellShown]]
    forms: list[FormShown]
    protected: list[str]


def shown(document: Mapping[str, Any]) -> ModelShown:
    """A document of a score model, ready to read."""
    catalogue = fields.catalogue("lead")
    protected = models.protected_in(document)
    return ModelShown(
        attributes=[_conditional(r, catalogue) for r in document.get("attributes", [])],
        events=[_counting(r, catalogue) for r in document.get("events", [])],
        gates=[_conditional(r, catalogue) for r in document.get("gates", [])],
        groups=editing.groups(document),
        grid=_grid(document.get("cells", [])),
        forms=_forms(document.get("hand_raise", [])),
        protected=[
            str(catalogue.fields[key].label) if key in catalogue.fields else key
            for key in protected
        ],
    )


def _conditional(rule: Mapping[str, Any], catalogue: Catalogue) -> RuleShown:
    points = rule.get("points")
    try:
        sentence = explain(parse(rule["when"], catalogue, check_values=False), catalogue)
    except Invalid as error:
        return RuleShown(rule["name"], error.message, points, broken=True)
    protected = any(key.startswith(models.PROTECTED) for key in fields_used(rule["when"]))
    return RuleShown(rule["name"], sentence, points, protected)


def _counting(rule: Mapping[str, Any], catalogue: Catalogue) -> RuleShown:
    one = models.event_rule(rule)
    kind = catalogue.events.get(one.kind)
    said = [str(kind.label) if kind else one.kind]
    if one.topic:
        said.append(_("about “%s”") % one.topic)
    if one.label:
        said.append(_("named like “%s”") % one.label)
    if one.provider:
        said.append(_("told by %s") % one.provider)
    if one.confidence:
        said.append(_("at least %g sure") % one.confidence)
    limits = []
    if one.per_day is not None:
        limits.append(_("at most %(n)d a day") % {"n": one.per_day})
    if one.lifetime is not None:
        limits.append(_("at most %(n)d ever") % {"n": one.lifetime})
    limits.append(
        ngettext("half after %(n)g day", "half after %(n)g days", int(one.half_life))
        % {"n": one.half_life}
    )
    sentence = f"{' '.join(said)}; {', '.join(limits)}"
    return RuleShown(one.name, sentence, one.points, broken=kind is None, group=one.group)


def _grid(cells: list[str]) -> list[list[CellShown]]:
    """Grades down, bands across."""
    return [
        [CellShown(f"{g}{b}", g, b, f"{g}{b}" in cells) for b, _least in rules.BANDS]
        for g, _from in rules.GRADES
    ]


def _forms(chosen: list[str]) -> list[FormShown]:
    """The forms that somebody has sent, and those that the model names already."""
    seen = (
        Engagement.objects.filter(kind="form.submitted", topic__startswith="form:")
        .values("topic")
        .annotate(name=Max("label"))
        .values_list("topic", "name")
    )
    labels = dict.fromkeys(chosen, "") | dict(seen)
    found = [FormShown(topic, label or topic, topic in chosen) for topic, label in labels.items()]
    return sorted(found, key=lambda form: (form.label.casefold(), form.topic))


def history() -> list[PublishEvent]:
    """The publishings, newest first."""
    rows = models.the_model().publishings.select_related("version", "by")
    return list(rows.order_by("-at", "-id")[:20])
