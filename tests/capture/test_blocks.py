"""Each kind of question: what it takes, what it refuses and how it reads."""

import json

import pytest

from capture import selectors
from capture.blocks import FORM_BLOCKS
from capture.blocks.starts import block
from capture.models import Submission
from leadflow.assets.images import take_in
from leadflow.blocks import documents
from tests.factories.capture import a_picture, content_of, token_of

pytestmark = pytest.mark.django_db

SCALE = {"label": "How likely?", "name": "likely", "low_words": "No", "high_words": "Yes"}


def send(client, form, **body):
    body = json.dumps(body | {"token": token_of(form)})
    return client.post(form.public_path, body, content_type="application/json")


def answers_after(client, form, **body):
    assert send(client, form, **body).status_code == 200
    return Submission.objects.get().answers


def errors_after(client, form, **body):
    response = send(client, form, **body)
    assert response.status_code == 400
    assert not Submission.objects.exists()
    return response.json()["errors"]


@pytest.mark.parametrize(
    ("row", "given", "kept", "read"),
    [
        (block("money", label="Budget", name="a", currency="EUR"), "1250.50", 1250.5, "1,250.50 EUR"),
        (block("money", label="Budget", name="a", currency="JPY"), 9000, 9000, "9,000 JPY"),
        (block("date", label="Start", name="a"), "2026-11-22", "2026-11-22", "Nov. 22, 2026"),
        (block("rating", label="Stars", name="a"), "4", 4, "4 of 5"),
        (block("scale", **SCALE | {"name": "a"}), 0, 0, "0 of 10"),
    ],
)  # fmt: skip
def test_a_typed_answer_is_kept_typed_and_read_in_words(client, published, row, given, kept, read):
    form = published(row)

    assert answers_after(client, form, a=given) == {"a": kept}
    assert selectors.told(Submission.objects.get()) == [(row["props"]["label"], read)]


@pytest.mark.parametrize(
    ("row", "given", "message"),
    [
        (block("money", label="B", name="a", at_least=100), "99.99", "greater than or equal to 100"),
        (block("money", label="B", name="a"), "1.005", "2 decimal places"),
        (block("date", label="D", name="a"), "2026-02-30", "Enter a valid date"),
        (block("date", label="D", name="a", which="future"), "2020-01-01", "today or a later day"),
        (block("date", label="D", name="a", which="past"), "2999-01-01", "today or an earlier day"),
        (block("rating", label="R", name="a"), "6", "not one of the available choices"),
        (block("scale", **SCALE | {"name": "a", "lowest": "1"}), "0", "not one of the available"),
        (block("scale", **SCALE | {"name": "a"}), "ten", "not one of the available choices"),
    ],
)  # fmt: skip
def test_an_answer_outside_its_kind_is_refused_beside_the_field(
    client, published, row, given, message
):
    assert message in errors_after(client, published(row), a=given)["a"][0]


def test_a_rule_may_ask_about_a_day_an_amount_and_a_rating(client, published):
    rule = {
        "all": [
            {"field": "start", "op": "after", "value": "2026-06-01"},
            {"field": "budget", "op": "at_least", "value": 1000},
            {"field": "stars", "op": "more_than", "value": 3},
        ]
    }
    form = published(
        block("date", label="Start", name="start"),
        block("money", label="Budget", name="budget"),
        block("rating", label="Stars", name="stars"),
        block("short_text", label="Why?", name="why", is_required=True, show_when=rule),
    )

    assert "why" in errors_after(client, form, start="2026-07-01", budget=1000, stars=4)
    assert "why" not in answers_after(client, form, start="2026-07-01", budget=999, stars=4)


def test_words_have_marks_and_never_markup(client, published):
    form = published(
        block("text", text="**Hello** [here](https://a.example) <script>x</script> [no](javascript:x)"),
        block("short_text", label="Name", name="who"),
    )  # fmt: skip

    page = client.get(form.public_path).text

    assert "<strong>Hello</strong>" in page
    assert '<a href="https://a.example"' in page
    assert "&lt;script&gt;x" in page
    assert 'href="javascript' not in page


def test_a_picture_says_what_it_shows(client, published):
    form = published(
        block("image", url="https://pictures.example/roof.png", alt='A "flat" roof'),
        block("short_text", label="Name", name="who"),
    )

    assert 'alt="A &quot;flat&quot; roof"' in client.get(form.public_path).text


def test_a_picture_of_the_library_is_loaded_in_the_width_that_fits(client, published):
    row = take_in(a_picture(600, 400), name="roof.png", by=None)
    form = published(
        block("image", image=row.public_id, is_decoration=True),
        block("short_text", label="Name", name="who"),
    )

    page = client.get(form.public_path).text

    assert f'srcset="{row.srcset}"' in page
    assert 'alt=""' in page


@pytest.mark.parametrize(
    ("row", "where"),
    [
        (block("image", url="https://pictures.example/roof.png"), "alt"),
        (block("image", alt="A roof"), "image"),
        (block("money", label="B", name="b", currency="euro"), "currency"),
        (block("money", label="B", name="b", at_least=9, at_most=1), "at_most"),
        (block("phone", country="XX"), "country"),
    ],
)
def test_a_block_that_is_not_finished_says_where(row, where):
    problems = documents.publish_problems(content_of(block("email"), row), FORM_BLOCKS)

    assert [one.path.rpartition(".")[2] for one in problems] == [where]


def test_a_question_may_have_any_name_that_a_form_has_inside(client, published):
    names = ["plan", "content", "asked", "helper", "page", "errors", "fields", "data", "clean"]
    form = published(*[block("short_text", label=name, name=name) for name in names])

    assert answers_after(client, form, **dict.fromkeys(names, "x")) == dict.fromkeys(names, "x")


def test_every_entry_of_the_palette_says_in_a_sentence_what_it_is_for():
    told = FORM_BLOCKS.as_json()["palette"]

    assert [one["key"] for one in told if not one["about"].endswith(".")] == []
    heard = next(one for one in told if one["key"] == "heard_from")
    assert {"value": "search", "label": "A search engine"} in heard["props"]["options"]
