"""Real LeadFlow processes for tests: started, asked, stopped, killed; and what they leave behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PASSED_ON = ("PATH", "LANG", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR")


def free_port() -> int:
    """A port that was free a moment ago."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(var: Path, **changed: str) -> dict[str, str]:
    """What a newcomer's shell has, and the folder for this installation."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return kept | {"VAR_DIR": str(var), "PYTHONWARNINGS": "default"} | changed


def command(var: Path, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run one `leadflow …` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "leadflow", *arguments],
        cwd=ROOT,
        env=clean_environment(var, **changed),
        capture_output=True,
        text=True,
        timeout=400,
    )


class Up:
    """`leadflow up` as a process of its own."""

    def __init__(
        self,
        var: Path,
        *arguments: str,
        ignoring_int: bool = False,
        as_user: int | None = None,
        **changed: str,
    ) -> None:
        self.var = var
        self.port = free_port()
        self.log = var.parent / f"{var.name}.log"
        before = signal.SIG_IGN if ignoring_int else signal.SIG_DFL
        with self.log.open("ab") as out:
            self.begun = self.log.stat().st_size
            self.process = subprocess.Popen(
                [sys.executable, "-m", "leadflow", "up", "--port", str(self.port), *arguments],
                cwd=ROOT,
                env=clean_environment(var, DEMO="0") | changed,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=as_user,
                group=as_user,
                extra_groups=None if as_user is None else [],
                preexec_fn=lambda: signal.signal(signal.SIGINT, before),
            )

    def __enter__(self) -> "Up":
        self.wait_until_it_answers()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.stop()

    @property
    def output(self) -> str:
        """What this process printed."""
        return self.log.read_bytes()[self.begun :].decode(errors="replace")

    def wait_until_it_answers(self, patience: float = 240) -> int:
        """The status of the first page."""
        until = time.monotonic() + patience
        while time.monotonic() < until and self.process.poll() is None:
            try:
                url = f"http://127.0.0.1:{self.port}/"
                return urllib.request.urlopen(url, timeout=10).status
            except urllib.error.HTTPError as error:
                return error.code
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"no answer; it said: {self.output}")

    def stop(self, number: int = signal.SIGINT) -> tuple[int, float]:
        """Ask it to stop; its exit code and the seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return code, time.monotonic() - begun

    def kill(self) -> None:
        """Kill it and its group hard."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def left_behind(folder: Path) -> list[str]:
    """Processes that name `folder` in their command line or stand in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder) in words or str(folder) in str((entry / "cwd").readlink()):
                found.append(f"{entry.name} {words[:100]}")
        except OSError:
            continue
    return found


def postmaster(var: Path) -> int:
    """The pid of the embedded server of an installation."""
    return int((var / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def is_one_sentence_for_people(text: str) -> bool:
    """No traceback: one line, said by leadflow, with a full stop."""
    lines = [line for line in text.strip().splitlines() if line]
    return len(lines) == 1 and bool(re.fullmatch(r"(leadflow: |CommandError: ).+\.", lines[0]))
