"""A marketer builds a sequence of two mails in the browser and publishes it."""

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


def add_mail(page, subject, body):
    page.get_by_role("button", name="Email", exact=True).click()
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Message").fill(body)
    page.get_by_role("button", name="Save the step").click()


def test_two_mails_with_a_wait_are_built_and_published(marketer, axe, fits):
    page = marketer
    page.goto("/sequences/")
    page.get_by_role("button", name="Make the first sequence").click()
    page.get_by_label("Name").fill("Calculator follow-up")
    page.get_by_role("button", name="Make sequence").click()

    page.get_by_role("button", name="Email", exact=True).click()
    page.get_by_label("Subject").fill("Your roof report, ")
    page.get_by_label("Subject").press("End")
    page.get_by_role("button", name="First name").click()
    expect(page.get_by_label("Subject")).to_have_value(
        'Your roof report, {{ lead.first_name | default: "there" }}'
    )
    page.get_by_label("Message").fill("Here it is.")
    page.get_by_role("button", name="Save the step").click()
    page.get_by_role("button", name="Wait", exact=True).click()
    page.get_by_label("Unit").select_option(label="business days")
    page.get_by_role("button", name="Save the step").click()
    add_mail(page, "How others did it", "A story.")
    expect(page.locator(".lf-flow-steps")).to_contain_text("Wait 2 business days")
    picture(page, "sequence-build")
    axe(page)

    page.get_by_role("link", name="Try on a lead").click()
    expect(page.locator(".lf-flow-mail")).to_contain_text("A story.")
    page.get_by_role("button", name="Send it to me").click()
    expect(page.get_by_text("A test mail is on its way")).to_be_visible()
    picture(page, "sequence-preview")

    page.goto(Sequence.objects.get().get_absolute_url())
    page.get_by_role("button", name="Check before publishing").click()
    picture(page, "sequence-publish")
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.locator(".lf-top").get_by_text("Running")).to_be_visible()
    assert Sequence.objects.get().state == "running"

    page.set_viewport_size({"width": 320, "height": 700})
    fits(page)
    picture(page, "sequence-phone")


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
