"""People, teams, and what a person chooses for herself."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.console.forms.doors import new_password
from leadflow.people.models import Role, Team, User
from leadflow.web.forms import StaffForm, StaffModelForm
from leadflow.web.zones import ZoneSelect, own_zone_choices


class TeamsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Teams as a list of boxes to tick."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=Team.objects.all(),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            **kwargs,
        )


class InviteForm(StaffForm):
    """Somebody is asked to work here."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "lf-input", "autocomplete": "off"}),
        help_text=_("The link in the mail works once, for seven days."),
    )
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.REP)
    teams = TeamsField(label=_("Teams"))
    is_manager = forms.BooleanField(
        label=_("Manages these teams"),
        required=False,
        help_text=_("Managers see and edit the leads and deals of the teams that they manage."),
    )


class PersonForm(StaffForm):
    """What a person is here for."""

    name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"class": "lf-input", "autocomplete": "off"}),
        help_text=_("A new address ends the sessions of this person."),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    teams = TeamsField(label=_("Works in"))
    manages = TeamsField(label=_("Manages"))

    @classmethod
    def of(cls, user: User, data: Any = None) -> "PersonForm":
        """The form as the person stands now."""
        memberships = list(user.memberships.all())
        initial = {
            "name": user.name,
            "email": user.email or "",
            "role": user.role,
            "teams": [m.team_id for m in memberships],
            "manages": [m.team_id for m in memberships if m.is_manager],
        }
        form = cls(data, initial=initial)
        if not user.email:
            del form.fields["email"]
        return form


class TeamForm(StaffModelForm):
    """A team."""

    class Meta:
        model = Team
        fields = ["name", "office"]


class ProfileForm(StaffModelForm):
    """Her name, her time, her language."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=own_zone_choices,
        widget=ZoneSelect,
        required=False,
        help_text=_("Times on every page are shown in it."),
    )

    class Meta:
        model = User
        fields = ["name", "time_zone"]


class AppearanceForm(StaffModelForm):
    """How pages look and listen for her."""

    class Meta:
        model = User
        fields = ["theme", "dense_rows", "single_keys"]
        help_texts = {
            "dense_rows": _("Rows of 40 pixels in lists; without it they are 48."),
            "single_keys": _("J, K, N and the like. Ctrl K and Esc work always."),
        }


class PasswordForm(StaffForm):
    """A new password, for whoever knows the old one."""

    old_password = forms.CharField(
        label=_("Your password now"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "lf-input"}),
    )
    password = new_password(_("New password"))
