"""Settings, sign-in and the inbox in a browser: no console error, nothing for axe to find."""

import re

from playwright.sync_api import Page, expect

from leadflow.notifications import services
from leadflow.notifications.models import Notice
from tests.factories.people import PASSWORD

PAGES = [
    "/settings/", "/settings/profile/", "/settings/appearance/", "/settings/password/",
    "/settings/sessions/", "/settings/notifications/", "/settings/identity/", "/settings/formats/",
    "/settings/hours/", "/settings/sender/", "/settings/rates/", "/settings/users/",
    "/settings/users/invite/", "/settings/teams/", "/settings/roles/", "/settings/sources/",
    "/settings/fields/new/", "/settings/lifecycle/", "/settings/privacy/", "/inbox/", "/two-factor/",
]  # fmt: skip


def test_a_person_signs_in_by_keyboard(page: Page, console, transactional_db, bob, axe):
    page.goto("/sign-in/")
    axe(page)
    page.keyboard.type("bob@crm.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")

    page.wait_for_url(lambda url: "/sign-in/" not in url)
    expect(page.locator("body")).to_contain_text("Bob Berg")


def test_every_settings_page_is_accessible_and_fits_a_phone(
    page: Page, console, alice, north, bob, sign_in, axe
):
    services.tell(alice, "k", kind=Notice.LEAD_ASSIGNED, sentence="Ada Ling is yours now")
    sign_in(page, alice)
    wide = {}
    for path in PAGES:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        axe(page)
        page.set_viewport_size({"width": 320, "height": 640})
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide[path] = width
    assert not wide


def test_an_admin_invites_somebody_who_joins(page: Page, console, alice, north, sign_in, axe):
    sign_in(page, alice)
    page.goto("/settings/users/")
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("Email").fill("nina@crm.example")
    page.get_by_label("North").check()
    page.get_by_role("button", name="Send the invitation").click()
    link = page.get_by_label("Link").input_value()
    page.context.clear_cookies()

    page.goto("/" + link.split("/", 3)[3])
    axe(page)
    page.get_by_label("Your name").fill("Nina New")
    page.get_by_label("Password").fill("a long enough phrase")
    page.get_by_role("button", name="Join").click()

    expect(page.locator("body")).to_contain_text("Nina New")


def test_the_first_run_makes_the_admin(page: Page, console, axe):
    page.goto("/sign-in/")
    expect(page).to_have_url(re.compile("/welcome/$"))
    axe(page)
    page.get_by_label("Your organisation").fill("Brightwell")
    page.get_by_label("Your name").fill("Ada Adams")
    page.get_by_label("Your email").fill("ada@brightwell.example")
    page.get_by_label("Password").fill("a long enough phrase")
    page.get_by_role("button", name="Make the workspace").click()

    expect(page.locator("body")).to_contain_text("Brightwell")
