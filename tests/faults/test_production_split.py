"""The production form's processes for real: the commands of docker-compose.yml over Redis and PostgreSQL."""

import os
import shlex
import socket
import subprocess
import time
from contextlib import closing

import psycopg2
import pytest

from tests.faults.installation import AGENT, LASTING, Installation
from tests.processes import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.needs("redis-server")]


def test_the_services_do_their_work_pass_their_health_checks_and_stop_politely(
    installation: Installation,
):
    installation.rows("DELETE FROM operations_heartbeat")  # of a worker of the test before
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


def asked(installation: Installation, target: str, host: str) -> tuple[int, str]:
    """Status and answer of a request whose line and head are written by hand."""
    with socket.create_connection(("127.0.0.1", installation.port), timeout=20) as line:
        words = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {AGENT}\r\nConnection: close\r\n\r\n"
        line.sendall(words.encode())
        answer = b"".join(iter(lambda: line.recv(65_536), b"")).decode("utf-8", "replace")
    return int(answer.split(" ", 2)[1]), answer


def test_abuse_B14_a_whole_address_in_the_request_line_names_no_host(
    installation: Installation, published: str
):
    installation.start("web")
    installation.wait_for("/readyz/", 200)
    ours = f"127.0.0.1:{installation.port}"
    for path in ("/sign-in/", published, "/sitemap.xml", "/robots.txt", "/leads/", "/u/x"):
        status, answer = asked(installation, f"http://evil.example{path}", ours)
        assert status < 500, path
        assert "evil.example" not in answer, path
        status, answer = asked(installation, f"http://evil.example{path}", "evil.example")
        assert status == 400, path
        assert "evil.example" not in answer, path
