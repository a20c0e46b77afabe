"""What a newcomer reads is there: licence, pictures, a guide per role, decisions, and no link that leads nowhere."""

import re

import pytest
from django.core.management import get_commands
from django.urls import reverse

from leadflow.console.help import GUIDE_OF
from leadflow.people.models import Role
from leadflow.web.navigation import PLACES
from tests.guards.sources import PACKAGES, ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
# Started by the product itself, never by a person.
INTERNAL = {"run_work"}
LINK = re.compile(r"\]\(([^)#\s]+)")


def links(document):
    """Links to files of ours."""
    return [link for link in LINK.findall(document.read_text()) if ":" not in link]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_leads_to_a_file(document):
    assert [link for link in links(document) if not (document.parent / link).exists()] == []


def test_the_index_leads_to_every_document():
    index = ROOT / "docs/index.md"
    named = {(index.parent / link).resolve() for link in links(index)}
    own = {*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/guides").glob("*.md")} - {index}

    assert sorted(str(path.relative_to(ROOT)) for path in own - named) == []


@pytest.mark.parametrize("role", Role.values)
def test_each_role_has_its_guide(role):
    assert (ROOT / f"docs/guides/{role}.md").read_text().startswith("# Guide for ")


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.url_name)
def test_question_mark_leads_to_a_guide_from_every_place_of_the_menu(place):
    path = reverse(place.url_name)

    assert [guide for start, guide in GUIDE_OF.items() if path.startswith(start)]


def test_every_decision_stands_in_the_list():
    folder = ROOT / "docs/adr"
    decisions = {path.name for path in folder.glob("0*.md")}

    assert decisions == set(links(folder / "README.md"))
    # the design began with sixteen
    assert {name[:4] for name in decisions} >= {f"{n:04}" for n in range(1, 17)}


def test_the_readme_shows_the_pictures_that_the_script_takes():
    script = (ROOT / "scripts/screenshots.py").read_text()
    taken = set(re.findall(r'"([a-z-]+)"', script[script.index("README = {") :].split("}")[0]))
    shown = set(re.findall(r"docs/pictures/([a-z-]+)\.png", (ROOT / "README.md").read_text()))

    assert shown <= taken
    assert len(shown) >= 5


def test_every_scene_that_the_script_plays_has_its_picture_in_a_guide():
    script = (ROOT / "scripts/scenes.py").read_text()
    played = set(re.findall(r'^    "([a-z-]+)": Scene\(', script, re.MULTILINE))
    guides = "".join(path.read_text() for path in (ROOT / "docs/guides").glob("*.md"))

    assert len(played) > 20
    assert {name for name in played if f"(../pictures/guides/{name}.png)" not in guides} == set()


def test_every_command_of_ours_is_documented():
    ours = {name for name, app in get_commands().items() if app.split(".")[0] in PACKAGES}
    text = "".join(path.read_text() for path in DOCUMENTS)

    assert sorted(name for name in ours - INTERNAL if f"leadflow {name}" not in text) == []


def test_the_licence_is_apache_2():
    assert (
        "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text()
    )
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()
