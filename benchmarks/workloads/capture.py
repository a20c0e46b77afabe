"""Goal 1: posts of a form per second, beside a bare WSGI program that writes the same rows and commits once.

Both run under waitress with the same threads in a process of their own; the client keeps its connections.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from capture.services import forms
from leadflow.models import Lead
from qualification.services.models import ensure_default

CLIENTS, POSTS = 8, 40
ROOT = Path(__file__).resolve().parents[2]


def measure(rounds: int) -> list[dict[str, Any]]:
    """Posts per second of both, in turn; every post must have made its lead."""
    ensure_default()
    form = forms.create(name="Bench", by=None, start="contact")
    version = forms.publish(form=form, by=None)
    code = form.public_id
    os.environ |= {"BENCH_FORM": str(form.pk), "BENCH_VERSION": str(version.pk)}
    limit, product = Served("benchmarks.bare:application"), Served("leadflow.wsgi:application")
    try:
        rates: dict[str, list[float]] = {"limit": [], "project": []}
        for number in range(rounds + 1):
            for name, served in (("limit", limit), ("project", product)):
                rate = served.load(f"/api/v1/forms/{code}/submissions", f"{name}{number}")
                if number:  # the first round warms up
                    rates[name].append(rate)
        made = Lead.objects.filter(email__startswith="bench-project").count()
        if made != (rounds + 1) * CLIENTS * POSTS:
            raise AssertionError(f"{made} leads of {(rounds + 1) * CLIENTS * POSTS} posts")
        memory = product.megabytes()
    finally:
        limit.stop()
        product.stop()
    middle = {name: sorted(values)[len(values) // 2] for name, values in rates.items()}
    return [
        {
            "workload": "form post",
            "limit": round(middle["limit"], 1),
            "project": round(middle["project"], 1),
            "unit": "posts/s",
            "memory": memory,
        }
    ]


class Served:
    """A WSGI program under waitress on a port of its own."""

    def __init__(self, application: str) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        command = [sys.executable, "-m", "waitress", "--host=127.0.0.1", f"--port={self.port}",
                   "--threads=8", application]  # fmt: skip
        self.process = subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        tries = 200
        while not self._answers():
            tries -= 1
            if not tries:
                raise RuntimeError(f"{application} does not answer")
            time.sleep(0.1)

    def _answers(self) -> bool:
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0

    def load(self, path: str, mark: str) -> float:
        """Posts per second of CLIENTS at once, each POSTS times."""
        failures: list[str] = []
        threads = [
            threading.Thread(target=self._post, args=(path, f"{mark}-{n}", failures))
            for n in range(CLIENTS)
        ]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise AssertionError(failures[0])
        return CLIENTS * POSTS / (time.perf_counter() - begun)

    def _post(self, path: str, mark: str, failures: list[str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for number in range(POSTS):
            body = {
                "email": f"bench-{mark}-{number}@firm{number % 20}.example",
                "full_name": "Ann Bench",
                "message": "Hello",
                "consent": True,
            }
            headers = {"Content-Type": "application/json", "Idempotency-Key": f"{mark}-{number}"}
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                failures.append(f"{answer.status}: {text[:300]!r}")
                return
        connection.close()

    def megabytes(self) -> int:
        """What the process holds now."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) // 1024
        return 0

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
