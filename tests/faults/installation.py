"""The production form for tests: the commands of docker-compose.yml over Redis and PostgreSQL."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg2
import yaml
from celery import Celery
from redis import Redis

from leadflow.embedded import Server, binaries
from leadflow.kit import tokens
from tests.processes import ROOT, clean_environment, free_port
from tests.sinks.smtp import SmtpSink
from tests.tools import find

# a visitor's; what calls itself a program is held as a crawler's answer
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LASTING = ("web", "worker", "beat", "relay", "dispatch")


class Installation:
    """The services of the compose file as processes of this machine; mail goes to a sink."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.redis_port = free_port(), free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
        self.server = Server(folder / "postgres")  # durable: what it acknowledged has to last
        self.sink = SmtpSink(folder / "sink.jsonl").start()
        self.environment = clean_environment(
            folder / "var",
            DATABASE_URL=self.server.start(),
            SECRET_KEY="only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-0123",
            REDIS_URL=f"redis://127.0.0.1:{self.redis_port}/0",
            PUBLIC_BASE_URL=f"http://127.0.0.1:{self.port}",
            SMTP_HOST="127.0.0.1",
            SMTP_PORT=str(self.sink.port),
            SMTP_SECURITY="none",
            FORM_POSTS_PER_MINUTE="100000",  # counted, and never reached
            DEMO="0",
            DJANGO_SETTINGS_MODULE="leadflow.settings",
            PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        )

    # --- processes ---------------------------------------------------------------------------

    def words(self, name: str) -> list[str]:
        """The command of a service, as compose would fill it in; `beat#2` is a second one."""
        name = name.partition("#")[0]
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
                self.words(name), cwd=ROOT, env=self.environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
            log.close()

    def start_redis(self) -> None:
        words = [find("redis-server"), "--port", str(self.redis_port), "--bind", "127.0.0.1"]
        self.running["redis"] = subprocess.Popen(
            [*words, "--save", "", "--dir", self.folder], stdout=subprocess.DEVNULL
        )

    def run(self, name: str, *extra: str) -> subprocess.CompletedProcess[str]:
        words = [*self.words(name), *extra] if name in self.compose else [name, *extra]
        return subprocess.run(words, cwd=ROOT, env=self.environment, capture_output=True, text=True)

    def supervise(self) -> None:
        """Start again what ended, as `restart: unless-stopped` does."""
        for name, process in list(self.running.items()):
            if name in LASTING and process.poll() is not None:
                self.start(name)

    def stop(self, name: str, patience: float = 30) -> int:
        """Ask politely; the exit code. What takes longer is killed, and TimeoutExpired raised."""
        process = self.running[name]
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill(name)
            raise
        del self.running[name]
        return code

    def kill(self, name: str) -> None:
        """SIGKILL for the process and every child of it."""
        process = self.running.pop(name)
        if name == "redis":
            process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):  # it ended before, and its children too
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def children(self, name: str) -> list[int]:
        """The processes of a pool."""
        listed = Path(f"/proc/{self.running[name].pid}/task").glob("*/children")
        return [int(pid) for file in listed for pid in file.read_text().split()]

    def wait_for_children(self, name: str, count: int = 2) -> list[int]:
        until = time.monotonic() + 60
        while len(found := self.children(name)) < count:
            assert time.monotonic() < until, self.logs()
            time.sleep(0.05)
        return found

    def end(self) -> None:
        for name in list(self.running):
            self.kill(name)
        for file in self.folder.glob("*.log"):  # the next test reads its own
            file.unlink()
        self.sink.behave_well()

    def logs(self) -> str:
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{file.name}: {file.read_text()[-4000:]}" for file in files)

    def failures(self) -> str:
        """What the web processes wrote of answers with 500, the first three."""
        lines = (self.folder / "web.log").read_text().splitlines()
        return "\n".join([line for line in lines if "Internal Server Error" in line][:3])

    # --- what a visitor, a monitor and an operator see ---------------------------------------------

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body of a page; a body that is no text is posted as JSON. 0: no answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"User-Agent": AGENT, **headers}
        headers |= {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=data, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read().decode()
        except (OSError, http.client.HTTPException):  # none, or one that broke off
            return 0, {}, ""

    def status(self, path: str) -> int:
        return self.ask(path)[0]

    def form(self, path: str) -> dict[str, str]:
        """The form at that path as a visitor's page knows it; the web server has to run."""
        self.wait_for("/readyz/", 200)
        _status, _headers, page = self.ask(path)
        token = re.search(r'name="token" value="([^"]+)"', page)
        assert token, page
        public_id, opened_at = token.group(1).partition(".")[0].rsplit("-", 1)
        subject = f"{public_id}-{int(opened_at) - 10}"  # nobody types faster than two seconds
        secret = self.environment["SECRET_KEY"]
        return {"path": path, "token": tokens.sign(secret, "form.v1", subject)}

    def wait_for(self, path: str, status: int, patience: float = 90) -> None:
        until = time.monotonic() + patience
        while (seen := self.status(path)) != status:
            self.supervise()
            assert time.monotonic() < until, (path, seen, self.logs())
            time.sleep(0.2)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        with (
            contextlib.closing(psycopg2.connect(self.environment["DATABASE_URL"])) as there,
            there.cursor() as cursor,
        ):
            there.autocommit = True
            cursor.execute(sql, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    def value(self, sql: str, *values: Any) -> Any:
        return self.rows(sql, *values)[0][0]

    def wait_until(self, sql: str, *values: Any, patience: float = 60) -> float:
        """Wait until a query answers true; the seconds that it took."""
        begun = time.monotonic()
        while not self.value(sql, *values):
            assert time.monotonic() - begun < patience, (sql, values, self.unsettled(), self.logs())
            time.sleep(0.1)
        return time.monotonic() - begun

    def hint(self, times: int = 1) -> None:
        """What a commit does: tell the workers that mail is due."""
        with Celery(broker=self.environment["REDIS_URL"]) as teller:
            for _ in range(times):
                teller.send_task("leadflow.mail.tasks.send_due", ignore_result=True)

    def wait_for_hints(self, *, in_hand: int = 0) -> None:
        """Wait until the workers have so many hints in hand, or none is left and all is done."""
        until = time.monotonic() + 30
        with Redis(port=self.redis_port) as client:
            # a hint on its way to a worker is for a moment neither waiting nor in hand
            while client.hlen("unacked") < in_hand or (
                not in_hand and client.exists("celery", "unacked")
            ):
                assert time.monotonic() < until, self.logs()
                time.sleep(0.05)

    def flush_redis(self) -> None:
        """Redis forgets everything, at once."""
        with Redis(port=self.redis_port) as client:
            client.flushall()

    # --- PostgreSQL ------------------------------------------------------------------------------

    def postgres(self, verb: str) -> None:
        """`pg_ctl stop|start|restart` without any politeness."""
        more = () if verb == "start" else ("-m", "immediate")
        log = () if verb == "stop" else ("-l", self.server.log)
        done = self.server._call(
            binaries() / "pg_ctl", "-D", self.server.data, "-w", *log, *more, verb
        )
        assert done.returncode == 0, done.stderr

    # --- the referee -----------------------------------------------------------------------------

    def settle(self, batch: str, *, clean: bool = False) -> None:
        """Let everything of a batch come to its end. Leases of the dead run out, as time would do it."""
        for name in ("worker", "dispatch"):
            if name in self.running:
                self.stop(name)
        self.sink.behave_well()
        if not clean:
            self.rows("UPDATE mail_delivery SET lease_until = now() WHERE lease_until IS NOT NULL")
        self.rows("UPDATE mail_delivery SET not_before = now() WHERE state = 'queued'")
        self.rows("UPDATE mail_transport SET open_until = NULL")
        self.start("worker")
        self.wait_for_children("worker")
        self.hint()
        open_rows = "state IN ('planned', 'queued', 'claimed', 'sending')"
        self.wait_until(
            f"SELECT NOT EXISTS (SELECT 1 FROM mail_delivery WHERE key LIKE %s AND {open_rows})",
            f"{batch}:%",
        )

    def states(self, batch: str) -> dict[str, int]:
        return dict(
            self.rows(
                "SELECT state, count(*) FROM mail_delivery WHERE key LIKE %s GROUP BY state",
                f"{batch}:%",
            )
        )

    def unsettled(self) -> list[tuple[Any, ...]]:
        """What hangs where a wait ends in vain: mail by state with its next turn, and its errors."""
        return self.rows(
            "SELECT state, tries, reason, count(*), min(not_before), max(lease_until), now()"
            " FROM mail_delivery WHERE state <> 'sent' GROUP BY 1, 2, 3"
        ) + self.rows("SELECT id, open_until FROM mail_transport WHERE open_until IS NOT NULL")

    def judge_mail(self, batch: str, written: int, *, most_uncertain: int) -> None:
        """Nothing is lost, doubled or stuck, and what we say is what the next server saw."""
        states = self.states(batch)
        assert sum(states.values()) == written
        assert set(states) <= {"sent", "uncertain"}, states
        assert states.get("uncertain", 0) <= most_uncertain
        of_state: dict[str, set[str]] = {"sent": set(), "uncertain": set()}
        for state, public_id in self.rows(
            "SELECT state, public_id FROM mail_delivery WHERE key LIKE %s", f"{batch}:%"
        ):
            of_state[state].add(uuid.UUID(str(public_id)).hex)
        ours = of_state["sent"] | of_state["uncertain"]
        arrived = [row["id"] for row in self.sink.accepted if row["id"] in ours]
        assert len(arrived) == len(set(arrived)), "a mail arrived twice"
        assert of_state["sent"] <= set(arrived), "a mail counts as sent and never arrived"

    def judge_posts(self, prefix: str, acknowledged: Iterable[str]) -> None:
        """Who saw a thank-you has one row, and one lead; nobody else has any."""
        kept = self.rows(
            "SELECT client_submission_id FROM capture_submission WHERE client_submission_id LIKE %s",
            f"{prefix}-%",
        )
        assert sorted(name for (name,) in kept) == sorted(acknowledged)
        self.wait_until(
            "SELECT NOT EXISTS (SELECT 1 FROM capture_submission WHERE client_submission_id LIKE %s"
            " AND (state <> 'processed' OR lead_id IS NULL))",
            f"{prefix}-%",
        )
        people, leads = self.rows(
            "SELECT count(DISTINCT answers->>'email'), count(DISTINCT lead_id)"
            " FROM capture_submission WHERE client_submission_id LIKE %s",
            f"{prefix}-%",
        )[0]
        assert people == leads

    def judge_facts(self, patience: float = 180) -> None:
        """Every fact has reached its reactions, once, and what is kept for speed agrees with them."""
        self.wait_until(
            "SELECT NOT EXISTS (SELECT 1 FROM events_event WHERE dispatched_at IS NULL)",
            patience=patience,
        )
        assert self.rows("SELECT handler, error FROM events_eventfailure") == []
        checked = self.run("python", "-m", "leadflow", "recompute", "--check")
        assert checked.returncode == 0, checked.stdout + checked.stderr
