"""What a person sets for herself."""

from allauth.core.internal.ratelimit import consume, respond_429
from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from leadflow.console.forms.people import AppearanceForm, PasswordForm, ProfileForm
from leadflow.console.page import saved
from leadflow.people.models import User
from leadflow.services import people
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

TRIES = {"password": "10/h/key"}


@access("self.edit")
def profile(request: HtmxHttpRequest) -> HttpResponse:
    """Her name and her time zone."""
    return _own(request, ProfileForm, _("Profile"), _("How colleagues see you."))


@access("self.edit")
def appearance(request: HtmxHttpRequest) -> HttpResponse:
    """Theme, density, keys."""
    return _own(request, AppearanceForm, _("Appearance"), _("For you alone, on every device."))


def _own(
    request: HtmxHttpRequest,
    form_class: type[ProfileForm] | type[AppearanceForm],
    title: str,
    intro: str,
) -> HttpResponse:
    mine = User.objects.visible_to(request.user).get(pk=request.user.pk)
    form = form_class(request.POST or None, instance=mine)
    if form.is_valid():
        form.save()
        return saved(request, request.path, _("Saved."))
    context = {"form": form, "title": title, "intro": intro}
    return render(request, "console/screen.html", context, status=form.status)


@access("self.edit")
@sensitive_post_parameters("old_password", "password")
def security(request: HtmxHttpRequest) -> HttpResponse:
    """A new password; this browser stays signed in, all others are signed out."""
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and not _may_try(request):
        return HttpResponse(respond_429(request), status=429)
    if (
        form.is_valid()
        and _knows_it(request, form)
        and form.attempt(
            lambda: people.set_password(
                user=request.user, password=form.cleaned_data["password"], by=request.user
            )
        )
    ):
        update_session_auth_hash(request, form.result)
        return saved(request, request.path, _("Your password is changed; others are signed out."))
    return render(request, "console/security.html", {"form": form}, status=form.status)


def _may_try(request: HtmxHttpRequest) -> bool:
    key = f"user:{request.user.pk}"
    return bool(consume(request, app="leadflow", action="password", config=TRIES, key=key))


def _knows_it(request: HtmxHttpRequest, form: PasswordForm) -> bool:
    if request.user.check_password(form.cleaned_data["old_password"]):
        return True
    form.add_error("old_password", _("That is not your password. Try again."))
    return False


@access("self.edit")
def sessions(request: HtmxHttpRequest) -> HttpResponse:
    """The browsers in which she is signed in."""
    context = {"sessions": _living_sessions(request.user), "here": request.session.session_key}
    return render(request, "console/sessions.html", context)


def _living_sessions(user: User) -> list[UserSession]:
    """Without those that ended by time, by sign-out, or by a change of password, role or teams."""
    rows = list(UserSession.objects.filter(user=user).order_by("-last_seen_at"))
    keys = [row.session_key for row in rows]
    stored = Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now())
    good = user.get_session_auth_hash()
    alive = {s.pk for s in stored if s.get_decoded().get("_auth_user_hash") == good}
    return [row for row in rows if row.session_key in alive]


@access("self.edit")
@require_POST
def sessions_end(request: HtmxHttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    user = people.end_sessions(user=request.user, by=request.user)
    update_session_auth_hash(request, user)
    return saved(request, reverse("console:sessions"), _("You are signed out everywhere else."))
