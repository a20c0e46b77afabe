import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import Invalid
from nurturing import rules
from nurturing.services import editing
from nurturing.services.editing import Place

KINDS = ("email", "wait", "todo", "end")


def step(name, kind="email", **more):
    return {"id": name, "type": kind, **more}


def asks(name, yes=(), no=()):
    return step(name, "condition", rule={"all": []}, yes=list(yes), no=list(no))


def splits(name, *ways):
    held = [{"id": f"{name}w{n}", "share": 50, "steps": list(some)} for n, some in enumerate(ways)]
    return step(name, "split", ways=held, winner=None)


def ids(steps):
    return [one.step["id"] for one in editing.walk(steps)]


def a_tree():
    return [step("a"), asks("b", yes=[step("c")], no=[step("d"), step("e")]), step("f")]


def test_the_walk_goes_from_top_to_bottom_and_says_how_deep():
    found = [(one.step["id"], str(one.place), one.depth) for one in editing.walk(a_tree())]

    assert found == [
        ("a", "..0", 0),
        ("b", "..1", 0),
        ("c", "b.yes.0", 1),
        ("d", "b.no.0", 1),
        ("e", "b.no.1", 1),
        ("f", "..2", 0),
    ]


def test_a_step_is_put_at_the_place_that_was_named():
    assert ids(editing.insert(a_tree(), step("x"), Place("b", "no", 1))) == list("abcdxef")
    assert ids(editing.insert(a_tree(), step("x"), Place("b", "yes", 1))) == list("abcxdef")
    assert ids(editing.insert(a_tree(), step("x"), Place())) == list("xabcdef")


def test_a_step_moves_with_what_it_holds():
    assert ids(editing.move(a_tree(), "b", Place())) == list("bcdeaf")
    assert ids(editing.move(a_tree(), "a", Place("b", "no", 1))) == list("bcdaef")
    assert ids(editing.move(a_tree(), "a", Place("", "", 2))) == list("bcdeaf")


def test_a_step_does_not_go_into_itself():
    with pytest.raises(Invalid, match="into itself"):
        editing.move(a_tree(), "b", Place("b", "yes", 0))


def test_a_place_that_there_is_not_is_refused():
    for place in (Place("b", "maybe", 0), Place("gone", "yes", 0), Place("a", "yes", 0)):
        with pytest.raises(Invalid):
            editing.insert(a_tree(), step("x"), place)
    for text in ("", "a.b", "a.b.c", "..-1"):
        with pytest.raises(Invalid):
            Place.read(text)


def test_paths_go_four_deep_and_no_deeper():
    steps = [asks("1", yes=[asks("2", yes=[asks("3", yes=[asks("4", yes=[step("x")])])])])]

    with pytest.raises(Invalid, match="deep"):
        editing.insert(steps, asks("5"), Place("4", "yes", 0))
    assert "y" in ids(editing.insert(steps, step("y"), Place("4", "no", 0)))


def test_a_sequence_has_at_most_fifty_steps():
    steps = [step(str(n)) for n in range(50)]

    with pytest.raises(Invalid, match="at most 50"):
        editing.duplicate(steps, "3")


def test_a_copy_refers_to_what_it_holds_itself():
    held = [step("call", "todo"), step("until", "wait_until", until="todo", step="call")]
    steps = [splits("s", held, [step("other")])]

    found, made = editing.duplicate(steps, "s")

    copied = next(one.step for one in editing.walk(found) if one.step["id"] == made)
    call, until = copied["ways"][0]["steps"]
    assert until["step"] == call["id"] != "call"
    assert {way["id"] for way in copied["ways"]}.isdisjoint({"sw0", "sw1"})


def test_keys_take_a_step_up_down_and_into_ways():
    tree = a_tree()

    def pressed(name, to):
        return str(editing.neighbour(tree, name, to) or "")

    assert pressed("a", "down") == "..2"
    assert pressed("a", "up") == ""
    assert pressed("c", "up") == "..1"  # out of its way
    assert pressed("e", "down") == "..2"
    assert pressed("c", "right") == "b.no.0"
    assert pressed("e", "left") == "b.yes.1"
    assert pressed("f", "right") == "b.yes.1"  # into the step before it


def test_behind_a_condition_whose_ways_both_end_nobody_goes_on():
    assert editing.leaves(asks("b", yes=[step("x", "end")], no=[step("y", "goal")]))
    assert not editing.leaves(asks("b", yes=[step("x", "end")]))


names = iter(range(10**9))
plain = st.builds(lambda kind: step(f"s{next(names)}", kind), st.sampled_from(KINDS))
trees = st.lists(
    st.recursive(
        plain,
        lambda some: st.one_of(
            st.builds(lambda y, n: asks(f"s{next(names)}", y, n), st.lists(some, max_size=2), st.lists(some, max_size=2)),
            st.builds(lambda y, n: splits(f"s{next(names)}", y, n), st.lists(some, max_size=2), st.lists(some, max_size=2)),
        ),
        max_leaves=8,
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip
moves = st.lists(
    st.tuples(
        st.sampled_from(["insert", "move", "remove", "copy", "up", "down", "left", "right"]),
        st.integers(0, 60),
        st.integers(0, 60),
    ),
    max_size=8,
)


def places(steps):
    found = [Place("", "", at) for at in range(len(steps) + 1)]
    for one in editing.walk(steps):
        for way, some in editing.ways(one.step):
            found += [Place(one.step["id"], way, at) for at in range(len(some) + 1)]
    return found


def deepest(steps):
    return max((one.depth for one in editing.walk(steps)), default=0)


def edited(steps, kind, n, m):
    """The tree after one edit, and which ids it should then hold."""
    before = ids(steps)
    here = before[n % len(before)]
    spots = places(steps)
    if kind == "insert":
        made = step(f"s{next(names)}")
        return editing.insert(steps, made, spots[m % len(spots)]), {*before, made["id"]}
    if kind == "remove":
        gone = editing.within([editing.locate(steps, here).step])
        return editing.remove(steps, here), set(before) - gone
    if kind == "copy":
        found, _made = editing.duplicate(steps, here)
        return found, set(ids(found)) if set(before) < set(ids(found)) else None
    spot = spots[m % len(spots)] if kind == "move" else editing.neighbour(steps, here, kind)
    return (editing.move(steps, here, spot), set(before)) if spot else (steps, set(before))


@given(trees, moves)
def test_whatever_is_edited_ids_stay_unique_and_nothing_is_lost(steps, way):
    for kind, n, m in way:
        if not steps:
            break
        was = copy.deepcopy(steps)
        try:
            found, expected = edited(steps, kind, n, m)
        except Invalid:
            assert steps == was
            continue
        assert steps == was, "an edit changed the tree that it was given"
        assert len(ids(found)) == len(set(ids(found)))
        assert set(ids(found)) == expected
        assert deepest(found) <= max(deepest(was), rules.MOST_DEEP)
        steps = found
