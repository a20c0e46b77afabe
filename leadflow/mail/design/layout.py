"""Each block as MJML. Words that people wrote stand behind marks, so MJML reads none of them."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.html import escape

from leadflow.blocks import marks
from leadflow.mail.compose import clean_html
from leadflow.mail.design.blocks import ELSE
from leadflow.mail.design.look import WIDTH, Look, picture
from leadflow.mail.design.tags import Held, Tags

Props = Mapping[str, Any]
INNER = WIDTH - 48  # between the edges of the sheet


class Writer:
    """Writes the blocks of one document: `held` are pieces of HTML that are put in after MJML is done."""

    def __init__(self, look: Look, tags: Tags) -> None:
        self.look = look
        self.tags = tags
        self.held = Held()
        self.needs: dict[str, Any] = {}

    def block(self, kind: str, props: Props, number: int) -> str:
        """The sections of one block; empty where there is nothing to show."""
        return _KINDS[kind](self, props, number)

    # --- pieces ---

    def words(self, text: str) -> str:
        """Words of an author as HTML, her tags hidden."""
        return escape(self.tags.hide(text))

    def marked(self, text: str) -> str:
        """Words with marks as HTML, her tags hidden."""
        return str(marks.html(self.tags.hide(text)))

    def attribute(self, text: str) -> str:
        """Words inside an attribute of MJML."""
        return escape(self.tags.hide(text))

    def address(self, raw: str) -> str:
        """An address inside an attribute; empty where it leads nowhere safe."""
        return escape(self.tags.address(raw))

    def link(self, url: str, words: str) -> str:
        """A link in HTML, or only its words."""
        where = self.address(url)
        return f'<a href="{where}">{self.words(words)}</a>' if where else self.words(words)

    def hold(self, html: str) -> str:
        """A piece of HTML that MJML must not read."""
        return self.held.keep(html)

    def text(
        self, html: str, *, padding: str = "8px 0", align: str = "left", small: bool = False
    ) -> str:
        """A text of HTML."""
        style = (
            'css-class="lf-small" font-size="13px" color="#5b6475"'
            if small
            else 'css-class="lf-words"'
        )
        return f'<mj-text {style} align="{align}" padding="{padding}">{self.hold(html)}</mj-text>'

    def button(self, words: str, url: str, *, align: str = "left") -> str:
        """A button that Outlook draws too."""
        where = self.address(url)
        if not words.strip() or not where:
            return ""
        return (
            f'<mj-button href="{where}" align="{align}" background-color="{self.look.colour}" color="{self.look.on_colour}"'
            ' border-radius="6px" font-size="16px" font-weight="bold" inner-padding="13px 24px" padding="8px 0">'
            f"{self.words(words)}</mj-button>"
        )

    def image(self, props: Props, width: int) -> str:
        """A picture with its words."""
        if not props.get("image"):
            return ""
        where = self.address(props.get("url", ""))
        href = f' href="{where}"' if where else ""
        return (
            f'<mj-image src="{escape(picture(props["image"]))}" alt="{self.attribute(props.get("alt", ""))}"{href}'
            f' width="{width}px" padding="8px 0" border-radius="4px" />'
        )

    def section(self, *columns: str, padding: str = "0 24px") -> str:
        """One row of the sheet."""
        inside = "".join(f"<mj-column>{one}</mj-column>" for one in columns)
        return (
            '<mj-section background-color="#ffffff" css-class="lf-sheet"'
            f' padding="{padding}">{inside}</mj-section>'
        )


# --- each kind ---------------------------------------------------------------------------------------


def _header(w: Writer, _props: Props, _number: int) -> str:
    if w.look.logo:
        row = {"image": w.look.logo, "alt": w.look.name, "url": w.look.site}
        return w.section(
            w.image(row, 140).replace("<mj-image ", '<mj-image align="left" ', 1),
            padding="20px 24px 8px",
        )
    name = w.link(w.look.site, w.look.name) if w.look.site else escape(w.look.name)
    return w.section(w.text(f"<p><strong>{name}</strong></p>"), padding="20px 24px 8px")


def _heading(w: Writer, props: Props, _number: int) -> str:
    tag, size = ("h1", 26) if props["size"] == "large" else ("h2", 19)
    html = f'<{tag} style="font-size:{size}px">{w.words(props["title"])}</{tag}>'
    return w.section(w.text(html, align=props["align"], padding="10px 0 6px"))


def _text(w: Writer, props: Props, _number: int) -> str:
    return w.section(w.text(w.marked(props["text"]), align=props["align"]))


def _button(w: Writer, props: Props, _number: int) -> str:
    made = w.button(props["button"], props["url"], align=props["align"])
    return w.section(made, padding="6px 24px") if made else ""


def _image(w: Writer, props: Props, _number: int) -> str:
    made = w.image(props, INNER if props["size"] == "wide" else INNER // 2)
    return w.section(made) if made else ""


def _columns(w: Writer, props: Props, _number: int) -> str:
    rows = props["items"][:4]
    width = INNER // max(len(rows), 1) - 16
    columns = []
    for row in rows:
        html = (
            f'<h3 style="font-size:17px">{w.words(row["title"])}</h3>' if row.get("title") else ""
        )
        html += "".join(f"<p>{w.words(one)}</p>" for one in _paragraphs(row.get("text", "")))
        if row.get("button"):
            html += f"<p>{w.link(row.get('url', ''), row['button'])}</p>"
        shown = {**row, "url": row.get("url", "") if not row.get("button") else ""}
        columns.append(
            w.image(shown, width) + (w.text(html, padding="8px 8px 8px 0") if html else "")
        )
    return w.section(*columns) if columns else ""


def _paragraphs(text: str) -> list[str]:
    return [one for one in text.split("\n") if one.strip()]


def _quote(w: Writer, props: Props, _number: int) -> str:
    said = "".join(f"<p>{w.words(one)}</p>" for one in _paragraphs(props["text"]))
    who = f"<p><strong>{w.words(props['title'])}</strong></p>" if props["title"] else ""
    return w.section(w.text(f"<blockquote>{said}{who}</blockquote>"))


def _divider(w: Writer, _props: Props, _number: int) -> str:
    return w.section(
        '<mj-divider css-class="lf-line" border-width="1px" border-color="#d3d3d8" padding="16px 0" />'
    )


def _spacer(w: Writer, props: Props, _number: int) -> str:
    return w.section(f'<mj-spacer height="{int(props["size"])}px" />')


def _staged(w: Writer, props: Props, _number: int) -> str:
    """One branch for each stage; everybody else reads the last one, or nothing."""
    w.needs["stage"] = True
    known = [row for row in props["items"] if row.get("stage") != ELSE]
    other = [row for row in props["items"] if row.get("stage") == ELSE]
    html = ""
    for place, row in enumerate(known):
        word = "if" if place == 0 else "elsif"
        html += w.tags.hide(f'{{% {word} reader.stage == "{row["stage"]}" %}}') + _said(w, row)
    if known and other:
        html += w.tags.hide("{% else %}")
    html += _said(w, other[0]) if other else ""
    html += w.tags.hide("{% endif %}") if known else ""
    return w.section(w.text(html)) if html else ""


def _said(w: Writer, row: Props) -> str:
    html = f'<h3 style="font-size:19px">{w.words(row["title"])}</h3>' if row.get("title") else ""
    html += w.marked(row.get("text", ""))
    if row.get("button"):
        html += f"<p><strong>{w.link(row.get('url', ''), row['button'])}</strong></p>"
    return html


def _content(w: Writer, props: Props, number: int) -> str:
    """A piece of the library, chosen for the reader when her mail is written."""
    key = f"pick.k{number}"
    w.needs.setdefault("picks", {})[key] = {"topic": props["topic"]}
    href = w.tags.hide(f"{{{{ {key}.url }}}}")
    title = w.tags.hide(f"{{{{ {key}.title }}}}")
    html = f"<p>{w.words(props['title'])}</p>" if props["title"] else ""
    html += f'<h3 style="font-size:19px"><a href="{href}">{title}</a></h3>'
    made = w.section(w.text(html), padding="6px 24px")
    if props["button"]:
        button = w.button(props["button"], f"{{{{ {key}.url }}}}")
        made = w.section(w.text(html) + button, padding="6px 24px")
    opening, closing = (
        w.tags.hide(f"{{% if {key}.url %}}"),
        w.tags.hide("{% endif %}"),
    )
    return f"<mj-raw>{opening}</mj-raw>{made}<mj-raw>{closing}</mj-raw>"


def _social(w: Writer, props: Props, _number: int) -> str:
    links = [w.link(url, name) for name, url in w.look.socials]
    if not links:
        return ""
    before = f"<p>{w.words(props['title'])}</p>" if props["title"] else ""
    html = f"{before}<p>{' &nbsp; '.join(links)}</p>"
    return w.section(w.text(html, align="center", small=True), padding="12px 24px")


def _footer(w: Writer, props: Props, _number: int) -> str:
    html = w.marked(props["text"]) if props["text"].strip() else ""
    links = [w.link(row.get("url", ""), row["label"]) for row in props["items"] if row.get("label")]
    html += f"<p>{' &nbsp; '.join(links)}</p>" if links else ""
    return w.section(w.text(html, small=True), padding="12px 24px 0") if html else ""


def _html(w: Writer, props: Props, _number: int) -> str:
    return w.section(w.text(clean_html(w.tags.hide(props["text"]))))


_KINDS: dict[str, Callable[[Writer, Props, int], str]] = {
    "header": _header,
    "heading": _heading,
    "text": _text,
    "button": _button,
    "image": _image,
    "columns": _columns,
    "quote": _quote,
    "divider": _divider,
    "spacer": _spacer,
    "staged": _staged,
    "content": _content,
    "social": _social,
    "footer": _footer,
    "html": _html,
}
