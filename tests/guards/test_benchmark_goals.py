"""The goals of speed: readable, held in ratios and counts, and a worse figure fails."""

from pathlib import Path

import pytest

from benchmarks import goals

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "goals.toml"


def run(posts, **figures):
    row = {"workload": "form post", "unit": "posts/s", "limit": 100, "project": posts, "p50": 20.0}
    return row | {"ratio": 0.8, "of_naive": 6, "spread": 2, "queries": 8} | figures


def judged(*attempts):
    return {one.name: one for one in goals.verdicts(goals.read(FILE), list(attempts))}


def test_no_goal_is_in_milliseconds():
    assert {goal["figure"] for goal in goals.read(FILE)} <= {
        "ratio", "of_naive", "of_single", "of_anti_join", "of_bulk_create", "of_short", "spread", "queries", "growth",
        "per_thousand",
    }  # fmt: skip


def test_a_run_that_meets_every_goal_fails_none():
    found = judged({"10k": [run(80)], "1m": [run(79)]})

    assert found["1m form post growth"].is_met
    assert all(one.is_met and not one.fails for one in found.values())


@pytest.mark.parametrize(
    ("figure", "value"), [("ratio", 0.01), ("of_naive", 1.0), ("spread", 3.5), ("queries", 9)]
)
def test_a_figure_that_got_worse_fails(figure, value):
    assert judged({"10k": [run(80, **{figure: value})]})[f"10k form post {figure}"].fails


def test_growth_beyond_the_goal_fails():
    assert judged({"10k": [run(80)], "1m": [run(40)]})["1m form post growth"].fails


def test_a_goal_not_met_yet_is_said_and_does_not_fail():
    goal = {"workload": "form post", "figure": "ratio", "at_least": 0.7, "fails_below": 0.2}

    (found,) = goals.verdicts([goal], [{"10k": [run(30, ratio=0.3)]}])

    assert (found.is_met, found.fails) == (False, False)
    assert "not met yet" in str(found)


def test_the_median_of_three_attempts_decides():
    bad, good = {"10k": [run(80, spread=9)]}, {"10k": [run(80)]}

    assert judged(bad)["10k form post spread"].fails
    assert not judged(bad, good, good)["10k form post spread"].fails


def test_a_goal_without_a_bound_is_refused(tmp_path):
    file = tmp_path / "goals.toml"
    file.write_text('[[goal]]\nworkload = "list"\nfigure = "queries"\n')

    with pytest.raises(KeyError):
        goals.read(file)
