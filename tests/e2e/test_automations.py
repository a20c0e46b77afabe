"""Building an automation in the browser: what narrows a beginning follows the choice."""

import pytest
from playwright.sync_api import Page, expect

from leadflow.models import Tag
from nurturing.services.automations import documents
from tests.e2e.dragging import drag
from tests.factories.nurturing import an_automation, todo_step

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures"),  # of pytest-base-url
]


def test_a_marketer_chooses_another_beginning_and_sees_what_narrows_it(
    page, sign_in, axe, fits, max
):
    Tag.objects.create(name="hot")
    step = documents.new_step("tag") | {"tag": "hot"}
    automation = an_automation("stage_entered", step, publish=False)
    sign_in(page, max)
    page.goto(automation.get_absolute_url())
    expect(page.locator("#id_stage")).to_be_visible()

    page.get_by_label("Begins when").select_option("deal_idle")

    expect(page.locator("#id_days")).to_be_visible()
    expect(page.locator("#id_stage")).to_have_count(0)
    axe(page)
    fits(page)
    page.locator("#id_days").fill("21")
    page.get_by_role("button", name="Save when and if").click()
    expect(page.get_by_text("Nothing happens with a deal for some days: 21 days")).to_be_visible()


def test_the_gallery_of_recipes_is_read_on_a_phone_too(page, sign_in, axe, fits, max):
    sign_in(page, max)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/sequences/recipes/")

    axe(page)
    fits(page)
    page.get_by_role("button", name="Begin with “Welcome”").click()

    expect(page.get_by_text("Nothing runs before you publish it")).to_be_visible()


def test_a_step_is_dragged_to_another_place(page: Page, sign_in, max):
    automation = an_automation("stage_entered", todo_step("Call"), todo_step("Write"))
    sign_in(page, max)
    page.goto(automation.get_absolute_url())
    steps = page.locator(".lf-auto-steps > li")

    drag(page, steps.nth(0), steps.nth(1))

    page.wait_for_url("**?step=*")  # saved, and drawn by the server
    expect(steps.nth(0)).to_contain_text("Write")
    document = automation.rule_set.versions.latest("number").document
    assert [one["title"] for one in document["steps"]] == ["Write", "Call"]
