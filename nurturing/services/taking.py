"""What each kind of step does with all the walks of a batch that stand at it.

A taker gets a step and the rows at it, asks the database once for all of them, and answers those who go
on at once; the others rest, or are at their end.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from leadflow.conditions import fields, sql
from leadflow.conditions.language import parse
from leadflow.conditions.zone import here
from leadflow.errors import Invalid
from leadflow.mail import services as mail
from leadflow.mail.merge_fields import values_for_many
from leadflow.models import Lead
from leadflow.models.expressions import Among
from nurturing import rules
from nurturing.models import Reason, TodoMade
from nurturing.rules import Step
from nurturing.services import acts, messages, offering, selling
from nurturing.services.batch import Batch, Place, Walk

DONE, LATE = "done", "late"  # how a wait for a to-do ended

YIELD = timedelta(minutes=1)  # so long one walk lets another of the same person go first

Rows = list[Walk]
Taker = Callable[[Step, Rows, Batch], Rows]
Write = Callable[[Walk, messages.Reader], None]  # raises Invalid


def take(step: Step, rows: Rows, batch: Batch) -> Rows:
    """Let these rows take the step at which they stand; those who go on at once. Who took it before
    passes by, the way she went then."""
    again = [row for row in rows if (row.pk, row.step) in batch.taken]
    for row in again:
        batch.pass_by(row, batch.taken[row.pk, row.step])
    fresh = [row for row in rows if row not in again] if again else rows
    return again + (_TAKERS[step["type"]](step, fresh, batch) if fresh else [])


def _wait(step: Step, rows: Rows, batch: Batch) -> Rows:
    ends: dict[Place, datetime] = {}  # the same for all who live by one clock
    going = []
    for row in rows:
        place = batch.place(row)
        if place not in ends:
            ends[place] = rules.wait_ends(step, batch.at, batch.hours(row))
        batch.take(row)
        if batch.until(row, ends[place]):
            going.append(row)
    return going


def _wait_until(step: Step, rows: Rows, batch: Batch) -> Rows:
    match step["until"]:
        case "hour":
            moments = _hour(step, rows, batch)
        case "date_field":
            moments = _days(step, rows, batch)
        case _:
            return _until_done(step, rows, batch)
    going = []
    for row in rows:
        batch.take(row)
        if batch.until(row, moments.get(row.pk, batch.at)):
            going.append(row)
    return going


def _hour(step: Step, rows: Rows, batch: Batch) -> dict[int, datetime]:
    """When the hour of each comes, by walk."""
    zones = {row.pk: batch.zone(row) for row in rows}
    comes = {zone: rules.until_hour(step, batch.at, zone) for zone in set(zones.values())}
    return {pk: comes[zone] for pk, zone in zones.items()}


def _days(step: Step, rows: Rows, batch: Batch) -> dict[int, datetime]:
    """When the day of each comes, by walk; nothing for those who have no such day."""
    asked = fields.catalogue("lead").fields.get(step["field"])
    if asked is None:
        return {}
    leads = Lead.objects.filter(Among("pk", {row.lead_id for row in rows}))
    days = dict(leads.annotate(day_asked=sql.expression(asked)).values_list("pk", "day_asked"))
    found = {}
    for row in rows:
        day, zone = days.get(row.lead_id), batch.zone(row)
        if isinstance(day, datetime):
            day = day.astimezone(ZoneInfo(zone)).date()
        if day is not None:
            found[row.pk] = rules.until_day(step, day, zone)
    return found


def _until_done(step: Step, rows: Rows, batch: Batch) -> Rows:
    """Wait for a to-do or call of this walk: until it is done, or for so many days. Where it was never
    made, on a branch that she did not go, there is nothing to wait for."""
    keys = {row.key(step["step"]): row for row in rows}
    made = TodoMade.objects.filter(key__in=keys).values_list("key", "activity", "activity__done_at")
    waits: dict[int, tuple[int, bool]] = {
        keys[key].pk: (activity, done_at is not None) for key, activity, done_at in made
    }
    going = []
    for row in rows:
        activity, is_done = waits.get(row.pk, (None, False))
        if activity is not None and not is_done and row.waits_for_id != activity:
            row.waits_for_id = activity
            batch.until(row, batch.at + timedelta(days=int(step["most_days"])))
            continue
        row.waits_for_id = None
        batch.take(row, way="" if activity is None else DONE if is_done else LATE)
        going.append(row)
    return going


# --- Branches -----------------------------------------------------------------------------------------


def _condition(step: Step, rows: Rows, batch: Batch) -> Rows:
    try:
        true = holds(step["rule"], {row.lead_id for row in rows}, batch.at)
    except Invalid as error:
        for row in rows:
            batch.finish(row, Reason.ERROR, error.message)
        return []
    for row in rows:
        batch.take(row, way=rules.YES if row.lead_id in true else rules.NO)
    return rows


def holds(rule: Any, lead_ids: Collection[int], at: datetime) -> set[int]:
    """Those of the leads for whom a rule is true, by one query. Raises Invalid where it asks about
    something that is gone."""
    tree = parse(rule, fields.catalogue("lead"), check_values=False)
    found = Lead.objects.filter(Among("pk", lead_ids)).filter(sql.where(tree, at=here(at)))
    return set(found.values_list("pk", flat=True))


def _split(step: Step, rows: Rows, batch: Batch) -> Rows:
    known = {str(way["id"]) for way in step["ways"]}
    for row in rows:
        chosen = batch.ways_chosen.get((row.sequence_id, row.step), "")
        batch.take(row, way=chosen if chosen in known else rules.way_of(step, row.lead_id))
    return rows


def _end(step: Step, rows: Rows, batch: Batch) -> Rows:  # noqa: ARG001
    for row in rows:
        batch.take(row)
        batch.finish(row, Reason.DONE, by_step=True)
    return []


def _goal(step: Step, rows: Rows, batch: Batch) -> Rows:  # noqa: ARG001
    for row in rows:
        batch.take(row)
        batch.finish(row, Reason.GOAL, by_step=True)
    return []


# --- What reaches people ------------------------------------------------------------------------------


def _effect(step: Step, rows: Rows, batch: Batch) -> Rows:
    """Whatever changes, tells or plans something: each once, those that cannot be done with the reason."""
    leads = _whole(rows)
    for origin, some in _by_origin(rows).items():
        subjects = [
            acts.Subject(
                key=row.key(row.step), lead=leads[row.lead_id], fallback=row.sequence.owner
            )
            for row in some
        ]
        cause = _("From the sequence “%s”.") % some[0].sequence.name
        done = acts.perform(step, subjects, cause=cause, by=None, at=batch.at, origin=origin)
        for row, how in zip(some, done, strict=True):
            reason = "" if how.is_done else Reason.SKIPPED
            batch.take(row, reason=reason, detail=how.reason[:300])
    return rows


def _by_origin(rows: Rows) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for row in rows:
        found.setdefault(row.origin, []).append(row)
    return found


def _whole(rows: Rows) -> dict[int, Lead]:
    """The leads of these rows with all that a mail or a to-do may ask of them."""
    leads = Lead.objects.select_related("company", "owner")
    return {lead.pk: lead for lead in leads.filter(Among("pk", {row.lead_id for row in rows}))}


def _email(step: Step, rows: Rows, batch: Batch) -> Rows:
    if step.get("manual"):  # her owner sends it herself
        return selling.by_hand(step, rows, batch)
    going: Rows = []
    ready: Rows = []
    for row in rows:
        if _rests(row, batch):
            continue
        due = moment(row, batch)
        if due is None:
            batch.take(row, reason=Reason.TOO_LATE, deferred_by=row.deferred_by)
            row.deferred_since, row.deferred_by = None, ""
        elif due > batch.at:
            batch.put_off(row, due, _why_later(row, batch))
            continue
        else:
            ready.append(row)
            if not row.script.is_sales:
                batch.sent.setdefault(row.lead_id, []).append(batch.at)
            continue
        going.append(row)
    return going + (_written(step, ready, batch) if ready else [])


def _written(step: Step, rows: Rows, batch: Batch) -> Rows:
    """Write the mails that leave now; those who go on. Whose offer is over goes on without it."""
    is_sales = rows[0].script.is_sales
    writer = messages.Writer(step)
    leads = _whole(rows) if is_sales or writer.asks_more(step) else {}
    readers = messages.readers(step, leads.values(), batch.at)
    offered = offering.give(step, leads.values(), key=f"step:{step['id']}", at=batch.at)
    write = _as_owner(step, leads, batch) if is_sales else _as_marketing(step, writer, rows, batch)
    going = []
    for row in rows:
        if row.lead_id in offered.over:
            batch.take(row, reason=offered.over[row.lead_id])
            if not is_sales:
                batch.sent[row.lead_id].remove(batch.at)  # nothing leaves, so no cap counts it
        else:
            known = readers.get(row.lead_id, {}) | offered.values.get(row.lead_id, {})
            try:
                write(row, known)
            except Invalid as error:
                batch.finish(row, Reason.ERROR, error.message)
                continue
        row.deferred_since, row.deferred_by = None, ""
        going.append(row)
    return going


def _rests(row: Walk, batch: Batch) -> bool:
    """Whether her mail waits for what is no question of hours and caps."""
    if row.lead_id in batch.resting:
        batch.put_off(row, batch.resting[row.lead_id], Reason.BOUNCES)
        row.deferred_since = None  # a rest makes no mail stale
        return True
    if row.script.is_sales:
        return False
    ahead = batch.ahead.get(row.lead_id)
    if ahead and max(ahead) > row.sequence.priority:
        batch.put_off(row, batch.at + YIELD, Reason.YIELDS)
        return True
    return False


def moment(row: Walk, batch: Batch) -> datetime | None:
    """When her mail may leave; None where that is too late to still make sense. A mail that was put off
    before does not get the days anew."""
    # personal mail counts against no cap
    sent = [] if row.script.is_sales else batch.sent.get(row.lead_id, [])
    found: datetime | None
    if sent:
        found = rules.mail_time(batch.at, batch.hours(row), sent, row.pk, batch.caps, batch.fresh)
    else:  # her hours alone count, and they are those of everybody who lives by her clock
        found = rules.within(batch.at, batch.opening(row), row.pk)
    since = row.deferred_since or batch.at
    return None if found is None or found - since > batch.fresh else found


def _why_later(row: Walk, batch: Batch) -> Reason:
    """The cap, where one holds her mail up; else the sending hours."""
    if row.script.is_sales:
        return Reason.QUIET
    sent = batch.sent.get(row.lead_id, [])
    slot = rules.free_slot(sent, batch.at, batch.caps)
    return Reason.CAPPED if slot > batch.at else Reason.QUIET


def _as_marketing(step: Step, writer: messages.Writer, rows: Rows, batch: Batch) -> Write:
    """How a marketing mail is put on the pile of its step: only the fields that it names are read."""
    lead_ids = [row.lead_id for row in rows]
    known = values_for_many(lead_ids, batch.organisation, asked=writer.fields)

    def write(row: Walk, more: messages.Reader) -> None:
        values, person = known[row.lead_id], batch.leads[row.lead_id]
        to = person.address
        words = writer.words({**values, **more} if more else values)
        if to is None:  # whoever has no address is at her end before
            raise Invalid(_("There is no email address."))
        parts = words.parts
        copy = mail.Copy(
            key=row.key(row.step),
            to=to,
            to_hash=person.email_hash,
            to_name=values["lead.name"],
            lead_id=row.lead_id,
            subject=parts["subject"],
            text=parts["text"],
            html=parts["html"],
        )
        pile = batch.pile(row, step)
        pile.copies.append((batch.take(row, deferred_by=row.deferred_by), copy))

    return write


def _as_owner(step: Step, leads: dict[int, Lead], batch: Batch) -> Write:
    """How the letter of a lead's owner is written."""

    def write(row: Walk, more: messages.Reader) -> None:
        asked = selling.message(
            step, row, leads[row.lead_id], at=batch.at, organisation=batch.organisation,
            reader=more, voices=batch.voices,
        )  # fmt: skip
        batch.mails.append((batch.take(row, deferred_by=row.deferred_by), asked))

    return write


_TAKERS: dict[str, Taker] = {
    "email": _email,
    "wait": _wait,
    "wait_until": _wait_until,
    "condition": _condition,
    "split": _split,
    "goal": _goal,
    "end": _end,
    **dict.fromkeys(acts.KINDS, _effect),
}
