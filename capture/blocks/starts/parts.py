"""What a new form may start from: the pieces of which every start is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _t

from capture.blocks import FORM_BLOCKS
from capture.blocks.kinds import TYPES
from capture.blocks.report import REPORT_BLOCKS
from capture.blocks.report import TYPES as REPORT_TYPES
from leadflow.blocks import documents
from leadflow.calendars.models import MeetingType

Block = dict[str, Any]
_BY_KEY = {kind.key: kind for kind in TYPES}
_OF_REPORT = {kind.key: kind for kind in REPORT_TYPES}


@dataclass(frozen=True, slots=True)
class Start:
    """One way to begin: what it is good for, its blocks page by page, and the words after sending.

    `report` gives the blocks of the report that answers get. Words are in the maker's language.
    """

    name: Any
    why: Any
    icon: str
    build: Callable[[], tuple[str, list[list[Block]]]]
    thanks: Any = ""
    report: Callable[[], tuple[str, list[Block]]] | None = None
    stage: str = "lead"
    begins_trial: bool = False

    @property
    def about(self) -> Any:
        """The sentence that says why, as the picker shows it."""
        return self.why

    def content(self) -> documents.Content:
        """A fresh document."""
        label, pages = self.build()
        content = documents.empty(submit_label=label)
        content["settings"]["begins_trial"] = self.begins_trial
        content["pages"] = [
            {"id": f"p{number}", "title": "", "blocks": rows}
            for number, rows in enumerate(pages, start=1)
        ]
        return documents.normalised(content, FORM_BLOCKS)

    def report_content(self) -> documents.Content | None:
        """A fresh report; None for a start without one."""
        if self.report is None:
            return None
        title, rows = self.report()
        content = documents.empty(title=title)
        content["pages"][0]["blocks"] = rows
        return documents.normalised(content, REPORT_BLOCKS)


def block(kind: str, **props: Any) -> Block:
    """One block of a form, by its type's name."""
    return documents.block(_BY_KEY[kind], **props)


def report_block(kind: str, **props: Any) -> Block:
    """One block of a report, by its type's name."""
    return documents.block(_OF_REPORT[kind], **props)


def heading(text: str, sub: str = "") -> Block:
    """A title with a line below it."""
    return block("heading", text=text, sub=sub)


def email(**props: Any) -> Block:
    """The address, required."""
    return block("email", label=_t("Email"), **props)


def phone() -> Block:
    """A number to call back."""
    return block(
        "phone", label=_t("Phone"), help=_t("With the country code, such as +49 30 901820.")
    )


def field(name: str, label: str, save_to: str = "", *, is_required: bool = False) -> Block:
    """One line that goes to a field of the lead."""
    return block("short_text", label=label, name=name, save_to=save_to, is_required=is_required)


def first_name(*, is_required: bool = True) -> Block:
    """What to call her."""
    return field("first_name", _t("First name"), "first_name", is_required=is_required)


def full_name() -> Block:
    """First and last name in one line."""
    return field("full_name", _t("Your name"), "full_name", is_required=True)


def company(*, is_required: bool = False) -> Block:
    """Whom she works for."""
    return field("company", _t("Company"), "company_name", is_required=is_required)


def words(name: str, label: str, *, is_required: bool = False) -> Block:
    """Several lines of her own."""
    return block("long_text", label=label, name=name, is_required=is_required)


def number(name: str, label: str, unit: str = "", *, at_least: float = 0) -> Block:
    """A figure that a formula needs."""
    return block("number", label=label, name=name, unit=unit, at_least=at_least, is_required=True)


def one_of(name: str, label: str, answers: list[str], **props: Any) -> Block:
    """Answers to choose from; their keys are a1, a2 … in this order."""
    rows = [{"value": f"a{n}", "label": words} for n, words in enumerate(answers, start=1)]
    return block("choice", label=label, name=name, options=rows, **props)


def scored(name: str, label: str, answers: list[tuple[str, int]]) -> Block:
    """Answers that carry points, for an assessment."""
    rows = [
        {"value": f"a{n}", "label": words, "points": points}
        for n, (words, points) in enumerate(answers, start=1)
    ]
    return block("choice", label=label, name=name, options=rows, has_points=True, is_required=True)


def sum_of(name: str, label: str, formula: str, unit: str = "", **props: Any) -> Block:
    """Something worked out."""
    return block("calculation", label=label, name=name, formula=formula, unit=unit, **props)


def gated(name: str, label: str, formula: str, unit: str = "", **props: Any) -> Block:
    """Something worked out for the report alone."""
    return sum_of(name, label, formula, unit, is_shown=False, is_gated=True, **props)


def consent(text: str = "", *, is_required: bool = False, confirm: bool = False) -> Block:
    """What she agrees to, word for word."""
    told = text or _t("Send me news by email. I can stop it with one click.")
    return block("consent", text=told, is_required=is_required, confirm=confirm)


def times(kind: str) -> list[Block]:
    """Free times for a meeting of that kind, once something can be booked; nothing before."""
    rows = MeetingType.objects.open_to_visitors().order_by("pk")
    found = rows.filter(kind=kind).first() or rows.first()
    return (
        [block("slots", label=_t("Choose a time"), name="slot", meeting=str(found.pk))]
        if found
        else []
    )


def follow_up(what: str) -> Block:
    """The consent that belongs to something handed over by mail."""
    told = _t("Send me %(what)s and up to three follow-up mails. I can stop them with one click.")
    return consent(told % {"what": what})
