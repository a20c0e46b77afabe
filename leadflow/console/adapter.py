"""How allauth behaves here: who may try how often, what a sign-in records, where its links point."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.ratelimit import RateLimitUsage, consume, respond_429
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

from leadflow.console import devices
from leadflow.models import Organisation
from leadflow.people.models import User
from leadflow.services import people

# Wrong passwords only; a right one gives its try back.
RATES = {
    # one person from one place, and the same for a browser that she has signed in with before
    "pair": "5/5m/key",
    # one place against all accounts
    "place": "20/5m/key",
    # one account from everywhere; her known devices are not held up by it
    "account": "20/1h/key",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in by e-mail and password; nobody signs up by herself."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 allauth calls it by name
        """Never: people come by invitation."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try before the password is looked at; too many end in a 429 for known and unknown alike."""
        email = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
        used = RateLimitUsage(usage=[])
        for action, key in self._limits(request, email):
            consumed = consume(request, app="leadflow", action=action, config=RATES, key=key)
            if consumed is None:
                raise ImmediateHttpResponse(respond_429(request))
            used.usage += consumed.usage
        self._login_failed_rl_usage = used

    def _limits(self, request: HttpRequest, email: str) -> list[tuple[str, str]]:
        device = devices.known(request, email)
        if device:
            return [("pair", f"device:{device}")]
        place = self.get_client_ip(request)
        return [("pair", f"{place}|{email}"), ("place", place), ("account", email)]

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """A reset password opens no new series of tries: the windows are short enough."""

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ARG002
        """Write the refused try down."""
        people.sign_in_failed(email=str(credentials.get("email") or ""))

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Start the session and record it."""
        super().login(request, user)
        if isinstance(user, User):
            people.signed_in(user=user)

    def logout(self, request: HttpRequest) -> None:
        """Record it and end the session."""
        if isinstance(request.user, User):
            people.signed_out(user=request.user)
        super().logout(request)

    def post_login(
        self, request: HttpRequest, user: AbstractBaseUser, **hints: Any
    ) -> HttpResponse:
        """Remember the browser, so that strangers who try her address cannot lock her out."""
        response: HttpResponse = super().post_login(request, user, **hints)
        if isinstance(user, User) and user.email:
            devices.remember(response, user.email)
        return response

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """By the service, which ends every session and records the change."""
        if not isinstance(user, User):
            raise TypeError(user)
        changed = people.set_password(user=user, password=password, by=user)
        user.password, user.session_epoch = changed.password, changed.session_epoch

    def format_email_subject(self, subject: str) -> str:
        """The subject as the template has it; the sender's name says who we are."""
        return subject.strip()

    def get_from_email(self) -> str:
        return str(settings.DEFAULT_FROM_EMAIL)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Every mail of allauth leaves through the ledger (EMAIL_BACKEND) as essential mail."""
        ours = {"organisation": Organisation.current(), "base_url": settings.PUBLIC_BASE_URL}
        super().send_mail(template_prefix, email, {**context, **ours})


def display(user: User) -> str:
    """How allauth names a person in its mails."""
    return user.name
