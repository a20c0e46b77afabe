from decimal import Decimal

from leadflow.insights.kpis import KPIS
from leadflow.insights.values import Fact, Value
from leadflow.insights.wording import delta, note

SPEED = KPIS["speed"]
HOUR = 3600


def took(seconds: int) -> Value:
    """A speed to lead."""
    return Value(
        Decimal(seconds),
        n=101,
        facts=(
            Fact("mean", "mean", Decimal(90_516), "seconds"),
            Fact("p90", "p90", Decimal(2 * HOUR), "seconds"),
            Fact("untouched", "not touched yet", 14),
        ),
    )


def test_a_speed_says_the_slow_end_and_who_waits_and_no_deals() -> None:
    assert note(SPEED, took(HOUR), "EUR") == "p90 2 h, 14 untouched, n = 101"


def test_a_faster_answer_is_good_and_its_arrow_points_down() -> None:
    change = delta(SPEED, took(HOUR), took(2 * HOUR))
    assert (change.words, change.trend, change.rose) == ("1 h faster", "good", False)


def test_a_slower_answer_is_bad_and_its_arrow_points_up() -> None:
    change = delta(SPEED, took(2 * HOUR), took(HOUR))
    assert (change.words, change.trend, change.rose) == ("1 h slower", "bad", True)


def test_a_change_of_less_than_a_minute_is_not_told() -> None:
    assert delta(SPEED, took(HOUR), took(HOUR + 30)).words == ""


def test_a_change_of_less_than_a_hundredth_is_not_told() -> None:
    assert delta(SPEED, took(100 * HOUR), took(100 * HOUR + 70)).words == ""
