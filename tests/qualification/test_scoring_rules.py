from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules import (
    EventRule,
    Fact,
    Model,
    State,
    band_of,
    bant_known,
    bant_minimum,
    bant_score,
    clamp,
    decide,
    engagement_at,
    grade_of,
    next_crossing,
    receipt,
    sums_of,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RULES = [
    EventRule("Page", "page.viewed", 3, 30, "web", per_day=5),
    EventRule("Prices", "page.viewed", 10, 14, "web", topic="pricing", lifetime=4),
    EventRule("Form", "form.submitted", 20, 30, "asked"),
    EventRule("Careers", "page.viewed", -5, 30, "web", topic="careers"),
]
MODEL = Model(
    attributes=[("Decides", 40), ("Big", 40), ("Student", -30)], events=RULES, caps={"web": 40}
)
facts = st.lists(
    st.builds(
        Fact,
        pk=st.integers(1, 10_000),
        kind=st.sampled_from(["page.viewed", "form.submitted", "other"]),
        at=st.datetimes(datetime(2025, 6, 1), datetime(2026, 3, 2), timezones=st.just(UTC)),
        topic=st.sampled_from(["", "pricing", "careers"]),
    ),
    max_size=25,
)
matched = st.frozensets(st.sampled_from(["Decides", "Big", "Student"]))


@given(facts, matched)
def test_the_lines_of_a_receipt_sum_to_the_score(rows, names):
    verdict = decide(MODEL, State(names, sums_of(RULES, rows)), NOW)

    lines = receipt(MODEL, names, rows, NOW)

    for number, score in (("fit", verdict.fit), ("engagement", verdict.engagement)):
        total = sum(line.contribution for line in lines if line.number == number)
        assert clamp(total) == pytest.approx(score, abs=1e-6)


@given(facts, st.randoms())
def test_the_order_in_which_facts_arrive_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)

    one, other = (engagement_at(sums_of(RULES, r), {}, NOW) for r in (rows, shuffled))

    assert one == pytest.approx(other)


@given(facts)
def test_with_positive_points_engagement_never_rises_by_itself(rows):
    sums = sums_of(RULES[:3], rows)

    values = [engagement_at(sums, MODEL.caps, NOW + timedelta(days=n)) for n in range(0, 200, 7)]

    assert values == sorted(values, reverse=True)


def test_half_of_the_points_are_gone_after_one_half_life():
    sums = sums_of(RULES, [Fact(1, "form.submitted", NOW)])

    assert engagement_at(sums, {}, NOW) == pytest.approx(20)
    assert engagement_at(sums, {}, NOW + timedelta(days=30)) == pytest.approx(10)


def test_limits_per_day_and_per_life_are_kept():
    day = [Fact(n, "page.viewed", NOW, topic="pricing") for n in range(9)]

    sums = sums_of(RULES, day)

    assert sums[("web", 30)] == pytest.approx(
        15 * 2 ** ((NOW - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds() / 86400 / 30)
    )
    assert engagement_at(sums, {}, NOW) == pytest.approx(55)
    assert engagement_at(sums, {"web": 40}, NOW) == pytest.approx(40)


@pytest.mark.parametrize(("fit", "grade"), [(75, "A"), (74.9, "B"), (50, "B"), (25, "C"), (0, "D")])
def test_grades_begin_at_their_lines(fit, grade):
    assert grade_of(fit) == grade


@pytest.mark.parametrize(("value", "band"), [(60, 1), (59.9, 2), (30, 2), (10, 3), (9.9, 4)])
def test_bands_begin_at_their_lines(value, band):
    assert band_of(value) == band


def test_a_gate_that_fails_keeps_the_best_lead_out():
    model = Model(attributes=[("Decides", 80)], events=RULES, gates=["Reachable"])
    sums = sums_of(RULES, [Fact(n, "form.submitted", NOW) for n in range(4)])

    verdict = decide(model, State(frozenset({"Decides"}), sums), NOW)

    assert (verdict.cell, verdict.qualifies, verdict.failed_gates) == ("A1", False, ("Reachable",))


def test_a_raised_hand_qualifies_whatever_the_score():
    assert decide(MODEL, State(frozenset(), {}, asked=True), NOW).qualifies


def test_who_qualified_stays_until_fifteen_points_under_the_line():
    model = Model(attributes=[("Decides", 50)], events=RULES, cells=frozenset({"B1"}))
    state = State(
        frozenset({"Decides"}),
        sums_of(RULES, [Fact(n, "form.submitted", NOW) for n in range(3)]),
        qualified_since=NOW,
    )
    soon, later = NOW + timedelta(days=9), NOW + timedelta(days=14)

    assert (decide(model, state, soon).cell, decide(model, state, soon).qualifies) == ("B2", True)
    assert not decide(model, state, later).qualifies


@given(facts)
def test_nothing_changes_before_the_next_crossing(rows):
    state = State(frozenset({"Decides"}), sums_of(RULES[:3], rows))
    crossing = next_crossing(MODEL, state, NOW)
    if crossing is None:
        return

    before = crossing - timedelta(minutes=2)
    if before > NOW:
        assert decide(MODEL, state, before).cell == decide(MODEL, state, NOW).cell
    assert decide(MODEL, state, crossing).cell != decide(MODEL, state, NOW).cell


def test_bant_adds_what_is_known_and_counts_how_much_that_is():
    answers = {
        "budget": "approved",
        "authority": "decision_maker",
        "need": "unknown",
        "timing": "unknown",
    }

    assert (bant_score(answers), bant_known(answers)) == (45, 2)
    assert not bant_minimum(answers)
    assert bant_minimum(answers | {"need": "urgent"})


def test_a_rule_counts_one_provider_from_a_confidence_on():
    rule = EventRule("Intent", "intent.reported", 10, provider="Bombora", confidence=0.6)
    told = [("Bombora", 0.6), ("bombora", 0.9), ("Bombora", 0.59), ("Bombora", None), ("G2", 0.9)]
    facts = [
        Fact(n, "intent.reported", NOW, provider=name, confidence=sure)
        for n, (name, sure) in enumerate(told)
    ]

    assert [fact.pk for fact in facts if rule.takes(fact)] == [0, 1]
