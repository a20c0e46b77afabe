"""Webhooks: where other programs are told what happens."""

from django import forms
from django.utils.translation import gettext_lazy as _l

from leadflow.web.forms import StaffForm


class EndpointForm(StaffForm):
    """An endpoint: what it is called, where it stands, what it is told."""

    name = forms.CharField(label=_l("Name"), max_length=80, help_text=_l("Who is told: a tool."))
    url = forms.CharField(
        label=_l("Address"), max_length=500,
        help_text=_l("https:// and where the program listens. It has to be on the open internet."),
    )  # fmt: skip
    sends_personal = forms.BooleanField(
        label=_l("Send names and addresses of people"), required=False,
        help_text=_l("Else it gets ids, and asks for the rest with an API key."),
    )  # fmt: skip


class NewSecretForm(StaffForm):
    """A new secret for an endpoint."""

    at_once = forms.BooleanField(
        label=_l("End the old one at once"), required=False,
        help_text=_l("It has become known. Else both sign for a day."),
    )  # fmt: skip
