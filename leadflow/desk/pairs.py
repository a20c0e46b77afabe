"""The pages of pairs that may be one, for people and for companies alike: queue, preview, what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.kit import days
from leadflow.runs.models import Run
from leadflow.services import company_duplicates, duplicates, merging_batches
from leadflow.services.merging_batches import COMPANIES, LEADS, Subject
from leadflow.web.htmx import HtmxHttpRequest, done, redirect, render_part

SHOWN = 50
_l = gettext_lazy


@dataclass(frozen=True)
class Pages:
    """What differs between the pages of people and those of companies."""

    subject: Subject
    prefix: str  # of the names of their URLs
    list_url: str
    relations: tuple[str, ...]
    finder: Any  # the module that looks: look, last_look, tell_apart
    title: str | Promise
    list_title: str | Promise
    intro: str | Promise
    look: str | Promise
    looking: str | Promise
    empty: str | Promise
    empty_note: str | Promise
    apart: str | Promise

    def url(self, name: str = "", *args: int) -> str:
        """The address of one of these pages."""
        return reverse(f"desk:{self.prefix}{name}", args=args)


PEOPLE = Pages(
    LEADS, "duplicates", "desk:leads", ("one__company", "two__company"), duplicates,
    _l("Perhaps the same person"), _l("Leads"),
    _l("Found by phone, and by name at the same company. Nothing is merged by itself: compare the two, or say that they are different people."),
    _l("Look at all leads"), _l("All leads are being looked at. Load this page again in a moment."),
    _l("Nobody is here twice, as far as we can tell"),
    _l("Every night all leads are looked at: who shares a phone, or a name at one company, is shown here."),
    _l("Kept apart; they are not proposed again"),
)  # fmt: skip
FIRMS = Pages(
    COMPANIES, "company-duplicates", "desk:companies", ("one__owner", "two__owner"), company_duplicates,
    _l("Perhaps the same company"), _l("Companies"),
    _l("Found by name without its legal form (Acme GmbH, ACME, Acme, Inc.) and by domains that differ in the ending. Nothing is merged by itself."),
    _l("Look at all companies"), _l("All companies are being looked at. Load this page again in a moment."),
    _l("No company is here twice, as far as we can tell"),
    _l("Every night all companies are looked at: those of one name, or at one domain under two endings, are shown here."),
    _l("Kept apart; they are not proposed again"),
)  # fmt: skip


def show_queue(request: HtmxHttpRequest, pages: Pages) -> HttpResponse:
    """The likeliest pairs, with what speaks for each."""
    rows = pages.subject.twins.objects.visible_to(request.user)
    pairs = list(
        rows.select_related("one", "two", *pages.relations).order_by("-score", "-pk")[: SHOWN + 1]
    )
    sure = rows.filter(pages.subject.sure)[: merging_batches.MOST].count()
    context = _about(pages) | {
        "pairs": [(pair, _reasons(pair)) for pair in pairs[:SHOWN]],
        "is_more": len(pairs) > SHOWN,
        "sure": sure,
        "last": pages.finder.last_look(),
    }
    return render(request, "desk/duplicates.html", context)


def _about(pages: Pages) -> dict[str, Any]:
    names = ("look", "merge")
    return {
        "pages": pages,
        "list_url": reverse(pages.list_url),
        "queue_url": pages.url(),
        **{f"{name}_url": pages.url(f"-{name}") for name in names},
        "is_people": pages is PEOPLE,
        "apart_name": f"desk:{pages.prefix}-apart",
        "compare_name": "desk:lead-merge" if pages is PEOPLE else "desk:company-merge",
    }


def _reasons(pair: Any) -> list[tuple[str, str]]:
    """What speaks for a pair: icon and words."""
    if hasattr(pair, "same_phone"):
        return list(_of_people(pair))
    return list(_of_companies(pair))


def _of_people(pair: Any) -> Any:
    if pair.same_phone:
        yield "phone", _("same phone")
    if pair.same_company:
        yield "building", _("same company")
    if pair.name_likeness == 100:
        yield "user", _("same name")
    elif pair.name_likeness >= duplicates.LIKENESS * 100:
        yield "user", _("names %(n)s %% alike") % {"n": pair.name_likeness}


def _of_companies(pair: Any) -> Any:
    if pair.same_name:
        yield "building", _("same name")
    if pair.same_host:
        yield "world", _("same domain, other ending")
    if pair.same_city:
        yield "map-pin", _("same city")


def look(request: HtmxHttpRequest, pages: Pages) -> HttpResponse:
    """Look at all of them once, in the background."""
    pages.finder.look(by=request.user)
    return redirect(request, pages.url())


def tell_apart(request: HtmxHttpRequest, pages: Pages, pk: int) -> HttpResponse:
    """These two are different."""
    twin = get_object_or_404(pages.subject.twins.objects.visible_to(request.user), pk=pk)
    pages.finder.tell_apart(twin=twin, by=request.user)
    return done(request, str(pages.apart), back=pages.url())


def merge_many(request: HtmxHttpRequest, pages: Pages) -> HttpResponse:
    """Many pairs at once: first what it would do, then the run."""
    given = request.POST if request.method == "POST" else request.GET
    ids = [int(one) for one in given.getlist("ids") if one.isdecimal()]
    if request.method == "POST":
        run = merging_batches.start(pages.subject, ids=ids, by=request.user)
        return redirect(request, pages.url("-done", run.pk))
    chosen = None if "sure" in given else ids
    found = merging_batches.preview(pages.subject, user=request.user, ids=chosen)
    if not found.pairs:
        messages.info(request, _("Choose the pairs first: tick their boxes."))
        return redirect(request, pages.url())
    context = _about(pages) | {
        "found": found,
        "pairs": [(twin, keep, drop, _reasons(twin)) for twin, keep, drop in found.pairs],
    }
    return render(request, "desk/duplicates_merge.html", context)


def show_merged(request: HtmxHttpRequest, pages: Pages, pk: int) -> HttpResponse:
    """How far a go is, what it merged and what it left; the way back."""
    batch = _batch(request, pages, pk)
    back = merging_batches.taking_back(batch)
    run = back or batch
    merges = pages.subject.merges.objects.filter(batch=batch.pk).select_related("survivor", "loser")
    context = _about(pages) | {
        "batch": batch,
        "run": run,
        "is_back": back is not None,
        "is_working": not run.is_finished,
        "merges": merges.order_by("-pk")[:SHOWN],
        "merged": merges.count(),
        "standing": merges.filter(undone_at=None).count(),
        "left": run.result.get("left", run.checkpoint.get("left", []))[:SHOWN],
        "back_url": pages.url("-back", batch.pk),
    }
    return render_part(request, "desk/duplicates_done.html", "body", context)


def take_back(request: HtmxHttpRequest, pages: Pages, pk: int) -> HttpResponse:
    """Take the whole go apart, in the background."""
    batch = _batch(request, pages, pk)
    merging_batches.take_back(pages.subject, batch=batch, by=request.user)
    return redirect(request, pages.url("-done", batch.pk))


def _batch(request: HtmxHttpRequest, pages: Pages, pk: int) -> Run:
    """The go, for whoever asked for it and for admins."""
    get: Callable[..., Run] = get_object_or_404
    mine = Run.objects.visible_to(request.user).filter(kind=merging_batches.MERGE)
    return get(mine.filter(args__subject=pages.subject.key), pk=pk)


def shown(record: Model, name: str) -> Any:
    """A field of one of two records as a page compares it: choices by their words, moments to the minute."""
    value = getattr(record, name)
    if isinstance(value, datetime):
        there = localtime(value)
        return f"{date_format(there, days.full())}, {date_format(there, 'H:i')}"
    worded = getattr(record, f"get_{name}_display", None)
    return worded() if worded else value
