"""The blocks that a landing page is made of, and what must hold before visitors see it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from capture.models import Form
from leadflow.blocks.schema import BlockSet, BlockType, Choices, Problem, Prop, PropKind
from leadflow.offers.models import Offer

COLOUR = re.compile(r"^#[0-9a-fA-F]{6}$")
# A page asks at most once; buttons lead there.
ASKING = frozenset({"form", "calculator"})
TO_FORM, TO_LINK = "form", "link"


def form_choices() -> Choices:
    """Every form by its public id; whether it is live is asked when the page is published."""
    rows = Form.objects.order_by("name").only("public_id", "name", "status")
    marks = {Form.Status.ARCHIVED: _t("archived"), Form.Status.DRAFT: _t("draft")}
    named = [
        (row.public_id, f"{row.name} ({marks[row.status]})" if row.status in marks else row.name)  # type: ignore[index]
        for row in rows
    ]
    return [("", _t("Choose a form")), *named]


def offer_choices() -> Choices:
    """Every offer by its number."""
    rows = Offer.objects.order_by("name").values_list("pk", "name")
    return [("", _t("Choose an offer")), *((str(pk), name) for pk, name in rows)]


def _title(*, required: bool = False) -> Prop:
    return Prop("title", _("Heading"), required=required, max_length=160)


def _text(label: Any = "", *, required: bool = False, help: Any = "") -> Prop:
    label = label or _("Text")
    label = label or _("Text")
    return Prop("text", label, PropKind.LONG_TEXT, required=required, max_length=5_000, help=help)


_MARKS = _("**bold**, *italic*, [words](https://…) and lists with - are understood.")
_IMAGE = Prop("image", _("Picture"), PropKind.IMAGE)
_ALT = Prop(
    "alt", _("What the picture shows"), max_length=200,
    help=_("For those who cannot see it. Leave it empty for decoration."),
)  # fmt: skip
_BUTTON = (
    Prop("button", _("Words of the button"), max_length=60),
    Prop("leads_to", _("It leads to"), PropKind.CHOICE, TO_FORM,
         choices=((TO_FORM, _("the form on this page")), (TO_LINK, _("another address")))),
    Prop("url", _("Address"), PropKind.URL, max_length=500, placeholder="https://"),
)  # fmt: skip


def _button_problems(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if props["button"] and props["leads_to"] == TO_LINK and not props["url"]:
        yield "url", _t("Say where the button leads.")


def _row_problems(key: str, *needed: str) -> Any:
    """A check that a list has rows, and that each has what a visitor would miss."""

    def check(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if not props[key]:
            yield key, _t("Add at least one.")
        for number, row in enumerate(props[key], start=1):
            if any(not str(row.get(one, "")).strip() for one in needed):
                yield key, _t("Number %(n)d is not finished.") % {"n": number}

    return check


TYPES: tuple[BlockType, ...] = (
    BlockType("hero", _("Opening"), "layout-grid", "opening",
              (_title(required=True), _text(_("Lines below")), *_BUTTON, _IMAGE, _ALT), canvas="section", check=_button_problems),
    BlockType("heading_text", _("Text"), "typography", "content",
              (_title(), _text(required=True, help=_MARKS)), canvas="section"),
    BlockType("picture", _("Picture"), "photo", "content",
              (Prop("image", _("Picture"), PropKind.IMAGE, required=True), _ALT,
               Prop("caption", _("Line below"), max_length=200),
               Prop("size", _("Width"), PropKind.CHOICE, "text", choices=(("text", _("as wide as text")), ("wide", _("wide"))))),
              canvas="picture"),
    BlockType("video", _("Video link"), "video", "content",
              (_title(required=True), Prop("url", _("Address of the video"), PropKind.URL, required=True, max_length=500, placeholder="https://",
                    help=_("It opens there: nothing of another site is loaded before a visitor asks for it.")),
               Prop("length", _("Length"), max_length=20, placeholder="2:30"), _IMAGE, _ALT), canvas="picture"),
    BlockType("benefits", _("Benefits"), "list-check", "content",
              (_title(), Prop("items", _("Benefits"), PropKind.ROWS, [], fields=(
                  Prop("title", _("In short"), max_length=80), Prop("text", _("In a sentence"), PropKind.LONG_TEXT, max_length=400)))),
              canvas="section", check=_row_problems("items", "title")),
    BlockType("form", _("Form"), "forms", "asking",
              (Prop("form", _("Form"), PropKind.CHOICE, "", choices=form_choices, required=True,
                    help=_("Draft forms go live together with the page.")), _title(), _text()), canvas="form"),
    BlockType("calculator", _("Calculator"), "calculator", "asking",
              (Prop("form", _("Calculator"), PropKind.CHOICE, "", choices=form_choices, required=True,
                    help=_("A form with a formula: the result moves while visitors type.")), _title(), _text()), canvas="form"),
    BlockType("call", _("Button"), "click", "asking",
              (_title(), _text(), *_BUTTON), canvas="section", presets={"button": "Get started"}, check=_button_problems),
    BlockType("proof", _("Voices"), "quote", "trust",
              (_title(), Prop("items", _("Voices"), PropKind.ROWS, [], fields=(
                  Prop("quote", _("What was said"), PropKind.LONG_TEXT, max_length=600), Prop("name", _("Who said it"), max_length=80),
                  Prop("role", _("Job and company"), max_length=120), Prop("image", _("Face"), PropKind.IMAGE)))),
              canvas="section", check=_row_problems("items", "quote", "name")),
    BlockType("logos", _("Logos"), "building", "trust",
              (_title(), Prop("items", _("Logos"), PropKind.ROWS, [], fields=(
                  Prop("image", _("Logo"), PropKind.IMAGE), Prop("name", _("Name"), max_length=80)))),
              canvas="section", check=_row_problems("items", "image", "name")),
    BlockType("pricing", _("Prices"), "tag", "offer",
              (_title(), _text(), Prop("items", _("Prices"), PropKind.ROWS, [], fields=(
                  Prop("name", _("Name"), max_length=60), Prop("price", _("Price"), max_length=30, placeholder="€ 49"),
                  Prop("per", _("For"), max_length=40, placeholder="a month"),
                  Prop("text", _("What is in it, one a line"), PropKind.LONG_TEXT, max_length=800),
                  Prop("is_marked", _("Mark it"), PropKind.BOOL, False), *_BUTTON))),
              canvas="section", check=_row_problems("items", "name", "price")),
    BlockType("countdown", _("Countdown"), "hourglass", "offer",
              (Prop("offer", _("Offer"), PropKind.CHOICE, "", choices=offer_choices, required=True,
                    help=_("It counts to the end of the offer itself, and starts over for nobody.")),
               _title(), Prop("after", _("Words once it is over"), max_length=200,
                              help=_("Left empty, the block is gone then."))), canvas="section"),
    BlockType("incentive", _("Offer"), "gift", "offer",
              (Prop("offer", _("Offer"), PropKind.CHOICE, "", choices=offer_choices, required=True,
                    help=_("The form gives it: put the block Offer on the form of this page too.")),
               _title(), Prop("after", _("Words once it is over"), max_length=200,
                              help=_("Left empty, the block is gone then."))), canvas="section"),
    BlockType("faq", _("Questions"), "help-circle", "trust",
              (_title(), Prop("items", _("Questions"), PropKind.ROWS, [], fields=(
                  Prop("question", _("Question"), max_length=200), Prop("answer", _("Answer"), PropKind.LONG_TEXT, max_length=2_000)))),
              canvas="section", check=_row_problems("items", "question", "answer")),
    BlockType("footer", _("Footer"), "section", "opening",
              (_text(), Prop("items", _("Links"), PropKind.ROWS, [], fields=(
                  Prop("label", _("Words"), max_length=60), Prop("url", _("Address"), PropKind.URL, max_length=500)),
                  help=_("Your name, address and privacy notice stand there by themselves."))),
              canvas="section", once=True),
)  # fmt: skip

SETTINGS: tuple[Prop, ...] = (
    Prop("title", _("Title"), required=True, max_length=70, section="search",
         help=_("Stands in search results and in the browser's tab.")),
    Prop("description", _("Description"), PropKind.LONG_TEXT, max_length=200, section="search",
         help=_("One or two sentences below the title in search results.")),
    Prop("is_hidden", _("Hide from search engines"), PropKind.BOOL, False, section="search"),
    Prop("card", _("Picture when it is shared"), PropKind.IMAGE, section="search",
         help=_("Cut to 1200 by 630 px. Without one, the picture of the opening is taken.")),
    Prop("privacy_url", _("Link to your privacy notice"), PropKind.URL, max_length=500, section="look"),
    Prop("colour", _("Colour of buttons"), max_length=7, section="look", placeholder="#2352d0",
         help=_("Left empty, your organisation's. The words on it turn black or white, whichever reads better.")),
    Prop("font", _("Letters"), PropKind.CHOICE, "sans", section="look",
         choices=(("sans", _("Plain")), ("serif", _("Book")), ("round", _("Round")))),
    Prop("tone", _("Ground"), PropKind.CHOICE, "light", section="look",
         choices=(("light", _("Light")), ("warm", _("Warm")), ("dark", _("Dark")))),
)  # fmt: skip


def check_page(content: Mapping[str, Any]) -> Iterator[Problem]:
    """What only the whole page can tell, before it is published."""
    rows = content["pages"][0]["blocks"]
    asking = [row for row in rows if row["type"] in ASKING]
    if not rows:
        yield Problem("pages", _t("Add at least one block."))
    if not any(row["type"] == "hero" for row in rows):
        yield Problem("pages", _t("Add an opening: it holds the page's main heading."))
    for row in asking[1:]:
        yield Problem("pages", _t("A page asks once. Let a button lead to the form."), row["id"])
    colour = content["settings"]["colour"]
    if colour and not COLOUR.match(colour):
        yield Problem("settings.colour", _t("Write a colour such as #2352d0, or leave it empty."))
    yield from _dead_ends(rows, has_form=bool(asking))
    yield from _form_problems(asking)
    yield from _offer_problems([row for row in rows if row["type"] == "countdown"])


def _dead_ends(rows: list[dict[str, Any]], *, has_form: bool) -> Iterator[Problem]:
    """A button that leads to a form needs one."""
    for row in rows:
        props = row["props"]
        buttons = [props, *props["items"]] if row["type"] == "pricing" else [props]
        to_form = any(one.get("button") and one.get("leads_to") == TO_FORM for one in buttons)
        if to_form and not has_form:
            message = _t("The button leads to a form, and this page has none.")
            yield Problem(f"{row['id']}.leads_to", message, row["id"])


def _form_problems(asking: list[dict[str, Any]]) -> Iterator[Problem]:
    """A form that is archived, or a calculator that calculates nothing."""
    wanted = {row["props"]["form"] for row in asking}
    known = {form.public_id: form for form in Form.objects.filter(public_id__in=wanted)}
    for row in asking:
        form = known.get(row["props"]["form"])
        if form is None:
            continue  # the empty property is told already
        path = f"{row['id']}.form"
        if form.status == Form.Status.ARCHIVED:
            yield Problem(path, _t("That form is archived. Choose another."), row["id"])
        kinds = {one["type"] for page in form.draft["pages"] for one in page["blocks"]}
        if row["type"] == "calculator" and "calculation" not in kinds:
            yield Problem(path, _t("That form has no formula. Use the block Form."), row["id"])


def _offer_problems(rows: list[dict[str, Any]]) -> Iterator[Problem]:
    """A countdown needs an end."""
    wanted = [int(row["props"]["offer"]) for row in rows if row["props"]["offer"]]
    ends = dict(Offer.objects.filter(pk__in=wanted).values_list("pk", "ends_at")) if wanted else {}
    for row in rows:
        offer = row["props"]["offer"]
        if offer and ends.get(int(offer)) is None:
            yield Problem(f"{row['id']}.offer", _t("That offer has no end to count to."), row["id"])


PAGE_BLOCKS = BlockSet(
    key="page",
    label=_("Landing page"),
    groups=(
        ("opening", _("Frame")),
        ("content", _("Content")),
        ("asking", _("Asking")),
        ("trust", _("Trust")),
        ("offer", _("Offer")),
    ),
    types=TYPES,
    settings=SETTINGS,
    sections=(("search", _("Search and sharing")), ("look", _("Look"))),
    many_pages=False,
    check=check_page,
    words={
        "page_settings": _("Page"),
        "none_selected": _("Select a block to change it. These settings are the whole page's."),
        "empty_page": _("Nothing on this page yet. Click a block to add it, or drag it here."),
    },
)
