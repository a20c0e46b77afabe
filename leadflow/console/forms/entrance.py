"""The forms of allauth in our look: signing in, the second step, a new password.

What they check is allauth's. Here stand the labels, the layout and what a password manager reads.
"""

from typing import Any, ClassVar

from allauth.account.forms import LoginForm, ReauthenticateForm, ResetPasswordKeyForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as CodeAgainForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django.utils.translation import gettext_lazy as _

from leadflow.web.forms import StaffFormMixin

# The label row leads to "Forgot it?", the box carries "Show".
_WITH_WAY_OUT = "%s/layout/password.html"


class EntranceMixin(StaffFormMixin):
    """Our labels in place of allauth's, and no placeholder that repeats them."""

    labels: ClassVar[dict[str, Any]] = {}
    focus = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in self.labels.items():
            field = self.fields[name]
            field.label, field.help_text = label, ""
            field.widget.attrs.pop("placeholder", None)
        if self.focus:
            self.fields[self.focus].widget.attrs["autofocus"] = True


class SignInForm(EntranceMixin, LoginForm):  # type: ignore[misc]
    """Address and password; whoever is known by address already goes on with the password."""

    labels: ClassVar[dict[str, Any]] = {
        "login": _("Email"),
        "password": _("Password"),
        "remember": _("Stay signed in on this computer for 30 days"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["remember"].initial = True
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        known = self["login"].value()
        self.fields["password" if known else "login"].widget.attrs["autofocus"] = True

    @property
    def helper(self) -> FormHelper:
        """The password brings its way out and its Show button."""
        helper = super().helper
        helper.layout = Layout("login", Field("password", template=_WITH_WAY_OUT), "remember")
        return helper


class PasswordAgainForm(EntranceMixin, ReauthenticateForm):  # type: ignore[misc]
    """The password once more, before something that matters."""

    labels: ClassVar[dict[str, Any]] = {"password": _("Password")}
    focus = "password"


class NewPasswordForm(EntranceMixin, ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, twice; the page says its rules."""

    labels: ClassVar[dict[str, Any]] = {
        "password1": _("New password"),
        "password2": _("The same again"),
    }
    focus = "password1"


class SecondStepForm(EntranceMixin, AuthenticateForm):  # type: ignore[misc]
    """The code of the app, or a recovery code."""

    labels: ClassVar[dict[str, Any]] = {"code": _("Code")}
    focus = "code"


class SecondStepAgainForm(EntranceMixin, CodeAgainForm):  # type: ignore[misc]
    """The code once more, before something that matters."""

    labels: ClassVar[dict[str, Any]] = {"code": _("Code")}
    focus = "code"


class TurnOnForm(EntranceMixin, ActivateTOTPForm):  # type: ignore[misc]
    """The first code, which proves that the app has the secret."""

    labels: ClassVar[dict[str, Any]] = {"code": _("Code")}
