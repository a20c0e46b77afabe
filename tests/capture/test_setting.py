"""Values that a rule gives to a question: kept where the visitor gave no answer, or was not asked."""

import json

import pytest

from capture.blocks import FORM_BLOCKS
from capture.blocks.asking import Question
from capture.blocks.setting import value_of
from capture.blocks.starts import block
from capture.models import Submission
from leadflow.blocks import documents
from leadflow.models import Lead
from tests.factories.capture import pages_of, published_pages, token_of

pytestmark = pytest.mark.django_db

SIZES = [
    {"value": "s", "label": "Small", "points": 1},
    {"value": "l", "label": "Large", "points": 9},
]


def rule(field, op="is", value=True):
    return {"all": [{"field": field, "op": op, "value": value}]}


def line(name, **props):
    return block("short_text", label=name, name=name, **props)


def set_to(value, when):
    return {"value": value, "when": when}


@pytest.fixture
def form(db):
    """Alone? Then the size is small; a company says it on page 2."""
    return published_pages(
        [
            block("yes_no", label="Alone?", name="alone"),
            block(
                "dropdown", label="Size", name="size", options=SIZES, is_required=True,
                has_points=True, show_when=rule("alone", value=False),
                sets=[set_to("s", rule("alone"))],
            ),
            line("job", save_to="job_title", sets=[
                set_to("Buyer", rule("size", value="l")), set_to("Founder", rule("alone")),
            ]),
            block("calculation", label="P", name="p", formula="points(size)"),
        ],
        (
            {"show_when": rule("alone", value=False)},
            [block("number", label="Seats", name="seats", sets=[set_to("1", rule("alone"))])],
        ),
        [block("email")],
    )  # fmt: skip


def send(client, form, **body):
    body = json.dumps(body | {"token": token_of(form)})
    return client.post(form.public_path, body, content_type="application/json")


def kept():
    return Submission.objects.get().answers


def test_a_hidden_question_is_answered_by_its_rule(client, form):
    told = send(client, form, alone="yes", email="ada@north.example")

    assert told.status_code == 200
    assert kept()["size"] == "s"


def test_a_blank_answer_is_filled_and_a_given_one_stays(client, form):
    send(client, form, alone="yes", job=" ", email="ada@north.example")
    assert kept()["job"] == "Founder"

    Submission.objects.all().delete()
    send(client, form, alone="yes", job="Sailor", email="bo@north.example")
    assert kept()["job"] == "Sailor"


def test_the_first_rule_that_holds_counts(client, form):
    send(client, form, alone="no", size="l", email="ada@north.example")

    assert kept()["job"] == "Buyer"


def test_what_is_set_is_worked_with_and_fills_the_lead(client, form, drain_events):
    send(client, form, alone="yes", email="ada@north.example")
    drain_events()

    assert kept()["p"] == 1
    assert Lead.objects.get(email="ada@north.example").job_title == "Founder"


def test_a_page_that_is_passed_over_is_answered_by_its_rule_and_still_takes_no_answer(client, form):
    forged = send(client, form, alone="yes", seats=50, email="ada@north.example")

    assert list(forged.json()["errors"]) == ["seats"]
    send(client, form, alone="yes", email="ada@north.example")
    assert kept()["seats"] == 1


def test_a_forged_answer_to_a_hidden_question_gives_way_to_the_rule(client, form):
    send(client, form, alone="yes", size="l", email="ada@north.example")

    assert kept()["size"] == "s"


def test_where_no_rule_holds_a_required_question_is_required(client, form):
    told = send(client, form, alone="no", email="ada@north.example")

    assert list(told.json()["errors"]) == ["size"]


def test_what_a_rule_fills_is_required_of_nobody(client, db):
    form = published_pages(
        [block("yes_no", label="Y", name="y"), line("why", is_required=True, sets=[set_to("Yes", rule("y"))])]
    )  # fmt: skip

    assert send(client, form, y="yes").status_code == 200
    assert kept()["why"] == "Yes"
    assert list(send(client, form, y="no").json()["errors"]) == ["why"]


def test_without_script_it_is_set_as_well(client, form):
    sent = {"alone": "yes", "email": "ada@north.example", "token": token_of(form), "lf_at": "p3"}

    client.post(form.public_path, sent | {"lf_go": "next"})

    assert (kept()["size"], kept()["job"], kept()["seats"]) == ("s", "Founder", 1)


def asked(kind, **props):
    made = block(kind, label="Q", name="q", **props)
    return Question(made["id"], kind, "q", "Q", made["props"])


@pytest.mark.parametrize(
    ("kind", "props", "told", "value"),
    [
        ("short_text", {}, " Two\nlines ", "Two lines"),
        ("short_text", {}, "  ", None),
        ("short_text", {"save_to": "country"}, "Germany", None),
        ("long_text", {}, "Two\r\nlines", "Two\nlines"),
        ("number", {}, "2.50", 2.5),
        ("number", {}, "3", 3),
        ("number", {}, "1e400", None),
        ("number", {}, "NaN", None),
        ("number", {}, "1.23456789", None),
        ("number", {"at_least": 5}, "4", None),
        ("number", {"at_most": 5}, "6", None),
        ("money", {}, "9.99", 9.99),
        ("money", {}, "9.999", None),
        ("date", {}, "2026-12-01", "2026-12-01"),
        ("date", {}, "2026-02-30", None),
        ("date", {}, "soon", None),
        ("dropdown", {"options": SIZES}, "l", "l"),
        ("dropdown", {"options": SIZES}, "xl", None),
        ("choice", {"options": SIZES}, "s", "s"),
        ("choice", {"options": SIZES, "is_multiple": True}, ["l", "s"], ["s", "l"]),
        ("choice", {"options": SIZES, "is_multiple": True}, "l", ["l"]),
        ("choice", {"options": SIZES, "is_multiple": True}, ["l", "xl"], None),
        ("choice", {"options": SIZES, "is_multiple": True}, [], None),
        ("choice", {"options": SIZES}, ["s", "l"], None),
        ("yes_no", {}, "yes", True),
        ("yes_no", {}, "no", False),
        ("yes_no", {}, "maybe", None),
        ("rating", {"stars": "5"}, "5", 5),
        ("rating", {"stars": "5"}, "6", None),
        ("scale", {"lowest": "0", "highest": "10"}, "0", 0),
        ("scale", {"lowest": "1", "highest": "10"}, "0", None),
    ],
)
def test_a_value_is_kept_as_the_visitors_own_answer_would_be(kind, props, told, value):
    found = value_of(asked(kind, **props), told)

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("block_of", "why"),
    [
        (line("b", sets=[set_to("x", None)]), "Add a rule"),
        (line("b", sets=[set_to("x", rule("later", value="x"))]), "later"),
        (line("b", sets=[set_to("", rule("a", value="x"))]), "an answer that this question takes"),
        (block("number", label="b", name="b", sets=[set_to("x", rule("a", value="x"))]), "takes"),
    ],
)
def test_a_value_that_the_question_could_not_take_is_not_published(block_of, why):
    problems = documents.publish_problems(
        pages_of([line("a"), block_of, line("later")]), FORM_BLOCKS
    )

    assert [one.block for one in problems] == [block_of["id"]]
    assert why in problems[0].message


@pytest.mark.parametrize("kind", ["email", "phone", "consent", "file", "slots"])
def test_nobody_is_said_to_be_somebody_or_to_agree_by_a_rule(kind):
    assert FORM_BLOCKS.type(kind).prop("sets") is None


def test_a_value_may_not_lean_on_what_is_for_the_report_only():
    gated = block("calculation", label="G", name="g", formula="1", is_gated=True)
    late = line("b", sets=[set_to("x", rule("g", op="at_least", value=1))])

    problems = documents.publish_problems(pages_of([line("a"), gated, late]), FORM_BLOCKS)

    assert any("for the report only" in one.message for one in problems)


@pytest.mark.parametrize("told", [3, {"a": 1}, [1], ["x"] * 201, "x" * 301, None])
def test_a_draft_keeps_no_value_of_another_shape(told):
    content = pages_of([line("a"), line("b", sets=[set_to(told, rule("a", value="x"))])])

    assert documents.shape_problems(content, FORM_BLOCKS)
