"""Forms of the bounds of sending."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.mail.models import SendingLimit
from leadflow.web.forms import StaffForm


class LimitForm(StaffForm):
    """At most so many messages, to whom or by what, in which span."""

    scope = forms.ChoiceField(label=_("What is limited"), choices=SendingLimit.Scope.choices)
    name = forms.CharField(
        label=_("Domain or way out"), max_length=253, help_text=_("Such as gmail.com, or smtp.")
    )
    most = forms.IntegerField(label=_("At most"), min_value=1, max_value=10_000_000)
    span = forms.TypedChoiceField(
        label=_("Messages"), choices=SendingLimit.Span.choices, coerce=int, initial=3_600
    )
    first = forms.IntegerField(
        label=_("On the first day"),
        min_value=1,
        required=False,
        help_text=_(
            "To warm up a new server or domain, for a way out by the day: begin with so many, and half as"
            " many more each day. Empty: the limit holds at once."
        ),
    )
