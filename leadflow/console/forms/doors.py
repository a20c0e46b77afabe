"""What is typed before anybody is signed in."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leadflow.services import people
from leadflow.web.forms import StaffForm
from leadflow.web.zones import ZoneSelect, zone_choices


def new_password(label: object = _("Password")) -> forms.CharField:
    """A password to be set; its rules are the service's."""
    return forms.CharField(
        label=str(label) if isinstance(label, str) else label,  # type: ignore[arg-type]
        strip=False,
        max_length=256,
        help_text=_("At least ten characters. A few words in a row are easy to remember."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "lf-input"}),
    )


class WelcomeForm(StaffForm):
    """The first run: the organisation and its admin."""

    organisation = forms.CharField(
        label=_("Your organisation"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Your email"),
        max_length=254,
        help_text=_("You sign in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "class": "lf-input"}),
    )
    password = new_password()
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=zone_choices, initial="UTC", widget=ZoneSelect
    )


class JoinForm(StaffForm):
    """An invitation accepted."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = new_password()


class ForgotForm(StaffForm):
    """Whose password is forgotten. It never says whether the address is known."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(
            attrs={"autocomplete": "username", "class": "lf-input", "autofocus": True}
        ),
    )

    def save(self, request: HttpRequest, **_hints: Any) -> str:  # noqa: ARG002 allauth's signature
        """Note it; the mail is written elsewhere."""
        people.ask_reset(email=self.cleaned_data["email"])
        return str(self.cleaned_data["email"])
