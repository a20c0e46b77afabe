"""The columns of a file that tell of somebody's past: the days of her stages, how it ended, since when she is owned."""

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from leadflow.imports.registry import Context, Field, Row
from leadflow.kit import text
from leadflow.models import Disposition, Lead, LeadStage, Organisation
from leadflow.models.stages import STAMP
from leadflow.services.leads.past import ENDED, Past

# What other systems call these columns, after the field's own name and label.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    LeadStage.SUBSCRIBER: ("became a subscriber date", "subscriber date", "subscriber since"),
    LeadStage.LEAD: ("became a lead date", "lead date", "lead since"),
    LeadStage.MQL: ("became a marketing qualified lead date", "mql date", "mql since"),
    LeadStage.SAL: ("became a sales accepted lead date", "sal date", "accepted date", "sal since"),
    LeadStage.SQL: ("became a sales qualified lead date", "sql date", "sql since"),
    LeadStage.OPPORTUNITY: ("became an opportunity date", "opportunity date", "opportunity since"),
    LeadStage.CUSTOMER: ("became a customer date", "customer date", "customer since"),
}
_LABELS: Mapping[str, str | Promise] = {
    LeadStage.SUBSCRIBER: _l("Subscriber since"),
    LeadStage.LEAD: _l("Lead since"),
    LeadStage.MQL: _l("MQL since"),
    LeadStage.SAL: _l("Accepted since"),
    LeadStage.SQL: _l("SQL since"),
    LeadStage.OPPORTUNITY: _l("Deal since"),
    LeadStage.CUSTOMER: _l("Customer since"),
}
_STAGES = {f"{stage}_on": stage for stage in LeadStage.values}
_OUTCOMES = {one.value: one.label for one in (Disposition.DISQUALIFIED, Disposition.RECYCLED)}
FIELDS = (
    *(
        Field(key=f"{stage}_on", label=_LABELS[stage], kind="date", permission="lead.advance", aliases=aliases)
        for stage, aliases in _ALIASES.items()
    ),
    Field(key="outcome", label=_l("Outcome"), kind="one_of", choices=_OUTCOMES, permission="lead.advance", aliases=("disposition",)),
    Field(key="outcome_on", label=_l("Outcome since"), kind="date", permission="lead.advance", aliases=("outcome date", "disqualified date", "closed date")),
    Field(key="outcome_reason", label=_l("Reason of the outcome"), permission="lead.advance", aliases=("disqualification reason", "lost reason", "closed reason")),
    Field(key="owned_on", label=_l("Owner since"), kind="date", permission="lead.assign", aliases=("owner assigned date", "assigned on", "assigned date")),
)  # fmt: skip
KEYS = frozenset(one.key for one in FIELDS)


def zone() -> ZoneInfo:
    """Where the organisation is."""
    return ZoneInfo(Organisation.current().time_zone)


def day(at: datetime | None, where: ZoneInfo) -> str:
    """The day of a moment there, as a file has it."""
    return at.astimezone(where).date().isoformat() if at else ""


def instant(day: date | None, context: Context) -> datetime | None:
    """Midnight of a day where the organisation is; a moment without a zone is one of its clocks."""
    if day is None:
        return None
    if "zone" not in context.memory:
        context.memory["zone"] = zone()
    if isinstance(day, datetime):
        return day if day.tzinfo else day.replace(tzinfo=context.memory["zone"])
    return datetime.combine(day, time(), context.memory["zone"])


def past_of(row: Row, context: Context) -> Past:
    """What a line says of the time before; who is treated as new has none."""
    if context.origin != "import" or KEYS.isdisjoint(row.values):
        return Past()
    days = {stage: instant(row.get(key, None), context) for key, stage in _STAGES.items()}
    return Past(
        reached={stage: at for stage, at in days.items() if at},
        outcome=row.get("outcome"),
        ended_at=instant(row.get("outcome_on", None), context),
        reason=text.one_line(row.get("outcome_reason"))[:200],
        owned_at=instant(row.get("owned_on", None), context),
    )


def refusal(row: Row, context: Context) -> str:
    """Why what a line says of the past cannot be; empty where it can."""
    if KEYS.isdisjoint(row.values):
        return ""
    late = [
        str(one.label)
        for one in FIELDS
        if one.kind == "date"
        and (at := instant(row.get(one.key, None), context))
        and at > context.at
    ]
    if late:
        return _("This day has not come yet: %(fields)s.") % {"fields": ", ".join(late)}
    if not row.get("outcome"):
        return ""
    if LeadStage.CUSTOMER in (row.get("stage"), row.get("customer_on") and LeadStage.CUSTOMER):
        return _("A customer is neither disqualified nor recycled.")
    return ""


def told(lead: Lead, where: ZoneInfo) -> dict[str, str]:
    """The past of somebody here, as the columns of a file: her latest walk through the stages."""
    cycle = max(lead.cycles.all(), key=lambda one: one.number, default=None)
    if cycle is None:
        return {}
    ended = getattr(cycle, ENDED[lead.disposition][0]) if lead.disposition else None
    return {
        **{key: day(getattr(cycle, STAMP[stage]), where) for key, stage in _STAGES.items()},
        "outcome": lead.disposition,
        "outcome_on": day(ended, where),
        "outcome_reason": cycle.reason if ended else "",
        "owned_on": day(lead.assigned_at, where),
    }
