"""Finding words in a story: in notes, activities, mails either way, and in the facts."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.mail.models import Delivery, InboundMail
from leadflow.models import Activity, Note, ResearchCheck
from leadflow.people.access import allowed
from leadflow.people.models import User

MOST_WORDS = 5
_OF_STAFF = (Delivery.Kind.ESSENTIAL, Delivery.Kind.NOTICE)


def saying(
    events: "QuerySet[Event]",
    lead_ids: Sequence[int],
    words: str,
    user: User,
    *,
    company: int | None = None,
) -> "QuerySet[Event]":
    """Those of the events that say every word.

    `events` are of these leads, whom the user may see, or of that company itself.
    """
    told = events
    for word in words.split()[:MOST_WORDS]:
        events = events.filter(_says(told, lead_ids, company, word, user))
    return events


def _says(
    events: "QuerySet[Event]", lead_ids: Sequence[int], company: int | None, word: str, user: User
) -> Q:
    whose = Q(lead__in=lead_ids)
    if company is not None:
        whose |= Q(company=company, lead=None)
    notes = Note.objects.filter(whose, text__icontains=word)
    readable = notes.filter(Q(is_private=False) | Q(by=user))
    done = Activity.objects.filter(whose).filter(
        Q(subject__icontains=word) | Q(body__icontains=word) | Q(outcome__icontains=word)
    )
    condition = _about("note", [*readable.values_list("pk", flat=True)])
    condition |= _about("activity", [*done.values_list("pk", flat=True)])
    found = ResearchCheck.objects.filter(whose, note__icontains=word)
    condition |= _about("check", [*found.values_list("pk", flat=True)])
    if allowed(user, "inbound.view"):
        mails = InboundMail.objects.filter(lead__in=lead_ids).filter(
            Q(subject__icontains=word) | Q(said__icontains=word)
        )
        condition |= _about("mail", [*mails.values_list("pk", flat=True)])
    if allowed(user, "mail.read"):
        condition |= _written(lead_ids, word)
    if allowed(user, "lead.contact_fields"):  # facts hold addresses
        told = events.exclude(kind=Kind.NOTE_ADDED)
        told = told.annotate(told=Cast("data", TextField())).filter(told__icontains=word)
        condition |= Q(pk__in=told.values("pk"))
    return condition


def _written(lead_ids: Sequence[int], word: str) -> Q:
    """Letters that we wrote to them: by their own fact, or by the touch that tells it in the story."""
    letters = Delivery.objects.counted().filter(lead__in=lead_ids).exclude(kind__in=_OF_STAFF)
    letters = letters.filter(Q(subject__icontains=word) | Q(text__icontains=word))
    ids = list(letters.values_list("pk", flat=True))
    touches = Activity.objects.filter(
        lead__in=lead_ids, subject_ref__in=[f"mail:{pk}" for pk in ids]
    )
    touched = [*touches.values_list("pk", flat=True)]
    return Q(kind=Kind.DELIVERY_SENT) & _about("delivery", ids) | _about("activity", touched)


def _about(key: str, ids: Sequence[int]) -> Q:
    return Q(**{f"data__{key}__in": ids})
