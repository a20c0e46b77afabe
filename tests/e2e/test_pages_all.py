"""Every page of the product in a browser: axe in both themes, and no sideways scroll at 320 px.

The pages are the doors of tests/guards/access_matrix.yaml that answer GET with a whole document, over
the workspace of the guards: a new page is in here by itself. What a machine cannot judge stands in
docs/accessibility.md.
"""

import time
from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Error, Page

from tests.guards.test_access_matrix import LINES, addresses
from tests.guards.world import World

ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = {"type": "rule", "values": ["color-contrast"]}  # all that a theme changes
DESKTOP, NARROW = (1440, 900), (320, 640)
# The same on every page: judged on the first, and half of the work of each.
MENU = ".lf-side, .lf-foot"
EMPTY = "menu => document.querySelectorAll(menu).forEach(one => one.replaceChildren())"
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


def doors(world: World, names: list[str]) -> list[tuple[str, str]]:
    """The name and an address of each door that a browser can ask for."""
    asked = (name for name in names if "GET" in LINES[name] and not LINES[name].get("by_key"))
    return [(name, next(iter(addresses(name, world)))[1]) for name in asked]


def pages(page: Page, asked: list[tuple[str, str]]) -> Iterator[str]:
    """Goes to each page that is a whole document; answers with the name of its door."""
    for name, url in asked:
        try:
            answer = page.goto(url)
        except Error:  # a file, which a browser saves instead of showing it
            continue
        if "html" not in answer.headers.get("content-type", ""):
            continue  # a paper, which the browser shows in a viewer of its own
        moved = answer.request.redirected_from is not None
        if answer.ok and not moved and page.evaluate("document.doctype !== null"):
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
        "only => axe.run({runOnly: only, resultTypes: ['violations'], preload: false})"
        ".then(r => r.violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`))",
        only,
    )
    return list(found)


def wide(page: Page, name: str) -> list[str]:
    """Whether a page scrolls sideways once its charts have been drawn anew for the new width."""
    until = time.monotonic() + 5
    # asked from outside: the page's own policy lets nothing be evaluated inside it
    while (width := page.evaluate("document.scrollingElement.scrollWidth")) > NARROW[0]:
        if time.monotonic() > until:
            return [f"{name} is {width} px wide at {NARROW[0]}"]
        page.wait_for_timeout(50)
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
    for name in pages(page, doors(world, [name for name in LINES if part_of(name) == part])):
        seen += 1
        size(page, DESKTOP)
        if seen > 1:
            page.evaluate(EMPTY, MENU)
        page.evaluate(AXE_SCRIPT)
        found += [f"{name}, light: {fault}" for fault in faults(page, ALL)]
        page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
        found += [f"{name}, dark: {fault}" for fault in faults(page, COLOURS)]
        size(page, NARROW)
        found += wide(page, name)
    console.clear()  # the browser itself logs what a part of a page answers for a made-up record

    assert not found, "\n".join(found)
    assert seen >= (4 if part == "visitors" else 20)
