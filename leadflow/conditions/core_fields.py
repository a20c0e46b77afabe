"""What the core lets rules ask about people and companies; stages add their own.

`install` is called once by leadflow.apps.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.db.models import BooleanField as Boolean
from django.db.models import Exists, ExpressionWrapper, Model, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from leadflow.conditions import address_kind
from leadflow.conditions.fields import register, register_events, register_source
from leadflow.conditions.grammar import EventKind, Field, Type
from leadflow.conditions.sql import Json, Many, Rows
from leadflow.kit import emails
from leadflow.models import (
    Campaign,
    Consent,
    ContactChannel,
    Customer,
    CustomField,
    Engagement,
    LeadTag,
    Source,
    Tag,
    account_score,
)
from leadflow.models.choices import (
    AddressKind,
    BuyerStage,
    Direction,
    FunnelPosition,
    Origin,
    Seniority,
    Tier,
)
from leadflow.models.engagement import INTENT
from leadflow.models.stages import Disposition, LeadStage, LeadStatus
from leadflow.people.models import Team, User

ABOUT, WHERE_THEY_STAND = _("About the person"), _("Where they stand")
SCORE, CONSENT, COMPANY = _("Score"), _("Consent"), _("Company")
CUSTOM = _("Your own fields")

ANY_ROWS = 1_000


def install() -> None:
    """Registers the core's fields and the kinds of behaviour that it keeps."""
    register(*_person(), *_standing(), *_score(), *_consent(), *company_fields("lead", "company__"))
    register(*company_fields("company", ""))
    register(*account_fields("lead", "company__"), *account_fields("company", ""))
    register_events(*_behaviour())
    register_source("lead", lambda: custom_fields("lead"))
    register_source("company", lambda: custom_fields("company"))


def named(model: type[Model]) -> Callable[[], Iterable[tuple[int, str]]]:
    """The rows of a short list, to choose from; archived ones stay, since old leads have them."""
    manager: Any = model._default_manager
    return lambda: [(row.pk, str(row)) for row in manager.order_by("name")[:ANY_ROWS]]


def fixed(choices: Any) -> tuple[tuple[str, Any], ...]:
    """The choices of a model, without the empty one."""
    return tuple((value, label) for value, label in choices.choices if value)


def _lead(name: str, label: Any, kind: Type = Type.TEXT, **more: Any) -> Field:
    given: dict[str, Any] = {"sql": name, "history": True, "group": ABOUT} | more
    return Field(f"lead.{name}", label, kind, **given)


def _person() -> list[Field]:
    return [
        _lead("first_name", _("First name"), sensitivity="contact"),
        _lead("last_name", _("Last name"), sensitivity="contact"),
        _lead("email", _("Email"), sensitivity="contact"),
        _lead("phone", _("Phone"), sensitivity="contact"),
        _lead(
            "address_kind",
            _("Address kind"),
            Type.CHOICE,
            choices=fixed(AddressKind),
            sql=address_kind.expression,
            python=lambda lead: emails.kind(lead.email),
            history=False,
        ),
        _lead("job_title", _("Job title")),
        _lead("seniority", _("Seniority"), Type.CHOICE, choices=fixed(Seniority), ordered=True),
        _lead("department", _("Department")),
        _lead("city", _("City")),
        _lead("region", _("Region")),
        _lead("country", _("Country")),
        _lead("birth_year", _("Birth year"), Type.NUMBER, sensitivity="protected"),
        _lead("language", _("Language")),
        _lead("time_zone", _("Time zone")),
        _lead(
            "preferred_channel",
            _("Preferred channel"),
            Type.CHOICE,
            choices=fixed(ContactChannel),
        ),
        _lead("preferred_time", _("Best time to reach")),
        _lead(
            "tags",
            _("Tags"),
            Type.REFERENCES,
            sql=Many(LeadTag, "lead", "tag"),
            choices_from=named(Tag),
            history=False,
        ),
    ]


def _standing() -> Iterator[Field]:
    choices: list[tuple[str, Any, Any]] = [
        ("stage", _("Stage"), LeadStage),
        ("furthest_stage", _("Furthest stage"), LeadStage),
        ("status", _("Status"), LeadStatus),
        ("disposition", _("Off-ramp"), Disposition),
        ("direction", _("Direction"), Direction),
        ("buyer_stage", _("Buyer's stage"), BuyerStage),
        ("funnel_position", _("Funnel position"), FunnelPosition),
        ("origin", _("Came in as"), Origin),
    ]
    ordered = {"stage", "furthest_stage", "buyer_stage"}
    for name, label, values in choices:
        yield _standing_field(
            name, label, Type.CHOICE, choices=fixed(values), ordered=name in ordered
        )
    for name, label, model in (
        ("source", _("Source"), Source),
        ("campaign", _("Campaign"), Campaign),
        ("owner", _("Owner"), User),
        ("team", _("Team"), Team),
    ):
        yield _standing_field(name, label, Type.REFERENCE, choices_from=named(model))
    for name, label in (
        ("created_at", _("Created")),
        ("stage_since", _("In this stage since")),
        ("assigned_at", _("Assigned")),
        ("last_activity_at", _("Last touch")),
        ("next_step_at", _("Next step")),
    ):
        yield _standing_field(name, label, Type.DATETIME, history=False)
    yield _standing_field(
        "is_customer", _("Is a customer"), Type.BOOLEAN, sql=_is_customer, history=False
    )


def _standing_field(name: str, label: Any, kind: Type, **more: Any) -> Field:
    field = _lead(name, label, kind, group=WHERE_THEY_STAND, **more)
    return replace(field, sql=f"{name}_id") if kind == Type.REFERENCE else field


def _is_customer() -> Any:
    found = Customer.objects.filter(lead=OuterRef("pk"), churned_at=None, reverted_at=None)
    return ExpressionWrapper(Exists(found), output_field=Boolean())


def _score() -> Iterator[Field]:
    for name, label in (
        ("fit", _("Fit")),
        ("engagement", _("Engagement")),
        ("bant", _("BANT")),
        ("band", _("Engagement band")),
        ("priority", _("Priority")),
    ):
        yield Field(f"score.{name}", label, Type.NUMBER, sql=f"score__{name}", group=SCORE)
    grades = tuple((grade, grade) for grade in "DCBA")
    yield Field(
        "score.grade",
        _("Fit grade"),
        Type.CHOICE,
        choices=grades,
        ordered=True,
        sql="score__grade",
        group=SCORE,
    )
    cells = tuple((f"{grade}{band}", f"{grade}{band}") for grade in "ABCD" for band in "1234")
    yield Field(
        "score.cell", _("Score"), Type.CHOICE, choices=cells, sql="score__cell", group=SCORE
    )


def _consent() -> Iterator[Field]:
    for channel, label in (
        (ContactChannel.EMAIL, _("Consent to marketing by email")),
        (ContactChannel.PHONE, _("Consent to marketing by phone")),
        (ContactChannel.SMS, _("Consent to marketing by text message")),
    ):
        yield Field(
            f"consent.{channel}",
            label,
            Type.CHOICE,
            choices=fixed(Consent.State),
            sql=_in_force(channel),
            group=CONSENT,
        )


def _in_force(channel: str) -> Callable[[], Subquery]:
    """The newest statement about a channel is the one in force."""
    return lambda: Subquery(
        Consent.objects.filter(lead=OuterRef("pk"), channel=channel, purpose="marketing")
        .order_by("-at", "-id")
        .values("state")[:1]
    )


def company_fields(subject: str, path: str) -> Iterator[Field]:
    """What can be asked about the company of a subject, which stands behind `path`."""
    for name, label, kind in (
        ("name", _("Company"), Type.TEXT),
        ("domain", _("Company domain"), Type.TEXT),
        ("industry", _("Industry"), Type.TEXT),
        ("size", _("Employees"), Type.NUMBER),
        ("revenue", _("Yearly revenue"), Type.MONEY),
        ("country", _("Company country"), Type.TEXT),
        ("city", _("Company city"), Type.TEXT),
        ("founded", _("Founded in"), Type.NUMBER),
    ):
        yield Field(
            f"company.{name}",
            label,
            kind,
            sql=f"{path}{name}",
            history=True,
            subject=subject,
            group=COMPANY,
        )


def account_fields(subject: str, path: str) -> Iterator[Field]:
    """Whether the company is a target, and how warm its people are together."""
    yield Field(
        "company.tier", _("Target tier"), Type.CHOICE, choices=fixed(Tier), sql=f"{path}tier",
        history=True, subject=subject, group=COMPANY,
    )  # fmt: skip
    place = f"{path}pk" if not path else path.removesuffix("__")
    yield Field(
        "company.account_score", _("Account score"), Type.NUMBER,
        sql=lambda: account_score(place), subject=subject, group=COMPANY,
    )  # fmt: skip


def custom_fields(subject: str) -> Iterator[Field]:
    """Fields that the organisation made; a lead can also be asked about her company's."""
    wanted = ["lead", "company"] if subject == "lead" else [subject]
    for row in CustomField.objects.filter(subject__in=wanted, is_archived=False):
        owner = "custom" if row.subject == subject else f"{row.subject}.custom"
        path = "custom" if row.subject == subject else f"{row.subject}__custom"
        yield custom_field(row, f"{owner}.{row.key}", path, subject)


def custom_field(row: CustomField, key: str, path: str, subject: str) -> Field:
    """The catalogue's view of a field that the organisation made."""
    return Field(
        key,
        row.label,
        Type(row.type),
        choices=tuple((choice, choice) for choice in row.choices),
        sql=Json(path, row.key),
        history=True,
        sensitivity="contact" if row.is_personal else "",
        subject=subject,
        group=CUSTOM,
    )


def _behaviour() -> Iterator[EventKind]:
    said = (
        Field("label", _("What"), Type.TEXT, sql="label"),
        Field("topic", _("Topic"), Type.TEXT, sql="topic"),
        Field("value", _("Value"), Type.NUMBER, sql="value"),
    )
    for kind, label in (
        ("page.viewed", _("Viewed a page")),
        ("form.submitted", _("Submitted a form")),
        ("form.viewed", _("Looked at a form")),
        ("form.started", _("Began a form")),
        ("file.downloaded", _("Downloaded a file")),
        ("product.used", _("Used the product")),
        ("mail.opened", _("Opened a mail")),
        ("mail.clicked", _("Clicked in a mail")),
        ("mail.replied", _("Replied to a mail")),
        ("reply.interested", _("Answered: interested")),
        ("meeting.booked", _("Booked a meeting")),
        ("event.registered", _("Registered for an event")),
        ("event.attended", _("Attended an event")),
        ("event.missed", _("Missed an event")),
        ("event.cancelled", _("Gave back a place at an event")),
        ("trial.begun", _("Began a trial")),
    ):
        yield EventKind(kind, label, said, engagements(kind))
    told = (
        Field("provider", _("Provider"), Type.TEXT, sql="provider"),
        Field("confidence", _("Confidence, 0 to 1"), Type.NUMBER, sql="confidence"),
    )
    yield EventKind(
        INTENT, _("Was reported to look for something"), said + told, engagements(INTENT)
    )


def engagements(kind: str) -> Rows:
    """What humans did of one kind; machines that open every mail do not count."""
    where = {"kind": kind, "actor_class": Engagement.Actor.HUMAN}
    return Rows(Engagement, "lead", "occurred_at", where)
