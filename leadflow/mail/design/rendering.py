"""From a document of blocks to the programs that write a message: MJML, CSS inlining and the merge
language run here, once, when a design is published; a message is written by filling in values."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from leadflow.blocks import documents
from leadflow.errors import Invalid
from leadflow.mail.compose import FOOT
from leadflow.mail.design.blocks import MAIL_BLOCKS
from leadflow.mail.design.layout import Writer
from leadflow.mail.design.look import Look, framed
from leadflow.mail.design.tags import Tags
from leadflow.mail.design.wording import Speaker
from leadflow.mail.merge import Instruction, Template, compile_template
from leadflow.mail.merge_fields import of_mails

_PREHEADER = "{{ mail.preheader }}"
# what the renderer itself asks of a reader, beside the catalogue
_STAGE = "reader.stage"
_SUBJECT, _PREVIEW = "subject", "preheader"
_NO_PROGRAMS = frozenset({"asks", "design"})
_DEAD = re.compile(r"\[([^\[\]\n]*)\]\(\)")


@dataclass(frozen=True)
class Compiled:
    """What a design became: plain JSON, kept with its version and copied by whoever uses it.

    `programs` are those of subject, preheader, html and body (the text part); `asks` is what has to be known of a
    reader beside the fields: rules of blocks, her stage, what she has not seen.
    """

    programs: dict[str, list[Instruction]]
    asks: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the version."""
        return {**self.programs, "asks": self.asks}


@dataclass(frozen=True)
class Source:
    """The stages of one document on its way, for the source view."""

    mjml: str
    html: str  # with its tags
    text: str
    asks: dict[str, Any]


def compiled(content: Mapping[str, Any], look: Look | None = None) -> Compiled:
    """The programs of a document. Raises Invalid where a field is none, or the mail is too large."""
    source = source_of(content, look)
    paths = {*of_mails(), *own_paths(source.asks)}
    settings = content["settings"]
    programs = {
        _SUBJECT: compile_template(settings.get("subject", ""), paths).program,
        _PREVIEW: compile_template(settings.get("preheader", ""), paths).program,
        "html": compile_template(source.html, paths, is_ours=True).program,
        "body": compile_template(source.text, paths, is_ours=True).program,
    }
    return Compiled(programs, source.asks)


def own_paths(asks: Mapping[str, Any]) -> Iterator[str]:
    """The paths that only the renderer may name."""
    yield from ("mail.preheader", _STAGE)
    yield from asks.get("rules", ())
    for key in asks.get("picks", ()):
        yield from (f"{key}.title", f"{key}.url")


def source_of(content: Mapping[str, Any], look: Look | None = None) -> Source:
    """MJML, HTML and text of a document, its tags where its author wrote them."""
    whole = documents.normalised(dict(content), MAIL_BLOCKS)
    look = look or Look.current()
    tags = Tags()
    writer, speaker = Writer(look, tags), Speaker(look, tags)
    sections, said = [], []
    rules: dict[str, Any] = {}
    for number, row in enumerate(documents.blocks(whole)):
        section = writer.block(row["type"], row["props"], number)
        text = speaker.block(row["type"], row["props"], number)
        if rule := row["props"].get("show_when"):
            rules[f"when.k{number}"] = rule
            opening, closing = f"{{% if when.k{number} %}}", "{% endif %}"
            section = f"<mj-raw>{tags.hide(opening)}</mj-raw>{section}<mj-raw>{tags.hide(closing)}</mj-raw>"
            text = f"{tags.hide(opening)}{text}\n\n{tags.hide(closing)}" if text else ""
        else:
            text = f"{text}\n\n" if text else ""
        sections.append(section)
        said.append(text)
    body = "".join(sections) + _foot(writer)
    ground = whole["settings"]["ground"]
    mjml = framed(body, look, ground=ground, preheader=tags.hide(_PREHEADER))
    html = tags.html(_inlined(writer.held.put_back(_laid_out(mjml))))
    asks = writer.needs | ({"rules": rules} if rules else {})
    shown = tags.text(writer.held.put_back(mjml))
    return Source(shown, html, tags.text("".join(said)).strip(), asks)


def _foot(writer: Writer) -> str:
    own = f"<p>{writer.words(writer.look.footer)}</p>" if writer.look.footer else ""
    return writer.section(
        writer.text(own + FOOT, small=True, padding="12px 0 0"), padding="8px 24px 28px"
    )


def _laid_out(mjml: str) -> str:
    # several MB that only a process which compiles a design holds
    from mjml import mjml2html  # noqa: PLC0415

    try:
        return str(mjml2html(mjml))
    except ValueError as error:
        raise Invalid(_("This mail cannot be laid out: %(why)s") % {"why": error}) from error


def _inlined(html: str) -> str:
    from css_inline import CSSInliner  # noqa: PLC0415  as above

    inliner = CSSInliner(
        keep_style_tags=False,
        keep_link_tags=False,
        keep_at_rules=True,
        load_remote_stylesheets=False,
    )
    return str(inliner.inline(html))


@dataclass(frozen=True)
class Written:
    """One message of a design."""

    subject: str
    preheader: str
    text: str
    html: str


def written(programs: Mapping[str, Any], values: Mapping[str, Any]) -> Written:
    """Fill in the values of one reader: nothing else happens per message."""
    parts = {name: Template.stored(programs[name]) for name in (_SUBJECT, _PREVIEW, "body", "html")}
    preheader = parts[_PREVIEW].render(values, "line")
    return Written(
        subject=parts[_SUBJECT].render(values, "line"),
        preheader=preheader,
        text=undead_text(parts["body"].render(values, "text")),
        html=undead_html(parts["html"].render({**values, "mail.preheader": preheader}, "html")),
    )


def undead_html(html: str) -> str:
    """Without the links whose address was a field that held none: their words stay."""
    return html.replace(' href=""', "")


def undead_text(text: str) -> str:
    """The same for a text part."""
    return _DEAD.sub(r"\1", text) if "]()" in text else text


def fields_of(programs: Mapping[str, Any]) -> Collection[str]:
    """The paths that its programs name."""
    found: set[str] = set()
    for name, program in programs.items():
        if name not in _NO_PROGRAMS:
            found |= Template.stored(program).paths
    return found
