"""The page of a lead, and everything that is done from it."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.assets import attachments
from leadflow.desk import matching, selectors
from leadflow.desk.forms import (
    GiveForm,
    LeadForm,
    NoteForm,
    OffRampForm,
    StageForm,
    TagForm,
)
from leadflow.desk.pairs import shown
from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import emails
from leadflow.models import Activity, Disposition, Lead
from leadflow.notifications import following
from leadflow.people.access import allowed, reach_of, require
from leadflow.services import (
    activities,
    companies,
    consent,
    leads,
    merging,
    notes,
    privacy,
    unmerging,
)
from leadflow.services import (
    duplicates as likeness,
)
from leadflow.timeline.selectors import GROUPS
from leadflow.web.activities import ActivityForm, DoneForm, NextForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, back_to, redirect


def leads_seen(request: HtmxHttpRequest) -> QuerySet[Lead]:
    """The leads that the user may see, with what a page of one names."""
    return Lead.objects.visible_to(request.user).select_related(
        "company", "source", "campaign", "owner", "team", "score"
    )


def lead_or_404(request: HtmxHttpRequest, pk: int, permission: str = "lead.view") -> Lead:
    """The lead, if the user may see her; then she also needs the permission for it."""
    lead = get_object_or_404(leads_seen(request), pk=pk)
    if permission != "lead.view":
        require(request.user, permission, lead)
    return lead


@access("lead.view")
def lead_page(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The lead; an old id that was merged away redirects to the survivor for ever."""
    lead = leads_seen(request).filter(pk=pk).first()
    if lead is None:
        survivor = get_object_or_404(Lead.objects.visible_to(request.user), merged__pk=pk)
        return redirect(request, survivor.get_absolute_url())
    page = selectors.lead_page(lead, request.user)
    context = {
        "lead": lead,
        "page": page,
        "note_form": NoteForm(prefix="note", auto_id="dialog-%s"),
        "call_form": DoneForm(prefix="activity", auto_id="call-%s"),
        "todo_form": NextForm(prefix="activity", auto_id="todo-%s"),
        "owner_form": GiveForm(user=request.user, known=page.owners, initial={"owner": lead.owner}),
        "stage_form": StageForm(auto_id="stage-%s", initial={"to": lead.stage}),
        "off_form": OffRampForm(auto_id="off-%s"),
        "tag_form": TagForm(),
        "may": may(request, lead),
        "timeline_groups": [("", _("All")), *((key, label) for key, (label, _q) in GROUPS.items())],
    }
    return render(request, "desk/lead.html", context)


def may(request: HtmxHttpRequest, lead: Lead) -> dict[str, bool]:
    """What the user may do to this lead, for showing only what works."""
    names = (
        "lead.edit", "lead.give", "lead.advance", "lead.merge", "lead.delete", "lead.erase",
        "lead.export_one", "note.add", "activity.add", "tag.edit", "consent.add", "bant.edit",
        "deal.edit", "consent.remove_suppression",
    )  # fmt: skip
    covered = reach_of(request.user, names, lead)
    return {name.replace(".", "_"): is_covered for name, is_covered in covered.items()}


@access("lead.edit")
def lead_edit(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Change what is known; refused when somebody else changed it meanwhile."""
    lead = lead_or_404(request, pk, "lead.edit")
    meant = {"email": emails.suggest(lead.email)} if "meant" in request.GET else {}
    form = LeadForm(request.POST or None, instance=lead, initial=meant)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: _save(request, lead, form))
    ):
        messages.success(request, _("Saved"))
        return redirect(request, lead.get_absolute_url())
    return render(request, "desk/lead_edit.html", {"form": form, "lead": lead}, status=form.status)


@transaction.atomic
def _save(request: HtmxHttpRequest, lead: Lead, form: LeadForm) -> Lead:
    values: dict[str, Any] = form.values()
    name = form.cleaned_data["company_name"].strip()
    if name != (lead.company.name if lead.company else ""):
        values["company"] = companies.match_or_create(name=name) if name else None
    return leads.update(lead, values=values, by=request.user, version=form.cleaned_data["version"])


@require_POST
@access("note.add")
def note_add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write a note."""
    lead = lead_or_404(request, pk, "note.add")
    form = NoteForm(request.POST, request.FILES, prefix="note")
    if not form.is_valid():
        told = form.errors.get("attached") or [_("Write something first.")]
        raise Invalid(str(told[0]))
    with transaction.atomic():
        note = notes.add(**form.said(), lead=lead, by=request.user)
        attachments.claim(form.cleaned_data["attached"], kind=attachments.NOTE, pk=note.pk)
    return _again(request, lead, _("Note kept"))


@require_POST
@access("lead.view")
def follow(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Hear of her from now on, or no more."""
    lead = lead_or_404(request, pk)
    if following.follows(request.user, lead=lead):
        following.unfollow(user=request.user, lead=lead)
        return _again(request, lead, _("You follow %(name)s no more") % {"name": lead.name})
    following.follow(user=request.user, lead=lead)
    return _again(request, lead, _("You hear of what happens to %(name)s") % {"name": lead.name})


@require_POST
@access("activity.add")
def activity_add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Log what happened, or plan what is next."""
    lead = lead_or_404(request, pk, "activity.add")
    form = ActivityForm(request.POST, prefix="activity")
    if not form.is_valid():
        raise Invalid(" ".join(e for errors in form.errors.values() for e in errors))
    values = form.cleaned_data
    common = {"kind": values["kind"], "subject": values["subject"], "body": values["body"]}
    if values["due_at"]:
        activities.plan(
            **common, lead=lead, owner=lead.owner or request.user, due_at=values["due_at"],
            by=request.user,
        )  # fmt: skip
        return _again(request, lead, _("Planned"))
    activities.log(
        **common, lead=lead, outcome=values["outcome"], minutes=values["minutes"], by=request.user
    )
    return _again(request, lead, _("Logged"))


def activity_or_404(request: HtmxHttpRequest, pk: int) -> Activity:
    """An activity of a lead that the user may see, or her own."""
    return get_object_or_404(Activity.objects.visible_to(request.user).distinct(), pk=pk)


@require_POST
@access("activity.add")
def activity_done(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Mark a step as done; ten seconds to undo."""
    activity = activity_or_404(request, pk)
    activities.complete(activity, by=request.user, outcome=request.POST.get("outcome", "")[:60])
    usual = activity.lead.get_absolute_url() if activity.lead else "/"
    messages.success(request, _("Done: %(what)s") % {"what": activity.subject})
    return redirect(request, back_to(request, usual))


@require_POST
@access("activity.add")
def activity_undo(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """It was not done after all."""
    activity = activities.reopen(activity_or_404(request, pk), by=request.user)
    return redirect(request, activity.lead.get_absolute_url() if activity.lead else "/")


def _again(request: HtmxHttpRequest, lead: Lead, message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect(request, lead.get_absolute_url())


@require_POST
@access("lead.give")
def owner_set(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Give the lead to a colleague, with a word; whoever may see her no more goes back to her list."""
    lead = lead_or_404(request, pk, "lead.give")
    form = GiveForm(request.POST, user=request.user)
    if not form.is_valid():
        raise Invalid(_("Choose who gets this lead."))
    owner, words = form.cleaned_data["owner"], form.cleaned_data["words"].strip()
    with transaction.atomic():
        leads.assign(lead, owner=owner, by=request.user, reason="hand")
        if words:  # named in it, she is told of the note
            notes.add(text=f"@{owner.name} {words}", lead=lead, by=request.user)
    messages.success(request, _("Now %(who)s’s") % {"who": owner.first_name})
    still_seen = Lead.objects.visible_to(request.user).filter(pk=lead.pk).exists()
    return redirect(request, lead.get_absolute_url() if still_seen else reverse("desk:leads"))


@require_POST
@access("lead.edit")
def company_set(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put right where she works: at the company of her address, or nowhere that is known."""
    lead = lead_or_404(request, pk, "lead.edit")
    company = None
    if (said := request.POST.get("company", "")) != "none":
        company = matching.of_address(lead)
        if company is None or str(company.pk) != said:
            raise Invalid(_("There is no such company any more. Look again."))
    leads.update(lead, values={"company": company}, by=request.user)
    words = (
        _("Now at %(company)s") % {"company": company.name} if company else _("At no company now")
    )
    messages.success(request, words)
    return redirect(request, lead.get_absolute_url())


@require_POST
@access("lead.advance")
def stage_set(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Move the lead to another stage."""
    lead = lead_or_404(request, pk, "lead.advance")
    form = StageForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Choose a stage."))
    reason = form.cleaned_data["reason"] or "hand"
    moved = leads.advance(lead, to=form.cleaned_data["to"], by=request.user, reason=reason)
    return _again(request, lead, _("Moved to %(stage)s") % {"stage": moved.get_stage_display()})


@require_POST
@access("lead.advance")
def off_ramp(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Disqualify or recycle the lead, with a reason."""
    lead = lead_or_404(request, pk, "lead.advance")
    form = OffRampForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Say why this lead leaves the road."))
    values = form.cleaned_data
    if values["disposition"] == Disposition.DISQUALIFIED:
        leads.disqualify_many(lead_ids=[lead.pk], reason=values["reason"], by=request.user)
        return _again(request, lead, _("Disqualified"))
    leads.recycle_many(
        lead_ids=[lead.pk], reason=values["reason"], return_on=values["return_on"], by=request.user
    )
    return _again(request, lead, _("Recycled"))


@require_POST
@access("lead.advance")
def reopen(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Bring a disqualified or recycled lead back."""
    lead = lead_or_404(request, pk, "lead.advance")
    leads.reopen_many(lead_ids=[lead.pk], by=request.user)
    return _again(request, lead, _("Open again, in a new cycle"))


@require_POST
@access("tag.edit")
def tag_add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put a tag on the lead."""
    lead = lead_or_404(request, pk, "tag.edit")
    name = request.POST.get("name", "")
    if not name.strip():
        raise Invalid(_("Give the tag a name."))
    notes.tag_many(lead_ids=[lead.pk], names=[name], by=request.user)
    return _again(request, lead, _("Tagged"))


@require_POST
@access("tag.edit")
def tag_remove(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take a tag off the lead."""
    lead = lead_or_404(request, pk, "tag.edit")
    notes.untag_many(lead_ids=[lead.pk], name=request.POST.get("name", ""), by=request.user)
    return _again(request, lead, _("Tag removed"))


@require_POST
@access("consent.add")
def consent_set(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write down a consent given in a talk, or its withdrawal."""
    lead = lead_or_404(request, pk, "consent.add")
    channel = request.POST.get("channel", "email")
    if channel not in {"email", "phone", "sms"}:
        raise Invalid(_("Choose a channel."))
    if request.POST.get("state") == "withdrawn":
        consent.withdraw(lead=lead, channel=channel, method="hand", by=request.user)
        return _again(request, lead, _("Withdrawn; nothing more is sent"))
    words = request.POST.get("text", "").strip()
    if not words:
        raise Invalid(_("Write down what the person agreed to: it is the proof."))
    consent.give(lead=lead, channel=channel, text=words[:2_000], method="hand", by=request.user)
    return _again(request, lead, _("Consent kept with its proof"))


@require_POST
@access("consent.remove_suppression")
def release(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take the person's address off the suppression list, for a reason that is kept."""
    lead = lead_or_404(request, pk, "consent.remove_suppression")
    consent.release(
        lead=lead, by=request.user, why=request.POST.get("why", ""),
        purpose=request.POST.get("purpose", "")[:60],
    )  # fmt: skip
    return _again(request, lead, _("The address may get mail again"))


@access("lead.merge")
def merge(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Two rows side by side; the older identified one survives."""
    lead = lead_or_404(request, pk, "lead.merge")
    number = request.POST.get("other") or request.GET.get("other", "")
    other = lead_or_404(request, int(number), "lead.merge") if number.isdecimal() else None
    pair = merging.survivor_first(lead, other) if other and other.pk != lead.pk else None
    if request.method == "POST" and pair:
        kept = merging.merge(survivor=pair[0], loser=pair[1], by=request.user)
        return _again(request, kept, _("Merged; the old address still leads here"))
    found = []
    if words := request.GET.get("q", ""):
        found = selectors.leads_like(request.user, words, but=lead)
    context = {
        "lead": lead,
        "pair": pair,
        "rows": side_by_side(*pair) if pair else [],
        "found": found,
        "q": words,
        "duplicates": likeness.alike(lead, request.user),
        "merges": [(one, unmerging.may_unmerge(one)) for one in unmerging.merges_of(lead)],
    }
    return render(request, "desk/merge.html", context)


@require_POST
@access("lead.merge")
def unmerge(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Make two people of one again."""
    lead = lead_or_404(request, pk, "lead.merge")
    number = request.POST.get("merge", "")
    made = get_object_or_404(lead.merges, pk=int(number) if number.isdecimal() else 0)
    unmerging.unmerge(merge=made, by=request.user)
    return _again(request, lead, _("Taken apart; both are as they were"))


_COMPARED = (
    "first_name", "last_name", "email", "phone", "job_title", "company", "city", "country", "stage",
    "source", "owner", "created_at",
)  # fmt: skip


def side_by_side(survivor: Lead, loser: Lead) -> list[dict[str, Any]]:
    """Per field: both values, and which one stays."""
    rows = []
    for name in _COMPARED:
        one, two = shown(survivor, name), shown(loser, name)
        label = Lead._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        rows.append({"label": label, "one": one, "two": two, "takes_two": not one and bool(two)})
    return rows


@require_POST
@access("lead.delete")
def trash(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put the lead in the trash."""
    lead = lead_or_404(request, pk, "lead.delete")
    leads.trash_many(lead_ids=[lead.pk], by=request.user)
    messages.success(request, _("%(name)s is in the trash for 30 days") % {"name": lead.name})
    return redirect(request, "/leads/")


@access("lead.delete")
def trash_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """What was put in the trash, and the way back."""
    rows = Lead.objects.in_trash_of(request.user).filter(merged_into=None)
    rows = rows.remembered().order_by("-deleted_at", "-pk")[:200]
    context = {"rows": rows, "may_companies": allowed(request.user, "company.delete")}
    return render(request, "desk/trash.html", context)


@require_POST
@access("lead.delete")
def restore(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take a lead out of the trash, whole."""
    lead = get_object_or_404(Lead.objects.in_trash_of(request.user), pk=pk)
    leads.restore_many(lead_ids=[lead.pk], by=request.user)
    return _again(request, lead, _("Back, as it was"))


@require_POST
@access("lead.erase")
def erase(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Forget the person for ever; the name has to be typed."""
    lead = lead_or_404(request, pk, "lead.erase")
    if request.POST.get("confirm", "").strip().casefold() != lead.name.casefold():
        raise Invalid(_("Type the name exactly as it stands to erase this person."))
    privacy.erase(lead=lead, by=request.user)
    messages.success(request, _("The person is erased. Only anonymous counts remain."))
    return redirect(request, "/leads/")


@require_POST
@access("lead.export_one")
def export_person(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Everything that is known about the person, as a file for her."""
    lead = lead_or_404(request, pk, "lead.export_one")
    _record_export(request, lead)
    response = JsonResponse(
        privacy.export(lead), json_dumps_params={"indent": 1, "ensure_ascii": False}
    )
    response["Content-Disposition"] = f'attachment; filename="person-{lead.public_id}.json"'
    return response


def _record_export(request: HtmxHttpRequest, lead: Lead) -> None:
    with transaction.atomic():
        record(
            Kind.DATA_EXPORTED, lead_id=lead.pk, by=request.user, data={"what": "person", "rows": 1}
        )
