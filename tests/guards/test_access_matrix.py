"""Nobody gets in where the matrix does not say so: every door, every method, every role.

`access_matrix.yaml` is the expectation, written by hand; the code's truth is leadflow/people/access.py.
A door without a line, and a line without a door, fail.
"""

from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from tests.guards.doors import every_door
from tests.guards.world import MARKERS, OWN, ROLES, TEAM, WHOSE, World, gathered

MATRIX = yaml.safe_load((Path(__file__).parent / "access_matrix.yaml").read_text())
LINES = MATRIX["doors"]
DOORS = {door.name: door for door in every_door() if door.name in LINES}
EXAMPLES, PAYLOADS = gathered("EXAMPLES"), gathered("PAYLOADS")
SAFE = ("GET", "HEAD", "OPTIONS")
# What the session itself keeps, and what a request may note about itself.
NOISE = ("django_session", "usersessions_usersession", '"cache"', "capture_formtraffic")
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
ADVICE = "add a line to tests/guards/access_matrix.yaml"

# the mark makes the database; each test runs in a savepoint of the module's own transaction
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One workspace for all doors; what a request changes is undone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def cookies(world):
    """Who is signed in: the session cookie of each role."""
    found = {"anon": ""}
    for role, user in world.users.items():
        client = Client()
        client.force_login(user)
        found[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return found


class Writes:
    """Statements that changed a row."""

    def __init__(self):
        self.seen = []

    def __call__(self, execute, sql, params, many, context):
        word = sql.lstrip(" (").split(None, 1)[0].upper()
        if word in {"INSERT", "UPDATE", "DELETE", "COPY", "TRUNCATE"} and not any(
            table in sql for table in NOISE
        ):
            self.seen.append(sql[:200])
        return execute(sql, params, many, context)


@contextmanager
def undone():
    """Runs and takes back; notes what was written."""
    writes = Writes()
    with transaction.atomic(), connection.execute_wrapper(writes):
        yield writes
        transaction.set_rollback(True)


def knock(cookies, role, method, url, data=None, csrf=False):
    client = Client(enforce_csrf_checks=csrf, raise_request_exception=False)
    if cookies[role]:
        client.cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: cookies[role]})
    with undone() as writes:
        answer = getattr(client, method.lower())(url, data or {})
        answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    answer.context = answer.templates = None  # large, and nobody asks for them
    return answer, writes.seen


def rights(line, method):
    """Role -> scope that the matrix gives for a method; None where the door does not have it."""
    given = (
        line.get("POST" if method not in SAFE else "GET") if method not in line else line[method]
    )
    if given == "open":
        return dict.fromkeys(ROLES, "all")
    return given


def reaches(role, scope, whose):
    """Whether a scope covers the record; bob's own stands for every role's point of view."""
    if scope == "all":
        return True
    if scope == "team":
        return whose in (OWN, TEAM)
    return scope == "own" and role == "rep" and whose == OWN


def addresses(name, world):
    """Each example of a door: whose it is, and its URL."""
    if name in EXAMPLES:
        for whose in WHOSE:
            arguments = EXAMPLES[name](world, whose)
            if arguments is not None:
                yield whose, reverse(name, kwargs=arguments)
    else:
        yield OWN, reverse(name)


def check_headers(answer, name):
    for header, value in HEADERS.items():
        assert answer.headers.get(header) == value, f"{name}: {header}"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def is_refused(answer):
    """Sent to sign in, or told no."""
    to = answer.headers.get("Location", "") + answer.headers.get("HX-Redirect", "")
    return answer.status_code in (401, 403, 404) or to.startswith(reverse("account_login"))


def test_every_door_has_a_line():
    missing = [door.name for door in every_door() if door.name not in LINES]

    assert not missing, f"{ADVICE}: {missing}"


def test_every_line_has_a_door():
    names = {door.name for door in every_door()}

    assert not [name for name in LINES if name not in names]


def test_every_door_with_arguments_has_an_example():
    missing = [n for n, door in DOORS.items() if door.arguments and n not in EXAMPLES]

    assert not missing, f"add them to tests/guards/examples_<package>.py: {missing}"


@pytest.mark.parametrize("name", sorted(DOORS))
def test_abuse_E01_a_door_opens_as_the_matrix_says(name, world, cookies):
    line, heard = LINES[name], {}
    for whose, url in addresses(name, world):
        for method in ("GET", "POST"):
            given = rights(line, method) if method in line else None
            data = PAYLOADS[name](world, whose) if method == "POST" and name in PAYLOADS else None
            for role in ROLES if given else ():
                if whose == TEAM and given.get(role) in (None, "all"):
                    continue  # whom all doors, or none, are open to is asked about the nearest and the farthest
                # what is undone answers the same again: a thing that is nobody's is asked for once
                same = (role, method, url, repr(data))
                if same not in heard:
                    heard[same] = knock(cookies, role, method, url, data)
                check_door(name, line, method, role, given.get(role), whose, heard[same])


def check_door(name, line, method, role, scope, whose, heard):
    answer, writes = heard
    what = f"{role} {method} {name} of {whose}: {answer.status_code}"
    assert answer.status_code < 500 or answer.status_code == line.get("may_be"), what
    check_headers(answer, name) if not line.get("own_headers") else None
    if line.get("by_key"):
        assert answer.status_code == 401, f"{what}; a session opens no door for programs"
    elif scope is None:
        assert is_refused(answer), what
        assert answer.status_code == 403 or role == "anon", f"{what}; a forbidden role meets 403"
    elif not reaches(role, scope, whose):
        assert answer.status_code in ((404,) if line.get("unseen", True) else (403, 404)), what
    else:
        assert answer.status_code not in (401, 405), what
        assert answer.status_code not in (403, 404) or line.get("may_refuse"), what
    if method in SAFE or scope is None or not reaches(role, scope, whose):
        assert not writes or line.get("writes"), f"{what} wrote {writes[:3]}"
    check_markers(answer, line, role, what)


def check_markers(answer, line, role, what):
    """Nothing of a record out of reach stands in the answer, whatever the door is for."""
    scope = None if role == "anon" else line.get("rows") or MATRIX["rows"].get(role)
    for whose in WHOSE:
        if scope is None or not reaches(role, scope, whose):
            found = MARKERS[whose].encode() in answer.body.lower()
            assert not found, f"{what} shows a record of {whose}"


@pytest.mark.parametrize("name", sorted(DOORS))
def test_a_door_changes_nothing_by_a_safe_or_unknown_method(name, world, cookies):
    line = LINES[name]
    _whose, url = next(iter(addresses(name, world)))
    for method in ("OPTIONS", "PUT", "PATCH", "DELETE", *({"GET", "POST"} - set(line))):
        answer, writes = knock(cookies, "admin", method, url)
        assert answer.status_code < 500 or answer.status_code == line.get("may_be"), name
        assert not writes or line.get("writes"), f"{method} {name} wrote {writes[:3]}"


@pytest.mark.parametrize("name", sorted(DOORS))
def test_abuse_D06_no_unsafe_request_passes_without_its_token(name, world, cookies):
    line = LINES[name]
    if line.get("no_csrf"):
        pytest.skip(line["no_csrf"])
    _whose, url = next(iter(addresses(name, world)))
    for method in ("POST", "DELETE"):
        answer, writes = knock(cookies, "admin", method, url, csrf=True)
        assert answer.status_code in (403, 405), f"{method} {name}: {answer.status_code}"
        assert not writes, f"{method} {name} wrote {writes[:3]}"
