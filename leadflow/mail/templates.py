"""Saved letters: kept with their merge fields checked, and filled in for one lead and one sender."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from leadflow.errors import Invalid
from leadflow.mail import merge_fields
from leadflow.mail.merge import MergeError, compile_template
from leadflow.mail.models import MailTemplate
from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.services.organisation import save_object

_SENDER = ("sender.name", "sender.first_name", "sender.email")


def catalogue() -> list[str]:
    """What a letter may mention: all that a mail may, and who sends it."""
    return [*merge_fields.catalogue(), *_SENDER]


@transaction.atomic
def save(*, template: MailTemplate, values: Mapping[str, Any], by: User) -> MailTemplate:
    """Make or change one. Raises Invalid where a field is none, by line and column."""
    paths = catalogue()
    wrong = {
        name: [str(refused)]
        for name in ("subject", "text")
        if name in values and (refused := _refused(values[name], paths))
    }
    if wrong:
        raise Invalid(" ".join(words[0] for words in wrong.values()), wrong)
    save_object(row=template, values=values, by=by)
    return template


def _refused(source: str, paths: list[str]) -> MergeError | None:
    try:
        compile_template(source, paths)
    except MergeError as error:
        return error
    return None


def begin(template: MailTemplate, *, lead: Lead, by: User) -> tuple[str, str]:
    """Subject and text for this lead from this sender. Raises MergeError where a field is gone."""
    paths = catalogue()
    subject, text = (compile_template(one, paths) for one in (template.subject, template.text))
    values = merge_fields.values_for(lead, asked=subject.paths | text.paths) | {
        "sender.name": by.name,
        "sender.first_name": by.first_name,
        "sender.email": by.email or "",
    }
    return subject.render(values, "line"), text.render(values)
