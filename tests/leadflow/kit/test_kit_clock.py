from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit import clock

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _real_time_again():
    yield
    clock.configure()


def test_business_time_is_real_time_without_a_scale():
    before = datetime.now(UTC)

    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.scaled(timedelta(days=2)) == timedelta(days=2)


def test_an_hour_passes_in_a_second_at_scale_3600():
    clock.configure(3600, EPOCH)

    assert clock.to_business(EPOCH + timedelta(seconds=1)) == EPOCH + timedelta(hours=1)
    assert clock.scaled(timedelta(days=2)) == timedelta(seconds=48)


def test_scaling_without_an_epoch_starts_now():
    clock.configure(60)

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=30)


def test_every_process_shares_the_first_ones_epoch(tmp_path):
    file = tmp_path / "var" / "clock-epoch"

    assert clock.shared_epoch(file) == clock.shared_epoch(file)


@pytest.mark.parametrize("scale", [0, -1])
def test_a_scale_that_stops_time_is_refused(scale):
    with pytest.raises(ValueError, match="greater than 0"):
        clock.configure(scale)


def test_an_epoch_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        clock.configure(2, datetime(2026, 1, 1))


@given(
    st.floats(1, 10_000),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 1), timezones=st.just(UTC)),
)
def test_real_and_business_time_are_inverse(scale, instant):
    clock.configure(scale, EPOCH)

    back = clock.to_real(clock.to_business(instant))

    assert abs(back - instant) < timedelta(milliseconds=1)
