"""What keeps an effect from being published, in sentences that name what is missing."""

from collections.abc import Callable, Iterator, Mapping

from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.integrations.models import WebhookEndpoint
from leadflow.models import Activity, CustomField, Tag
from leadflow.segments.models import Segment
from nurturing.services import texting
from nurturing.services.acts.kinds import MOVABLE_STAGES, SETTABLE
from nurturing.services.acts.records import value_of
from nurturing.services.acts.subjects import Step
from nurturing.services.acts.telling import receivers

MOST_DAYS, MOST_POINTS = 365, 1_000


def problems(step: Step) -> Iterator[str]:
    """Everything that is missing or wrong in an effect; nothing for a kind that is none."""
    check = _CHECKS.get(str(step.get("type")))
    if check is not None:
        yield from check(step)


def _todo(step: Step) -> Iterator[str]:
    if not str(step.get("title") or "").strip():
        yield _("Say what is to be done.")
    if step.get("kind", "todo") not in (Activity.Kind.TODO, Activity.Kind.CALL):
        yield _("Choose a to-do or a call.")
    days = step.get("due_days", 0)
    if not isinstance(days, int) or not 0 <= days <= MOST_DAYS:
        yield _("Give between 0 and %(most)s days to do it.") % {"most": MOST_DAYS}


def _set_field(step: Step) -> Iterator[str]:
    key = str(step.get("field") or "")
    if not key:
        yield _("Choose the field that is set.")
        return
    if key not in SETTABLE and not _is_own(key):
        yield _("There is no field “%(key)s” that a step can set.") % {"key": key}
        return
    try:
        value_of(step, "2026-01-01")
    except Invalid as error:
        yield error.message


def _is_own(key: str) -> bool:
    rows = CustomField.objects.filter(subject="lead", is_archived=False)
    return key.startswith("custom.") and rows.filter(key=key.removeprefix("custom.")).exists()


def _tag(step: Step) -> Iterator[str]:
    name = str(step.get("tag") or "")
    if not name:
        yield _("Choose the tag.")
    elif not Tag.objects.filter(name=name).exists():
        yield _("There is no tag “%(name)s”. Choose one that there is.") % {"name": name}


def _list(step: Step) -> Iterator[str]:
    segment = Segment.objects.filter(pk=step.get("segment") or 0).first()
    if segment is None:
        yield _("Choose the list.")
    elif segment.archived_at:
        yield _("The list “%(name)s” was put away. Choose another.") % {"name": segment.name}
    elif segment.is_dynamic:
        words = _("A rule keeps the segment “%(name)s”. Choose a list that is kept by hand.")
        yield words % {"name": segment.name}


def _score_event(step: Step) -> Iterator[str]:
    if not str(step.get("event") or "").strip():
        yield _("Say what the score event is called.")
    points = step.get("points")
    if points is not None and not (isinstance(points, int) and abs(points) <= MOST_POINTS):
        yield _("Give points between -%(most)s and %(most)s, or none.") % {"most": MOST_POINTS}


def _webhook(step: Step) -> Iterator[str]:
    endpoint = WebhookEndpoint.objects.filter(pk=step.get("endpoint") or 0).first()
    if endpoint is None:
        yield _("Choose the webhook endpoint. Admins make them in Settings, Webhooks.")
    elif not endpoint.is_on:
        words = _("The webhook “%(name)s” is switched off. Switch it on, or choose another.")
        yield words % {"name": endpoint.name}


def _notify(step: Step) -> Iterator[str]:
    if not str(step.get("words") or "").strip():
        yield _("Write what the person is told.")
    if step.get("whom") != "owner":
        try:
            receivers({"whom": step.get("whom") or ""})
        except Invalid:
            yield _("Choose who is told.")


def _move_stage(step: Step) -> Iterator[str]:
    if step.get("stage") not in MOVABLE_STAGES:
        yield _("Choose the stage. Deals and customers follow from deals, never from a step.")


_CHECKS: Mapping[str, Callable[[Step], Iterator[str]]] = {
    "todo": _todo,
    "set_field": _set_field,
    "tag": _tag,
    "list": _list,
    "score_event": _score_event,
    "webhook": _webhook,
    "notify": _notify,
    "text": texting.problems,
    "move_stage": _move_stage,
}
