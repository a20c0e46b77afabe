"""The blocks that a form is made of, and what each says about the question it asks.

A question is a block with a `name`: the key under which it is posted, stored and asked about in a
"show when" rule.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from capture.blocks.asking import Question, catalogue, questions
from capture.blocks.calculating import formula_problems
from capture.blocks.gating import gate_problems
from capture.blocks.kinds import ENDINGS, PAGE_PROPS, STARTERS, TYPES
from capture.blocks.offering import giving_problems
from capture.blocks.path import END, above, endings
from capture.blocks.registering import occasion_problems
from capture.blocks.setting import set_problems
from capture.blocks.targets import FIXED, save_to_choices
from leadflow.blocks.schema import BlockSet, Problem, Prop, PropKind
from leadflow.calendars.models import MeetingType
from leadflow.conditions import language
from leadflow.errors import Invalid

# Names that the door itself reads; a question may not take them.
RESERVED = frozenset(
    {
        "token",
        "website_url",
        "client_id",
        "page_url",
        "next",
        "return",
        "embed",
        "lf_at",
        "lf_go",
        "lf_later",
        "lf_remind",
    }
)


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
    yield from _slot_problems(asked)
    yield from _rule_problems(content)
    yield from set_problems(content)
    yield from _jump_problems(content)
    yield from _ending_problems(content)
    yield from formula_problems(content)
    yield from gate_problems(content)
    yield from occasion_problems(content)
    yield from giving_problems(content)


def _slot_problems(asked: list[Question]) -> Iterator[Problem]:
    """A time can be booked by somebody who can be written to, of a meeting type that can be booked."""
    has_email = any(one.type == "email" for one in asked)
    for one in asked:
        if one.type != "slots":
            continue
        chosen = str(one.props.get("meeting") or "")
        open_ones = MeetingType.objects.open_to_visitors()
        if chosen and not open_ones.filter(pk=int(chosen)).exists():
            why = _t("This meeting type cannot be booked any more. Choose another one.")
            yield Problem(f"{one.id}.meeting", why, one.id)
        if not has_email:
            why = _t("Ask for the email too: the confirmation with the calendar file goes there.")
            yield Problem(f"{one.id}.label", why, one.id)


_WHERE = {
    "show_when": _("Show when: %(why)s"),
    "require_when": _("Require when: %(why)s"),
    "cases": _("Other values: %(why)s"),
    "sets": _("Set to: %(why)s"),
    "jumps": _("Go to: %(why)s"),
    "endings": _("Other endings: %(why)s"),
}


def _rule_problems(content: Mapping[str, Any]) -> Iterator[Problem]:
    """A rule may ask only about what stands above it, and where one is due it must say something."""
    for where, key, document, asked in above(content):
        why = ""
        if document and any(document.values()):
            try:
                language.parse(document, catalogue(asked))
            except Invalid as error:
                why = error.message
        elif key in {"cases", "sets", "jumps", "endings"}:
            why = _t("Add a rule; without one it would always hold.")
        if why:
            path = f"{where}.{key}" if where else f"settings.{key}"
            yield Problem(path, _WHERE[key] % {"why": why}, where)


def _jump_problems(content: Mapping[str, Any]) -> Iterator[Problem]:
    pages = [page["id"] for page in content["pages"]]
    for place, page in enumerate(content["pages"]):
        if page["id"] == END:
            yield Problem(f"{END}.title", _t("The page has no usable id."), END)
        for row in (page.get("props") or {}).get("jumps") or []:
            if row.get("to") not in {END, *pages[place + 1 :]}:
                why = _t("Choose a page further down, or the end.")
                yield Problem(f"{page['id']}.jumps", why, page["id"])


def _ending_problems(content: Mapping[str, Any]) -> Iterator[Problem]:
    for row in endings(content):
        if not (row.get("title") or row.get("url")):
            yield Problem(
                "settings.endings", _t("An ending needs a heading, or an address to go to.")
            )


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
        Prop(
            "asks_at_most",
            _("Of a known visitor, ask at most"),
            PropKind.CHOICE,
            "",
            section="more",
            choices=(
                ("", _("all that is not known")),
                ("1", _("1 new question")),
                ("2", _("2 new questions")),
                ("3", _("3 new questions")),
            ),
            help=_(
                "Who comes by a personal link is not asked what we know. Required questions are always asked."
            ),
        ),
        Prop(
            "can_save",
            _("Visitors may save and continue later"),
            PropKind.BOOL,
            False,
            section="more",
            help=_("By a link of their own, for 14 days. Nothing is kept before they ask for it."),
        ),
        Prop(
            "reminds",
            _("Offer one reminder by email"),
            PropKind.BOOL,
            False,
            section="more",
            help=_(
                "A box to tick beside it: who ticks it and does not go on gets one email after a day."
            ),
        ),
        Prop(
            "begins_trial",
            _("Sending it begins a trial"),
            PropKind.BOOL,
            False,
            section="more",
            help=_(
                "It is noted as a fact: sequences, automations, rules and scores can begin by it."
            ),
        ),
        ENDINGS,
    ),
    page_props=PAGE_PROPS,
    sections=(("logic", _("Logic")), ("more", _("More"))),
    check=check_form,
    reserved=RESERVED,
)

__all__ = ["FIXED", "FORM_BLOCKS", "Question", "check_form", "questions", "save_to_choices"]
