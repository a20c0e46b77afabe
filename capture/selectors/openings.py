"""The openings behind the numbers of a form or a page, one by one; who opened it, nobody knows."""

from typing import TypeVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from capture.models import Form, FormView, LandingPage, PageView, Submission
from capture.models.visits import Opening
from capture.selectors.numbers import forms_on
from capture.selectors.windows import Window

_Seen = TypeVar("_Seen", bound=Opening)
_FOUND = (("answer", "pk"), ("answer_form", "form"))
NOT_TOLD = "-"  # in an address: those that said nothing
GOT = {"began": _("Began"), "sent": _("Sent it"), "left": _("Left without sending")}


def of_form(form: Form, window: Window) -> QuerySet[FormView]:
    """The openings of a form's page or embed in a window, as `numbers_of` counts them."""
    rows = FormView.objects.filter(form=form).annotate(begun_at=F("started_at"))
    answers = Submission.objects.filter(form=OuterRef("form"), client_submission_id=OuterRef("key"))
    return _seen(rows, answers, window)


def of_page(page: LandingPage, window: Window) -> QuerySet[PageView]:
    """The openings of a landing page in a window, as `numbers_of_page` counts them."""
    begun = FormView.objects.filter(form__in=forms_on(page), key=OuterRef("key"))
    rows = PageView.objects.filter(page=page).annotate(
        begun_at=Subquery(begun.values("started_at")[:1]),
        touched=Subquery(begun.values("touched")[:1]),
        last=Subquery(begun.values("last")[:1]),
        begun_form=Subquery(begun.values("form")[:1]),
    )
    answers = Submission.objects.filter(page=OuterRef("page"), client_submission_id=OuterRef("key"))
    return _seen(rows, answers, window)


def _seen(rows: QuerySet[_Seen], answers: QuerySet[Submission], window: Window) -> QuerySet[_Seen]:
    held = answers.filter(state=Submission.State.QUARANTINED)
    rows = rows.filter(seen_at__gte=window.start, seen_at__lt=window.end).exclude(Exists(held))
    found = {key: Subquery(answers.values(of)[:1]) for key, of in _FOUND}
    rows = rows.annotate(**found)
    return rows.select_related("variant")


def by_source(values: list[str]) -> Q:
    """Where from they came."""
    return Q(source__in=[_plain(value) for value in values])


def by_device(values: list[str]) -> Q:
    """On what it was opened."""
    return Q(device__in=[_plain(value) for value in values])


def _plain(value: str) -> str:
    return "" if value == NOT_TOLD else value


def by_end(values: list[str]) -> Q:
    """How far they came."""
    begun, sent = Q(begun_at__isnull=False), Q(answer__isnull=False)
    ways = {"began": begun | sent, "sent": sent, "left": begun & ~sent}
    found = Q()
    for value in values:
        found |= ways[value]
    return found


def by_answer(values: list[str]) -> Q:
    """Who answered this question."""
    return Q(touched__contains=values[:1])


def forms() -> list[tuple[str, str]]:
    """The forms that visitors have seen, as the choices of a filter."""
    rows = Form.objects.filter(live__isnull=False).order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in rows]


def by_form(values: list[str]) -> Q:
    """Which of the forms of a page they began."""
    return Q(begun_form__in=[int(value) for value in values])


def by_last(values: list[str]) -> Q:
    """Whose last answer this question was."""
    return Q(last__in=values)
