"""What is wrong with a design before it is published, and what is only worth a look; each by its block."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from leadflow.assets import images
from leadflow.blocks import documents
from leadflow.blocks.schema import Problem, Prop, PropKind
from leadflow.conditions import fields
from leadflow.conditions.language import parse
from leadflow.errors import Invalid
from leadflow.mail import wariness
from leadflow.mail.design.blocks import CHECKS, MAIL_BLOCKS
from leadflow.mail.design.rendering import compiled, source_of
from leadflow.mail.design.starts.parts import EXAMPLE
from leadflow.mail.design.tags import Tags
from leadflow.mail.links import is_web
from leadflow.mail.merge import Instruction, MergeError, compile_template
from leadflow.mail.merge_fields import of_mails

HEAVY = 102_000  # bytes: beyond it Gmail cuts a mail off
LONG_SUBJECT = 70
_WRITTEN_LINK = re.compile(r"\[(?P<words>[^\[\]\n]+)\]\((?P<target>[^()\n]*)\)")
Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One property that holds words: where it stands, what it is called, what it says."""

    path: str
    block: str
    prop: Prop
    value: str
    row: Mapping[str, Any]


def install() -> None:
    """Let the block set ask these checks; called once by apps.py."""
    if _problems not in CHECKS:
        CHECKS.append(_problems)


def told(content: Content) -> Iterator[Told]:
    """Every property of a document that may hold fields, also in rows and settings."""
    for prop in MAIL_BLOCKS.settings:
        if prop.merges:
            value = str(content["settings"].get(prop.key, ""))
            yield Told(f"settings.{prop.key}", "", prop, value, content["settings"])
    for row in documents.blocks(content):
        kind = MAIL_BLOCKS.type(row["type"])
        for prop in kind.props if kind else ():
            yield from _of(prop, row["props"], row["id"], f"{row['id']}.{prop.key}")


def _of(prop: Prop, values: Mapping[str, Any], block: str, path: str) -> Iterator[Told]:
    if prop.kind == PropKind.ROWS:
        for row in values.get(prop.key) or []:
            for inner in prop.fields:
                yield from _of(inner, row, block, path)
    elif prop.merges:
        yield Told(path, block, prop, str(values.get(prop.key) or ""), values)


def _problems(content: Content) -> Iterator[Problem]:
    paths = frozenset(of_mails())
    found = [problem for one in told(content) if one.value for problem in _of_words(one, paths)]
    found += [*_rules(content), *_pictures(content), *_subject(content)]
    yield from found
    if not found and content["pages"][0]["blocks"]:
        yield from _whole(content)


def _of_words(one: Told, paths: frozenset[str]) -> Iterator[Problem]:
    try:
        compile_template(one.value, paths)
    except MergeError as error:
        yield Problem(one.path, f"{one.prop.label}: {error.message}", one.block)
        return
    if one.prop.key == "url":
        yield from _address(one)
    elif one.prop.kind == PropKind.RICH_TEXT:
        yield from _links(one)


def _address(one: Told) -> Iterator[Problem]:
    if not Tags().address(one.value):
        sentence = _("“%(url)s” leads nowhere. Begin it with https://, http:// or mailto:.")
        yield Problem(one.path, sentence % {"url": one.value[:80]}, one.block)
    elif one.value.startswith(EXAMPLE):
        yield Problem(
            one.path, _("Write your own address here: this one is an example."), one.block
        )


def _links(one: Told) -> Iterator[Problem]:
    for match in _WRITTEN_LINK.finditer(Tags().hide(one.value)):
        if not _leads(match["target"].strip()):
            sentence = _("The link “%(words)s” leads nowhere. Write https://… behind it.")
            yield Problem(one.path, sentence % {"words": match["words"][:80]}, one.block)
        elif match["target"].startswith(EXAMPLE):
            sentence = _("The link “%(words)s” still leads to an example. Write your own address.")
            yield Problem(one.path, sentence % {"words": match["words"][:80]}, one.block)


def _leads(target: str) -> bool:
    return is_web(target) or (target.startswith("mailto:") and "@" in target)


def _rules(content: Content) -> Iterator[Problem]:
    for row in documents.blocks(content):
        rule = row["props"].get("show_when")
        if not rule:
            continue
        try:
            parse(rule, fields.catalogue("lead"))
        except Invalid as error:
            yield Problem(f"{row['id']}.show_when", error.message, row["id"])


def _pictures(content: Content) -> Iterator[Problem]:
    used = [(row, one) for row in documents.blocks(content) for one in _named(row["props"])]
    known = images.named(one for _row, one in used)
    for row, one in used:
        if one not in known:
            sentence = _("The picture is gone. Choose another.")
            yield Problem(f"{row['id']}.image", sentence, row["id"])


def _named(props: Mapping[str, Any]) -> Iterator[str]:
    for one in [props, *(props.get("items") or [])]:
        if one.get("image"):
            yield str(one["image"])


def _subject(content: Content) -> Iterator[Problem]:
    subject = str(content["settings"].get("subject", ""))
    if not subject.strip():
        yield Problem("settings.subject", _("Write a subject."))
    for key in ("subject", "preheader"):
        if any(ord(sign) < 32 or ord(sign) == 127 for sign in content["settings"].get(key, "")):
            sentence = _("Subject and preview text are one line each, without control characters.")
            yield Problem(f"settings.{key}", sentence)


def _whole(content: Content) -> Iterator[Problem]:
    try:
        compiled(content)
    except Invalid as error:
        yield Problem("pages", error.message)


# --- worth a look ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hint:
    """What a careful reader would point out; it stands in nobody's way."""

    message: str
    block: str = ""
    where: str = ""


def hints(content: Content) -> list[Hint]:
    """Everything of the kind, the settings first."""
    whole = documents.normalised(dict(content), MAIL_BLOCKS)
    return [
        *_of_settings(whole),
        *_without_fallback(whole),
        *_of_weight(whole),
        *wary(whole),
    ]


def _of_settings(content: Content) -> Iterator[Hint]:
    settings = content["settings"]
    if not settings["preheader"]:
        yield Hint(
            _("There is no preview text: mailboxes show the first words of the mail instead.")
        )
    if len(settings["subject"]) > LONG_SUBJECT:
        yield Hint(_("The subject is long: phones cut it after some 40 letters."))
    if not links_of(content):
        yield Hint(_("There is no link in it, so nobody can click."))


def _without_fallback(content: Content) -> Iterator[Hint]:
    paths = frozenset(of_mails())
    for one in told(content):
        for name in sorted(_bare_fields(one.value, paths)):
            sentence = _("“%(field)s” has no fallback: whoever has none reads a gap.")
            field = name.rpartition(".")[2].replace("_", " ")
            yield Hint(sentence % {"field": field}, one.block, where_of(content, one.block))


def _bare_fields(source: str, paths: frozenset[str]) -> set[str]:
    try:
        program = compile_template(source, paths).program if "{" in source else []
    except MergeError:
        return set()
    return {name for name in bare_in(program) if not name.startswith("organisation.")}


def bare_in(program: list[Instruction]) -> set[str]:
    """Fields that stand alone, outside any condition that asks whether there is one."""
    asked = {str(name) for line in program if line[0] == "unless" for name in _paths(line[1])}
    found = set()
    for line in program:
        match line:
            case ["value", ["path", name], filters] if "default" not in dict(filters):
                found.add(str(name))
    return found - asked


def _paths(condition: Any) -> Iterator[str]:
    if isinstance(condition, list):
        if len(condition) == 2 and condition[0] == "path":
            yield condition[1]
        for inner in condition:
            yield from _paths(inner)


def _of_weight(content: Content) -> Iterator[Hint]:
    size = len(source_of(content).html.encode())
    if size > HEAVY:
        sentence = _("The mail weighs %(kb)s kB. Gmail cuts off what is beyond 102 kB.")
        yield Hint(sentence % {"kb": size // 1000})


def wary(content: Content) -> Iterator[Hint]:
    """What filters and readers take for spam, by its block."""
    for one in told(content):
        if one.path == "settings.subject":
            said = wariness.of_subject(one.value)
        else:
            said = wariness.of_text(one.value)
        where = where_of(content, one.block) if one.block else ""
        yield from (Hint(sentence, one.block, where) for sentence in said)


def where_of(content: Content, block: str) -> str:
    """What the person calls that block: its kind, and its place."""
    for number, row in enumerate(documents.blocks(content), start=1):
        if row["id"] == block:
            kind = MAIL_BLOCKS.type(row["type"])
            return _("%(kind)s, block %(n)d") % {"kind": kind.label if kind else "", "n": number}
    return _("the whole mail")


def links_of(content: Content) -> list[tuple[str, str]]:
    """(block, address) of each link that is the same for every reader, each address once."""
    found: dict[str, str] = {}
    for one in told(content):
        targets = [one.value] if one.prop.key == "url" else []
        if one.prop.key != "url":
            targets = [match["target"] for match in _WRITTEN_LINK.finditer(one.value)]
        for target in targets:
            if is_web(target.strip()) and "{" not in target:
                found.setdefault(target.strip(), one.block)
    return [(block, target) for target, block in found.items()]
