"""Every page of the product in a browser: axe in both themes, and no sideways scroll at 320 px.

The pages are the doors of tests/guards/access_matrix.yaml that answer GET with a whole document, over
the workspace of the guards: a new page is in here by itself. What a machine cannot judge stands in
docs/accessibility.md.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, TimeoutError

from tests.guards.test_access_matrix import LINES, addresses
from tests.guards.world import World

ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = {"type": "rule", "values": ["color-contrast"]}  # all that a theme changes
DESKTOP, NARROW = (1440, 900), (320, 640)
# Which doors a test walks through, by the first part of their names; the rest are settings.
PARTS = {
    "sales": ("desk", "pipeline", "distribution", "qualification", "timeline", "notifications"),
    "marketing": ("capture", "nurturing", "segments", "insights", "mail", "imports", "help"),
}


@pytest.fixture
def world(transactional_db) -> World:
    return World()


def size(page: Page, to: tuple[int, int]) -> None:
    page.set_viewport_size({"width": to[0], "height": to[1]})


def pages(page: Page, world: World, names: list[str]) -> Iterator[str]:
    """Goes to each page that is a whole document; answers with the name of its door."""
    for name in names:
        if LINES[name].get("by_key") or "GET" not in LINES[name]:
            continue
        _whose, url = next(iter(addresses(name, world)))
        answer = page.request.get(url, max_redirects=0)
        if answer.ok and answer.text()[:200].lstrip().lower().startswith("<!doctype html"):
            page.goto(url)
            yield name


def part_of(name: str) -> str:
    """Visitors' pages need no session; the others go by who works there."""
    if LINES[name].get("GET") == "open":
        return "visitors"
    first = name.split(":")[0]
    return next((part for part, firsts in PARTS.items() if first in firsts), "settings")


def faults(page: Page, only: dict) -> list[str]:
    """What axe finds: the rule, and the first place that breaks it."""
    found = page.evaluate(
        "only => axe.run(document, {runOnly: only, resultTypes: ['violations']})"
        ".then(r => r.violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`))",
        only,
    )
    return list(found)


def wide(page: Page, name: str) -> list[str]:
    """Whether a page scrolls sideways once its charts have been drawn anew for the new width."""
    try:
        page.wait_for_function(
            f"document.scrollingElement.scrollWidth <= {NARROW[0]}", timeout=5_000
        )
    except TimeoutError:
        width = page.evaluate("document.scrollingElement.scrollWidth")
        return [f"{name} is {width} px wide at {NARROW[0]}"]
    return []


@pytest.mark.slow
@pytest.mark.parametrize("part", ["sales", "marketing", "settings", "visitors"])
def test_every_page_passes_axe_in_both_themes_and_fits_320_pixels(
    page: Page, sign_in, console, world, part
):
    if part != "visitors":
        sign_in(page, world.users["admin"])
    page.set_default_navigation_timeout(30_000)
    page.emulate_media(reduced_motion="reduce")  # else axe meets a colour half-way to dark
    found, seen = [], 0
    for name in pages(page, world, [name for name in LINES if part_of(name) == part]):
        seen += 1
        size(page, DESKTOP)
        page.evaluate(AXE_SCRIPT)
        found += [f"{name}, light: {fault}" for fault in faults(page, ALL)]
        page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
        found += [f"{name}, dark: {fault}" for fault in faults(page, COLOURS)]
        size(page, NARROW)
        found += wide(page, name)
    console.clear()  # the browser itself logs what a part of a page answers for a made-up record

    assert not found, "\n".join(found)
    assert seen >= (4 if part == "visitors" else 20)
