"""What the stage's screens read."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, FloatField, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from capture.blocks.asking import Question, questions
from capture.models import Form, FormDay, FormVersion, Submission
from leadflow.people.models import User

_REMEMBERED = 512
_opened: OrderedDict[str, tuple[str, Form]] = OrderedDict()
# Where a row lies and which transaction wrote it: it changes with every change of the row.
_STAMP = """
SELECT form.id, concat_ws('|', form.xmin, form.ctid, source.xmin, source.ctid, campaign.xmin, campaign.ctid, (
    SELECT string_agg(concat(tag.id, ':', tag.xmin, tag.ctid), ',' ORDER BY tag.id)
    FROM capture_form_tags link JOIN leadflow_tag tag ON tag.id = link.tag_id WHERE link.form_id = form.id
))
FROM capture_form form
LEFT JOIN leadflow_source source ON source.id = form.source_id
LEFT JOIN leadflow_campaign campaign ON campaign.id = form.campaign_id
WHERE form.public_id = %s AND form.status = 'published' AND form.live_id IS NOT NULL
"""


def open_form(code: str) -> Form | None:
    """The published form of that code with its live version, source, campaign and tags; to be read only.

    Each process remembers what it read. Every call asks the database whether the form, its source, its
    campaign or a tag was written since, so what another process changed counts from its commit on.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STAMP, [code])
        row = cursor.fetchone()
    if row is None:
        return None
    pk, stamp = row
    known = _opened.get(code)
    if known is None or known[0] != stamp:
        known = _opened[code] = (stamp, _read(pk))
        while len(_opened) > _REMEMBERED:
            _opened.popitem(last=False)
    return known[1]


def _read(pk: int) -> Form:
    known = Form.objects.select_related("live", "source", "campaign").prefetch_related("tags")
    form = known.get(pk=pk)
    form.live_version.document = form
    return form


def forms_of(user: User) -> QuerySet[Form]:
    """Forms with their figures: views, answers that count, conversion, the last answer.

    Conversion leaves out answers that came past a page of ours (the API), which nobody viewed.
    """
    days = FormDay.objects.filter(form=OuterRef("pk")).order_by().values("form")
    came = Submission.objects.filter(form=OuterRef("pk")).counted().order_by().values("form")
    seen = came.exclude(channel=Submission.Channel.API)
    return (
        Form.objects.visible_to(user)
        .annotate(
            views=Coalesce(Subquery(days.annotate(n=Sum("views")).values("n")), Value(0)),
            answers=Coalesce(Subquery(came.annotate(n=Count("pk")).values("n")), Value(0)),
            converted=Coalesce(Subquery(seen.annotate(n=Count("pk")).values("n")), Value(0)),
            last_answer_at=Subquery(came.annotate(at=Max("received_at")).values("at")),
        )
        .annotate(
            conversion=Cast(F("converted"), FloatField())
            / NullIf(Cast(F("views"), FloatField()), Value(0.0))
        )
        .select_related("live", "owner")
    )


def needing_attention(user: User) -> int:
    """How many answers were tried in vain and wait for a person."""
    return Submission.objects.visible_to(user).needing_attention().count()


@dataclass(frozen=True, slots=True)
class Counts:
    """The answers of a form by state, for the tabs above the table."""

    all: int
    waiting: int
    spam: int


def counts(rows: QuerySet[Submission]) -> Counts:
    """How many answers stand in each state."""
    state = Submission.State
    found = rows.order_by().aggregate(
        all=Count("pk", filter=~Q(state=state.QUARANTINED)),
        waiting=Count("pk", filter=Q(state=state.UNPROCESSED)),
        spam=Count("pk", filter=Q(state=state.QUARANTINED)),
    )
    return Counts(**found)


def all_questions(form: Form) -> list[Question]:
    """Every question that any version asked, the newest version's words first."""
    found: dict[str, Question] = {}
    contents = FormVersion.objects.filter(document=form).order_by("-number")
    for content in contents.values_list("content", flat=True):
        for question in questions(content):
            found.setdefault(question.name, question)
    return list(found.values())


def told(submission: Submission) -> list[tuple[str, str]]:
    """The answers of one submission in words, in the order they were asked."""
    asked = questions(submission.version.content)
    return [
        (one.label, one.shown(submission.answers[one.name]))
        for one in asked
        if one.name in submission.answers
    ]


def export_header(asked: Sequence[Question]) -> list[str]:
    """The first line of the CSV file."""
    fixed = ["id", "received_at", "state", "channel", "lead", "page", "utm_source", "utm_campaign"]
    return [*fixed, *(one.name for one in asked)]


def export_rows(rows: Iterable[Submission], asked: Sequence[Question]) -> Iterator[list[Any]]:
    """The lines of the CSV file, one per answer."""
    for row in rows:
        yield [
            row.pk,
            row.received_at,
            row.state,
            row.channel,
            row.lead_id,
            row.page_url,
            row.utm.get("utm_source", ""),
            row.utm.get("utm_campaign", ""),
            *(_plain(row.answers.get(one.name, "")) for one in asked),
        ]


def _plain(value: Any) -> Any:
    return "; ".join(str(item) for item in value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class LeadSubmission:
    """One answer as other screens show it."""

    form_name: str
    url: str
    received_at: datetime
    answers: list[tuple[str, str]]
    proposed: dict[str, str]


def submissions_of_lead(lead_id: int) -> list[LeadSubmission]:
    """What a lead sent, newest first; the caller has checked that the lead may be seen."""
    rows = Submission.objects.filter(lead_id=lead_id).select_related("form", "version")
    return [
        LeadSubmission(
            row.form.name, row.get_absolute_url(), row.received_at, told(row), row.proposed
        )
        for row in rows[:50]
    ]
