"""Starts that give something for an address: a newsletter, a guide, a seat."""

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from capture.blocks.starts.parts import (
    Block,
    Start,
    block,
    company,
    consent,
    email,
    field,
    first_name,
    follow_up,
    full_name,
    heading,
    one_of,
)

Built = tuple[str, list[list[Block]]]


def _newsletter() -> Built:
    return _t("Subscribe"), [[
        heading(_t("Get our newsletter"), _t("Once a month. No noise.")),
        first_name(is_required=False), email(),
        consent(_t("Send me the newsletter by email. I can stop it with one click."),
                is_required=True, confirm=True),
    ]]  # fmt: skip


def _guide() -> Built:
    return _t("Send me the guide"), [[
        heading(_t("Download the guide"), _t("Free, by email, in a minute.")),
        first_name(), email(),
        field("job_title", _t("Job title"), "job_title"),
        follow_up(_t("the guide")),
    ]]  # fmt: skip


def _checklist() -> Built:
    return _t("Send me the checklist"), [[
        heading(_t("The checklist, on one page"), _t("Print it, tick it off.")),
        email(), follow_up(_t("the checklist")),
    ]]  # fmt: skip


def _whitepaper() -> Built:
    return _t("Send me the paper"), [[
        heading(_t("Read the white paper"), _t("The numbers, the method, the sources.")),
        full_name(), email(), company(is_required=True),
        field("job_title", _t("Job title"), "job_title"),
        one_of("use", _t("What do you need it for?"),
               [_t("A decision this year"), _t("Research"), _t("General interest")]),
        follow_up(_t("the paper")),
    ]]  # fmt: skip


def _template() -> Built:
    return _t("Send me the template"), [[
        heading(_t("Get the template"), _t("A sheet that you can use today.")),
        first_name(), email(), follow_up(_t("the template")),
    ]]  # fmt: skip


def _webinar() -> Built:
    return _t("Save my seat"), [[
        heading(_t("Join the webinar"), _t("45 minutes and your questions. We record it.")),
        block("occasion"),
        first_name(), field("last_name", _t("Last name"), "last_name"), email(), company(),
        block("long_text", label=_t("What should we answer?"), name="question"),
        consent(_t("Send me the recording and up to three mails about the subject.")),
    ]]  # fmt: skip


def _event() -> Built:
    return _t("Register"), [[
        heading(_t("Come and see us"), _t("Seats are limited.")),
        block("occasion"),
        full_name(), email(), company(),
        block("number", label=_t("How many of you come?"), name="seats", at_least=1, at_most=5),
        one_of("food", _t("Anything that we should know for the catering?"),
               [_t("No"), _t("Vegetarian"), _t("Vegan"), _t("Gluten-free")]),
        consent(),
    ]]  # fmt: skip


def _waitlist() -> Built:
    return _t("Put me on the list"), [[
        heading(_t("Be among the first"), _t("We write once, when it opens.")),
        email(), field("reason", _t("What would you use it for?")),
        consent(_t("Write to me when it opens."), is_required=True),
    ]]  # fmt: skip


GIVING: dict[str, Start] = {
    "newsletter": Start(
        _("Newsletter"), _("Stays in touch with people who are not ready; the mailbox confirms, so it is clean."),
        "send", _newsletter, _("One step is left: press the button in the mail that we just sent."),
        stage="subscriber"),
    "guide": Start(
        _("E-book or guide"), _("A download tells the topic somebody works on; a title tells who they are."),
        "file-text", _guide, _("Look into your inbox: the guide is on its way.")),
    "checklist": Start(
        _("Checklist"), _("One page, one question: the lowest price for an address that there is."),
        "list-check", _checklist, _("The checklist is on its way.")),
    "whitepaper": Start(
        _("White paper"), _("Long reads draw people who decide; ask for the company and the use."),
        "report-analytics", _whitepaper, _("The paper is on its way.")),
    "template": Start(
        _("Template"), _("Something to work with is kept and passed on, with your name on it."),
        "file-spreadsheet", _template, _("The template is on its way.")),
    "webinar": Start(
        _("Webinar"), _("An hour of attention; who comes, and what they ask, qualifies better than a click."),
        "video", _webinar, _("Your seat is saved. The way in comes by email.")),
    "event": Start(
        _("Event"), _("A visit in person, with seats, and everything the day needs to know."),
        "calendar-event", _event, _("You are on the list. See you there.")),
    "waitlist": Start(
        _("Waiting list"), _("Shows demand before you build, and who to ask first."), "clock", _waitlist,
        _("You are on the list. We write once."), stage="subscriber"),
}  # fmt: skip
