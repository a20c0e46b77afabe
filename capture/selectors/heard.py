"""Where people say that they heard of us: the question `heard_from` of any form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, Subquery, TextField

from capture.blocks.asking import questions
from capture.models import Form, FormVersion, Submission
from capture.rules.heard import QUESTION, verdict
from leadflow.kit import text
from leadflow.models import Channel, Lead, LeadAnswer, Source

_ASKS = {"pages": [{"blocks": [{"props": {"name": QUESTION}}]}]}


def answers(start: datetime, end: datetime) -> QuerySet[Any]:
    """What each lead said last in this time, with its words and its form; one row for each lead."""
    told = LeadAnswer.objects.filter(
        key=QUESTION, source_type="submission", answered_at__gte=start, answered_at__lt=end
    )
    thrown = Submission.objects.filter(pk=OuterRef("source_id"), state=Submission.State.TRASHED)
    told = told.exclude(Exists(thrown))
    later = told.filter(lead=OuterRef("lead")).filter(
        Q(answered_at__gt=OuterRef("answered_at"))
        | Q(answered_at=OuterRef("answered_at"), pk__gt=OuterRef("pk"))
    )
    words = Func(F("value"), template="(%(expressions)s #>> '{}')", output_field=TextField())
    form = Submission.objects.filter(pk=OuterRef("source_id")).values("form")[:1]
    return told.exclude(Exists(later)).annotate(said=words, form=Subquery(form))


def asked(start: datetime, end: datetime) -> QuerySet[Submission]:
    """What was sent in this time by the forms that ask, answered or not."""
    rows = Submission.objects.filter(
        received_at__gte=start, received_at__lt=end, lead__isnull=False
    )
    return rows.filter(version__in=_asking().values("pk")).exclude(
        state__in=[Submission.State.QUARANTINED, Submission.State.TRASHED]
    )


def _asking() -> QuerySet[FormVersion]:
    return FormVersion.objects.filter(content__contains=_ASKS)


def is_asked() -> bool:
    """Whether any form that went live asks it."""
    return _asking().exists()


def labels() -> dict[str, str]:
    """What the values of the question are called; the newest words of a value win."""
    found: dict[str, str] = {}
    contents = _asking().order_by("published_at", "pk").values_list("content", flat=True)
    for content in contents.iterator(50):
        for one in questions(content):
            if one.name == QUESTION:
                found |= dict(one.options())
    return found


def names(forms: Any) -> dict[int, str]:
    """What these forms are called."""
    return dict(Form.objects.filter(pk__in=forms).values_list("pk", "name"))


def known_words() -> frozenset[str]:
    """The names of sources and channels, as search compares words: an answer may name one of them."""
    names = [*Source.objects.values_list("name", flat=True), *map(str, Channel.labels)]
    return frozenset(map(text.search_text, names))


@dataclass(frozen=True, slots=True)
class Word:
    """What a lead said last, and whether that is what was tracked of her."""

    label: str
    at: datetime
    verdict: str


def last_words(lead: Lead) -> QuerySet[LeadAnswer]:
    """What she said last; nothing where she never said."""
    rows = LeadAnswer.objects.filter(lead=lead, key=QUESTION, source_type="submission")
    return rows.order_by("-answered_at", "-pk")[:1]


def beside(lead: Lead, told: Sequence[LeadAnswer]) -> Word | None:
    """Her own word, of `last_words`, for her page beside her source; None where she never said."""
    newest = next(iter(told), None)
    if newest is None:
        return None
    said, source = str(newest.value), lead.source
    label = labels().get(said, said)
    found = verdict(
        said, label, channel=source.channel if source else "", source=source.name if source else "",
        sources=known_words(),
    )  # fmt: skip
    return Word(label, newest.answered_at, found)
