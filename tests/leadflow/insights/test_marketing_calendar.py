"""One calendar of what opens, closes, is sent and ends."""

from datetime import UTC, date, datetime

import pytest

from leadflow.insights.marketing_calendar import month_of
from leadflow.models import Campaign, Organisation
from leadflow.offers.models import Offer
from tests.factories.capture import published_form, published_page


def words(user, month="2027-03"):
    return {(e.on.isoformat(), e.words) for day in month_of(user, month).days for e in day.entries}


def test_campaigns_pages_forms_and_offers_stand_on_their_days(db, alice):
    Campaign.objects.create(name="Spring", starts_on=date(2027, 3, 1), ends_on=date(2027, 4, 30))
    published_page(name="Roofs", opens_at=datetime(2027, 3, 8, 9, tzinfo=UTC))
    published_form(name="Fair", closes_at=datetime(2027, 3, 9, 9, tzinfo=UTC))
    Offer.objects.create(
        name="Ten percent", value=10, ends_at=datetime(2027, 3, 31, 12, tzinfo=UTC)
    )

    assert words(alice) == {
        ("2027-03-01", "Spring begins"),
        ("2027-03-08", "Roofs opens"),
        ("2027-03-09", "Fair closes"),
        ("2027-03-31", "Ten percent ends"),
    }


def test_a_day_is_that_of_the_organisation(db, alice):
    Organisation.current()
    Organisation.objects.update(time_zone="Pacific/Auckland")
    Offer.objects.create(name="Ten percent", value=10, ends_at=datetime(2027, 3, 9, 12, tzinfo=UTC))

    assert words(alice) == {("2027-03-10", "Ten percent ends")}


@pytest.mark.parametrize("told", ["", "x", "2027-13", "0001-01", "9999-12", "2027-03-04"])
def test_whatever_is_told_there_is_a_month(db, client, alice, told):
    client.force_login(alice)

    assert client.get("/calendar/", {"month": told}).status_code == 200


def test_a_month_has_a_budget_of_queries(db, client, alice, django_assert_max_num_queries):
    published_page(name="Roofs", opens_at=datetime(2027, 3, 8, 9, tzinfo=UTC))
    client.force_login(alice)
    client.get("/calendar/?month=2027-03")

    with django_assert_max_num_queries(20):
        client.get("/calendar/?month=2027-03")
