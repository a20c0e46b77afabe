"""Telling other programs, and colleagues."""

from typing import Any

from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.integrations import outbound
from leadflow.integrations.models import WebhookEndpoint
from leadflow.models import Lead, Origin
from leadflow.notifications.models import Notice
from leadflow.notifications.services import Told, tell_many
from leadflow.people.models import Team, User
from nurturing.services.acts.subjects import Job, Step, Subject


def webhook(job: Job) -> None:
    """Write a message for an endpoint, once per occurrence; a tick sends it."""
    endpoint = WebhookEndpoint.objects.filter(pk=job.step["endpoint"] or 0).first()
    if endpoint is None:
        raise Invalid(_("The webhook endpoint is gone."))
    if not endpoint.is_on:
        raise Invalid(_("The webhook “%(name)s” is switched off.") % {"name": endpoint.name})
    if job.origin == Origin.DEMO:
        raise Invalid(_("Made up for the demo: no other program is told."))
    outbound.queue_many(
        [
            outbound.Message(
                endpoint=endpoint, key=one.key, kind="step.reached",
                data=_told(job, one, endpoint.sends_personal),
                lead_ids=[one.lead.pk] if one.lead else [],
            )
            for one in job.going
        ],
        at=job.at,
    )  # fmt: skip


def _told(job: Job, subject: Subject, personal: bool) -> dict[str, Any]:
    """Ids and what led to it; who she is only where an admin opened that for the endpoint."""
    lead, told = subject.lead, {"because": job.cause, "step": job.step["id"]}
    if subject.ref:
        told["about"] = subject.ref
    if lead is None:
        return told
    facts: dict[str, Any] = {"id": lead.public_id, "stage": lead.stage}
    if personal:
        facts |= {
            "email": lead.email, "phone": lead.phone, "first_name": lead.first_name,
            "last_name": lead.last_name, "country": lead.country,
            "company": lead.company.name if lead.company else "",
        }  # fmt: skip
    return told | {"lead": facts}


def notify(job: Job) -> None:
    """Tell the owner, a colleague or a team; who may not see the person gets the words without a name."""
    people = None if job.step["whom"] == "owner" else receivers(job.step)
    told = [(user, one) for one in job.going for user in _of(one, people)]
    seen = _visible(told)
    for one in job.going:
        if not _of(one, people):
            job.skip(one, _("Nobody owns it, so nobody is told."))
    tell_many(
        [
            Told(
                user=user, key=one.key, kind=Notice.STEP, url=one.address, at=job.at,
                origin=job.origin, sentence=_sentence(job, one, (user.pk, one.key) in seen),
                lead_id=one.lead.pk if one.lead and (user.pk, one.key) in seen else None,
            )
            for user, one in told
        ]
    )  # fmt: skip


def _of(subject: Subject, people: list[User] | None) -> list[User]:
    if people is not None:
        return people
    return [subject.whose] if subject.whose else []


def receivers(step: Step) -> list[User]:
    """The people that a notice names. Raises Invalid where there are none any more."""
    kind, _colon, ref = str(step["whom"]).partition(":")
    pk = int(ref) if ref.isascii() and ref.isdigit() and len(ref) < 10 else 0
    rows = User.objects.active().order_by("pk")
    if kind == "user":
        found = list(rows.filter(pk=pk))
    else:
        team = Team.objects.filter(pk=pk)
        found = list(rows.filter(memberships__team__in=team)) if kind == "team" else []
    if not found:
        raise Invalid(_("The person or team to be told is no longer here."))
    return found


def _visible(told: list[tuple[User, Subject]]) -> set[tuple[int, str]]:
    """Which of these may be told the name; a record without a person only to whom it belongs."""
    seen = {(user.pk, one.key) for user, one in told if not one.lead and user == one.owner}
    for user in {user for user, _one in told}:
        hers = [(one.lead.pk, one.key) for reader, one in told if reader == user and one.lead]
        rows = Lead.objects.visible_to(user).filter(pk__in=[pk for pk, _key in hers])
        known = set(rows.values_list("pk", flat=True))
        seen |= {(user.pk, key) for pk, key in hers if pk in known}
    return seen


def _sentence(job: Job, subject: Subject, is_seen: bool) -> str:
    words = str(job.step["words"]).strip()
    return f"{words}: {subject.name}" if is_seen and subject.name else words
