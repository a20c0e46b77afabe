"""What templates of mails are written with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from leadflow.blocks import documents
from leadflow.mail.design.blocks import MAIL_BLOCKS, TYPES
from leadflow.mail.models import MailBrand

Rows = list[dict[str, Any]]
EXAMPLE = "https://www.example.com"
_BY_KEY = {kind.key: kind for kind in TYPES}
HELLO = 'Hello {{ lead.first_name | default: "there" }},'


@dataclass(frozen=True, slots=True)
class Start:
    """One template of the gallery: what it is for, its subject and preview text, its blocks."""

    name: Any
    about: Any
    icon: str
    subject: Any = ""
    preheader: Any = ""
    build: Callable[[str], Rows] = lambda _site: []

    def content(self) -> documents.Content:
        """A fresh document in the maker's language; its links lead to the brand's own site."""
        site = (MailBrand.current().site_url or EXAMPLE).rstrip("/")
        content = documents.empty(subject=str(self.subject), preheader=str(self.preheader))
        content["pages"][0]["blocks"] = self.build(site)
        return documents.normalised(content, MAIL_BLOCKS)


def block(kind: str, **props: Any) -> dict[str, Any]:
    """One block, by its type's name."""
    return documents.block(_BY_KEY[kind], **props)


def head() -> dict[str, Any]:
    """The logo."""
    return block("header")


def title(words: str) -> dict[str, Any]:
    """The heading of the mail."""
    return block("heading", title=words)


def small(words: str) -> dict[str, Any]:
    """A heading inside the mail."""
    return block("heading", title=words, size="small")


def text(*paragraphs: str) -> dict[str, Any]:
    """Some paragraphs."""
    return block("text", text="\n\n".join(paragraphs))


def button(words: str, url: str) -> dict[str, Any]:
    """The one thing to do."""
    return block("button", button=words, url=url, align="left")


def line() -> dict[str, Any]:
    """A divider."""
    return block("divider")


def columns(*rows: tuple[str, str, str, str]) -> dict[str, Any]:
    """Columns of (heading, text, words of the link, address)."""
    items = [
        {"image": "", "alt": "", "title": a, "text": b, "button": c, "url": d}
        for a, b, c, d in rows
    ]
    return block("columns", items=items)


def signed() -> dict[str, Any]:
    """Who writes."""
    return text(
        '{{ owner.name | default: "' + _("The team") + '" }}' + "\n{{ organisation.name }}",
    )


def foot(words: str = "") -> Rows:
    """Why she gets it, and the networks."""
    why = words or _("You get this mail because you asked us to keep you posted.")
    return [line(), block("social"), block("footer", text=why)]
