"""A visitor takes a time: on the page of a meeting type, or with the answers of a form."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from capture.blocks.asking import Question, questions
from capture.models import Submission
from capture.services.promises import Link
from leadflow.calendars import bookings, letters, links
from leadflow.calendars.models import Booking, MeetingType
from leadflow.calendars.selectors import is_free
from leadflow.errors import Conflict
from leadflow.kit import clock, zones
from leadflow.models import Activity, Lead
from leadflow.services import activities, engagement, leads


@transaction.atomic
def of_visitor(
    *,
    meeting: MeetingType,
    starts_at: datetime,
    zone: str,
    told: Mapping[str, Any],
    key: str,
    known: Lead | None = None,
    at: datetime | None = None,
) -> Booking:
    """Book for who stands on the meeting's own page. Raises Taken, or Conflict; then no lead is made."""
    at = at or clock.now()
    bookings.hold(meeting)  # before the lead is locked, as everybody does
    lead = _lead(meeting, told, known, at)
    name = known.name if known and not told.get("name") else str(told.get("name", ""))
    guest = bookings.Guest(
        name=name, email=lead.email or "", note=str(told.get("note", "")), zone=zone
    )
    return bookings.book(
        meeting=meeting, lead=lead, starts_at=starts_at, guest=guest, key=f"page:{key}", at=at,
        origin=lead.origin,
    )  # fmt: skip


def _lead(meeting: MeetingType, told: Mapping[str, Any], known: Lead | None, at: datetime) -> Lead:
    first, _space, last = str(told.get("name", "")).rpartition(" ")
    names = {"first_name": first or last, "last_name": last if first else ""}
    outcome = leads.create_or_merge(
        email=(known.email or "") if known and "email" not in told else str(told.get("email", "")),
        phone=str(told.get("phone", "")),
        fields={key: value for key, value in names.items() if value},
        via=f"booking:{meeting.slug}",
        at=at,
    )
    engagement.touch(lead=outcome.lead, source=None, label=meeting.name, at=at)
    return outcome.lead


# --- with a form ---------------------------------------------------------------------------------


def slot_of(asked: Iterable[Question], answers: Mapping[str, Any]) -> tuple[Question, str] | None:
    """The booking block of a form and the time chosen in it; None where there is none."""
    for one in asked:
        if one.type == "slots" and answers.get(one.name):
            return one, str(answers[one.name])
    return None


def meeting_of(question: Question) -> MeetingType | None:
    """The meeting type that a block offers, while it can be booked."""
    pk = str(question.props.get("meeting") or "")
    known = MeetingType.objects.open_to_visitors()
    return known.filter(pk=int(pk)).first() if pk.isdigit() else None


def key_of(submission: Submission) -> str:
    """One answer books once."""
    return f"submission:{submission.pk}"


def of_submission(submission: Submission, *, at: datetime | None = None) -> Booking | None:
    """Book what an answer chose, once it became a lead; asking again gives the same booking.

    Where the time went to somebody else meanwhile (the answer waited, or was set aside as spam), the
    wish becomes a to-do: nobody who wanted to talk is left alone.
    """
    chosen = slot_of(questions(submission.version.content), submission.answers)
    told = zones.read(chosen[1]) if chosen else None
    meeting = meeting_of(chosen[0]) if chosen else None
    lead = submission.lead
    if chosen is None or told is None or meeting is None or lead is None:
        return None
    known = Booking.objects.filter(key=key_of(submission)).first()
    if known is not None:
        return known
    guest = bookings.Guest(name=lead.name, email=lead.email or "", zone=told[1])
    try:
        return bookings.book(
            meeting=meeting, lead=lead, starts_at=told[0], guest=guest, key=key_of(submission),
            at=at or submission.received_at, origin=submission.origin,
        )  # fmt: skip
    except Conflict:
        _ask_for_another(meeting, lead, submission, told[0])
        return None


def _ask_for_another(
    meeting: MeetingType, lead: Lead, submission: Submission, wanted: datetime
) -> None:
    ref = key_of(submission)
    if not Activity.objects.filter(subject_ref=ref).exists():
        activities.plan(
            kind=Activity.Kind.TODO,
            subject=_("Offer another time for %(what)s") % {"what": meeting.name},
            body=_("They wanted %(when)s (UTC), which was taken.") % {"when": f"{wanted:%Y-%m-%d %H:%M}"},
            lead=lead, subject_ref=ref, owner=lead.owner, due_at=submission.received_at, by=None,
            origin=submission.origin,
        )  # fmt: skip


def hold(question: Question, chosen: str) -> bool:
    """Let nobody else book until the transaction ends; whether the time is still free."""
    meeting, told = meeting_of(question), zones.read(chosen)
    if meeting is None or told is None:
        return False
    bookings.hold(meeting)
    return is_free(meeting, told[0], at=clock.now())


def _after(submission_id: int | None) -> Booking | None:
    known = Booking.objects.select_related("meeting_type")
    return known.filter(key=f"submission:{submission_id}").first() if submission_id else None


def links_after(submission_id: int | None) -> list[Link]:
    """What the thank-you page shows of the booking that came with an answer."""
    booking = _after(submission_id)
    return [_link(booking)] if booking else []


def mark_of(submission_id: int | None) -> str:
    """The sign by which the thank-you page of a browser without script finds the booking."""
    booking = _after(submission_id)
    return links.token_of(booking) if booking else ""


def of_mark(mark: str) -> list[Link]:
    """The link behind such a sign; none for anything else."""
    booking = links.of_token(mark) if mark else None
    return [_link(booking)] if booking else []


def _link(booking: Booking) -> Link:
    """The booking in words, leading to where it is moved or cancelled."""
    words = {"what": booking.meeting_type.name, "when": letters.when(booking)}
    return Link(_("%(what)s: %(when)s") % words, links.own_url(booking))


def book_all(ids: Iterable[int]) -> None:
    """Book what these answers chose, where it was not done with the answer itself."""
    rows = Submission.objects.filter(pk__in=set(ids), lead__merged_into=None).exclude(lead=None)
    for submission in rows.select_related("version", "lead__owner").order_by("pk"):
        with transaction.atomic():
            of_submission(submission)
