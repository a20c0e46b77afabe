"""H: rules that are meant to be slow, and what strangers can do to the log."""

import copy
import io
import json
import logging

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.urls import reverse

from leadflow.kit import logs
from leadflow.segments.models import Segment
from leadflow.web import rules

pytestmark = pytest.mark.django_db
ONE = {"field": "lead.country", "op": "is", "value": "DE"}


def deep(levels):
    rule = {"all": [ONE]}
    for _level in range(levels):
        rule = {"all": [rule]}
    return rule


BOMBS = {
    "five hundred conditions": json.dumps({"all": [ONE] * 500}),
    "five hundred in groups": json.dumps({"all": [{"any": [ONE] * 50}] * 10}),
    "fifty deep": json.dumps(deep(50)),
    "ten thousand deep": '{"all":[' * 10_000 + "]}" * 10_000,
    "a list of values without end": json.dumps(
        {"all": [ONE | {"op": "is_any_of", "value": ["DE"] * 10_000}]}
    ),
    "a word of a million signs": json.dumps({"all": [ONE | {"value": "x" * 1_000_000}]}),
    "a number of ten thousand digits": '{"all": [' + "9" * 10_000 + "]}",
}


@pytest.mark.parametrize("rule", BOMBS.values(), ids=BOMBS)
def test_abuse_H03_a_rule_too_large_is_refused_where_it_is_saved(client, max, rule):
    client.force_login(max)

    answer = client.post("/segments/new/", {"name": "Bomb", "kind": "dynamic", "condition": rule})

    assert answer.status_code in {400, 413, 422}
    assert not Segment.objects.exists()


@pytest.mark.parametrize("rule", BOMBS.values(), ids=BOMBS)
def test_abuse_H03_a_rule_too_large_is_not_even_counted(client, max, rule):
    client.force_login(max)

    answer = client.post(reverse("web:rule-preview", args=["lead"]), {"field": "r", "r": rule})

    assert answer.status_code in {200, 400, 413}
    assert not (answer.context or {}).get("count")


def test_abuse_H03_the_database_ends_a_count_that_takes_longer_than_ten_seconds():
    assert rules.PATIENCE <= 10_000  # milliseconds

    with transaction.atomic(), connection.cursor() as cursor:
        rules.be_patient(for_=50)
        with pytest.raises(OperationalError):
            cursor.execute("SELECT pg_sleep(5)")
        transaction.set_rollback(True)


@pytest.fixture
def written(monkeypatch):
    """What the log holds, written by the formatter and the filter that the settings name."""
    config = copy.deepcopy(settings.LOGGING)
    assert config["formatters"]["line"]["()"] == "leadflow.kit.logs.Line"
    assert config["filters"]["capped"]["()"] == "leadflow.kit.logs.Capped"
    assert config["handlers"]["console"]["filters"] == ["capped"]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.Line())
    handler.addFilter(logs.Capped())
    logger = logging.getLogger("django.request")
    monkeypatch.setattr(logger, "handlers", [handler])
    return lambda: stream.getvalue().splitlines()


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere\r\n2026-11-22 ERROR root admin signed in",
        "/nowhere\x1b[2J\x1b[31mred",
        "/nowhere\u2028next\u0085line\x00",
        "/nowhere" + "x" * 50_000,
        "/nowhere" + "😀" * 5_000,
    ],
)
def test_abuse_H05_one_request_is_one_line_of_the_log(client, written, path):
    client.get(path)

    (line,) = written()
    assert len(line.encode()) <= logs.MOST_BYTES
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"].startswith("Not Found: /nowhere")


def test_abuse_H05_an_error_with_a_long_trace_is_one_line_with_its_reason(written):
    def deeper(levels):
        if levels == 0:
            raise ValueError("the reason\r\nis here" + "ä" * 300)
        deeper(levels - 1)

    try:
        deeper(400)
    except ValueError:
        logging.getLogger("django.request").exception("It broke\n%s", "ö" * 3_000)

    (line,) = written()
    assert len(line) <= logs.MOST_BYTES
    assert "\\u00e4" in json.loads(json.dumps(line))


def test_abuse_H05_a_flood_of_strangers_fills_no_disk(client, written):
    for _n in range(20):
        assert client.get("/api/v1/leads/").status_code == 401
    for n in range(10_000):
        logging.getLogger("django.request").warning("Unauthorized: /api/v1/leads/%d", n)

    assert 20 <= len(written()) <= 2 * logs.MOST_A_MINUTE  # a minute may end in between


def test_abuse_H05_the_next_minute_says_how_many_lines_were_left_out(monkeypatch):
    cap, at = logs.Capped(most=3), [0.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: at[0])
    record = logging.LogRecord("flooded", logging.WARNING, "", 0, "Again", (), None)
    other = logging.LogRecord("calm", logging.WARNING, "", 0, "Once", (), None)

    assert [cap.filter(record) for _n in range(10)] == [True] * 3 + [False] * 7
    assert cap.filter(other)
    at[0] = 60.0

    assert cap.filter(record)
    assert json.loads(logs.Line().format(record))["left_out"] == 7
