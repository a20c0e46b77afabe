"""The gate as a dialog and as a page, the limit in the head of a column, what bulk tells."""

import json
from datetime import date
from decimal import Decimal

import pytest

from pipeline.models import Deal, DealTick, StageCheck
from pipeline.services import pipelines
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def bobs(client, bob):
    client.force_login(bob)
    return client


@pytest.fixture
def gated(bob):
    stage = make.stage("Proposal")
    values = {
        "name": stage.name, "probability": 60, "required": ["amount", "lead"],
        "checklist": ["Budget is confirmed"],
    }  # fmt: skip
    return pipelines.change_stage(stage, values=values, by=None)


def test_a_drop_that_lacks_something_moves_nothing_and_names_the_door_that_asks(bobs, bob, gated):
    deal = make.deal(bob, amount=None)

    answer = bobs.post(
        f"/deals/{deal.pk}/move/", {"column": gated.pk, "version": deal.version}, headers=HTMX
    )
    url = json.loads(answer.headers["HX-Trigger"])["lf:gate"]["url"]
    dialog = bobs.get(url, headers=HTMX).content.decode()

    assert answer.status_code == 202
    assert all(words in dialog for words in ("Amount", "Person", "Budget is confirmed"))
    assert "Expected close" not in dialog
    assert Deal.objects.get().stage.name == "Qualified"


def test_without_the_script_the_stage_asks_on_a_page(bobs, bob, gated):
    deal = make.deal(bob, amount=None)

    answer = bobs.post(f"/deals/{deal.pk}/move/", {"column": gated.pk})

    assert answer.status_code == 303
    assert "Before Deal" in bobs.get(answer.headers["Location"]).content.decode()


def test_a_gate_keeps_what_was_typed_until_all_is_answered_and_then_moves(bobs, bob, gated):
    make.lead(bob, email="eve@oak.example")
    deal = make.deal(bob, amount=None)
    url, check = f"/deals/{deal.pk}/gate/{gated.pk}/", StageCheck.objects.get()
    values = {"amount": "900", "person": "eve@oak.example"}

    half = bobs.post(url, values, headers=HTMX)
    whole = bobs.post(url, values | {f"check_{check.pk}": "on"}, headers=HTMX)

    assert half.status_code == 422
    assert "Tick this when it is done." in half.content.decode()
    assert 'value="900"' in half.content.decode()
    moved = Deal.objects.get()
    assert (whole.status_code, moved.stage, moved.amount) == (204, gated, Decimal(900))
    assert moved.lead.email == "eve@oak.example"
    assert DealTick.objects.get().by == bob
    assert "Undo" in whole.headers["HX-Trigger"] or "undo" in whole.headers["HX-Trigger"]


def test_the_deal_tells_who_ticked_what(bobs, bob, gated):
    deal = make.deal(bob, lead=make.lead(bob))
    check = StageCheck.objects.get()
    bobs.post(f"/deals/{deal.pk}/gate/{gated.pk}/", {f"check_{check.pk}": "on"}, headers=HTMX)

    page = bobs.get(f"/deals/{deal.pk}/").content.decode()

    assert "Budget is confirmed" in page


def test_a_full_stage_asks_why_and_its_head_tells_the_limit(bobs, bob):
    stage = make.stage("Proposal")
    pipelines.change_stage(
        stage, values={"name": "Proposal", "probability": 60, "wip_limit": 1}, by=None
    )
    make.deal(bob, stage=stage)
    deal = make.deal(bob)
    url = f"/deals/{deal.pk}/gate/{stage.pk}/"

    asked = bobs.get(url, headers=HTMX).content.decode()
    bobs.post(url, {"reason": "The board meets on Friday"}, headers=HTMX)
    board = bobs.get("/deals/").content.decode()

    assert "Proposal has its 1 deals" in asked
    assert "2 of 1" in board
    assert "lf-pill-warn" in board


def test_a_hard_limit_is_told_in_a_strip(bobs, bob):
    stage = make.stage("Proposal")
    values = {"name": "Proposal", "probability": 60, "wip_limit": 1, "wip_is_hard": True}
    pipelines.change_stage(stage, values=values, by=None)
    make.deal(bob, stage=stage)

    answer = bobs.post(
        f"/deals/{make.deal(bob).pk}/move/", {"column": stage.pk, "version": 1}, headers=HTMX
    )

    assert answer.status_code == 409
    assert "Move one of them on first" in answer.content.decode()


def test_a_bulk_move_names_the_deals_that_were_held_back(bobs, bob, gated):
    poor = make.deal(bob, name="Kiln", amount=None)

    bobs.post("/deals/list/bulk/", {"verb": "move", "stage": gated.pk, "ids": [poor.pk]})
    page = bobs.get("/deals/list/").content.decode()

    assert "0 of 1 deals changed. Held back: Kiln (Amount, Person, Budget is confirmed)" in page


def test_abuse_E04_a_gate_of_a_deal_out_of_reach_is_not_there(client, carl, bob, gated):
    deal = make.deal(bob, name="Secret roof")
    client.force_login(carl)

    assert client.get(f"/deals/{deal.pk}/gate/{gated.pk}/").status_code == 404


def test_an_admin_sets_what_a_stage_asks(client, alice):
    stage = make.stage("Proposal")
    client.force_login(alice)
    url = f"/settings/pipelines/{stage.pipeline_id}/stages/{stage.pk}/"

    client.post(url, {
        "name": "Proposal", "probability": "60", "category": "best", "wip_limit": "5",
        "required": ["amount", "expected_close_on"], "checklist": "Budget is confirmed\n\nLegal read it\n",
    })  # fmt: skip
    page = client.get(url).content.decode()

    stage.refresh_from_db()
    assert (stage.required, stage.wip_limit) == (["amount", "expected_close_on"], 5)
    assert [one.words for one in stage.checks.all()] == ["Budget is confirmed", "Legal read it"]
    assert "Budget is confirmed\nLegal read it" in page


def test_a_close_date_that_is_asked_is_stored(bobs, bob):
    stage = make.stage("Proposal")
    values = {"name": "Proposal", "probability": 60, "required": ["expected_close_on"]}
    pipelines.change_stage(stage, values=values, by=None)
    deal = make.deal(bob)

    bobs.post(f"/deals/{deal.pk}/gate/{stage.pk}/", {"expected_close_on": "2030-05-01"})

    assert Deal.objects.get().expected_close_on == date(2030, 5, 1)


def test_picked_cards_move_together_and_come_back_together(bobs, bob):
    ids = [make.deal(bob, name=name).pk for name in "AB"]
    cards = [f"{pk}:1" for pk in ids]

    moved = bobs.post(
        "/deals/move/", {"cards": cards, "column": make.stage("Proposal").pk}, headers=HTMX
    )
    there = set(Deal.objects.values_list("stage__name", flat=True))
    undo = json.loads(moved.headers["HX-Trigger"])["lf:toast"]["undo"]
    back = bobs.post(undo, headers=HTMX)

    assert there == {"Proposal"}
    assert "2 moved to Proposal" in moved.headers["HX-Trigger"]
    assert "2 deals are back where they were" in back.headers["HX-Trigger"]
    assert set(Deal.objects.values_list("stage__name", flat=True)) == {"Qualified"}


def test_a_picked_card_that_somebody_changed_stays_and_is_named(bobs, bob):
    one, two = make.deal(bob, name="Kiln"), make.deal(bob, name="Roof")

    moved = bobs.post(
        "/deals/move/",
        {"cards": [f"{one.pk}:7", f"{two.pk}:1"], "column": make.stage("Proposal").pk},
        headers=HTMX,
    )

    assert "Held back: Kiln (somebody changed it meanwhile)" in moved.headers["HX-Trigger"]
    assert Deal.objects.get(name="Kiln").stage.name == "Qualified"
    assert Deal.objects.get(name="Roof").stage.name == "Proposal"


def test_abuse_E04_picked_cards_of_others_stay_where_they_are(client, carl, bob):
    deal = make.deal(bob)
    client.force_login(carl)

    client.post("/deals/move/", {"cards": [f"{deal.pk}:1"], "column": make.stage("Proposal").pk})

    assert Deal.objects.get().stage.name == "Qualified"
