"""The hours in which a sequence sends, as somebody sets them who tests at any of them."""

from playwright.sync_api import Page


def sends_at_any_hour(page: Page) -> None:
    """From the steps of a sequence to its sending hours and back."""
    page.get_by_role("link", name="Sending hours").click()
    for day in ("Sat", "Sun"):
        page.get_by_label(day, exact=True).check()
    page.get_by_role("textbox", name="From", exact=True).fill("00:00")
    page.get_by_role("textbox", name="To", exact=True).fill("23:59")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("link", name="Back to the steps").click()
