"""The whole way in a real browser, on an installation of its own: a visitor becomes a customer and a number.

Nothing here touches the database: `leadflow up` runs as a newcomer starts it, people and the visitor work
in Chromium, and what is asserted is what they see. Business time runs fast, so days pass in seconds.
"""

import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.hours import sends_at_any_hour
from tests.processes import Up, left_behind

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery staple"
FAST = "3600"  # an hour of business passes in a second
# a headless browser says so, and a click of a machine counts for nothing
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36"
PATIENCE = 90  # seconds for what the product does by itself: a tick, a wait of a day, a relay run


@pytest.fixture(scope="module")
def base_url() -> str:
    """No live server: each page here is of the installation that the test started."""
    return ""


@pytest.fixture
def up(new_var: Path) -> Iterator[Up]:
    """An empty installation, running."""
    with Up(new_var, TIME_SCALE=FAST) as running:
        yield running


@pytest.fixture
def somebody(browser: Browser, up: Up) -> Iterator[Callable[[], Page]]:
    """somebody(): a browser of its own, whose every complaint fails the test."""
    complaints: list[str] = []
    contexts = []

    def come() -> Page:
        address = f"http://127.0.0.1:{up.port}"
        size = {"width": 1440, "height": 900}
        contexts.append(
            browser.new_context(base_url=address, viewport=size, user_agent=AGENT, locale="en-GB")
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        return page

    yield come
    for context in contexts:
        context.close()
    assert complaints == []


def test_a_visitor_becomes_a_customer_and_a_number(
    somebody: Callable[[], Page], up: Up, new_var: Path
):
    ana, bob, visitor = somebody(), somebody(), somebody()
    she_makes_the_workspace(ana)
    she_says_who_the_organisation_is(ana)
    he_joins_by_the_link_in_the_mail(bob, she_invites_a_rep(ana))
    she_lets_him_take_turns(ana)
    form = she_publishes_a_form(ana)
    she_publishes_a_follow_up(ana, form)

    a_visitor_sends_the_form(visitor, form)
    the_lead_is_in_the_list(ana)
    she_finds_out_who_the_visitor_is(ana)
    first = mail_arrives(ana, "Your roof, in numbers")
    expect(first.get_by_text("Hello Vera")).to_be_visible()
    second = mail_arrives(ana, "What others saved")
    nobody_is_offered_the_lead_yet(bob)
    the_visitor_clicks_on_a_link(visitor, second, form)

    the_rep_is_offered_the_lead_and_accepts(bob)
    he_converts_it_to_a_deal(bob)
    he_wins_it_on_the_board(bob)
    the_dashboard_counts_it_and_opens_the_row(bob)

    for page in (ana, bob, visitor):  # an open page asks for news, and none will come from here on
        page.close()
    code, _seconds = up.stop(signal.SIGINT)
    assert code == 0
    assert left_behind(new_var) == []


# --- The admin sets up ----------------------------------------------------------------------------


def she_makes_the_workspace(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Your organisation").fill("Brightwell")
    page.get_by_label("Your name").fill("Ana Alt")
    page.get_by_label("Your email").fill("ana@brightwell.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Time zone").select_option("Europe/Amsterdam")
    page.get_by_role("button", name="Make the workspace").click()
    expect(page.get_by_role("heading", name="My day")).to_be_visible()


def she_says_who_the_organisation_is(page: Page) -> None:
    page.goto("/settings/identity/")
    page.get_by_label("Postal address").fill("Herengracht 1\n1015 BA Amsterdam")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#lf-toasts")).to_contain_text("Saved")


def she_invites_a_rep(page: Page) -> str:
    page.goto("/settings/users/invite/")
    page.get_by_label("Email").fill("bob@brightwell.example")
    page.get_by_label("Name").fill("Bob Berg")
    page.get_by_label("Role").select_option("rep")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("heading", name="Pass this link on")).to_be_visible()
    mail = mail_arrives(page, "Ana Alt invites you to Brightwell")
    return re.search(r"http\S+/invitations/\S+", mail.inner_text())[0]


def he_joins_by_the_link_in_the_mail(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("main").get_by_role("button").last.click()
    expect(page.get_by_role("heading", name="My day")).to_be_visible()


def she_lets_him_take_turns(page: Page) -> None:
    page.goto("/routing/pools/new/")
    page.get_by_label("Name").fill("Inbound")
    page.get_by_label("Works around the clock").check()
    page.get_by_role("button", name="Add pool").click()
    page.get_by_label("Person").select_option(label="Bob Berg")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("table", name="Members")).to_contain_text("Bob Berg")
    page.goto("/routing/")
    page.get_by_label("Everybody else goes to").select_option(label="Inbound")
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("button", name=re.compile("Publish")).first.click()
    dialog = page.get_by_role("dialog")
    if dialog.count():
        dialog.get_by_role("button", name=re.compile("Publish")).click()
    expect(page.locator("#lf-toasts")).not_to_be_empty()


def she_publishes_a_form(page: Page) -> str:
    page.goto("/forms/")
    page.get_by_role("button", name=re.compile("^Demo request")).click()
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    page.get_by_role("button", name="Publish version 1").click()
    page.wait_for_url(re.compile("/share/"))
    return page.get_by_label("Link to the form").input_value()


def she_publishes_a_follow_up(page: Page, form: str) -> None:
    page.goto("/sequences/")
    page.get_by_role("button", name="Make the first sequence").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Follow up")
    dialog.get_by_role("button", name="Make sequence").click()
    page.get_by_role("link", name="Who enters").click()
    page.get_by_label("Enters when").select_option(label="Demo request")
    page.get_by_role("button", name="Save the draft").click()
    sends_at_any_hour(page)
    adds_a_mail(page, "Your roof, in numbers", "Hello {{ lead.first_name }}, see how it works.")
    adds_a_step(page, "Wait")
    page.get_by_role("spinbutton", name="Wait").fill("1")
    expect(page.locator("[data-step]").last).to_contain_text("Wait 1 day")
    adds_a_mail(page, "What others saved", f"Hello, [ask us]({form}).")
    page.get_by_role("link", name="Check before publishing").click()
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.locator(".lf-top").get_by_text("Running")).to_be_visible()


def adds_a_step(page: Page, kind: str) -> None:
    page.get_by_role("link", name="Add a step here").last.click()
    page.locator("#lf-flow-menu").get_by_role("button", name=kind, exact=True).click()


def adds_a_mail(page: Page, subject: str, body: str) -> None:
    adds_a_step(page, "Email")
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Message").fill(body)
    expect(page.locator("[data-step]").last).to_contain_text(subject)
    expect(page.locator("[data-saved]")).to_contain_text("Saved")


# --- The visitor, and what the product does --------------------------------------------------------


def a_visitor_sends_the_form(page: Page, form: str) -> None:
    page.goto(form)
    for label, answer in {
        "First name": "Vera",
        "Last name": "Visser",
        "Email": "vera@roofco.example",
        "Phone": "+49 30 901820",
        "Company": "Roofco",
    }.items():
        page.get_by_role("textbox", name=label).fill(answer)
    page.get_by_role("combobox", name="People in your company").select_option(index=3)
    page.get_by_role("checkbox", name=re.compile("You may email me")).check()
    page.wait_for_timeout(2_200)  # nobody fills in a form faster
    page.get_by_role("button", name="Ask for a demo").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def the_lead_is_in_the_list(page: Page) -> None:
    row = appears(page, "/leads/", lambda: page.get_by_role("link", name="Vera Visser"))
    row.first.click()
    expect(page.get_by_role("heading", name="Vera Visser").first).to_be_visible()


def she_finds_out_who_the_visitor_is(page: Page) -> None:
    """What the score asks about and the form did not: her rank, and how many work there."""
    page.goto(f"{page.url.split('?')[0]}edit/")
    page.get_by_label("Seniority").select_option("director")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Vera Visser").first).to_be_visible()
    page.goto("/companies/")
    page.get_by_role("link", name="Roofco").first.click()
    page.goto(f"{page.url.split('?')[0]}edit/")
    page.get_by_role("spinbutton", name=re.compile("People|Size|Employees")).fill("220")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Roofco").first).to_be_visible()


def mail_arrives(page: Page, subject: str) -> Locator:
    """Wait for a mail in the outbox and open it; what its text part says."""
    appears(page, "/outbox/", lambda: page.get_by_role("link", name=subject)).first.click()
    expect(page.get_by_role("heading", name="Plain text")).to_be_visible()
    return page.get_by_role("main")


def nobody_is_offered_the_lead_yet(page: Page) -> None:
    """Her score is under the line: it is the click that takes it across."""
    page.goto("/hand-overs/")
    expect(page.get_by_text("Nothing waits for an answer")).to_be_visible()


def the_visitor_clicks_on_a_link(page: Page, mail: Locator, form: str) -> None:
    """The link in her mail counts the click and leads to where its text says."""
    page.goto(mail.get_by_role("link", name=form).get_attribute("href"))
    expect(page).to_have_url(form)
    expect(page.get_by_role("heading", name="See it with your own data")).to_be_visible()


def appears(page: Page, address: str, what: Callable[[], Locator]) -> Locator:
    """Look at a page again and again, as a waiting person does, until it shows something."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        page.goto(address)
        if what().count():
            return what()
        page.wait_for_timeout(500)
    raise AssertionError(f"{address} never showed it: {page.get_by_role('main').inner_text()}")


# --- The rep ----------------------------------------------------------------------------------------


def the_rep_is_offered_the_lead_and_accepts(page: Page) -> None:
    appears(page, "/hand-overs/", lambda: page.get_by_role("button", name=re.compile("Accept")))
    page.get_by_role("button", name=re.compile("Accept")).first.click()
    expect(page.locator("#lf-toasts")).not_to_be_empty()


def he_converts_it_to_a_deal(page: Page) -> None:
    page.goto("/leads/")
    page.get_by_role("link", name="Vera Visser").first.click()
    page.get_by_role("main").get_by_role("link", name=re.compile("Convert")).first.click()
    page.get_by_label("Name of the deal").fill("Roof 96 kWp")
    page.get_by_role("button", name="Convert the lead").click()
    page.wait_for_load_state("networkidle")


def he_wins_it_on_the_board(page: Page) -> None:
    page.goto("/deals/")
    card = page.locator("[data-card]").filter(has_text="Roof 96 kWp")
    expect(card).to_be_visible()
    drag(page, card, page.locator('[data-zone="win/"]'))
    dialog = page.locator("#lf-board-dialog")
    expect(dialog).to_contain_text("Won Roof 96 kWp?")
    dialog.get_by_label("Amount in EUR").fill("81600")
    dialog.get_by_role("button", name="Close as won").click()
    expect(dialog).to_be_hidden()
    expect(card).to_have_count(0)
    page.goto("/customers/")
    expect(page.get_by_role("link", name="Roofco").first).to_be_visible()


def the_dashboard_counts_it_and_opens_the_row(page: Page) -> None:
    name = re.compile(r"^Won revenue\s+€82k")
    appears(page, "/dashboard/", lambda: page.get_by_role("link", name=name)).click()
    page.locator("a[href*='/dashboard/rows/won_revenue/']").first.click()
    expect(page.get_by_role("main")).to_contain_text("Roof 96 kWp")


def drag(page: Page, card: Locator, zone: Locator) -> None:
    """By the mouse, as a hand does it; the zones of the end show up once a card is in the air."""
    start = card.bounding_box()
    page.mouse.move(start["x"] + 60, start["y"] + 45)
    page.mouse.down()
    page.mouse.move(start["x"] + 90, start["y"] + 90, steps=5)
    expect(zone).to_be_visible()
    goal = zone.bounding_box()
    page.mouse.move(goal["x"] + 80, goal["y"] + 26, steps=14)
    page.wait_for_timeout(200)
    page.mouse.move(goal["x"] + 84, goal["y"] + 28, steps=3)
    page.wait_for_timeout(200)
    page.mouse.up()
