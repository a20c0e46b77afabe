"""Many pairs of duplicates merged in one go, as a manager does it, and the whole go taken back."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from leadflow.models import Lead
from leadflow.runs import leasing
from leadflow.services import duplicates
from tests.factories.core import a_lead
from tests.faults.processes import start


@pytest.fixture
def people(transactional_db, drain_events):
    """Two sure pairs, and one that wants a look."""
    for first, last, phone in (
        ("Jon", "Smith", "+4930123456"),
        ("Jon", "Smith", "+4930123456"),
        ("Ann", "Lee", "+4930123457"),
        ("Ann", "Lee", "+4930123457"),
        ("Jane", "Parker", "+4930123458"),
        ("Jan", "Parker", "+4930123458"),
    ):
        a_lead(first_name=first, last_name=last, phone=phone)
    duplicates.find(first=0, last=10**12)
    drain_events()


@pytest.fixture
def work() -> Callable[[], None]:
    """Do what waits in a child process, as the worker does when it is woken."""

    def work() -> None:
        run = leasing.claim(heavy=True)
        variables = {"VAR_DIR": str(settings.VAR_DIR)}
        with start("-m", "leadflow", "run_work", str(run.pk), str(run.token), **variables) as child:
            assert child.wait(60) == 0

    return work


def living() -> list[str]:
    return sorted(lead.name for lead in Lead.objects.living())


def test_pairs_are_picked_looked_at_merged_with_progress_and_taken_apart(
    page: Page, sign_in, axe, fits, alice, people, work, drain_events
):
    before = living()
    page.set_default_timeout(30_000)
    sign_in(page, alice)
    page.goto("/leads/duplicates/")

    # picked by keys, as in every list; the bar counts them
    page.get_by_label(re.compile("^Select Jon Smith")).press("Space")
    page.get_by_label(re.compile("^Select Jan")).press("Space")
    expect(page.locator(".lf-bulk")).to_contain_text("2 selected")
    page.get_by_role("button", name="Merge…").click()

    # looked at: what stays, what is sure, what wants a look; nothing is merged yet
    expect(page.get_by_role("heading", name="Merge pairs")).to_be_visible()
    expect(page.locator("main")).to_contain_text("2 pairs become 2.")
    expect(page.locator("main")).to_contain_text("1 wants a look first")
    axe(page)
    assert living() == before
    page.get_by_role("link", name="Leave out those that want a look").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    page.get_by_role("button", name="Merge the ticked pairs").click()

    # at work: how far it is, and it goes on by itself
    expect(page.get_by_text("0 of 2 pairs")).to_be_visible()
    expect(page.get_by_text("You can leave this page")).to_be_visible()
    work()
    expect(page.get_by_text("2 pairs merged.")).to_be_visible()
    assert living() == ["Ann Lee", "Ann Lee", "Jane Parker", "Jon Smith"]
    page.set_viewport_size({"width": 320, "height": 640})
    fits(page)

    # and back, once what follows from the merges is done: each as before
    drain_events()
    page.get_by_role("button", name="Take all of it apart").click()
    expect(page.get_by_text("Taking apart")).to_be_visible()
    work()
    expect(page.get_by_text("All taken apart.")).to_be_visible()
    assert living() == before


def test_all_sure_pairs_are_merged_without_picking_one(page: Page, sign_in, alice, people, work):
    page.set_default_timeout(30_000)
    sign_in(page, alice)
    page.goto("/leads/duplicates/")

    page.get_by_role("link", name="Merge the 2 sure ones").click()
    expect(page.locator("main")).to_contain_text("2 pairs become 2. 2 are sure.")
    page.get_by_role("button", name="Merge the ticked pairs").click()
    work()
    expect(page.get_by_text("2 pairs merged.")).to_be_visible()
    page.get_by_role("link", name="See what else is here twice").click()

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("Parker")
