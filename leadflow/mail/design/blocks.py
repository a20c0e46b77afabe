"""The blocks that a mail is made of, and what must hold before it is published."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.assets.models import ContentItem
from leadflow.blocks.schema import BlockSet, BlockType, Choices, Problem, Prop, PropKind
from leadflow.models import BuyerStage

KEY = "mail"
ELSE = "else"
_MARKS = _("**bold**, *italic*, [words](https://…) and lists with - are understood.")
_WHEN = Prop(
    "show_when", _("Shown when"), PropKind.CONDITION, None, section="logic",
    help=_("Asked of each reader when the mail is written."),
)  # fmt: skip
_IMAGE = Prop("image", _("Picture"), PropKind.IMAGE)
_ALT = Prop(
    "alt", _("What the picture shows"), max_length=200,
    help=_("Many readers see no pictures at first: say what they miss."),
)  # fmt: skip
_ALIGN = Prop(
    "align", _("Stands"), PropKind.CHOICE, "left", choices=(("left", _("left")), ("center", _("in the middle")))
)  # fmt: skip


def _url(key: str = "url", label: Any = "", *, required: bool = False) -> Prop:
    """An address that may hold fields; `merging.Tags` and the checks say whether it leads anywhere."""
    return Prop(
        key, label or _("Address"), required=required, max_length=1_000, placeholder="https://",
        merges=True,
    )  # fmt: skip


def _words(
    key: str, label: Any, *, most: int = 200, required: bool = False, long: bool = False
) -> Prop:
    kind = PropKind.LONG_TEXT if long else PropKind.TEXT
    return Prop(key, label, kind, required=required, max_length=most, merges=True)


def _marked(label: Any, *, required: bool = False, default: str = "") -> Prop:
    return Prop(
        "text", label, PropKind.RICH_TEXT, default, required=required, max_length=10_000, help=_MARKS, merges=True
    )  # fmt: skip


def topic_choices() -> Choices:
    """The topics of the library."""
    rows = ContentItem.objects.filter(is_archived=False).exclude(topic="")
    topics = rows.order_by("topic").values_list("topic", flat=True).distinct()
    return [("", _t("Any topic")), *((one, one) for one in topics)]


def stage_choices() -> Choices:
    """The stages of a buyer, and everybody else."""
    return [*((key, str(label)) for key, label in BuyerStage.choices), (ELSE, _t("everybody else"))]


def _button_check(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if props["button"] and not props["url"]:
        yield "url", _t("Say where the button leads.")


def _image_check(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if props["image"] and not props["alt"].strip():
        yield "alt", _t("Say what the picture shows: many readers see it only in words.")


def _columns_check(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rows = props["items"]
    if not 1 <= len(rows) <= 4:
        yield "items", _t("Use one to four columns.")
    for number, row in enumerate(rows, start=1):
        if row.get("image") and not row.get("alt", "").strip():
            yield (
                "items",
                _t("Say what the picture in column %(n)d shows.") % {"n": number},
            )
        if row.get("button") and not row.get("url"):
            yield "items", _t("Say where the button in column %(n)d leads.") % {"n": number}


def _staged_check(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    stages = [row.get("stage") for row in props["items"]]
    if not stages:
        yield "items", _t("Add at least one.")
    if len(set(stages)) < len(stages):
        yield "items", _t("Two of them are for the same stage.")


def _footer_check(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for number, row in enumerate(props["items"], start=1):
        if not row.get("label", "").strip() or not row.get("url", "").strip():
            yield "items", _t("Link %(n)d is not finished.") % {"n": number}


_IN_COLUMN = (
    _IMAGE, _ALT, _words("title", _("Heading"), most=120), _words("text", _("Text"), most=1_000, long=True),
    _words("button", _("Words of the link"), most=60), _url(),
)  # fmt: skip
_IN_STAGE = (
    Prop("stage", _("For whoever is at"), PropKind.CHOICE, "awareness", choices=stage_choices),
    _words("title", _("Heading"), most=160), _marked(_("Text")),
    _words("button", _("Words of the link"), most=60), _url(),
)  # fmt: skip

TYPES: tuple[BlockType, ...] = (
    BlockType("header", _("Logo"), "building", "frame", (_WHEN,), canvas="section", once=True,
              about=_("Your logo from the brand kit, or your name.")),
    BlockType("heading", _("Heading"), "heading", "content",
              (_words("title", _("Heading"), required=True), Prop("size", _("Size"), PropKind.CHOICE, "large", choices=(("large", _("large")), ("small", _("small")))),
               _ALIGN, _WHEN), canvas="section"),
    BlockType("text", _("Text"), "typography", "content", (_marked(_("Text"), required=True), _ALIGN, _WHEN), canvas="section"),
    BlockType("button", _("Button"), "click", "content",
              (_words("button", _("Words of the button"), most=60, required=True), _url(required=True), _ALIGN, _WHEN),
              canvas="section", presets={"button": "Read more", "align": "center"}, check=_button_check),
    BlockType("image", _("Picture"), "photo", "content",
              (Prop("image", _("Picture"), PropKind.IMAGE, required=True), _ALT, _url(label=_("It leads to")),
               Prop("size", _("Width"), PropKind.CHOICE, "wide", choices=(("wide", _("as wide as the mail")), ("half", _("half as wide")))), _WHEN),
              canvas="picture", check=_image_check),
    BlockType("columns", _("Columns"), "layout-grid", "content",
              (Prop("items", _("Columns"), PropKind.ROWS, [], fields=_IN_COLUMN), _WHEN), canvas="section", check=_columns_check,
              about=_("Side by side on a desk, one below the other on a phone.")),
    BlockType("quote", _("Quote"), "quote", "content",
              (_words("text", _("What was said"), most=600, required=True, long=True), _words("title", _("Who said it"), most=160), _WHEN), canvas="section"),
    BlockType("divider", _("Divider"), "section", "frame", (_WHEN,), canvas="section"),
    BlockType("spacer", _("Space"), "page-break", "frame",
              (Prop("size", _("Height"), PropKind.CHOICE, "24", choices=(("12", _("small")), ("24", _("middle")), ("48", _("large")))), _WHEN), canvas="section"),
    BlockType("staged", _("By buyer's stage"), "git-fork", "personal",
              (Prop("items", _("What each reads"), PropKind.ROWS, [], fields=_IN_STAGE,
                    help=_("Each reader gets the words for their stage, or those for everybody else.")), _WHEN),
              canvas="section", check=_staged_check),
    BlockType("content", _("From the library"), "books", "personal",
              (_words("title", _("Line above"), most=120), Prop("topic", _("Topic"), PropKind.CHOICE, "", choices=topic_choices),
               _words("button", _("Words of the link"), most=60), _WHEN), canvas="section", presets={"title": "Picked for you", "button": "Read it"},
              about=_("The newest piece for the reader's buyer's stage that they have not seen. Without one, the block is left out.")),
    BlockType("social", _("Social links"), "share", "frame", (_words("title", _("Words before"), most=120), _WHEN), canvas="section", once=True,
              about=_("The networks of the brand kit, as words: no picture of another site is loaded.")),
    BlockType("footer", _("Footer"), "section", "frame",
              (_marked(_("Text")), Prop("items", _("Links"), PropKind.ROWS, [], fields=(_words("label", _("Words"), most=60), _url())), _WHEN),
              canvas="section", once=True, check=_footer_check,
              about=_("Your postal address and the link to unsubscribe stand below it by themselves.")),
    BlockType("html", _("HTML"), "code", "personal",
              (Prop("text", _("HTML"), PropKind.LONG_TEXT, required=True, max_length=40_000, merges=True,
                    help=_("Layout and text only: scripts, forms and style sheets are taken out.")),
               Prop("words", _("The same in words"), PropKind.LONG_TEXT, max_length=10_000, merges=True,
                    help=_("For the text part. Left empty, the text is taken from the HTML.")), _WHEN), canvas="section"),
)  # fmt: skip

SETTINGS: tuple[Prop, ...] = (
    Prop("subject", _("Subject"), max_length=300, merges=True,
         help=_("A step or a broadcast may say another one.")),
    Prop("preheader", _("Preview text"), max_length=200, merges=True,
         help=_("Mailboxes show it beside the subject.")),
    Prop("ground", _("Ground"), PropKind.CHOICE, "grey", choices=(("grey", _("Grey around a white sheet")), ("white", _("All white")))),
)  # fmt: skip


def check_mail(content: Mapping[str, Any]) -> Iterator[Problem]:
    """What only the whole mail can tell; `leadflow.mail.design.checking` adds the rest to it."""
    if not content["pages"][0]["blocks"]:
        yield Problem("pages", _t("Add at least one block."))
    for check in CHECKS:
        yield from check(content)


CHECKS: list[Any] = []  # filled in by checking, which needs the compiler

MAIL_BLOCKS = BlockSet(
    key=KEY,
    label=_("Mail"),
    groups=(
        ("content", _("Content")),
        ("personal", _("For each reader")),
        ("frame", _("Frame")),
        ("snippets", _("Snippets of the team")),
    ),
    types=TYPES,
    settings=SETTINGS,
    sections=(("logic", _("For whom")),),
    many_pages=False,
    check=check_mail,
    words={
        "page_settings": _("Mail"),
        "none_selected": _("Select a block to change it. These settings are the whole mail's."),
        "empty_page": _("Nothing in this mail yet. Click a block to add it, or drag it here."),
        "logic_always": _("Everybody."),
    },
)
