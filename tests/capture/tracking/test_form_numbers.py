"""The numbers of a form: openings, beginnings, answers, where people stop, and what became of them."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db.models import F
from django.test import Client

from capture.models import FormView
from capture.selectors.numbers import Share, numbers_of
from leadflow.kit import clock
from leadflow.models import Lead
from pipeline.services import deals
from tests.capture.tracking.conftest import FIREFOX
from tests.factories import pipeline as factory
from tests.factories.capture import contact_body, published_form, running_test

pytestmark = pytest.mark.django_db
PHONE = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
)


@pytest.fixture
def form(db):
    return published_form()


def opened(form, key, *, agent=FIREFOX, page="https://x.example/", ref="", **more):
    body = json.dumps({"key": key, "page": page, "ref": ref} | more)
    answer = Client().post(
        f"{form.public_path}seen/", body, content_type="application/json",
        headers={"User-Agent": agent},
    )  # fmt: skip
    assert answer.status_code == 204


def sent(form, key, **answers):
    body = contact_body(form, client_id=key, **answers)
    assert (
        Client()
        .post(form.public_path, json.dumps(body), content_type="application/json")
        .status_code
        == 200
    )


def found(form):
    now = clock.now()
    return numbers_of(form, start=now - timedelta(days=30), end=now + timedelta(minutes=1))


@pytest.fixture
def told(form):
    """Four openings: one only looked, one left after the e-mail, two sent it, one of them a robot."""
    opened(form, "opening-0001", page="https://x.example/?utm_source=News", agent=PHONE)
    opened(form, "opening-0002", ref="https://www.google.com/search?q=x")
    opened(form, "opening-0002", touched=["first_name", "email"])
    opened(form, "opening-0003", page="https://x.example/?utm_source=news")
    opened(form, "opening-0003", started=True)
    sent(form, "opening-0003")
    opened(form, "opening-0003", touched=["first_name", "email", "message"])
    opened(form, "opening-0004")
    sent(form, "opening-0004", website_url="spam", email="bot@north.example")
    return form


def test_openings_meet_their_answers(told):
    whole = found(told).whole

    assert (whole.views, whole.starts, whole.sent) == (3, 2, 1)
    assert whole.started == Share(2, 3)
    assert whole.completed == Share(1, 2)
    assert whole.converted.value == pytest.approx(1 / 3)
    assert whole.converted.is_small


def test_who_stopped_where_is_told_by_question(told):
    numbers = found(told)

    steps = {step.name: (step.answered.count, step.left) for step in numbers.steps}
    assert steps["first_name"] == (2, 0)
    assert steps["email"] == (2, 1)
    assert steps["message"] == (1, 0)
    assert steps["phone"] == (0, 0)
    assert (numbers.left, numbers.silent) == (1, 0)


def test_who_stopped_where_is_told_by_device(told):
    opened(told, "opening-0005", agent=PHONE)
    opened(told, "opening-0005", agent=PHONE, touched=["first_name"])

    numbers = found(told)

    assert [(part.by, part.value, part.line.begun) for part in numbers.parts] == [
        ("device", "desktop", 2),
        ("device", "phone", 1),
    ]
    stops = {
        step.name: [(stop.answered, stop.left) for stop in step.stops] for step in numbers.steps
    }
    assert stops["first_name"] == [(Share(2, 2), 0), (Share(1, 1), 1)]
    assert stops["email"] == [(Share(2, 2), 1), (Share(0, 1), 0)]


def test_one_device_alone_is_compared_with_nothing(told):
    assert found(told).parts == []


def test_who_stopped_where_is_told_by_variant_and_opens_the_openings(client, max, form):
    a, b = running_test(form).variants.order_by("key")
    for variant, key in ((a, "opening-000a"), (b, "opening-000b")):
        opened(form, key)
        opened(form, key, touched=["first_name"])
        FormView.objects.filter(key=key).update(variant=variant)
    client.force_login(max)

    page = client.get(f"/forms/{form.pk}/numbers/?days=30").text

    stops = found(form).steps[0].stops
    assert [(one.part.value, one.answered, one.left) for one in stops] == [
        (a.pk, Share(1, 1), 1),
        (b.pk, Share(1, 1), 1),
    ]
    address = re.search(rf'openings/(\?[^"]*variant={b.pk}&amp;got=left[^"]*)"', page)[1]
    rows = client.get(f"/forms/{form.pk}/openings/{unescape(address)}").context["page"].rows
    assert {row.key for row in rows} == {"opening-000b"}


def test_sources_and_devices_stand_apart(told):
    numbers = found(told)

    assert {(line.name, line.views, line.sent) for line in numbers.sources} == {
        ("news", 2, 1), ("google.com", 1, 0),
    }  # fmt: skip
    assert {(line.name, line.views) for line in numbers.devices} == {("phone", 1), ("desktop", 2)}


def test_the_time_is_from_the_first_answer_to_sending(told):
    FormView.objects.filter(key="opening-0003").update(
        started_at=told.submissions.get(client_submission_id="opening-0003").received_at
        - timedelta(seconds=90)
    )

    assert found(told).whole.time == timedelta(seconds=90)


def test_a_crawler_opens_nothing(form):
    opened(form, "opening-0001", agent="Mozilla/5.0 (compatible; Googlebot/2.1)")

    assert not FormView.objects.exists()


def test_a_form_that_nobody_opened_has_no_data_and_no_zero(client, max, form):
    client.force_login(max)

    page = client.get(f"/forms/{form.pk}/numbers/").text

    assert "Numbers will be here" in page
    assert "0 %" not in page


def test_the_tab_shows_them_with_interval_and_rows(
    client, max, told, django_assert_max_num_queries
):
    client.force_login(max)
    with django_assert_max_num_queries(14):
        page = client.get(f"/forms/{told.pk}/numbers/?days=30").text

    assert "1 of 3, between" in page
    assert f"/forms/{told.pk}/answers/" in page
    assert "google.com" in page
    assert f"/dashboard/form/{told.pk}/?days=30" in page
    assert client.get(f"/forms/{told.pk}/numbers/?days=9999999").context["days"] == 90


def test_what_became_of_them_opens_its_rows(client, max, told, drain_events):
    drain_events()
    lead = Lead.objects.get()
    Lead.objects.filter(pk=lead.pk).update(furthest_stage="sql")
    client.force_login(max)
    outcome = client.get(f"/dashboard/form/{told.pk}/").context["outcome"]

    assert (outcome.leads, outcome.qualified, outcome.won) == (1, 1, 0)
    for url in (outcome.leads_url, outcome.qualified_url):
        page = client.get(url)
        assert page.status_code == 200
        assert lead.name in page.text
    assert lead.name not in client.get(outcome.won_url).text


def test_won_and_revenue_are_counted_by_person(client, max, told, drain_events):
    lead = Lead.objects.get()
    for amount in (100, 50):
        deals.win(factory.deal(lead=lead), amount=Decimal(amount), by=None)
    client.force_login(max)

    outcome = client.get(f"/dashboard/form/{told.pk}/").context["outcome"]

    assert (outcome.won, outcome.revenue) == (1, 150)


def test_a_rep_sees_how_the_form_does_and_nobodys_answers(client, bob, told):
    client.force_login(bob)

    assert client.get(f"/forms/{told.pk}/numbers/").status_code == 200
    assert client.get(f"/dashboard/form/{told.pk}/").status_code == 403


def test_a_browser_without_script_opened_what_it_sent(form):
    body = contact_body(form, client_id="client-0001")
    answer = Client().post(
        f"{form.public_path}?utm_source=News", body, headers={"User-Agent": PHONE}
    )
    assert answer.status_code == 303

    numbers = found(form)

    assert (numbers.whole.views, numbers.whole.sent) == (1, 1)
    assert (numbers.sources[0].name, numbers.devices[0].name) == ("news", "phone")
    assert numbers.whole.time is None


def moved(form, days):
    """Every opening so far, as many days ago."""
    FormView.objects.filter(form=form).update(seen_at=F("seen_at") - timedelta(days=days))


def test_the_tab_shows_any_days_and_compares_them_with_the_time_before(client, max, told):
    client.force_login(max)
    moved(told, 40)
    opened(told, "opening-0009")
    first = (clock.now() - timedelta(days=39)).date()

    page = client.get(f"/forms/{told.pk}/numbers/?days=30")
    chosen = client.get(f"/forms/{told.pk}/numbers/?from={first - timedelta(days=5)}&to={first}")

    assert page.context["numbers"].whole.views == 1
    assert page.context["change"].views == pytest.approx(-200 / 3)
    assert "may be chance" in page.text
    assert chosen.context["numbers"].whole.views == 3
    assert chosen.context["window"].last == first


@pytest.mark.parametrize(
    "asked", ["from=x&to=y", "from=2026-05-02&to=2026-05-01", "from=0001-01-01&to=9999-12-31"]
)
def test_days_that_cannot_be_read_are_the_usual_ones(client, max, form, asked):
    client.force_login(max)

    assert client.get(f"/forms/{form.pk}/numbers/?{asked}").context["days"] == 90


def test_the_numbers_are_exported_without_anybody_in_them(client, max, told):
    client.force_login(max)

    sheet = client.post(f"/forms/{told.pk}/numbers.csv?days=30").getvalue().decode()

    assert "All,,3,2,1," in sheet
    assert "Question,Email,,2,,1" in sheet
    assert "ada@" not in sheet


def days_of(rows, first, last):
    """The address of some days, as the tab writes it."""
    return f"{rows}?from={first:%Y-%m-%d}&to={last:%Y-%m-%d}"


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ("", {"opening-0001", "opening-0002", "opening-0003"}),
        ("got=began", {"opening-0002", "opening-0003"}),
        ("got=left", {"opening-0002"}),
        ("got=sent", {"opening-0003"}),
        ("answered=email", {"opening-0002", "opening-0003"}),
        ("got=left&last=email", {"opening-0002"}),
        ("source=news", {"opening-0001", "opening-0003"}),
        ("source=google.com&got=left", {"opening-0002"}),
        ("source=-", set()),
        ("device=tablet", set()),
    ],
)
def test_each_number_opens_the_openings_that_it_counts(client, max, told, asked, keys):
    client.force_login(max)

    rows = client.get(f"/forms/{told.pk}/openings/?days=30&{asked}").context["page"].rows

    assert {row.key for row in rows} == keys


def test_the_openings_name_nobody_and_lead_to_the_answer_who_may_read_it(client, max, bob, told):
    client.force_login(max)
    marketers = client.get(f"/forms/{told.pk}/openings/").text
    client.force_login(bob)
    reps = client.get(f"/forms/{told.pk}/openings/").text

    assert f"/forms/{told.pk}/answers/" in marketers.partition("<tbody>")[2]
    assert f"/forms/{told.pk}/answers/" not in reps
    assert "ada@" not in marketers


def test_the_openings_are_read_in_few_queries(client, max, told, django_assert_max_num_queries):
    client.force_login(max)
    client.get(f"/forms/{told.pk}/openings/")

    with django_assert_max_num_queries(10):
        client.get(f"/forms/{told.pk}/openings/")


def test_what_became_of_them_is_told_for_any_days_and_opens_those(client, max, told, drain_events):
    drain_events()
    client.force_login(max)
    today = clock.now().date()

    for first, leads in ((today, 1), (today - timedelta(days=9), 0)):
        url = days_of(f"/dashboard/form/{told.pk}/", first, first)
        outcome = client.get(url).context["outcome"]
        rows = client.get(outcome.leads_url).context["page"].rows
        assert (outcome.leads, len(rows)) == (leads, leads)


def test_a_day_that_cannot_be_read_narrows_no_answers(client, max, told):
    client.force_login(max)

    page = client.get(f"/forms/{told.pk}/answers/?from=yesterday&to=2026-13-01")

    assert page.context["applied"].chips == []
    assert len(page.context["page"].rows) == 1
