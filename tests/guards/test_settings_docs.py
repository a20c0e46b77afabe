"""docs/settings.md names every setting of the environment, and no other."""

import re

from tests.processes import ROOT

# Read by make or by compose, before the product runs.
OUTSIDE = {
    "PYTHON",
    "LEADS",
    "LISTEN",
    "WORKERS",
    "LEADFLOW_VERSION",
    "CHROMIUM",
    "REDIS_SERVER",
    "FAKETIME",
    "TEST_DATABASE_URL",
    "CI",
}


def read() -> set[str]:
    text = (ROOT / "leadflow/settings.py").read_text()
    return set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", text))


def documented() -> set[str]:
    text = (ROOT / "docs/settings.md").read_text()
    return set(re.findall(r"^\| `([A-Z_]+)`", text, re.M))


def test_every_setting_is_documented():
    assert read() - documented() == set()


def test_no_setting_is_documented_that_does_not_exist():
    assert documented() - read() - OUTSIDE == set()


def test_every_tick_is_documented_with_its_interval():
    from django.conf import settings

    text = (ROOT / "docs/settings.md").read_text()
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (\d+) (s|min|h) \|", text, re.M)
    told = {name: int(number) * {"s": 1, "min": 60, "h": 3600}[unit] for name, number, unit in rows}
    assert told == {name: seconds for name, (_task, seconds) in settings.TICKS.items()}
