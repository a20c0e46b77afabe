"""What no template may do: run a script, carry a style, skip the escaping, or click without a control."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
SCRIPTS = sorted((settings.BASE_DIR / "static" / "js").rglob("*.js"))
SHEETS = sorted((settings.BASE_DIR / "static/css").glob("*.css"))
# Mails carry their styles in the tag: no mail program reads a style sheet.
PAGES = [t for t in TEMPLATES if "emails" not in t.parts]
COMMENT = re.compile(r"{%\s*comment.*?%}.*?{%\s*endcomment\s*%}|{#.*?#}|<!--.*?-->", re.DOTALL)
TAG = re.compile(r"<([a-zA-Z][\w.-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.DOTALL)
FORBIDDEN = {
    "style attribute": re.compile(r"\sstyle\s*="),
    "inline handler": re.compile(
        r"<[^>]*\son(?:abort|animation|blur|change|click|dbl|drag|drop|error|focus|input|invalid|key|load|mouse|paste|"
        r"pointer|reset|scroll|select|submit|toggle|touch|transition|unload|wheel)[a-z]*\s*="
    ),
    "|safe": re.compile(r"\|\s*safe(seq)?\b"),
    "autoescape off": re.compile(r"autoescape\s+off"),
    "style element without a nonce": re.compile(r"<style\b(?![^>]*\bnonce=)"),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")"),
    "javascript: link": re.compile(r"javascript:", re.IGNORECASE),
    "address of another host": re.compile(r"(?:src|href)=\"(?:https?:)?//"),
}
REQUESTS = re.compile(r"\shx-(get|post|put|patch|delete)\b")
CONTROLS = {"a", "form", "button", "input", "select", "textarea", "c-button"}


def name(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR))


def text(path: Path) -> str:
    return COMMENT.sub("", path.read_text())


@pytest.mark.parametrize("template", PAGES, ids=name)
def test_a_page_keeps_to_the_content_security_policy(template):
    source = text(template)

    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(source)] == []


@pytest.mark.parametrize("template", PAGES, ids=name)
def test_whatever_asks_the_server_is_a_real_control(template):
    """A poll (hx-trigger every/load/revealed or an event) is nobody's click and may be any element."""
    poll = re.compile(r"hx-trigger=\"[^\"]*(every|load|revealed|intersect|from:)")
    asking = [
        tag
        for tag, rest in TAG.findall(text(template))
        if REQUESTS.search(rest) and not poll.search(rest)
    ]

    assert [tag for tag in asking if tag.lower() not in CONTROLS] == []


@pytest.mark.parametrize("template", PAGES, ids=name)
def test_every_icon_is_in_the_sprite(template):
    sprite = (settings.BASE_DIR / "static/img/icons.svg").read_text()
    asked = re.findall(
        r"<c-icon[^>]*\sname=\"([a-z0-9-]+)\"|\sicon(?:_after)?=\"([a-z0-9-]+)\"|{% icon \"([a-z0-9-]+)\"",
        text(template),
    )
    names = {name for found in asked for name in found if name}

    assert [n for n in sorted(names) if f'id="{n}"' not in sprite] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_no_script_of_ours_writes_html(script):
    ways = r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"

    assert re.findall(ways, script.read_text()) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=name)
def test_a_style_sheet_closes_every_block_that_it_opens(sheet):
    """A media query left open takes all rules behind it away from every other width."""
    rules = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", sheet.read_text(), flags=re.DOTALL)

    assert rules.count("{") == rules.count("}")
