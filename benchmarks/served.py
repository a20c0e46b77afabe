"""A WSGI program under waitress in a process of its own, and what it costs."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parents[1]
START = 120  # seconds that a busy machine may take to start Django
_TICK = os.sysconf("SC_CLK_TCK")


class Served:
    """Eight threads on a port of their own; PostgreSQL knows its connections by `name`."""

    def __init__(self, application: str, name: str) -> None:
        self.name = name
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        command = [sys.executable, "-m", "waitress", "--host=127.0.0.1", f"--port={self.port}",
                   "--threads=8", application]  # fmt: skip
        self.process = subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            env=os.environ | {"PGAPPNAME": name},
        )  # fmt: skip
        patience = time.monotonic() + START
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > patience:
                self.stop()
                raise RuntimeError(f"{application} does not answer")
            time.sleep(0.1)

    def _answers(self) -> bool:
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0

    def web_seconds(self) -> float:
        """CPU that the program has used, user and system."""
        return cpu_seconds(self.process.pid)

    def database_seconds(self) -> float:
        """CPU that PostgreSQL has used for its connections; 0 where the server runs elsewhere."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = %s", [self.name]
            )
            return sum(cpu_seconds(pid) for (pid,) in cursor.fetchall())

    def megabytes(self) -> int:
        """What the process holds now."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) // 1024
        return 0

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far; 0 where it is not of this machine."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    fields = told.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK
