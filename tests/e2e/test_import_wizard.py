"""Files come in through the wizard, and a child process does the work, as in the product."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from leadflow.imports import maps, services
from leadflow.models import Lead, Source
from leadflow.runs import leasing
from pipeline.models import Deal
from pipeline.services import pipelines
from tests.faults.processes import start

ROOT = Path(__file__).parents[2]
MAVEN = ROOT / "tests/data/maven-crm"
# semicolons, Windows letters, German headings, days as Germans write them, three lines at fault
CONTACTS = """E-Mail adress;Vorname;Nachname;Mobile;Firma;Lead source;Kunde seit
ada@analytic.example;Ada;Byron;+49 30 1234567;Analytic Engines;Messe;02.01.2024
no address;Bo;Bond;;Bond GmbH;Messe;03.01.2024
carl@carlo.example;Carl;Jäger;12;Carlo;Web;04.01.2024
dora@dora.example;Dora;Dean;;Dora AG;Messe;31.02.2024
eve@eve.example;Eve;Evans;;;;05.01.2024
"""
COUNTS = ("Created", "Updated", "Unchanged", "Skipped", "Rejected", "Lines")


@pytest.fixture
def wizard(page: Page, sign_in, alice) -> Page:
    sign_in(page, alice)
    page.set_default_timeout(30_000)  # checking a file does the whole of it
    return page


@pytest.fixture
def work() -> Callable[[], None]:
    """Do what waits in a child process, as the worker does when it is woken."""

    def work() -> None:
        run = leasing.claim(heavy=True)
        variables = {"VAR_DIR": str(settings.VAR_DIR)}
        with start("-m", "leadflow", "run_work", str(run.pk), str(run.token), **variables) as child:
            assert child.wait(60) == 0

    return work


def upload(page: Page, name: str, content: bytes, entity: str = "Leads") -> None:
    page.goto("/imports/new/")
    page.get_by_label("What the lines are").select_option(label=entity)
    page.set_input_files(
        "input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/map/")


def counts(page: Page) -> dict[str, int]:
    said = page.locator(".lf-imp-counts > div")
    rows = [one.inner_text().split("\n") for one in said.all()]
    return {name: int(number.replace(",", "")) for name, number in rows}


def told(page: Page) -> dict[str, int]:
    """The counts of the result, of which the first five add up to the last."""
    found = counts(page)
    *parts, lines = (found[name] for name in COUNTS)
    assert sum(parts) == lines
    return {name: count for name, count in found.items() if count}


def begin(page: Page, work: Callable[[], None]) -> None:
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("You can leave this page")).to_be_visible()
    work()
    done = page.locator("#import-body").get_by_text("Done", exact=False)
    expect(done).to_be_visible(timeout=20_000)  # the page finds out by itself


def test_people_come_in_and_the_rejected_are_put_right(wizard: Page, work, axe, tmp_path):
    Source.objects.create(name="Trade fair")
    upload(wizard, "kontakte.csv", CONTACTS.encode("cp1252"))
    axe(wizard)

    expect(wizard.get_by_label("Vorname")).to_have_value("first_name")
    expect(wizard.get_by_label("Dates are written")).to_have_value("dmy")
    wizard.get_by_label("Kunde seit").select_option(label="Became known on")
    wizard.get_by_label("Keep this mapping as").fill("Messe")
    wizard.get_by_role("button", name="Check the file").click()
    wizard.wait_for_url("**/preview/")

    assert not Lead.objects.exists()
    wizard.get_by_label("Messe").select_option(label="Trade fair")
    wizard.get_by_label("Web").select_option(label="Make it new")
    wizard.get_by_role("button", name="Use these meanings").click()
    expect(wizard.get_by_role("button", name="Start the import")).to_be_visible()
    assert told(wizard) == {"Created": 2, "Rejected": 3, "Lines": 5}
    lines = wizard.get_by_role("region", name="The first lines")
    expect(lines.get_by_role("row", name="dora@dora.example")).to_contain_text(
        "“31.02.2024” is not a date."
    )
    expect(lines.get_by_role("row", name="carl@carlo.example")).to_contain_text("telephone")
    axe(wizard)

    begin(wizard, work)
    assert told(wizard) == {"Created": 2, "Rejected": 3, "Lines": 5}
    axe(wizard)
    ada = Lead.objects.get(email="ada@analytic.example")
    assert (ada.source.name, ada.created_at.date().isoformat()) == ("Trade fair", "2024-01-02")

    with wizard.expect_download() as download:
        wizard.get_by_role("link", name="Download the rejected lines").click()
    assert download.value.suggested_filename == "kontakte-rejected.csv"
    download.value.save_as(tmp_path / "rejected.csv")
    rejected = (tmp_path / "rejected.csv").read_text("utf-8-sig")
    assert [row.split(",")[-2] for row in rejected.splitlines()[1:]] == ["3", "4", "5"]
    right = rejected.replace("no address", "bo@bond.example").replace("31.02.", "28.02.")
    right = right.replace(",12,", ",+49 30 7654321,")

    upload(wizard, "right.csv", right.encode())
    wizard.get_by_label("Use a kept mapping").select_option(label="Messe")
    wizard.get_by_role("button", name="Use this mapping").click()
    expect(wizard.get_by_label("Kunde seit")).to_have_value("captured_on")
    wizard.get_by_role("button", name="Check the file").click()
    wizard.wait_for_url("**/preview/")
    wizard.get_by_label("Messe").select_option(label="Trade fair")
    wizard.get_by_role("button", name="Use these meanings").click()
    begin(wizard, work)
    assert told(wizard) == {"Created": 3, "Lines": 3}

    wizard.get_by_role("link", name="Take it back").click()
    expect(wizard.get_by_text("Would go")).to_be_visible()
    axe(wizard)
    wizard.get_by_role("button", name="Take the import back").click()
    work()
    expect(wizard.get_by_text("Taken back: 3 lines.")).to_be_visible(timeout=20_000)
    assert set(Lead.objects.values_list("first_name", flat=True)) == {"Ada", "Eve"}

    upload(wizard, "kontakte.csv", CONTACTS.encode("cp1252"))
    expect(wizard.get_by_text("The very same file came in before.")).to_be_visible()


def test_the_published_deals_come_in_with_one_word_mapped_and_only_once(wizard: Page, work):
    pipelines.ensure_default()
    for entity, name, plan in (
        ("company", "accounts", "companies"),
        ("product", "products", "products"),
        ("user", "sales_teams", "agents"),
    ):
        with (MAVEN / f"{name}.csv").open("rb") as file:
            imported = services.upload(entity=entity, name=f"{name}.csv", file=file, by=None)
        maps.follow(imported, maps.read(ROOT / f"examples/maven-crm/{plan}.yaml"))
        services.work_here(imported)
    content = (MAVEN / "sales_pipeline.csv").read_bytes()
    total = len(content.splitlines()) - 1

    upload(wizard, "sales_pipeline.csv", content, "Deals")
    expect(wizard.get_by_label("Pipeline")).to_have_value("Sales")
    wizard.get_by_role("button", name="Check the file").click()
    wizard.wait_for_url("**/preview/")
    expect(wizard.get_by_label("GTXPro")).to_have_value("GTX Pro")  # proposed, not taken yet
    for stage in ("Engaging", "Prospecting"):
        wizard.get_by_label(stage).select_option(label="Make it new")
    wizard.get_by_role("button", name="Use these meanings").click()
    expect(wizard.get_by_role("button", name="Start the import")).to_be_visible()
    begin(wizard, work)

    assert told(wizard) == {"Created": total, "Lines": total}
    assert Deal.objects.filter(lines__product__name="GTX Pro").count() == content.count(b"GTXPro")
    assert Deal.objects.open().filter(stage__name="Engaging").count() == content.count(
        b",Engaging,"
    )

    upload(wizard, "sales_pipeline.csv", content, "Deals")
    wizard.get_by_role("button", name="Check the file").click()
    wizard.wait_for_url("**/preview/")
    wizard.get_by_role("button", name="Use these meanings").click()
    expect(wizard.get_by_role("button", name="Start the import")).to_be_visible()
    begin(wizard, work)
    assert told(wizard) == {"Unchanged": total, "Lines": total}


def test_a_damaged_workbook_is_refused_with_the_way_out(wizard: Page, console):
    wizard.goto("/imports/new/")
    wizard.set_input_files(
        "input[type=file]",
        {"name": "people.xlsx", "mimeType": "application/zip", "buffer": b"PK\x03\x04rest"},
    )
    wizard.get_by_role("button", name="Upload").click()
    expect(wizard.get_by_text("Save it anew, or as CSV")).to_be_visible()
    console.clear()  # the browser reports the 422


@pytest.mark.parametrize("width", [390, 320])
def test_each_step_fits_a_phone(wizard: Page, fits, width):
    wizard.set_viewport_size({"width": width, "height": 844})
    for address in ("/imports/", "/imports/new/"):
        wizard.goto(address)
        fits(wizard)
    upload(wizard, "kontakte.csv", CONTACTS.encode("cp1252"))
    fits(wizard)
    wizard.get_by_role("button", name="Check the file").click()
    wizard.wait_for_url("**/preview/")
    fits(wizard)
