"""Paths, changes, mappings and presets: a body in our fields."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import Invalid
from leadflow.integrations import maps, paths
from leadflow.integrations.presets import PRESETS
from tests.leadflow.integrations.calls import mapping

BODY = {
    "email": "ada@acme.example",
    "items": [{"email": "a@x.example", "kind": "home"}, {"email": "b@x.example", "kind": "work"}],
    "deep": {"er": {"value": 0}},
    "first.name": "Ada",
    "none": None,
    "yes": True,
    "field_data": [{"name": "city", "values": ["Oslo"]}, {"name": "size", "values": [12]}],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("email", ["ada@acme.example"]),
        ("items[0].email", ["a@x.example"]),
        ("items[-1].email", ["b@x.example"]),
        ("items[].email", ["a@x.example", "b@x.example"]),
        ("items[kind=work].email", ["b@x.example"]),
        ("field_data[name=city].values[0]", ["Oslo"]),
        ("deep.er.value", [0]),
        ('["first.name"]', ["Ada"]),
        ("none", []),
        ("items[7].email", []),
        ("email.further", []),
        ("email[0]", []),
        ("nothing.at.all", []),
    ],
)
def test_a_path_leads_to_its_values_or_nowhere(path, found):
    assert paths.find(BODY, path) == found


@pytest.mark.parametrize("path", ["a[", "a]", "[=]", "a..b", ".", "a[x]", 'a["', "a" + ".b" * 30])
def test_what_is_no_path_is_refused_in_a_sentence(path):
    with pytest.raises(ValueError, match="no path"):
        paths.parse(path)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_json)
def test_each_line_of_the_tree_leads_back_to_its_value(document):
    for leaf in paths.leaves(document):
        if leaf.is_value and leaf.path and leaf.shown and '"' not in leaf.path[2:-2]:
            try:
                found = paths.find(document, leaf.path)
            except ValueError:
                continue  # a name of quotes and brackets alone: shown, and not to be chosen
            assert leaf.shown in [paths.plain(one)[:200] for one in found]


def test_the_tree_names_entries_by_what_tells_them_apart():
    shown = [leaf.path for leaf in paths.leaves(BODY)]

    assert "field_data[name=city].values[0]" in shown
    assert "items[0].email" in shown
    assert '["first.name"]' in shown


@pytest.mark.parametrize(
    ("change", "said", "meant"),
    [
        ("lower", "ADA", "ada"),
        ("title", "ADA LOVELACE", "Ada Lovelace"),
        ("title", "Ada McFly", "Ada McFly"),
        ("dmy", "5.3.2026", "2026-03-05T00:00:00+00:00"),
        ("mdy", "03/05/2026", "2026-03-05T00:00:00+00:00"),
        ("unix", "1772452800", "2026-03-02T12:00:00+00:00"),
        ("unix", "1772452800000", "2026-03-02T12:00:00+00:00"),
        ("share", "82", "0.82"),
    ],
)
def test_a_value_is_changed_on_the_way(change, said, meant):
    assert paths.CHANGES[change][1](said) == meant


@pytest.mark.parametrize("change", ["dmy", "mdy", "unix", "share"])
@pytest.mark.parametrize("said", ["soon", "99.99.9999", "nan", "1e400", "-" * 50])
def test_a_value_that_cannot_be_changed_is_told_not_guessed(change, said):
    with pytest.raises(ValueError, match="“"):
        paths.CHANGES[change][1](said)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_each_preset_reads_its_own_sample_without_a_problem(preset):
    maps.check(preset.document, preset.makes, {})

    readings = maps.read(preset.document, json.loads(json.dumps(preset.sample)), preset.makes)

    assert all(not one.problems for one in readings)
    assert readings[0].get("email") == "nora.lind@fjordroof.example"
    if preset.makes == maps.LEAD:
        assert readings[0].fields["first_name"] == "Nora"
        assert readings[0].fields["last_name"] == "Lind"


def test_a_list_of_records_is_read_one_by_one():
    [one, two] = maps.read(PRESETS["intent"].document, PRESETS["intent"].sample, "behaviour")

    assert (one.get("topic"), one.confidence, one.get("provider")) == (
        "solar roofs",
        0.82,
        "Example Intent",
    )
    assert (two.get("email"), two.get("company.domain")) == ("", "fjordroof.example")
    assert one.at == datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("makes", "document", "where"),
    [
        ("lead", mapping(first_name="a"), "__all__"),
        ("lead", mapping(email="a["), "email"),
        ("lead", mapping(email="a", colour="b"), "colour"),
        ("lead", mapping(email="a", consent="b"), "__all__"),
        ("lead", mapping("a[", email="a"), "each"),
        ("lead", {"each": "", "fields": {"email": {"from": "a", "do": "magic"}}}, "email"),
        ("behaviour", mapping(email="a"), "__all__"),
        ("behaviour", mapping(topic="a"), "__all__"),
        ("facts", mapping(city="a"), "__all__"),
    ],
)
def test_a_mapping_that_cannot_work_says_what_is_missing(makes, document, where):
    with pytest.raises(Invalid) as refusal:
        maps.check(document, makes, {})
    assert where in refusal.value.fields


def test_what_a_body_lacks_is_said_with_the_path_where_it_was_looked_for():
    [told] = maps.read(mapping(email="contact.email"), {"contact": {}}, "lead")
    assert told.problems == {"email": "Nobody is named at “contact.email”."}


def test_one_call_brings_a_hundred_records_at_most():
    body = {"all": [{"email": "a@x.example"}] * 101}
    with pytest.raises(Invalid, match="100"):
        maps.read(mapping("all[]", email="email"), body, "lead")


@pytest.mark.parametrize(
    "body",
    [b"", b"no", b'"text"', b"12", b"\xff\xfe", b'{"a": NaN}', b'{"a":"\x00"}', b"[" * 60_000],
)
def test_abuse_H08_a_body_that_is_no_object_is_refused_before_it_is_parsed_too_deep(body):
    with pytest.raises(ValueError):
        paths.read(body)


def test_brackets_inside_a_text_are_no_depth():
    assert paths.read(b'{"a": "' + b"[" * 100 + b'\\"{"}') == {"a": "[" * 100 + '"{'}
