"""Business time: the one clock of the product.

`now()` is what the business calls now. With TIME_SCALE it runs faster than the wall clock, from a
fixed epoch that every process shares, so a journey waits seconds for days. Leases and back-off do not
use it: they compare with the database's own clock.
"""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True)
class _Rate:
    scale: float
    epoch: datetime


_REAL_TIME = _Rate(1.0, datetime(2000, 1, 1, tzinfo=UTC))
_rate = [_REAL_TIME]


def configure(scale: float = 1.0, epoch: datetime | None = None) -> None:
    """Let business time run `scale` times as fast as real time since `epoch` (default: from now)."""
    if scale <= 0:
        raise ValueError("the time scale is greater than 0")
    if epoch is not None and epoch.tzinfo is None:
        raise ValueError("the epoch needs a time zone")
    _rate[0] = _REAL_TIME if scale == 1.0 else _Rate(scale, epoch or datetime.now(UTC))


def shared_epoch(file: Path) -> datetime:
    """The instant from which scaled time runs: the first process writes it, all others read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError), file.open("x") as fresh:
        fresh.write(datetime.now(UTC).isoformat())
    return datetime.fromisoformat(file.read_text())


def now() -> datetime:
    """The present instant of the business, in UTC."""
    return to_business(datetime.now(UTC))


def to_business(real: datetime) -> datetime:
    """The business instant at a wall-clock instant."""
    rate = _rate[0]
    return real if rate is _REAL_TIME else rate.epoch + (real - rate.epoch) * rate.scale


def to_real(business: datetime) -> datetime:
    """The wall-clock instant at which business time reaches `business`."""
    rate = _rate[0]
    return business if rate is _REAL_TIME else rate.epoch + (business - rate.epoch) / rate.scale


def scaled(wait: timedelta) -> timedelta:
    """How long to wait in reality for `wait` of business time."""
    return wait / _rate[0].scale
