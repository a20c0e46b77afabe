"""The doctor: what is red, and what it says to do."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.test import Client

from leadflow.events.models import Event
from leadflow.operations import doctor, tasks
from leadflow.operations.doctor import Colour
from leadflow.operations.models import Heartbeat
from tests.processes import free_port


def colours(check: str) -> set[Colour]:
    return {line.colour for line in doctor.examine() if line.check == check}


def test_without_a_worker_it_is_red_and_says_what_to_start(
    db: None, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit) as end:
        call_command("doctor")
    assert end.value.code == 1
    assert "leadflow up" in capsys.readouterr().out


def test_a_worker_that_took_up_a_tick_is_green(db: None):
    tasks.heartbeat()
    tasks.heartbeat()
    assert Heartbeat.objects.count() == 1
    assert colours("workers") == {Colour.GREEN}


def test_a_worker_that_fell_silent_is_red(db: None):
    tasks.heartbeat()
    Heartbeat.objects.update(seen_at=datetime.now(UTC) - timedelta(minutes=3))
    assert colours("workers") == {Colour.RED}


def test_a_fact_that_waits_is_red(db: None):
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    Event.objects.create(kind="lead.captured", occurred_at=long_ago, recorded_at=long_ago)
    assert colours("relay") == {Colour.RED}


def test_the_database_and_the_clock_are_green_here(db: None):
    assert colours("database") == {Colour.GREEN}
    assert colours("clock") == {Colour.GREEN}


def test_a_redis_that_does_not_answer_is_red(db: None, settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert colours("broker") == {Colour.RED}


def test_a_mail_server_that_does_not_answer_is_red(db: None, settings):
    settings.SMTP_HOST, settings.SMTP_PORT = "127.0.0.1", free_port()
    assert colours("mail") == {Colour.RED}


def test_debug_and_a_short_key_are_red(db: None, settings):
    settings.DEBUG, settings.SECRET_KEY = True, "short"
    assert [line.colour for line in doctor.examine() if line.check == "settings"][:2] == [
        Colour.RED
    ] * 2


def test_every_line_that_is_not_green_says_what_to_do(db: None):
    assert all(line.advice for line in doctor.examine() if line.colour != Colour.GREEN)


def test_it_speaks_json(db: None, capsys: pytest.CaptureFixture[str]):
    tasks.heartbeat()
    call_command("doctor", "--json")
    told = json.loads(capsys.readouterr().out)
    assert {"settings", "disk", "broker", "mail", "database", "clock", "workers", "relay"} <= {
        line["check"] for line in told
    }


def test_a_monitor_hears_colours_and_no_details(client: Client, db: None):
    answer = client.get("/healthz/deep/")
    assert answer.status_code == 503
    assert answer.json()["workers"] == "red"
    tasks.heartbeat()
    assert client.get("/healthz/deep/").status_code == 200


def test_alive_asks_no_database(client: Client):
    assert client.get("/healthz/").status_code == 200


def test_ready_reaches_the_database(client: Client, db: None):
    assert client.get("/readyz/").status_code == 200
