from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from distribution.rules import Member, choose

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(1, 300))
def test_each_member_gets_her_share_within_one(weights, leads):
    members = [Member(user_id=n, weight=w) for n, w in enumerate(weights, start=1)]

    choices, _after = choose(range(leads), members, NOON)

    given_to = Counter(choice.user_id for choice in choices)
    for member in members:
        due = leads * member.weight / sum(weights)
        assert abs(given_to[member.user_id] - due) <= 1


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.integers(1, 60), st.integers(1, 7))
def test_a_batch_decides_as_the_same_leads_one_by_one(weights, leads, size):
    members = [Member(user_id=n, weight=w) for n, w in enumerate(weights, start=1)]
    whole, _after = choose(range(leads), members, NOON)

    parts, now = [], members
    for start in range(0, leads, size):
        some, now = choose(range(start, min(start + size, leads)), now, NOON)
        parts += some

    assert [c.user_id for c in parts] == [c.user_id for c in whole]


def test_equal_members_take_turns_although_all_stand_equal():
    """Odoo PR 259324: ties fell back to creation order and one person got all thirty."""
    members = [Member(user_id=n, weight=1) for n in (1, 2, 3)]
    given_to: Counter[int | None] = Counter()
    for lead in range(30):
        (choice,), members = choose([lead], members, NOON)
        given_to[choice.user_id] += 1

    assert set(given_to.values()) == {10}


def test_who_comes_back_gets_no_burst():
    members = [Member(1, 1), Member(2, 1, barred="away")]
    _choices, members = choose(range(10), members, NOON)
    members = [members[0], Member(2, 1, current=members[1].current)]

    choices, _after = choose(range(10), members, NOON)

    assert Counter(c.user_id for c in choices) == {1: 5, 2: 5}


def test_limits_are_kept_inside_one_batch():
    choices, _after = choose(range(5), [Member(1, 1, room=2), Member(2, 1, room=1)], NOON)

    assert [c.user_id for c in choices].count(None) == 2


def test_the_trace_says_why_each_member_was_passed_over():
    members = [Member(1, 1, barred="paused"), Member(2, 1, excluded=frozenset({7}))]

    (choice,), _after = choose([7], members, NOON)

    assert choice.user_id is None
    assert [m["barred"] for m in choice.trace["members"]] == ["paused", "returned this lead before"]
