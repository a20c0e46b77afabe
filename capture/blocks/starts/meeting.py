"""Starts for visitors who want to talk: contact, demo, trial, advice, a price, help."""

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
    full_name,
    heading,
    one_of,
    phone,
    times,
    words,
)

Built = tuple[str, list[list[Block]]]


def _contact() -> Built:
    return _t("Send message"), [[
        heading(_t("Get in touch"), _t("We answer within one working day.")),
        full_name(), email(), company(),
        words("message", _t("How can we help?"), is_required=True),
        consent(),
    ]]  # fmt: skip


def _demo() -> Built:
    sizes = ["1-10", "11-50", "51-200", "201-1000", "1000+"]
    return _t("Ask for a demo"), [[
        heading(_t("See it with your own data"), _t("Thirty minutes, no slides.")),
        first_name(),
        field("last_name", _t("Last name"), "last_name", is_required=True),
        email(), phone(), company(is_required=True),
        block("dropdown", label=_t("People in your company"), name="company_size", save_to="company_size",
              options=[{"value": size.replace("+", "_plus"), "label": size} for size in sizes]),
        block("yes_no", label=_t("Do you use a CRM today?"), name="has_crm"),
        block("short_text", label=_t("Which one?"), name="crm",
              show_when={"all": [{"field": "has_crm", "op": "is", "value": True}]}),
        *times("demo"),
        consent(_t("You may email me about this demo and similar offers.")),
    ]]  # fmt: skip


def _trial() -> Built:
    return _t("Start the trial"), [[
        heading(_t("Try it for 14 days"), _t("No card. It ends by itself.")),
        first_name(), email(), company(),
        one_of("goal", _t("What do you want to see work?"),
               [_t("More leads"), _t("Faster answers"), _t("A clean pipeline"), _t("Something else")]),
        one_of("team", _t("Who will try it?"), [_t("Just me"), _t("2 to 5 people"), _t("6 or more")]),
        consent(_t("Write to me about the trial and what comes after it.")),
    ]]  # fmt: skip


def _consultation() -> Built:
    return _t("Ask for a call"), [[
        heading(_t("A free first consultation"), _t("Half an hour with somebody who knows the subject.")),
        full_name(), email(), phone(),
        words("need", _t("What do you want to talk about?"), is_required=True),
        one_of("timing", _t("When do you want to begin?"),
               [_t("This month"), _t("This quarter"), _t("This year"), _t("I am only looking")]),
        one_of("budget", _t("Is there a budget?"), [_t("Yes"), _t("Being decided"), _t("Not yet")]),
        *times("discovery"),
        consent(),
    ]]  # fmt: skip


def _quote() -> Built:
    return _t("Ask for an offer"), [[
        heading(_t("Get an offer"), _t("In writing, within two working days.")),
        full_name(), email(), company(is_required=True),
        words("scope", _t("What do you need?"), is_required=True),
        block("number", label=_t("How many?"), name="quantity", at_least=1),
        block("date", label=_t("By when?"), name="needed_by"),
        consent(),
    ]]  # fmt: skip


def _callback() -> Built:
    return _t("Call me back"), [[
        heading(_t("We call you back")),
        full_name(),
        phone() | {"props": phone()["props"] | {"is_required": True}},
        one_of("when", _t("When is a good time?"), [_t("In the morning"), _t("At noon"), _t("In the afternoon")]),
        field("about", _t("What is it about?")),
    ]]  # fmt: skip


def _partner() -> Built:
    return _t("Send"), [[
        heading(_t("Work with us"), _t("For agencies, resellers and makers of other tools.")),
        full_name(), email(), company(is_required=True),
        one_of("kind", _t("What do you have in mind?"),
               [_t("Selling your product"), _t("Connecting our products"), _t("Writing or speaking together")],
               is_required=True),
        words("reach", _t("Whom do you reach?")),
        consent(),
    ]]  # fmt: skip


def _support() -> Built:
    return _t("Send"), [[
        heading(_t("Tell us what is wrong"), _t("A person reads it today.")),
        full_name(), email(),
        one_of("how_bad", _t("How bad is it?"),
               [_t("Nothing works"), _t("Something does not work"), _t("I have a question")], is_required=True),
        words("problem", _t("What happened, and what did you expect?"), is_required=True),
        block("yes_no", label=_t("May somebody from sales call about a larger plan?"), name="wants_call"),
    ]]  # fmt: skip


MEETING: dict[str, Start] = {
    "contact": Start(
        _("Contact form"), _("The shortest way to you: a name, an address and a message."), "mail", _contact,
        _("Your message has arrived. We answer within one working day.")),
    "demo": Start(
        _("Demo request"), _("Who asks to see it is close to buying; these questions prepare the talk."),
        "device-desktop", _demo, _("We will write to you to find a time.")),
    "trial": Start(
        _("Free trial"), _("People who try it qualify themselves; the goal says what to show them."), "rocket",
        _trial, _("Look into your inbox: the way in is on its way."), begins_trial=True),
    "consultation": Start(
        _("Consultation"), _("Need, timing and budget in three questions, in exchange for real advice."),
        "message-2", _consultation, _("We will propose two times by email.")),
    "quote": Start(
        _("Offer request"), _("Whoever asks for a price has a need and a date; ask for both."), "file-invoice",
        _quote, _("Your offer comes within two working days.")),
    "callback": Start(
        _("Callback"), _("For people who would rather talk than type: a number and a time."), "phone",
        _callback, _("We will call you.")),
    "partner": Start(
        _("Partner request"), _("Keeps partners out of the sales queue and asks what they bring."),
        "heart-handshake", _partner, _("Thank you. The right person will write to you.")),
    "support": Start(
        _("Support handover"), _("Customers who need help also say whether they want more; sales hears of it."),
        "lifebuoy", _support, _("We have it. Somebody writes back today.")),
}  # fmt: skip
