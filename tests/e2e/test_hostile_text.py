"""Hostile words in every text that the workspace keeps, then a walk through every page of the staff.

Nothing of them may run, become an element, be worked out as a template, or push a page of a phone
sideways. The words are written straight into the tables, past the checks of the services: whatever a
check lets through one day, the pages show it as text already.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from playwright.sync_api import Page

from tests.e2e.test_pages_all import doors, pages, part_of, width
from tests.guards.sources import PACKAGES
from tests.guards.test_access_matrix import LINES
from tests.guards.world import World

PHONE = {"width": 390, "height": 844}
HOSTILE = [
    "\"'><svg onload=__pwned=1><img src=x onerror=__pwned=1>{{ 7|add:7000014 }}{{7*1000003}}${7*1000003}🦊",
    "</script></textarea></title><script>__pwned=1</script>\u202e\u2066שלום مرحبا\u200b null",
    "W" * 150 + " undefined NaN",
    "' onmouseover='__pwned=1' autofocus onfocus='__pwned=1' javascript:__pwned=1 👩‍👩‍👧‍👦 None [object Object]",
]
SHORT = ["'\"><b onload=1>", "</script><i onerror=1>", "W" * 80, "\u202eעברית🦊 null"]
# What people and the programs of others write. The rest are codes, keys and words of our own.
WORDS = frozenset({
    "name", "first_name", "last_name", "office", "job_title", "department", "city", "region", "industry",
    "legal_name", "postal_address", "quote_terms", "customer_word", "goal", "note", "label", "subject",
    "body", "text", "reason", "detail", "churn_reason", "words", "help_text", "title", "topic",
    "description", "original", "error", "last_error", "problem", "from_name", "to_name", "said", "html",
    "why", "sentence", "file_name", "place", "place_details", "cancel_note", "thanks_title",
    "thanks_text", "closed_text", "banner_text", "competitor", "recipient", "terms", "user_agent",
    "category", "alert", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
    "preferred_time", "provider", "referrer", "landing", "page_url", "source", "smtp_text", "evidence",
    "last",
})  # fmt: skip
OUR_NAMES = {"runs.Schedule", "mail.Transport", "operations.Heartbeat", "rulesets.Decision"}
# In documents: the texts under these keys; in what somebody sent, all of them.
KEYS = WORDS - {"name"} | {
    "sub",
    "help",
    "placeholder",
    "caption",
    "low_words",
    "high_words",
    "unit",
    "submit_label",
}
SENT = frozenset({"answers", "raw", "headers", "utm", "value", "custom", "values", "proposed"})
# A mail that is no template is refused in its preview's frame, and refusals are never framed.
EXPECTED = ("Failed to load resource", "Framing ")
VIEWED = {"help:picture"}  # Chromium's own viewer of pictures has inline styles
LIES = """() => {
  const found = [];
  if (window.__pwned !== undefined) found.push("it ran");
  const marks = "[onload],[onerror],[onmouseover],[onfocus],[autofocus][onfocus],img[src='x']";
  for (const one of document.querySelectorAll(marks)) found.push("markup: " + one.outerHTML.slice(0, 160));
  for (const one of document.querySelectorAll("script:not([type='application/json'])"))
    if (!one.src && one.textContent.includes("__pwned")) found.push("script: " + one.textContent.slice(0, 160));
  if (document.body.innerText.includes("7000021")) found.push("a template was worked out");
  return found;
}"""


def for_row(number: int, place: int, length: int | None) -> str:
    """Another of the words for each row and column, so that a page meets them all."""
    words = HOSTILE if length is None or length >= 120 else SHORT
    return words[(number + place) % len(words)]


def text_fields(model: type[models.Model]) -> Iterator[models.Field]:
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
        if is_text and field.name in WORDS and model._meta.label not in OUR_NAMES:
            yield field


def documents(model: type[models.Model]) -> list[models.Field]:
    return [one for one in model._meta.concrete_fields if isinstance(one, models.JSONField)]


def poisoned(value: Any, number: int, *, every: bool) -> Any:
    """The document with its texts replaced."""
    if isinstance(value, dict):
        return {
            key: for_row(number, at, None)
            if isinstance(one, str) and (every or key in KEYS) and one and not is_code(key, value)
            else poisoned(one, number, every=every)
            for at, (key, one) in enumerate(value.items())
        }
    if isinstance(value, list):
        return [poisoned(one, number, every=every) for one in value]
    return for_row(number, 0, None) if every and isinstance(value, str) and value else value


def is_code(key: str, among: dict[str, Any]) -> bool:
    """Whether what stands there is chosen from a list of ours: the unit of a wait."""
    return key == "unit" and "amount" in among


def poison(model: type[models.Model]) -> None:
    texts, told = list(text_fields(model)), documents(model)
    rules = [one for one in model._meta.constraints if isinstance(one, models.UniqueConstraint)]
    once = {name for rule in rules for name in rule.fields}
    rows = model._base_manager.only("pk", *(one.name for one in [*texts, *told]))
    for number, row in enumerate(rows if texts or told else []):
        for place, field in enumerate(texts):
            word = for_row(number, place, field.max_length)
            ending = f" {row.pk}" if field.unique or field.name in once else ""
            most = (field.max_length or 10_000) - len(ending)
            setattr(row, field.name, word[:most] + ending)
        for field in told:
            value = poisoned(getattr(row, field.name), number, every=field.name in SENT)
            setattr(row, field.name, value)
        model._base_manager.filter(pk=row.pk).update(
            **{one.name: getattr(row, one.name) for one in [*texts, *told]}
        )


@pytest.fixture
def world(transactional_db) -> World:
    return World()


@pytest.fixture
def hostile(world) -> list[tuple[str, str]]:
    """The doors of the staff, over the workspace of the guards with every text of it replaced."""
    names = [name for name in LINES if part_of(name) != "visitors" and name not in VIEWED]
    found = doors(world, names)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # what is kept for ever, too
        for model in apps.get_models():
            if model.__module__.startswith(PACKAGES):
                poison(model)
        cursor.execute("RESET session_replication_role")
    return found


# What reaches out of the page: the innermost, without what stands in a part that scrolls by itself.
WIDE = """() => {
    const out = (one) => one.getBoundingClientRect().right > innerWidth + 1;
    const kept = (one) => one && (getComputedStyle(one).overflowX !== 'visible' || kept(one.parentElement));
    return [...document.querySelectorAll('main *')]
        .filter((one) => out(one) && ![...one.children].some(out) && !kept(one.closest('main *')?.parentElement))
        .slice(0, 3).map((one) => one.outerHTML.slice(0, 120)).join(' and ');
}"""


@pytest.mark.slow
def test_abuse_A01_hostile_words_are_text_on_every_page_of_the_staff(
    page: Page, sign_in, console, world, hostile
):
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    sign_in(page, world.users["admin"])
    page.set_default_navigation_timeout(30_000)
    page.set_viewport_size(PHONE)
    page.emulate_media(reduced_motion="reduce")
    found, seen = [], 0
    for name in pages(page, hostile):
        seen += 1
        found += [f"{name}: {lie}" for lie in page.evaluate(LIES)]
        if (wide := width(page, PHONE["width"])) > PHONE["width"]:
            found.append(f"{name} is {wide} px wide: {page.evaluate(WIDE)}")
        found += [f"{name}: {said}" for said in console if not said.startswith(EXPECTED)]
        found += [f"{name}: a dialog, {said}" for said in dialogs]
        console.clear()
        dialogs.clear()

    assert not found, "\n".join(found)
    assert seen > 150
