"""Work on a deal where it is done: a call, a meeting, a demo written down, a planned step finished."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from leadflow.models import Activity
from leadflow.people.access import reaches
from leadflow.people.models import User
from leadflow.services import activities
from leadflow.web.activities import LogForm, ThenForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done
from pipeline.models import Deal
from pipeline.views.board import sent
from pipeline.views.deals import about_of, find, open_steps


@access("activity.add")
def log(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write down what happened with a deal, how it went, and plan what is next; `?kind=demo` fills in."""
    found = find(request, pk)
    known = {"kind": request.GET.get("kind", Activity.Kind.CALL)}
    form = LogForm(sent(request), prefix="log", initial=known)
    good = request.method == "POST" and form.is_valid()
    if good and form.attempt(lambda: logged(form, found, request.user)):
        told = _("Logged: %(what)s") % {"what": form.cleaned_data["subject"]}
        return done(request, told, back=found.get_absolute_url())
    context = {"question": _("What happened?"), "verb": _("Log it"), "kind": form["kind"].value()}
    return answer(request, found, form, context)


@transaction.atomic
def logged(form: LogForm, found: Deal, user: User) -> Activity:
    """The touch, and the next step where one was said."""
    values = form.cleaned_data
    row = activities.log(
        kind=values["kind"], subject=values["subject"], body=values["body"],
        outcome=values["outcome"], minutes=values["minutes"], lead=found.lead,
        company=found.company, subject_ref=found.ref, by=user,
    )  # fmt: skip
    planned(form, found, user)
    return row


@access("activity.add")
def finish(request: HtmxHttpRequest, pk: int, activity: int) -> HttpResponse:
    """Ask how a planned step went and what is next, then mark it as done."""
    found = find(request, pk)
    step = get_object_or_404(open_steps(found), pk=activity)
    form = ThenForm(sent(request))
    good = request.method == "POST" and form.is_valid()
    if good and form.attempt(lambda: finished(form, step, found, request.user)):
        told = _("Done: %(what)s") % {"what": step.subject}
        return done(request, told, back=found.get_absolute_url())
    question = _("How did it go: %(what)s?") % {"what": step.subject}
    context = {"question": question, "verb": _("It is done"), "kind": step.kind}
    return answer(request, found, form, context)


@transaction.atomic
def finished(form: ThenForm, step: Activity, found: Deal, user: User) -> Activity:
    """The step, and the next one where it was said."""
    values = form.cleaned_data
    row = activities.complete(step, by=user, outcome=values["outcome"], body=values["body"])
    planned(form, found, user)
    return row


def planned(form: ThenForm, found: Deal, user: User) -> None:
    """What comes next with the deal."""
    values = form.cleaned_data
    if values["next_subject"]:
        activities.plan(
            kind=values["next_kind"] or Activity.Kind.TODO, subject=values["next_subject"],
            due_at=values["next_due_at"], lead=found.lead, company=found.company,
            subject_ref=found.ref, owner=user, by=user,
        )  # fmt: skip


def answer(
    request: HtmxHttpRequest, found: Deal, form: Any, context: dict[str, Any]
) -> HttpResponse:
    """The question, with what is known of budget, authority, need and timing beside a discovery call."""
    sees = found.lead is not None and reaches(request.user, "lead.view", found.lead)
    is_discovery = context["kind"] == Activity.Kind.DISCOVERY
    context |= {"deal": found, "form": form, "sees_lead": sees, "about": about_of(found)}
    context |= {"shows_bant": sees and is_discovery}
    return render(request, "pipeline/work.html", context, status=form.status)
