"""The blocks that a form is made of, and what each says about the question it asks.

A question is a block with a `name`: the key under which it is posted, stored and asked about in a
"show when" rule.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from capture.blocks.asking import Question, questions, rule_problems
from capture.blocks.calculating import formula_problems
from leadflow.blocks.schema import BlockSet, BlockType, Choices, Problem, Prop, PropKind, Starter
from leadflow.models import ContactChannel, CustomField, Seniority

# Names that the door itself reads; a question may not take them.
RESERVED = frozenset({"token", "website_url", "client_id", "page_url", "next", "return", "embed"})

LEAD_FIELDS: tuple[tuple[str, Any], ...] = (
    ("first_name", _("First name")),
    ("last_name", _("Last name")),
    ("full_name", _("Full name")),
    ("company_name", _("Company")),
    ("job_title", _("Job title")),
    ("department", _("Department")),
    ("seniority", _("Seniority")),
    ("city", _("City")),
    ("region", _("Region")),
    ("company_size", _("People in the company")),
    ("country", _("Country (two letters)")),
    ("language", _("Language")),
    ("birth_year", _("Birth year")),
    ("preferred_channel", _("Preferred channel")),
    ("preferred_time", _("Best time to reach")),
)
# What a lead field with a fixed list can hold; an answer outside it stays an answer.
FIXED: dict[str, frozenset[str]] = {
    "seniority": frozenset(Seniority.values),
    "preferred_channel": frozenset(ContactChannel.values),
}


def save_to_choices() -> Choices:
    """Where an answer can go: kept as an answer, a field of the lead, or one of our own fields."""
    custom = CustomField.objects.filter(subject=CustomField.Subject.LEAD, is_archived=False)
    own = [(f"custom.{row.key}", row.label) for row in custom]
    return [("", _t("Answer only")), *LEAD_FIELDS, *own]


_LABEL = Prop("label", _("Question"), required=True, max_length=200)
_NAME = Prop(
    "name",
    _("Name in the data"),
    PropKind.NAME,
    required=True,
    section="more",
    help=_("The key in exports and in the API. Keep it once answers have come in."),
)
_HELP = Prop("help", _("Help text"), placeholder=_("Optional, shown under the question"))
_PLACEHOLDER = Prop("placeholder", _("Example in the field"), max_length=80, section="more")
_REQUIRED = Prop("is_required", _("Required"), PropKind.BOOL, False)
_SAVE_TO = Prop("save_to", _("Save to"), PropKind.CHOICE, "", choices=save_to_choices)
_SHOW_WHEN = Prop(
    "show_when",
    _("Show when"),
    PropKind.CONDITION,
    None,
    section="logic",
    help=_("Checked again on the server. Hidden answers are never stored."),
)
_OPTIONS = Prop("options", _("Answers"), PropKind.OPTIONS, [], required=True)


def _question(*extra: Prop, save: bool = True) -> tuple[Prop, ...]:
    to = (_SAVE_TO,) if save else ()
    return (_LABEL, _HELP, *extra, *to, _REQUIRED, _NAME, _SHOW_WHEN)


def _options_problems(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    values = [str(row.get("value", "")) for row in props["options"]]
    if len(values) < 2:
        yield "options", _t("Give at least two answers.")
    if any(not str(row.get("label", "")).strip() for row in props["options"]) or "" in values:
        yield "options", _t("An answer is empty.")
    if len(set(values)) != len(values):
        yield "options", _t("Two answers are the same.")


def _number_problems(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    low, high = props["at_least"], props["at_most"]
    if low is not None and high is not None and low > high:
        yield "at_most", _t("The largest number is below the smallest.")


_HAS_POINTS = Prop(
    "has_points",
    _("Answers carry points"),
    PropKind.BOOL,
    False,
    section="more",
    help=_("For an assessment: a calculation adds them up with points()."),
)
_CALCULATION = (
    Prop("label", _("Name of the result"), required=True, max_length=200),
    Prop("formula", _("Formula"), PropKind.FORMULA, required=True, max_length=2_000),
    Prop("gives", _("It gives"), PropKind.CHOICE, "number",
         choices=(("number", _("a number")), ("text", _("a text")))),
    Prop("decimals", _("Decimal places"), PropKind.CHOICE, "0",
         choices=tuple((str(n), str(n)) for n in range(5))),
    Prop("unit", _("Unit"), max_length=20, placeholder="€"),
    Prop("is_shown", _("Show it to the visitor"), PropKind.BOOL, True),
    _SAVE_TO, _NAME, _SHOW_WHEN,
)  # fmt: skip

TWO_ANSWERS = [{"value": "one", "label": "One"}, {"value": "two", "label": "Two"}]

TYPES: tuple[BlockType, ...] = (
    BlockType("email", _("Email"), "mail", "contact", _question(_PLACEHOLDER, save=False), once=True,
              logic="text", presets={"label": "Email", "name": "email", "is_required": True}),
    BlockType("phone", _("Phone"), "phone", "contact",
              _question(_PLACEHOLDER, Prop("country", _("Country of a number without +"),
                        max_length=2, section="more", placeholder="DE"), save=False),
              once=True, logic="text", presets={"label": "Phone", "name": "phone"}),
    BlockType("short_text", _("Short text"), "letter-case", "questions",
              _question(_PLACEHOLDER), logic="text"),
    BlockType("long_text", _("Long text"), "notes", "questions",
              _question(_PLACEHOLDER), canvas="textarea", logic="text"),
    BlockType("number", _("Number"), "hash", "questions",
              _question(Prop("unit", _("Unit"), max_length=20, placeholder="m²"),
                        Prop("at_least", _("At least"), PropKind.NUMBER, None, section="more"),
                        Prop("at_most", _("At most"), PropKind.NUMBER, None, section="more")),
              logic="number", check=_number_problems),
    BlockType("choice", _("Choices"), "list-check", "questions",
              _question(_OPTIONS, Prop("is_multiple", _("Several answers possible"), PropKind.BOOL, False),
                        _HAS_POINTS),
              canvas="choices", logic="choice", presets={"options": TWO_ANSWERS}, check=_options_problems),
    BlockType("dropdown", _("Dropdown"), "select", "questions", _question(_OPTIONS, _HAS_POINTS),
              canvas="select", logic="choice", presets={"options": TWO_ANSWERS}, check=_options_problems),
    BlockType("yes_no", _("Yes or no"), "toggle-left", "questions", _question(), canvas="yes_no", logic="boolean"),
    BlockType("hidden", _("Hidden"), "eye-off", "data",
              (Prop("label", _("Label"), required=True, max_length=200),
               Prop("value", _("Value"), required=True), _SAVE_TO, _NAME),
              canvas="hidden"),
    BlockType("url_param", _("Link value"), "link", "data",
              (Prop("label", _("Label"), required=True, max_length=200),
               Prop("param", _("Parameter of the page's address"), required=True, max_length=60,
                    placeholder="ref", help=_("…?ref=fair2026 stores fair2026.")),
               _SAVE_TO, _NAME),
              canvas="hidden"),
    BlockType("calculation", _("Formula"), "calculator", "results", _CALCULATION,
              canvas="calculation", logic="number"),
    BlockType("result", _("Result"), "report-analytics", "results",
              (Prop("text", _("Text"), PropKind.LONG_TEXT, required=True, max_length=3000,
                    help=_("A name in braces, as {total}, shows that answer or calculation.")),
               _SHOW_WHEN),
              canvas="text"),
    BlockType("heading", _("Heading"), "heading", "page",
              (Prop("text", _("Text"), required=True, max_length=160),
               Prop("sub", _("Line below"), PropKind.LONG_TEXT, max_length=400), _SHOW_WHEN),
              canvas="heading"),
    BlockType("text", _("Text"), "typography", "page",
              (Prop("text", _("Text"), PropKind.LONG_TEXT, required=True, max_length=3000), _SHOW_WHEN),
              canvas="text"),
    BlockType("consent", _("Consent"), "shield-check", "page",
              (Prop("text", _("What the visitor agrees to"), PropKind.LONG_TEXT, required=True,
                    max_length=2000,
                    help=_("Stored word for word as proof, with the version of the form.")),
               Prop("purpose", _("Purpose"), max_length=60, default="marketing", required=True),
               _REQUIRED, _NAME, _SHOW_WHEN),
              canvas="consent", logic="boolean", presets={
                  "name": "consent",
                  "text": "Send me news by email. I can stop it with one click."}),
)  # fmt: skip

STARTERS: tuple[Starter, ...] = (
    Starter("email", _("Email"), "mail", "contact", "email"),
    Starter("phone", _("Phone"), "phone", "contact", "phone"),
    Starter("first_name", _("First name"), "user", "contact", "short_text",
            {"label": _("First name"), "name": "first_name", "save_to": "first_name"}),
    Starter("last_name", _("Last name"), "user", "contact", "short_text",
            {"label": _("Last name"), "name": "last_name", "save_to": "last_name"}),
    Starter("company", _("Company"), "building", "contact", "short_text",
            {"label": _("Company"), "name": "company", "save_to": "company_name"}),
    Starter("job_title", _("Job title"), "briefcase", "contact", "short_text",
            {"label": _("Job title"), "name": "job_title", "save_to": "job_title"}),
)  # fmt: skip


def check_form(content: Mapping[str, Any]) -> Iterator[Problem]:
    """What only the whole form can tell, before it is published."""
    asked = questions(content)
    if not any(one.is_open for one in asked):
        yield Problem("pages", _t("Add at least one question."))
    targets = {key for key, _label in save_to_choices()}
    used: set[str] = set()
    for one in asked:
        if one.name in RESERVED:
            yield Problem(f"{one.id}.name", _t("That name is taken; choose another."), one.id)
        if one.save_to not in targets:
            yield Problem(f"{one.id}.save_to", _t("That field does not exist any more."), one.id)
        elif one.save_to and one.save_to in used:
            yield Problem(f"{one.id}.save_to", _t("Two questions save to one field."), one.id)
        used.add(one.save_to)
    yield from rule_problems(content)
    yield from formula_problems(content)


FORM_BLOCKS = BlockSet(
    key="form",
    label=_("Form"),
    groups=(
        ("contact", _("Contact")),
        ("questions", _("Questions")),
        ("results", _("Results")),
        ("data", _("Not shown")),
        ("page", _("Page")),
    ),
    types=TYPES,
    starters=STARTERS,
    settings=(
        Prop("submit_label", _("Button"), default="Send", required=True, max_length=60),
        Prop("privacy_url", _("Link to your privacy notice"), PropKind.URL, max_length=500),
    ),
    sections=(("logic", _("Logic")), ("more", _("More"))),
    check=check_form,
)

__all__ = ["FIXED", "FORM_BLOCKS", "Question", "check_form", "questions", "save_to_choices"]
