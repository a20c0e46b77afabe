"""Merge tags on their way through the layout: hidden as marks that no tool touches, then put back."""

import re
import secrets

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_END = re.compile(r"\s*(-?\}\})$")
_IN_HTML = re.compile(r'(\s(?:href|src)=")([^"]*)(")', re.IGNORECASE)
_IN_TEXT = re.compile(r"(\]\()([^()\s]*)(\))")
_IN_STYLE = re.compile(r'\sstyle="([^"]*)"', re.IGNORECASE)
_HOST = re.compile(r"https?://[A-Za-z0-9.\-]+(?::\d{1,5})?(?=[/?#]|$)|mailto:", re.IGNORECASE)


class Tags:
    """The tags of one document. A mark is plain letters with a part that nobody can guess, so that no
    author can write one."""

    def __init__(self) -> None:
        self._sources: list[str] = []
        self._name = f"lf{secrets.token_hex(6)}t"
        self._mark = re.compile(self._name + r"(\d+)x")

    def hide(self, source: str) -> str:
        """The text with a mark in the place of each tag."""
        return _TAG.sub(lambda match: self._hidden(match[0]), source)

    def _hidden(self, tag: str) -> str:
        self._sources.append(tag)
        return f"{self._name}{len(self._sources) - 1}x"

    def html(self, html: str) -> str:
        """The tags back in HTML: inside an address a value can only be a value."""
        whole = _IN_STYLE.sub(self._unstyled, html)
        whole = _IN_HTML.sub(lambda m: f"{m[1]}{self._address(m[2])}{m[3]}", whole)
        return self._put_back(whole)

    def text(self, text: str) -> str:
        """The tags back in a text part."""
        whole = _IN_TEXT.sub(lambda m: f"{m[1]}{self._address(m[2])}{m[3]}", text)
        return self._put_back(whole)

    def address(self, raw: str) -> str:
        """An address as its author wrote it, with its tags hidden; empty where it leads nowhere safe."""
        hidden = self.hide(raw.strip())
        return hidden if self._leads(hidden) else ""

    def _leads(self, hidden: str) -> bool:
        if self._mark.fullmatch(hidden):  # the whole address is a field: judged when it is known
            return self._source(hidden).startswith("{{")
        start = _HOST.match(hidden)
        if not start or self._mark.search(start[0]) or '"' in hidden or "<" in hidden:
            return False
        return hidden.isprintable() and " " not in hidden and "\\" not in hidden

    def _source(self, mark: str) -> str:
        found = self._mark.fullmatch(mark)
        return self._sources[int(found[1])] if found else ""

    def _address(self, hidden: str) -> str:
        if not self._mark.search(hidden):
            return hidden
        if not self._leads(hidden.replace("&amp;", "&")):
            return ""
        ends_as = "as_link" if self._mark.fullmatch(hidden) else "as_address"
        return self._mark.sub(lambda m: _ending(self._sources[int(m[1])], ends_as), hidden)

    def _unstyled(self, match: re.Match[str]) -> str:
        """A style that a value would be part of is no style."""
        return "" if self._mark.search(match[1]) else match[0]

    def _put_back(self, text: str) -> str:
        return self._mark.sub(lambda m: self._sources[int(m[1])], text)


class Held:
    """Pieces of a document that a tool must not read, each behind a mark until it is done."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._name = f"lf{secrets.token_hex(6)}h"

    def keep(self, piece: str) -> str:
        """The mark that stands for the piece."""
        self._pieces.append(piece)
        return f"{self._name}{len(self._pieces) - 1}x"

    def put_back(self, text: str) -> str:
        """The text with each piece in its place."""
        return re.sub(self._name + r"(\d+)x", lambda m: self._pieces[int(m[1])], text)


def _ending(tag: str, name: str) -> str:
    return _END.sub(rf" | {name} \1", tag) if tag.startswith("{{") else tag
