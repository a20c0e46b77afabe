"""The kinds of block that a form is made of, and the entries of the palette."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from capture.blocks.offering import given_choices
from capture.blocks.registering import occasion_choices
from capture.blocks.targets import meeting_choices, save_to_choices
from leadflow.blocks.schema import BlockType, Prop, PropKind, Starter
from leadflow.kit import phones
from leadflow.models import ContactChannel

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
_REQUIRE_WHEN = Prop(
    "require_when",
    _("Require when"),
    PropKind.CONDITION,
    None,
    section="logic",
    help=_("Otherwise it may be left empty, unless it is always required."),
)
_CASES = Prop(
    "cases",
    _("Other values"),
    PropKind.ROWS,
    [],
    section="logic",
    help=_("The first whose rule holds is kept instead of the value above."),
    fields=(
        Prop("value", _("Set it to"), max_length=300),
        Prop("when", _("when"), PropKind.CONDITION, None),
    ),
)
_SETS = Prop(
    "sets",
    _("Set to"),
    PropKind.ROWS,
    [],
    section="logic",
    help=_(
        "The first whose rule holds is kept where the visitor gave no answer, or was not asked. Where the question is shown it is filled in, and may be changed."
    ),
    fields=(
        Prop("value", _("Set it to"), PropKind.ANSWER, ""),
        Prop("when", _("when"), PropKind.CONDITION, None),
    ),
)
PAGE_PROPS = (
    Prop(
        "show_when", _("Show this page when"), PropKind.CONDITION, None, section="logic",
        help=_("Otherwise it is passed over, and nothing on it is asked or kept."),
    ),
    Prop(
        "jumps", _("After this page, go to"), PropKind.ROWS, [], section="logic",
        help=_("From the top down: the first whose rule holds counts. Without one, the next page follows."),
        fields=(
            Prop("to", _("Go to"), PropKind.PAGE, "end"),
            Prop("when", _("when"), PropKind.CONDITION, None),
        ),
    ),
)  # fmt: skip
ENDINGS = Prop(
    "endings", _("Other endings"), PropKind.ROWS, [], section="logic",
    help=_("The first whose rule holds is shown. Without one, visitors see the words of After submit."),
    fields=(
        Prop("title", _("Heading"), max_length=120),
        Prop("text", _("Text"), PropKind.LONG_TEXT, max_length=2000),
        Prop("url", _("Or send the visitor to"), PropKind.URL, max_length=500, placeholder="https://"),
        Prop("when", _("when"), PropKind.CONDITION, None),
    ),
)  # fmt: skip
_ASK_AGAIN = Prop("ask_again", _("Ask known visitors again"), PropKind.BOOL, False)
_OPTIONS = Prop("options", _("Answers"), PropKind.OPTIONS, [], required=True)


def _question(*extra: Prop, save: bool = True) -> tuple[Prop, ...]:
    """What every question has. One that can be saved to a field can be set by rules too; the others say who
    somebody is, or hold what only the visitor can give."""
    to, rules = ((_SAVE_TO,), (_SETS,)) if save else ((), ())
    about = (_LABEL, _HELP, *extra, *to, _REQUIRED, _ASK_AGAIN, _NAME)
    return (*about, _SHOW_WHEN, _REQUIRE_WHEN, *rules)


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


def _money_problems(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _number_problems(props)
    if not re.fullmatch("[A-Z]{3}", props["currency"]):
        yield "currency", _t("Three capital letters, such as EUR.")


def _consent_problems(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if props["confirm"] and props["channel"] != ContactChannel.EMAIL:
        yield "confirm", _t("A mailbox can confirm consent to email only.")


def _phone_problems(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    country = str(props["country"]).upper()
    if country and not phones.is_country(country):
        yield "country", _t("Two letters of a country, such as DE, or nothing.")


def _image_problems(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not props["image"] and not props["url"]:
        yield "image", _t("Choose a picture, or give the address of one.")
    if not props["alt"].strip() and not props["is_decoration"]:
        yield "alt", _t("Say what the picture shows, for people who cannot see it.")


_LIMITS = (
    Prop("at_least", _("At least"), PropKind.NUMBER, None, section="more"),
    Prop("at_most", _("At most"), PropKind.NUMBER, None, section="more"),
)
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
    Prop("is_gated", _("For the report only"), PropKind.BOOL, False,
         help=_("Worked out after sending. Neither the result nor the formula reaches the visitor's browser.")),
    _SAVE_TO, _NAME, _SHOW_WHEN,
)  # fmt: skip
_PHONE_COUNTRY = Prop(
    "country",
    _("Country of a number without +"),
    max_length=2,
    section="more",
    placeholder="DE",
    help=_("A number such as 030 901820 is read as one of this country."),
)
_WHICH_DAYS = Prop(
    "which",
    _("Days that can be given"),
    PropKind.CHOICE,
    "any",
    choices=(("any", _("Any day")), ("future", _("Today or later")), ("past", _("Today or earlier"))),
    section="more",
)  # fmt: skip
_SCALE = (
    Prop("lowest", _("From"), PropKind.CHOICE, "0", choices=(("0", "0"), ("1", "1"))),
    Prop("highest", _("To"), PropKind.CHOICE, "10", choices=tuple((str(n), str(n)) for n in range(3, 11))),
    Prop("low_words", _("What the lowest means"), max_length=60, placeholder=_("Not at all likely")),
    Prop("high_words", _("What the highest means"), max_length=60, placeholder=_("Very likely")),
)  # fmt: skip
_FILE = (
    Prop("kinds", _("Files that can be sent"), PropKind.CHOICE, "all", choices=(
        ("all", _("Documents and pictures")), ("documents", _("Documents")),
        ("pictures", _("Pictures")), ("pdf", _("PDF")))),
    Prop("most_mb", _("At most"), PropKind.CHOICE, "10",
         choices=tuple((str(n), _("%d MB") % n) for n in (1, 5, 10)), section="more"),
)  # fmt: skip
_TEXT = Prop(
    "text", _("Text"), PropKind.RICH_TEXT, required=True, max_length=3000,
    help=_("Two stars make **bold**, one makes *italics*; [words](https://…) are a link; a dash begins a list."),
)  # fmt: skip

_AGREED_WAYS = tuple(
    (way.value, way.label)
    for way in (ContactChannel.EMAIL, ContactChannel.PHONE, ContactChannel.SMS, ContactChannel.POST)
)
TWO_ANSWERS = [{"value": "one", "label": "One"}, {"value": "two", "label": "Two"}]
_WAYS = (
    ("search", _("A search engine")),
    ("recommendation", _("Somebody recommended you")),
    ("social", _("Social media")),
    ("event", _("A fair or an event")),
    ("article", _("An article, podcast or video")),
    ("ad", _("An advertisement")),
    ("other", _("Something else")),
)
# The values are the words that the lead's page shows, and that say when to call (`kit.best_times`).
_BEST_TIMES = ("mornings", "midday", "afternoons", "evenings", "any time")

TYPES: tuple[BlockType, ...] = (
    BlockType("email", _("Email"), "mail", "contact", _question(_PLACEHOLDER, save=False), once=True,
              logic="text", presets={"label": "Email", "name": "email", "is_required": True},
              about=_("An email address. It says who the person is.")),
    BlockType("phone", _("Phone"), "phone", "contact",
              _question(_PLACEHOLDER, _PHONE_COUNTRY, save=False),
              once=True, logic="text", presets={"label": "Phone", "name": "phone"}, check=_phone_problems,
              about=_("A telephone number, checked against the rules of its country.")),
    BlockType("short_text", _("Short text"), "letter-case", "questions",
              _question(_PLACEHOLDER), logic="text", about=_("One line of words.")),
    BlockType("long_text", _("Long text"), "notes", "questions",
              _question(_PLACEHOLDER), canvas="textarea", logic="text", about=_("Several lines of words.")),
    BlockType("number", _("Number"), "hash", "questions",
              _question(Prop("unit", _("Unit"), max_length=20, placeholder="m²"), *_LIMITS),
              logic="number", check=_number_problems, about=_("A number, with a unit if you like.")),
    BlockType("money", _("Money"), "cash", "questions",
              _question(Prop("currency", _("Currency"), default="EUR", max_length=3, required=True,
                             placeholder="EUR"), *_LIMITS),
              logic="number", check=_money_problems, about=_("An amount in one currency, to the cent.")),
    BlockType("date", _("Date"), "calendar", "questions", _question(_WHICH_DAYS), logic="date",
              canvas="date", about=_("A day of the calendar.")),
    BlockType("choice", _("Choices"), "list-check", "questions",
              _question(_OPTIONS, Prop("is_multiple", _("Several answers possible"), PropKind.BOOL, False),
                        _HAS_POINTS),
              canvas="choices", logic="choice", presets={"options": TWO_ANSWERS}, check=_options_problems,
              about=_("Answers to choose from, all in sight: one of them, or several.")),
    BlockType("dropdown", _("Dropdown"), "select", "questions", _question(_OPTIONS, _HAS_POINTS),
              canvas="select", logic="choice", presets={"options": TWO_ANSWERS}, check=_options_problems,
              about=_("One answer from a long list.")),
    BlockType("yes_no", _("Yes or no"), "toggle-left", "questions", _question(), canvas="yes_no",
              logic="boolean", about=_("A question with two answers.")),
    BlockType("rating", _("Rating"), "star", "questions",
              _question(Prop("stars", _("Stars"), PropKind.CHOICE, "5",
                             choices=tuple((str(n), str(n)) for n in range(3, 11)))),
              canvas="rating", logic="number", about=_("Stars, from one to as many as you say.")),
    BlockType("scale", _("Scale"), "adjustments-horizontal", "questions", _question(*_SCALE), canvas="scale",
              logic="number", about=_("A number from a row, such as 0 to 10, with words at both ends.")),
    BlockType("slots", _("Booking slots"), "calendar-event", "questions",
              _question(Prop("meeting", _("Meeting type"), PropKind.CHOICE, "", required=True,
                             choices=meeting_choices,
                             help=_("Settings, Meeting types says what can be booked, and with whom.")), save=False),
              canvas="slots", logic="text", once=True, presets={"label": "Choose a time", "name": "slot"},
              about=_("Free times of your people. Who sends the form has booked the one that was chosen.")),
    BlockType("file", _("File"), "paperclip", "questions", _question(*_FILE, save=False), canvas="file",
              logic="text", about=_("A document or picture. Nobody but your staff can fetch it.")),
    BlockType("hidden", _("Hidden"), "eye-off", "data",
              (Prop("label", _("Label"), required=True, max_length=200),
               Prop("value", _("Value"), required=True), _SAVE_TO, _NAME, _CASES),
              canvas="hidden", logic="text", about=_("A value of yours that goes along with the answers.")),
    BlockType("url_param", _("Link value"), "link", "data",
              (Prop("label", _("Label"), required=True, max_length=200),
               Prop("param", _("Parameter of the page's address"), required=True, max_length=60,
                    placeholder="ref", help=_("…?ref=fair2026 stores fair2026.")),
               _SAVE_TO, _NAME),
              canvas="hidden", logic="text", about=_("A value out of the address of the page.")),
    BlockType("calculation", _("Formula"), "calculator", "results", _CALCULATION,
              canvas="calculation", logic="number", about=_("Something worked out from the answers above.")),
    BlockType("result", _("Result"), "report-analytics", "results",
              (Prop("text", _("Text"), PropKind.LONG_TEXT, required=True, max_length=3000,
                    help=_("A name in braces, as {total}, shows that answer or calculation.")),
               _SHOW_WHEN),
              canvas="text", about=_("A text that shows answers and results.")),
    BlockType("heading", _("Heading"), "heading", "page",
              (Prop("text", _("Text"), required=True, max_length=160),
               Prop("sub", _("Line below"), PropKind.LONG_TEXT, max_length=400), _SHOW_WHEN),
              canvas="heading", about=_("A title, with a line below it.")),
    BlockType("text", _("Text"), "typography", "page", (_TEXT, _SHOW_WHEN),
              canvas="text", about=_("Words of yours: bold, links and lists.")),
    BlockType("image", _("Picture"), "photo", "page",
              (Prop("image", _("Picture"), PropKind.IMAGE),
               Prop("url", _("Or the address of one on the web"), PropKind.URL, max_length=500,
                    placeholder="https://"),
               Prop("alt", _("What it shows"), max_length=200,
                    help=_("Read aloud to people who cannot see it.")),
               Prop("is_decoration", _("It is only decoration"), PropKind.BOOL, False),
               Prop("caption", _("Line below"), max_length=300), _SHOW_WHEN),
              canvas="image", check=_image_problems, about=_("A picture of yours, or one on the web.")),
    BlockType("occasion", _("Event"), "calendar-event", "page",
              (Prop("occasion", _("Event"), PropKind.CHOICE, "", required=True, choices=occasion_choices,
                    help=_("Plan events under Events; whoever sends this form registers for the one chosen here.")),),
              once=True, canvas="occasion",
              about=_("Registration for a webinar or another event: date, places, waiting list.")),
    BlockType("offer", _("Offer"), "gift", "page",
              (Prop("offer", _("Offer"), PropKind.CHOICE, "", required=True, choices=given_choices,
                    help=_("Whoever sends this form gets its code, on the page and by mail, while it holds and lasts.")),
               _SHOW_WHEN),
              once=True, canvas="offer",
              about=_("The reason to send the form: a discount or bonus with its code.")),
    BlockType("consent", _("Consent"), "shield-check", "page",
              (Prop("text", _("What the visitor agrees to"), PropKind.LONG_TEXT, required=True,
                    max_length=2000,
                    help=_("Stored word for word as proof, with the version of the form.")),
               Prop("purpose", _("Purpose"), max_length=60, default="marketing", required=True),
               Prop("channel", _("By which way"), PropKind.CHOICE, ContactChannel.EMAIL.value, choices=_AGREED_WAYS,
                    help=_("One box for each way: who agrees to email has not agreed to calls.")),
               Prop("confirm", _("Ask by mail to confirm it"), PropKind.BOOL, False,
                    help=_("Double opt-in: nothing else is sent before the visitor's mailbox agrees.")),
               _REQUIRED, _NAME, _SHOW_WHEN, _REQUIRE_WHEN),
              canvas="consent", logic="boolean", check=_consent_problems, presets={
                  "name": "consent",
                  "text": "Send me news by email. I can stop it with one click."},
              about=_("A box to tick, kept with its words as proof.")),
)  # fmt: skip

STARTERS: tuple[Starter, ...] = (
    Starter("email", _("Email"), "mail", "contact", "email", about=_("An email address. It says who the person is.")),
    Starter("phone", _("Phone"), "phone", "contact", "phone",
            about=_("A telephone number, checked against the rules of its country.")),
    Starter("first_name", _("First name"), "user", "contact", "short_text",
            {"label": _("First name"), "name": "first_name", "save_to": "first_name"},
            about=_("Fills the first name of the lead.")),
    Starter("last_name", _("Last name"), "user", "contact", "short_text",
            {"label": _("Last name"), "name": "last_name", "save_to": "last_name"},
            about=_("Fills the last name of the lead.")),
    Starter("company", _("Company"), "building", "contact", "short_text",
            {"label": _("Company"), "name": "company", "save_to": "company_name"},
            about=_("Finds or makes the company of the lead.")),
    Starter("job_title", _("Job title"), "briefcase", "contact", "short_text",
            {"label": _("Job title"), "name": "job_title", "save_to": "job_title"},
            about=_("Fills the job title of the lead.")),
    Starter("preferred_channel", _("Preferred channel"), "message-circle", "contact", "choice",
            {"label": _("How may we reach you?"), "name": "preferred_channel", "save_to": "preferred_channel",
             "options": [{"value": key, "label": ContactChannel(key).label}
                         for key in ("email", "phone", "whatsapp", "sms")]},
            about=_("How they like to be reached: the first button of whoever works the lead.")),
    Starter("preferred_time", _("Best time"), "clock", "contact", "choice",
            {"label": _("When is a good time?"), "name": "preferred_time", "save_to": "preferred_time",
             "options": [{"value": words, "label": words.capitalize()} for words in _BEST_TIMES]},
            about=_("When they like to be called; who calls at another time is told.")),
    Starter("heard_from", _("Heard from"), "speakerphone", "questions", "dropdown",
            {"label": _("How did you hear about us?"), "name": "heard_from",
             "options": [{"value": key, "label": label} for key, label in _WAYS]},
            about=_("The visitor's own word on where they came from, beside what the link says.")),
)  # fmt: skip
