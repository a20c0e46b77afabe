"""Each block as plain text: the same words as the HTML, links as `[words](address)`."""

import html as entities
import re
from collections.abc import Callable, Mapping
from typing import Any

import nh3

from leadflow.blocks import marks
from leadflow.mail.design.blocks import ELSE
from leadflow.mail.design.look import Look
from leadflow.mail.design.tags import Tags

Props = Mapping[str, Any]
_BRACKETS = str.maketrans("[]", "()")  # square ones mark a link
_ENDS = re.compile(r"</(p|div|h[1-6]|li|tr|table|blockquote)>|<br ?/?>", re.IGNORECASE)


class Speaker:
    """Says the blocks of one document."""

    def __init__(self, look: Look, tags: Tags) -> None:
        self.look = look
        self.tags = tags

    def block(self, kind: str, props: Props, number: int) -> str:
        """The words of one block, their tags hidden; empty where it says nothing."""
        say = _KINDS.get(kind)
        return say(self, props, number).strip() if say else ""

    def words(self, text: str) -> str:
        """Words of an author."""
        return self.tags.hide(text)

    def marked(self, text: str) -> str:
        """Words with marks, without the marks."""
        return marks.plain(self.tags.hide(text))

    def link(self, words: str, url: str) -> str:
        """Words and where they lead; only the words where that is nowhere safe."""
        where = self.tags.address(url)
        said = " ".join(self.words(words).translate(_BRACKETS).split())
        if not where or not said:
            return said
        return f"{said} <{where}>" if where.lower().startswith("mailto:") else f"[{said}]({where})"


def _header(s: Speaker, _props: Props, _number: int) -> str:
    return s.link(s.look.name, s.look.site) if s.look.site else s.look.name


def _text(s: Speaker, props: Props, _number: int) -> str:
    return s.marked(props["text"])


def _image(s: Speaker, props: Props, _number: int) -> str:
    return s.link(props["alt"], props["url"]) if props["image"] and props["alt"] else ""


def _columns(s: Speaker, props: Props, _number: int) -> str:
    said = []
    for row in props["items"][:4]:
        url = row.get("url", "")
        shown = row.get("alt", "") if row.get("image") else ""
        lines = [s.link(shown, "" if row.get("button") else url) if shown else ""]
        lines += [s.words(row.get("title", "")), s.words(row.get("text", ""))]
        lines += [s.link(row["button"], url) if row.get("button") else ""]
        said.append("\n".join(line for line in lines if line.strip()))
    return "\n\n".join(said)


def _quote(s: Speaker, props: Props, _number: int) -> str:
    return "\n".join(filter(None, [s.words(props["text"]), s.words(props["title"])]))


def _staged(s: Speaker, props: Props, _number: int) -> str:
    known = [row for row in props["items"] if row.get("stage") != ELSE]
    other = [row for row in props["items"] if row.get("stage") == ELSE]
    text = ""
    for place, row in enumerate(known):
        word = "if" if place == 0 else "elsif"
        text += s.tags.hide(f'{{% {word} reader.stage == "{row["stage"]}" %}}') + _one(s, row)
    text += (s.tags.hide("{% else %}") if known else "") + _one(s, other[0]) if other else ""
    return text + (s.tags.hide("{% endif %}") if known else "")


def _one(s: Speaker, row: Props) -> str:
    parts = [s.words(row.get("title", "")), s.marked(row.get("text", ""))]
    parts += [s.link(row["button"], row.get("url", ""))] if row.get("button") else []
    return "\n\n".join(part for part in parts if part.strip())


def _content(s: Speaker, props: Props, number: int) -> str:
    key = f"pick.k{number}"
    title, url = f"{{{{ {key}.title }}}}", f"{{{{ {key}.url }}}}"
    lines = [s.words(props["title"]), s.link(title, url)]
    lines += [s.link(props["button"], url)] if props["button"] else []
    said = "\n".join(line for line in lines if line)
    return s.tags.hide(f"{{% if {key}.url %}}") + said + s.tags.hide("{% endif %}")


def _social(s: Speaker, props: Props, _number: int) -> str:
    links = [s.link(name, url) for name, url in s.look.socials]
    return "\n".join(filter(None, [s.words(props["title"]), *links])) if links else ""


def _footer(s: Speaker, props: Props, _number: int) -> str:
    links = [s.link(row["label"], row.get("url", "")) for row in props["items"] if row.get("label")]
    return "\n".join(filter(None, [s.marked(props["text"]), *links]))


def _html(s: Speaker, props: Props, _number: int) -> str:
    if props["words"].strip():
        return s.words(props["words"])
    lines = _ENDS.sub("\n", s.tags.hide(props["text"]))
    text = entities.unescape(nh3.clean(lines, tags=set()))
    return re.sub(r"\n\s*\n+", "\n\n", "\n".join(line.strip() for line in text.splitlines()))


_KINDS: dict[str, Callable[[Speaker, Props, int], str]] = {
    "header": _header,
    "heading": lambda s, props, _number: s.words(props["title"]),
    "text": _text,
    "button": lambda s, props, _number: (
        s.link(props["button"], props["url"]) if props["button"] else ""
    ),
    "image": _image,
    "columns": _columns,
    "quote": _quote,
    "staged": _staged,
    "content": _content,
    "social": _social,
    "footer": _footer,
    "html": _html,
}
