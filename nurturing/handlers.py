"""What nurturing does when others report facts: it lets people in, takes them out, and stops mails.

No handler here is history-safe: an imported fact enrols nobody and writes to nobody.
"""

from collections import defaultdict
from collections.abc import Sequence as Batch

from django.utils.translation import gettext as _

from leadflow.approvals.models import Approval
from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.events.moments import moments
from leadflow.events.registry import once_a_batch
from leadflow.runs.models import Run
from nurturing.models import Reason, Sequence
from nurturing.services import admitting, audience, enrolment, letting_in, texting
from nurturing.services.automations import editing as automations
from nurturing.services.automations import running


def _ids(events: Batch[Event]) -> set[int]:
    return {event.lead_id for event in events if event.lead_id}


def _enrol(triggers: dict[str, list[Event]]) -> None:
    """Let the leads of these facts into the running sequences that wait for them."""
    waiting = Sequence.objects.running().filter(trigger__in=triggers).order_by("-priority", "pk")
    for sequence in waiting:
        for events in moments(triggers[sequence.trigger]):
            enrolment.enrol_many(
                sequence=sequence,
                lead_ids=_ids(events),
                by=None,
                cause=sequence.trigger,
                at=events[-1].occurred_at,
                origin=events[0].origin,
            )


def _real(events: Batch[Event]) -> list[Event]:
    """Those of which the lead is the cause: a new version of the score starts nothing by itself."""
    return [event for event in events if not event.data.get("by_publishing")]


def enrol_captured(events: Batch[Event]) -> None:
    """Somebody sent a form: she enters the sequences that wait for that form."""
    triggers: dict[str, list[Event]] = {}
    for event in events:
        if str(event.data.get("via", "")).startswith("form:"):
            triggers.setdefault(event.data["via"], []).append(event)
    _enrol(triggers)


def enrol_confirmed(events: Batch[Event]) -> None:
    """Their mailbox confirmed the consent of a form: they enter the sequences that wait for that form, and
    those to which an automation brought them, which could not take them before."""
    triggers: dict[str, list[Event]] = {}
    for event in events:
        triggers.setdefault(f"form:{event.data.get('form')}", []).append(event)
    _enrol(triggers)
    for some in moments(events):
        running.enrol_confirmed(_ids(some), at=some[-1].occurred_at, origin=some[0].origin)


def enrol_by_form(events: Batch[Event]) -> None:
    """The form that she sent names a sequence; one that runs no more is a listed failure."""
    for event in events:
        wanted = (event.data.get("references") or {}).get("sequence")
        if not wanted or not event.lead_id:
            continue
        sequence = Sequence.objects.filter(pk=wanted).first()
        if sequence is None:
            raise Conflict(_("The sequence that the form names is gone. Choose another there."))
        enrolment.enrol_many(
            sequence=sequence,
            lead_ids=[event.lead_id],
            by=None,
            cause=f"form:{event.data.get('form')}",
            at=event.occurred_at,
            origin=event.origin,
        )


def enrol_segment(events: Batch[Event]) -> None:
    """Somebody came into a segment by what she did or is, not by a publishing."""
    triggers: dict[str, list[Event]] = {}
    for event in _real(events):
        triggers.setdefault(f"segment:{event.data.get('segment')}", []).append(event)
    _enrol(triggers)


def enrol_unready(events: Batch[Event]) -> None:
    """Somebody's score fell under the threshold: not ready for sales yet."""
    if real := _real(events):
        _enrol({"cooled": real})


def recycle(events: Batch[Event]) -> None:
    """Sales sent somebody back, not now: marketing keeps in touch."""
    _enrol({"recycled": list(events)})


def enrol_lost(events: Batch[Event]) -> None:
    """A deal with her was lost: she may come back one day."""
    _enrol({"deal_lost": list(events)})


def enrol_customers(events: Batch[Event]) -> None:
    """She became a customer: somebody shows her how to begin."""
    _enrol({"customer_won": list(events)})


def enrol_missed(events: Batch[Event]) -> None:
    """She did not come to a meeting: perhaps another day suits her."""
    _enrol({"meeting_missed": list(events)})


def enrol_by_doing(events: Batch[Event]) -> None:
    """She registered for an event, came to it or missed it, or began a trial."""
    triggers: dict[str, list[Event]] = {}
    for event in events:
        told = str(event.data.get("kind", ""))
        if told in ("event.registered", "event.attended", "event.missed", "trial.begun"):
            triggers.setdefault(told.replace(".", "_"), []).append(event)
    if triggers:
        _enrol(triggers)


def leave_segment(events: Batch[Event]) -> None:
    """Somebody fell out of the segment by which she entered."""
    for event in events:
        enrolment.leave(
            lead_ids=_ids([event]),
            reason=Reason.LEFT_SEGMENT,
            exit_by="left_segment",
            trigger=f"segment:{event.data.get('segment')}",
            at=event.occurred_at,
        )


def _leave(events: Batch[Event], reason: Reason, exit_by: str = "") -> None:
    at = max(event.occurred_at for event in events)
    enrolment.leave(lead_ids=_ids(events), reason=reason, exit_by=exit_by, at=at)


def stop_for_owner(events: Batch[Event]) -> None:
    """A person took the lead over: the machine is silent from now on."""
    _leave(events, Reason.OWNER, "owner")


def stop_for_deal(events: Batch[Event]) -> None:
    """A deal was opened with her."""
    _leave(events, Reason.DEAL, "deal")


def stop_for_customer(events: Batch[Event]) -> None:
    """She bought."""
    _leave(events, Reason.CUSTOMER, "customer")


def stop_for_meeting(events: Batch[Event]) -> None:
    """They booked a meeting: what would ask for one has nothing to ask any more."""
    _leave(events, Reason.MEETING, "meeting")


def stop_for_stage(events: Batch[Event]) -> None:
    """They stand at another stage now, whoever or whatever moved them."""
    _leave(events, Reason.STAGE, "stage")


def on_reply(events: Batch[Event]) -> None:
    """They answered: a person reads it and writes back."""
    _leave(events, Reason.REPLIED, "reply")


def stop(events: Batch[Event]) -> None:
    """She wants no mail of a purpose, or none at all, or was put aside: out of what that concerns,
    whatever a sequence says. Mail of the other purposes goes on."""
    reasons = {
        "consent.withdrawn": Reason.UNSUBSCRIBED_PURPOSE,
        "address.suppressed": Reason.BLOCKED,
        "lead.disqualified": Reason.DISQUALIFIED,
    }
    otherwise = reasons.get(events[0].kind, Reason.GONE)
    by_purpose: dict[str | None, list[Event]] = defaultdict(list)
    for event in events:
        if event.data.get("channel", "email") == "email":
            by_purpose[_purpose(event)].append(event)
    for purpose, some in by_purpose.items():
        at = max(event.occurred_at for event in some)
        enrolment.leave_barred(lead_ids=_ids(some), otherwise=otherwise, at=at, purpose=purpose)


def _purpose(event: Event) -> str | None:
    """Mail of which purpose she is not sent any more: empty for all, none where it is no question of mail."""
    if event.kind == "consent.withdrawn":
        return str(event.data.get("purpose") or "marketing")
    return str(event.data.get("purpose") or "") if event.kind == "address.suppressed" else None


def stop_for_failure(events: Batch[Event]) -> None:
    """A mail of a sequence will not arrive: the rest would not either."""
    for event in events:
        enrolment.fail_by_delivery(
            delivery_id=event.data.get("delivery", 0),
            detail=event.data.get("reason", ""),
            at=event.occurred_at,
        )


def wake_waiting(events: Batch[Event]) -> None:
    """A to-do or call was done: who waits for it goes on."""
    done = {event.subject_id for event in events if event.subject_id}
    enrolment.wake(activity_ids=done, at=max(event.occurred_at for event in events))


@once_a_batch
def watch_goals(events: Batch[Event]) -> None:
    """Something about her changed: the goal of a sequence may be true now."""
    at = max(event.occurred_at for event in events)
    enrolment.leave_met_goals(lead_ids=_ids(events), at=at)


def follow_merged_leads(events: Batch[Event]) -> None:
    """Two rows are one person: so are their walks."""
    for event in events:
        if event.lead_id:
            enrolment.follow_merge(
                survivor_id=event.lead_id, merged_id=event.data["merged"], at=event.occurred_at
            )
            audience.follow_merge(survivor_id=event.lead_id, merged_id=event.data["merged"])
            texting.follow_merge(survivor_id=event.lead_id, merged_id=event.data["merged"])
            automations.follow_merge(survivor_id=event.lead_id, merged_id=event.data["merged"])


def follow_decisions(events: Batch[Event]) -> None:
    """Somebody decided about people who wait to enter a sequence."""
    ids = [event.data["approval"] for event in events if event.data.get("approval")]
    at = max(event.occurred_at for event in events)
    for row in Approval.objects.filter(pk__in=ids).select_related("decided_by").order_by("pk"):
        letting_in.follow_decision(row, at=at)


def let_in_after_pause(events: Batch[Event]) -> None:
    """A sequence goes on, or the work of letting people in ended: who has the yes since a pause enters."""
    ids = {e.subject_id for e in events if e.kind == Kind.SEQUENCE_RESUMED and e.subject_id}
    ended = [e.data["run"] for e in events if e.data.get("kind") == admitting.KIND]
    for run in Run.objects.filter(pk__in=ended) if ended else ():
        ids.add(run.args["sequence"])
    letting_in.go_on(ids, at=max(event.occurred_at for event in events))


def automate(events: Batch[Event]) -> None:
    """Rules that wait for such a fact meet it. Imported facts start nothing."""
    waiting = running.waiting_for(events[0].kind)
    for some in moments(events) if waiting else ():
        running.react(some, waiting)
