"""An effect as people say it: “Put the tag “hot” on”."""

import re
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from leadflow.integrations.models import WebhookEndpoint
from leadflow.models import Campaign, CustomField, Lead, LeadStage, Source
from leadflow.people.models import Team, User
from leadflow.segments.models import Segment
from nurturing.services.acts.subjects import Step

_SHOWN = 60  # letters of a text message
_FIELD = re.compile(r"\{\{\s*([\w.]+)[^{}]*\}\}")


def words(step: Step) -> str:
    """What the step does, in a few words without a full stop; empty for a kind that is no effect."""
    say = _WORDS.get(str(step.get("type")))
    return say(step) if say else ""


def plain(subject: str) -> str:
    """A subject with its fields as a reader says them: “Your report, {first name}”."""
    return _FIELD.sub(lambda m: "{" + m[1].rpartition(".")[2].replace("_", " ") + "}", subject)


def _todo(step: Step) -> str:
    title = step.get("title") or _("without words")
    if step.get("kind") == "call":
        return _("Plan a call: %(title)s") % {"title": title}
    return _("Plan a to-do: %(title)s") % {"title": title}


def field_label(key: str) -> str:
    """What people call a field that a step sets."""
    if key.startswith("custom."):
        own = CustomField.objects.filter(subject="lead", key=key.removeprefix("custom.")).first()
        return own.label if own else key
    names = {one.name: one for one in Lead._meta.concrete_fields}
    return str(names[key].verbose_name).capitalize() if key in names else _("a field")


def _set_field(step: Step) -> str:
    value = step.get("value")
    key = str(step.get("field") or "")
    if value in (None, ""):
        return _("Empty %(field)s") % {"field": field_label(key)}
    behind = {"source": Source, "campaign": Campaign}.get(key)
    shown = behind._default_manager.filter(pk=value).first() if behind else value
    return _("Set %(field)s to %(value)s") % {"field": field_label(key), "value": shown}


def _tag(step: Step) -> str:
    said = _("Take the tag “%(tag)s” off") if step.get("remove") else _("Put the tag “%(tag)s” on")
    return said % {"tag": step.get("tag") or "…"}


def _list(step: Step) -> str:
    segment = Segment.objects.filter(pk=step.get("segment") or 0).first()
    said = _("Take out of “%(list)s”") if step.get("remove") else _("Put into “%(list)s”")
    return said % {"list": segment.name if segment else "…"}


def _score_event(step: Step) -> str:
    return _("Note the score event “%(event)s”") % {"event": step.get("event") or "…"}


def _webhook(step: Step) -> str:
    endpoint = WebhookEndpoint.objects.filter(pk=step.get("endpoint") or 0).first()
    return _("Tell the webhook “%(name)s”") % {"name": endpoint.name if endpoint else "…"}


def _notify(step: Step) -> str:
    who = whom(str(step.get("whom") or ""))
    return _("Notify %(who)s: %(words)s") % {"who": who, "words": step.get("words") or "…"}


def whom(value: str) -> str:
    """Who is told: the owner, or a person or team by name."""
    kind, _colon, ref = value.partition(":")
    pk = int(ref) if ref.isascii() and ref.isdigit() and len(ref) < 10 else 0
    if kind == "user":
        return str(User.objects.filter(pk=pk).first() or "…")
    if kind == "team":
        return str(Team.objects.filter(pk=pk).first() or "…")
    return _("the owner")


def _text(step: Step) -> str:
    words = plain(" ".join(str(step.get("words") or "").split()))
    shown = words if len(words) <= _SHOWN else f"{words[:_SHOWN].rstrip()}…"
    return _("Text message “%(words)s”") % {"words": shown or "…"}


def _move_stage(step: Step) -> str:
    stage = step.get("stage")
    label = LeadStage(stage).label if stage in LeadStage.values else "…"
    return _("Move to %(stage)s") % {"stage": label}


_WORDS: Mapping[str, Callable[[Step], str]] = {
    "todo": _todo,
    "set_field": _set_field,
    "tag": _tag,
    "list": _list,
    "score_event": _score_event,
    "webhook": _webhook,
    "notify": _notify,
    "text": _text,
    "move_stage": _move_stage,
}
