"""Following a lead or a deal: who hears of it, and what she hears."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Activity, Lead, Note, Organisation
from leadflow.notifications.models import Follow, Notice
from leadflow.notifications.services import Told, tell_many
from leadflow.people.models import User

# More than this for one person in one batch is one notification, not many.
ONE_BY_ONE = 5
# What the owner hears of anyway.
_TOLD_TO_OWNER = (Kind.LEAD_ASSIGNED, Kind.REPLY_RECEIVED, Kind.MEETING_BOOKED)
_HAPPENED: dict[Kind, Promise] = {
    Kind.LEAD_ADVANCED: gettext_lazy("%(name)s went on to %(stage)s"),
    Kind.LEAD_ASSIGNED: gettext_lazy("%(name)s has another owner: %(to)s"),
    Kind.LEAD_DISQUALIFIED: gettext_lazy("%(name)s was disqualified"),
    Kind.LEAD_RECYCLED: gettext_lazy("%(name)s went back to marketing"),
    Kind.NOTE_ADDED: gettext_lazy("%(who)s wrote a note about %(name)s"),
    Kind.ACTIVITY_LOGGED: gettext_lazy("%(who)s worked on %(name)s: %(title)s"),
    Kind.REPLY_RECEIVED: gettext_lazy("%(name)s wrote back"),
    Kind.MEETING_BOOKED: gettext_lazy("%(name)s booked a meeting"),
}


@transaction.atomic
def follow(*, user: User, lead: Lead | None = None, ref: str = "") -> Follow:
    """Hear of this from now on. Following twice is fine."""
    row, _made = Follow.objects.get_or_create(
        user=user, lead=lead, subject_ref=ref, defaults={"since": clock.now()}
    )
    return row


def unfollow(*, user: User, lead: Lead | None = None, ref: str = "") -> None:
    """Hear of it no more."""
    Follow.objects.filter(user=user, lead=lead, subject_ref=ref).delete()


def own(user: User, *, lead: Lead | None = None, ref: str = "") -> QuerySet[Follow]:
    """That she follows this; one row or none."""
    return Follow.objects.filter(user=user, lead=lead, subject_ref=ref)


def follows(user: User, *, lead: Lead | None = None, ref: str = "") -> bool:
    """Whether she follows this."""
    return own(user, lead=lead, ref=ref).exists()


def followers_of(refs: Collection[str]) -> dict[str, list[User]]:
    """Who follows these records of a stage, by reference; those who work here no more are left out."""
    rows = Follow.objects.filter(subject_ref__in=set(refs) - {""}, user__is_active=True)
    found: dict[str, list[User]] = defaultdict(list)
    for row in rows.select_related("user"):
        found[row.subject_ref].append(row.user)
    return found


def tell(events: Sequence[Event]) -> None:
    """What happened to a lead, told to those who follow her, may still see her, and did not do it."""
    heard = _readable([e for e in events if e.lead_id and Kind.of(e.kind) in _HAPPENED])
    rows = Follow.objects.filter(lead__in={e.lead_id for e in heard}, user__is_active=True)
    by_user: dict[User, dict[int, datetime]] = defaultdict(dict)
    for row in rows.select_related("user"):
        by_user[row.user][row.lead_id or 0] = row.since
    words = _Words(heard) if by_user else None
    told: list[Told] = []
    for user, since in by_user.items():
        # one question for each who follows somebody of this batch: what she may see is her own
        seen = Lead.objects.visible_to(user).in_bulk(since)
        later = [
            e
            for e in heard
            if e.lead_id and e.lead_id in seen and e.recorded_at >= since[e.lead_id]
        ]
        mine = [e for e in later if _is_news(e, seen[e.lead_id or 0], user)]
        told += _told(user, mine, seen, words) if words else []
    tell_many(told)


def _is_news(event: Event, lead: Lead, user: User) -> bool:
    is_hers = lead.owner_id == user.pk and Kind.of(event.kind) in _TOLD_TO_OWNER
    return event.actor_id != user.pk and not is_hers


def _readable(events: Sequence[Event]) -> list[Event]:
    """Without private notes, which are nobody's business."""
    ids = {e.data.get("note") for e in events if e.kind == Kind.NOTE_ADDED}
    hidden = set(Note.objects.filter(pk__in=ids, is_private=True).values_list("pk", flat=True))
    return [e for e in events if e.data.get("note") not in hidden or e.kind != Kind.NOTE_ADDED]


class _Words:
    """Names behind the ids of a batch, read at once."""

    def __init__(self, events: Sequence[Event]) -> None:
        ids = {e.actor_id for e in events} | {
            e.data.get("to") for e in events if e.kind == Kind.LEAD_ASSIGNED
        }
        self.users = User.objects.in_bulk(ids - {None})
        self.organisation = Organisation.current()
        done = {e.data.get("activity") for e in events if e.kind == Kind.ACTIVITY_LOGGED}
        rows = Activity.objects.filter(pk__in=done)
        self.titles = dict(rows.values_list("pk", "subject"))

    def name(self, user_id: int | None) -> str:
        user = self.users.get(user_id or 0)
        return user.name if user else "LeadFlow"

    def sentence(self, event: Event, lead: Lead) -> str:
        kind, data = Kind.of(event.kind), event.data
        told = {
            "name": lead.name,
            "who": self.name(event.actor_id),
            "title": self.titles.get(data.get("activity"), ""),
        }
        if kind == Kind.LEAD_ADVANCED:
            told["stage"] = self.organisation.stage_label(str(data.get("to") or lead.stage))
        if kind == Kind.LEAD_ASSIGNED:
            told["to"] = self.name(data["to"]) if data.get("to") else _("nobody")
        return str(_HAPPENED[kind]) % told


def _told(user: User, events: list[Event], leads: dict[int, Lead], words: _Words) -> list[Told]:
    with override(user.language):
        if len(events) > ONE_BY_ONE:
            count = {"n": len(events)}
            said = _("%(n)s things happened to leads that you follow") % count
            return [_notice(user, events[-1], said, "/leads/")]
        return [
            _notice(user, e, words.sentence(e, leads[e.lead_id or 0]), f"/leads/{e.lead_id}/")
            for e in events
        ]


def _notice(user: User, event: Event, sentence: str, url: str) -> Told:
    return Told(
        user=user,
        key=f"followed:{event.pk}",
        kind=Notice.FOLLOWED,
        sentence=sentence,
        url=url,
        lead_id=event.lead_id,
        at=event.occurred_at,
        origin=event.origin,
    )


def move_to_survivors(events: Sequence[Event]) -> None:
    """Who followed the one that was merged away follows the survivor."""
    gone = Lead.objects.filter(merged_into__in={event.lead_id for event in events})
    survivors = dict(gone.values_list("pk", "merged_into"))
    rows = list(Follow.objects.filter(lead__in=survivors).order_by("since", "pk"))
    rows_kept = Follow.objects.filter(lead__in=survivors.values())
    kept: set[tuple[int, int | None]] = set(rows_kept.values_list("user_id", "lead_id"))
    moved = []
    for row in rows:
        to = survivors[row.lead_id or 0]
        if (row.user_id, to) not in kept:
            kept.add((row.user_id, to))
            moved.append(Follow(user_id=row.user_id, lead_id=to, since=row.since))
    Follow.objects.filter(pk__in=[row.pk for row in rows]).delete()
    Follow.objects.bulk_create(moved)
