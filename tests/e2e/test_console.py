"""Signing in, inviting and the first run in a browser: no console error, nothing for axe to find."""

import re

from playwright.sync_api import Page, expect

from tests.factories.people import PASSWORD


def test_a_person_signs_in_by_keyboard(page: Page, console, transactional_db, bob, axe):
    page.goto("/sign-in/")
    axe(page)
    page.keyboard.type("bob@crm.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")

    page.wait_for_url(lambda url: "/sign-in/" not in url)
    expect(page.locator("body")).to_contain_text("Bob Berg")


def test_an_admin_invites_somebody_who_joins(page: Page, console, alice, north, sign_in, axe):
    sign_in(page, alice)
    page.goto("/settings/users/")
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("Email").fill("nina@crm.example")
    page.get_by_label("North").check()
    page.get_by_role("button", name="Send the invitation").click()
    link = page.get_by_label("Link").input_value()
    page.goto("about:blank")  # what the open page still asks for would lead her to the sign-in
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
