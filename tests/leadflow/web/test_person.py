"""The page speaks as its reader does."""

import pytest
from django.test import RequestFactory
from django.utils import timezone

from leadflow.models import Organisation
from leadflow.web.gate import access, public
from leadflow.web.middleware import PersonMiddleware

pytestmark = pytest.mark.django_db


def zone_seen_by(user, view, settings):
    """The zone in which a view runs for a signed-in person."""
    request = RequestFactory().get("/")
    request.COOKIES[settings.SESSION_COOKIE_NAME] = "x"
    request.user = user
    PersonMiddleware(lambda r: None).process_view(request, view, (), {})
    seen = timezone.get_current_timezone_name()
    timezone.deactivate()
    return seen


def test_her_own_time_zone_comes_first(bob, settings):
    bob.time_zone = "Asia/Tokyo"

    assert zone_seen_by(bob, access("lead.view")(lambda r: None), settings) == "Asia/Tokyo"


def test_without_one_the_organisation_s_zone_counts(bob, settings):
    Organisation.objects.update_or_create(pk=1, defaults={"time_zone": "Europe/Amsterdam"})
    bob.time_zone = ""

    assert zone_seen_by(bob, access("lead.view")(lambda r: None), settings) == "Europe/Amsterdam"


def test_an_unknown_zone_breaks_nothing(bob, settings):
    bob.time_zone = "Mars/Olympus"

    assert zone_seen_by(bob, access("lead.view")(lambda r: None), settings) == "UTC"


def test_an_open_door_asks_nothing_of_the_database(bob, settings, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert zone_seen_by(bob, public("a form")(lambda r: None), settings) == "UTC"
