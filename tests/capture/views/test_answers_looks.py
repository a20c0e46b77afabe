"""The answers of a form as chart and board, searched, thrown away and sent again."""

import json
from urllib.parse import urlencode

import pytest

from capture.blocks.starts import block
from capture.models import Magnet, Submission
from capture.selectors import all_questions, sifting, summaries
from leadflow.events.models import Event
from leadflow.mail.models import Delivery
from leadflow.models import Lead
from tests.factories.capture import published_form, token_of
from tests.factories.files import a_file

pytestmark = pytest.mark.django_db

SIZES = [{"value": "s", "label": "Small"}, {"value": "l", "label": "Large"}]
ROWS = [
    block("choice", label="Size", name="size", options=SIZES),
    block("choice", label="Uses", name="uses", options=SIZES, is_multiple=True),
    block("number", label="Seats", name="seats"),
    block("yes_no", label="New", name="is_new"),
    block("long_text", label="Why", name="why"),
    block("email"),
]
TOLD = [
    {"size": "s", "uses": ["s", "l"], "seats": "2", "is_new": "yes", "why": "Größe zählt"},
    {"size": "s", "uses": ["s"], "seats": "4", "is_new": "no"},
    {"size": "l", "seats": "12", "why": "growth"},
]


@pytest.fixture
def form(client, db):
    made = published_form(*ROWS, name="Survey")
    for number, told in enumerate(TOLD):
        body = told | {"email": f"p{number}@north.example", "website_url": ""}
        body |= {"token": token_of(made), "client_id": f"client-{number:04}"}
        sent = client.post(made.public_path, json.dumps(body), content_type="application/json")
        assert sent.status_code == 200
    return made


def test_choices_are_counted_and_numbers_measured(form, django_assert_num_queries):
    asked = all_questions(form)
    with django_assert_num_queries(2):
        found = {one.label: one for one in summaries.charts(Submission.objects.all(), asked)}

    assert [(bar.label, bar.count, bar.share) for bar in found["Size"].bars] == [
        ("Small", 2, 67),
        ("Large", 1, 33),
    ]
    assert [(bar.label, bar.count) for bar in found["Uses"].bars] == [("Small", 2), ("Large", 1)]
    assert [bar.label for bar in found["New"].bars] == ["Yes", "No"]
    assert (found["Seats"].low, found["Seats"].high, found["Seats"].median) == ("2", "12", "4")
    assert "Why" not in found


def test_the_board_has_a_column_for_each_answer(form, django_assert_num_queries):
    asked = all_questions(form)
    with django_assert_num_queries(2):
        made = summaries.board(Submission.objects.all(), asked, "size")

    assert [(column.label, column.count) for column in made.columns] == [("Small", 2), ("Large", 1)]
    other = summaries.board(Submission.objects.all(), asked, "why")
    assert [column.label for column in other.columns] == ["Processed"]


def test_each_look_opens_within_its_budget(client, max, form, django_assert_max_num_queries):
    client.force_login(max)
    for look in ("", "?look=chart", "?look=board", "?look=board&by=is_new", "?q=growth"):
        client.get(f"/forms/{form.pk}/answers/{look}")
        with django_assert_max_num_queries(16):
            page = client.get(f"/forms/{form.pk}/answers/{look}")
        assert page.status_code == 200, look


def test_words_are_found_in_answers_and_in_the_names_of_leads(form):
    Lead.objects.filter(email="p1@north.example").update(search_text="berta north")
    found = Submission.objects.all()

    assert [row.answers["seats"] for row in summaries.telling(found, "größe")] == [2]
    assert [row.answers["seats"] for row in summaries.telling(found, "Berta")] == [4]
    assert summaries.telling(found, "  ").count() == 3
    assert not summaries.telling(found, "%").exists()


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"field": "answer.size", "op": "is", "value": "s"}, {"p0", "p1"}),
        ({"field": "answer.uses", "op": "has_any_of", "value": ["l"]}, {"p0"}),
        ({"field": "answer.seats", "op": "at_least", "value": 4}, {"p1", "p2"}),
        ({"field": "answer.is_new", "op": "is", "value": False}, {"p1"}),
        ({"field": "answer.why", "op": "contains", "value": "GRÖSSE"}, set()),
        ({"field": "answer.why", "op": "contains", "value": "GROWTH"}, {"p2"}),
        ({"field": "sent.channel", "op": "is", "value": "hosted"}, {"p0", "p1", "p2"}),
        ({"field": "nothing", "op": "is_set"}, set()),
    ],
)
def test_a_rule_sifts_the_answers_in_each_look_and_in_the_export(
    client, max, form, condition, found
):
    client.force_login(max)
    asked = {"rule": json.dumps({"all": [condition]})}

    pages = [
        client.get(f"/forms/{form.pk}/answers/", asked | {"look": look}) for look in ("", "board")
    ]
    pages.append(client.get(f"/forms/{form.pk}/answers/", asked | {"look": "chart"}))
    sheet = client.post(f"/forms/{form.pk}/answers.csv?{urlencode(asked)}")

    rows = Submission.objects.all()
    told = sifting.matching(rows, form, asked["rule"])[0]
    assert {row.answers["email"].split("@")[0] for row in told} == found
    lines = sheet.getvalue().decode()
    assert {who for who in ("p0", "p1", "p2") if f"{who}@north" in lines} == found
    assert all(page.status_code == 200 and "Remove the rule" in page.text for page in pages)


def test_the_rule_builder_asks_about_every_question(client, max, form):
    client.force_login(max)

    page = client.get(f"/forms/{form.pk}/answers/rule/", {"look": "chart", "q": "x"})

    for told in ("answer.size", "answer.seats", "sent.utm_source", 'name="look" value="chart"'):
        assert told in page.text


def test_an_answer_goes_to_the_trash_and_comes_back_on_record(client, max, form):
    client.force_login(max)
    row = Submission.objects.first()

    client.post(f"{row.get_absolute_url()}trash/")
    assert Submission.objects.counted().count() == 2
    assert "1 in the trash" in client.get(f"/forms/{form.pk}/answers/").text
    client.post(f"{row.get_absolute_url()}trash/")

    row.refresh_from_db()
    assert row.state == Submission.State.PROCESSED
    kinds = Event.objects.filter(kind__startswith="submission.t").values_list("kind", flat=True)
    assert list(kinds.order_by("pk")) == ["submission.trashed", "submission.taken_back"]
    assert Lead.objects.count() == 3


def test_what_was_promised_is_sent_again_when_somebody_asks(client, max, published, drain_events):
    form = published()
    Magnet.objects.create(form=form).files.add(a_file())
    body = {"first_name": "Ada", "email": "ada@north.example", "token": token_of(form)}
    client.post(form.public_path, body | {"client_id": "client-0009", "website_url": ""})
    drain_events()
    client.force_login(max)
    row = Submission.objects.get()

    client.post(f"{row.get_absolute_url()}resend/")
    client.post(f"{row.get_absolute_url()}resend/")

    assert Delivery.objects.filter(key__startswith="promise:").count() == 3
    assert Delivery.objects.filter(by=max).count() == 2


def test_nothing_is_sent_again_where_nothing_was_promised(client, max, form):
    client.force_login(max)

    answer = client.post(f"{Submission.objects.first().get_absolute_url()}resend/")

    assert answer.status_code == 409
    assert not Delivery.objects.exists()


def test_the_board_begins_with_the_first_question_that_has_choices(client, max, form):
    client.force_login(max)

    first = client.get(f"/forms/{form.pk}/answers/?look=board").context["board"]
    state = client.get(f"/forms/{form.pk}/answers/?look=board&by=").context["board"]

    assert first.by == first.choices[1][0]
    assert (state.by, [one.label for one in state.columns]) == ("", ["Processed"])
