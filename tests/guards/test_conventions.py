"""Conventions that no linter knows: one clock, one door out, no host of the request, files of a readable size."""

import ast
import re

import pytest

from tests.guards.sources import ROOT, our_files

# Who may look at the clock of the machine, and why; business asks `leadflow.kit.clock`.
OWN_CLOCK = {
    "leadflow/kit/clock.py": "it is the clock",
    "leadflow/web/visitors.py": "limits per minute hold real floods back",
    "capture/services/limits.py": "limits per minute hold real floods back",
    "capture/forms/intake.py": "how fast a form was filled in is real time",
    "leadflow/mail/compose.py": "the Date of a message is when it is written",
    "leadflow/mail/engagement.py": "nobody reads within two real seconds",
    "leadflow/operations/backup.py": "a backup is named by when it was made",
    "leadflow/operations/doctor.py": "compares the clocks of machine and database",
    "leadflow/console/views/own.py": "sessions end by real time",
}
# Who may open a connection, and to whom.
DOORS_OUT = {
    "leadflow/mail/imap.py": {"imaplib", "socket", "ssl"},  # the mailboxes that are read
    "leadflow/mail/smtp.py": {"smtplib", "ssl"},  # the mail server
    "leadflow/net.py": {
        "requests",
        "http.client",
        "socket",
        "ssl",
    },  # other programs: the only HTTP client
    "leadflow/operations/serve.py": {"socket"},  # listens, and calls nobody
}
NETWORK = {
    "socket", "ssl", "smtplib", "imaplib", "poplib", "ftplib", "telnetlib", "dns", "http.client",
    "urllib.request", "urllib3", "requests", "httpx", "aiohttp",
}  # fmt: skip
LONGEST_FILE, LONGEST_FUNCTION = 500, 60
LONG_FOR_A_REASON = {"leadflow/web/editor.py words": "a list of the editor's words, nothing more"}


def calls(tree):
    """Dotted names of what is called: `timezone.now`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_business_asks_the_one_clock():
    ways = re.compile(r"(timezone\.now|datetime\.(now|utcnow|today)|date\.today|time\.time)$")
    asked = {path for path, tree in our_files() for name, _node in calls(tree) if ways.search(name)}

    assert asked - set(OWN_CLOCK) == set()
    assert set(OWN_CLOCK) - asked == set(), "nobody needs this allowance any more"


def test_nobody_opens_a_connection_but_the_doors_out():
    found = {
        f"{path}: {name}"
        for path, tree in our_files()
        for name in set(imported(tree)) & NETWORK
        if name not in DOORS_OUT.get(path, set())
    }

    assert not found


@pytest.mark.parametrize(
    "forbidden", ["build_absolute_uri", "get_host", "mark_safe", "apply_async", "delay", "extra"]
)
def test_nothing_of_ours_calls(forbidden):
    """Hosts come from PUBLIC_BASE_URL, HTML from autoescape, work from rows, SQL from parameters."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in our_files()
        for name, node in calls(tree)
        if name.rsplit(".", 1)[-1] == forbidden
    ]

    assert not found


def test_time_of_a_task_lives_in_its_row():
    found = [
        f"{path}:{node.lineno} {word.arg}"
        for path, tree in our_files()
        for _name, node in calls(tree)
        for word in node.keywords
        if word.arg in {"countdown", "eta"}
    ]

    assert not found


def test_nothing_is_pickled():
    assert not [
        path for path, tree in our_files() if {"pickle", "marshal", "shelve"} & set(imported(tree))
    ]


def test_a_file_can_be_read_in_one_sitting():
    long = [
        path
        for path, _tree in our_files()
        if len((ROOT / path).read_text().splitlines()) > LONGEST_FILE
    ]

    assert not long


def test_a_function_can_be_seen_whole():
    long = {
        f"{path} {node.name}"
        for path, tree in our_files()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }

    assert long == set(LONG_FOR_A_REASON)
