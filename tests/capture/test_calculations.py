"""What a form works out: the server's value counts, never the visitor's; what is missing is no answer."""

import pytest

from capture.blocks import check_form
from capture.blocks.starts import STARTS, block
from capture.models import Submission
from capture.services import forms
from leadflow.kit import clock
from leadflow.models import CustomField, Lead, LeadAnswer
from tests.factories.capture import contact_body, content_of, published_form

pytestmark = pytest.mark.django_db
SIZES = [
    {"value": "s", "label": "Small", "points": 1},
    {"value": "l", "label": "Large", "points": 5},
]


def calculator(*more, **props):
    seats = block("number", label="Seats", name="seats")
    total = block(
        "calculation", label="Total", name="total", **({"formula": "seats * 9.5"} | props)
    )
    return published_form(block("email"), seats, total, *more)


def sent(client, form, **answers):
    body = {key: contact_body(form)[key] for key in ("email", "token", "client_id")} | answers
    response = client.post(form.public_path, body, content_type="application/json")
    assert response.status_code == 200, response.content
    return Submission.objects.get().answers


def test_a_calculation_is_worked_out_and_kept_as_a_typed_answer(client):
    answers = sent(client, calculator(decimals="2"), seats="3")

    assert answers["total"] == 28.5
    assert LeadAnswer.objects.get(key="total").value == 28.5


def test_abuse_A03_a_posted_result_is_not_believed(client):
    assert sent(client, calculator(), seats="2", total="1000000")["total"] == 19


def test_without_what_it_needs_a_calculation_is_no_answer(client):
    assert "total" not in sent(client, calculator())


def test_a_calculation_that_divides_by_zero_is_no_answer(client):
    assert "total" not in sent(client, calculator(formula="1 / seats"), seats="0")


def test_a_hidden_calculation_is_not_stored(client):
    hidden = {"all": [{"field": "seats", "op": "more_than", "value": 100}]}

    assert "total" not in sent(client, calculator(show_when=hidden), seats="2")


def test_an_assessment_adds_the_points_of_the_answers(client):
    form = published_form(
        block("email"),
        block("dropdown", label="Size", name="size", options=SIZES, has_points=True),
        block("calculation", label="Score", name="score", formula="points(size) * 2"),
    )

    assert sent(client, form, size="l")["score"] == 10


def test_a_question_below_may_ask_about_a_result(client):
    rule = {"all": [{"field": "total", "op": "more_than", "value": 50}]}
    more = block("short_text", label="Who decides?", name="who", show_when=rule, is_required=True)
    form = calculator(more)

    assert "who" not in sent(client, form, seats="1")


def test_a_result_can_fill_a_field_of_the_lead(client):
    CustomField.objects.create(subject="lead", key="deal_size", label="Deal size", type="number")
    form = calculator(save_to="custom.deal_size")

    sent(client, form, seats="4")

    assert Lead.objects.get().custom["deal_size"] == 38


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("later * 2", "No question or calculation above is called later."),
        ("seats *", "The formula ends too early: something is missing."),
        ("seats ; 2", "“;” has no meaning in a formula (character 7)."),
        ("round()", "round() has too few or too many values."),
        ("seats seats", "“seats” cannot stand here (character 7)."),
    ],
)
def test_a_formula_that_cannot_be_read_is_told_before_publishing(formula, said):
    content = content_of(
        block("number", label="Seats", name="seats"),
        block("calculation", label="Total", name="total", formula=formula),
        block("number", label="Later", name="later"),
    )

    assert [str(one.message) for one in check_form(content)] == [said]


def test_a_text_that_names_nothing_above_is_told_before_publishing():
    content = content_of(
        block("result", text="You save {total}."), block("number", label="Seats", name="seats")
    )

    assert [str(one.message) for one in check_form(content)] == [
        "No question or calculation above is called total."
    ]


def test_the_words_of_a_result_are_escaped_and_its_places_left_open(client):
    form = calculator(block("result", text="<b>Total</b>: {total} €"))

    page = client.get(form.public_path).text

    assert "&lt;b&gt;Total&lt;/b&gt;: <output" in page
    assert 'data-value="total"' in page


def test_the_calculator_to_start_from_can_be_published(client):
    form = forms.create(name="Cost", by=None, start="calculator")
    forms.publish(form=form, by=None)

    answers = sent(client, form, people="4", hours="5", consent=True)

    assert (answers["cost"], answers["verdict"]) == (41_400, "large")
    assert "calculator" in STARTS
    assert Submission.objects.get().received_at <= clock.now()
