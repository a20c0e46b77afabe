"""Everything at once, and everything broken, against the real web server with its processes."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.installation import Installation
from tests.faults.sizes import size

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.needs("redis-server")]

MANY = size(120, 500)
HANDS = 32  # connections at once; eight of them can be answered at the same moment


def same_person(form, number):
    """Who sends for the number-th time; her name is spelt anew each time."""
    return {
        "email": "Same@visitor.test-mail.com" if number % 2 else "same@visitor.test-mail.com",
        "first_name": f"Ada {number}",
        "token": form["token"],
        "client_id": f"F22s-{number:04}",
    }


def test_fault_F22_posts_of_one_person_at_once_are_one_lead_and_as_many_answers(
    installation: Installation, form
):
    installation.start_redis()
    installation.start("web", "relay")
    opened = form(installation)

    with ThreadPoolExecutor(HANDS) as hands:
        answers = list(
            hands.map(
                lambda n: installation.ask(opened["path"], same_person(opened, n))[0], range(MANY)
            )
        )

    assert set(answers) == {200}
    mine = "FROM capture_submission WHERE client_submission_id LIKE 'F22s-%'"
    kept, leads, states = installation.rows(
        f"SELECT count(*), count(DISTINCT lead_id), array_agg(DISTINCT state::text) {mine}"
    )[0]
    assert (kept, leads, states) == (MANY, 1, ["processed"])
    people = "SELECT count(*) FROM leadflow_lead WHERE lower(email) = 'same@visitor.test-mail.com'"
    assert installation.value(people) == 1
    created = "SELECT count(*) FROM events_event WHERE kind = 'lead.captured' AND (data->>'created')::bool"
    assert installation.value(f"{created} AND lead_id IN (SELECT lead_id {mine})") == 1
    assert "deadlock" not in installation.logs().lower()
    # four facts of one lead a post, each after the one before: no two of them share a batch
    installation.judge_facts(patience=240)


def test_fault_F22_fifty_posts_with_one_idempotency_key_are_one_answer(
    installation: Installation, form
):
    installation.start_redis()
    installation.start("web", "relay")
    opened = form(installation)
    door = f"/api/v1/forms/{opened['path'].strip('/').partition('/')[2]}/submissions"
    body = {"email": "once@visitor.test-mail.com", "first_name": "Ada"}

    with ThreadPoolExecutor(50) as hands:
        answers = list(
            hands.map(
                lambda _n: installation.ask(door, body, **{"Idempotency-Key": "F22key-0001"}),
                range(50),
            )
        )

    assert {(status, text) for status, _headers, text in answers} == {(200, answers[0][2])}
    installation.judge_posts("F22key", ["F22key-0001"])


def said(installation, head, *parts):
    """Send bytes as they are; the first line of the answer, and empty where the line was just cut."""
    with socket.create_connection(("127.0.0.1", installation.port), timeout=30) as line:
        try:
            line.sendall(head.replace("\n", "\r\n").encode("latin-1"))
            for part in parts:
                line.sendall(part)
        except OSError:
            pass  # refused before all of it was sent
        got = b""
        while b"\r\n" not in got:
            try:
                came = line.recv(4096)
            except OSError:
                break
            if not came:
                break
            got += came
    return got.partition(b"\r\n")[0].decode("latin-1")


def head(path, *lines):
    return "\n".join(
        [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *lines, "", ""]
    )


def chunked(*parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


JSON, FORM = "Content-Type: application/json", "Content-Type: application/x-www-form-urlencoded"
MULTI = "Content-Type: multipart/form-data; boundary=b"
TEN = 10_000_000
FIELDS = "&".join(f"f{n}=v" for n in range(10_000)).encode()
LARGE = "megabytes"  # in the names of those that take long: asked of the doors that read a body
BROKEN = {
    "ten megabytes of JSON": ((JSON, f"Content-Length: {TEN}"), [b'{"a": "', b"x" * (TEN - 9), b'"}']),
    "ten megabytes of a form": ((FORM, f"Content-Length: {TEN}"), [b"a=", b"x" * (TEN - 2)]),
    "ten megabytes of parts": ((MULTI, f"Content-Length: {TEN}"), [b"--b\r\n", b"x" * (TEN - 5)]),
    "ten thousand fields": ((FORM, f"Content-Length: {len(FIELDS)}"), [FIELDS]),
    "parts without an end": ((MULTI, "Content-Length: 40"), [b'--b\r\nContent-Disposition: form-data; nam']),
    "parts without a boundary": (("Content-Type: multipart/form-data", "Content-Length: 5"), [b"--b--"]),
    "a boundary of nonsense": (('Content-Type: multipart/form-data; boundary="\xff\x01', "Content-Length: 1"), [b"x"]),
    "no JSON": ((JSON, "Content-Length: 1"), [b"{"]),
    "JSON that is no UTF-8": ((JSON, "Content-Length: 12"), [b'{"a": "\xff\xfe"}']),
    "a form that is no UTF-8": ((FORM, "Content-Length: 12"), [b"email=\xff\xfe%ff%"]),
    "NUL in a form": ((FORM, "Content-Length: 18"), [b"email=a%00@x.y&a=%"]),
    "NUL in a name": ((JSON, "Content-Length: 15"), [b'{"\\u0000a": "b"']),
    "a kind that is none": (("Content-Type: text/xml", "Content-Length: 4"), [b"<a/>"]),
    "no kind at all": (("Content-Length: 3",), [b"a=b"]),
    "a letter set that is none": (("Content-Type: application/x-www-form-urlencoded; charset=klingon", "Content-Length: 3"), [b"a=b"]),
    "a length that is none": ((JSON, "Content-Length: many"), [b"{}"]),
    "a length below nothing": ((JSON, "Content-Length: -1"), [b"{}"]),
    "two lengths": ((JSON, "Content-Length: 2", "Content-Length: 200"), [b"{}"]),
    "chunks of JSON": ((JSON, "Transfer-Encoding: chunked"), [chunked(b"[1,", b"2]")]),
    "chunks of ten megabytes": ((JSON, "Transfer-Encoding: chunked"), [chunked(*[b"x" * 100_000] * 100)]),
    "chunks that are none": ((JSON, "Transfer-Encoding: chunked"), [b"zz\r\nhello\r\n"]),
    "chunks and a length": ((JSON, "Transfer-Encoding: chunked", "Content-Length: 2"), [b"0\r\n\r\n"]),
    "a coding that is none": ((JSON, "Transfer-Encoding: gzip, klingon"), [b"{}"]),
}  # fmt: skip


def test_abuse_A08_a_broken_post_over_the_wire_is_refused_and_the_next_visitor_is_served(
    installation: Installation, form
):
    installation.start_redis()
    installation.start("web")
    opened = form(installation)
    code = opened["path"].strip("/").partition("/")[2]
    doors = [opened["path"], f"/api/v1/forms/{code}/submissions", f"{opened['path']}seen/",
             f"{opened['path']}file/", "/v/", "/d/x.y/", "/r/x.y/", "/u/x.y"]  # fmt: skip
    kept = "SELECT count(*) FROM capture_submission"
    before = installation.value(kept)

    odd = {}
    for name, (lines, parts) in BROKEN.items():
        for door in doors[:3] if LARGE in name else doors:
            answer = said(installation, head(door, "Origin: http://127.0.0.1", *lines), *parts)
            expected = " 501 " if name == "a coding that is none" else " 4"  # as RFC 9112 says
            if answer and not answer.removeprefix("HTTP/1.1").startswith(expected):
                odd[name, door] = answer

    assert odd == {}
    assert installation.value(kept) == before
    assert "Traceback" not in installation.logs()
    body = {
        "email": "after@visitor.test-mail.com",
        "token": opened["token"],
        "client_id": "F22z-0001",
    }
    status, _headers, text = installation.ask(opened["path"], body)
    assert (status, json.loads(text)["ok"]) == (200, True)
