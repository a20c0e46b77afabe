"""What rules about people may ask about their deals, and what rules about deals may ask."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as lazy

from leadflow.conditions.core_fields import company_fields, custom_fields, fixed, named
from leadflow.conditions.fields import register, register_source
from leadflow.conditions.grammar import Field, Type
from leadflow.conditions.sql import Many
from leadflow.people.models import Team, User
from leadflow.services import records
from leadflow.web.rules import MOST_COUNTED, Subject, register_subject
from pipeline.models import (
    Deal,
    ForecastCategory,
    LostReason,
    Pipeline,
    PipelineStage,
    StageKind,
)


def _stages() -> Iterable[tuple[int, str]]:
    rows = PipelineStage.objects.select_related("pipeline").order_by(
        "pipeline__position", "position"
    )
    return [(stage.pk, f"{stage.pipeline.name}: {stage.name}") for stage in rows]


DEAL_STAGE = Field(
    "deal.stage",
    lazy("Stage of their deals"),
    Type.REFERENCES,
    choices_from=_stages,
    sql=Many("pipeline.Deal", "lead", "stage", {"deleted_at": None}),
    group=lazy("Where they stand"),
)


_DEAL = lazy("About the deal")
_STANDING = lazy("Where it stands")
_TIMES = lazy("When")


def _deal(name: str, label: Any, kind: Type, group: Any = _DEAL, **more: Any) -> Field:
    column = f"{name}_id" if kind == Type.REFERENCE else name
    return Field(f"deal.{name}", label, kind, subject="deal", group=group, sql=column, **more)


def _about_deals() -> Iterator[Field]:
    yield _deal("name", lazy("Name"), Type.TEXT)
    yield _deal("base_amount", lazy("Amount"), Type.MONEY)
    yield _deal("kind", lazy("Kind"), Type.CHOICE, choices=fixed(Deal.Kind))
    yield _deal("competitor", lazy("Competitor"), Type.TEXT)
    yield _deal("status", lazy("Status"), Type.CHOICE, _STANDING, choices=fixed(StageKind))
    for name, label, rows in (
        ("pipeline", lazy("Pipeline"), named(Pipeline)),
        ("stage", lazy("Stage"), _stages),
        ("owner", lazy("Owner"), named(User)),
        ("team", lazy("Team"), named(Team)),
        ("lost_reason", lazy("Lost because"), named(LostReason)),
    ):
        yield _deal(name, label, Type.REFERENCE, _STANDING, choices_from=rows)
    yield Field(
        "deal.category", lazy("Forecast category"), Type.CHOICE, choices=fixed(ForecastCategory),
        sql="stage__category", subject="deal", group=_STANDING,
    )  # fmt: skip
    for name, label in (
        ("next_step_at", lazy("Next step")),
        ("last_touch_at", lazy("Last touch")),
        ("stage_since", lazy("In this stage since")),
        ("opened_at", lazy("Opened")),
        ("won_at", lazy("Won")),
        ("lost_at", lazy("Lost")),
    ):
        yield _deal(name, label, Type.DATETIME, _TIMES)
    yield _deal("expected_close_on", lazy("Expected close"), Type.DATE, _TIMES)


def install() -> None:
    """Make the fields known to rules; called once by apps.py."""
    register(DEAL_STAGE)
    register(*_about_deals(), *company_fields("deal", "company__"))
    register_source("deal", lambda: custom_fields("deal"))
    register_subject("deal", Subject("deal.view", _seen, _told, lead="lead"))
    records.register(records.RecordKind("deal", "pipeline.deal", _in_use, "lead", _idle))


def _in_use() -> QuerySet[Deal]:
    related = ("owner", "company", "lead__owner", "lead__company", "stage")
    return Deal.objects.living().select_related(*related)


def _idle(rows: QuerySet[Any], since: datetime) -> QuerySet[Any]:
    """Open ones that nobody touched, and that moved no stage either."""
    touched = Greatest(Coalesce("last_touch_at", "stage_since"), "stage_since")
    rows = rows.filter(status=StageKind.OPEN).annotate(touched_at=touched)
    found: QuerySet[Any] = rows.filter(touched_at__lte=since)
    return found


def _seen(user: User) -> QuerySet[Deal]:
    return Deal.objects.visible_to(user).select_related("company")


def _told(count: int) -> str:
    if count > MOST_COUNTED:
        return gettext("Matches more than 1,000 deals")
    return (
        gettext("Matches 1 deal")
        if count == 1
        else gettext("Matches %(count)s deals") % {"count": count}
    )
