"""Making automations, editing their draft, publishing, pausing and putting them away."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.conditions import usage
from leadflow.errors import Conflict, Invalid, InvalidTransition
from leadflow.kit import clock
from leadflow.people.models import User
from leadflow.rulesets import selectors as rulesets
from leadflow.rulesets import services as rules
from leadflow.rulesets.models import RuleSet, RuleVersion
from leadflow.rulesets.registry import RuleKind, register
from leadflow.segments.fields import KEY as SEGMENT
from nurturing.models import Automation, AutomationRun
from nurturing.services.automations import documents

KIND = "automation"
State = Automation.State


@transaction.atomic
def create(
    *,
    name: str,
    by: User | None,
    document: Mapping[str, Any] | None = None,
    owner: User | None = None,
    at: datetime | None = None,
) -> Automation:
    """Make an automation with its first draft. Raises Invalid for a name that is empty or taken."""
    at = at or clock.now()
    _refuse_taken_name(name)
    draft = documents.empty() | dict(document or {})
    rule_set = rules.create(kind=KIND, name=name.strip(), document=draft, by=by, at=at)
    return Automation.objects.create(
        name=name.strip(), rule_set=rule_set, owner=owner or by, created_at=at, created_by=by
    )


def _refuse_taken_name(name: str) -> None:
    if not name.strip():
        sentence = _("Give the automation a name.")
        raise Invalid.at("name", sentence)
    if RuleSet.objects.of_kind(KIND).filter(name=name.strip()).exists():
        sentence = _("There is an automation with that name already. Choose another.")
        raise Invalid.at("name", sentence)


@transaction.atomic
def rename(
    automation: Automation, *, name: str, owner: User | None, by: User | None  # noqa: ARG001
) -> Automation:  # fmt: skip
    """Change what is not part of a version. Raises Invalid for a name that is empty or taken."""
    row = _locked(automation)
    if name.strip() != row.name:
        _refuse_taken_name(name)
    row.name, row.owner = name.strip(), owner
    row.save(update_fields=["name", "owner"])
    RuleSet.objects.filter(pk=row.rule_set_id).update(name=row.name)
    return row


def save_draft(
    automation: Automation,
    *,
    document: Mapping[str, Any],
    by: User | None,
    revision: int | None = None,
    at: datetime | None = None,
) -> RuleVersion:
    """Keep an edit; what runs stays as it is. Raises StaleVersion where somebody else saved since
    `revision`."""
    return rules.save_draft(automation.rule_set, document=document, by=by, revision=revision, at=at)


@transaction.atomic
def publish(
    automation: Automation,
    *,
    by: User | None,
    revision: int | None = None,
    note: str = "",
    at: datetime | None = None,
) -> RuleVersion:
    """Let the draft react to what happens from now on; what happened before starts nothing. Raises
    Invalid with every reason why not."""
    at = at or clock.now()
    row = _locked(automation)
    if row.state == State.ARCHIVED:
        raise InvalidTransition(_("This automation was put away."))
    version = rules.publish(row.rule_set, by=by, note=note, revision=revision, at=at)
    _put_live(row, version, at)
    return version


@transaction.atomic
def rollback(
    automation: Automation, *, to: RuleVersion, by: User | None, at: datetime | None = None
) -> RuleVersion:
    """Let an earlier version decide again. Raises Invalid where it could not be published now."""
    row = _locked(automation)
    version = rules.rollback(row.rule_set, to=to, by=by, at=at)
    _put_live(row, version, at or clock.now())
    return version


def _put_live(row: Automation, version: RuleVersion, at: datetime) -> None:
    row.trigger = documents.trigger_of(version.document).key
    row.state, row.published_at = State.RUNNING, at
    row.alert, row.alert_at = "", None
    row.save(update_fields=["trigger", "state", "published_at", "alert", "alert_at"])


@transaction.atomic
def pause(automation: Automation, *, by: User | None) -> Automation:  # noqa: ARG001
    """Stop reacting. What happens meanwhile is not made up for."""
    return _switch(automation, {State.RUNNING}, State.PAUSED)


@transaction.atomic
def resume(automation: Automation, *, by: User | None) -> Automation:  # noqa: ARG001
    """React again, to what happens from now on."""
    return _switch(automation, {State.PAUSED}, State.RUNNING)


@transaction.atomic
def archive(automation: Automation, *, by: User | None, at: datetime | None = None) -> Automation:
    """Put an automation away; its log stays."""
    allowed = {State.DRAFT, State.RUNNING, State.PAUSED}
    row = _switch(automation, allowed, State.ARCHIVED)
    rules.archive(row.rule_set, by=by, at=at)
    return row


def _switch(automation: Automation, allowed: set[State], to: State) -> Automation:
    row = _locked(automation)
    if row.state not in allowed:
        words = _("This automation is %(state)s.")
        raise Conflict(words % {"state": row.get_state_display().lower()})
    row.state, row.alert, row.alert_at = to, "", None
    row.save(update_fields=["state", "alert", "alert_at"])
    return row


def _locked(automation: Automation) -> Automation:
    return Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)


def follow_merge(*, survivor_id: int, merged_id: int) -> None:
    """The log tells of the survivor what was done for the merged row."""
    rows = AutomationRun.objects.filter(lead=merged_id)
    rows.filter(subject_kind="lead").update(subject_id=survivor_id)
    rows.update(lead=survivor_id)


# --- Known to rule sets and to the guard on fields --------------------------------------------------


def _uses() -> Iterable[usage.Use]:
    """Conditions, and the segments and fields that triggers name, of the versions that decide."""
    urls = dict(Automation.objects.living().values_list("rule_set_id", "pk"))
    for version in rulesets.published(KIND):
        url = f"/automations/{urls.get(version.rule_set_id, '')}/"
        label = _("Automation: %s") % version.rule_set.name
        yield usage.Use(label, url, version.document.get("rule"))
        trigger = version.document["trigger"]
        if trigger.get("segment"):
            asked = {"field": SEGMENT, "op": "has_any_of", "value": [trigger["segment"]]}
            yield usage.Use(label, url, {"all": [asked]})
        keys = [step.get("field") for step in version.document["steps"]] + [trigger.get("field")]
        asked_for = [{"field": key} for key in keys if str(key or "").startswith("custom.")]
        yield usage.Use(label, url, {"all": asked_for})


def install() -> None:
    """Make automations known; called once by apps.py."""
    register(
        RuleKind(
            KIND, lazy("Automations"), documents.check, "automation.edit", "nurturing:automations"
        )
    )
    usage.register_owner(KIND, _uses)
