"""Instants with the zone in which they were chosen."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit import zones


@given(
    at=st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(zones.names()),
)
def test_what_is_written_is_read_back_to_the_minute(at, zone):
    minute = at.replace(second=0, microsecond=0)

    assert zones.read(zones.write(minute, zone)) == (minute, zone)


@pytest.mark.parametrize(
    "text",
    ["", "2026-03-09", "2026-03-09T09:00Z", "2026-03-09T09:00Z[Mars/Olympus]", "2026-13-40T09:00Z[UTC]",
     "2026-03-09T09:00Z[../../etc/passwd]", "2026-03-09T09:00Z[UTC]\n", "x" * 5000],
)  # fmt: skip
def test_anything_else_is_no_instant(text):
    assert zones.read(text) is None


def test_old_names_are_understood_but_not_offered():
    assert zones.is_zone("US/Eastern")
    assert "US/Eastern" not in zones.names()
    assert {"UTC", "Europe/Berlin"} <= set(zones.names())
