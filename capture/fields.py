"""What rules can ask about the answers that a person gave: each question of each form that went live.

A question whose answer fills a field of the lead is asked about by that field, a consent by its own.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Exists, F, Func, OuterRef, Subquery, TextField
from django.utils.text import Truncator
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from capture.blocks import questions
from capture.blocks.asking import Question, logic_field
from capture.models import Form, FormVersion, Submission
from leadflow.conditions.fields import register_source
from leadflow.conditions.grammar import Choices, Field, Type
from leadflow.conditions.sql import of_json
from leadflow.models import LeadAnswer

GROUP = _("Answers")
_ELSEWHERE = frozenset({"email", "phone", "consent", "file", "slots"})
_MOST_LETTERS = 80

Kept = tuple[str, str, Type, Choices]


def install() -> None:
    """Let rules about leads ask about answers; called once by apps.py."""
    register_source("lead", _fields)


def key_of(form: Form, name: str) -> str:
    """The name by which rules know a question of a form."""
    return f"answer.{form.public_id}.{name}"


def kept(content: Any) -> list[Kept]:
    """The questions of a document whose answers are kept as such: name, label, type, choices."""
    found = []
    for one in questions(content):
        if not one.save_to and one.type not in _ELSEWHERE:
            field = logic_field(one)
            found.append((one.name, _worded(one), field.type, field.choices))
    return found


def _worded(question: Question) -> str:
    return Truncator(question.label).chars(_MOST_LETTERS)


def _fields() -> Iterator[Field]:
    # archived forms stay: rules about what was answered then hold on
    live = Form.objects.filter(live__isnull=False).order_by("name", "pk")
    for pk, code, name, version, at in live.values_list(
        "pk", "public_id", "name", "live_id", "live__published_at"
    ):
        for key, label, kind, choices in _of_version(version, at):
            yield Field(
                f"answer.{code}.{key}",
                _t("%(form)s: “%(question)s”") % {"form": name, "question": label},
                kind,
                choices=choices,
                sql=_newest(pk, key, kind),
                sensitivity="contact" if kind == Type.TEXT else "",
                group=GROUP,
            )


@lru_cache(maxsize=512)
def _of_version(version: int, _at: datetime) -> tuple[Kept, ...]:
    """A version never changes, so it is read once; the time tells databases of one process apart."""
    return tuple(kept(FormVersion.objects.values_list("content", flat=True).get(pk=version)))


def _newest(form: int, key: str, kind: Type) -> Any:
    """The newest answer to the question in that form, typed; one of another kind counts as none."""

    def expression() -> Subquery:
        sent = Submission.objects.filter(pk=OuterRef("source_id"), form=form)
        sent = sent.exclude(state=Submission.State.TRASHED)
        text = Func(F("value"), template="(%(expressions)s #>> '{}')", output_field=TextField())
        told = LeadAnswer.objects.filter(lead=OuterRef("pk"), key=key, source_type="submission")
        told = told.filter(Exists(sent)).order_by("-answered_at", "-pk")
        return Subquery(told.annotate(typed=of_json(kind, F("value"), text)).values("typed")[:1])

    return expression


def lost(
    form: Form, before: Iterable[Kept], after: Iterable[Kept]
) -> Iterator[tuple[str, str, dict[str, str] | None]]:
    """What rules can no longer ask when `after` takes the place of `before`: key, words, choices.

    The choices are those that are gone, with their words; None where the question itself is gone or
    has become one of another kind.
    """
    now = {key: (kind, dict(choices)) for key, _label, kind, choices in after}
    for key, label, kind, choices in before:
        kind_now, choices_now = now.get(key, (None, {}))
        if kind_now != kind:
            yield key_of(form, key), label, None
        elif gone := {value: said for value, said in choices if value not in choices_now}:
            yield key_of(form, key), label, gone
