"""Working my day without leaving it: open a row, say how it went, plan what comes next."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.calendars import bookings
from leadflow.calendars.models import Booking
from leadflow.calendars.selectors import free_times
from leadflow.desk import queue
from leadflow.desk.forms import OffRampForm
from leadflow.desk.queue import Row, hot, outcomes
from leadflow.desk.reaching import Way
from leadflow.desk.selectors import bookable_by
from leadflow.desk.views.lead import lead_or_404
from leadflow.errors import Conflict, Invalid
from leadflow.handover import services as handover
from leadflow.handover.models import RejectReason
from leadflow.kit import clock
from leadflow.mail.models import InboundMail
from leadflow.models import Activity, Disposition, Lead, LeadStage, Nudge
from leadflow.people.access import reaches
from leadflow.people.models import User
from leadflow.services import activities, leads, nudges
from leadflow.services.outcomes import MISSED, OF_MEETINGS, REACHED
from leadflow.web.activities import NextForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, toast


def row_or_404(request: HtmxHttpRequest, key: str) -> Row:
    """A row of the user's own queue; what is done or put off is not there any more."""
    row = queue.find(request.user, key)
    if row is None:
        raise Http404(_("This is done already."))
    return row


def go_on(request: HtmxHttpRequest, message: str, *, key: str = "", undo: str = "") -> HttpResponse:
    """Say what was done; the page reads the queue anew and opens the next row."""
    back = reverse("desk:hot" if key.startswith(hot.PREFIX) else "desk:my-day")
    return done(request, message, undo=undo, back=back, **{"lf:queue": {"next": True}})


@access("self.edit")
def opened(request: HtmxHttpRequest, key: str) -> HttpResponseBase:
    """One row with all that is needed to work it in place."""
    row = row_or_404(request, key)
    if row.lead and "plan" in request.GET:
        form = NextForm(prefix="activity", auto_id="queue-%s")
        return render(request, "desk/my_day.html#planning", {"lead": row.lead, "form": form})
    answered = reply_of(row, request.user)
    sorts = answered is not None and reaches(request.user, "mail.send", row.lead)  # type: ignore[arg-type]
    context: dict[str, Any] = {
        "row": row,
        "ways": ways_of(row),
        "reply": f"i{answered.pk}" if answered else "",
        "answered": answered if sorts else None,
        "outcomes": list(enumerate(outcomes.of(row.activity).items(), start=1)),
        "meets": outcomes.of(row.activity) is OF_MEETINGS,
        "free": free_times(row.booking) if row.booking and bookings.is_open(row.booking) else {},
        "later": outcomes.later(request.user, clock.now()),
        "reasons": RejectReason.choices,
        "tries": outcomes.tries_of(row.lead) if row.lead else 0,
        "most_tries": outcomes.TRIES,
        "form": NextForm(prefix="activity", auto_id="queue-%s") if row.act == "plan" else None,
        "meet_url": meet_url(row, request.user),
        "off_form": OffRampForm(auto_id="queue-off-%s") if may_reject(row, request.user) else None,
    }
    return render(request, "desk/my_day.html#opened", context)


def ways_of(row: Row) -> list[Way]:
    """The ways to her; writing stands first where that is what is to be done."""
    writes = row.act in ("mail", "answer")
    return sorted(row.reach.ways, key=lambda way: not (writes and way.channel == "email"))


def meet_url(row: Row, user: User) -> str:
    """Where a letter begins that offers times to meet; nowhere without an address or a meeting type."""
    mail = next((way for way in row.reach.ways if way.channel == "email" and way.write_url), None)
    if mail is None or row.lead is None or row.booking or not bookable_by(row.lead, user):
        return ""
    return f"{mail.write_url}?meet=1"


def may_reject(row: Row, user: User) -> bool:
    """Whether she may take the lead of the row off the road; an offer is returned, a booking is moved."""
    lead = row.lead
    if lead is None or row.handover or row.booking or lead.stage == LeadStage.CUSTOMER:
        return False
    return reaches(user, "lead.advance", lead)


@require_POST
@access("lead.advance")
def reject(request: HtmxHttpRequest, key: str) -> HttpResponse:
    """Take the lead off the road, or send her back to marketing; what was planned in the row goes with her."""
    row = row_or_404(request, key)
    if row.lead is None or not may_reject(row, request.user):
        raise Conflict(
            _("Customers, offered leads and booked meetings are not taken off the road here.")
        )
    form = OffRampForm(request.POST)
    if not form.is_valid():
        raise Invalid(
            _("Say why this lead leaves the road, and until which day if they come back.")
        )
    values = form.cleaned_data
    with transaction.atomic():
        if row.activity:
            activities.drop(row.activity)
        told: dict[str, Any] = {"reason": values["reason"], "by": request.user}
        if values["disposition"] == Disposition.DISQUALIFIED:
            leads.disqualify_many(lead_ids=[row.lead.pk], **told)
            words = _("%(name)s is off the road")
        else:
            leads.recycle_many(lead_ids=[row.lead.pk], return_on=values["return_on"], **told)
            words = _("%(name)s is with marketing again")
    return go_on(request, words % {"name": row.lead.name}, key=key)


def reply_of(row: Row, user: User) -> InboundMail | None:
    """The message that she wrote and that waits for an answer."""
    if row.nudge is None or row.nudge.kind != Nudge.Kind.REPLIED:
        return None
    wrote = InboundMail.objects.visible_to(user).filter(lead=row.lead, kind=InboundMail.Kind.REPLY)
    return wrote.filter(state=InboundMail.State.FILED).order_by("-received_at", "-pk").first()


@require_POST
@access("activity.add")
def outcome(request: HtmxHttpRequest, key: str) -> HttpResponse:
    """How it went: what was planned is done, or a call is written down; then what comes next."""
    row, said = row_or_404(request, key), request.POST.get("outcome", "")
    if said not in outcomes.of(row.activity) or row.lead is None:
        raise Invalid(_("Choose how it went."))
    if row.booking and said == MISSED:
        bookings.miss(booking=row.booking, by=request.user)
    elif row.activity and row.activity.kind != Activity.Kind.TODO:
        activities.complete(row.activity, by=request.user, outcome=said)
    else:
        activities.log(
            kind=Activity.Kind.CALL, subject=_("Call"), outcome=said, lead=row.lead,
            by=request.user,
        )  # fmt: skip
    return ask_next(request, row.lead, said, key)


def ask_next(
    request: HtmxHttpRequest, lead: Lead, said: str, key: str, message: str = ""
) -> HttpResponse:
    """The form for the next step, filled with what the outcome suggests."""
    lead.refresh_from_db(fields=["next_step_at"])
    if lead.next_step_at or not request.htmx:
        return go_on(request, message or _("Logged"), key=key)
    hint = outcomes.suggest(said, lead, request.user, clock.now())
    initial = {"kind": hint.kind, "subject": hint.subject, "due_at": localtime(hint.due_at)}
    form = NextForm(prefix="activity", auto_id="queue-%s", initial=initial)
    context = {"lead": lead, "form": form, "hint": hint}
    asked = render(request, "desk/my_day.html#planning", context)
    return toast(asked, message) if message else asked


@require_POST
@access("activity.add")
def plan(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Plan the next step of a lead from the queue."""
    lead = lead_or_404(request, pk, "activity.add")
    form = NextForm(request.POST, prefix="activity", auto_id="queue-%s")
    if not form.is_valid():
        context = {"lead": lead, "form": form}
        return render(request, "desk/my_day.html#planning", context, status=form.status)
    values = form.cleaned_data
    activities.plan(
        kind=values["kind"], subject=values["subject"], lead=lead, due_at=values["due_at"],
        owner=lead.owner or request.user, by=request.user,
    )  # fmt: skip
    return go_on(request, _("Planned"))


@require_POST
@access("activity.add")
def plan_deal(request: HtmxHttpRequest, key: str) -> HttpResponse:
    """Plan the next step of a deal that has no person, from the queue."""
    row = row_or_404(request, key)
    if row.deal is None or row.lead is not None:
        raise Http404
    form = NextForm(request.POST, prefix="activity", auto_id="queue-%s")
    if not form.is_valid():
        context = {"row": row, "form": form}
        return render(request, "desk/my_day.html#planning", context, status=form.status)
    values = form.cleaned_data
    activities.plan(
        kind=values["kind"], subject=values["subject"], subject_ref=f"deal:{row.deal}",
        due_at=values["due_at"], owner=request.user, by=request.user,
    )  # fmt: skip
    return go_on(request, _("Planned"))


@require_POST
@access("activity.add")
def finished(request: HtmxHttpRequest, key: str) -> HttpResponse:
    """A to-do is done, or there is nothing to answer; completing one asks for the next."""
    row = row_or_404(request, key)
    if row.nudge:
        nudges.settle_by_hand(row.nudge, at=clock.now())
        return go_on(request, _("Taken off your day"))
    if row.activity is None:
        raise Invalid(_("Say how the call went, or plan the next step."))
    activities.complete(row.activity, by=request.user)
    if row.lead:
        return ask_next(request, row.lead, REACHED, key)
    return go_on(request, _("Done: %(what)s") % {"what": row.activity.subject})


@require_POST
@access("self.edit")
def put_off(request: HtmxHttpRequest, key: str) -> HttpResponse:
    """See the row again later; planned work moves its due time with it."""
    row, at = row_or_404(request, key), clock.now()
    until: datetime | None = outcomes.later(request.user, at).get(request.POST.get("until", ""))
    if until is None:
        raise Invalid(_("Choose when you want to see it again."))
    if row.booking:
        raise Conflict(_not_put_off(row.booking))
    if row.activity:
        activities.snooze(row.activity, due_at=until, by=request.user)
    else:
        nudges.put_off(user=request.user, key=row.key, until=until)
    words = _("Put off until %(when)s") % {"when": f"{localtime(until):%a %H:%M}"}
    return go_on(request, words, key=key)


def _not_put_off(booking: Booking) -> str:
    if bookings.is_open(booking):
        return _(
            "A visitor booked this time. Open the row and move the meeting: they are told by mail."
        )
    return _("The time of this meeting has come. Say whether it was held.")


@require_POST
@access("handover.decide")
def accept(request: HtmxHttpRequest, key: str) -> HttpResponse:
    """Take the lead that is offered."""
    row = row_or_404(request, key)
    if row.handover is None:
        raise Http404
    handover.accept(row.handover, by=request.user)
    return go_on(request, _("%(name)s is yours") % {"name": row.title}, key=key)


@require_POST
@access("lead.assign")
def claim(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take a lead of the hot list that nobody has."""
    lead = lead_or_404(request, pk, "lead.assign")
    leads.claim(lead, by=request.user)
    words = _("%(name)s is yours. Say hello while they are warm.") % {"name": lead.name}
    return go_on(request, words, key=hot.PREFIX)


@require_POST
@access("handover.decide")
def give_back(request: HtmxHttpRequest, key: str) -> HttpResponse:
    """Return the lead that is offered, with a reason."""
    row, reason = row_or_404(request, key), request.POST.get("reason", "")
    if row.handover is None:
        raise Http404
    if reason not in RejectReason.values:
        raise Invalid(_("Say why you return this lead."))
    note = request.POST.get("note", "")[:1000]
    handover.reject(row.handover, reason=reason, note=note, return_on=None, by=request.user)
    return go_on(request, _("Returned. Marketing sees your reason."))
