"""Call lists: made, claimed one person at a time, and worked."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.calling import rules, selectors
from leadflow.calling.models import CallAttempt, CallEntry, CallList, Outcome
from leadflow.errors import Conflict, Invalid
from leadflow.kit import clock
from leadflow.models import Activity, Lead, Origin
from leadflow.people.models import User
from leadflow.services import activities, consent, leads

LEASE = timedelta(minutes=20)
MOST = 20_000
LATEST = timedelta(days=365)


@transaction.atomic
def create(
    *,
    values: dict[str, Any],
    callers: Iterable[User],
    lead_ids: Collection[int],
    by: User,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> CallList:
    """Make a list of these leads in this order. Raises Invalid where there are none, or too many."""
    at = at or clock.now()
    if not lead_ids:
        raise Invalid(_("Nobody matches. Choose another segment or view."))
    if len(lead_ids) > MOST:
        raise Invalid(_("At most 20,000 people on one list. Choose fewer."))
    if values["from_hour"] >= values["to_hour"]:
        words = _("Calling must end later than it begins.")
        raise Invalid.at("to_hour", words)
    made = CallList.objects.create(**values, created_by=by, created_at=at, origin=origin)
    made.callers.set(callers)
    CallEntry.objects.bulk_create(
        (CallEntry(call_list=made, lead_id=pk, next_at=at) for pk in lead_ids), batch_size=2_000
    )
    return made


@transaction.atomic
def claim(call_list: CallList, *, by: User, at: datetime | None = None) -> CallEntry | None:
    """Give the caller the next person, hers alone for 20 minutes; None where nobody can be called now.

    Whom she has in hand already stays hers. Rows that another caller is just taking are passed over.
    """
    at = at or clock.now()
    if held := selectors.current(call_list, by, at):
        CallEntry.objects.filter(pk=held.pk).update(claimed_until=at + LEASE)
        return held
    ready = selectors.entries_for(call_list, by, at).filter(
        reason=selectors.READY, state=rules.State.WAITING
    )
    locked = ready.select_for_update(of=("self",), skip_locked=True)
    entry: CallEntry | None = locked.order_by("next_at", "pk").first()
    if entry is None:
        return None
    CallEntry.objects.filter(pk=entry.pk).update(claimed_by=by, claimed_until=at + LEASE)
    return selectors.current(call_list, by, at)


@transaction.atomic
def say(
    entry: CallEntry,
    outcome: str,
    *,
    words: str = "",
    asked_for: datetime | None = None,
    by: User,
    at: datetime | None = None,
) -> rules.Then:
    """Write down how the call went: an activity of the lead, and what the rules make of her place.

    `asked_for` is when she wants to be called again. Raises Conflict where the caller does not have her in
    hand any more, and Invalid for no such outcome, or for a time that has passed, is over a year away, or
    comes with an outcome that asks for none.
    """
    at = at or clock.now()
    if outcome not in Outcome.values:
        raise Invalid(_("Choose how it went."))
    _check_asked_for(outcome, asked_for, at)
    row = CallEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if row.claimed_by_id != by.pk or row.claimed_until is None or row.claimed_until <= at:
        raise Conflict(_("This call was written down already, or somebody else has the lead now."))
    call_list, lead = row.call_list, row.lead
    kind = Outcome(outcome)
    activity = activities.log(
        kind=Activity.Kind.CALL, subject=call_list.name, body=words[:10_000], outcome=kind.value,
        lead=lead, by=by, at=at, origin=call_list.origin,
    )  # fmt: skip
    CallAttempt.objects.create(entry=row, by=by, outcome=kind, at=at, activity=activity)
    row.tries, row.first_at = row.tries + 1, row.first_at or at
    then = rules.after(
        call_list.policy, rules.Outcome(outcome), tries=row.tries, first_at=row.first_at, at=at,
        asked_for=asked_for,
    )  # fmt: skip
    row.state, row.next_at = then.state, then.next_at or row.next_at
    row.claimed_by = row.claimed_until = None
    row.save()
    _follow(lead, rules.Outcome(outcome), then, call_list, by, at)
    return then


def _check_asked_for(outcome: str, asked_for: datetime | None, at: datetime) -> None:
    if asked_for is None:
        return
    if outcome != rules.Outcome.CALL_BACK:
        raise Invalid(
            _("A time to call again goes with “Asks to be called again”. Empty it, or choose that.")
        )
    if not at < asked_for < at + LATEST:
        raise Invalid(_("Choose a time to call again within the next year."))


def _follow(
    lead: Lead,
    outcome: rules.Outcome,
    then: rules.Then,
    call_list: CallList,
    by: User,
    at: datetime,
) -> None:
    """What the outcome means for the lead: hers who won her, never called again, or off the road."""
    told: dict[str, Any] = {"by": by, "at": at, "origin": call_list.origin}
    gone = {"lead_ids": [lead.pk], "reason": rules.UNREACHABLE, **told}
    if outcome == rules.Outcome.DO_NOT_CALL:
        consent.withdraw(lead=lead, channel="phone", method="call", **told)
    elif outcome in rules.GOOD and lead.owner_id is None:
        leads.assign(lead, owner=by, reason="call list", **told)
    elif then.state == rules.State.SPENT and call_list.ending == CallList.Ending.RECYCLE:
        leads.recycle_many(return_on=None, **gone)
    elif then.state == rules.State.SPENT and call_list.ending == CallList.Ending.CLOSE:
        leads.disqualify_many(**gone)


def close(call_list: CallList, *, at: datetime | None = None) -> None:
    """Nobody is called from it any more; its results stay."""
    CallList.objects.open().filter(pk=call_list.pk).update(closed_at=at or clock.now())
