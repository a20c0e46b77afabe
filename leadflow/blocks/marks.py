"""Text with a few marks (bold, italics, links, lists) as HTML: written by staff, shown to anybody."""

import nh3
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

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
