"""Sales sequences: mail of a lead's owner from her own mailbox, and letters that she sends herself.

Such mail is personal: it asks for no consent to marketing and counts against no cap, and whoever wants no
mail at all gets none. A letter by hand is a to-do with its words prepared; the walk goes on once it is done.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from leadflow.errors import Invalid, NotAllowed
from leadflow.mail import own, personal
from leadflow.mail import services as mail
from leadflow.mail.compose import html_of, readable
from leadflow.mail.models import Delivery
from leadflow.models import Activity, Lead, Organisation
from leadflow.people.access import Scope, scope_of
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from nurturing import rules
from nurturing.models import Enrolment, Reason, Sequence, TodoMade
from nurturing.rules import Step
from nurturing.services import acts, documents, messages
from nurturing.services.batch import Batch, Walk
from nurturing.services.voices import Voices

WAITS = timedelta(days=30)  # for a letter by hand; then the walk goes on without it


def running_of(user: User) -> list[Sequence]:
    """The running sequences that a person may add leads to by hand: a rep the sales ones, all others all."""
    rows = list(Sequence.objects.running().order_by("name"))
    if scope_of(user, "sequence.enrol") != Scope.OWN:
        return rows
    known = sales_ids(rows)
    return [row for row in rows if row.pk in known]


def check_by_hand(sequence: Sequence, user: User) -> None:
    """Raise NotAllowed where a rep would add to a sequence that is not a sales one: marketing is sent to
    whom marketing chooses."""
    if scope_of(user, "sequence.enrol") == Scope.OWN and not sales_ids([sequence]):
        raise NotAllowed(_("You may add people to sales sequences only."))


def sales_ids(rows: Collection[Sequence]) -> set[int]:
    """Those of these sequences whose published version is sent as the owner."""
    sets = {row.rule_set_id: row.pk for row in rows}
    found = RuleVersion.objects.filter(
        rule_set__in=sets, state=RuleVersion.State.PUBLISHED, document__kind=documents.SALES
    )
    return {sets[pk] for pk in found.values_list("rule_set", flat=True)}


def by_hand(step: Step, rows: list[Walk], batch: Batch) -> list[Walk]:
    """Plan the letter for her owner, and wait until it is sent; those who go on."""
    waits = _planned(rows)
    missing = [row for row in rows if row.key(row.step) not in waits]
    if missing:
        _plan(step, missing, batch)
        waits |= _planned(missing)
    going = []
    for row in rows:
        activity, is_done = waits.get(row.key(row.step), (None, True))
        if activity is not None and not is_done and row.waits_for_id != activity:
            row.waits_for_id = activity
            batch.until(row, batch.at + WAITS)
            continue
        row.waits_for_id = None
        batch.take(row, reason="" if activity and is_done else Reason.SKIPPED)
        going.append(row)
    return going


def _planned(rows: list[Walk]) -> dict[str, tuple[int, bool]]:
    keys = [row.key(row.step) for row in rows]
    made = TodoMade.objects.filter(key__in=keys)
    found = made.values_list("key", "activity", "activity__done_at")
    return {key: (activity, done_at is not None) for key, activity, done_at in found}


def _plan(step: Step, rows: list[Walk], batch: Batch) -> None:
    leads = Lead.objects.select_related("company", "owner").in_bulk({row.lead_id for row in rows})
    plan = {**step, "type": "todo", "kind": Activity.Kind.EMAIL, "due_days": 0}
    plan["title"] = step["subject"] or _("A letter")
    for origin in sorted({row.origin for row in rows}):
        some = [row for row in rows if row.origin == origin]
        subjects = [
            acts.Subject(
                key=row.key(row.step), lead=leads[row.lead_id], fallback=row.sequence.owner
            )
            for row in some
        ]
        cause = _("From the sequence “%s”.") % some[0].sequence.name
        acts.perform(plan, subjects, cause=cause, by=None, at=batch.at, origin=origin)


def prepared(activity: Activity, lead: Lead) -> tuple[str, str] | None:
    """Subject and words of the letter that a step planned; None where no step did, or its words lack
    something for this person."""
    made = TodoMade.objects.filter(activity=activity).first()
    parts = made.key.split(":") if made else []
    if len(parts) != 6 or parts[0] != "enrolment":
        return None
    row = Enrolment.objects.select_related("version").filter(pk=int(parts[1])).first()
    step = rules.find(row.document["steps"], parts[3]) if row else None
    if step is None or step["type"] != "email":
        return None
    try:
        words = messages.words_for(step, lead)
    except Invalid:
        return None
    return words.subject, words.text


def message(
    step: Step,
    row: Walk,
    lead: Lead,
    *,
    at: datetime,
    organisation: Organisation,
    reader: messages.Reader,
    voices: Voices,
) -> mail.Message:
    """The mail of a step as from the lead's owner. Raises Invalid where she has none."""
    owner = lead.owner or row.sequence.owner
    if owner is None:
        raise Invalid(_("Nobody owns this lead, so there is nobody to write as."))
    box, identity = voices.of(owner)
    words = messages.words_for(step, lead, organisation, reader=reader)
    text = own.signed(words.text, box)
    return mail.Message(
        key=row.key(row.step),
        kind=Delivery.Kind.PERSONAL,
        to=lead.email,
        to_name=f"{lead.first_name} {lead.last_name}".strip(),
        subject=words.subject,
        text=readable(text),
        html=words.html or html_of(text),
        lead_id=lead.pk,
        by=owner,
        identity=identity,
        sent_by=box,
        reply_to="" if box else personal.reply_address(owner, identity),
        track=False,
        due_at=at,
        origin=row.origin,
        headers={"X-Campaign": f"sequence-{row.sequence_id}"},
    )
