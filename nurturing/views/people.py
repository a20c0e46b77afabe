"""The list of sequences, and who is in one."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leadflow.errors import Conflict, Invalid
from leadflow.kit import clock
from leadflow.models import Lead
from leadflow.people.access import allowed
from leadflow.runs.models import Run
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part
from nurturing import rules, selectors
from nurturing.forms import EnrolForm
from nurturing.models import UNDER_WAY, Enrolment, MailPolicy, Reason, Refusal, Sequence
from nurturing.selectors import broadcasts
from nurturing.services import admitting, documents, enrolment, letting_in, pausing, selling
from nurturing.services.steps import step_name
from nurturing.views.build import head, sequence_or_404

PAGE = 50
MOST_REFUSED = 200
MOST_AT_ONCE = 10_000


@dataclass(frozen=True)
class Page:
    """One page of people, keyed by the id that it begins after."""

    rows: list[Enrolment]
    count_words: str
    next_url: str
    previous_url: str = ""


@dataclass(frozen=True)
class Asked:
    """Which people somebody wants to see, as the address says it."""

    view: str
    state: str
    step: str
    words: str

    @classmethod
    def of(cls, request: HtmxHttpRequest) -> "Asked":
        """As the page was asked for."""
        get = request.GET.get
        state = get("state", "")
        view = get("view", "inside")
        return cls(
            view if view in ("inside", "ended", "all", "refused", "waiting") else "inside",
            state if state in Enrolment.State.values else "",
            get("step", "")[:16],
            get("q", "")[:100],
        )

    def url(self, **more: object) -> str:
        """The same people, another page of them."""
        asked = {"view": self.view, "state": self.state, "step": self.step, "q": self.words}
        return "?" + urlencode({key: value for key, value in (asked | more).items() if value})


@require_safe
@access("sequence.view")
def people(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Who is in the sequence, who was, and who was left out."""
    sequence, asked = sequence_or_404(pk), Asked.of(request)
    context = head(request, sequence, "people")
    page = _page(request, sequence, asked)
    steps = context["version"].document["steps"]
    context |= {
        "asked": asked,
        "view": asked.view,
        "page": page,
        "lines": _lines(page.rows),
        "states": _states(asked.view),
        "steps": [(one["id"], step_name(one)) for one in rules.all_steps(steps)],
        "form": EnrolForm(),
    }
    context["awaited"] = admitting.standing(sequence, clock.now())
    if asked.words:
        context["others"] = selectors.not_in(sequence, request.user, asked.words)
    if asked.view in ("refused", "waiting"):
        leads = Lead.objects.visible_to(request.user)
        rows = Refusal.objects.filter(sequence=sequence, lead__in=leads)
        if asked.view == "waiting":
            rows = rows.filter(reason=Reason.AWAITS)
        context["refusals"] = rows.select_related("lead").order_by("-at")[:MOST_REFUSED]
    return render_part(request, "nurturing/people.html", "rows", context)


def _states(view: str) -> list[tuple[str, str]]:
    """The states that people of this view can be in."""
    inside = {str(one) for one in UNDER_WAY}
    choices = [(str(key), str(label)) for key, label in Enrolment.State.choices]
    if view in ("inside", "ended"):
        return [(key, label) for key, label in choices if (key in inside) == (view == "inside")]
    return choices


def _lines(rows: list[Enrolment]) -> list[tuple[Enrolment, str]]:
    """Each walk with the step that it stands at, as its own version calls it."""
    names: dict[int, dict[str, str]] = {}
    for row in rows:
        if row.version_id not in names:
            steps = rules.all_steps(row.document["steps"])
            names[row.version_id] = {str(one["id"]): step_name(one) for one in steps}
    return [(row, names[row.version_id].get(row.step, "")) for row in rows]


def _page(request: HtmxHttpRequest, sequence: Sequence, asked: Asked) -> Page:
    rows = selectors.people(
        sequence,
        request.user,
        view=asked.view,
        state=asked.state,
        step=asked.step,
        words=asked.words,
    )
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: PAGE + 1])
    kept = found[:PAGE]
    more = asked.url(before=kept[-1].pk) if len(found) > PAGE else ""
    count = ngettext("%(n)s person on this page", "%(n)s people on this page", len(kept))
    return Page(kept, count % {"n": len(kept)}, more, asked.url() if before else "")


def _ids(request: HtmxHttpRequest) -> set[int]:
    given = request.POST.getlist("ids")[:MOST_AT_ONCE]
    return {int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 19}


@require_POST
@access("sequence.enrol")
def enrol(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Let leads in by hand: `ids` from a list, or `emails` from the dialog. The same checks as ever."""
    sequence = sequence_or_404(pk)
    selling.check_by_hand(sequence, request.user)
    leads = Lead.objects.visible_to(request.user, "sequence.enrol")
    if "emails" in request.POST:
        form = EnrolForm(request.POST)
        if not form.is_valid():
            raise Invalid(_("Write at least one email address."), dict(form.errors))
        leads = leads.filter(email__in=form.cleaned_data["emails"])
    elif request.POST.get("all") == "1":
        raise Invalid(_("Choose the people on this page, or make a segment of them and add that."))
    else:
        leads = leads.filter(pk__in=_ids(request))
    found = list(leads.values_list("pk", flat=True))
    if not found:
        raise Invalid(_("None of them is a lead that you may see."))
    limit = MailPolicy.current().free_send
    if limit is not None and len(found) > limit:
        raise Conflict(
            _(
                "More than %(n)s people need approval: let them in with a publishing, from its check."
            )
            % {"n": limit}
        )
    done = enrolment.enrol_many(sequence=sequence, lead_ids=found, by=request.user)
    _say(request, done)
    return redirect(request, f"{sequence.get_absolute_url()}people/")


def _say(request: HtmxHttpRequest, done: enrolment.Entered) -> None:
    entered = len(done.enrolments)
    words = ngettext("%(n)s person entered.", "%(n)s people entered.", entered) % {"n": entered}
    left_out = ", ".join(f"{reason}: {n}" for reason, n in done.verdict.counts())
    if done.waiting:
        waits = f"{Reason.AWAITS.label}: {len(done.waiting)}"
        left_out = f"{left_out}, {waits}" if left_out else waits
    if left_out:
        words = _("%(words)s Left out: %(why)s.") % {"words": words, "why": left_out}
    messages.success(request, words)


@require_POST
@access("sequence.edit")
def ask_again(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Ask for the yes to those who wait once more, or let them in where nobody has to be asked."""
    sequence = sequence_or_404(pk)
    done = letting_in.ask_again(sequence, by=request.user)
    is_run = isinstance(done, Run)
    words = _("They are being let in.") if is_run else _("Asked. You are told when it is decided.")
    messages.success(request, words)
    return redirect(request, f"{sequence.get_absolute_url()}people/?view=waiting")


@require_POST
@access("sequence.enrol")
def enrol_chosen(request: HtmxHttpRequest) -> HttpResponseBase:
    """The same from a list of leads, where the sequence is chosen in the form."""
    wanted = request.POST.get("sequence", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        raise Invalid(_("Choose a sequence."))
    return enrol(request, int(wanted))


@require_POST
@access("sequence.enrol")
def stop(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take people out; what waits for them in the ledger is stopped with them."""
    sequence = sequence_or_404(pk)
    leads = Lead.objects.visible_to(request.user, "sequence.enrol").values("pk")
    rows = Enrolment.objects.filter(sequence=sequence, pk__in=_ids(request), lead__in=leads)
    stopped = enrolment.stop_many(enrolments=rows, reason=Reason.BY_HAND, by=request.user)
    words = ngettext("%(n)s person was taken out.", "%(n)s people were taken out.", stopped)
    messages.success(request, words % {"n": stopped})
    return redirect(request, f"{sequence.get_absolute_url()}people/")


@require_POST
@access("sequence.enrol")
def hold(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Let people rest where they are, or go on."""
    sequence = sequence_or_404(pk)
    leads = Lead.objects.visible_to(request.user, "sequence.enrol").values("pk")
    rows = Enrolment.objects.filter(sequence=sequence, pk__in=_ids(request), lead__in=leads)
    if request.POST.get("to") == "resume":
        n = pausing.resume_many(enrolments=rows, by=request.user)
        words = ngettext("%(n)s person goes on.", "%(n)s people go on.", n)
    else:
        n = pausing.pause_many(enrolments=rows, by=request.user)
        words = ngettext("%(n)s person rests.", "%(n)s people rest.", n)
    messages.success(request, words % {"n": n})
    return redirect(request, f"{sequence.get_absolute_url()}people/")


@require_safe
@access("sequence.view")
def of_lead(request: HtmxHttpRequest, lead: int) -> HttpResponseBase:
    """The sequences of one lead, for her page."""
    row = get_object_or_404(Lead.objects.visible_to(request.user), pk=lead)
    walks, running = selectors.of_lead(row), selling.running_of(request.user)
    context = {
        "lead": row,
        "walks": walks,
        "refusals": selectors.refusals_of(row),
        "letters": {walk.pk for walk in walks if documents.is_sales(walk.version.document)},
        "broadcasts": broadcasts.of_lead(row),
        "can_see_broadcasts": allowed(request.user, "broadcast.view"),
        "can_enrol": allowed(request.user, "sequence.enrol"),
        "running": running,
        "sales": selling.sales_ids(running),
    }
    return render_part(request, "nurturing/of_lead.html", "walks", context)


@require_safe
@access("sequence.enrol")
def options(request: HtmxHttpRequest) -> HttpResponseBase:
    """The running sequences, for forms on other screens; `chosen` marks theirs, `part=name` names it."""
    rows = selling.running_of(request.user)
    told = request.GET.get("chosen")
    chosen = (int(told) if told.isdigit() else 0) if told is not None else None
    gone = bool(chosen) and chosen not in {row.pk for row in rows}
    context = {"rows": rows, "chosen": chosen, "gone": gone}
    part = "name" if request.GET.get("part") == "name" else "options"
    return render_part(request, "nurturing/options.html", part, context)
