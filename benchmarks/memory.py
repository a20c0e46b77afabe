"""`python -m benchmarks.memory VAR_DIR URL EMAIL PASSWORD [PID]`: what a running `leadflow up` holds in memory.

Signs in, opens ten pages, then adds up the proportional set size (PSS: a page that n processes share counts
1/n) of the server, its children and the embedded PostgreSQL. Ends with 1 where a limit of the design is
passed: 150 MB for the web process (its resident set), 600 MB for all. PID names the process that serves URL where that
is a web process of the production split on the same database. Linux only.
"""

import re
import sys
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

PAGES = (
    "/", "/leads/", "/deals/", "/dashboard/", "/companies/", "/customers/", "/forms/", "/sequences/",
    "/segments/", "/outbox/",
)  # fmt: skip
SIGN_IN = "/sign-in/"
WEB_MB, ALL_MB = 150, 600


class Browser:
    """A connection that keeps its cookies."""

    def __init__(self, url: str) -> None:
        self.connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
        self.cookies = SimpleCookie[str]()

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        """The status and the page."""
        sent = "; ".join(f"{key}={one.value}" for key, one in self.cookies.items())
        headers = {"Cookie": sent, "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookies.load(value)
        return answer.status, answer.read().decode()


def visit(url: str, email: str, password: str) -> list[str]:
    """Sign in and open the pages; those that did not answer with a page."""
    browser = Browser(url)
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.ask("GET", SIGN_IN)[1])
    if found is None:
        sys.exit("The sign-in page has no form.")
    form = {"csrfmiddlewaretoken": found[1], "login": email, "password": password}
    if browser.ask("POST", SIGN_IN, urlencode(form))[0] != 302:
        sys.exit("The sign-in was refused.")
    answers = {path: browser.ask("GET", path)[0] for path in PAGES}
    return [
        f"{path}: {status}" for path, status in answers.items() if status not in (200, 302, 303)
    ]


def children() -> dict[int, list[int]]:
    """Every process of the machine with its children."""
    found: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended in the meantime
        found.setdefault(parent, []).append(int(stat.parent.name))
    return found


def family(root: int) -> list[int]:
    """A process and all that it started."""
    below, found = children(), [root]
    for pid in found:
        found += below.get(pid, [])
    return found


def megabytes(pid: int, name: str) -> float:
    """`Rss` or `Pss` of a process; 0 where it ended meanwhile, as a connection of the database may."""
    try:
        lines = (Path("/proc") / str(pid) / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    for line in lines:
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> int:
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    var, url, email, password, *web_pid = sys.argv[1:]
    failed = visit(url.rstrip("/"), email, password)
    server = int((Path(var) / "up.lock").read_text())
    held = {"server": family(server)}
    for pid_file in Path(var).glob("**/postmaster.pid"):
        held["PostgreSQL"] = family(int(pid_file.read_text().split("\n", 1)[0]))
    total = 0.0
    for name, pids in held.items():
        share = sum(megabytes(pid, "Pss") for pid in pids)
        total += share
        print(f"{name:12} {len(pids):3} processes {share:8.1f} MB")
    web = megabytes(int(web_pid[0]) if web_pid else server, "Rss")
    print(f"{'all':12} {total:22.1f} MB of {ALL_MB}")
    print(f"{'web process':12} {web:22.1f} MB resident of {WEB_MB}")
    print(*failed, sep="\n")
    return int(web > WEB_MB or total > ALL_MB or bool(failed))


if __name__ == "__main__":
    sys.exit(main())
