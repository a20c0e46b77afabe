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

WORDS = re.compile(r"{%\s*blocktrans.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
BOUND = re.compile(
    r"\.id_for_label|(?:{{|{%\s*for\b)[^%}]*\.(?:non_field_|non_form_)?errors\b"
    r"|{{\s*(?:\w+_)?form(?:\.\w+)*\s*}}"
    r"|{{\s*(?:\w+_)?field\s*}}|\.label_tag|\.as_(?:p|div|table|ul|field_group)\b"
    r"|\b(?:\w+_)?form\.\w+\.(?:value|html_name|field)\b|\s:\w+=\"(?:\w+_)?form\.\w+\""
)
# Crispy lays out every form of fields; what may print a bound field without it, and why.
BARE = {
    "web/cell.html": "one box in a cell of a table, named by its column",
    "console/hours.html": "a table of times: a day a row, its name the label",
    "console/hook_map.html": "a field of ours a row: its path beside what is done to the value",
    "imports/map.html": "a table of selects: a column of the file a row, beside what stands in it",
    "imports/preview.html": "a table of selects: a word of the file a row",
    "pipeline/deal.html": "one select in the bar of stages, and the one box of the composer",
    "web/rule_field.html": "the rule builder alone: a widget with its own labels and errors",
    "gallery.html": "the rule builder alone, as above",
    "mfa/totp/activate_form.html": "the secret is to be copied, no field of the form",
    "capture/forms.html": "a row of the list is called form",
    "qualification/scoring.html": "a row of the list is called form",
    "ui/chip.html": "the name of a filter, which is text",
    "account/login.html": "allauth's hidden input of where to go on",
    "account/logout.html": "allauth's hidden input of where to go on",
    "account/reauthenticate.html": "allauth's hidden input of where to go on",
    "mfa/reauthenticate.html": "allauth's hidden input of where to go on",
}


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


def test_every_component_is_in_the_gallery():
    """As its own tag, or inside another component that is shown (a chip stands in the filters)."""
    inside = {
        path.stem: path.read_text() for path in (settings.BASE_DIR / "templates/ui").glob("*.html")
    }
    shown, open_ends = set(), [(settings.BASE_DIR / "templates/gallery.html").read_text()]
    while open_ends:
        tags = re.findall(r"<c-([a-z-]+)", open_ends.pop())
        fresh = {tag.replace("-", "_") for tag in tags if tag != "slot" and tag != "vars"} - shown
        shown |= fresh
        open_ends += [inside[name] for name in fresh if name in inside]

    assert set(inside) - shown == set()


@pytest.mark.parametrize("template", PAGES, ids=name)
def test_every_icon_is_in_the_sprite(template):
    sprite = (settings.BASE_DIR / "static/img/icons.svg").read_text()
    asked = re.findall(
        r"<c-icon[^>]*\sname=\"([a-z0-9-]+)\"|\sicon(?:_after)?=\"([a-z0-9-]+)\"|{% icon \"([a-z0-9-]+)\"",
        text(template),
    )
    names = {name for found in asked for name in found if name}

    assert [n for n in sorted(names) if f'id="{n}"' not in sprite] == []


def prints_a_bound_field(template: Path) -> list[str]:
    return BOUND.findall(WORDS.sub("", text(template)))


@pytest.mark.parametrize("template", PAGES, ids=name)
def test_crispy_is_the_only_renderer_of_fields(template):
    """Its own templates are in templates/bootstrap5; a new exception needs its reason in BARE."""
    within = template.relative_to(settings.BASE_DIR / "templates")
    if within.parts[0] == "bootstrap5" or str(within) in BARE:
        return

    assert prints_a_bound_field(template) == []


@pytest.mark.parametrize(
    "source",
    ["{{ form.email }}", "{{ owner_form.owner }}", "{{ field }}", "{{ form.as_p }}",
     "{% for error in form.email.errors %}", '<label for="{{ form.email.id_for_label }}">',
     '<input value="{{ form.email.value }}">', '<c-box :field="form.email" />'],
)  # fmt: skip
def test_the_ways_around_crispy_are_seen(source, tmp_path):
    template = tmp_path / "page.html"
    template.write_text(source)

    assert prints_a_bound_field(template) != []


@pytest.mark.parametrize("exception", BARE)
def test_an_exception_to_crispy_is_still_needed(exception):
    assert prints_a_bound_field(settings.BASE_DIR / "templates" / exception) != []


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_no_script_of_ours_writes_html(script):
    ways = r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"

    assert re.findall(ways, script.read_text()) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=name)
def test_a_style_sheet_closes_every_block_that_it_opens(sheet):
    """A media query left open takes all rules behind it away from every other width."""
    rules = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", sheet.read_text(), flags=re.DOTALL)

    assert rules.count("{") == rules.count("}")
