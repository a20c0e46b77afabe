"""What waits says why, on every width: mail of a paused sequence, people over the limit, codes of an offer, clicks."""

import os

import pytest
from playwright.sync_api import expect

from leadflow.mail.models import Hit
from leadflow.mail.services import queue
from leadflow.offers.models import Offer
from leadflow.people.models import Role, User
from leadflow.segments import services as segments
from nurturing.services import enrolment, policy, sequences
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import a_broadcast, a_reader, a_sequence, mail_step

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures"),  # of pytest-base-url
]


@pytest.fixture
def helen():
    return User.objects.create_user(
        email="helen@brightwell.example", name="Helen Okafor", role=Role.MANAGER
    )


@pytest.fixture
def looked_at(page, axe, fits):
    """looked_at(name): no rule of accessibility is broken and nothing is wider than a phone."""

    def look(name):
        axe(page)
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            # what is drawn by a script follows a moment later
            page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
            fits(page)
            if folder := os.environ.get("LOOK_AT"):
                page.screenshot(path=f"{folder}/{name}-{width}.png")

    return look


def enrol(sequence, people, at=None):
    ids = [one.pk for one in people]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=at, cause="form:7")


def test_a_pause_says_what_waits_and_whoever_paused_lets_it_go_on(page, sign_in, max, looked_at):
    sequence = a_sequence(mail_step("One"), owner=max, name="Welcome", count_opens="no")
    enrol(sequence, [a_reader() for _ in range(3)], at=NOON)
    advance_due(at=NOON)
    sign_in(page, max)

    page.goto(sequence.get_absolute_url())
    page.locator(".lf-top").get_by_label("More").click()
    page.locator("button[name=to][value=pause]").click()
    expect(page.get_by_text("3 mails that were written wait in the outbox")).to_be_visible()
    looked_at("paused")
    page.goto(f"{sequence.get_absolute_url()}results/?span=all")
    expect(page.get_by_text("Opens are not counted in this sequence.")).to_be_visible()
    looked_at("results")
    page.goto("/outbox/")
    expect(page.get_by_text("Paused").first).to_be_visible()
    looked_at("outbox")
    assert sequences.resume(sequence, by=max).late == 3  # it was written for a day long gone


def test_people_over_the_limit_wait_where_whoever_decides_sees_them(
    page, sign_in, max, helen, looked_at
):
    policy.change(by=None, free_send=2, approver=helen)
    sequence = a_sequence(owner=max, name="Welcome")
    enrol(sequence, [a_reader(first_name=f"Person{n}", owner=helen) for n in range(5)])
    sign_in(page, helen)

    page.goto("/approvals/")
    page.get_by_role("link", name="3 more people than go free want to enter").click()
    page.get_by_role("link", name="Look at what it is about").click()
    expect(page.get_by_text("3 people wait for approval.")).to_be_visible()
    expect(page.get_by_text("Person4")).to_be_visible()
    looked_at("waiting")


def test_the_checks_say_how_far_the_codes_go(page, sign_in, max, looked_at):
    offer = Offer.objects.create(name="Spring", value=5, code="SPRING", most_uses=2)
    people = [a_reader() for _ in range(4)]
    held = segments.create(
        name="Held", kind="static", lead_ids=[one.pk for one in people], by=None, at=NOON
    )
    mail = mail_step("Spring", "Yours: {{ offer.code }}.", offer=offer.pk)
    sequence = a_sequence(mail, trigger={"kind": "segment", "ref": held.pk}, publish=False)
    row = a_broadcast(
        *people, body="Yours: {{ offer.code }}.", offer=offer.pk, other_subjects=["Two"]
    )
    sign_in(page, max)

    page.goto(f"{sequence.get_absolute_url()}check/")
    expect(page.get_by_text("2 of them get none, and not this mail.")).to_be_visible()
    looked_at("codes")
    page.goto(f"/broadcasts/{row.pk}/review/")
    expect(page.get_by_text("2 of them get none, and not this mail.")).to_be_visible()
    looked_at("review")
    page.goto(f"/broadcasts/{row.pk}/mail/")
    page.get_by_role("button", name="Send it to me").click()
    expect(page.get_by_text("2 test mails are on their way")).to_be_visible()
    looked_at("trial")


def test_clicks_are_judged_again_from_the_settings(page, sign_in, max, looked_at):
    lead = a_reader()
    row = queue(key="t:1", kind="marketing", to=lead.email, lead_id=lead.pk, subject="S", text="T")
    Hit.objects.create(
        delivery=row, kind="open", at=row.created_at, method="GET", agent="curl/8", verdict="human"
    )
    sign_in(page, max)

    page.goto("/settings/clicks/")
    expect(page.get_by_role("heading", name="Judge them again")).to_be_visible()
    page.get_by_role("button", name="See what would change").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is being counted.")).to_be_visible()
    looked_at("clicks")
