"""What providers of intent data send as a file: facts about known people and companies."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from leadflow.imports.past import instant
from leadflow.imports.registry import Context, Field, Outcome, Row, Target, register
from leadflow.kit import sureness, text
from leadflow.models import Engagement
from leadflow.models.engagement import INTENT
from leadflow.services import intent

_FIELDS = (
    Field(key="email", label=_l("Email"), aliases=("e-mail", "email address", "mail", "contact email")),
    Field(key="domain", label=_l("Company domain"), aliases=("domain", "website", "company website", "url")),
    Field(key="company_name", label=_l("Company name, to make one that is not known"),
          aliases=("company", "company name", "organisation", "organization", "account")),
    Field(key="topic", label=_l("Topic"), required=True, aliases=("intent topic", "keyword", "category", "kind")),
    Field(key="provider", label=_l("Provider"), for_all=True, aliases=("source", "vendor")),
    Field(key="confidence", label=_l("Confidence"), for_all=True, aliases=("score", "intent score", "strength", "level")),
    Field(key="occurred_on", label=_l("Seen on"), kind="date", aliases=("date", "occurred at", "occurred on", "signal date", "week")),
    Field(key="label", label=_l("What"), aliases=("description", "page", "signal")),
    Field(key="value", label=_l("Value"), kind="decimal"),
    Field(key="external_id", label=_l("Id at the provider"), aliases=("id", "signal id", "external id")),
)  # fmt: skip


def _take(rows: Sequence[Row], context: Context) -> list[Outcome]:
    """Each line a fact; one that cannot be read fails alone, one about nobody known is skipped."""
    outcomes: dict[int, Outcome] = {}
    reports: dict[int, intent.Report] = {}
    for place, row in enumerate(rows):
        try:
            reports[place] = _report(row, context)
        except ValueError as error:
            outcomes[place] = Outcome.failed(str(error))
    heard = intent.hear(list(reports.values()), source="import", origin=context.origin)
    outcomes |= {place: _outcome(one) for place, one in zip(reports, heard, strict=True)}
    return [outcomes[place] for place in range(len(rows))]


def _outcome(heard: intent.Heard) -> Outcome:
    if not (heard.lead_id or heard.company_id):
        return Outcome("skipped", None, _("Neither the person nor the company is known here."))
    return Outcome("created" if heard.is_new else "unchanged", heard.lead_id)


def _report(row: Row, context: Context) -> intent.Report:
    """Raises ValueError with the sentence that the ledger shows."""
    if not (row.get("email") or row.get("domain")):
        raise ValueError(_("The line names nobody: no email and no company domain."))
    said = row.get("confidence")
    try:
        confidence = sureness.parse(said) if said else None
    except ValueError:
        raise ValueError(
            _("“%s” is no confidence. Write 0 to 1, a percentage, or low, medium, high.") % said
        ) from None
    return intent.Report(
        key=_key(row), at=instant(row.get("occurred_on", None), context) or context.at,
        email=row.get("email"), domain=row.get("domain"), topic=text.one_line(row.get("topic"))[:80],
        label=text.one_line(row.get("label"))[:200], provider=text.one_line(row.get("provider"))[:60],
        confidence=confidence, value=row.get("value", None), company=row.get("company_name"),
        makes_company=bool(row.get("company_name")),
    )  # fmt: skip


def _key(row: Row) -> str:
    """The provider's own id, else what the line says: the same file twice tells nothing new."""
    if row.get("external_id"):
        said = f"{row.get('provider')}:{row.get('external_id')}"
    else:
        names = ("email", "domain", "topic", "label", "provider", "occurred_on")
        said = "\n".join(str(row.get(name)).casefold() for name in names)
    return hashlib.sha256(said.encode()).hexdigest()


def _give() -> Iterator[Mapping[str, Any]]:
    rows = Engagement.objects.filter(kind=INTENT, lead__deleted_at=None).select_related("lead")
    for fact in rows.order_by("pk").iterator(2_000):
        yield {
            "email": fact.lead.email, "topic": fact.topic, "provider": fact.provider,
            "confidence": fact.confidence, "occurred_on": fact.occurred_at.date().isoformat(),
            "label": fact.label, "value": fact.value, "external_id": fact.source_id,
        }  # fmt: skip


def install() -> None:
    """Make intent data importable."""
    register(
        Target(
            key="intent",
            label=_l("Intent data"),
            model=Engagement,
            permission="source.edit",
            fields=lambda: _FIELDS,
            keys=("external_id",),
            apply_many=_take,
            export=_give,
            changes_known=False,
        )
    )
