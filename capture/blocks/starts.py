"""What a new form may start from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from capture.blocks import FORM_BLOCKS, TYPES
from leadflow.blocks import documents

_BY_KEY = {kind.key: kind for kind in TYPES}


@dataclass(frozen=True, slots=True)
class Start:
    """One way to begin: what it is for, the document, and the words after sending."""

    name: Any
    about: Any
    icon: str
    build: Callable[[], tuple[str, list[dict[str, Any]]]]
    thanks: Any = ""

    def content(self) -> documents.Content:
        """A fresh document; its words are in the maker's language."""
        label, rows = self.build()
        content = documents.empty(submit_label=label)
        content["pages"][0]["blocks"] = rows
        return documents.normalised(content, FORM_BLOCKS)


def block(kind: str, **props: Any) -> dict[str, Any]:
    """One block of a form, by its type's name."""
    return documents.block(_BY_KEY[kind], **props)


def _email(**props: Any) -> dict[str, Any]:
    return block("email", label=_t("Email"), **props)


def _field(name: str, label: str, save_to: str, *, is_required: bool = False) -> dict[str, Any]:
    return block("short_text", label=label, name=name, save_to=save_to, is_required=is_required)


def _consent(text: str, *, is_required: bool = False) -> dict[str, Any]:
    return block("consent", text=text, is_required=is_required)


def _blank() -> tuple[str, list[dict[str, Any]]]:
    return _t("Send"), []


def _contact() -> tuple[str, list[dict[str, Any]]]:
    return _t("Send message"), [
        block("heading", text=_t("Get in touch"), sub=_t("We answer within one working day.")),
        _field("full_name", _t("Your name"), "full_name", is_required=True),
        _email(),
        _field("company", _t("Company"), "company_name"),
        block("long_text", label=_t("How can we help?"), name="message", is_required=True),
        _consent(_t("Send me news by email. I can stop it with one click.")),
    ]


def _newsletter() -> tuple[str, list[dict[str, Any]]]:
    return _t("Subscribe"), [
        block("heading", text=_t("Get our newsletter"), sub=_t("Once a month. No noise.")),
        _field("first_name", _t("First name"), "first_name"),
        _email(),
        _consent(
            _t("Send me the newsletter by email. I can stop it with one click."), is_required=True
        ),
    ]


def _demo() -> tuple[str, list[dict[str, Any]]]:
    sizes = ["1-10", "11-50", "51-200", "201-1000", "1000+"]
    return _t("Ask for a demo"), [
        block(
            "heading", text=_t("See it with your own data"), sub=_t("Thirty minutes, no slides.")
        ),
        _field("first_name", _t("First name"), "first_name", is_required=True),
        _field("last_name", _t("Last name"), "last_name", is_required=True),
        _email(),
        block("phone", label=_t("Phone"), help=_t("With the country code, such as +49 30 901820.")),
        _field("company", _t("Company"), "company_name", is_required=True),
        block(
            "dropdown",
            label=_t("People in your company"),
            name="company_size",
            save_to="company_size",
            options=[{"value": size.replace("+", "_plus"), "label": size} for size in sizes],
        ),
        block("yes_no", label=_t("Do you use a CRM today?"), name="has_crm"),
        block(
            "short_text",
            label=_t("Which one?"),
            name="crm",
            show_when={"all": [{"field": "has_crm", "op": "is", "value": True}]},
        ),
        _consent(_t("You may email me about this demo and similar offers.")),
    ]


def _guide() -> tuple[str, list[dict[str, Any]]]:
    return _t("Send me the guide"), [
        block("heading", text=_t("Download the guide"), sub=_t("Free, by email, in a minute.")),
        _field("first_name", _t("First name"), "first_name", is_required=True),
        _email(),
        _field("job_title", _t("Job title"), "job_title"),
        _consent(
            _t("Send me the guide and up to three follow-up mails. I can stop them with one click.")
        ),
    ]


def _calculator() -> tuple[str, list[dict[str, Any]]]:
    return _t("Send me the result"), [
        block(
            "heading",
            text=_t("What does manual work cost you?"),
            sub=_t("Three numbers, and you see it at once."),
        ),
        block("number", label=_t("People who do it"), name="people", is_required=True, at_least=1),
        block(
            "number",
            label=_t("Hours a week for each of them"),
            name="hours",
            is_required=True,
            at_least=0,
        ),
        block("number", label=_t("Cost of an hour"), name="hourly", unit="€", at_least=0),
        block(
            "calculation",
            label=_t("Cost a year"),
            name="cost",
            formula="people * hours * if(answered(hourly), hourly, 45) * 46",
            unit="€",
        ),
        block(
            "calculation",
            label=_t("Verdict"),
            name="verdict",
            gives="text",
            is_shown=False,
            formula=f'band(cost, 0, "{_t("small")}", 20000, "{_t("large")}", 100000, "{_t("huge")}")',
        ),
        block(
            "result",
            text=_t("That is a {verdict} sum: {cost} € a year, at 46 weeks."),
            show_when={"all": [{"field": "cost", "op": "more_than", "value": 0}]},
        ),
        _email(),
        _consent(
            _t(
                "Send me the result and up to three follow-up mails. I can stop them with one click."
            )
        ),
    ]


STARTS: dict[str, Start] = {
    "contact": Start(
        _("Contact form"),
        _("Name, email and a message."),
        "mail",
        _contact,
        _("Your message has arrived. We answer within one working day."),
    ),
    "newsletter": Start(
        _("Newsletter"),
        _("An address and the consent to write to it."),
        "send",
        _newsletter,
        _("You are on the list."),
    ),
    "demo": Start(
        _("Demo request"),
        _("Who they are, what they use, how to reach them."),
        "device-desktop",
        _demo,
        _("We will write to you to find a time."),
    ),
    "guide": Start(
        _("Guide download"),
        _("An email in exchange for something worth reading."),
        "file-text",
        _guide,
        _("Look into your inbox: the guide is on its way."),
    ),
    "calculator": Start(
        _("Calculator"),
        _("A number worth an email: worked out while they type, kept with the lead."),
        "calculator",
        _calculator,
        _("Your result is on its way."),
    ),
    "blank": Start(_("Empty form"), _("Start from nothing."), "plus", _blank),
}
