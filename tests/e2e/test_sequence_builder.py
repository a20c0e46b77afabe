"""A marketer builds a branching sequence in the browser, by mouse and by keyboard, and publishes it."""

import os

import pytest
from playwright.sync_api import expect

from nurturing.models import Sequence
from tests.factories.nurturing import a_reader, lawful

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures"),  # of pytest-base-url
]
PICTURES = os.environ.get("PICTURES", "")


def picture(page, name):
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png")


@pytest.fixture
def marketer(page, sign_in, max):
    lawful()
    a_reader(first_name="Ann")
    sign_in(page, max)
    return page


def add(page, kind):
    """From the palette that is open."""
    page.locator("#lf-flow-menu").get_by_role("button", name=kind, exact=True).click()


def saved(page):
    """What was typed was kept by itself."""
    expect(page.locator("[data-saved]")).to_contain_text("Saved")


def test_a_branching_sequence_is_built_from_nothing_and_published(marketer, axe, fits):
    page = marketer
    page.goto("/sequences/")
    page.get_by_role("button", name="Make the first sequence").click()
    page.get_by_label("Name").fill("Calculator follow-up")
    page.get_by_role("button", name="Make sequence").click()

    page.get_by_role("link", name="Add a step here").first.click()
    add(page, "Email")
    page.get_by_label("Subject").fill("Your roof report, ")
    page.get_by_label("Subject").press("End")
    page.get_by_role("button", name="First name").click()
    page.get_by_label("Message").fill("Here it is.")
    expect(page.locator("[data-step]")).to_contain_text("Your roof report, {first name}")
    page.get_by_role("link", name="Add a step here").last.click()
    add(page, "Yes or no")
    page.get_by_label("In your words").fill("Did they open pricing?")
    page.get_by_role("button", name="Behaviour").click()
    expect(page.locator("[data-step]").last).to_contain_text("Did they open pricing?")
    page.get_by_label("Yes", exact=True).get_by_role("link", name="Add a step here").click()
    add(page, "Call")
    page.get_by_label("What is to be done").fill("Call about the roof")
    expect(page.get_by_label("Yes", exact=True)).to_contain_text("Call about the roof")
    saved(page)
    axe(page)
    picture(page, "sequence-build")

    page.get_by_role("link", name="Check before publishing").click()
    page.get_by_label("What is new in it").fill("The first one")
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.locator(".lf-top").get_by_text("Running")).to_be_visible()
    version = Sequence.objects.get().rule_set.versions.get()
    mail, asks = version.document["steps"]
    assert version.note == "The first one"
    assert mail["body"] == "Here it is."
    assert [step["title"] for step in asks["yes"]] == ["Call about the roof"]

    page.set_viewport_size({"width": 390, "height": 800})
    page.reload()
    axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    fits(page)
    picture(page, "sequence-phone")


def test_a_sequence_is_edited_by_keyboard_alone(marketer):
    from tests.factories.nurturing import a_sequence

    page, sequence = marketer, a_sequence()
    page.goto(sequence.get_absolute_url())
    titles = page.locator("[data-step] .lf-node-words")
    page.locator("[data-step]").first.focus()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("a")
    page.keyboard.type("\n")  # the first of the palette: a mail
    expect(page.get_by_label("Subject")).to_be_focused()
    page.keyboard.type("Between")
    expect(titles.nth(2)).to_contain_text("Between")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+ArrowUp")
    expect(titles.nth(1)).to_contain_text("Between")
    page.keyboard.press("Delete")
    expect(titles).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(titles.nth(1)).to_contain_text("Between")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Subject")).to_be_focused()

    steps = sequence.rule_set.versions.latest("number").document["steps"]
    assert [step.get("subject", "") for step in steps] == ["First", "Between", "", "Second"]


def test_a_mail_is_read_as_a_lead_and_sent_to_oneself(marketer):
    from tests.factories.nurturing import a_sequence

    page, sequence = marketer, a_sequence()
    page.goto(sequence.get_absolute_url())
    page.locator("[data-step]").first.click()
    page.get_by_role("link", name="Read it as a lead").click()
    expect(page.locator(".lf-flow-mail")).to_contain_text("Good day.")
    page.get_by_role("button", name="Send it to me").click()
    expect(page.get_by_text("A test mail is on its way")).to_be_visible()


def test_people_are_let_in_and_taken_out(marketer, axe):
    from tests.factories.nurturing import a_sequence

    page, sequence = marketer, a_sequence()
    lead = a_reader(first_name="Bea", last_name="Boss")
    page.goto(f"/sequences/{sequence.pk}/people/")
    page.get_by_role("button", name="Add people").click()
    page.get_by_label("Email addresses").fill(lead.email)
    page.get_by_role("button", name="Let them in").click()
    expect(page.get_by_role("link", name="Bea Boss")).to_be_visible()
    axe(page)
    picture(page, "sequence-people")

    page.get_by_label("Select Bea Boss").check()
    page.get_by_role("button", name="Take out of the sequence").click()
    expect(page.get_by_text("1 person was taken out.")).to_be_visible()


def test_leads_are_added_from_their_list(marketer):
    from tests.factories.nurturing import a_sequence

    page, sequence = marketer, a_sequence(name="Spring")
    page.goto("/leads/")
    page.locator("tbody [data-pick]").first.check()
    page.get_by_role("button", name="Add to a sequence").click()
    page.get_by_label("Sequence", exact=True).select_option(label="Spring")
    page.get_by_role("button", name="Let them in").click()

    expect(page.get_by_text("1 person entered.")).to_be_visible()
    assert sequence.enrolments.count() == 1
