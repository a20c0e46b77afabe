"""Making, editing, publishing and rolling back rule sets."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, StaleVersion
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.people.models import User
from leadflow.rulesets.models import PublishEvent, RuleSet, RuleVersion
from leadflow.rulesets.registry import kind_of

State = RuleVersion.State


def digest(document: Mapping[str, Any]) -> str:
    """The hash by which two documents are known to be the same, whatever the order of their keys."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def create(
    *,
    kind: str,
    name: str,
    document: Mapping[str, Any],
    by: User | None,
    subject: str = "",
    at: datetime | None = None,
) -> RuleSet:
    """Make a rule set with its first draft."""
    kind_of(kind)
    if RuleSet.objects.of_kind(kind).filter(name=name).exists():
        raise Conflict(_("There are rules with that name already. Choose another."))
    at = at or clock.now()
    rule_set = RuleSet.objects.create(
        kind=kind, name=name, subject=subject, created_at=at, created_by=by
    )
    _new_draft(rule_set, document, by, at)
    return rule_set


@transaction.atomic
def save_draft(
    rule_set: RuleSet,
    *,
    document: Mapping[str, Any],
    by: User | None,
    revision: int | None = None,
    at: datetime | None = None,
) -> RuleVersion:
    """Keep an unpublished edit; `revision` is that of the draft which the editor had read."""
    at = at or clock.now()
    _lock(rule_set)
    draft = rule_set.versions.filter(state=State.DRAFT).first()
    if draft is None:
        return _new_draft(rule_set, document, by, at)
    if revision is not None and draft.revision != revision:
        raise StaleVersion(
            _("Somebody saved these rules while you were editing. Look again."),
            by=draft.saved_by,
            at=draft.saved_at,
        )
    draft.document, draft.hash = dict(document), digest(document)
    draft.revision += 1
    draft.saved_at, draft.saved_by = at, by
    draft.save(update_fields=["document", "hash", "revision", "saved_at", "saved_by"])
    return draft


@transaction.atomic
def publish(
    rule_set: RuleSet,
    *,
    by: User | None,
    note: str = "",
    revision: int | None = None,
    at: datetime | None = None,
) -> RuleVersion:
    """Let the draft decide from now on; `revision` is that of the draft which the person saw."""
    at = at or clock.now()
    _lock(rule_set)
    draft = rule_set.versions.filter(state=State.DRAFT).first()
    if draft is None:
        raise Conflict(_("There is no draft to publish: nothing was changed since the last time."))
    if revision is not None and draft.revision != revision:
        raise StaleVersion(_("Somebody saved these rules since you looked. Look again."))
    kind_of(rule_set.kind).check(draft.document)
    _retire_current(rule_set)
    draft.state, draft.published_at, draft.published_by = State.PUBLISHED, at, by
    draft.note = note
    draft.save(update_fields=["state", "published_at", "published_by", "note"])
    _announce(draft, by=by, note=note, at=at, is_rollback=False)
    return draft


@transaction.atomic
def rollback(
    rule_set: RuleSet,
    *,
    to: RuleVersion,
    by: User | None,
    note: str = "",
    at: datetime | None = None,
) -> RuleVersion:
    """Let an earlier version decide again, as it was; the draft, if any, stays a draft."""
    at = at or clock.now()
    _lock(rule_set)
    version = rule_set.versions.get(pk=to.pk)
    if version.state != State.RETIRED:
        raise Conflict(_("Only a version that was replaced can be brought back."))
    kind_of(rule_set.kind).check(version.document)
    _retire_current(rule_set)
    version.state = State.PUBLISHED
    version.save(update_fields=["state"])
    _announce(version, by=by, note=note, at=at, is_rollback=True)
    return version


@transaction.atomic
def discard_draft(rule_set: RuleSet, *, by: User | None) -> None:  # noqa: ARG001
    """Throw away what was not published."""
    _lock(rule_set)
    if not rule_set.publishings.exists():
        raise Conflict(_("These rules were never published; archive them instead."))
    rule_set.versions.filter(state=State.DRAFT).delete()


@transaction.atomic
def archive(rule_set: RuleSet, *, by: User | None, at: datetime | None = None) -> RuleSet:  # noqa: ARG001
    """Put the rules away; they decide nothing any more, their decisions stay."""
    _lock(rule_set)
    _retire_current(rule_set)
    rule_set.archived_at = at or clock.now()
    rule_set.save(update_fields=["archived_at"])
    return rule_set


def _lock(rule_set: RuleSet) -> None:
    RuleSet.objects.select_for_update(of=("self",)).get(pk=rule_set.pk)


def _new_draft(
    rule_set: RuleSet, document: Mapping[str, Any], by: User | None, at: datetime
) -> RuleVersion:
    last = rule_set.versions.aggregate(last=Max("number"))["last"] or 0
    return RuleVersion.objects.create(
        rule_set=rule_set,
        number=last + 1,
        document=dict(document),
        hash=digest(document),
        saved_at=at,
        saved_by=by,
    )


def _retire_current(rule_set: RuleSet) -> None:
    rule_set.versions.filter(state=State.PUBLISHED).update(state=State.RETIRED)


def _announce(
    version: RuleVersion, *, by: User | None, note: str, at: datetime, is_rollback: bool
) -> None:
    rule_set = version.rule_set
    PublishEvent.objects.create(
        rule_set=rule_set, version=version, at=at, by=by, note=note, is_rollback=is_rollback
    )
    record(
        Kind.RULES_PUBLISHED,
        by=by,
        subject=rule_set,
        data={
            "name": rule_set.name,
            "number": version.number,
            "note": note,
            "rolled_back": is_rollback,
        },
        at=at,
    )
