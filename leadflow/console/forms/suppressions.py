"""Forms of the suppression list."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.mail.suppressions import REASONS
from leadflow.web.forms import StaffForm


class TakeInForm(StaffForm):
    """A file of addresses that get no mail any more."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("One address a line, or CSV with an address in each line; at most 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv", "class": "lf-input"}),
    )
    reason = forms.ChoiceField(
        label=_("Why"), choices=[(reason.value, reason.label) for reason in REASONS]
    )
    purpose = forms.ChoiceField(
        label=_("What they get no more"),
        choices=[("", _("Any mail but sign-in mails and the like")), ("marketing", _("Marketing"))],
        required=False,
    )
