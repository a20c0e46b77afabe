"""What a formula means, what it refuses, and that the browser works out the same."""

import json
import math
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from leadflow.formulas.computing import Given, compute, shown
from leadflow.formulas.parsing import FUNCTIONS, FormulaError, names_of, parse

ANSWERS = {
    "seats": 12, "price": 9.5, "nothing": None, "plan": "pro", "tools": ["crm", "mail"],
    "yearly": True, "start": "2026-01-05",
}  # fmt: skip
GIVEN = Given(ANSWERS, "2026-11-22", {"plan": {"pro": 5}, "tools": {"crm": 2, "mail": 1.5}})


def value(source: str):
    return compute(parse(source, ANSWERS), GIVEN)


MEANS = [
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("10 - 4 - 3", 3),
    ("-seats + 1", -11),
    ("seats * price", 114),
    ("seats / 0", None),
    ("nothing + 1", None),
    ("plan + 1", None),
    ("1e", "refused"),
    ('if(seats > 10, "big", "small")', "big"),
    ('if(seats > 100, "huge", seats > 10, "big", "small")', "big"),
    ("if(nothing > 1, 5)", None),
    ("nothing = nothing", False),
    ("not nothing > 1", True),
    ("yearly = true", True),
    ("yearly and seats >= 12", True),
    ("seats < 12 or seats <> 13", True),
    ("min(seats, nothing, 3)", 3),
    ("max(nothing)", None),
    ("sum(1, 2, nothing)", 3),
    ("average(1, 2, 6)", 3),
    ("round(2.5)", 3),
    ("round(-2.5)", -3),
    ("round(1.005, 2)", 1.01),
    ("round(2 / 3, 2)", 0.67),
    ("floor(-1.5)", -2),
    ("ceil(1.2)", 2),
    ("abs(-3)", 3),
    ("count(tools)", 2),
    ("count(nothing)", 0),
    ('has(tools, "crm")', True),
    ('has(plan, "pro")', True),
    ("answered(nothing)", False),
    ("points(plan)", 5),
    ("points(tools)", 3.5),
    ("points(nothing)", None),
    ('lookup(plan, "free", 0, "pro", 29)', 29),
    ('lookup(plan, "free", 0, 99)', 99),
    ('lookup(plan, "free", 0, "team", 9)', None),
    ("band(seats, 0, 5, 10, 4, 50, 3)", 4),
    ("band(nothing, 0, 5)", None),
    ('days(start, "2026-01-12")', 7),
    ('days(start, "2026-02-30")', None),
    ("days(start, today())", 321),
    ('start < "2026-02-01"', True),
    ('"Plan " & plan & ": " & 2.50', "Plan pro: 2.5"),
    ('nothing & ""', ""),
]


@pytest.mark.parametrize(("source", "expected"), MEANS)
def test_a_formula_means(source, expected):
    if expected == "refused":
        with pytest.raises(FormulaError):
            value(source)
    else:
        assert value(source) == expected


REFUSED = [
    ("seats +", "unfinished", 7),
    ("seats seats", "unexpected", 6),
    ("cost * 2", "unknown_name", 0),
    ("2 * (3", "unfinished", 6),
    ("round(1, 2, 3)", "arguments", 0),
    ("seats ; 1", "unknown_sign", 6),
    ('plan = "pro', "unknown_sign", 7),
    ("__import__", "unknown_name", 0),
    ("", "unfinished", 0),
    ("(" * 50 + "1" + ")" * 50, "too_deep", 40),
    ("+".join(["1"] * 300), "too_deep", 599),
    ("1" * 3_000, "too_long", 2_000),
]


@pytest.mark.parametrize(("source", "code", "at"), REFUSED)
def test_a_formula_that_cannot_be_read_says_why_and_where(source, code, at):
    with pytest.raises(FormulaError) as caught:
        parse(source, ANSWERS)

    assert (caught.value.code, caught.value.at) == (code, at)


def test_a_tree_tells_which_questions_it_asks_about():
    assert names_of(parse("if(seats > 1, price, points(plan))", ANSWERS)) == {
        "seats",
        "price",
        "plan",
    }


def test_a_tree_is_plain_json():
    tree = parse('if(seats > 1, "a", 2)', ANSWERS)

    assert json.loads(json.dumps(tree)) == tree


# --- the browser ---------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.integers(-1_000, 1_000),
    st.floats(allow_nan=False, allow_infinity=False, width=64),
    st.decimals(-1_000, 1_000, places=3).map(float),
)
LEAVES = st.one_of(
    NUMBERS.map(lambda n: f"{abs(n):.12f}".rstrip("0").rstrip(".") if abs(n) < 1e15 else "1"),
    st.sampled_from(['"pro"', '"crm"', '"2026-01-05"', '"2024-02-29"', "true", "false", *ANSWERS]),
)


def _calls(inner):
    def of(name):
        least, most = FUNCTIONS[name]
        size = st.integers(least, most if most is not None else least + 3)
        arguments = size.flatmap(lambda n: st.lists(inner, min_size=n, max_size=n))
        return arguments.map(lambda given: f"{name}({', '.join(given)})")

    return st.sampled_from(sorted(FUNCTIONS)).flatmap(of)


def _larger(inner):
    signs = st.sampled_from(["+", "-", "*", "/", "&", "=", "<", ">=", "!=", "and", "or"])
    pairs = st.tuples(inner, signs, inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
    return st.one_of(pairs, inner.map(lambda one: f"(-{one})"), _calls(inner))


FORMULAS = st.recursive(LEAVES, _larger, max_leaves=12).filter(lambda text: len(text) < 1_900)
RECORDS = st.fixed_dictionaries(
    {
        "seats": st.one_of(st.none(), NUMBERS),
        "price": st.one_of(st.none(), NUMBERS),
        "nothing": st.none(),
        "plan": st.sampled_from([None, "pro", "free", "2026-01-05"]),
        "tools": st.lists(st.sampled_from(["crm", "mail"]), unique=True, max_size=2),
        "yearly": st.sampled_from([None, True, False]),
        "start": st.sampled_from([None, "2026-01-05", "2026-02-30", "soon"]),
    }
)
RUN = """
const { compute, shown } = await import(process.argv[1]);
let text = "";
for await (const part of process.stdin) text += part;
const cases = JSON.parse(text);
console.log(JSON.stringify(cases.map(({ tree, given }) => {
  const value = compute(tree, given);
  return { value, shown: shown(value) };
})));
"""
MODULE = Path(__file__).resolve().parents[3] / "static/js/formulas.js"


def in_the_browser(cases: list[dict]) -> list[dict]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    done = subprocess.run(
        [node, "--input-type=module", "-e", RUN, "--", MODULE.as_uri()],
        input=json.dumps(cases), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, parse_int=float)  # every number of JavaScript is one


def case_of(source: str, answers: dict) -> dict:
    given = {"answers": answers, "points": dict(GIVEN.points), "today": GIVEN.today}
    return {"tree": parse(source, ANSWERS), "given": given}


def test_the_browser_agrees_on_every_example():
    sources = [source for source, expected in MEANS if expected != "refused"]

    found = in_the_browser([case_of(source, ANSWERS) for source in sources])

    for source, result in zip(sources, found, strict=True):
        assert result == {"value": value(source), "shown": shown(value(source))}, source


@settings(max_examples=12)
@for_all(st.lists(st.tuples(FORMULAS, RECORDS), min_size=40, max_size=80))
def test_the_browser_agrees_on_any_formula_and_answers(pairs):
    found = in_the_browser([case_of(source, answers) for source, answers in pairs])

    for (source, answers), result in zip(pairs, found, strict=True):
        here = compute(parse(source, ANSWERS), Given(answers, GIVEN.today, GIVEN.points))
        assert result == {"value": here, "shown": shown(here)}, (source, answers)


@for_all(FORMULAS, RECORDS)
def test_a_formula_always_ends_with_a_value_that_json_can_hold(source, answers):
    found = compute(parse(source, ANSWERS), Given(answers, GIVEN.today, GIVEN.points))

    assert not isinstance(found, float) or math.isfinite(found)
    json.dumps(found, allow_nan=False)
