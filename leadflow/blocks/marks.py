"""Text with a few marks (bold, italics, links, lists) as HTML: written by staff, shown to anybody."""

import nh3
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKS = MarkdownIt("zero", {"html": False, "breaks": True}).enable(
    ["emphasis", "link", "list", "newline", "escape"]
)
_TAGS = {"p", "br", "strong", "em", "a", "ul", "ol", "li"}


def html(text: str) -> SafeString:
    """The HTML of a marked text; anything else in it, markup too, stays as the words it is."""
    made = _MARKS.render(text)
    return SafeString(
        nh3.clean(
            made,
            tags=_TAGS,
            attributes={"a": {"href"}},
            url_schemes={"http", "https", "mailto", "tel"},
            url_relative="deny",
            link_rel="noopener",
        )
    )


def plain(text: str) -> str:
    """The words of a marked text without the marks; a link stays `[words](address)`, a list its dashes."""
    out: list[str] = []
    depth = 0
    for token in _MARKS.parse(text):
        depth += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.type == "list_item_open":
            out.append("- ")
        elif token.type == "inline":
            out.append(_inline(token.children or []))
        elif token.type in {"paragraph_close", "bullet_list_close", "ordered_list_close"}:
            out.append("\n" if depth else "\n\n")
    return "".join(out).strip()


def _inline(tokens: list[Token]) -> str:
    out: list[str] = []
    targets: list[str] = []
    for token in tokens:
        match token.type:
            case "text":
                out.append(token.content)
            case "softbreak" | "hardbreak":
                out.append("\n")
            case "link_open":
                targets.append(str(token.attrs.get("href", "")))
                out.append("[")
            case "link_close":
                out.append(f"]({targets.pop()})")
    return "".join(out)
