"""Making sequences, editing their draft, publishing, pausing and putting them away."""

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.conditions import usage
from leadflow.errors import Conflict, Invalid, InvalidTransition
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.mail import services as mail
from leadflow.mail.merge import Template
from leadflow.people.models import User
from leadflow.rulesets import selectors as rulesets
from leadflow.rulesets import services as rules
from leadflow.rulesets.models import RuleSet, RuleVersion
from leadflow.rulesets.registry import RuleKind, register
from leadflow.segments import starts
from leadflow.segments.fields import KEY as SEGMENT_KEY
from nurturing import rules as walk
from nurturing.models import DraftEdit, Enrolment, MailPolicy, Reason, Sequence
from nurturing.services import documents, migrating, paused_mail
from nurturing.services.enrolment import stop_many

KIND = "sequence"
State = Sequence.State


@dataclass(frozen=True)
class Move:
    """That a publishing takes the people inside along: those who are not past a step (all where it is
    empty), and, where wanted, those who had finished and find new steps behind their end."""

    unless_past: str = ""
    also_finished: bool = False


@transaction.atomic
def create(
    *,
    name: str,
    by: User | None,
    document: Mapping[str, Any] | None = None,
    owner: User | None = None,
    at: datetime | None = None,
) -> Sequence:
    """Make a sequence with its first draft. Raises Invalid for a name that is empty or taken."""
    at = at or clock.now()
    _refuse_taken_name(name)
    draft = documents.compiled(documents.empty() | dict(document or {}))
    rule_set = rules.create(kind=KIND, name=name, document=draft, by=by, at=at)
    return Sequence.objects.create(
        name=name, rule_set=rule_set, owner=owner or by, created_at=at, created_by=by
    )


@transaction.atomic
def duplicate(sequence: Sequence, *, by: User | None, at: datetime | None = None) -> Sequence:
    """Another sequence with the same steps, goal and hours, as a draft of whoever doubles it."""
    version = rulesets.editable(sequence.rule_set)
    if version is None:
        version = sequence.rule_set.versions.order_by("number").last()
    document = version.document if version else {}
    return create(name=_free_name(sequence.name), by=by, document=document, at=at)


def _free_name(name: str) -> str:
    taken = set(RuleSet.objects.of_kind(KIND).values_list("name", flat=True))
    first = _("Copy of %(name)s") % {"name": name}
    numbers = itertools.count(2)
    wish = first[:120]
    while wish in taken:
        wish = f"{first[:115]} {next(numbers)}"
    return wish


def _refuse_taken_name(name: str) -> None:
    if not name.strip():
        raise Invalid(_("Give the sequence a name."), {"name": [_("Give the sequence a name.")]})
    if RuleSet.objects.of_kind(KIND).filter(name=name).exists():
        sentence = _("There is a sequence with that name already. Choose another.")
        raise Invalid.at("name", sentence)


@transaction.atomic
def rename(
    sequence: Sequence,
    *,
    name: str,
    owner: User | None,
    priority: int,
    by: User | None,  # noqa: ARG001
) -> Sequence:
    """Change what is not part of a version: name, owner, priority."""
    row = _locked(sequence)
    if name != row.name:
        _refuse_taken_name(name)
        RuleSet.objects.filter(pk=row.rule_set_id).update(name=name)
    row.name, row.owner, row.priority = name, owner, priority
    row.save(update_fields=["name", "owner", "priority"])
    return row


@transaction.atomic
def save_draft(
    sequence: Sequence,
    *,
    document: Mapping[str, Any],
    by: User | None,
    revision: int | None = None,
    at: datetime | None = None,
) -> RuleVersion:
    """Keep an edit; people inside stay with the version that they entered by. Raises StaleVersion
    where somebody else saved since `revision`."""
    draft = documents.compiled(dict(document))
    return rules.save_draft(sequence.rule_set, document=draft, by=by, revision=revision, at=at)


@transaction.atomic
def publish(
    sequence: Sequence,
    *,
    by: User | None,
    revision: int | None = None,
    note: str = "",
    move: Move | None = None,
    at: datetime | None = None,
) -> RuleVersion:
    """Let people enter by the draft from now on; nobody enters by publishing itself. People inside finish
    the version by which they entered, unless `move` takes them along. Raises Invalid with every reason
    why not."""
    at = at or clock.now()
    row = _locked(sequence)
    if row.state == State.ARCHIVED:
        raise InvalidTransition(_("This sequence was put away."))
    _take_over_designs(row)
    version = rules.publish(row.rule_set, by=by, note=note, revision=revision, at=at)
    row.trigger = documents.trigger_of(version.document)
    row.state = State.RUNNING
    row.save(update_fields=["trigger", "state"])
    DraftEdit.objects.of(row).delete()
    record(
        Kind.SEQUENCE_PUBLISHED,
        by=by,
        subject=row,
        data={"name": row.name, "number": version.number, "note": note},
        at=at,
    )
    if move is not None:
        migrating.migrate(
            row,
            version,
            by=by,
            unless_past=move.unless_past,
            also_finished=move.also_finished,
            at=at,
        )
    return version


def _take_over_designs(row: Sequence) -> None:
    """Let the draft have the designs of its mails as they were published last."""
    draft = rulesets.draft(row.rule_set)
    if draft is None or not any(
        step.get("design") for step in walk.all_steps(draft.document.get("steps", []))
    ):
        return
    draft.document = documents.compiled(draft.document)
    draft.hash = rules.digest(draft.document)
    draft.save(update_fields=["document", "hash"])


@transaction.atomic
def pause(sequence: Sequence, *, by: User | None, at: datetime | None = None) -> int:
    """Stop writing and taking in; people inside keep their place, and mail that was written already waits
    in the ledger: how many of those. What a sender has begun goes out."""
    row = _switch(sequence, {State.RUNNING}, State.PAUSED)
    waiting = paused_mail.hold(row)
    _tell(Kind.SEQUENCE_PAUSED, row, by=by, at=at, count=waiting)
    return waiting


@transaction.atomic
def resume(
    sequence: Sequence, *, by: User | None, at: datetime | None = None
) -> paused_mail.GoneOn:
    """Go on where it stopped; what was written before the pause leaves now, unless it is stale."""
    at = at or clock.now()
    row = _switch(sequence, {State.PAUSED}, State.RUNNING)
    done = paused_mail.go_on([row.campaign], at=at)
    _tell(Kind.SEQUENCE_RESUMED, row, by=by, at=at, count=done.leave)
    return done


@transaction.atomic
def archive(sequence: Sequence, *, by: User | None, at: datetime | None = None) -> Sequence:
    """Put a sequence away: everybody inside leaves it, its figures stay."""
    row = _switch(sequence, {State.DRAFT, State.RUNNING, State.PAUSED}, State.ARCHIVED)
    inside = list(Enrolment.objects.under_way().filter(sequence=row).only("pk"))
    why = _("The sequence was put away")
    stopped = stop_many(enrolments=inside, reason=Reason.BY_HAND, by=by, at=at, detail=why)
    mail.cancel_campaign(name=row.campaign, reason=why)  # also of those who came to their end
    paused_mail.forget(row)
    rules.archive(row.rule_set, by=by, at=at)
    _tell(Kind.SEQUENCE_ARCHIVED, row, by=by, at=at, count=stopped)
    return row


def _tell(kind: Kind, row: Sequence, *, by: User | None, at: datetime | None, count: int) -> None:
    data = {"name": row.name, "count": count}
    record(kind, by=by, subject=row, data=data, at=at or clock.now())


def _switch(sequence: Sequence, allowed: set[State], to: State) -> Sequence:
    row = _locked(sequence)
    if row.state not in allowed:
        raise Conflict(
            _("This sequence is %(state)s.") % {"state": row.get_state_display().lower()}
        )
    row.state, row.alert, row.alert_at = to, "", None
    row.save(update_fields=["state", "alert", "alert_at"])
    return row


def _locked(sequence: Sequence) -> Sequence:
    return Sequence.objects.select_for_update(of=("self",)).get(pk=sequence.pk)


# --- Known to rule sets and to the guard on fields --------------------------------------------------


def _uses() -> Iterable[usage.Use]:
    """Goals and conditions, and the fields that mails mention, of the versions that decide."""
    urls = dict(Sequence.objects.living().values_list("rule_set_id", "pk"))
    for version in rulesets.published(KIND):
        url = f"/sequences/{urls.get(version.rule_set_id, '')}/"
        label = _("Sequence: %s") % version.rule_set.name
        steps = list(walk.all_steps(version.document["steps"]))
        asked_by = [step["rule"] for step in steps if step["type"] == "condition"]
        for rule in [version.document.get("goal"), *asked_by]:
            yield usage.Use(label, url, rule)
        kept = documents.kept_out_by(version.document)
        yield usage.Use(label, url, _in_segments(kept))
        asked = [{"field": key} for key in sorted(_mentioned(steps))]
        yield usage.Use(label, url, {"all": asked})


def _in_segments(ids: list[int]) -> Any:
    return {"all": [{"field": SEGMENT_KEY, "op": "has_any_of", "value": ids}]} if ids else {}


def _never() -> Iterable[usage.Use]:
    """The segments that get no marketing mail at all."""
    kept = list(MailPolicy.current().never.values_list("pk", flat=True))
    yield usage.Use(
        str(_("Settings: Marketing mail")), "/settings/marketing-mail/", _in_segments(kept)
    )


def _mentioned(steps: Iterable[walk.Step]) -> set[str]:
    """Keys of the condition catalogue for the merge fields of these steps, and the dates they wait for."""
    dates = {step["field"] for step in steps if step.get("until") == "date_field"}
    paths = {
        path
        for step in steps
        for program in step.get("programs", {}).values()
        for path in Template.stored(program).paths
    }
    named = {path.removeprefix("lead.") if ".custom." in path else path for path in paths}
    return named | dates


def _waiting(triggers: Collection[str]) -> Iterable[starts.Start]:
    rows = Sequence.objects.running().filter(trigger__in=triggers).select_related("rule_set")
    for sequence in rows.order_by("pk"):
        url = sequence.get_absolute_url()
        yield starts.Start(sequence.trigger, sequence.rule_set.name, url)


def install() -> None:
    """Make sequences known; called once by apps.py."""
    starts.register(KIND, _waiting)
    register(
        RuleKind(KIND, lazy("Sequences"), documents.check, "sequence.edit", "nurturing:sequences")
    )
    usage.register_owner(KIND, _uses)
    usage.register_owner("mail_policy", _never)
