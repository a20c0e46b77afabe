"""A marketer puts content and an offer out, and looks at what was missed and whom to win, by keys."""

from playwright.sync_api import Page, expect

from leadflow.assets.models import ContentItem
from leadflow.offers.models import Offer
from tests.factories.core import a_company, a_lead


def test_a_marketer_makes_content_and_an_offer_and_looks_at_targets_by_keys(
    page: Page, sign_in, max
):
    company = a_company("Acme", domain="acme.example", tier="1")
    a_lead("ada@acme.example", seniority="manager")
    page.set_default_timeout(30_000)
    sign_in(page, max)

    page.goto("/settings/content/new/")
    page.get_by_label("Title").fill("The roof guide")
    page.get_by_label("Type").select_option("Guide")
    page.get_by_label("Address").fill("https://acme.example/guide")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The roof guide")).to_be_visible()
    item = ContentItem.objects.get()
    assert page.url.endswith(item.get_absolute_url())

    page.goto("/settings/offers/new/")
    page.get_by_label("Name").fill("A tenth off")
    page.get_by_label("Percent or amount").fill("10")
    page.get_by_label("Code", exact=True).fill("TENTH")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Running", exact=True)).to_be_visible()
    assert page.url.endswith(Offer.objects.get(code="TENTH").get_absolute_url())

    missed = page.get_by_role("link", name="Missed opportunities")
    missed.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Missed opportunities")).to_be_visible()
    results = page.get_by_role("button", name="Results")
    page.get_by_role("button", name="Sales", exact=True).focus()
    page.keyboard.press("Enter")  # folds, and stays folded
    page.reload()
    expect(page.get_by_role("link", name="Leads", exact=True)).to_be_hidden()
    expect(results).to_have_attribute("aria-expanded", "true")

    page.goto("/companies/targets/?cols=people")
    expect(page.get_by_role("link", name="1 manager")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(company.get_absolute_url())
