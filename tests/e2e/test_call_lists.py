"""A call list is made by a manager and worked by keys."""

from playwright.sync_api import Page, expect

from leadflow.calling.models import CallAttempt, CallList
from leadflow.models import Activity
from tests.factories.core import a_lead


def test_a_list_is_made_looked_at_and_worked_by_keys(page: Page, sign_in, mia, bob, north):
    for n, name in enumerate(("Ann", "Ben")):
        a_lead(f"p{n}@x{n}.example", first_name=name, last_name="Bell", owner=mia,
               phone=f"+49309018{20 + n}", country="DE")  # fmt: skip
    a_lead("q@q.example", owner=mia, last_name="Silent")
    sign_in(page, mia)
    page.goto("/call-lists/new/")

    page.get_by_label("Name").fill("Roofs in May")
    page.get_by_role("checkbox", name=mia.name).check()
    page.get_by_label("Script").fill("Good day, this is Mia.")
    page.get_by_label("Call from").fill("0")
    page.get_by_label("Until before").fill("24")
    page.get_by_label("Also at weekends").check()
    page.get_by_role("button", name="Look who can be called").click()
    expect(page.get_by_text("No phone number")).to_be_visible()
    page.get_by_role("button", name="Make the list").click()

    page.get_by_role("button", name="Begin to call").click()
    expect(page.get_by_text("Good day, this is Mia.")).to_be_visible()
    expect(page.get_by_role("link", name="Call +49 30 901820")).to_have_attribute(
        "href", "tel:+4930901820"
    )
    page.keyboard.press("4")
    expect(page.get_by_role("heading", name="Ben Bell").first).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.keyboard.press("1")
    expect(page.get_by_text("Nobody in hand")).to_be_visible()

    assert set(CallAttempt.objects.values_list("outcome", flat=True)) == {"no_answer", "interested"}
    assert Activity.objects.filter(kind="call", subject="Roofs in May").count() == 2
    page.goto(CallList.objects.get().get_absolute_url())
    row = page.get_by_role("row", name=mia.name)
    expect(row.get_by_role("link")).to_have_text(["2", "1"])
    row.get_by_role("link", name="2").click()
    expect(page.get_by_role("heading", name=f"Called by {mia.name}")).to_be_visible()
    expect(page.get_by_role("link", name="Ann Bell")).to_be_visible()
    expect(page.get_by_role("link", name="Ben Bell")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
