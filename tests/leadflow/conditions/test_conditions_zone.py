"""Rules read the organisation's calendar."""

from datetime import UTC, datetime

import pytest

from leadflow.conditions.zone import here
from leadflow.models import Organisation


@pytest.mark.django_db
def test_a_moment_is_read_in_the_organisations_time_zone():
    organisation = Organisation.current()
    organisation.time_zone = "Asia/Tokyo"
    organisation.save()

    assert here(datetime(2026, 11, 22, 20, tzinfo=UTC)).date().isoformat() == "2026-11-23"
