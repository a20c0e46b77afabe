"""The story of a company over all its people, narrowed as the reader asks; and the company as it was."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from leadflow.desk import company_past
from leadflow.desk.forms import DayForm
from leadflow.desk.tables import companies_of
from leadflow.kit import clock
from leadflow.kit.text import one_line
from leadflow.models import Company, Lead
from leadflow.people.models import User
from leadflow.timeline.selectors import GROUPS, Dealt, for_company
from leadflow.timeline.views import moment
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, render_part
from pipeline import selectors as pipeline


@access("company.view")
@require_safe
def story(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What happened; `?person=`, `?group=calls` and `?q=` narrow it, `?before=` pages on."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    asked = request.GET
    person = _person(request, company)
    group = asked.get("group", "") if asked.get("group", "") in GROUPS else ""
    until = moment(asked.get("until", ""))
    words, before = one_line(asked.get("q", ""))[:200], asked.get("before", "")
    page = for_company(
        company, request.user, dealt=dealt_with(company, request.user), person=person, group=group,
        words=words, until=until, before=int(before) if before.isdecimal() and len(before) < 19 else None,
    )  # fmt: skip
    scope = {"group": group, "q": words, "person": str(person.pk) if person else ""}
    scope |= {"until": until.isoformat()} if until else {}
    context = {
        "company": company,
        "page": page,
        "is_narrowed": any(scope.values()),
        "more_url": f"{request.path}?{urlencode(scope)}",
        "with_people": person is None,
    }
    return render_part(request, "desk/company_story.html", "entries", context)


@access("company.view")
@require_safe
def as_it_was(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What was known of the company on `?on=2026-05-01`; a week ago where no day is given."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    form = DayForm(request.GET or {"on": localdate(clock.now()) - timedelta(days=7)})
    day = form.cleaned_data["on"] if form.is_valid() else None
    past = company_past.as_it_was(company, day, request.user) if day else None
    context = {"record": company, "company": company, "form": form, "past": past}
    return render(request, "desk/company_past.html", context, status=form.status)


def _person(request: HtmxHttpRequest, company: Company) -> Lead | None:
    number = request.GET.get("person", "")
    if not number:
        return None
    rows = Lead.objects.visible_to(request.user).filter(company=company)
    return get_object_or_404(rows, pk=int(number) if number.isdecimal() and len(number) < 19 else 0)


def dealt_with(company: Company, user: User) -> Dealt:
    """The deals of a company and their people, as far as somebody may see them."""
    rows = list(pipeline.deals_of_company(user, company.pk).values_list("pk", "lead_id")[:500])
    people = {lead for _pk, lead in rows if lead}
    seen = Lead.objects.visible_to(user).filter(pk__in=people).values_list("pk", flat=True)
    return Dealt([pk for pk, _lead in rows], list(seen))
