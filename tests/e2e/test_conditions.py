"""The browser decides every shared vector as the server does, in the Chromium that visitors have."""

import json

from playwright.sync_api import Page

from tests.leadflow.conditions.test_conditions_browser import COMPARE, EVERY_VECTOR
from tests.leadflow.conditions.world import VECTORS


def test_chromium_agrees_with_the_shared_vectors(page: Page, alice):
    page.goto("/sign-in/")

    told = page.evaluate(
        "async (data) => { const { matches } = await import('/static/js/conditions.js');"
        f"{COMPARE} return compare(matches, data); }}",
        json.loads(VECTORS.read_text()),
    )

    assert told == EVERY_VECTOR
