"""The routing policy and its pools."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from distribution import selectors
from distribution.forms import MemberForm, PoolForm, RuleForm
from distribution.models import Pool
from distribution.services import editing, policy, pools
from leadflow.conditions import fields
from leadflow.conditions.language import explain, parse
from leadflow.errors import Invalid
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.rulesets import services as rulesets
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part


@access("routing.view")
def routing(request: HtmxHttpRequest) -> HttpResponseBase:
    """The rules in order, the pools, the fallback queue, and the newest decisions."""
    version = editing.draft()
    context = {
        "version": version,
        "live": policy.live(),
        "rules": selectors.shown_rules(version.document, sentences(version.document)),
        "rest": version.document.get("pool"),
        "pools": selectors.pools(),
        "fallback": selectors.fallback_queue(request.user)[:20],
        "decisions": selectors.recent_decisions(request.user),
        "may_edit": allowed(request.user, "routing.edit"),
    }
    return render(request, "distribution/routing.html", context)


@access("routing.view")
def options(request: HtmxHttpRequest) -> HttpResponseBase:
    """The pools to choose from, for forms on other screens; `chosen` marks theirs, `part=name` names it."""
    rows = selectors.open_pools()
    told = request.GET.get("chosen", "")
    chosen = int(told) if told.isdigit() else 0
    gone = bool(chosen) and chosen not in {row.pk for row in rows}
    context = {"rows": rows, "chosen": chosen, "gone": gone}
    part = "name" if request.GET.get("part") == "name" else "options"
    return render_part(request, "distribution/options.html", part, context)


def sentences(document: dict[str, object]) -> dict[str, str]:
    """Each rule's condition as a sentence; a broken one says so."""
    catalogue, found = fields.catalogue("lead"), {}
    for rule in document.get("rules", []):  # type: ignore[attr-defined]
        try:
            found[rule["name"]] = explain(
                parse(rule["when"], catalogue, check_values=False), catalogue
            )
        except Invalid as error:
            found[rule["name"]] = error.message
    return found


def rule_number(value: str, count: int) -> int | None:
    """The place of a rule, None for a new one. Raises Invalid for one that is gone."""
    if not value:
        return None
    if not value.isdecimal() or int(value) >= count:
        raise Invalid(_("This rule is gone: somebody changed the policy. Look again."))
    return int(value)


@access("routing.edit")
def rule(request: HtmxHttpRequest) -> HttpResponseBase:
    """Add a rule, or edit the one at `?n=`."""
    rules = editing.draft().document.get("rules", [])
    number = rule_number(request.GET.get("n", ""), len(rules))
    form = RuleForm(request.POST or None, initial=rules[number] if number is not None else None)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: _put(request, form, number))
    ):
        messages.success(request, _("Kept in the draft. Publish it to route by it."))
        return redirect(request, "/routing/")
    return render(
        request, "distribution/rule.html", {"form": form, "number": number}, status=form.status
    )


def _put(request: HtmxHttpRequest, form: RuleForm, number: int | None) -> object:
    values = form.cleaned_data
    return editing.put_rule(
        number=number, name=values["name"], when=values["when"], pool=values["pool"].pk,
        by=request.user,
    )  # fmt: skip


@require_POST
@access("routing.edit")
def rule_change(request: HtmxHttpRequest) -> HttpResponse:
    """Move a rule up or down, or take it out."""
    number = rule_number(request.POST.get("n", ""), len(editing.draft().document.get("rules", [])))
    if number is None:
        raise Invalid(_("Choose a rule."))
    if request.POST.get("do") == "drop":
        editing.drop_rule(number=number, by=request.user)
    else:
        editing.move_rule(number=number, up=request.POST.get("do") == "up", by=request.user)
    return redirect(request, "/routing/")


@require_POST
@access("routing.edit")
def rest(request: HtmxHttpRequest) -> HttpResponse:
    """Which pool gets what no rule matched."""
    chosen = request.POST.get("pool", "")
    pool = (
        get_object_or_404(Pool, pk=int(chosen), is_archived=False) if chosen.isdecimal() else None
    )
    editing.set_rest(pool=pool.pk if pool else None, by=request.user)
    return redirect(request, "/routing/")


@require_POST
@access("routing.edit")
def publish(request: HtmxHttpRequest) -> HttpResponse:
    """Let the draft route from now on."""
    revision = request.POST.get("revision", "")
    rulesets.publish(
        policy.the_policy(), by=request.user, note=request.POST.get("note", "")[:500],
        revision=int(revision) if revision.isdecimal() else None,
    )  # fmt: skip
    messages.success(request, _("Published. New leads follow these rules."))
    return redirect(request, "/routing/")


@access("routing.edit")
def pool_new(request: HtmxHttpRequest) -> HttpResponseBase:
    """Make a pool."""
    form = PoolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = pools.create(by=request.user, **form.cleaned_data)
        return redirect(request, f"/routing/pools/{made.pk}/")
    return render(request, "distribution/pool_new.html", {"form": form}, status=form.status)


@access("routing.edit")
def pool(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Who is in a pool, with weights and limits."""
    row = get_object_or_404(selectors.pools(), pk=pk)
    form = MemberForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: _put_member(request, row, form))
    ):
        messages.success(request, _("Saved"))
        return redirect(request, request.path)
    return render(
        request, "distribution/pool.html", {"pool": row, "form": form}, status=form.status
    )


def _put_member(request: HtmxHttpRequest, row: Pool, form: MemberForm) -> object:
    values = dict(form.cleaned_data)
    return pools.put_member(row, user=values.pop("user"), by=request.user, **values)


@require_POST
@access("routing.edit")
def member_remove(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take a person out of a pool."""
    row = get_object_or_404(Pool, pk=pk)
    number = request.POST.get("user", "")
    person = get_object_or_404(User, pk=int(number) if number.isdecimal() else 0)
    pools.remove_member(row, user=person, by=request.user)
    return redirect(request, f"/routing/pools/{pk}/")
