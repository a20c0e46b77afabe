"""The answers of a form that a rule asks for: by what was answered, and by how it came."""

import json
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capture.blocks.asking import logic_field
from capture.models import Form, Submission
from capture.selectors import all_questions
from leadflow.conditions import sql
from leadflow.conditions.fields import catalogue_of
from leadflow.conditions.language import Catalogue, Field, Type, explain, parse
from leadflow.conditions.zone import here
from leadflow.errors import Invalid
from leadflow.kit import clock

_ANSWERS = gettext_lazy("Answers")
_SENDING = gettext_lazy("Sending")


def catalogue(form: Form) -> Catalogue:
    """Every question that any version of the form asked, and what is known about the sending."""
    asked = [
        replace(
            logic_field(one),
            key=f"answer.{one.name}",
            sql=sql.Json("answers", one.name),
            group=_ANSWERS,
        )
        for one in all_questions(form)
        if one.is_known
    ]
    return catalogue_of([*asked, *_sending()])


def _sending() -> list[Field]:
    channels = tuple(Submission.Channel.choices)
    fields = [
        Field("sent.at", _("Received"), Type.DATETIME, sql="received_at"),
        Field("sent.channel", _("Came by"), Type.CHOICE, choices=channels, sql="channel"),
        Field("sent.page", _("Page that it was on"), Type.TEXT, sql="page_url"),
        Field("sent.new", _("Made a new lead"), Type.BOOLEAN, sql="lead_created"),
    ]
    fields += [
        Field(f"sent.{key}", label, Type.TEXT, sql=sql.Json("utm", key))
        for key, label in (
            ("utm_source", _("Source of the link")),
            ("utm_medium", _("Medium of the link")),
            ("utm_campaign", _("Campaign of the link")),
        )
    ]
    return [replace(one, group=_SENDING) for one in fields]


def matching(rows: QuerySet[Submission], form: Form, rule: str) -> tuple[QuerySet[Submission], str]:
    """The answers that fit a rule, as the address carries it, and the rule in words."""
    if not rule:
        return rows, ""
    known = catalogue(form)
    try:
        read: Any = json.loads(rule)
        condition = parse(read, known)
    except (Invalid, ValueError):
        return rows.none(), _("A filter that cannot be read; clear it.")
    if not condition.items:
        return rows, ""
    return rows.filter(sql.where(condition, at=here(clock.now()))), explain(condition, known)
