"""The way through a form: pages, jumps, endings and values by rule, alike in browser and server."""

import json
import random
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.blocks import FORM_BLOCKS, path
from capture.blocks.asking import logic_field, questions
from capture.blocks.starts import block
from capture.models import Submission
from leadflow.blocks import documents
from tests.factories.capture import pages_of, published_pages, token_of

pytestmark = pytest.mark.django_db


def rule(field, op="is", value=True):
    return {"all": [{"field": field, "op": op, "value": value}]}


def line(name, **props):
    return block("short_text", label=name, name=name, **props)


@pytest.fixture
def branching(db):
    """Has a CRM? Then which one on page 2; a small budget ends the form; page 3 asks who it is."""
    return published_pages(
        (
            {"jumps": [{"to": "end", "when": rule("budget", "less_than", 100)}]},
            [block("yes_no", label="CRM?", name="has_crm"), block("money", label="B", name="budget")],
        ),
        ({"show_when": rule("has_crm")}, [line("crm", is_required=True)]),
        [block("email"), block("hidden", label="Size", name="size", value="small",
                               cases=[{"value": "large", "when": rule("budget", "at_least", 5000)}])],
        endings=[{"title": "Too small", "text": "Read on.", "when": rule("budget", "less_than", 100)}],
    )  # fmt: skip


def send(client, form, **body):
    body = json.dumps(body | {"token": token_of(form)})
    return client.post(form.public_path, body, content_type="application/json")


def test_a_page_whose_rule_does_not_hold_asks_nothing(client, branching):
    told = send(client, branching, has_crm="no", budget=500, email="ada@north.example")

    assert told.status_code == 200
    assert Submission.objects.get().answers == {
        "has_crm": False, "budget": 500, "email": "ada@north.example", "size": "small",
    }  # fmt: skip


def test_a_page_whose_rule_holds_must_be_answered(client, branching):
    told = send(client, branching, has_crm="yes", budget=500, email="ada@north.example")

    assert list(told.json()["errors"]) == ["crm"]


def test_a_jump_to_the_end_asks_no_more_and_leads_to_its_ending(client, branching):
    told = send(client, branching, has_crm="no", budget=99)

    assert told.json()["thanks"] == {"title": "Too small", "text": "Read on."}
    assert Submission.objects.get().answers["budget"] == 99


def test_a_value_is_set_by_the_first_rule_that_holds(client, branching):
    send(client, branching, has_crm="no", budget=5000, email="a@north.example", size="forged")

    assert Submission.objects.get().answers["size"] == "large"


def test_a_forged_path_is_refused_by_name_and_keeps_nothing(client, branching):
    told = send(client, branching, has_crm="no", budget=99, email="ada@north.example")

    assert told.status_code == 400
    assert "was not asked" in told.json()["errors"]["email"][0]
    assert not Submission.objects.exists()


def test_a_forged_path_is_refused_by_the_api_too(client, branching):
    found = client.post(
        f"/api/v1/forms/{branching.public_id}/submissions",
        {"has_crm": False, "budget": 500, "crm": "Own", "email": "ada@north.example"},
        content_type="application/json",
    )

    assert found.status_code == 400
    assert list(found.json()["errors"]) == ["crm"]


def test_a_question_is_required_only_when_its_rule_says_so(client, db):
    form = published_pages(
        [block("yes_no", label="Call?", name="call"), line("why", require_when=rule("call"))]
    )

    assert list(send(client, form, call="yes").json()["errors"]) == ["why"]
    assert send(client, form, call="no").status_code == 200


def test_a_rule_may_ask_what_the_link_carries(client, db):
    form = published_pages(
        [
            block("url_param", label="Ref", name="ref", param="ref"),
            line("code", is_required=True, show_when=rule("ref", value="partner")),
            line("who"),
        ]
    )
    body = json.dumps({"who": "Ada", "token": token_of(form)})

    partner = client.post(f"{form.public_path}?ref=Partner", body, content_type="application/json")

    assert list(partner.json()["errors"]) == ["code"]
    assert client.post(form.public_path, body, content_type="application/json").status_code == 200


@pytest.mark.parametrize(
    ("pages", "more", "where"),
    [
        ([({"jumps": [{"to": "p1", "when": rule("a", "is_set", None)}]}, [line("a")]), [line("b")]], {}, "jumps"),
        ([({"jumps": [{"to": "end", "when": None}]}, [line("a")]), [line("b")]], {}, "jumps"),
        ([({"show_when": rule("b", value="x")}, [line("a")]), [line("b")]], {}, "show_when"),
        ([[line("a", require_when=rule("b", value="x"))], [line("b")]], {}, "require_when"),
        ([[line("a")]], {"endings": [{"title": "Bye", "when": None}]}, "endings"),
        ([[line("a")]], {"endings": [{"text": "x", "when": rule("a", value="x")}]}, "endings"),
    ],
)  # fmt: skip
def test_a_way_that_makes_no_sense_cannot_be_published(pages, more, where):
    problems = documents.publish_problems(pages_of(*pages, **more), FORM_BLOCKS)

    assert {one.path.rpartition(".")[2] for one in problems} == {where}


# --- without script: the server shows one page after another -----------------------------------------


def go(client, form, page, body, button="next"):
    sent = body | {"token": token_of(form), "lf_at": page, "lf_go": button}
    return client.post(form.public_path, sent)


def shown_page(response):
    """The page that is neither hidden nor disabled."""
    pages = response.text.split('<fieldset class="lf-page" data-page="')[1:]
    return [part[:2] for part in pages if not part[3:].startswith(" hidden")]


def test_without_script_the_first_page_is_shown_and_the_others_send_nothing(client, branching):
    page = client.get(branching.public_path)

    assert shown_page(page) == ["p1"]
    assert page.text.count(" hidden disabled>") == 2
    assert "Step 1 of" not in page.text
    assert "Continue" in page.text


def test_without_script_each_page_follows_from_the_answers(client, branching):
    second = go(client, branching, "p1", {"has_crm": "yes", "budget": "500"})
    third = go(client, branching, "p2", {"has_crm": "yes", "budget": "500", "crm": "Own"})

    assert (shown_page(second), shown_page(third)) == (["p2"], ["p3"])
    assert "Step 3 of 3" in third.text
    assert 'value="Own"' in third.text


def test_without_script_back_shows_the_page_before_with_its_answers(client, branching):
    back = go(client, branching, "p3", {"has_crm": "no", "budget": "500"}, "back")

    assert shown_page(back) == ["p1"]
    assert 'value="500"' in back.text
    assert "Fill this in" not in back.text


def test_without_script_an_error_keeps_the_visitor_on_its_page(client, branching):
    wrong = go(client, branching, "p2", {"has_crm": "yes", "budget": "500", "crm": ""})

    assert wrong.status_code == 400
    assert shown_page(wrong) == ["p2"]
    assert wrong.text.count("Fill this in") == 1


def test_without_script_the_last_page_sends_what_lies_on_the_way(client, branching):
    sent = {"has_crm": "no", "budget": "500", "email": "ada@north.example", "crm": "left over"}

    done = go(client, branching, "p3", sent)

    assert done.headers["Location"] == f"{branching.public_path}thanks/"
    assert "crm" not in Submission.objects.get().answers


def test_without_script_an_ending_has_its_own_page(client, branching):
    done = go(client, branching, "p1", {"has_crm": "no", "budget": "50"})

    assert "Too small" in client.get(done.headers["Location"]).text


# --- browser and server -----------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TWO = [{"value": "a", "label": "A", "points": 2}, {"value": "b", "label": "B", "points": 5}]
ASKING = {
    "t": ({"label": "t"}, "short_text", [None, "", "x", "Yes", "ß"]),
    "n": ({"label": "n"}, "number", [None, 0, 1, 2.5, -3]),
    "c": ({"label": "c", "options": TWO, "has_points": True}, "dropdown", [None, "a", "b"]),
    "m": ({"label": "m", "options": TWO, "is_multiple": True}, "choice", [None, [], ["a"], ["a", "b"]]),
    "y": ({"label": "y"}, "yes_no", [None, True, False]),
    "d": ({"label": "d"}, "date", [None, "2026-11-21", "2026-12-01"]),
    "r": ({"label": "r"}, "rating", [None, 1, 5]),
    "u": ({"label": "u", "param": "u"}, "url_param", [None, "x"]),
    "k": ({"label": "k", "formula": "if(n > 1, points(c), 1 / n)", "decimals": "2"}, "calculation", [None]),
    "w": ({"label": "w", "formula": 't & "!"', "gives": "text"}, "calculation", [None]),
    "h": ({"label": "h", "value": "low"}, "hidden", [None]),
}  # fmt: skip
SET = {
    "t": ["yes", " two  words "], "n": ["1", "2.5"], "c": ["a", "b"], "m": [["b", "a"], "a"],
    "y": ["yes", "no"], "d": ["2026-11-21", "2026-12-01"], "r": ["1", "5"],
}  # fmt: skip
TESTS = [
    {"field": "t", "op": "is", "value": "yes"}, {"field": "t", "op": "is_not_set"},
    {"field": "n", "op": "at_least", "value": 1}, {"field": "n", "op": "is_not", "value": 0},
    {"field": "c", "op": "is_any_of", "value": ["a"]}, {"field": "m", "op": "has_none_of", "value": ["b"]},
    {"field": "y", "op": "is", "value": True}, {"field": "d", "op": "before", "value": "2026-11-22"},
    {"field": "d", "op": "within_next", "value": 30}, {"field": "r", "op": "between", "value": [2, 5]},
    {"field": "u", "op": "is_set"}, {"field": "k", "op": "more_than", "value": 1},
    {"field": "w", "op": "contains", "value": "X!"}, {"field": "h", "op": "is", "value": "high"},
]  # fmt: skip


def any_rule(dice, depth=1):
    mode = dice.choice(["all", "any", "none"])
    count = dice.randint(1, 3)
    deeper = depth < 3 and dice.random() < 0.3
    more = [any_rule(dice, depth + 1)] if deeper else []
    return {mode: [*dice.sample(TESTS, count), *more]}


def maybe(dice):
    return any_rule(dice) if dice.random() < 0.4 else None


def any_block(dice, name):
    props, kind, _values = ASKING[name]
    more = {}
    if kind == "hidden":
        more = {"cases": [{"value": "high", "when": any_rule(dice)}]}
    elif kind == "calculation":
        more = {"show_when": maybe(dice)}
    elif kind != "url_param":
        more = {key: maybe(dice) for key in ("show_when", "require_when")}
        more["is_required"] = dice.random() < 0.3
        more["sets"] = [
            {"value": dice.choice(SET[name]), "when": any_rule(dice)}
            for _one in range(dice.randint(0, 2))
        ]
    return block(kind, name=name, **props | more) | {"id": f"b{name}"}


def any_form(dice):
    names = dice.sample(sorted(ASKING), len(ASKING))
    low, high = sorted(dice.sample(range(1, len(names)), 2))
    pages = []
    for place, part in enumerate((names[:low], names[low:high], names[high:])):
        to = [*(f"p{n}" for n in range(place + 2, 4)), "end"]
        jumps = [
            {"to": dice.choice(to), "when": any_rule(dice)} for _one in range(dice.randint(0, 2))
        ]
        pages.append(
            ({"show_when": maybe(dice), "jumps": jumps}, [any_block(dice, one) for one in part])
        )
    endings = [{"title": "One", "when": any_rule(dice)}, {"title": "Two", "when": any_rule(dice)}]
    return pages_of(*pages, endings=endings)


def any_answers(dice):
    return {name: dice.choice(values) for name, (_props, _kind, values) in ASKING.items()}


RUN = """
const { walk } = await import(process.argv[1]);
let text = "";
for await (const part of process.stdin) text += part;
console.log(JSON.stringify(JSON.parse(text).map(({ plan, given }) => {
  const way = walk(plan, given);
  return { ...way, shown: [...way.shown].sort(), required: [...way.required].sort(), record: undefined };
})));
"""


def in_the_browser(cases):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    done = subprocess.run(
        [node, "--input-type=module", "-e", RUN, "--", (ROOT / "static/js/path.js").as_uri()],
        input=json.dumps(cases), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def told_to_the_browser(content):
    fields = [logic_field(one) for one in questions(content)]
    return path.plan_json(path.plan_of(content)) | {
        "fields": {
            one.key: {"type": one.type.value, "choices": [key for key, _label in one.choices]}
            for one in fields
        },
        "today": NOW.date().isoformat(),
        "at": NOW.isoformat(),
    }


def on_the_server(content, answers):
    way = path.walk(path.plan_of(content), answers, at=NOW)
    return {
        "pages": way.pages, "shown": sorted(way.shown), "required": sorted(way.required),
        "values": way.values, "ending": way.ending,
    }  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32))
def test_browser_and_server_walk_the_same_way_through_any_form(seed):
    dice = random.Random(seed)
    pairs = [(any_form(dice), any_answers(dice)) for _one in range(60)]
    cases = [{"plan": told_to_the_browser(content), "given": answers} for content, answers in pairs]

    for (content, answers), found in zip(pairs, in_the_browser(cases), strict=True):
        assert found == on_the_server(content, answers)
