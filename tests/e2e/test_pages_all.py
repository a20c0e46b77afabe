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
from playwright.sync_api import TimeoutError as TooLate

from tests.e2e.focus import unseen_stops
from tests.guards.test_access_matrix import LINES, addresses
from tests.guards.world import World

TAGS = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = "color-contrast"  # all that a theme changes, and most of axe's work
STRUCTURE = {"runOnly": TAGS, "rules": {COLOURS: {"enabled": False}}}
CONTRAST = {"runOnly": {"type": "rule", "values": [COLOURS]}}
DESKTOP, NARROW = (1440, 900), (320, 640)
# The same on every page: judged on the first, and half of the work of each.
MENU = ".lf-side, .lf-foot"
# Marks what shows text in colours, a size and on grounds that no page before had, and answers with them:
# what looks the same is judged once. Whatever lies over it by position alone is judged where it is new.
NEW = """seen => {
  const known = new Set(seen), fresh = [];
  const grounds = new Map();
  const ground = (one) => {
    if (!one) return "";
    if (!grounds.has(one)) {
      const s = getComputedStyle(one);
      grounds.set(one, [ground(one.parentElement), s.backgroundColor, s.backgroundImage, s.opacity, s.filter,
        s.position === "static" || s.position === "relative" ? "" : s.position + s.zIndex].join("|"));
    }
    return grounds.get(one);
  };
  const shown = (one) => {
    const box = one.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && getComputedStyle(one).visibility === "visible";
  };
  const speaks = (one) => one.matches("input, select, textarea")
    || [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  for (const one of document.body.querySelectorAll("*")) {
    if (!speaks(one) || !shown(one)) continue;
    const s = getComputedStyle(one);
    const faint = one.placeholder && !one.value ? getComputedStyle(one, "::placeholder").color : "";
    const off = one.matches(":disabled, :disabled *, [aria-disabled=true], [aria-disabled=true] *")
      || Boolean(one.closest("label")?.control?.disabled);
    const look = [s.color, s.fontSize, s.fontWeight, s.textShadow, faint, off, ground(one)].join("|");
    let mark = 0;
    for (let at = 0; at < look.length; at++) mark = (mark * 31 + look.charCodeAt(at)) | 0;
    one.toggleAttribute("data-new-look", !known.has(mark));
    if (!known.has(mark)) { known.add(mark); fresh.push(mark); }
  }
  return fresh;
}"""
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


def pages(page: Page, asked: list[tuple[str, str]], *, with_scripts: bool = False) -> Iterator[str]:
    """Goes to each page that is a whole document; answers with the name of its door.

    A mail as its readers see it is a document in which no script runs, axe neither: it would be waited
    for without end.
    """
    for name, url in asked:
        try:
            answer = page.goto(url)
        except TooLate:  # what never came is no page to leave out
            raise
        except Error:  # a file, which a browser saves instead of showing it, or a way out of here
            continue
        if "html" not in answer.headers.get("content-type", ""):
            continue  # a paper, which the browser shows in a viewer of its own
        if with_scripts and "sandbox" in answer.headers.get("content-security-policy", ""):
            continue
        moved = answer.request.redirected_from is not None
        if answer.ok and not moved and page.evaluate("document.doctype !== null"):
            yield name


def part_of(name: str) -> str:
    """Visitors' pages need no session; the others go by who works there."""
    if LINES[name].get("GET") == "open":
        return "visitors"
    first = name.split(":")[0]
    return next((part for part, firsts in PARTS.items() if first in firsts), "settings")


def faults(page: Page, asked: dict, within: str = "html") -> list[str]:
    """What axe finds: the rule, and the first place that breaks it."""
    found = page.evaluate(
        "([within, asked]) => axe.run(within, {resultTypes: ['violations'], preload: false, ...asked})"
        ".then(r => r.violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`))",
        [within, asked],
    )
    return list(found)


def faint(page: Page, seen: set[int]) -> list[str]:
    """What is too faint among all that looks as nothing before did; `seen` grows by it."""
    new = page.evaluate(NEW, list(seen))
    seen.update(new)
    return faults(page, CONTRAST, "[data-new-look]") if new else []


def width(page: Page, room: int) -> int:
    """How wide a page is once its charts have been drawn for the room that there is."""
    until = time.monotonic() + 5
    # asked from outside: the page's own policy lets nothing be evaluated inside it
    while (wide := page.evaluate("document.scrollingElement.scrollWidth")) > room:
        if time.monotonic() > until:
            break
        page.wait_for_timeout(50)
    return int(wide)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["sales", "marketing", "settings", "visitors"])
def test_every_page_passes_axe_in_both_themes_and_fits_320_pixels(
    page: Page, sign_in, console, world, part
):
    if part != "visitors":
        sign_in(page, world.users["admin"])
    page.set_default_navigation_timeout(30_000)
    page.emulate_media(reduced_motion="reduce")  # else axe meets a colour half-way to dark
    found, seen, looks = [], 0, set()
    asked = doors(world, [name for name in LINES if part_of(name) == part])
    for name in pages(page, asked, with_scripts=True):
        seen += 1
        size(page, DESKTOP)
        if seen > 1:
            page.evaluate(EMPTY, MENU)
        page.evaluate(AXE_SCRIPT)
        found += [f"{name}: {fault}" for fault in faults(page, STRUCTURE)]
        found += [f"{name}, light: {fault}" for fault in faint(page, looks)]
        page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
        found += [f"{name}, dark: {fault}" for fault in faint(page, looks)]
        size(page, NARROW)
        if (wide := width(page, NARROW[0])) > NARROW[0]:
            found.append(f"{name} is {wide} px wide at {NARROW[0]}")
    console.clear()  # the browser itself logs what a part of a page answers for a made-up record

    assert not found, "\n".join(found)
    assert seen >= (4 if part == "visitors" else 20)


@pytest.mark.slow
def test_every_stop_of_a_page_that_sends_shows_that_it_has_the_focus(
    page: Page, sign_in, console, world
):
    """Sequences, broadcasts, automations, designs, the outbox and what came in, by Tab alone."""
    sign_in(page, world.users["admin"])
    page.set_default_navigation_timeout(30_000)
    found, seen = [], 0
    asked = doors(world, [name for name in LINES if name.split(":")[0] in {"nurturing", "mail"}])
    for name in pages(page, asked, with_scripts=True):
        page.evaluate(EMPTY, MENU)
        stops, bare = unseen_stops(page, 60)
        found += [f"{name}: {stop}" for stop in bare]
        seen += stops > 0
    console.clear()

    assert not found, "\n".join(found)
    assert seen >= 20
