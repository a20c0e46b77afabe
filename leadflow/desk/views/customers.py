"""Customers: the list, and what is done to many of them at once."""

from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from leadflow.desk.cells import Look
from leadflow.desk.forms import OwnerForm
from leadflow.desk.owners import owners_for
from leadflow.desk.saying import but_stayed
from leadflow.desk.tables import CUSTOMER_FILTERS, CUSTOMERS, customers_of
from leadflow.desk.views.planning import planned_for_many
from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.models import Customer
from leadflow.people.access import allowed, require, within
from leadflow.people.models import User
from leadflow.services import customer_owners, todos
from leadflow.web import rules, saved_views
from leadflow.web.filters import Applied
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, back_to, done, redirect, say

MOST_AT_ONCE = 5_000
MOST_TODOS = 500
TABS = [
    (gettext_lazy("All customers"), ""),
    (gettext_lazy("Renewals ahead"), "renews=90&state=active"),
    (gettext_lazy("To sell more to"), "state=active&deal=none"),
    (gettext_lazy("Left"), "state=left"),
]


@access("lead.view")
def customer_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Who bought, newest first, as the URL filters them."""
    rows, applied, rule = narrowed(request)
    page = CUSTOMERS.page(request, rows)
    user = request.user
    may = {
        "assign": allowed(user, "lead.assign"),
        "plan": allowed(user, "activity.add"),
        "export": allowed(user, "company.export"),
    }
    context = {
        "page": page,
        "body": page.drawn(Look.of(user), pick=any(may.values())),
        "applied": applied,
        "rule": rule,
        "tabs": saved_views.fixed(request, TABS),
        "views": saved_views.tabs(request, user, CUSTOMERS.key),
        "query": request.GET.urlencode(),
        "here": request.get_full_path(),
        "may": may,
        "may_pick": any(may.values()),
        "owners": owners_for(user).values_list("pk", "name") if may["assign"] else (),
        "is_empty": not page.rows and not applied.chips and not rule.sentence,
    }
    return render(request, "desk/customers.html", context)


def narrowed(request: HtmxHttpRequest) -> tuple[QuerySet[Customer], Applied, rules.Asked]:
    """The customers that the URL asks for, its chips, and its rule."""
    applied = CUSTOMER_FILTERS.read(request)
    rows, rule = applied.narrow(customers_of(request.user)), rules.asked(request, "customer")
    return rows if rule.where is None else rows.filter(rule.where), applied, rule


# --- Many at once ---------------------------------------------------------------------------------


def chosen(request: HtmxHttpRequest) -> QuerySet[Customer]:
    """Which customers: `ids`, or `all=1` for the list as its query filters it."""
    if request.POST.get("all") == "1":
        request.GET = QueryDict(request.POST.get("query", "")[:8_000])
        return narrowed(request)[0]
    ids = [int(one) for one in request.POST.getlist("ids") if one.isdecimal() and len(one) < 19]
    return customers_of(request.user).filter(pk__in=ids)


def ids_of(rows: QuerySet[Customer]) -> list[int]:
    """Their ids; Invalid where there are none, or more than one act may change."""
    found = list(rows.order_by().values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if not found:
        raise Invalid(_("None of these customers is yours to change. Choose others."))
    if len(found) > MOST_AT_ONCE:
        raise Invalid(_("At most 5,000 customers at once. Filter the list further."))
    return found


def to_give(user: User) -> Q:
    """Those whom she may give to a colleague: what belongs to her, to her teams and who is in them, or to nobody."""
    company = within(user, "lead.assign", owner="company__owner", team="company__team")
    if company:  # a company that was given to somebody by hand stands in no team
        company |= Q(company__owner__in=owners_for(user))
    person = within(user, "lead.assign", owner="lead__owner", team="lead__team")
    return (Q(company__isnull=False) & company) | (Q(company=None) & person)


def to_plan(user: User) -> Q:
    """Those of whom she may plan something: every company, and the people in her reach."""
    person = within(user, "activity.add", owner="lead__owner", team="lead__team")
    return Q(company__isnull=False) | (Q(company=None) & person)


_ACTS = {"assign": ("lead.assign", to_give), "todo": ("activity.add", to_plan)}


@require_POST
@access("activity.add")
def count(request: HtmxHttpRequest, what: str) -> HttpResponse:
    """How many of the chosen customers an act would reach. A read, posted for its length."""
    if what not in _ACTS:
        raise Http404
    permission, reach = _ACTS[what]
    require(request.user, permission)
    rows = chosen(request).order_by()
    everyone = rows[: MOST_AT_ONCE + 1].count()
    reached = rows.filter(reach(request.user))[: MOST_AT_ONCE + 1].count()
    most = MOST_TODOS if what == "todo" else MOST_AT_ONCE
    context = {"reached": reached, "left": everyone - reached, "all": everyone, "most": most}
    return render(request, "desk/customers_count.html", context | {"is_much": reached > most})


@require_POST
@access("lead.assign")
def bulk_assign(request: HtmxHttpRequest) -> HttpResponse:
    """Give the chosen customers to one owner: the companies, and the people who bought themselves."""
    form = OwnerForm(request.POST, user=request.user)
    if not form.is_valid():
        raise Invalid(_("Choose who gets these customers."))
    owner = form.cleaned_data["owner"]
    ids, at = ids_of(chosen(request).filter(to_give(request.user))), clock.now()
    rows = list(customers_of(request.user).filter(pk__in=ids).values_list("company", "lead"))
    given = customer_owners.give_many(
        firms=[company for company, _lead in rows if company is not None],
        people=[lead for company, lead in rows if company is None],
        owner=owner, by=request.user, at=at,
    )  # fmt: skip
    words = ngettext(
        "%(n)d customer is now %(who)s’s", "%(n)d customers are now %(who)s’s", given
    )  # fmt: skip
    undo = reverse("desk:customers-undo", args=[customer_owners.memory_of(request.user, at)])
    said = words % {"n": given, "who": owner.first_name}
    return _back(request, said, undo if given else "")


@require_POST
@access("lead.assign")
def undo(request: HtmxHttpRequest, memory: str) -> HttpResponse:
    """Take back what was given away a moment ago; the token says when, and by whom."""
    taken = customer_owners.take_back(memory, by=request.user)
    said = ngettext("%(n)d customer is as it was", "%(n)d customers are as they were", taken.back)
    said %= {"n": taken.back}
    return done(
        request, said + but_stayed(taken.stay), back=back_to(request, reverse("desk:customers"))
    )


@require_POST
@access("activity.add")
def bulk_todo(request: HtmxHttpRequest) -> HttpResponse:
    """Plan the same to-do for each of the chosen customers; it is for the owner, else for who plans it."""
    plan = planned_for_many(request)
    ids = ids_of(chosen(request).filter(to_plan(request.user)))
    if len(ids) > MOST_TODOS:
        raise Invalid(_("At most 500 to-dos at once."))
    rows = customers_of(request.user).filter(pk__in=ids)
    made = todos.add_for_customers(plan, customers=list(rows.order_by("pk")), by=request.user)
    words = ngettext("%(n)d to-do planned", "%(n)d to-dos planned", len(made))
    return _back(request, words % {"n": len(made)})


def _back(request: HtmxHttpRequest, words: str, undo: str = "") -> HttpResponse:
    here = back_to(request, reverse("desk:customers"))
    say(request, words, undo=f"{undo}?{urlencode({'next': here})}" if undo else "")
    return redirect(request, here)
