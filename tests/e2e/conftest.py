"""Journeys in a real browser: Chromium against the live server, nothing simulated.

A console error, a script error or a request that the content security policy refused fails the test.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from leadflow.people.models import User
from tests import tools

# Playwright keeps an event loop in this thread; Django refuses database work beside one unless told.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

FLAGS = (
    "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker("e2e")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """The machine's own Chromium."""
    program = tools.find("chromium")
    return {**browser_type_launch_args, "executable_path": program, "args": FLAGS.split()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {
        **browser_context_args,
        "viewport": {"width": 1440, "height": 900},
        "locale": "en-GB",
        "user_agent": tools.BROWSER,  # a crawler, as Chromium without a window says it is, is set aside
        "timezone_id": "UTC",
    }


@pytest.fixture(scope="session")
def base_url(live_server) -> str:
    """So that page.goto("/leads/") reaches the live server."""
    return live_server.url


@pytest.fixture
def console(transactional_db) -> Iterator[list[str]]:
    """What the browser complained about; it must stay empty."""
    complaints: list[str] = []
    yield complaints
    assert complaints == []


@pytest.fixture
def page(transactional_db, live_server, console: list[str], page: Page) -> Page:
    """A page that remembers complaints. A test that provokes one clears `console`."""
    page.on("pageerror", lambda error: console.append(str(error)))
    page.on("console", lambda m: console.append(m.text) if m.type == "error" else None)
    page.set_default_timeout(10_000)
    return page


@pytest.fixture
def sign_in(live_server) -> Callable[[Page, User], None]:
    """sign_in(page, bob): as if bob had signed in, without the sign-in page."""

    def enter(page: Page, user: User) -> None:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key}
        page.context.add_cookies([{**cookie, "url": live_server.url}])

    return enter


@pytest.fixture(autouse=True)
def quick_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms are filled in here faster than anybody types. That such a one is set aside is held in
    tests/capture; the journey waits as a visitor would."""
    monkeypatch.setattr("capture.rules.MIN_SECONDS", 0.0)


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """axe(page): no accessibility violation of WCAG 2.2 A and AA on this page."""

    def check(page: Page) -> None:
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": rules}})
        assert found.violations_count == 0, found.generate_report()

    return check


@pytest.fixture
def fits() -> Callable[[Page], None]:
    """fits(page): nothing scrolls sideways."""

    def check(page: Page) -> None:
        # a chart takes its new width a frame after the window has taken its own
        wide = page.viewport_size["width"]
        script = "wide => document.documentElement.scrollWidth <= wide"
        with suppress(PlaywrightTimeout):
            page.wait_for_function(script, arg=wide, timeout=2000)
        assert page.evaluate("document.documentElement.scrollWidth") <= wide

    return check
