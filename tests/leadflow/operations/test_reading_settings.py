"""What the settings refuse and choose by themselves, read as a process reads them."""

import json
import os
import subprocess
import sys

import pytest

from tests.processes import ROOT

TELL = """
import json
from leadflow import settings
print(json.dumps({"cache": settings.CACHES["default"], "broker": settings.CELERY_BROKER_URL}))
"""
GIVEN = {
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-0123",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
    "PATH": os.environ["PATH"],
}


def read(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", TELL],
        cwd=ROOT,
        env=GIVEN | environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIME_SCALE", "3600"),  # days would pass in seconds for real customers
        ("ALLOWED_HOSTS", "*"),
        ("DATABASE_URL", "sqlite:///db.sqlite3"),
        ("SECRET_KEY", ""),
    ],
)
def test_a_production_refuses(name: str, value: str):
    done = read(PUBLIC_BASE_URL="https://crm.leadflow.example", **{name: value})

    assert done.returncode == 1
    assert f"ImproperlyConfigured: {name}" in done.stderr


def test_a_trial_may_let_time_run_fast():
    assert read(TIME_SCALE="3600").returncode == 0


def test_redis_is_broker_cache_and_store_of_limits_where_it_is_set():
    redis = "redis://127.0.0.1:6379/0"

    with_it = json.loads(read(REDIS_URL=redis).stdout)
    without = json.loads(read().stdout)

    assert (with_it["broker"], with_it["cache"]["LOCATION"]) == (redis, redis)
    assert without["broker"].startswith("memory://")
    assert without["cache"]["BACKEND"].endswith("DatabaseCache")
