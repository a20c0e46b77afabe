"""Facts that somebody is told of."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from leadflow.calendars.letters import moment
from leadflow.calendars.models import Booking
from leadflow.calendars.selectors import hours_of
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.events.registry import history_safe
from leadflow.models import Activity, Lead
from leadflow.notifications import following, mentions
from leadflow.notifications.models import Notice
from leadflow.notifications.services import Told, tell_many
from leadflow.people.access import allowed
from leadflow.people.models import User

# More leads than this for one person in one batch are one notification, not many.
ONE_BY_ONE = 5
SENDERS = "/settings/deliverability/"


def tell_owner(events: Sequence[Event]) -> None:
    """Tell the new owner of a lead, unless she took it herself."""
    mine: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        to = event.data.get("to")
        if to and to != event.actor_id and event.lead_id:
            mine[to].append(event)
    owners = User.objects.active().in_bulk(mine)
    ids = {event.lead_id for to in owners for event in mine[to]}
    leads = Lead.objects.filter(owner__in=owners).in_bulk(ids)
    told: list[Told] = []
    for to, user in owners.items():
        # whoever is not her lead any more went on to somebody else, who is told instead
        still = [e for e in mine[to] if e.lead_id in leads and leads[e.lead_id].owner_id == to]
        told += _of_owner(user, still, leads)
    tell_many(told)


def _of_owner(user: User, events: list[Event], leads: dict[int, Lead]) -> list[Told]:
    with override(user.language):
        if len(events) > ONE_BY_ONE:
            return [_summary(user, events)]
        return [_one(user, event, leads[event.lead_id or 0]) for event in events]


def _one(user: User, event: Event, lead: Lead) -> Told:
    reason = event.data.get("reason") or ""
    reason = "" if reason == "hand" else reason  # by hand is no reason
    sentence = _("%(name)s is yours now") % {"name": lead.name}
    return Told(
        user=user,
        key=f"assigned:{event.pk}",
        kind=Notice.LEAD_ASSIGNED,
        sentence=f"{sentence}: {reason}" if reason else sentence,
        url=lead.get_absolute_url(),
        lead_id=lead.pk,
        at=event.occurred_at,
        origin=event.origin,
    )


def _summary(user: User, events: list[Event]) -> Told:
    return Told(
        user=user,
        key=f"assigned:{events[0].pk}-{events[-1].pk}",
        kind=Notice.LEAD_ASSIGNED,
        sentence=_("%(count)s leads are yours now") % {"count": len(events)},
        url="/leads/",
        at=events[-1].occurred_at,
        origin=events[0].origin,
    )


def tell_of_reply(events: Sequence[Event]) -> None:
    """A lead answered mail of ours: tell her owner what she wrote."""
    ids = {event.lead_id for event in events if event.lead_id}
    leads = Lead.objects.living().active().exclude(owner=None).select_related("owner").in_bulk(ids)
    told = []
    for event in events:
        lead = leads.get(event.lead_id or 0)
        if lead is not None and lead.owner is not None and lead.owner_id != event.actor_id:
            told.append(_of_reply(event, lead, lead.owner))
    tell_many(told)


def _of_reply(event: Event, lead: Lead, owner: User) -> Told:
    words = event.data.get("words") or event.data.get("title") or ""
    with override(owner.language):
        told = _("%(name)s answered: “%(words)s”")
        if event.data.get("meaning") == "interested":
            told = _("%(name)s is interested: “%(words)s”")
        said = told % {"name": lead.name, "words": words}
        sentence = said if words else _("%(name)s answered your mail") % {"name": lead.name}
    return Told(
        user=owner,
        key=f"reply:{event.pk}",
        kind=Notice.REPLY_RECEIVED,
        sentence=sentence,
        url=lead.get_absolute_url(),
        lead_id=lead.pk,
        at=event.occurred_at,
        origin=event.origin,
    )


def tell_of_own_mailbox(events: Sequence[Event]) -> None:
    """A mailbox lets us in no more: tell the colleague whose it is; her mail waits until then."""
    users = User.objects.in_bulk({int(event.data["user"]) for event in events})
    told = []
    for event in events:
        user = users.get(int(event.data["user"]))
        if user is None:
            continue
        with override(user.language):
            sentence = _("%(address)s lets LeadFlow in no more. Sign in again; your mail waits.")
            sentence = sentence % {"address": event.data["address"]}
        told.append(
            Told(
                user=user,
                key=f"own-mailbox:{event.pk}",
                kind=Notice.OWN_MAILBOX,
                sentence=sentence,
                url="/settings/your-mailbox/",
                at=event.occurred_at,
                origin=event.origin,
            )
        )
    tell_many(told)


def tell_of_todo(events: Sequence[Event]) -> None:
    """A colleague gave somebody a to-do: tell her what, and with which words."""
    rows = Activity.objects.open().select_related("owner", "given_by", "lead")
    given = rows.in_bulk({int(event.data["activity"]) for event in events})
    told = []
    for event in events:
        row = given.get(int(event.data["activity"]))
        # who passed it on meanwhile has nothing to do with it any more
        if row and row.owner and row.owner_id == event.data["to"] != event.actor_id:
            told.append(_of_todo(event, row, row.owner))
    tell_many(told)


def _of_todo(event: Event, row: Activity, owner: User) -> Told:
    with override(owner.language):
        who = row.given_by.name if row.given_by else _("Somebody")
        sentence = _("%(who)s gave you a to-do: %(what)s") % {"who": who, "what": row.subject}
    if row.given_words:
        sentence = f"{sentence}. “{row.given_words}”"
    return Told(
        user=owner,
        key=f"delegated:{event.pk}",
        kind=Notice.TODO_GIVEN,
        sentence=sentence,
        url="/todos/",
        lead_id=row.lead_id,
        at=event.occurred_at,
        origin=event.origin,
    )


_MET = {
    Kind.MEETING_BOOKED: gettext_lazy("%(name)s booked “%(what)s” with you: %(when)s"),
    Kind.MEETING_MOVED: gettext_lazy("%(name)s moved “%(what)s” with you to %(when)s"),
    Kind.MEETING_CANCELLED: gettext_lazy("%(name)s cancelled “%(what)s” with you, %(when)s"),
}


def tell_host(events: Sequence[Event]) -> None:
    """Tell the host that somebody takes, moves or gives back her time, unless she did it herself."""
    ids = {int(event.subject_id) for event in events if event.subject_id}
    rows = Booking.objects.select_related("host", "lead", "meeting_type").in_bulk(ids)
    told = []
    for event in events:
        row = rows.get(int(event.subject_id or 0))
        if row is not None and row.host_id != event.actor_id:
            told.append(_of_host(event, row))
    tell_many(told)


def _of_host(event: Event, row: Booking) -> Told:
    with override(row.host.language):
        zone = hours_of([row.host], at=event.occurred_at)[row.host_id].zone
        when = moment(datetime.fromisoformat(event.data["due_at"]), zone)
        words = {"name": row.lead.name, "what": event.data.get("title", ""), "when": when}
        sentence = str(_MET[Kind.of(event.kind)]) % words
    return Told(
        user=row.host,
        key=f"meeting:{event.pk}",
        kind=Notice.MEETING_BOOKED,
        sentence=sentence,
        url=row.lead.get_absolute_url(),
        lead_id=row.lead_id,
        at=event.occurred_at,
        origin=event.origin,
    )


def tell_followers(events: Sequence[Event]) -> None:
    """What happened to a lead is told to those who follow her."""
    following.tell(events)


def tell_mentioned(events: Sequence[Event]) -> None:
    """Who is named in a note about a lead is told so."""
    mentions.tell(events)


@history_safe
def follow_merged_leads(events: Sequence[Event]) -> None:
    """Who followed the one that was merged away follows the survivor."""
    following.move_to_survivors(events)


_JUDGED = {
    "paused": gettext_lazy("Marketing from %(sender)s is paused: %(reason)s"),
    "warned": gettext_lazy("Marketing from %(sender)s comes close to being paused: %(reason)s"),
}


def tell_of_sender(events: Sequence[Event]) -> None:
    """Complaints or bounces pause the marketing of a sender: tell who may do something about it."""
    events = [event for event in events if event.data["what"] in _JUDGED]
    people = [
        user for user in User.objects.filter(is_active=True) if allowed(user, "sequence.edit")
    ]
    tell_many([_of_sender(event, user) for event in events for user in people])


def _of_sender(event: Event, user: User) -> Told:
    with override(user.language):
        sentence = str(_JUDGED[event.data["what"]]) % event.data
    return Told(
        user=user,
        key=f"sender:{event.pk}",
        kind=Notice.WORKSPACE,
        sentence=sentence[:300],
        url=SENDERS,
        at=event.occurred_at,
        origin=event.origin,
    )
