"""The form of a mail template."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.mail.models import MailTemplate
from leadflow.web.forms import StaffModelForm


class MailTemplateForm(StaffModelForm):
    """Words with merge fields."""

    text = forms.CharField(
        label=_("Text"),
        max_length=100_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_(
            "Fields stand in double braces: {{ lead.first_name | default: 'there' }}, {{ company.name }}, "
            "{{ sender.first_name }}. [words](https://…) makes a link."
        ),
    )

    class Meta:
        model = MailTemplate
        fields = ("name", "subject", "text")
