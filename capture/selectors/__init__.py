"""What the stage's screens read."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, FloatField, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t

from capture.blocks.asking import Question, questions
from capture.models import Form, FormDay, FormVersion, Submission, VisitorPolicy
from capture.selectors import occasions
from leadflow.experiments.selectors import Trial, latest
from leadflow.kit import clock
from leadflow.models import Organisation
from leadflow.people.models import User
from leadflow.services.leads.taking import Taking

_REMEMBERED = 512
_opened: "OrderedDict[str, _Known]" = OrderedDict()
# Where a row lies and which transaction wrote it: it changes with every change of the row.
_STAMP = """
SELECT form.id, concat_ws('|', form.xmin, form.ctid, source.xmin, source.ctid, campaign.xmin, campaign.ctid,
    policy.xmin, policy.ctid, coalesce(organisation.taking, '{}'), (
    SELECT string_agg(concat(tag.id, ':', tag.xmin, tag.ctid), ',' ORDER BY tag.id)
    FROM capture_form_tags link JOIN leadflow_tag tag ON tag.id = link.tag_id WHERE link.form_id = form.id
), (
    SELECT concat(test.id, ':', test.xmin, test.ctid) FROM experiments_experiment test
    WHERE test.kind = 'form' AND test.subject_id = form.id AND test.state <> 'draft' ORDER BY test.id DESC LIMIT 1
))
FROM capture_form form
LEFT JOIN leadflow_source source ON source.id = form.source_id
LEFT JOIN leadflow_campaign campaign ON campaign.id = form.campaign_id
LEFT JOIN capture_visitorpolicy policy ON policy.id = 1
LEFT JOIN leadflow_organisation organisation ON organisation.id = 1
WHERE form.public_id = %s AND form.status = 'published' AND form.live_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a process remembers of a form, and by which stamp."""

    stamp: str
    form: Form
    policy: VisitorPolicy
    taking: Taking
    trial: Trial | None
    versions: dict[int, FormVersion]  # by variant


def open_form(code: str) -> Form | None:
    """The published form of that code with its live version, source, campaign and tags; to be read only.

    Each process remembers what it read. Every call asks the database whether the form, its source, its
    campaign, a tag, the policy on visitors, an A/B test or what values from outside do was written since, so what another process
    changed counts from its commit on.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STAMP, [code])
        row = cursor.fetchone()
    if row is None:
        return None
    pk, stamp = row
    known = _opened.get(code)
    if known is None or known.stamp != stamp:
        known = _opened[code] = _read(pk, stamp)
        while len(_opened) > _REMEMBERED:
            _opened.popitem(last=False)
    return known.form


def why_closed(form: Form, at: datetime | None = None, *, asks: bool = True) -> str | None:
    """What to tell visitors while the form takes nothing; None while it is open.

    Without `asks` it is about answers that were sent: they are kept also when the event is full.
    """
    at = at or clock.now()
    if form.opens_at and at < form.opens_at:
        when = date_format(localtime(form.opens_at), "DATETIME_FORMAT")
        return form.closed_text or _t("This form opens on %(when)s.") % {"when": when}
    if form.closes_at and at >= form.closes_at:
        return form.closed_text or _t("This form is closed.")
    if form.most_answers is not None and is_full(form):
        return form.closed_text or _t("This form has all the answers that it can take.")
    if form.occasion_id is not None:
        return occasions.why_closed(form.occasion_id, at, asks=asks)
    return None


def is_full(form: Form) -> bool:
    """Whether the limit of answers is reached; spam does not count."""
    rows = Submission.objects.filter(form_id=form.pk).counted()
    return form.most_answers is not None and rows.count() >= form.most_answers


def policy_of(form: Form) -> VisitorPolicy:
    """The policy on visitors as it was when the form was opened; asks nothing for a form just opened."""
    known = _opened.get(form.public_id)
    return known.policy if known else VisitorPolicy.current()


def taking_of(form: Form) -> Taking:
    """What values from outside do to known people; asks nothing for the very form that was just opened."""
    known = _opened.get(form.public_id)
    return known.taking if known and known.form is form else Organisation.current().taking


def trial_of(form: Form) -> Trial | None:
    """The A/B test of a form just opened: the one that runs, else the last; asks nothing."""
    known = _opened.get(form.public_id)
    return known.trial if known else latest("form", form.pk)


def as_varied(form: Form, variant_id: int | None) -> Form:
    """The form as a variant of its A/B test shows it; itself where that is none of its own."""
    known = _opened.get(form.public_id)
    version = known.versions.get(variant_id or 0) if known else None
    if version is None or version.pk == form.live_id:
        return form
    varied = copy(form)
    varied.live = version
    return varied


def _read(pk: int, stamp: str) -> _Known:
    form, trial = _form(pk), latest("form", pk)
    arms = {arm.version: arm.pk for arm in trial.arms} if trial else {}
    rows = FormVersion.objects.filter(document=form, number__in=arms) if arms else []
    versions = {arms[row.number]: row for row in rows}
    for row in versions.values():
        row.document = form
    return _Known(
        stamp, form, VisitorPolicy.current(), Organisation.current().taking, trial, versions
    )


def _form(pk: int) -> Form:
    known = Form.objects.select_related("live", "source", "campaign", "magnet", "report")
    known = known.prefetch_related("tags")
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
    trash: int = 0


def counts(rows: QuerySet[Submission]) -> Counts:
    """How many answers stand in each state."""
    state = Submission.State
    found = rows.order_by().aggregate(
        all=Count("pk", filter=~Q(state__in=[state.QUARANTINED, state.TRASHED])),
        waiting=Count("pk", filter=Q(state=state.UNPROCESSED)),
        spam=Count("pk", filter=Q(state=state.QUARANTINED)),
        trash=Count("pk", filter=Q(state=state.TRASHED)),
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
        (one.label, one.told(submission.answers[one.name]))
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
