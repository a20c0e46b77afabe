"""Signing in and out, forgotten passwords, invitations and the first run: every door before sign-in."""

from allauth.account import views as account
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from leadflow.console.forms.doors import JoinForm, WelcomeForm
from leadflow.errors import NotAllowed
from leadflow.people.models import User
from leadflow.people.selectors import nobody_yet, open_invitation
from leadflow.services import organisation, people
from leadflow.web.gate import public
from leadflow.web.visitors import slowed_down

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@public("signing in is how people get in", app_only=True)
@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """E-mail and password; where nobody works here yet, the first run instead."""
    if nobody_yet():
        return redirect("console:welcome")
    response: HttpResponseBase = account.login(request)
    return response


@public("the first run: refused as soon as one person exists", app_only=True)
@sensitive_post_parameters("password")
@never_cache
def welcome(request: HttpRequest) -> HttpResponse:
    """Make the admin of an installation that has nobody."""
    if not nobody_yet():
        return redirect("account_login")
    form = WelcomeForm(request.POST or None)
    if form.is_valid() and form.attempt(lambda: organisation.begin(**form.cleaned_data)):
        return _enter(request, form.result)
    return render(request, "console/welcome.html", {"form": form}, status=form.status)


@public("the token in the link is the permission", app_only=True)
@sensitive_post_parameters("password", "token")
@never_cache
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: a name, a password, and in."""
    invitation = open_invitation(token)
    if invitation is None:
        if slow := slowed_down(request):
            return slow
        raise NotAllowed(_("This invitation was used, withdrawn or is older than seven days."))
    form = JoinForm(request.POST or None, initial={"name": invitation.name})
    if form.is_valid() and form.attempt(
        lambda: people.accept_invitation(token=token, **form.cleaned_data)
    ):
        return _enter(request, form.result)
    context = {"form": form, "invitation": invitation}
    return render(request, "console/join.html", context, status=form.status)


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    login(request, user, backend=BACKEND)
    people.signed_in(user=user)
    return redirect("/")
