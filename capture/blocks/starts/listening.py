"""Starts that listen: surveys to people who are known, and the empty form."""

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from capture.blocks.starts.parts import (
    Block,
    Start,
    block,
    email,
    first_name,
    heading,
    one_of,
    sum_of,
    words,
)

Built = tuple[str, list[list[Block]]]


def _blank() -> Built:
    return _t("Send"), [[]]


def _survey() -> Built:
    return _t("Send"), [[
        heading(_t("Three questions"), _t("One minute. Every answer is read.")),
        one_of("use", _t("How often do you use it?"), [_t("Daily"), _t("Weekly"), _t("Rarely"), _t("Not any more")],
               is_required=True),
        block("rating", label=_t("How useful is it to you?"), name="useful", is_required=True),
        words("wish", _t("What one thing should we change?")),
        email(is_required=False),
    ]]  # fmt: skip


def _nps() -> Built:
    return _t("Send"), [[
        block("scale", label=_t("How likely are you to recommend us to a colleague?"), name="recommend",
              is_required=True),
        sum_of("group", _t("Group"),
               f'band(recommend, 0, "{_t("Critic")}", 7, "{_t("Passive")}", 9, "{_t("Promoter")}")',
               gives="text", is_shown=False),
        words("why", _t("What is the main reason?")),
        email(is_required=False),
    ]]  # fmt: skip


def _willingness() -> Built:
    def price(name: str, label: str) -> Block:
        return block("number", label=label, name=name, unit="€", at_least=0, is_required=True)

    return _t("Send"), [[
        heading(_t("What is it worth to you?"), _t("Four prices a month. There is no wrong answer.")),
        price("too_cheap", _t("So cheap that you would doubt the quality")),
        price("cheap", _t("A bargain")),
        price("dear", _t("Getting expensive, but still possible")),
        price("too_dear", _t("Too expensive, you would not consider it")),
        sum_of("middle", _t("Middle of the range"), "(cheap + dear) / 2", "€", is_shown=False),
        words("without", _t("What would you do if it did not exist?")),
        email(is_required=False),
    ]]  # fmt: skip


def _feedback() -> Built:
    return _t("Send feedback"), [[
        heading(_t("Tell us how it was")),
        block("rating", label=_t("How satisfied are you?"), name="satisfied", is_required=True),
        words("good", _t("What was good?")),
        words("bad", _t("What should be better?")),
        block("yes_no", label=_t("May we quote you?"), name="quote"),
        first_name(is_required=False), email(is_required=False),
    ]]  # fmt: skip


def _interview() -> Built:
    return _t("Offer my time"), [[
        heading(_t("Tell us about your work"), _t("Half an hour, and a thank-you of your choice.")),
        first_name(), email(),
        words("trigger", _t("When did you last look for something like this, and what had happened?"),
              is_required=True),
        words("tried", _t("What had you tried before?")),
        words("worry", _t("What nearly kept you from choosing?")),
        one_of("when", _t("When do you have half an hour?"), [_t("This week"), _t("Next week"), _t("Later")]),
    ]]  # fmt: skip


def _leaving() -> Built:
    return _t("Send"), [[
        heading(_t("Before you go"), _t("Two questions. We do not try to talk you out of it.")),
        one_of("reason", _t("Why are you leaving?"),
               [_t("Too expensive"), _t("Something is missing"), _t("Too hard to use"), _t("I do not need it any more")],
               is_required=True),
        words("back", _t("What would bring you back?")),
        email(is_required=False),
    ]]  # fmt: skip


LISTENING: dict[str, Start] = {
    "survey": Start(
        _("Survey"), _("What people say in one minute steers a year; known people are asked by a link."),
        "forms", _survey, _("Thank you. We read every answer.")),
    "nps": Start(
        _("Recommendation (NPS)"), _("One number over time, and the reason behind it; promoters are your next story."),
        "gauge", _nps, _("Thank you.")),
    "willingness": Start(
        _("Willingness to pay"), _("Four prices find the range in which people buy, before you set one."),
        "cash", _willingness, _("Thank you. That helps us to be fair.")),
    "feedback": Start(
        _("Feedback"), _("After a purchase or a talk: what was good becomes proof, what was not becomes work."),
        "star", _feedback, _("Thank you. We read every answer.")),
    "interview": Start(
        _("Interview: the job to be done"), _("Finds out what people hire you for, in their own words."),
        "microphone", _interview, _("Thank you. We will propose a time.")),
    "leaving": Start(
        _("Leaving"), _("Says why customers go while it can still change something."), "door-exit", _leaving,
        _("Thank you for your time with us.")),
    "blank": Start(_("Empty form"), _("Start from nothing."), "plus", _blank),
}  # fmt: skip
