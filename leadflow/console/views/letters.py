"""Mail templates: what people begin a personal mail from."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from leadflow.console.crud import SettingsCrud
from leadflow.console.forms.letters import MailTemplateForm
from leadflow.mail import templates
from leadflow.mail.models import MailTemplate
from leadflow.people.models import User


def save(form: Any, by: User) -> MailTemplate:
    """Make or change."""
    return templates.save(template=form.instance, values=form.cleaned_data, by=by)


def _archive(template: MailTemplate, by: User, *, is_archived: bool) -> None:
    templates.save(template=template, values={"is_archived": is_archived}, by=by)


LETTERS = SettingsCrud(
    MailTemplate,
    MailTemplateForm,
    permission="playbook.edit",
    namespace="console",
    slug="letters",
    singular=_("Mail template"),
    plural=_("Mail templates"),
    intro=_(
        "Whoever writes to a lead may begin from one: its fields are filled in, and the letter goes on from there."
    ),
    columns=[("name", _("Name")), ("subject", _("Subject"))],
    archived_field="is_archived",
    save=save,
    archive=lambda one, by: _archive(one, by, is_archived=True),
    restore=lambda one, by: _archive(one, by, is_archived=False),
)
