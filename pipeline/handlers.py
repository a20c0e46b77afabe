"""What the pipeline does when something happens elsewhere."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, override

from leadflow.approvals.models import Approval
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.events.registry import history_safe
from leadflow.models import Activity, CompanyMerge, Lead, Note
from leadflow.notifications import following, mentions
from leadflow.notifications.models import Notice
from leadflow.notifications.services import Told, tell_many
from leadflow.people.models import User
from pipeline.models import Conversion, Deal
from pipeline.services import companies, deals, negotiating, objections, roles, sharing, steps


@history_safe
def follow_merge(events: Sequence[Event]) -> None:
    """Deals, conversions and buying roles of a merged person belong to the surviving one."""
    for event in events:
        if event.lead_id is None:
            continue
        gone = list(Lead.objects.filter(merged_into=event.lead_id).values_list("pk", flat=True))
        keep = Lead.objects.get(pk=event.lead_id)
        deals.follow_person(gone=gone, keep=keep, at=event.occurred_at)
        objections.follow_person(gone=gone, keep=keep)
        sharing.follow_person(gone=gone, keep=keep)
        Conversion.objects.filter(lead__in=gone).update(lead=keep)
        roles.follow_merge(gone=gone, keep=keep)


@history_safe
def follow_company_merge(events: Sequence[Event]) -> None:
    """Deals, orders and conversions go where a merge of companies, or its taking back, leads them."""
    ids = [event.data["company_merge"] for event in events]
    for made in CompanyMerge.objects.filter(pk__in=ids).order_by("pk"):
        companies.follow_merge(made)


@history_safe
def follow_work(events: Sequence[Event]) -> None:
    """Work on a deal or its person was planned or done: its card shows the next step and the rest."""
    kinds = {"leadflow.activity": Activity, "leadflow.note": Note}
    refs: set[str] = set()
    leads: set[int] = set()
    for label, model in kinds.items():
        ids = [event.subject_id for event in events if event.subject_type == label]
        rows = model._default_manager.filter(pk__in=ids).values_list("subject_ref", "lead_id")
        for ref, lead_id in rows:
            refs.add(ref)
            leads |= {lead_id} if lead_id else set()
    steps.refresh(steps.deals_of(refs, leads))


def follow_decisions(events: Sequence[Event]) -> None:
    """A concession or an offer that waited for a manager is given, or is not."""
    ids = [event.data["approval"] for event in events if event.data.get("approval")]
    for row in Approval.objects.filter(pk__in=ids).select_related("decided_by").order_by("pk"):
        negotiating.follow_decision(row)


def follow_opened(events: Sequence[Event]) -> None:
    """What was shared has been opened."""
    for event in events:
        sharing.opened(
            link=event.data.get("link"), grant=event.data.get("grant"), at=event.occurred_at
        )


_HAPPENED: dict[str, Promise] = {
    Kind.DEAL_MOVED: gettext_lazy("%(name)s went on to %(stage)s"),
    Kind.DEAL_WON: gettext_lazy("%(name)s is won"),
    Kind.DEAL_LOST: gettext_lazy("%(name)s is lost"),
    Kind.DEAL_REOPENED: gettext_lazy("%(name)s is open again"),
    Kind.NOTE_ADDED: gettext_lazy("%(who)s wrote a note about %(name)s"),
}


def tell_followers(events: Sequence[Event]) -> None:
    """What happened to a deal, told to those who follow it, may still see it, and did not do it."""
    refs = _refs(events)
    told = []
    for user, wanted in _by_follower(refs).items():
        # what she may see is a question of her own
        seen = Deal.objects.visible_to(user).filter(pk__in=wanted).select_related("stage").in_bulk()
        for event, pk in refs.items():
            if pk in seen and pk in wanted and event.actor_id != user.pk:
                told.append(_news(event, seen[pk], user))
    tell_many(told)


def _refs(events: Sequence[Event]) -> dict[Event, int]:
    """Which deal each event is about; private notes are about none."""
    notes = Note.objects.filter(
        pk__in=[e.data.get("note") for e in events if e.kind == Kind.NOTE_ADDED],
        is_private=False,
        subject_ref__startswith="deal:",
    )
    deal_of = {
        pk: int(ref.removeprefix("deal:")) for pk, ref in notes.values_list("pk", "subject_ref")
    }
    found = {e: e.data.get("deal") or deal_of.get(e.data.get("note", 0)) for e in events}
    return {event: pk for event, pk in found.items() if pk}


def _by_follower(refs: Mapping[Event, int]) -> dict[User, set[int]]:
    wanted: dict[User, set[int]] = defaultdict(set)
    for ref, users in following.followers_of({f"deal:{pk}" for pk in refs.values()}).items():
        for user in users:
            wanted[user].add(int(ref.removeprefix("deal:")))
    return wanted


def _news(event: Event, deal: Deal, user: User) -> Told:
    with override(user.language):
        actor = (
            User.objects.filter(pk=event.actor_id).first()
            if event.kind == Kind.NOTE_ADDED
            else None
        )
        told = {
            "name": deal.name,
            "stage": event.data.get("to") or deal.stage.name,
            "who": actor or "LeadFlow",
        }
        sentence = str(_HAPPENED[event.kind]) % told
    return Told(
        user=user,
        key=f"followed:{event.pk}",
        kind=Notice.FOLLOWED,
        sentence=sentence,
        url=deal.get_absolute_url(),
        at=event.occurred_at,
        origin=event.origin,
    )


def tell_mentioned(events: Sequence[Event]) -> None:
    """Tell those who are named in a note about a deal without a person, and may see the deal."""
    notes = mentions.notes_with_names([event for event in events if not event.lead_id])
    people = list(User.objects.active()) if notes else []
    told = []
    for event in events:
        note = notes.get(event.data.get("note", 0))
        pk = note.subject_ref.removeprefix("deal:") if note else ""
        for user in mentions.named_in(note.text, people) if note and pk.isdecimal() else ():
            deal = Deal.objects.visible_to(user).filter(pk=int(pk)).first()
            if deal is not None and note is not None and user.pk != event.actor_id:
                told.append(mentions.notice(event, note, user, deal.name, deal.get_absolute_url()))
    tell_many(told)
