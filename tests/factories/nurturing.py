"""Sequences and broadcasts with only the fields that matter to a test."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from leadflow.kit.ids import code
from leadflow.models import Lead, Organisation
from leadflow.people.models import User
from leadflow.runs import leasing, working
from leadflow.segments import services as segments
from leadflow.services import consent
from nurturing.models import Automation, Broadcast
from nurturing.models import Sequence as Flow
from nurturing.services import audience, broadcasts, documents, sending, sequences
from nurturing.services.automations import editing as automations
from tests.factories.core import NOON, a_lead

_numbers = itertools.count(1)
Steps = Iterable[dict[str, Any]]


def mail_step(subject: str = "Hello", body: str = "Good day.", **fields: Any) -> dict[str, Any]:
    """A mail."""
    return documents.new_step("email") | {"subject": subject, "body": body} | fields


def wait_step(amount: int = 2, unit: str = "days", at: str = "") -> dict[str, Any]:
    """A wait."""
    return documents.new_step("wait") | {"amount": amount, "unit": unit, "at": at}


def todo_step(title: str = "Call her") -> dict[str, Any]:
    """A to-do for the owner."""
    return documents.new_step("todo") | {"title": title}


def condition(rule: Any = None, *, yes: Steps = (), no: Steps = ()) -> dict[str, Any]:
    """A condition; whether she lives in Germany unless told."""
    rule = rule or {"all": [{"field": "lead.country", "op": "is", "value": "DE"}]}
    return documents.new_step("condition") | {"rule": rule, "yes": list(yes), "no": list(no)}


def split(*ways: Steps, shares: Sequence[int] = (), **fields: Any) -> dict[str, Any]:
    """A split into these ways, with equal shares unless told."""
    even = shares or [100 // len(ways)] * len(ways)
    made = [
        {"id": code(6), "share": share, "steps": list(steps)}
        for share, steps in zip(even, ways, strict=True)
    ]
    return documents.new_step("split") | {"ways": made} | fields


def step(kind: str, **fields: Any) -> dict[str, Any]:
    """Any other step."""
    return documents.new_step(kind) | fields


def lawful() -> None:
    """The organisation has what marketing mail must name."""
    organisation = Organisation.current()
    organisation.postal_address = "1 Mill Lane\nBrightwell"
    organisation.save()


def a_sequence(*steps: dict[str, Any], publish: bool = True, **fields: Any) -> Flow:
    """A sequence of these steps, running unless told; a mail, two days, a mail by default."""
    lawful()
    own = {key: fields.pop(key) for key in ("owner", "name") if key in fields}
    priority = fields.pop("priority", 5)
    given = list(steps) or [mail_step("First"), wait_step(2), mail_step("Second")]
    sequence = sequences.create(
        name=own.get("name") or f"Sequence {next(_numbers)}",
        owner=own.get("owner"),
        document={**fields, "steps": given},
        by=None,
        at=NOON,
    )
    if priority != 5:
        Flow.objects.filter(pk=sequence.pk).update(priority=priority)
    if publish:
        sequences.publish(sequence, by=None, at=NOON)
    sequence.refresh_from_db()
    return sequence


def a_reader(**fields: Any) -> Lead:
    """A lead who agreed to get mail."""
    lead = a_lead(**fields)
    consent.give(lead=lead, text="Yes, write to me.", method="form", at=NOON)
    return lead


def a_broadcast(*leads: Lead, **fields: Any) -> Broadcast:
    """A draft to a list that holds these leads; what `broadcasts.edit` takes may be given."""
    lawful()
    number = next(_numbers)
    people = [lead.pk for lead in leads]
    told = segments.create(name=f"List {number}", kind="static", lead_ids=people, by=None, at=NOON)
    draft = broadcasts.create(name=fields.pop("name", f"Broadcast {number}"), by=None, at=NOON)
    values = {"subject": "News", "body": "Good day.", "include": [told]} | fields
    return broadcasts.edit(draft, by=None, name=draft.name, **values)


def confirmed(broadcast: Broadcast, at: datetime = NOON, by: User | None = None) -> Broadcast:
    """The same, confirmed with the number that its review shows."""
    going = audience.review(broadcast, at=at).going
    return sending.confirm(broadcast, by=by, expected=going, at=at)


def run_broadcast(broadcast: Broadcast) -> str:
    """Do its run to the end, as a worker does; the state in which it leaves it."""
    run = leasing.claim(heavy=True, run_id=broadcast.run_id)
    assert run is not None
    state = working.execute(run)
    broadcast.refresh_from_db()
    return state


def cast(broadcast: Broadcast, at: datetime = NOON, **more: Any) -> Broadcast:
    """Confirm it and let its run hand everything over that is due."""
    row = confirmed(broadcast, at=at, **more)
    run_broadcast(row)
    return row


def an_automation(
    kind: str, *steps: dict[str, Any], publish: bool = True, at: datetime = NOON, **fields: Any
) -> Automation:
    """An automation that waits for `kind`, running unless told; `rule` is its condition, what else is
    given narrows the trigger."""
    own = {key: fields.pop(key) for key in ("owner", "name", "rule") if key in fields}
    made = automations.create(
        name=own.get("name") or f"Automation {next(_numbers)}",
        owner=own.get("owner"),
        document={
            "trigger": {"kind": kind, **fields},
            "rule": own.get("rule") or {"all": []},
            "steps": list(steps),
        },
        by=None,
        at=at,
    )
    if publish:
        automations.publish(made, by=None, at=at)
    made.refresh_from_db()
    return made
