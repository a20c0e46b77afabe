"""A version of a form as a Django form: what visitors see is what the server checks.

Built once per version and process (versions never change), laid out by crispy, rendered once.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.utils import render_crispy_form
from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from capture.blocks.asking import Question, logic_field, questions
from capture.blocks.path import Plan, Walk, plan_json, plan_of, walk
from capture.forms import layout
from capture.forms.fields import SentFile, field_of, required_words
from capture.models import Form, FormVersion
from capture.selectors import occasions
from leadflow.conditions.zone import here

NOTHING: tuple[Any, ...] = (None, "", [])  # what no answer looks like


class AnswerForm(forms.Form):
    """The common part of all forms that visitors fill in; `form_class` makes the rest."""

    content: ClassVar[Mapping[str, Any]] = {}
    asked: ClassVar[list[Question]] = []
    plan: ClassVar[Plan] = Plan()
    page_of: ClassVar[dict[str, str]] = {}
    needs_day: ClassVar[bool] = False
    slot_name: ClassVar[str] = ""  # the question whose answers are free times
    helper: ClassVar[FormHelper]

    def __init__(
        self,
        data: Any = None,
        *,
        at: datetime | None = None,
        carried: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, auto_id="f_%s")
        self.at = at
        self.carried = dict(carried or {})
        self.way = Walk()
        self.page = ""  # the page that a browser without script sees; none shows the first
        self.spared: frozenset[str] = frozenset()  # questions that a known visitor is not asked
        self.kept_pages: frozenset[str] = frozenset()  # those whose answers it sends along, unseen

    def clean(self) -> dict[str, Any]:
        """Walk the way of these answers: what it hides is dropped, what it asks must be complete.

        An answer to a page that the way never reaches was not asked for: it is refused.
        """
        self.way = walk(self.plan, self.cleaned_data | self.carried, at=self.at)
        for question in self.asked:
            if question.name in self.fields:
                self._check(question)
        self.cleaned_data |= self.way.values
        return self.cleaned_data

    def _check(self, question: Question) -> None:
        name = question.name
        if question.id not in self.way.shown:
            self.errors.pop(name, None)
            given = self.cleaned_data.pop(name, None)
            is_given = given is True if question.type == "consent" else given not in NOTHING
            if is_given and self.page_of[question.id] not in self.way.pages:
                self.add_error(name, _off_the_way())
            return
        value = self.cleaned_data.get(name)
        missing = value is not True if question.type == "consent" else value in NOTHING
        if name in self.way.required and missing and name not in self.errors:
            self.add_error(name, required_words(question))
        self._check_day(question, value)

    def _check_day(self, question: Question, value: Any) -> None:
        which = question.props.get("which", "any") if question.type == "date" else "any"
        if which == "any" or not value or self.at is None:
            return
        today = self.at.date().isoformat()
        if which == "future" and value < today:
            self.add_error(question.name, _("Give today or a later day."))
        if which == "past" and value > today:
            self.add_error(question.name, _("Give today or an earlier day."))

    def show_page(self, page: str, *, with_errors: bool) -> None:
        """Draw one page with what was typed; the errors of other pages are none of its business."""
        self.page, self.kept_pages = page, frozenset(self.way.pages)
        for name in list(self.errors):
            if not with_errors or self.page_of_name(name) != page:
                del self.errors[name]

    def page_of_name(self, name: str) -> str:
        """The page on which a question stands."""
        return next((self.page_of[one.id] for one in self.asked if one.name == name), "")

    def answers(self) -> dict[str, Any]:
        """The checked values that were given, by name; a file by its name."""
        return {key: value for key, value in self.cleaned_data.items() if value not in NOTHING}

    def slot(self) -> tuple[Question, str] | None:
        """The booking block and the time that was chosen in it, where one was."""
        chosen = self.cleaned_data.get(self.slot_name)
        block = next((one for one in self.asked if one.name == self.slot_name), None)
        return (block, str(chosen)) if block and chosen else None

    def files_sent(self) -> dict[str, str]:
        """The codes of the files among the answers, each with its question's words."""
        asked = ((one.label, self.cleaned_data.get(one.name)) for one in self.asked)
        return {value.upload: label for label, value in asked if isinstance(value, SentFile)}


def _off_the_way() -> str:
    return _(
        "This was not asked on the way that the other answers take. Reload the page and start again."
    )


@lru_cache(maxsize=512)
def form_of(version_id: int) -> type[AnswerForm]:
    """The form class of a published version; versions never change, so it is made once."""
    content = FormVersion.objects.values_list("content", flat=True).get(pk=version_id)
    return form_class(content)


def form_class(content: Mapping[str, Any]) -> type[AnswerForm]:
    """A Django form for a document: one field per open question, a crispy layout of all blocks."""
    asked = questions(content)
    fields: dict[str, Any] = {q.name: field_of(q) for q in asked if q.is_open and q.name}
    plan = plan_of(content)
    known = {
        "content": content,
        "asked": asked,
        "plan": plan,
        "page_of": {item["id"]: page["id"] for page in content["pages"] for item in page["blocks"]},
        "needs_day": plan.has_rules or any(q.type in {"calculation", "date"} for q in asked),
        "slot_name": next((q.name for q in asked if q.type == "slots"), ""),
        "helper": layout.helper(content),
    }
    made: Any = type("VisitorForm", (AnswerForm,), known)
    made.base_fields = fields  # past the class body: a question may have the name of an attribute
    return made  # type: ignore[no-any-return]


def empty_html(form: Form) -> SafeString:
    """The empty form as visitors see it now."""
    seen = occasions.shown(form.occasion_id) if form.occasion_id else None
    stamp = seen.stamp if seen else ""
    return fields_html(form.live_version.pk, get_language() or "en", stamp)


def fields_html(version_id: int, language_code: str, stamp: str = "") -> SafeString:
    """The empty form as HTML: kept, unless it shows what is free now."""
    made = form_of(version_id)
    return rendered(made()) if made.slot_name else _kept_html(version_id, language_code, stamp)


@lru_cache(maxsize=512)
def _kept_html(version_id: int, language_code: str, stamp: str) -> SafeString:
    """Made once per version, language, state of its event, and process."""
    del language_code, stamp  # parts of the key: crispy renders in the active language
    return rendered(form_of(version_id)())


def rendered(form: AnswerForm) -> SafeString:
    """The form's fields as HTML, with values and errors where it is bound."""
    html: SafeString = render_crispy_form(form)
    return html


def logic_json(made: type[AnswerForm], carried: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the page's script needs to walk: the plan, what rules may ask, what the link carries.

    The day, asked only where something depends on it, is the organisation's.
    """
    fields = [logic_field(one) for one in made.asked if one.is_known and not one.is_gated]
    return plan_json(made.plan) | {
        "fields": {
            one.key: {"type": one.type.value, "choices": [key for key, _label in one.choices]}
            for one in fields
        },
        "carried": dict(carried or {}),
        "today": here().date().isoformat() if made.needs_day else "",
    }


def posted(made: type[AnswerForm], body: Mapping[str, Any]) -> MultiValueDict[str, Any]:
    """A JSON or form-encoded body as the data of a form; names that it does not ask are left out."""
    data: MultiValueDict[str, Any] = MultiValueDict()
    for question in made.asked:
        if question.name not in body or not question.is_open:
            continue
        value = body[question.name]
        values = value if isinstance(value, list) else [value]
        data.setlist(question.name, [_as_posted(question, one) for one in values])
    return data


def _as_posted(question: Question, value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        if question.type == "yes_no":
            return "yes" if value else "no"
        return value if question.type == "consent" else str(value)
    return str(value)
