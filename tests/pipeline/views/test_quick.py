"""A card is changed in its place: amount, close, owner, next step."""

from datetime import timedelta
from decimal import Decimal

import pytest

from leadflow.history.models import FieldChange
from leadflow.kit import clock
from leadflow.models import Activity
from leadflow.services import activities
from pipeline.models import Deal
from pipeline.services import deals
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def bobs(client, bob):
    client.force_login(bob)
    return client


def sent(deal, **values):
    usual = {"amount": deal.amount or "", "expected_close_on": "", "version": deal.version}
    return {f"card{deal.pk}-{key}": value for key, value in (usual | values).items()}


def test_the_form_holds_what_the_card_says(bobs, bob):
    deal = make.deal(bob, amount=Decimal(81600))

    page = bobs.get(f"/deals/{deal.pk}/quick/", headers=HTMX).content.decode()

    assert 'value="81600.00"' in page
    assert "<html" not in page
    assert "Next step" in page


def test_what_is_kept_is_on_record_and_the_board_is_read_again(bobs, bob):
    deal = make.deal(bob)

    answer = bobs.post(
        f"/deals/{deal.pk}/quick/",
        sent(deal, amount="2500", expected_close_on="2027-03-01"),
        headers=HTMX,
    )

    row = Deal.objects.get()
    assert answer.status_code == 204
    assert "lf:board" in answer.headers["HX-Trigger"]
    assert (row.amount, row.expected_close_on.isoformat()) == (Decimal(2500), "2027-03-01")
    assert row.owner == bob


def test_a_next_step_is_planned_from_the_card(bobs, bob):
    deal = make.deal(bob)
    values = {"step_kind": "demo", "step_at": "2027-03-01T10:00"}

    bobs.post(f"/deals/{deal.pk}/quick/", sent(deal, **values), headers=HTMX)

    step = Activity.objects.get()
    assert (step.kind, step.subject_ref, step.owner) == ("demo", deal.ref, bob)


def test_a_step_that_is_planned_is_moved_and_not_doubled(bobs, bob):
    deal = make.deal(bob)
    activities.plan(
        kind="call", subject="Call Ann", subject_ref=deal.ref, owner=bob,
        due_at=clock.now() + timedelta(days=1), by=bob,
    )  # fmt: skip

    page = bobs.get(f"/deals/{deal.pk}/quick/", headers=HTMX).content.decode()
    bobs.post(f"/deals/{deal.pk}/quick/", sent(deal, step_at="2027-03-01T10:00"), headers=HTMX)

    assert "Call Ann" in page
    assert Activity.objects.get().due_at.date().isoformat() == "2027-03-01"


@pytest.mark.parametrize(
    ("field", "value"), [("amount", "-3"), ("amount", "x"), ("expected_close_on", "soon")]
)
def test_what_cannot_be_taken_stands_beside_its_field_and_nothing_changes(bobs, bob, field, value):
    deal = make.deal(bob)

    answer = bobs.post(f"/deals/{deal.pk}/quick/", sent(deal, **{field: value}), headers=HTMX)

    assert answer.status_code == 422
    assert f'value="{value}"' in answer.content.decode()
    assert Deal.objects.get().version == deal.version


def test_a_step_that_fails_takes_the_rest_back(bobs, bob):
    deal = make.deal(bob)

    answer = bobs.post(
        f"/deals/{deal.pk}/quick/", sent(deal, amount="7", step_at="whenever"), headers=HTMX
    )

    assert answer.status_code == 422
    assert Deal.objects.get().amount == deal.amount


def test_a_change_over_somebody_elses_is_told_and_not_made(bobs, bob, mia):
    deal = make.deal(bob)
    deals.edit(deal, values={"amount": Decimal(5)}, by=mia)

    answer = bobs.post(f"/deals/{deal.pk}/quick/", sent(deal, amount="7"), headers=HTMX)

    assert answer.status_code == 409
    assert "Mia changed this deal" in answer.content.decode()
    assert Deal.objects.get().amount == Decimal(5)


def test_an_amount_that_follows_lines_is_not_offered(bobs, bob):
    deal = make.deal(bob)
    line = deals.LineIn(
        product=None, text="Roof", quantity=Decimal(1), price=Decimal(9), discount=Decimal(0)
    )
    deals.set_lines(deal, lines=[line], by=bob)

    page = bobs.get(f"/deals/{deal.pk}/quick/", headers=HTMX).content.decode()

    assert "-amount" not in page


def test_a_manager_gives_the_deal_to_another_rep(client, mia, bob, north):
    deal = make.deal(bob)
    client.force_login(mia)

    client.post(f"/deals/{deal.pk}/quick/", sent(deal, owner=mia.pk), headers=HTMX)

    assert Deal.objects.get().owner == mia
    assert FieldChange.objects.filter(field="owner").exists()


def test_abuse_E02_a_card_of_another_team_is_not_changed(bobs, carl):
    deal = make.deal(carl)

    asked = bobs.get(f"/deals/{deal.pk}/quick/", headers=HTMX)
    answer = bobs.post(f"/deals/{deal.pk}/quick/", sent(deal, amount="7"), headers=HTMX)

    assert (asked.status_code, answer.status_code) == (404, 404)


def test_without_the_script_the_form_is_a_page_of_its_own(bobs, bob):
    deal = make.deal(bob)

    page = bobs.get(f"/deals/{deal.pk}/quick/").content.decode()
    answer = bobs.post(f"/deals/{deal.pk}/quick/", sent(deal, amount="12"))

    assert "<html" in page
    assert (answer.status_code, answer.headers["Location"]) == (303, deal.get_absolute_url())
