"""The block document: what is refused, what is missing, what changed."""

import pytest

from leadflow.blocks import documents, schema
from leadflow.blocks.schema import BlockSet, BlockType, Prop, PropKind

ASK = BlockType(
    "ask",
    "Question",
    "text",
    "q",
    props=(
        Prop("label", "Label", required=True, max_length=20),
        Prop("name", "Name", PropKind.NAME, required=True),
        Prop("is_required", "Required", PropKind.BOOL, False),
    ),
)
HEAD = BlockType("head", "Heading", "heading", "p", props=(Prop("text", "Text"),), once=True)
SET = BlockSet(
    "test",
    "Test",
    groups=(("q", "Questions"), ("p", "Page")),
    types=(ASK, HEAD),
    settings=(Prop("title", "Title"), Prop("next", "Next", PropKind.URL)),
)


def document(*rows, **settings):
    content = documents.empty(**settings)
    content["pages"][0]["blocks"] = list(rows)
    return content


def ask(block_id="b1", **props):
    return documents.block(ASK, block_id, **({"label": "Your name", "name": "name"} | props))


def paths(problems):
    return [problem.path for problem in problems]


def test_an_empty_document_is_well_formed():
    assert documents.shape_problems(documents.empty(), SET) == []


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        ([], ""),
        ({"version": 9, "pages": [], "settings": {}}, "version"),
        ({"version": 1, "pages": [], "settings": {}}, "pages"),
        ({"version": 1, "pages": [{"id": "p", "blocks": 1}], "settings": {}}, "pages[0]"),
        ({**documents.empty(), "extra": 1}, "extra"),
        ({**documents.empty(), "settings": {"nope": 1}}, "settings.nope"),
    ],
)
def test_a_document_of_the_wrong_shape_is_refused_with_the_place(broken, path):
    assert paths(documents.shape_problems(broken, SET)) == [path]


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ("text", "pages[0].blocks[0]"),
        ({"id": "b1", "type": "nope", "props": {}}, "pages[0].blocks[0].type"),
        ({"id": "<x>", "type": "ask", "props": {}}, "pages[0].blocks[0].id"),
        ({"id": "b1", "type": "ask", "props": {"evil": 1}}, "pages[0].blocks[0].props.evil"),
        (ask(label=7), "pages[0].blocks[0].props.label"),
        (ask(label="x" * 21), "pages[0].blocks[0].props.label"),
        (ask(name="Bad Name"), "pages[0].blocks[0].props.name"),
        (ask(is_required="yes"), "pages[0].blocks[0].props.is_required"),
    ],
)
def test_a_block_that_does_not_fit_its_type_is_refused_with_the_place(block, path):
    assert paths(documents.shape_problems(document(block), SET)) == [path]


def test_two_blocks_may_not_share_an_id():
    problems = documents.shape_problems(document(ask("b1"), ask("b1")), SET)

    assert [problem.block for problem in problems] == ["b1"]


def test_a_half_done_block_is_a_draft_but_not_publishable():
    content = document(ask(label=""))

    assert documents.shape_problems(content, SET) == []
    assert paths(documents.publish_problems(content, SET)) == ["pages[0].blocks[0].props.label"]


def test_a_name_used_twice_cannot_be_published():
    problems = documents.publish_problems(document(ask("b1"), ask("b2")), SET)

    assert [problem.block for problem in problems] == ["b2"]


def test_a_block_that_is_possible_once_is_refused_the_second_time():
    content = document(documents.block(HEAD, "h1"), documents.block(HEAD, "h2"))

    assert [problem.block for problem in documents.publish_problems(content, SET)] == ["h2"]


def test_normalising_fills_in_what_a_block_leaves_out():
    content = document({"id": "b1", "type": "ask", "props": {"label": "A"}})

    whole = documents.normalised(content, SET)

    assert whole["pages"][0]["blocks"][0]["props"] == {
        "label": "A",
        "name": "",
        "is_required": False,
    }


@pytest.mark.parametrize(
    "value",
    ["javascript:alert(1)", "//evil.example", "ftp://x.example", "https://a@b.example", "https://"],
)
def test_only_web_addresses_are_taken_as_links(value):
    assert paths(documents.shape_problems(document(next=value), SET)) == ["settings.next"]


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("https://www.example.com", True),
        ("http://localhost:8080", True),
        ("https://example.com/", False),
        ("https://example.com/a", False),
        ("https://example.com; script-src *", False),
        ("https://*.example.com", False),
        ("null", False),
    ],
)
def test_an_origin_is_a_scheme_and_a_host_and_nothing_more(value, is_one):
    assert schema.is_origin(value) is is_one


def test_a_diff_names_what_was_added_removed_changed_and_moved():
    old = document(ask("a"), ask("b"), ask("c"), ask("d"))
    new = document(ask("c"), ask("a"), ask("b", label="New"), ask("e"), title="T")

    found = {(change.what, change.block) for change in documents.diff(old, new)}

    assert found == {
        ("removed", "d"),
        ("moved", "c"),
        ("changed", "b"),
        ("added", "e"),
        ("settings", ""),
    }


def test_a_set_tells_the_editor_its_palette_and_every_property():
    told = SET.as_json()

    assert [row["key"] for row in told["palette"]] == ["ask", "head"]
    assert told["types"]["ask"]["defaults"] == {"label": "", "name": "", "is_required": False}


def test_what_was_not_there_yet_is_no_change_to_nothing():
    old = documents.empty(title="A")
    new = documents.empty(title="A", hint="", rows=[], is_on=False, most=0)

    [change] = documents.diff(old, new)

    assert change.props == ("most",)
