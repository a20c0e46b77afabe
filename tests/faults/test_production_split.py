"""The production form's processes for real: the commands of docker-compose.yml over Redis and PostgreSQL."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import yaml

from leadflow.embedded import Server
from tests.processes import ROOT, clean_environment, free_port
from tests.tools import find

pytestmark = [pytest.mark.faults, pytest.mark.needs("redis-server")]
LASTING = ("web", "worker", "beat", "relay", "dispatch")


class Installation:
    """The services of the compose file as processes of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.redis_port = free_port(), free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
        self.server = Server(folder / "postgres", durable=False)
        self.environment = clean_environment(
            folder / "var",
            DATABASE_URL=self.server.start(),
            SECRET_KEY="only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-0123",
            REDIS_URL=f"redis://127.0.0.1:{self.redis_port}/0",
            PUBLIC_BASE_URL=f"http://127.0.0.1:{self.port}",
            DEMO="0",
            PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        )

    def words(self, name: str) -> list[str]:
        """The command of a service, as compose would fill it in."""
        if name == "web":
            line = (ROOT / "Dockerfile").read_text().split("\nCMD ")[1].replace("\\\n", " ")
            return [
                word.replace("0.0.0.0:8000", f"127.0.0.1:{self.port}") for word in json.loads(line)
            ]
        return [word.replace("${WORKERS:-2}", "2") for word in self.compose[name]["command"]]

    def start(self, *names: str) -> None:
        for name in names:
            log = (self.folder / f"{name}.log").open("ab")
            self.running[name] = subprocess.Popen(
                self.words(name), cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
            log.close()

    def start_redis(self) -> None:
        words = [
            find("redis-server"),
            "--port",
            str(self.redis_port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            self.folder,
        ]
        self.running["redis"] = subprocess.Popen(words, stdout=subprocess.DEVNULL)

    def run(self, name: str, *extra: str) -> subprocess.CompletedProcess[str]:
        words = [*self.words(name), *extra] if name in self.compose else [name, *extra]
        return subprocess.run(words, cwd=ROOT, env=self.environment, capture_output=True, text=True)

    def status(self, path: str) -> int:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def supervise(self) -> None:
        """Start again what ended, as `restart: unless-stopped` does."""
        for name, process in list(self.running.items()):
            if name in LASTING and process.poll() is not None:
                self.start(name)

    def wait_for(self, path: str, status: int, patience: float = 90) -> None:
        until = time.monotonic() + patience
        while (seen := self.status(path)) != status:
            self.supervise()
            assert time.monotonic() < until, (path, seen, self.logs())
            time.sleep(0.5)

    def logs(self) -> str:
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{file.name}: {file.read_text()[-1500:]}" for file in files)

    def stop(self, name: str, patience: float = 30) -> int:
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(patience)

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()
        self.running.clear()


@pytest.fixture(scope="module")
def migrated(module_var: Path) -> Iterator[Installation]:
    """One database for the tests of this module, made as the compose file makes it."""
    module_var.mkdir()
    made = Installation(module_var)
    done = made.run("migrate")
    assert done.returncode == 0, done.stderr
    yield made
    made.server.release()


@pytest.fixture
def installation(migrated: Installation) -> Iterator[Installation]:
    """The installation with no process of it running."""
    yield migrated
    migrated.end()


def test_the_services_do_their_work_pass_their_health_checks_and_stop_politely(
    installation: Installation,
):
    installation.start_redis()
    installation.start(*LASTING)
    installation.wait_for("/readyz/", 200)
    installation.wait_for("/healthz/deep/", 200)
    for name in ("worker", "beat", "relay", "dispatch"):
        test = installation.compose[name]["healthcheck"]["test"]
        assert passes(installation, test), (name, installation.logs())
    codes = {name: installation.stop(name) for name in LASTING}
    assert set(codes.values()) <= {0, 143}, (codes, installation.logs())
    assert "Traceback" not in installation.logs()


def test_without_redis_facts_still_reach_their_reactions(installation: Installation):
    installation.start("relay")
    url = installation.environment["DATABASE_URL"]
    with closing(psycopg2.connect(url)) as there, there.cursor() as cursor:
        there.autocommit = True
        cursor.execute(
            "INSERT INTO events_event (kind, subject_type, hops, origin, data, occurred_at, recorded_at)"
            " VALUES ('lead.captured', '', 0, 'live', '{}', now(), now())"
        )
        until = time.monotonic() + 30
        waiting = 1
        while waiting and time.monotonic() < until:
            time.sleep(0.5)
            cursor.execute("SELECT count(*) FROM events_event WHERE dispatched_at IS NULL")
            (waiting,) = cursor.fetchone()
    assert waiting == 0, installation.logs()
    assert installation.stop("relay") in {0, 143}


def test_fault_F13_a_redis_killed_and_back_empty_is_worked_with_again(installation: Installation):
    installation.start_redis()
    installation.start("web", "worker", "beat")
    installation.wait_for("/healthz/deep/", 200)
    installation.running["redis"].kill()
    installation.running.pop("redis").wait()
    time.sleep(5)
    assert installation.status("/healthz/") == 200
    with closing(psycopg2.connect(installation.environment["DATABASE_URL"])) as there:
        there.autocommit = True
        there.cursor().execute("DELETE FROM operations_heartbeat")
    installation.wait_for("/healthz/deep/", 503)
    installation.start_redis()
    # A worker that goes on deaf is allowed 90 seconds to notice it, and then a new start.
    installation.wait_for("/healthz/deep/", 200, patience=180)


def passes(installation: Installation, test: list[str]) -> bool:
    """Whether a health check passes, as the engine would run it."""
    words = test[1:]
    if test[0] == "CMD-SHELL":
        words = shlex.split(test[1].replace("$$HOSTNAME", os.uname().nodename))
    return (
        subprocess.run(
            words, cwd=ROOT, env=installation.environment, capture_output=True
        ).returncode
        == 0
    )
