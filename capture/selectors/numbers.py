"""The numbers of one form: opened, begun, sent, where people stopped, and from where they came.

Counted are openings of its page in a window. An opening meets its answer by the id that the page carries;
answers through the API have no page and stand in no rate. What waits in the quarantine is in neither.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime

from capture.blocks.asking import Question, questions
from capture.models import Form, LandingPage, Submission
from leadflow.blocks import documents
from leadflow.experiments.models import Variant
from leadflow.kit import stats

CHOSEN = frozenset({"choice", "dropdown", "yes_no", "rating", "scale"})
SMALL = 30  # under so many a share is a hint and not ranked
_OPENINGS = """
WITH opening AS (
  SELECT v.source, v.device, v.variant_id, v.touched, v.last, v.started_at, s.id AS answer, s.received_at AS sent_at
  FROM capture_formview v
  LEFT JOIN capture_submission s ON s.form_id = v.form_id AND s.client_submission_id = v.key
  WHERE v.form_id = %s AND v.seen_at >= %s AND v.seen_at < %s AND s.state IS DISTINCT FROM 'quarantined'
)
"""
# A landing page's key is that of the form on it, which reports its own opening by the same key.
_OF_PAGE = """
WITH opening AS (
  SELECT v.source, v.device, v.variant_id, f.started_at, s.id AS answer, s.received_at AS sent_at,
    coalesce(f.form_id, s.form_id) AS form, f.touched, f.last
  FROM capture_pageview v
  LEFT JOIN capture_submission s ON s.page_id = v.page_id AND s.client_submission_id = v.key
  LEFT JOIN capture_formview f ON f.form_id = ANY(%s) AND f.key = v.key
  WHERE v.page_id = %s AND v.seen_at >= %s AND v.seen_at < %s AND s.state IS DISTINCT FROM 'quarantined'
)
"""
_WHOLE_SUMS = "SELECT count(*), count(coalesce(started_at, sent_at)), count(answer) FROM opening"
_SUMS = """
SELECT GROUPING(source, device, variant_id), source, device, variant_id, count(*),
  count(coalesce(started_at, sent_at)), count(answer),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - started_at)::float8)
    FILTER (WHERE sent_at > started_at)
FROM opening GROUP BY GROUPING SETS ((), (source), (device), (variant_id))
"""
_TOUCHED = """
SELECT GROUPING(device, variant_id), device, variant_id, name, count(*)
FROM opening, jsonb_array_elements_text(touched) name
GROUP BY GROUPING SETS ((name), (name, device), (name, variant_id))
"""
_LEFT = """
SELECT GROUPING(device, variant_id), device, variant_id, last, count(*)
FROM opening WHERE answer IS NULL AND started_at IS NOT NULL
GROUP BY GROUPING SETS ((last), (last, device), (last, variant_id))
"""
_STOPS = """
SELECT form, 'begun', '', count(coalesce(started_at, sent_at)) FROM opening
WHERE form IS NOT NULL GROUP BY form
UNION ALL
SELECT form, 'answered', name, count(*)
FROM opening, jsonb_array_elements_text(touched) name GROUP BY form, name
UNION ALL
SELECT form, 'left', last, count(*) FROM opening
WHERE answer IS NULL AND started_at IS NOT NULL GROUP BY form, last
"""
_WHOLE, _BY_SOURCE, _BY_DEVICE, _BY_VARIANT = 7, 3, 5, 6
_OF_ALL, _OF_DEVICE, _OF_VARIANT = 3, 1, 2  # of GROUPING(device, variant_id)
MOST_PARTS = 4  # devices, and variants, beside one another


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; `low` and `high` bound what chance allows (Wilson, 95 %)."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """Between 0 and 1; None where there is nothing to divide by."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """What the true share may be."""
        return stats.wilson(self.count, self.of)

    @property
    def is_small(self) -> bool:
        """Too few to compare."""
        return self.of < SMALL


@dataclass(frozen=True, slots=True)
class Line:
    """One way of coming: its openings, and what became of them."""

    name: str
    views: int
    starts: int
    sent: int
    seconds: float | None = None
    variant: int | None = None

    @property
    def started(self) -> Share:
        """Begun, of the openings."""
        return Share(min(self.starts, self.views), self.views)

    @property
    def completed(self) -> Share:
        """Sent, of those begun."""
        return Share(self.sent, self.begun)

    @property
    def converted(self) -> Share:
        """Sent, of the openings."""
        return Share(self.sent, self.views)

    @property
    def begun(self) -> int:
        """How many began; a browser without a script tells it by sending."""
        return max(self.starts, self.sent)

    @property
    def time(self) -> timedelta | None:
        """From the first answer to sending, half were faster."""
        return None if self.seconds is None else timedelta(seconds=round(self.seconds))


@dataclass(frozen=True, slots=True)
class Part:
    """Those of one device or one variant."""

    by: str  # "device" or "variant"
    line: Line

    @property
    def value(self) -> Any:
        """What tells it in an address."""
        return self.line.variant or self.line.name or "-"


@dataclass(frozen=True, slots=True)
class Stop:
    """One question for some of the people: who answered it, and whose last answer it was."""

    answered: Share
    left: int
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Step(Stop):
    """One question: how many answered it, and for how many it was the last before they left."""

    name: str = ""
    label: str = ""
    stops: tuple[Stop, ...] = ()  # by device and variant, where there are two to compare


@dataclass(frozen=True, slots=True)
class Standing:
    """One form that stands on a landing page: where people stop in it there."""

    form: Form
    steps: Sequence[Step]
    left: int  # begun and not sent
    silent: int  # of those, whose last question nobody could report


@dataclass(frozen=True, slots=True)
class Numbers:
    """All of them, for one window."""

    whole: Line
    sources: Sequence[Line]
    devices: Sequence[Line]
    variants: Sequence[Line]  # of A/B tests; what was seen without one is not among them
    steps: Sequence[Step] = ()
    parts: Sequence[Part] = ()  # the columns of `Step.stops`
    left: int = 0  # begun and not sent
    silent: int = 0  # of those, whose last question nobody could report
    standing: Sequence[Standing] = ()  # the forms of a landing page


def numbers_of(form: Form, *, start: datetime, end: datetime) -> Numbers:
    """The numbers of a form in a window."""
    window: list[Any] = [form.pk, start, end]
    with connection.cursor() as cursor:
        cursor.execute(_OPENINGS + _SUMS, window)
        found = _sorted(cursor.fetchall())
        cursor.execute(_OPENINGS + _TOUCHED, window)
        touched = _told(cursor.fetchall())
        cursor.execute(_OPENINGS + _LEFT, window)
        left = _told(cursor.fetchall())
    parts = _compared("device", found.devices) + _compared("variant", found.variants)
    steps = _steps(form, touched, left, found.whole, parts)
    all_left = sum(count for (of, _value, _name), count in left.items() if of == _OF_ALL)
    silent = all_left - sum(step.left for step in steps)
    return replace(found, steps=steps, parts=parts, left=all_left, silent=silent)


_Told = dict[tuple[int, Any, str], int]


def _told(rows: Iterable[tuple[Any, ...]]) -> _Told:
    """How many by (grouping, device or variant, question)."""
    found = {}
    for of, device, variant, name, count in rows:
        value = {_OF_DEVICE: device, _OF_VARIANT: variant}.get(of)
        found[of, value, name] = count
    return found


def _compared(by: str, lines: Sequence[Line]) -> list[Part]:
    """The parts to set side by side; one alone is the whole."""
    shown = [Part(by, line) for line in lines[:MOST_PARTS] if line.begun]
    return shown if len(shown) > 1 else []


def numbers_of_page(page: LandingPage, *, start: datetime, end: datetime) -> Numbers:
    """The numbers of a landing page in a window: its openings, what was begun and sent on it, and where
    people stop in the forms that stand there."""
    forms = forms_on(page)
    window: list[Any] = [forms, page.pk, start, end]
    with connection.cursor() as cursor:
        cursor.execute(_OF_PAGE + _SUMS, window)
        found = _sorted(cursor.fetchall())
        cursor.execute(_OF_PAGE + _STOPS, window)
        told = {(form, what, name): count for form, what, name, count in cursor.fetchall()}
    known = Form.objects.filter(pk__in=forms).select_related("live").order_by("name", "pk")
    return replace(found, standing=[one for form in known if (one := _standing(form, told))])


def _standing(form: Form, told: dict[tuple[int, str, str], int]) -> Standing | None:
    """Where people stop in one form of a page; nothing where nobody began it."""
    begun = told.get((form.pk, "begun", ""), 0)
    if not begun:
        return None
    steps = [
        Step(
            Share(min(told.get((form.pk, "answered", one.name), 0), begun), begun),
            told.get((form.pk, "left", one.name), 0),
            name=one.name,
            label=one.label,
        )
        for one in _asked(form)
    ]
    left = sum(n for (pk, what, _name), n in told.items() if pk == form.pk and what == "left")
    return Standing(form, steps, left, left - sum(step.left for step in steps))


def forms_on(page: LandingPage) -> list[int]:
    """The forms that stand on a page, or stood there and were sent."""
    asking = page.submissions.order_by().values_list("form_id", flat=True).distinct()
    content = page.live.content if page.live else page.draft
    named = [row["props"].get("form") for row in documents.blocks(content)]
    codes = [code for code in named if code]
    standing = Form.objects.filter(public_id__in=codes).values_list("pk", flat=True)
    return list({*asking, *standing})


def _sorted(rows: Iterable[tuple[Any, ...]]) -> Numbers:
    lines: dict[int, list[Line]] = {_WHOLE: [], _BY_SOURCE: [], _BY_DEVICE: [], _BY_VARIANT: []}
    for kind, source, device, variant, *counts in rows:
        lines[kind].append(replace(Line(source or device or "", *counts), variant=variant))
    return Numbers(
        whole=lines[_WHOLE][0] if lines[_WHOLE] else Line("", 0, 0, 0),
        sources=sorted(lines[_BY_SOURCE], key=lambda line: (-line.views, line.name))[:20],
        devices=sorted(lines[_BY_DEVICE], key=lambda line: (-line.views, line.name)),
        variants=_named([line for line in lines[_BY_VARIANT] if line.variant]),
    )


def _named(lines: Sequence[Line]) -> list[Line]:
    """The lines of variants by the day that their test began, A first."""
    if not lines:
        return []
    rows = Variant.objects.select_related("experiment").defer("draft")
    known = rows.in_bulk([line.variant for line in lines])
    named = [replace(line, name=_words(known[line.variant])) for line in lines if line.variant]
    return sorted(named, key=lambda line: (-known[line.variant or 0].experiment_id, line.name))


def _words(variant: Variant) -> str:
    began = variant.experiment.started_at
    day = date_format(localtime(began), "DATE_FORMAT") if began else ""
    return " ".join(part for part in (variant.name, variant.label, f"({day})") if part)


def whole_of(form: Form, *, start: datetime, end: datetime) -> Line:
    """The sums alone, as what a window is compared with."""
    return _whole(_OPENINGS, [form.pk, start, end])


def whole_of_page(page: LandingPage, *, start: datetime, end: datetime) -> Line:
    """The sums of a landing page alone."""
    return _whole(_OF_PAGE, [forms_on(page), page.pk, start, end])


def _whole(openings: str, told: Sequence[Any]) -> Line:
    with connection.cursor() as cursor:
        cursor.execute(openings + _WHOLE_SUMS, told)
        return Line("", *cursor.fetchone())


@dataclass(frozen=True, slots=True)
class Change:
    """What a window brought beside the one before it, of the same length."""

    now: Line
    before: Line

    @property
    def views(self) -> float | None:
        """How many percent more openings; None where there were none before."""
        was = self.before.views
        return 100 * (self.now.views - was) / was if was else None

    @property
    def converted(self) -> float | None:
        """By how many points the share that sent it rose; None where one of the two has none."""
        now, before = self.now.converted.value, self.before.converted.value
        return None if now is None or before is None else 100 * (now - before)

    @property
    def trend(self) -> str:
        """Good or bad where chance alone (Newcombe, 95 %) would not do it."""
        now, before = self.now.converted, self.before.converted
        low, high = stats.newcombe((before.count, before.of), (now.count, now.of))
        if low > 0:
            return "good"
        return "bad" if high < 0 else "chance"


def _steps(
    form: Form, touched: _Told, left: _Told, whole: Line, parts: Sequence[Part]
) -> list[Step]:
    """The questions of the live version in their order; what older versions asked is not among them."""

    def told(name: str, of: int, value: Any, begun: int) -> tuple[Share, int]:
        answered = min(touched.get((of, value, name), 0), begun)
        return Share(answered, begun), left.get((of, value, name), 0)

    def stop(name: str, part: Part) -> Stop:
        is_device = part.by == "device"
        value = part.line.name if is_device else part.line.variant
        of = _OF_DEVICE if is_device else _OF_VARIANT
        return Stop(*told(name, of, value, part.line.begun), part)

    return [
        Step(
            *told(one.name, _OF_ALL, None, whole.begun),
            name=one.name,
            label=one.label,
            stops=tuple(stop(one.name, part) for part in parts),
        )
        for one in _asked(form)
    ]


def _asked(form: Form) -> list[Question]:
    content = form.live.content if form.live else form.draft
    return [one for one in questions(content) if one.type not in {"hidden", "url_param"}]


def question_labels(form: Form) -> dict[str, str]:
    """The words of each question that visitors see now, by its name."""
    return {one.name: one.label for one in _asked(form)}


def labels_on(page: LandingPage) -> dict[str, str]:
    """The same of every form that stands on a page."""
    rows = Form.objects.filter(pk__in=forms_on(page)).select_related("live")
    return {name: label for form in rows for name, label in question_labels(form).items()}


def leads_of_form(
    form_id: int, *, start: datetime, end: datetime
) -> "QuerySet[Submission, int | None]":
    """The leads that sent a form in a window, as a subquery of ids."""
    rows = Submission.objects.filter(form=form_id, received_at__gte=start, received_at__lt=end)
    return rows.counted().filter(lead__isnull=False).values_list("lead_id", flat=True)


def leads_of_page(
    page_id: int, *, start: datetime, end: datetime
) -> "QuerySet[Submission, int | None]":
    """The leads that sent a form on a landing page in a window, as a subquery of ids."""
    rows = Submission.objects.filter(page=page_id, received_at__gte=start, received_at__lt=end)
    return rows.counted().filter(lead__isnull=False).values_list("lead_id", flat=True)


def chosen(form: Form) -> list[Question]:
    """The questions of the live version whose answers are chosen from a few."""
    content = form.live.content if form.live else form.draft
    return [one for one in questions(content) if one.type in CHOSEN and one.name]
