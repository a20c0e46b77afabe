"""From a ledger row to the message that is sent: parts, footer, tracked links, headers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_string
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from html import escape
from string import Template
from types import MappingProxyType

import nh3
from django.utils import timezone
from django.utils.translation import gettext as _

from leadflow.kit.remembering import remembered, remembering
from leadflow.mail import links, mime
from leadflow.mail.models import Delivery
from leadflow.models import Organisation

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "center", "code", "div", "em", "h1", "h2", "h3", "h4"),
    *("hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "u"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
}
_LAYOUT = {"align", "valign", "width", "height", "bgcolor"}
_ATTRIBUTES = {
    "*": {"style", "class", "dir", "lang"},
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height", "title"},
    "td": {"colspan", "rowspan", *_LAYOUT},
    "th": {"colspan", "rowspan", *_LAYOUT},
    "table": {"border", "cellpadding", "cellspacing", "role", *_LAYOUT},
    "tr": _LAYOUT,
}
_STYLES = {
    *("color", "background-color", "font-family", "font-size", "font-style", "font-weight"),
    *("line-height", "text-align", "text-decoration", "vertical-align", "width", "max-width"),
    *("height", "display", "letter-spacing", "white-space", "border", "border-radius"),
    *("border-top", "border-bottom", "border-left", "border-right", "border-collapse"),
    *("margin", "margin-top", "margin-bottom", "margin-left", "margin-right"),
    *("padding", "padding-top", "padding-bottom", "padding-left", "padding-right"),
}
# made once: it costs many times what cleaning a paragraph does
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style", "title"},
    attributes=_ATTRIBUTES,
    filter_style_properties=_STYLES,
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",
    link_rel=None,
)
_HREF = re.compile(r'(<a\b[^>]*?\bhref=")([^"]*)(")', re.IGNORECASE)
_TARGETS = slice(2, None, 4)  # where they stand in what is split by that
# `[words](https://…)` or a bare address; one pair of round brackets may stand in a target
_LINK = re.compile(
    r"\[(?P<words>[^\[\]\n]+)\]\((?P<target>https?://[^\s<>\"()]*(?:\([^\s<>\"()]*\)[^\s<>\"()]*)*)\)"
    r"|(?P<bare>https?://[^\s<>\"]+[^\s<>\".,;:!?)])"
)
_PAGE = Template(
    '<!DOCTYPE html>\n<html lang="$lang"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>$subject</title></head>\n"
    '<body style="margin:0;padding:16px;font-family:Arial,Helvetica,sans-serif;font-size:16px;'
    'line-height:1.5;color:#1c2330">\n$body\n$foot$pixel</body></html>\n'
)
_WHOLE = "<!DOCTYPE"
FOOT = "<!--lf:foot-->"  # where a design leaves room for the postal address and the link to unsubscribe
_EXTRA_HEADERS = {"in-reply-to", "references", "x-campaign"}


@dataclass(frozen=True)
class Composed:
    """A message as it leaves: what the outbox shows is exactly what the wire carries."""

    raw: bytes
    text: str
    html: str
    targets: list[tuple[str, str]]  # (target, the address that stands in the mail)

    def as_bytes(self) -> bytes:
        """For the wire."""
        return self.raw

    @property
    def message(self) -> EmailMessage:
        """The bytes as a mail program reads them."""
        return message_from_string(self.raw.decode(), policy=SMTP_POLICY)


def clean_html(html: str) -> str:
    """The HTML that a mail may carry: layout and text, links to the web, no script, no form."""
    return _CLEANER.clean(html)


def preview_html(html: str) -> str:
    """The body as the outbox shows it in its sandbox: no pictures, no styles of its own, so that the
    page's policy has nothing to forbid and looking at a message counts no open."""
    return nh3.clean(
        html,
        tags=_TAGS - {"img"},
        clean_content_tags={"script", "style", "title"},
        attributes={name: values - {"style"} for name, values in _ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto", "tel"},
        url_relative="deny",
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def html_of(text: str) -> str:
    """The HTML part of a message that was written as plain text, `[words](https://…)` as a link."""
    return "\n".join(_paragraph(p) for p in re.split(r"\n{2,}", text.strip()) if p)


@remembered
def _paragraph(text: str) -> str:
    """Most paragraphs are the same for each reader: a batch makes them once."""
    linked = _LINK.sub(_anchor, escape(text, quote=False).replace("\n", "<br>\n"))
    return clean_html(f"<p>{linked}</p>")


def _anchor(match: re.Match[str]) -> str:
    url = match["target"] or match["bare"]
    return f'<a href="{url}">{match["words"] or url}</a>'


def with_preview(html: str, preview: str) -> str:
    """The HTML part with a line at its top that mailboxes show beside the subject, and no reader sees."""
    return clean_html(f'<div style="display:none">{escape(preview)}</div>\n{html}')


def with_targets(text: str, change: Callable[[str], str]) -> str:
    """A message written as plain text, with the target of each of its links changed."""

    def swap(match: re.Match[str]) -> str:
        url = change(match["target"] or match["bare"])
        return f"[{match['words']}]({url})" if match["words"] is not None else url

    return _LINK.sub(swap, text)


def with_hrefs(html: str, change: Callable[[str], str]) -> str:
    """The page of a design, with the target of each of its links changed."""

    def swap(match: re.Match[str]) -> str:
        return f"{match[1]}{escape(change(_unescape(match[2])))}{match[3]}"

    return _HREF.sub(swap, html)


def targets_in(text: str) -> list[str]:
    """Where the links of a message written as plain text lead, each once."""
    return list(dict.fromkeys(m["target"] or m["bare"] for m in _LINK.finditer(text)))


def hrefs_in(html: str) -> list[str]:
    """Where the links of a message in HTML lead, each once."""
    return list(dict.fromkeys(_unescape(match[2]) for match in _HREF.finditer(html)))


@remembering()
def compose(delivery: Delivery) -> Composed:
    """Write the message of a ledger row; the same row gives the same words and links every time."""
    marketing = delivery.kind == Delivery.Kind.MARKETING
    text, html = delivery.text, delivery.html
    if marketing and not html:
        html = html_of(text)
    pieces = _HREF.split(html)
    urls = _counters(delivery, text, pieces) if html and delivery.is_tracked else {}
    html = _swapped(pieces, urls) if urls else html
    if marketing:
        text = readable(text, urls) + _text_foot(delivery)
    if html:
        framed = _designed if is_whole(html) else _page
        html = framed(delivery, html, _html_foot(delivery) if marketing else "")
    return Composed(_written(delivery, text, html), text, html, list(urls.items()))


def readable(text: str, urls: Mapping[str, str] = MappingProxyType({})) -> str:
    """The text part: a link is its words, then where it leads."""

    def written(match: re.Match[str]) -> str:
        target = match["target"] or match["bare"]
        url = urls.get(target, target)
        return f"{match['words']} <{url}>" if match["words"] not in (None, target) else url

    return _LINK.sub(written, text)


def _counters(delivery: Delivery, text: str, pieces: list[str]) -> dict[str, str]:
    """Target -> the address that counts and leads there; the target stands in the table, not in the link."""
    found = [_unescape(target) for target in pieces[_TARGETS]]
    if delivery.kind == Delivery.Kind.MARKETING:
        found += [m["target"] or m["bare"] for m in _LINK.finditer(text)]
    ids = links.store(dict.fromkeys(found))
    return {target: links.click_url(delivery, pk) for target, pk in ids.items()}


def _swapped(pieces: list[str], urls: Mapping[str, str]) -> str:
    """Each web link leads through its counter."""
    targets = map(_unescape, pieces[_TARGETS])
    pieces[_TARGETS] = [escape(urls.get(target, target)) for target in targets]
    return "".join(pieces)


def _unescape(attribute: str) -> str:
    return attribute.replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")


@dataclass(frozen=True)
class _Foot:
    """What stands below each marketing mail, without the link of its reader."""

    lines: str
    unsubscribe: str
    html: str
    word: str


@remembered
def _foot() -> _Foot:
    lines = _imprint()
    return _Foot(
        "\n".join(lines),
        _("Unsubscribe: %(url)s"),
        "<br>".join(escape(line) for line in lines),
        escape(_("Unsubscribe")),
    )


def _text_foot(delivery: Delivery) -> str:
    foot = _foot()
    link = foot.unsubscribe % {"url": links.unsubscribe_url(delivery)}
    return f"\n\n-- \n{foot.lines}\n{link}\n"


def _html_foot(delivery: Delivery) -> str:
    foot, url = _foot(), escape(links.unsubscribe_url(delivery))
    return (
        '<div style="margin-top:32px;padding-top:12px;border-top:1px solid #d5dae3;font-size:13px;'
        f'color:#5b6475">{foot.html}<br><a href="{url}">{foot.word}</a></div>\n'
    )


def example_foot() -> str:
    """The foot of a marketing mail for looking at: its link leads nowhere."""
    foot = _foot()
    return f"<p>{foot.html}<br><u>{foot.word}</u></p>"


def on_the_web(html: str, title: str, *, earlier: str) -> str:
    """The page of a design for anybody: nothing counts, and nobody is on a list that they could leave.
    `earlier` is the address of the other issues."""
    imprint = "<br>".join(escape(line) for line in _imprint())
    html = html.replace("<title></title>", f"<title>{escape(title)}</title>", 1)
    back = f'<a href="{escape(earlier)}">{escape(_("Earlier issues"))}</a>'
    return html.replace(FOOT, f"<p>{imprint}</p><p>{back}</p>", 1)


def _imprint() -> list[str]:
    organisation = Organisation.current()
    address = [line.strip() for line in organisation.postal_address.splitlines() if line.strip()]
    return [organisation.legal_name or organisation.name, *address]


def is_whole(html: str) -> bool:
    """Whether it is the page of a design: what was cleaned as a part never begins so."""
    return html.startswith(_WHOLE)


def _designed(delivery: Delivery, html: str, foot: str) -> str:
    """The page of a design with the foot where it left room, in the look that it gave its small print."""
    title = f"<title>{escape(delivery.subject)}</title>"
    html = html.replace("<title></title>", title, 1).replace(FOOT, foot, 1)
    return html.replace("</body>", f"{_pixel(delivery)}</body>", 1)


def _pixel(delivery: Delivery) -> str:
    """What counts opens, where that is wanted, and the trap for who reads by machine."""
    if not delivery.is_tracked:
        return ""
    trap = escape(links.trap_url(delivery))
    hidden = f'<a href="{trap}" style="display:none" tabindex="-1" aria-hidden="true"></a>'
    if not _counts_opens(delivery):
        return hidden
    return f'{hidden}<img src="{escape(links.open_url(delivery))}" width="1" height="1" alt="">'


def _counts_opens(delivery: Delivery) -> bool:
    """As was said for this mail; where nothing was, as the organisation wants it when it leaves."""
    if delivery.counts_opens is None:
        return Organisation.current().track_opens
    return delivery.counts_opens


def _page(delivery: Delivery, body: str, foot: str) -> str:
    pixel = _pixel(delivery)
    return _PAGE.substitute(
        lang="en", subject=escape(delivery.subject), body=body, foot=foot, pixel=pixel
    )


def _written(delivery: Delivery, text: str, html: str) -> bytes:
    head: list[mime.Field] = [
        ("Message-ID", delivery.message_id),
        ("Date", format_datetime(timezone.now())),
        ("From", mime.mailbox(delivery.from_name, delivery.from_address)),
        ("To", mime.mailbox(delivery.to_name, envelope_address(delivery))),
        *([("Reply-To", delivery.reply_to)] if delivery.reply_to else []),
        ("Subject", delivery.subject),
        ("X-Delivery-ID", delivery.public_id.hex),
        *_headers(delivery).items(),
    ]
    return mime.written(
        head,
        text=text,
        html=html,
        calendar=delivery.calendar,
        mark=delivery.public_id.hex,
        international=not (delivery.to_norm + delivery.from_address).isascii(),
    )


def _headers(delivery: Delivery) -> dict[str, str]:
    own = {k: v for k, v in delivery.headers.items() if k.lower() in _EXTRA_HEADERS}
    if delivery.kind == Delivery.Kind.MARKETING:
        return own | {
            "List-Unsubscribe": f"<{links.unsubscribe_url(delivery)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    if delivery.kind == Delivery.Kind.PERSONAL:
        return own
    return own | {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def envelope_address(delivery: Delivery) -> str:
    """Her own spelling of the local part, the domain in ASCII as the wire wants it."""
    local = delivery.to_address.rpartition("@")[0]
    return f"{local}@{delivery.to_norm.rpartition('@')[2]}"
