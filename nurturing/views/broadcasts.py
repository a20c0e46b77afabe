"""Broadcasts: their list, writing one, reading it as a lead would, and its page once it was confirmed."""

from typing import Any
from urllib.parse import urlencode

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadflow.errors import Conflict, Invalid
from leadflow.kit import clock
from leadflow.mail.compose import readable
from leadflow.mail.models import Delivery
from leadflow.models import Lead, Organisation
from leadflow.people.access import Scope, allowed, scope_of
from leadflow.people.models import User
from leadflow.segments.models import Segment
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part
from nurturing.forms import BroadcastForm, NewForm
from nurturing.models import LETTERS, Broadcast
from nurturing.selectors import broadcasts as selectors
from nurturing.services import broadcasts, checking, subjects
from nurturing.services import messages as mails
from nurturing.services.acts.wording import plain
from nurturing.views import shown
from nurturing.views.build import example_lead

PAGE = 50


def broadcast_or_404(request: HtmxHttpRequest, pk: int) -> Broadcast:
    """The broadcast, where she may see broadcasts."""
    rows = Broadcast.objects.visible_to(request.user)
    return get_object_or_404(
        rows.select_related("campaign", "design", "sender", "confirmed_by", "run"), pk=pk
    )


def head(request: HtmxHttpRequest, row: Broadcast, tab: str) -> dict[str, Any]:
    """What the head of every tab shows."""
    return {
        "broadcast": row,
        "tab": tab,
        "can_edit": allowed(request.user, "broadcast.edit"),
        "is_whole": scope_of(request.user, "lead.view") == Scope.ALL,
        "subject": plain(row.subject),
        "subjects": list(zip(LETTERS, map(plain, row.subjects), strict=False)),
    }


def number_of(text: str) -> int | None:
    """An id as it stands in an address; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@require_safe
@access("broadcast.view")
def broadcast_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every broadcast with where it stands and what came of it, the newest first."""
    view = "archived" if request.GET.get("view") == "archived" else "living"
    before = number_of(request.GET.get("before", ""))
    found = selectors.listed(archived=view == "archived", before=before, most=PAGE + 1)
    kept = found[:PAGE]
    more = "?" + urlencode({"view": view, "before": kept[-1].pk}) if len(found) > PAGE else ""
    context = {
        "lines": selectors.lines(kept, request.user),
        "view": view,
        "next_url": more,
        "previous_url": f"?view={view}" if before is not None else "",
        "can_edit": allowed(request.user, "broadcast.edit"),
        "form": NewForm(),
    }
    return render(request, "nurturing/broadcasts.html", context)


@require_POST
@access("broadcast.edit")
def create(request: HtmxHttpRequest) -> HttpResponse:
    """Make a draft and open it."""
    made = broadcasts.create(name=request.POST.get("name", "").strip()[:120], by=request.user)
    return redirect(request, reverse("nurturing:broadcast-edit", args=[made.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@access("broadcast.edit")
def edit(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Write a draft; what went out is read, not written."""
    row = broadcast_or_404(request, pk)
    if request.method == "POST":
        broadcasts.refuse_unless_draft(row)
        form = BroadcastForm(request.POST, broadcast=row)
        if form.is_valid() and form.attempt(lambda: _save(request, row, form)):
            return redirect(request, _next(request, row))
    elif not row.is_draft:
        return redirect(request, row.get_absolute_url())
    else:
        form = BroadcastForm(initial=broadcasts.values_of(row), broadcast=row)
    context = head(request, row, "edit") | {
        "form": form,
        "merge_fields": shown.merge_fields(form),
        "has_segments": Segment.objects.living().exists(),
        "problems": [said for _place, said in checking.problems(row, at=clock.now())],
        "hints": list(checking.hints(row)),
    }
    return render(request, "nurturing/broadcast_edit.html", context, status=form.status)


def _save(request: HtmxHttpRequest, row: Broadcast, form: BroadcastForm) -> Broadcast:
    revision = number_of(request.POST.get("revision", ""))
    return broadcasts.edit(row, by=request.user, revision=revision, **form.values())


def _next(request: HtmxHttpRequest, row: Broadcast) -> str:
    wanted = {"review": "nurturing:broadcast-review", "mail": "nurturing:broadcast-mail"}
    then = request.POST.get("then", "")
    if then not in wanted:
        messages.success(request, _("Saved."))
    return reverse(wanted.get(then, "nurturing:broadcast-edit"), args=[row.pk])


@require_safe
@access("broadcast.view")
def broadcast(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """A draft is written; anything else says how far it is and what came of it."""
    row = broadcast_or_404(request, pk)
    if row.is_draft and allowed(request.user, "broadcast.edit"):
        return redirect(request, reverse("nurturing:broadcast-edit", args=[pk]))
    rows = selectors.recipients(row, request.user)
    parts, outcomes = selectors.progress(rows), selectors.outcomes(rows)
    chosen = subjects.chosen_of(row) if row.is_tested else None
    context = head(request, row, "numbers") | {
        "parts": parts,
        "reasons": selectors.reasons(rows),
        "outcomes": outcomes,
        "sides": _sides(row, selectors.sides(row, rows)),
        "chosen": chosen,
        "counts_opens": Organisation.current().track_opens
        if row.counts_opens is None
        else row.counts_opens,
        "chosen_words": subjects.words_of(chosen) if chosen else "",
        "rates": selectors.rates(outcomes, parts["sent"]),
        "include": row.include.all(),
        "exclude": row.exclude.all(),
        "text": readable(row.body),
    }
    return render_part(request, "nurturing/broadcast.html", "far", context)


def _sides(row: Broadcast, found: list[selectors.Side]) -> list[tuple[str, str, selectors.Side]]:
    """(letter, subject, its figures)."""
    return list(zip(LETTERS, map(plain, row.subjects), found, strict=False))


@require_safe
@access("broadcast.edit")
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def preview(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The mail as one lead would read it."""
    row = broadcast_or_404(request, pk)
    lead = example_lead(request)
    words = mails.words_for(row.words, lead) if lead and (row.subject or row.design_id) else None
    context = head(request, row, "mail") | {
        "lead": lead,
        "words": words,
        "others": _others(row, lead) if words and lead else [],
        "text": readable(words.text) if words else "",
        "asked": request.GET.get("lead", ""),
    }
    return render(request, "nurturing/broadcast_mail.html", context)


def _others(row: Broadcast, lead: Lead) -> list[tuple[str, str]]:
    """The further subjects as she would read them, each with its letter."""
    places = range(1, len(row.subjects))
    said = (mails.words_for(row.words_with(place), lead).subject for place in places)
    return list(zip(LETTERS[1:], said, strict=False))


@require_POST
@access("broadcast.edit")
def trial(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Send the mail to oneself: with each of its subjects, or with the one that is chosen."""
    row = broadcast_or_404(request, pk)
    lead = example_lead(request)
    if lead is None:
        raise Conflict(_("There is no such lead to write the mail for."))
    sent = _send_trials(row, lead, request.user, request.POST.get("subject", ""))
    words = ngettext(
        "A test mail is on its way to %(to)s.", "%(n)s test mails are on their way to %(to)s.", len(sent)
    )  # fmt: skip
    messages.success(request, words % {"n": len(sent), "to": sent[0].to_address})
    return redirect(request, reverse("nurturing:broadcast-mail", args=[pk]) + f"?lead={lead.pk}")


@transaction.atomic
def _send_trials(row: Broadcast, lead: Lead, by: User, chosen: str) -> list[Delivery]:
    """The mails to herself: all or none of them."""
    places = list(range(len(row.subjects)))
    if chosen:
        place = number_of(chosen)
        if place not in places:
            raise Invalid(_("There is no such subject any more. Choose another."))
        places = [place]
    return [
        mails.send_trial(
            step=row.words_with(place), lead=lead, by=by,
            letter=LETTERS[place] if len(row.subjects) > 1 else "",
        )
        for place in places
    ]  # fmt: skip


@require_POST
@access("broadcast.edit")
def duplicate(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write another with the same words."""
    copy = broadcasts.duplicate(broadcast_or_404(request, pk), by=request.user)
    messages.success(request, _("This is a copy, and a draft. Nothing of it goes by itself."))
    return redirect(request, reverse("nurturing:broadcast-edit", args=[copy.pk]))


@require_POST
@access("broadcast.edit")
def archive(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put away, or take out again."""
    row = broadcast_or_404(request, pk)
    actions = {"away": broadcasts.archive, "back": broadcasts.bring_back}
    action = actions.get(request.POST.get("to", ""))
    if action is None:
        raise Http404
    action(row, by=request.user)
    return redirect(request, reverse("nurturing:broadcasts"))
