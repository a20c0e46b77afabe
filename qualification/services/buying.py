"""Where people stand in the buyer's journey, found by rule: one condition for each stage.

{"awareness": <condition>, "consideration": <condition>, "decision": <condition>}; a stage without
conditions is set by hand only. The furthest stage whose condition holds is set, and only forward.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.conditions import fields, sql, usage
from leadflow.conditions.language import fields_used, parse
from leadflow.conditions.zone import here
from leadflow.errors import Invalid, StaleVersion
from leadflow.kit import clock
from leadflow.models import BuyerStage, Lead, Origin
from leadflow.people.models import User
from leadflow.rulesets import selectors, services
from leadflow.rulesets.models import RuleSet, RuleVersion
from leadflow.rulesets.registry import RuleKind, register
from leadflow.runs import services as runs
from leadflow.runs.models import Run
from leadflow.services import leads as lead_services
from qualification.services.scoring import CHANGEOVER

KIND = "buyer"
ITSELF = "lead.buyer_stage"
PUBLISHED = "buyer_stages"  # the argument of a run that a publishing of these rules began
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """How many leads stand at a stage now, and how many would come to it from an earlier one."""

    stage: BuyerStage
    now: int
    moving: int


def live() -> RuleVersion | None:
    """The version that decides now."""
    versions = selectors.published(KIND)
    return versions[0] if versions else None


def check(document: Document) -> None:
    """Raise Invalid, by stage, for conditions that cannot decide where a buyer stands."""
    bad: dict[str, list[str]] = {}
    for stage, when in _given(document).items():
        try:
            parse(when, fields.catalogue("lead"))
        except Invalid as error:
            said = [text for found in error.fields.values() for text in found]
            bad[stage] = said or [error.message]
        if ITSELF in fields_used(when):
            bad[stage] = [_("A rule that sets the buyer's stage may not read it. Ask for a fact.")]
    if bad:
        raise Invalid(next(iter(bad.values()))[0], bad)


def reached(rows: QuerySet[Lead], document: Document, at: datetime) -> QuerySet[Any]:
    """Those whom the rules move forward, each with the stage as `reached`; in SQL alone."""
    catalogue, local, order = fields.catalogue("lead"), here(at), BuyerStage.values
    rules = _given(document)
    cases = [
        When(
            Q(buyer_stage__in=["", *order[: order.index(stage)]])
            & sql.where(parse(rules[stage], catalogue, check_values=False), at=local),
            then=Value(stage),
        )
        for stage in reversed(order)
        if stage in rules
    ]
    if not cases:
        return rows.none().annotate(reached=Value(""))
    found = Case(*cases, default=Value(""), output_field=CharField())
    return rows.annotate(reached=found).exclude(reached="")


@transaction.atomic
def settle(
    lead_ids: Iterable[int],
    *,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
    by_publishing: bool = False,
) -> int:
    """Set the buyer's stage of these leads by the live rules; how many went forward."""
    version, at = live(), at or clock.now()
    if version is None:
        return 0
    rows = reached(Lead.objects.living().filter(pk__in=set(lead_ids)), version.document, at)
    to = dict(rows.values_list("pk", "reached"))
    return lead_services.advance_buyers(to, at=at, origin=origin, by_publishing=by_publishing)


def outlook(document: Document, *, at: datetime | None = None) -> list[Standing]:
    """Where leads stand, and what publishing these rules would do; changes nothing. Raises Invalid."""
    check(document)
    living = Lead.objects.living().order_by()
    now = dict(living.values_list("buyer_stage").annotate(n=Count("pk")))
    rows = reached(living, document, at or clock.now())
    moving = dict(rows.values_list("reached").annotate(n=Count("pk")))
    return [Standing(one, now.get(one, 0), moving.get(one, 0)) for one in BuyerStage]


@transaction.atomic
def publish(document: Document, *, by: User | None, seen: int | None = None) -> RuleVersion:
    """Let these rules decide from now on, and begin to look at everybody.

    `seen` is the number of the version that the editor had opened, 0 for none. Raises Invalid for
    rules that cannot decide, StaleVersion where somebody published others meanwhile.
    """
    document = _given(document)
    check(document)
    rule_set = RuleSet.objects.select_for_update().of_kind(KIND).first()
    before = selectors.current(rule_set) if rule_set else None
    if seen is not None and seen != (before.number if before else 0):
        raise StaleVersion(_("Somebody published other rules since you looked. Look again."))
    if before and before.document == document:
        raise Invalid(_("Nothing is different from the rules that decide now."))
    if rule_set is None:
        rule_set = services.create(kind=KIND, name=_("Buyer's stage"), document=document, by=by)
    else:
        services.save_draft(rule_set, document=document, by=by)
    version = services.publish(rule_set, by=by)
    runs.start(CHANGEOVER, {PUBLISHED: version.pk}, by=by)
    return version


def running() -> Run | None:
    """The run of a publishing that is at work, if any is."""
    return Run.objects.filter(kind=CHANGEOVER, finished_at=None, args__has_key=PUBLISHED).first()


def _given(document: Document) -> dict[str, Any]:
    """The stages that have a condition; an empty one would hold for everybody."""
    given = {stage: document.get(stage) for stage in BuyerStage.values}
    return {stage: when for stage, when in given.items() if when and any(when.values())}


def _uses() -> Iterable[usage.Use]:
    for version in selectors.published(KIND):
        for stage, when in _given(version.document).items():
            label = _("Buyer's stage: %s") % BuyerStage(stage).label
            yield usage.Use(label, "/scoring/buyer-stages/", when)


def install() -> None:
    """Make the rules known to rule sets and to the guard on fields; called once by apps.py."""
    kind = gettext_lazy("Buyer's stage")
    register(RuleKind(KIND, kind, check, "score.edit", "qualification:buyer-stages"))
    usage.register_owner(KIND, _uses)
