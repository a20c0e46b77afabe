"""The shell and the gallery as a person meets them."""

import re

import pytest
from playwright.sync_api import Page, expect

from leadflow.web import saved_views

THEMES = ["light", "dark"]
SIZES = [(1440, 900), (1000, 800), (390, 844), (320, 640)]


@pytest.mark.parametrize("theme", THEMES)
def test_the_gallery_passes_axe(page: Page, sign_in, axe, alice, theme):
    alice.theme = theme
    alice.save()
    sign_in(page, alice)

    page.goto("/gallery/")

    axe(page)


@pytest.mark.parametrize("size", SIZES)
def test_the_gallery_never_scrolls_sideways(page: Page, sign_in, fits, alice, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(page, alice)

    page.goto("/gallery/")

    fits(page)


def test_the_theme_switch_stays_after_a_reload(page: Page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/gallery/")

    page.get_by_label("You and your settings").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_an_unset_theme_follows_the_device(page: Page, sign_in, alice):
    page.emulate_media(color_scheme="dark")
    sign_in(page, alice)

    page.goto("/gallery/")

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_question_mark_opens_the_keys_and_escape_closes_them(page: Page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/gallery/")

    page.keyboard.press("?")
    expect(page.locator("#lf-keys")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator("#lf-keys")).to_be_hidden()


def test_single_keys_rest_while_typing(page: Page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/gallery/")

    page.locator("#id_company").focus()
    page.keyboard.type("what?")

    expect(page.locator("#lf-keys")).to_be_hidden()
    expect(page.locator("#id_company")).to_have_value(re.compile("what\\?"))


def test_single_keys_can_be_switched_off(page: Page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/gallery/")
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch single keys off").click()
    page.wait_for_load_state()

    page.keyboard.press("?")

    expect(page.locator("#lf-keys")).to_be_hidden()
    alice.refresh_from_db()
    assert alice.single_keys is False


def test_control_k_opens_the_palette_and_arrows_choose(page: Page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/gallery/")

    page.keyboard.press("Control+k")

    expect(page.locator("#lf-palette input")).to_be_focused()


def test_rows_are_walked_and_picked_by_keys(page: Page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/gallery/")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")

    expect(page.locator("[data-row]").nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.locator("[data-bulk]")).to_contain_text("1 selected")
    page.keyboard.press("Escape")
    expect(page.locator("[data-bulk]")).to_be_hidden()


def test_a_chart_shows_its_table(page: Page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/gallery/")

    page.locator("[data-chart-toggle]").first.click()

    expect(page.get_by_role("table", name="New MQLs a week")).to_be_visible()


def test_a_toast_leaves_after_ten_seconds_unless_pointed_at(page: Page, sign_in, alice):
    page.clock.install()
    sign_in(page, alice)
    page.goto("/gallery/")
    page.evaluate("leadflow.toast('Moved to Proposal', { undo: '/undo/' })")
    toast = page.locator("#lf-toasts [data-toast]")
    expect(toast.get_by_role("button", name="Undo")).to_be_visible()

    toast.hover()
    page.clock.run_for(11_000)
    expect(toast).to_be_visible()
    page.mouse.move(800, 200)
    page.clock.run_for(11_000)

    expect(toast).to_have_count(0)


def test_a_dialog_opens_and_closes_without_the_mouse(page: Page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/gallery/")

    page.get_by_role("button", name="Delete 3 leads…").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Delete 3 leads?")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog", name="Delete 3 leads?")).to_be_hidden()


def test_a_refusal_over_htmx_stands_at_the_top_and_nothing_is_lost(
    page: Page, sign_in, console, alice, mia
):
    view = saved_views.save(by=alice, page="x", name="Hot", state={}, shared="all")
    sign_in(page, mia)
    page.goto("/gallery/")
    page.locator("#id_company").fill("typed by mia")

    page.evaluate(f"htmx.ajax('POST', '/views/{view.pk}/delete/', '#content')")

    expect(page.locator("#lf-notices")).to_contain_text("This view belongs to Alice Adams.")
    expect(page.locator("#id_company")).to_have_value("typed by mia")
    # the browser itself reports the status
    assert [line for line in console if "403" not in line] == []
    console.clear()


def test_the_columns_are_chosen_in_the_address(page: Page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/gallery/")

    page.get_by_label("Choose columns").click()
    page.get_by_label("Amount").uncheck()
    page.get_by_role("button", name="Show these").click()

    expect(page).to_have_url(re.compile("cols=name%2Cscore%2Cnext"))


def test_the_skip_link_is_the_first_stop(page: Page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/gallery/")

    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


def test_a_signed_out_page_passes_axe(page: Page, axe, fits):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/sign-in/")

    axe(page)
    fits(page)


def test_every_place_can_be_reached_on_a_phone(page: Page, sign_in, alice):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, alice)
    page.goto("/gallery/")

    page.get_by_role("button", name="More", exact=True).last.click()

    expect(page.get_by_role("dialog", name="All places")).to_be_visible()
