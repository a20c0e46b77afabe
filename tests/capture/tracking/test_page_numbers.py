"""The numbers of a landing page and of each variant, and what the answers of a form were worth."""

import json
from decimal import Decimal

import pytest
from django.test import Client

from capture.models import Form, PageView
from capture.selectors.numbers import numbers_of
from leadflow.kit import clock
from leadflow.models import Lead
from pipeline.services import deals
from tests.capture.experiments.test_doors import agent_who_sees, get
from tests.capture.tracking.conftest import FIREFOX
from tests.capture.tracking.test_form_numbers import opened, sent
from tests.factories import pipeline as factory
from tests.factories.capture import (
    block,
    contact_body,
    published_form,
    published_page,
    running_test,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(db):
    return published_page()


def form_of(page):
    return Form.objects.get(public_id=page.live.content["pages"][0]["blocks"][1]["props"]["form"])


def saw(page, key, query="", **more):
    body = {"key": key, "page": f"http://testserver{page.public_path}{query}", "ref": ""} | more
    answer = Client().post(f"/p/{page.public_id}/seen/", json.dumps(body), "application/json",
                           headers={"User-Agent": FIREFOX})  # fmt: skip
    assert answer.status_code == 204


def answered(page, key, **answers):
    form = form_of(page)
    body = json.dumps(contact_body(form, client_id=key, **answers))
    answer = Client().post(f"{form.public_path}?lf_on={page.public_id}", body, "application/json")
    assert answer.status_code == 200


@pytest.fixture
def told(page):
    saw(page, "opening-0001", "?utm_source=fair")
    saw(page, "opening-0002", "?utm_source=fair")
    opened(form_of(page), "opening-0002", started=True)
    saw(page, "opening-0003")
    opened(form_of(page), "opening-0003", touched=["email"])
    answered(page, "opening-0003")
    return page


def test_a_page_counts_what_was_begun_and_sent_on_it(
    client, max, told, django_assert_max_num_queries
):
    client.force_login(max)
    client.get(f"/pages/{told.pk}/numbers/")

    with django_assert_max_num_queries(14):
        answer = client.get(f"/pages/{told.pk}/numbers/?days=30")

    whole = answer.context["numbers"].whole
    assert (whole.views, whole.starts, whole.sent) == (3, 2, 1)
    assert {(one.name, one.views) for one in answer.context["numbers"].sources} == {
        ("fair", 2), ("", 1),
    }  # fmt: skip
    assert f"/answers/?page={told.pk}&amp;days=30" in answer.text
    rows = client.get(f"/answers/?page={told.pk}&days=30").context["page"].rows
    assert [row.page_id for row in rows] == [told.pk]


def test_what_became_of_the_people_of_a_page_opens_its_rows(client, max, told):
    lead = Lead.objects.get()
    Lead.objects.update(furthest_stage="sql")
    deals.win(factory.deal(lead=lead), amount=Decimal(100), by=None)
    client.force_login(max)

    outcome = client.get(f"/dashboard/page/{told.pk}/").context["outcome"]

    assert (outcome.leads, outcome.qualified, outcome.won, outcome.revenue) == (1, 1, 1, 100)
    assert len(client.get(outcome.qualified_url).context["page"].rows) == 1


def test_a_page_that_nobody_opened_has_no_data_and_no_zero(client, max, page):
    client.force_login(max)

    text = client.get(f"/pages/{page.pk}/numbers/").text

    assert "Numbers will be here" in text
    assert "0 %" not in text


def test_variants_stand_apart_and_what_was_seen_without_a_test_does_not(client, max, page):
    saw(page, "opening-0001")
    test = running_test(page)
    agent = agent_who_sees(page.public_path, "b")
    mark = get(page.public_path, agent).partition('data-mark="')[2].partition('"')[0]
    saw(page, "opening-0002", mark=mark)
    client.force_login(max)

    numbers = client.get(f"/pages/{page.pk}/numbers/").context["numbers"]

    assert numbers.whole.views == 2
    assert [(one.variant, one.views) for one in numbers.variants] == [
        (test.variants.get(key="b").pk, 1)
    ]
    assert numbers.variants[0].name.startswith("B (")
    assert PageView.objects.exclude(variant=None).count() == 1


ROLES = [{"value": "boss", "label": "I decide"}, {"value": "staff", "label": "I advise"}]


@pytest.fixture
def asking(db):
    return published_form(
        block("email"),
        block("choice", label="Your role", name="role", options=ROLES),
        block("choice", label="Roofs", name="roofs", is_multiple=True, options=ROLES),
        block("yes_no", label="Own house", name="own"),
    )


def test_each_answer_shows_who_came_of_it_and_opens_them(client, max, asking):
    for number, role in enumerate(["boss", "boss", "staff"]):
        email = f"p{number}@north.example"
        sent(
            asking,
            f"opening-{number:04}",
            email=email,
            role=role,
            roofs=["boss", "staff"],
            own="yes",
        )
    won = Lead.objects.get(email="p0@north.example")
    Lead.objects.filter(pk=won.pk).update(furthest_stage="sql")
    deals.win(factory.deal(lead=won), amount=Decimal(100), by=None)
    client.force_login(max)

    asked = client.get(f"/dashboard/form/{asking.pk}/answers/").context["asked"]

    found = {
        one.label: [
            (row.said, row.leads, row.qualified.count, row.won, row.revenue) for row in one.answers
        ]
        for one in asked
    }
    assert found["Your role"] == [("I decide", 2, 1, 1, 100), ("I advise", 1, 0, 0, 0)]
    assert found["Roofs"] == [("I decide", 3, 1, 1, 100), ("I advise", 3, 1, 1, 100)]
    assert found["Own house"] == [("Yes", 3, 1, 1, 100)]
    for one in asked:
        for row in one.answers:
            rows = client.get(row.url + "&reached=lead").context["page"].rows
            assert len(rows) == row.leads, row
            assert (
                len(client.get(row.url + "&reached=mql").context["page"].rows)
                == row.qualified.count
            )


def test_few_leads_have_no_share(client, max, asking):
    sent(asking, "opening-0001", role="boss")
    client.force_login(max)

    text = client.get(f"/dashboard/form/{asking.pk}/answers/").text

    assert "0 of 1" in text
    assert "0.0" not in text


def test_a_manager_counts_her_teams_leads_alone(client, mia, carl, asking):
    sent(asking, "opening-0001", role="boss")
    Lead.objects.update(owner=carl, assigned_at=clock.now())
    client.force_login(mia)

    assert client.get(f"/dashboard/form/{asking.pk}/answers/").context["asked"] == []


def test_what_answers_are_worth_takes_the_same_questions_however_many_there_are(
    client, max, asking, django_assert_max_num_queries
):
    client.force_login(max)
    for number in range(3):
        sent(asking, f"opening-{number:04}", email=f"p{number}@north.example", role="boss")
    client.get(f"/dashboard/form/{asking.pk}/answers/")

    with django_assert_max_num_queries(9):
        client.get(f"/dashboard/form/{asking.pk}/answers/")


def test_a_form_shows_its_variants_with_their_answers(client, max):
    form = published_form()
    running_test(form)
    agent = agent_who_sees(form.public_path, "b")
    mark = get(form.public_path, agent).partition("lf_v=")[2].partition('"')[0]
    opened(form, "opening-0001", mark=mark)
    now = clock.now()
    client.force_login(max)

    page = client.get(f"/forms/{form.pk}/numbers/").text

    assert "By variant" in page
    assert numbers_of(form, start=now.replace(year=2020), end=clock.now()).variants[0].views == 1


def test_a_pages_numbers_open_the_openings_they_count(client, max, told):
    client.force_login(max)
    asked = {"": 3, "got=began": 2, "got=sent": 1, "source=fair": 2, "source=-": 1, "got=left": 1}

    for query, count in asked.items():
        rows = client.get(f"/pages/{told.pk}/openings/?{query}").context["page"].rows
        assert len(rows) == count, query


def test_a_pages_numbers_are_told_for_any_days_and_exported(client, max, told):
    client.force_login(max)
    today = clock.now().date()

    page = client.get(f"/pages/{told.pk}/numbers/?from={today}&to={today}")
    sheet = client.post(f"/pages/{told.pk}/numbers.csv?from={today}&to={today}").getvalue()

    assert page.context["numbers"].whole.views == 3
    assert f"/dashboard/page/{told.pk}/?from={today}&amp;to={today}" in page.text
    assert "All,,3,2,1," in sheet.decode()
    assert "Source,fair,2,1,0," in sheet.decode()


def test_where_people_stop_on_a_page_is_told_by_question_and_opens_the_openings(client, max, told):
    opened(form_of(told), "opening-0001", touched=["first_name", "email"])
    # the same form elsewhere is no business of this page
    opened(form_of(told), "elsewhere-01", touched=["first_name"])
    client.force_login(max)

    answer = client.get(f"/pages/{told.pk}/numbers/?days=30")
    [standing] = answer.context["numbers"].standing
    steps = {one.name: (one.answered.count, one.answered.of, one.left) for one in standing.steps}

    assert standing.form == form_of(told)
    assert (steps["first_name"], steps["email"]) == ((1, 3, 0), (2, 3, 1))
    assert (standing.left, standing.silent) == (2, 1)
    assert "Where people stop" in answer.text
    for query, n in (("answered=email", 2), ("got=left&last=email", 1), ("answered=first_name", 1)):
        rows = (
            client.get(f"/pages/{told.pk}/openings/?days=30&on={standing.form.pk}&{query}")
            .context["page"]
            .rows
        )
        assert len(rows) == n, query
    sheet = client.post(f"/pages/{told.pk}/numbers.csv?days=30").getvalue().decode("utf-8-sig")
    assert "Question,Email,,2,,1" in sheet
