"""The forecast: which month a deal stands in, what a drag does to its close, sums by category and owner."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forms import today
from pipeline.models import Deal, PipelineStage
from pipeline.selectors import forecast as reading
from pipeline.services import deals
from tests.factories import pipeline as make

HTMX = {"HX-Request": "true"}
days = st.dates(min_value=date(2024, 1, 1), max_value=date(2030, 12, 31))


@pytest.fixture
def bobs(db, client, bob):
    client.force_login(bob)
    return client


def column(page, key):
    return re.search(rf'data-column="{key}".*?</section>', page, re.DOTALL)[0]


def this_month():
    return reading.key_of(today())


def put(client, deal, key, **values):
    return client.post(f"/deals/{deal.pk}/closes/", {"column": key, **values}, headers=HTMX)


@given(days, st.none() | days, st.integers(min_value=0, max_value=reading.MONTHS - 1))
def test_a_day_in_a_month_is_in_that_month_and_never_past(now, was, place):
    key = reading.key_of(reading.months(now)[place])

    found = reading.day_in(key, was, now)

    assert reading.key_of(found) == key
    assert found >= now


def test_a_calendar_names_the_day_and_the_toast_takes_it_back(bobs, bob):
    deal = make.deal(bob, expected_close_on=date(2030, 5, 6))

    answer = put(bobs, deal, "", on="2030-05-09", version=deal.version)

    deal.refresh_from_db()
    assert deal.expected_close_on == date(2030, 5, 9)
    bobs.post(json.loads(answer.headers["HX-Trigger"])["lf:toast"]["undo"], headers=HTMX)
    deal.refresh_from_db()
    assert deal.expected_close_on == date(2030, 5, 6)


@pytest.mark.parametrize("key", ["overdue", "later", "", "2020-01", "2026-13", "x"])
def test_a_month_that_is_not_shown_has_no_day(key):
    with pytest.raises(ValueError, match=f"^{key}$"):
        reading.day_in(key, None, date(2026, 11, 29))


def test_deals_stand_in_the_month_of_their_close(bobs, bob):
    now = today()
    later = reading.months(now)[-1]
    for name, on in [("Late", date(2020, 1, 1)), ("Now", now), ("Far", later), ("Blank", None)]:
        make.deal(bob, name=f"{name} deal", expected_close_on=on)

    page = bobs.get("/deals/forecast/").content.decode()

    for name, key in [
        ("Late", "overdue"),
        ("Now", this_month()),
        ("Far", "later"),
        ("Blank", "undated"),
    ]:
        assert f"{name} deal" in column(page, key)
    assert page.count('id="lf-card-') == 4


def test_a_column_tells_sum_weight_and_categories(bobs, bob):
    make.deal(bob, amount=Decimal(100000), expected_close_on=today())
    PipelineStage.objects.update(category="commit")

    page = column(bobs.get("/deals/forecast/").content.decode(), this_month())

    assert "€100k, weighted €20k. Commit €100k" in page


def test_stages_left_out_of_the_forecast_are_not_in_it(bobs, bob):
    make.deal(bob, expected_close_on=today())
    PipelineStage.objects.update(category="omitted")

    assert 'id="lf-card-' not in bobs.get("/deals/forecast/").content.decode()


def test_a_drag_changes_the_close_and_the_toast_takes_it_back(bobs, bob):
    deal = make.deal(bob, expected_close_on=today())
    key = reading.key_of(reading.months(today())[2])

    answer = put(bobs, deal, key, version=deal.version)
    moved = Deal.objects.get().expected_close_on
    undo = re.search(r'"undo": "([^"]+)"', answer.headers["HX-Trigger"])[1]
    bobs.post(undo, headers=HTMX)

    assert reading.key_of(moved) == key
    assert Deal.objects.get().expected_close_on == today()


def test_no_date_clears_the_close(bobs, bob):
    deal = make.deal(bob, expected_close_on=today())

    put(bobs, deal, "undated", version=deal.version)

    assert Deal.objects.get().expected_close_on is None


@pytest.mark.parametrize("key", ["overdue", "later", "x", ""])
def test_a_drop_where_no_month_is_is_told(bobs, bob, key):
    answer = put(bobs, make.deal(bob), key)

    assert answer.status_code == 422
    assert "month to come" in answer.content.decode()


def test_undo_after_somebody_elses_edit_is_told_and_not_made(bobs, bob, mia):
    deal = make.deal(bob, expected_close_on=today())
    answer = put(bobs, deal, "undated", version=deal.version)
    undo = re.search(r'"undo": "([^"]+)"', answer.headers["HX-Trigger"])[1]
    deals.edit(Deal.objects.get(), values={"name": "Other"}, by=mia)

    again = bobs.post(undo, headers=HTMX)

    assert again.status_code == 409
    assert Deal.objects.get().expected_close_on is None


def test_a_manager_compares_owners_and_a_rep_does_not(client, bobs, bob, mia, north):
    make.deal(bob, amount=Decimal(50000), expected_close_on=today())

    own = bobs.get("/deals/forecast/?by=owner").content.decode()
    client.force_login(mia)
    team = client.get("/deals/forecast/?by=owner").content.decode()

    assert "Forecast by owner" not in own
    assert "Forecast by owner" in team
    assert "Bob Berg" in team


def test_the_forecast_costs_the_same_however_full_it_is(bobs, bob, django_assert_max_num_queries):
    for _each in range(55):
        make.deal(bob, expected_close_on=today())
    bobs.get("/deals/forecast/")

    with django_assert_max_num_queries(14):
        page = bobs.get("/deals/forecast/").content.decode()
    url = re.search(r'hx-get="(/deals/forecast/more/[^"]+)"', page)[1].replace("&amp;", "&")
    rest = bobs.get(url, headers=HTMX).content.decode()

    assert page.count('id="lf-card-') == 50
    assert rest.count('id="lf-card-') == 5


def test_abuse_E02_the_close_of_another_teams_deal_is_not_moved(bobs, carl):
    deal = make.deal(carl, expected_close_on=today())

    assert put(bobs, deal, "undated").status_code == 404
    assert Deal.objects.get().expected_close_on == today()


def test_abuse_E04_the_forecast_names_no_deal_of_another_team(bobs, carl):
    make.deal(carl, name="Secret of Carl", expected_close_on=today())

    assert "Secret" not in bobs.get("/deals/forecast/?by=owner").content.decode()
