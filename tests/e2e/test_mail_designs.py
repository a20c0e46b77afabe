"""A marketer makes a mail from a template in the editor: by click, by keys, with a field, and reads it."""

import re

import pytest
from playwright.sync_api import Page, expect

from leadflow.mail.design import services
from leadflow.mail.models import MailBrand, MailDesign
from tests.abuse.vectors import MUTATIONS
from tests.factories.core import a_lead
from tests.factories.designs import a_design, block


@pytest.fixture(autouse=True)
def _site(transactional_db):
    MailBrand.objects.create(pk=1, site_url="https://www.ours.test-mail.com")


def test_a_mail_is_made_from_a_template_by_click_and_keys_and_published(page: Page, sign_in, max):
    shared = a_design(
        block("text", text="See you soon."), block("quote", text="Good.", title="Ann")
    )
    ids = [row["id"] for row in shared.draft["pages"][0]["blocks"]]
    services.save_snippet(design=shared, blocks_chosen=ids, name="Our goodbye", by=None)
    a_lead(first_name="Annabel")
    sign_in(page, max)
    page.goto("/mail-designs/gallery/")
    page.get_by_role("button", name=re.compile("Missed meeting")).click()
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    preview = page.frame_locator("[data-preview-frame]")
    expect(preview.get_by_role("heading", name="We missed you")).to_be_visible()

    page.locator("[data-canvas] [data-id]").nth(1).click()
    heading = page.locator("[data-properties]").get_by_role("textbox", name="Heading")
    with page.expect_response(re.compile("/draft/")):
        heading.fill("We missed you, ")
        heading.press("End")
        page.get_by_label("Insert a field: Heading").select_option(label="First name")
    expect(preview.get_by_role("heading", name="We missed you, Annabel")).to_be_visible()

    last = page.locator("[data-canvas] [data-id]").last
    last.focus()
    with page.expect_response(re.compile("/draft/")):
        page.get_by_role("button", name="Add Our goodbye").click()
    expect(page.locator("[data-canvas]").get_by_text("See you soon.")).to_be_visible()
    made = page.locator("[data-canvas] .lf-bk-item.is-selected [data-id]")
    made.focus()
    with page.expect_response(re.compile("/draft/")):
        page.keyboard.press("Alt+ArrowUp")

    page.get_by_label("Read it as").select_option(label="Nothing known")
    expect(preview.get_by_role("heading", name="We missed you, there")).to_be_visible()
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_text("Version 1 can be used.")).to_be_visible()
    design = MailDesign.objects.get(name="Missed meeting")
    kinds = [row["type"] for row in design.live.content["pages"][0]["blocks"]]
    assert kinds[-3:] == ["text", "footer", "quote"]


def test_abuse_C05_no_vector_runs_in_a_frame_of_a_design(page: Page, sign_in, alice):
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    rows = [
        block("html", text="".join(MUTATIONS[n : n + 15])) for n in range(0, len(MUTATIONS), 15)
    ]
    rows += [block("heading", title=one[:200]) for one in MUTATIONS if "{" not in one][:40]
    design = a_design(*rows, publish=False)
    sign_in(page, alice)

    for path in ("frame/?as=longest", "read/?as=foreign", ""):
        page.goto(f"/mail-designs/{design.pk}/{path}")
        for frame in page.frames:
            assert frame.evaluate("window.__pwned") is None, path
    assert dialogs == []


def test_the_pages_of_a_design_are_read_by_everybody_and_fit_a_phone(
    page: Page, sign_in, max, axe, fits
):
    design = a_design(block("heading", title="Hello"), block("text", text="Good day."))
    sign_in(page, max)

    for path in ("", "read/?as=longest", "check/", "source/"):
        page.goto(f"/mail-designs/{design.pk}/{path}")
        axe(page)
        fits(page)
