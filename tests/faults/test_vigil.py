"""A worker that no longer hears its broker ends itself; one whose broker is away does not."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import ROOT, clean_environment, free_port
from tests.tools import find

pytestmark = [pytest.mark.faults, pytest.mark.needs("redis-server")]
# Nobody listens under this name: to the watch it is a worker gone deaf.
WATCH = (
    "import django; django.setup()\n"
    "from leadflow.celery import app\n"
    "from leadflow.operations import vigil\n"
    "vigil.EVERY, vigil.DEAF_AFTER = 0.5, 1.0\n"
    "vigil._watch(app, 'deaf@nowhere')\n"
)


def watch(tmp_path: Path, redis_port: int) -> "subprocess.Popen[bytes]":
    environment = clean_environment(
        tmp_path,
        DJANGO_SETTINGS_MODULE="leadflow.settings",
        SECRET_KEY="only-for-tests",
        DATABASE_URL="postgres://nobody@127.0.0.1:1/nowhere",
        REDIS_URL=f"redis://127.0.0.1:{redis_port}/0",
    )
    return subprocess.Popen([sys.executable, "-c", WATCH], cwd=ROOT, env=environment)


def test_fault_F13_a_deaf_worker_ends_itself(tmp_path: Path):
    port = free_port()
    redis = subprocess.Popen(
        [find("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        stdout=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    try:
        assert watch(tmp_path, port).wait(60) == 1
    finally:
        redis.kill()
        redis.wait()


def test_fault_F13_a_worker_whose_redis_is_away_waits(tmp_path: Path):
    waiting = watch(tmp_path, free_port())
    try:
        time.sleep(8)
        assert waiting.poll() is None
    finally:
        waiting.kill()
        waiting.wait()
