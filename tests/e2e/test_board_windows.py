"""A thousand cards in a column: the document stays small, and a card that is dropped stands at once."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from benchmarks.drag import drag
from leadflow.events import relay
from leadflow.kit import clock
from leadflow.models import Lead, LeadStage
from leadflow.services import leads

MANY = 1_000
BOUND = 400  # cards in the document: what is near the screen, in pages of fifty, of every column
# Down to the end, and on as more comes, until a card is there; back up by less than a screen at a time. Both
# say how many cards stood in the document at most.
DOWN = """async (until) => {
    let most = 0;
    for (let step = 0; step < 6000; step += 1) {
        window.scrollTo(0, document.documentElement.scrollHeight);
        await new Promise(requestAnimationFrame);
        most = Math.max(most, document.querySelectorAll("[data-card]").length);
        const last = [...document.querySelectorAll('[data-cards="lead"] > [data-card] .lf-bcard-name')].at(-1);
        if (last.textContent >= until) return most;
    }
    return -1;
}"""
UP = """async () => {
    let most = 0;
    for (let top = document.documentElement.scrollHeight; top > 0; top -= 700) {
        window.scrollTo(0, top);
        await new Promise(requestAnimationFrame);
        most = Math.max(most, document.querySelectorAll("[data-card]").length);
    }
    window.scrollTo(0, 0);
    return most;
}"""


@pytest.fixture
def board(transactional_db, page: Page, sign_in, bob) -> Page:
    """Bob's leads: a thousand in one stage, some in the next."""
    at = clock.now()
    Lead.objects.bulk_create(
        Lead(
            last_name=f"Lead {number:05}", owner=bob, stage=stage, furthest_stage=stage,
            stage_since=at, created_at=at - timedelta(minutes=number), assigned_at=at,
        )
        for stage, many in ((LeadStage.LEAD, MANY), (LeadStage.MQL, 3))
        for number in range(many)
    )  # fmt: skip
    sign_in(page, bob)
    page.goto("/leads/board/")
    return page


def cards(page: Page) -> int:
    return page.locator("[data-card]").count()


def names(page: Page) -> list[str]:
    """Of the cards of the long column that are in the document, from the top."""
    return page.locator('[data-cards="lead"] > [data-card] .lf-bcard-name').all_text_contents()


def eventually(page: Page, expression: str):
    """What it says as soon as it says something."""
    for _try in range(100):
        if (value := page.evaluate(expression)) is not None:
            return value
        page.wait_for_timeout(20)
    raise AssertionError(f"{expression} never said anything")


def test_a_column_of_a_thousand_keeps_the_document_small_while_it_is_scrolled(board: Page):
    assert 0 < board.evaluate(DOWN, f"Lead {MANY - 1:05}") <= BOUND
    shown = names(board)
    assert shown == sorted(set(shown)), "every card once, in its order"
    assert board.locator('[data-cards="lead"] .lf-col-gap').count() == (MANY - len(shown)) / 50

    assert board.evaluate(UP) <= BOUND
    expect(board.locator('[data-cards="lead"] > [data-card]').first).to_contain_text("Lead 00000")


def test_deep_in_a_column_what_others_do_is_seen_and_the_place_is_kept(board: Page, bob):
    board.evaluate(DOWN, "Lead 00699")
    board.evaluate("() => window.scrollBy(0, -700)")
    eventually(board, "document.querySelector('[data-cards=lead] > .lf-col-gap') && true")
    top, middle = board.evaluate("window.scrollY"), names(board)[len(names(board)) // 2]
    gone = Lead.objects.get(last_name=middle)

    with board.expect_response(lambda answer: "until=" in answer.url):
        leads.move(gone, to=LeadStage.MQL, by=bob)
        relay.run()

    expect(board.locator('[data-cards="lead"]').get_by_text(middle)).to_have_count(0)
    assert abs(board.evaluate("window.scrollY") - top) < 400
    assert len(names(board)) >= 49
    assert cards(board) <= BOUND


def test_a_card_stands_in_its_new_column_before_the_server_answers(board: Page):
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    board.route("**/move/", hold)
    card = board.locator('[data-cards="lead"] > [data-card]').first
    key = card.get_attribute("data-card")

    _milliseconds, frames = drag(board, card, board.locator('[data-column="mql"]'))

    assert frames <= 2, "it stands in the frame after the drop"
    assert Lead.objects.get(pk=key).stage == LeadStage.LEAD, "nothing was stored yet"
    with board.expect_response("**/move/"):
        waiting[0].continue_()
    expect(board.locator("[data-toast]").first).to_be_visible()
    assert Lead.objects.get(pk=key).stage == LeadStage.MQL
