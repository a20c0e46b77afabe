"""How long a deal stood where, and moves that are taken back from its story."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import Conflict
from leadflow.kit import clock
from pipeline import rules
from pipeline.models import Deal
from pipeline.selectors.stays import last_move, stays_of
from pipeline.services import deals
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def walked(bob, now):
    """Thirty days ago in Qualified, ten days in Discovery since, three in Proposal."""
    deal = make.deal(bob, at=now - 30 * DAY)
    deal = deals.move(deal, to=make.stage("Discovery"), by=bob, at=now - 13 * DAY)
    return deals.move(deal, to=make.stage("Proposal"), by=bob, at=now - 3 * DAY)


def in_days(deal, at):
    names = {stage.pk: stage.name for stage in deal.pipeline.stages.all()}
    return {names[pk]: time.days for pk, time in stays_of(deal, at).items()}


def take_back(deal, by, **more):
    return deals.take_back(deal, event_id=last_move(deal).pk, by=by, **more)


# --- how long ---


def test_each_stage_has_its_days(walked, now):
    assert in_days(walked, now) == {"Qualified": 17, "Discovery": 10, "Proposal": 3}


def test_a_stage_that_it_came_back_to_has_all_visits_together(walked, bob, now):
    deals.move(walked, to=make.stage("Discovery"), by=bob, at=now)

    assert in_days(walked, now + 2 * DAY) == {"Qualified": 17, "Discovery": 12, "Proposal": 3}


def test_a_closed_deal_stands_still(walked, bob, now):
    won = deals.win(walked, amount=walked.amount, by=bob, at=now)

    later = in_days(won, now + 50 * DAY)

    assert (later["Qualified"], later["Discovery"], later["Proposal"]) == (17, 10, 3)


def test_a_move_that_was_taken_back_never_was(walked, bob, now):
    back = take_back(walked, bob, at=now)

    assert in_days(back, now) == {"Qualified": 17, "Discovery": 13}


MOMENTS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 4), st.booleans()), min_size=1, max_size=12
)


@given(MOMENTS)
def test_all_stays_together_are_the_age_of_the_deal(moments):
    start = clock.now()
    hours = sorted(hour for hour, _stage, _undo in moments)
    arrivals = [
        rules.Arrival(start + timedelta(hours=hour), stage, is_undo)
        for hour, (_hour, stage, is_undo) in zip(hours, moments, strict=True)
    ]
    until = start + timedelta(hours=200)

    found = rules.stays(arrivals, until)

    assert sum(found.values(), timedelta()) == until - arrivals[0].at


# --- taken back ---


def test_taken_back_it_stands_as_if_it_had_never_moved(walked, bob, now):
    back = take_back(walked, bob, at=now)

    assert (back.stage.name, back.stage_since) == ("Discovery", now - 13 * DAY)
    assert last_move(back) is None


def test_the_probability_that_the_move_dropped_is_typed_again(bob, now):
    deal = deals.edit(make.deal(bob, at=now - 9 * DAY), values={"probability": 45}, by=bob)
    moved = deals.move(deal, to=make.stage("Proposal"), by=bob, at=now - DAY)

    assert take_back(moved, bob).probability == 45


def test_what_was_edited_since_stays(walked, bob, mia):
    deals.edit(walked, values={"name": "Larger roof"}, by=mia)

    back = take_back(walked, bob)

    assert (back.name, back.stage.name) == ("Larger roof", "Discovery")


@pytest.mark.parametrize("then", ["moved", "won", "trashed"])
def test_a_deal_that_went_on_since_is_told_and_stays(walked, bob, then):
    move = last_move(walked)
    if then == "moved":
        deals.move(walked, to=make.stage("Contract"), by=bob)
    elif then == "won":
        deals.win(walked, amount=walked.amount, by=bob)
    else:
        deals.trash_many(deal_ids=[walked.pk], by=bob)
    stood = Deal.objects.get(pk=walked.pk).stage

    with pytest.raises(Conflict):
        deals.take_back(walked, event_id=move.pk, by=bob)

    assert Deal.objects.get(pk=walked.pk).stage == stood


def test_a_move_cannot_be_taken_back_twice(walked, bob):
    move = last_move(walked)
    back = take_back(walked, bob)

    with pytest.raises(Conflict, match="went on"):
        deals.take_back(back, event_id=move.pk, by=bob)


def test_the_story_offers_it_at_the_last_move_alone(client, bob, walked):
    client.force_login(bob)
    url = f"/deals/{walked.pk}/back/{last_move(walked).pk}/"
    page = client.get(f"/deals/{walked.pk}/").content.decode()
    assert page.count("Take back") == page.count(url) == 1
    assert "17 days" in page
    assert "10 days" in page

    answer = client.post(url)

    assert answer.status_code == 303
    assert Deal.objects.get().stage.name == "Discovery"
    assert client.post(url).status_code == 409
