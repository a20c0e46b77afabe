"""Writing to a lead where one works: the letter in place, and the conversation with her."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leadflow.desk import mailing, queue
from leadflow.desk.mailing import MailForm, Message, Reader
from leadflow.desk.queue import Row
from leadflow.desk.selectors import bookable_by
from leadflow.desk.views.lead import lead_or_404
from leadflow.desk.views.queue import ask_next
from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.mail import personal, selectors, threads
from leadflow.mail.models import MailTemplate
from leadflow.models import Activity, Lead
from leadflow.people.access import allowed, reaches
from leadflow.services import nudges
from leadflow.services.outcomes import REACHED
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part


@access("mail.send")
def write(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """A letter to her: composed, begun from a template, looked at, sent."""
    lead = lead_or_404(request, pk, "mail.send")
    if "close" in request.GET:
        return HttpResponse() if request.htmx else redirect(request, lead.get_absolute_url())
    asked = request.POST if request.method == "POST" else request.GET
    answers = _answered(lead, asked.get("answer", ""))
    refused = personal.refusal(lead)
    if refused:
        return _composer(request, lead, None, answers, refused=refused)
    reader = _reader(request, lead)
    if request.method != "POST":
        offered = bookable_by(lead, request.user)[:1] if "meet" in asked else []
        form = mailing.blank(
            reader, request.user, answers, asked.get("row", "")[:60],
            offered[0].url if offered else "", _prepared(request, reader),
        )  # fmt: skip
        return _composer(request, lead, form, answers)
    if request.POST.get("do") == "begin":
        form = mailing.begun(reader, request.POST, _template(request), request.user)
        return _composer(request, lead, form, answers)
    ids = mailing.ids_of(request.POST.get("draft", ""))
    form = MailForm(request.POST, reader=reader, auto_id=ids)
    if request.POST.get("do") == "look":
        return _look(request, lead, form, answers)
    return _send(request, lead, form, answers)


def _reader(request: HtmxHttpRequest, lead: Lead) -> Reader:
    """Her addresses, and the planned mail that this letter may be: none where it is written in its row."""
    asked = request.POST if request.method == "POST" else request.GET
    row = _row(request, asked.get("row", ""), lead)
    step = None
    if not (row and row.activity and row.activity.kind == Activity.Kind.EMAIL):
        number = request.POST.get("step", "")
        if number or request.method != "POST":
            step = mailing.planned(lead, request.user, number)
    return Reader(lead, personal.addresses_of(lead), step)


def _prepared(request: HtmxHttpRequest, reader: Reader) -> tuple[str, str] | None:
    """The words that a sequence prepared for the planned mail that this letter is."""
    row = _row(request, request.GET.get("row", ""), reader.lead)
    planned = (row.activity if row else None) or reader.step
    return personal.prepared(planned, reader.lead) if planned else None


def _answered(lead: Lead, ref: str) -> Message | None:
    if not ref:
        return None
    found = threads.message(mailing.people_of(lead), ref)
    if found is None:
        raise Http404(_("This message is not in this conversation."))
    return found


def _template(request: HtmxHttpRequest) -> MailTemplate:
    number = request.POST.get("template", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Invalid(_("Choose a template to begin from."))
    return get_object_or_404(MailTemplate, pk=int(number), is_archived=False)


def _composer(
    request: HtmxHttpRequest,
    lead: Lead,
    form: MailForm | None,
    answers: Message | None,
    **more: Any,
) -> HttpResponse:
    identity, known = personal.own_identity(request.user), personal.addresses_of(lead)
    sender = identity or selectors.default_sender()
    context = {
        "lead": lead,
        "form": form,
        "answers": answers,
        "templates": mailing.offered(),
        "sender": sender,
        "from_name": identity.name if identity else request.user.name,
        "is_read": bool(personal.reply_address(request.user, identity)),
        "only_address": known[0] if len(known) == 1 else "",
        "letter_id": str(form["draft"].value())[:8] if form else "",
        "here": not allowed(request.user, "outbox.view"),
        "in_queue": bool(form and form["row"].value()),
        **more,
    }
    status = form.status if form else 200
    return render_part(request, "desk/mail.html", "composer", context, status=status)


def _look(
    request: HtmxHttpRequest, lead: Lead, form: MailForm, answers: Message | None
) -> HttpResponse:
    shown: list[Any] = []
    if form.is_valid():
        letter = form.letter(answers)
        form.attempt(
            lambda: shown.append(personal.preview(lead=lead, letter=letter, by=request.user))
        )
    wrong = [str(one) for told in form.errors.values() for one in told]
    looked: dict[str, Any] = {"looked": True, "wrong": wrong}
    if shown:
        looked |= {"delivery": shown[0], "shown": selectors.shown(shown[0])}
    if request.htmx:
        return render(request, "desk/mail.html#look", looked)
    return _composer(request, lead, form, answers, **looked)


def _send(
    request: HtmxHttpRequest, lead: Lead, form: MailForm, answers: Message | None
) -> HttpResponse:
    row = _row(request, str(form["row"].value() or ""), lead)
    if not form.is_valid() or not form.attempt(
        lambda: personal.send(
            lead=lead, letter=form.letter(answers), by=request.user, step=_carried_out(form, row)
        )
    ):
        form.renew()
        return _composer(request, lead, form, answers)
    words = _("Your mail to %(name)s is on its way") % {"name": lead.name}
    if not selectors.leaves():
        words = _("Kept in the outbox: no mail leaves this installation")
    if form.carries_out:
        words = f"{words}. {_('Done: %(what)s') % {'what': form.carries_out.subject}}"
    if row is None:
        messages.success(request, words)
        return redirect(request, lead.get_absolute_url())
    if row.nudge:
        nudges.settle_by_hand(row.nudge, at=clock.now())
    return ask_next(request, lead, REACHED, row.key, words)


def _carried_out(form: MailForm, row: Row | None) -> Activity | None:
    """The planned mail in whose row it is written, else the one that she ticked."""
    return form.carries_out or (row.activity if row else None)


def _row(request: HtmxHttpRequest, key: str, lead: Lead) -> Row | None:
    """The row of her queue in which she writes, as long as it stands there and is about this lead."""
    found = queue.find(request.user, key[:60]) if key else None
    return found if found and found.lead and found.lead.pk == lead.pk else None


@require_safe
@access("mail.read")
def thread(request: HtmxHttpRequest, pk: int, ref: str) -> HttpResponseBase:
    """The conversation that a message belongs to, oldest first, in plain words."""
    lead = lead_or_404(request, pk, "mail.read")
    ids = mailing.people_of(lead)
    if threads.message(ids, ref) is None:
        raise Http404
    said = threads.said(threads.of_leads(ids).with_(ref), lead.name)
    context = {
        "lead": lead,
        "said": said,
        "ref": ref,
        "subject": threads.bare(said[0].subject) if said else "",
        "may_write": reaches(request.user, "mail.send", lead),
    }
    return render_part(request, "desk/thread.html", "thread", context)
