"""How steps and sequences read on the screen."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from leadflow.conditions import fields
from leadflow.conditions.language import explain, parse
from leadflow.errors import Invalid
from leadflow.mail.merge_fields import offered
from leadflow.web.forms import StaffForm
from nurturing import selectors
from nurturing.services import documents
from nurturing.services.acts.wording import plain


def mail_name(step: Mapping[str, Any]) -> str:
    """What a mail is called: its subject, else that of its design."""
    return plain(step["subject"] or step.get("design_subject", "")) or _("Mail without a subject")


def rule_words(rule: Any) -> str:
    """A condition in words; empty where it asks nothing."""
    if not rule or not any(rule.values()):
        return ""
    catalogue = fields.catalogue("lead")
    try:
        return explain(parse(rule, catalogue, check_values=False), catalogue)
    except Invalid as error:
        return error.message


def is_asked(rule: Any) -> bool:
    """Whether a rule can be asked as it is; one that asks nothing can."""
    try:
        parse(rule or {"all": []}, fields.catalogue("lead"), check_values=False)
    except Invalid:
        return False
    return True


def trigger_words(document: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """Who enters, in words; `names` of forms and segments where many are asked for."""
    trigger = documents.trigger_of(document)
    if not trigger:
        return _("Somebody is added by hand")
    if trigger in documents.BY_FACT:
        return str(documents.BY_FACT[trigger])
    known = selectors.triggers_to_choose() if names is None else names
    name = known.get(trigger, _("one that is gone"))
    if trigger.startswith("form:"):
        return _("Somebody sends the form “%(name)s”") % {"name": name}
    return _("Somebody comes into the segment “%(name)s”") % {"name": name}


def goal_words(document: Mapping[str, Any]) -> str:
    """The goal in words; empty without one."""
    return rule_words(document["goal"])


def answers_to_insert(form: StaffForm) -> list[tuple[str, str]]:
    """(label, what is inserted) for the answers of forms that a mail may repeat."""
    if "body" not in form.fields:
        return []
    return [(label, f"{{{{ {path} }}}}") for label, path in offered()]


def merge_fields(form: StaffForm) -> list[tuple[str, str]]:
    """(label, what is inserted) for a mail's form; each comes with a fallback to fill in."""
    if "body" not in form.fields:
        return []
    asked = (
        ("lead.first_name", _("First name"), _("there")),
        ("lead.last_name", _("Last name"), ""),
        ("lead.job_title", _("Job title"), _("your role")),
        ("company.name", _("Company"), _("your company")),
        ("owner.name", _("Owner"), _("our team")),
        ("organisation.name", _("Our name"), ""),
        ("offer.code", _("Code of the offer"), ""),
        ("offer.ends_on | date", _("End of the offer"), ""),
    )
    return [
        (label, f'{{{{ {path} | default: "{other}" }}}}' if other else f"{{{{ {path} }}}}")
        for path, label, other in asked
    ]
