"""A quote in a browser: written and sent by a rep, opened and accepted by the customer, proved on the deal."""

import re

import pytest
from playwright.sync_api import Page, expect

from capture.models import Knock
from leadflow.mail.models import Delivery
from pipeline.models import QuoteAnswer
from pipeline.services import deals
from tests import tools
from tests.factories import pipeline as make
from tests.factories.quotes import line


@pytest.fixture(autouse=True)
def _fresh_counts(transactional_db):
    Knock.objects.all().delete()


@pytest.fixture
def customer(browser, live_server, console):
    """A page of somebody who never signed in, on a phone."""
    context = browser.new_context(
        base_url=live_server.url, locale="en-GB", user_agent=tools.BROWSER,
        viewport={"width": 390, "height": 844},
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: console.append(str(error)))
    page.on("console", lambda m: console.append(m.text) if m.type == "error" else None)
    yield page
    context.close()


@pytest.fixture
def deal(bob):
    row = make.deal(bob, name="Roof of the hall", lead=make.lead(bob, email="ada@buyer.example"))
    deals.set_lines(row, lines=[line("Roof", quantity=2, price=5000)], by=bob)
    return row


def quoted(page: Page, deal) -> str:
    """Write the deal's quote and send it by mail; the link that the customer gets."""
    page.goto(f"/deals/{deal.pk}/")
    page.get_by_role("button", name="New quote").click()
    page.get_by_label("Words").fill("Thank you for the talk.")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("link", name="Send", exact=True).click()
    expect(page.get_by_label("Mail the link to")).to_have_value("ada@buyer.example")
    page.get_by_role("button", name="Send the quote").click()
    link = page.get_by_label("The customer's link").input_value()
    assert link in Delivery.objects.get(to_norm="ada@buyer.example").text
    return link.partition("/q/")[2]


def test_a_customer_accepts_a_quote_and_the_deal_shows_the_proof(
    page, customer, sign_in, bob, deal, axe, fits, console, drain_events
):
    sign_in(page, bob)
    token = quoted(page, deal)
    axe(page)

    customer.goto(f"/q/{token}")
    fits(customer)
    axe(customer)
    expect(customer.get_by_text("Thank you for the talk.")).to_be_visible()
    customer.get_by_role("button", name="Accept the quote").click()
    expect(customer.get_by_text("Type your name.")).to_be_visible()
    console.clear()  # a refused form answers 422, and the browser says so
    customer.get_by_label("Your name").fill("Ada Ahlers")
    customer.get_by_role("checkbox", name=re.compile("I accept this quote over")).check()
    customer.get_by_role("button", name="Accept the quote").click()
    expect(customer.get_by_text(re.compile("Ada Ahlers accepted this quote"))).to_be_visible()
    fits(customer)
    drain_events()

    proof = QuoteAnswer.objects.get()
    page.goto(f"/deals/{deal.pk}/")
    told = page.get_by_role("region", name="Quotes")
    expect(told).to_contain_text("Accepted")
    expect(told).to_contain_text("Ada Ahlers")
    expect(told).to_contain_text(f"{proof.at:%H:%M}")
    expect(told).to_contain_text(proof.ip)
    page.goto("/inbox/")
    page.get_by_role("button", name=re.compile("Ada Ahlers accepted the quote")).click()
    expect(page.get_by_role("heading", name="Accepted")).to_be_visible()
