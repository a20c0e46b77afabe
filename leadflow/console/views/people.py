"""Users, invitations, teams and roles."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.console import invitations, roles
from leadflow.console.forms.people import InviteForm, PersonForm
from leadflow.console.page import saved
from leadflow.kit import clock
from leadflow.mail import selectors as mail
from leadflow.models.organisation import reps_see_unassigned
from leadflow.people.models import Invitation, Role, User
from leadflow.people.selectors import people_with_teams
from leadflow.services import people
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest


@access("people.edit")
def people_list(request: HtmxHttpRequest) -> HttpResponse:
    """Everybody who works here, and who was asked."""
    context = {
        "people": people_with_teams(request.user),
        "invitations": Invitation.objects.open(clock.now()).select_related("invited_by"),
    }
    return render(request, "console/people.html", context)


@access("people.edit")
def invite(request: HtmxHttpRequest, pk: int | None = None) -> HttpResponse:
    """Ask somebody in; with `pk`, give a sign-in to somebody who is here without one."""
    user = get_object_or_404(User.objects.visible_to(request.user), pk=pk) if pk else None
    initial = {"name": user.name, "role": user.role, "teams": user.teams.all()} if user else None
    form = InviteForm(request.POST or None, initial=initial)
    if form.is_valid() and form.attempt(
        lambda: invitations.invite(by=request.user, user=user, **form.cleaned_data)
    ):
        return _invited(request, form.cleaned_data["email"], form.result)
    context = {"form": form, "person": user, "mail_leaves": mail.leaves()}
    return render(request, "console/invite.html", context, status=form.status)


@access("people.edit")
@require_POST
def invitation_again(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A fresh link for the same person."""
    invitation = get_object_or_404(Invitation.objects.open(clock.now()), pk=pk)
    link = invitations.again(invitation=invitation, by=request.user)
    return _invited(request, invitation.email, link)


@access("people.edit")
@require_POST
def invitation_revoke(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Withdraw an invitation."""
    invitation = get_object_or_404(Invitation, pk=pk)
    invitations.revoke(invitation=invitation, by=request.user)
    return saved(request, reverse("console:people"), _("The invitation is withdrawn."))


def _invited(request: HtmxHttpRequest, email: str, link: str) -> HttpResponse:
    if mail.leaves():
        sentence = _("The invitation is on its way to %(to)s.") % {"to": email}
        return saved(request, reverse("console:people"), sentence)
    return render(request, "console/invited.html", {"email": email, "link": link})


@access("people.edit")
def person(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Role, teams and address of one person."""
    found = get_object_or_404(people_with_teams(request.user), pk=pk)
    form = PersonForm.of(found, request.POST or None)
    if form.is_valid() and form.attempt(
        lambda: people.change_user(user=found, by=request.user, **form.cleaned_data)
    ):
        return saved(request, reverse("console:people"), _("Saved: %(name)s") % {"name": found})
    context = {"form": form, "person": found}
    return render(request, "console/person.html", context, status=form.status)


@access("people.edit")
@require_POST
def person_active(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Shut a person out, or let her back in."""
    found = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    changed = people.set_active(user=found, is_active=not found.is_active, by=request.user)
    sentence = _("%(name)s may sign in.") if changed.is_active else _("%(name)s is shut out.")
    return saved(request, reverse("console:people"), sentence % {"name": found.name})


@access("people.edit")
@require_POST
def person_sign_out(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """End every session of a person."""
    found = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    people.end_sessions(user=found, by=request.user)
    sentence = _("%(name)s is signed out everywhere.") % {"name": found.name}
    return saved(request, reverse("console:person", args=[pk]), sentence)


@access("self.edit")
def role_table(request: HtmxHttpRequest) -> HttpResponse:
    """Who may do what, in words; the table itself is code."""
    context = {
        "groups": roles.rights_by_group(),
        "roles": list(Role),
        "reps_see_unassigned": reps_see_unassigned(),
    }
    return render(request, "console/roles.html", context)
