"""Work on a company written down where it is read: a call, a meeting, with somebody there or with nobody known."""

from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.desk.tables import companies_of
from leadflow.models import Activity, Company, Lead
from leadflow.people.models import User
from leadflow.services import activities
from leadflow.web.activities import LogForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done

MOST_PEOPLE = 200  # of one company in the choice of whom it was with


class CompanyLogForm(LogForm):
    """What happened with a company, with whom, how it went, and what comes next."""

    person = forms.ModelChoiceField(
        Lead.objects.none(),
        label=gettext_lazy("With"),
        required=False,
        empty_label=gettext_lazy("Nobody whom we know"),
    )
    field_order = ("kind", "person", "subject", "outcome", "minutes", "body")

    def __init__(self, *args: Any, people: QuerySet[Lead], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self.fields["person"]
        person.queryset = people  # type: ignore[attr-defined]
        person.label_from_instance = lambda lead: lead.name  # type: ignore[attr-defined]


def workable_people(company: Company, user: User) -> QuerySet[Lead]:
    """Those there whom the user may work, the last touched first."""
    rows = Lead.objects.visible_to(user, "activity.add").filter(company=company)
    newest = rows.order_by("-last_activity_at", "pk").values("pk")[:MOST_PEOPLE]
    return rows.filter(pk__in=newest).order_by("first_name", "last_name", "pk")


@access("activity.add")
def log(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write down what happened with a company, and plan what is next; `?kind=meeting` fills in."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    known = {"kind": request.GET.get("kind", Activity.Kind.CALL)}
    data = request.POST if request.method == "POST" else None
    people = workable_people(company, request.user)
    form = CompanyLogForm(data, prefix="log", initial=known, people=people)
    good = data is not None and form.is_valid()
    if good and form.attempt(lambda: logged(form, company, request.user)):
        told = _("Logged: %(what)s") % {"what": form.cleaned_data["subject"]}
        return done(request, told, back=company.get_absolute_url())
    context = {"company": company, "form": form}
    return render(request, "desk/company_log.html", context, status=form.status)


@transaction.atomic
def logged(form: CompanyLogForm, company: Company, user: User) -> Activity:
    """The touch, and the next step where one was said."""
    values = form.cleaned_data
    about = {"lead": values["person"], "company": company, "by": user}
    row = activities.log(
        kind=values["kind"], subject=values["subject"], body=values["body"],
        outcome=values["outcome"], minutes=values["minutes"], **about,
    )  # fmt: skip
    if values["next_subject"]:
        activities.plan(
            kind=values["next_kind"] or Activity.Kind.TODO, subject=values["next_subject"],
            due_at=values["next_due_at"], owner=user, **about,
        )  # fmt: skip
    return row
