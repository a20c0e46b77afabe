"""The pure language: what is refused, what matches, how it is said."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from leadflow.conditions.language import explain, fields_used, matches, parse, prepared
from leadflow.errors import Invalid
from tests.leadflow.conditions.world import cases, catalogue_from, happenings, typed, vectors

DATA = vectors()
WORLD = catalogue_from(DATA)
AT = datetime.fromisoformat(DATA["at"])


def problems(document):
    with pytest.raises(Invalid) as caught:
        parse(document, WORLD)
    return dict(caught.value.fields)


def leaf(field="name", op="is", value="Ada"):
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    ("rule", "record", "events", "expected"), cases(), ids=lambda part: json.dumps(part)[:60]
)
def test_python_agrees_with_the_shared_vectors(rule, record, events, expected):
    found = matches(
        parse(rule, WORLD), typed(WORLD, record), at=AT, events=happenings(WORLD, events)
    )

    assert found is expected


@pytest.mark.parametrize(
    ("rule", "sentence"), [(c["rule"], c["say"]) for c in DATA["cases"] if "say" in c]
)
def test_a_rule_explains_itself(rule, sentence):
    assert explain(parse(rule, WORLD), WORLD) == sentence


def test_every_operator_of_every_type_stands_in_the_vectors():
    used = set()
    for case in DATA["cases"]:
        rule = parse(case["rule"], WORLD)
        stack = list(rule.items)
        while stack:
            node = stack.pop()
            stack.extend(getattr(node, "items", ()))
            if hasattr(node, "value"):
                used.add(node.op)

    assert used == {op for one in WORLD.fields.values() for op in one.operators}


def test_an_unknown_field_is_refused_by_its_path_and_name():
    assert problems({"all": [leaf(), {"any": [leaf("lead.hair")]}]}) == {
        "$.all[1].any[0]": ["There is no field “lead.hair”. Choose another."]
    }


def test_an_operator_of_another_type_is_refused():
    assert problems({"all": [leaf("size", "contains", "5")]}) == {
        "$.all[0]": ["Size cannot be compared by “contains”. Choose how to compare it."]
    }


def test_all_problems_are_told_at_once():
    found = problems({"all": [leaf("size", "is", "many"), leaf("born", "is", "2026-02-30")]})

    assert list(found) == ["$.all[0]", "$.all[1]"]


@pytest.mark.parametrize(
    "value",
    [
        leaf("size", "is", "5"),
        leaf("size", "is", True),
        leaf("size", "is", float("nan")),
        leaf("size", "is", float("inf")),
        leaf("size", "is", 10**4000),
        leaf("size", "is", 0.0000001),
        leaf("size", "between", [2, 1]),
        leaf("size", "between", [1]),
        leaf("size", "is_set", 1),
        leaf("born", "is", "22.11.2026"),
        leaf("born", "is", "0001-01-01"),
        leaf("born", "is", 20261122),
        leaf("born", "within_last", "7"),
        leaf("born", "within_last", -1),
        leaf("born", "within_last", 99_999),
        leaf("born", "within_last", True),
        leaf("seen", "between", ["2026-11-22", "2026-11-21"]),
        leaf("agreed", "is", "yes"),
        leaf("agreed", "is", None),
        leaf("country", "is", "FR"),
        leaf("country", "is_any_of", []),
        leaf("country", "is_any_of", "DE"),
        leaf("country", "is", {"a": 1}),
        leaf("topics", "has_any_of", [["roof"]]),
        leaf("source", "is", "3"),
        leaf("source", "is", 2**63),
        leaf("name", "is", ""),
        leaf("name", "is", "  "),
        leaf("name", "is", None),
        leaf("name", "is", "a\x00b"),
        leaf("name", "is", "\ud800"),
        leaf("name", "is", "x" * 501),
        leaf("name", "is_any_of", ["x"] * 101),
        leaf("name", ["is"], "x"),
        leaf(["name"], "is", "x"),
        leaf() | {"regex": "x"},
        {"event": {"kind": "page.burnt"}, "op": "never"},
        {"event": "page.viewed", "op": "never"},
        {"event": {"kind": "page.viewed"}, "op": "at_least", "count": 0},
        {"event": {"kind": "page.viewed"}, "op": "at_least", "count": 1.5},
        {"event": {"kind": "page.viewed"}, "op": "at_least", "count": 1001},
        {"event": {"kind": "page.viewed"}, "op": "at_least"},
        {"event": {"kind": "page.viewed"}, "op": "never", "days": 0},
        {"event": {"kind": "page.viewed"}, "op": "is", "count": 1},
        {"event": {"kind": "page.viewed", "where": [leaf("name")]}, "op": "never"},
        {"event": {"kind": "page.viewed", "where": {}}, "op": "never"},
        {"event": {"kind": "page.viewed", "who": []}, "op": "never"},
        {"all": []},
        {"all": [], "any": []},
        {"some": [leaf()]},
        {"all": leaf()},
        [],
        None,
        "name",
        7,
    ],
    ids=lambda part: ascii(part)[:60],
)
def test_what_does_not_fit_is_refused(value):
    assert problems({"all": [value]})


@pytest.mark.parametrize("document", [None, [], "x", 1, leaf(), {"any": []}, {"none": []}])
def test_a_document_is_a_group(document):
    assert "$" in next(iter(problems(document)))


def test_groups_nest_four_deep_and_no_deeper():
    four = {"all": [{"any": [{"none": [{"all": [leaf()]}]}]}]}

    assert parse(four, WORLD)
    assert problems({"all": [four]}) == {
        "$.all[0].all[0].any[0].none[0]": [
            "Groups may stand in one another 4 deep. Take one level out."
        ]
    }


def test_a_hundred_conditions_are_taken_and_one_more_is_refused():
    counted = {"event": {"kind": "page.viewed", "where": [leaf("path")] * 9}, "op": "never"}

    assert parse({"all": [leaf()] * 100}, WORLD)
    assert parse({"all": [counted] * 10}, WORLD)
    assert list(problems({"all": [leaf()] * 101})) == ["$"]
    assert list(problems({"all": [*[counted] * 10, leaf()]})) == ["$"]


def test_a_choice_that_is_gone_still_parses_in_a_live_rule_and_matches_nobody():
    rule = parse({"all": [leaf("country", "is", "FR")]}, WORLD, check_values=False)

    assert not matches(rule, {"country": "DE"}, at=AT)


def test_fields_used_names_fields_and_events_of_any_document():
    document = {
        "all": [
            leaf("lead.hair"),
            {"none": [leaf("size")]},
            {"event": {"kind": "page.viewed", "where": [leaf("path")]}, "op": "never"},
        ]
    }

    assert fields_used(document) == {"lead.hair", "size", "event:page.viewed", "page.viewed:path"}
    assert fields_used(["nonsense"]) == frozenset()


def test_a_day_begins_where_the_asker_is():
    rule = parse({"all": [leaf("seen", "is", "2026-10-25")]}, WORLD)
    berlin = AT.astimezone(ZoneInfo("Europe/Berlin"))  # that day has 25 hours there

    def holds(moment, at):
        return matches(rule, {"seen": datetime.fromisoformat(moment)}, at=at)

    assert holds("2026-10-25T22:59:59+00:00", berlin)
    assert not holds("2026-10-25T23:00:00+00:00", berlin)
    assert holds("2026-10-25T23:00:00+00:00", AT.astimezone(UTC))


def test_a_window_of_days_counts_24_hours_across_a_clock_change():
    rule = parse({"all": [leaf("seen", "within_last", 1)]}, WORLD)
    at = datetime(2026, 10, 25, 12, tzinfo=ZoneInfo("Europe/Berlin"))

    def holds(moment):
        return matches(rule, {"seen": datetime.fromisoformat(moment)}, at=at)

    assert holds("2026-10-24T13:00:00+02:00")
    assert not holds("2026-10-24T12:59:59+02:00")


def test_a_prepared_rule_serves_many_records():
    ready = prepared(parse({"all": [leaf()]}, WORLD), at=AT)

    assert [ready({"name": name}, lambda kind: ()) for name in ("ada", "bob")] == [True, False]
