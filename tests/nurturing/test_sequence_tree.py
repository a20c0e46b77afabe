import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurturing import rules

chances = st.integers(0, 2**32).map(random.Random)


def a_tree(chance, deep=3):
    """A tree of steps as chance wants it, each with an id of its own."""
    steps = _trunk(chance, deep)
    for number, step in enumerate(rules.all_steps(steps)):
        step["id"] = f"s{number}"
    return steps


def _trunk(chance, deep):
    kinds = ["email", "wait", "condition", "split"][: 4 if deep else 2]
    return [_step(chance.choice(kinds), chance, deep) for _ in range(chance.randint(0, 3))]


def _step(kind, chance, deep):
    step = {"type": kind, "id": ""}
    match kind:
        case "condition":
            step |= {way: _trunk(chance, deep - 1) for way in ("yes", "no")}
        case "split":
            ways = range(chance.randint(2, 4))
            step["ways"] = [{"id": f"w{n}", "steps": _trunk(chance, deep - 1)} for n in ways]
    return step


def walk(tree, choose):
    """The ids of the steps that somebody takes who goes the way that `choose` says."""
    found, here = [], tree.first
    while here:
        found.append(here)
        ways = [way for way, _inner in rules.branches(tree.find(here))]
        here = tree.into(here, choose(ways)) if ways else tree.following(here)
    return found


@given(chances)
def test_every_walk_goes_forward_and_comes_to_an_end(chance):
    tree = rules.Tree(a_tree(chance))
    order = list(tree.places)

    taken = walk(tree, chance.choice)

    assert [order.index(one) for one in taken] == sorted({order.index(one) for one in taken})


@given(chances)
def test_a_walk_takes_the_whole_trunk_and_of_each_step_that_branches_one_branch(chance):
    tree, went = rules.Tree(a_tree(chance)), {}

    def choose(ways):
        return chance.choice(ways)

    taken = walk(tree, choose)

    for place in tree.places.values():
        if place.within in taken:
            went.setdefault(place.within, set())
            if place.step["id"] in taken:
                went[place.within].add(place.way)
    assert [step["id"] for step in tree.steps] == [
        one for one in taken if not tree.places[one].path
    ]
    assert all(len(ways) <= 1 for ways in went.values())


@given(chances)
def test_a_step_is_found_at_the_place_that_is_told(chance):
    steps = a_tree(chance)
    for one in rules.placed(steps):
        inside = steps
        for holder, way in one.path:
            inside = dict(rules.branches(rules.find(steps, holder)))[way]
        assert inside[one.at] is one.step


@given(chances)
def test_a_tree_that_is_changed_by_nothing_stays_as_it_is(chance):
    steps = a_tree(chance)
    assert rules.mapped(steps, dict) == steps


def test_after_a_branch_the_walk_goes_on_behind_the_step_that_holds_it():
    inner = {"id": "c2", "type": "condition", "yes": [{"id": "d", "type": "wait"}], "no": []}
    outer = {"id": "c1", "type": "condition", "yes": [inner], "no": []}
    tree = rules.Tree([outer, {"id": "z", "type": "email"}])

    assert tree.into("c1", "yes") == "c2"
    assert tree.into("c1", "no") == "z"
    assert tree.into("c2", "no") == tree.following("d") == "z"
    assert tree.following("z") == tree.following("gone") == ""


def test_what_stands_on_the_other_branch_does_not_come_before():
    yes, no = {"id": "y", "type": "todo"}, {"id": "n", "type": "wait_until"}
    steps = [
        {"id": "c", "type": "condition", "yes": [yes], "no": [no]},
        {"id": "z", "type": "wait_until"},
    ]
    tree = rules.Tree(steps)

    assert not tree.comes_before(tree.places["y"], tree.places["n"])
    assert tree.comes_before(tree.places["y"], tree.places["z"])
    assert not tree.comes_before(tree.places["z"], tree.places["y"])


def a_split(*shares):
    return {
        "id": "k3x9",
        "type": "split",
        "ways": [{"id": f"w{n}", "share": share} for n, share in enumerate(shares)],
    }


@pytest.mark.parametrize("shares", [(50, 50), (90, 10), (20, 30, 50), (25, 25, 25, 25)])
def test_each_way_of_a_split_gets_its_share(shares):
    step, people = a_split(*shares), 6_000
    went = [rules.way_of(step, lead) for lead in range(people)]

    for number, share in enumerate(shares):
        assert abs(went.count(f"w{number}") / people - share / 100) < 0.025


@given(st.integers(1, 10**9), st.integers(1, 98))
def test_a_lead_keeps_her_way_when_its_share_grows(lead, share):
    before = rules.way_of(a_split(share, 100 - share), lead)

    assert rules.way_of(a_split(share, 100 - share), lead) == before
    if before == "w0":
        assert rules.way_of(a_split(share + 1, 99 - share), lead) == "w0"


@pytest.mark.parametrize("percent", [0, 1, 10, 20])
def test_as_many_are_held_back_as_was_said_and_always_the_same(percent):
    held = {lead for lead in range(6_000) if rules.is_held_back(7, lead, percent)}

    assert abs(len(held) / 60 - percent) < 1.5
    assert held <= {lead for lead in range(6_000) if rules.is_held_back(7, lead, 20)}
