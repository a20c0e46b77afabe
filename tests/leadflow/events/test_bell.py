"""The message to the relay goes out past the request: at once, once, and never in its way."""

import os
import time

import pytest

from leadflow.events import bell as bells
from leadflow.events.bell import Bell


@pytest.fixture
def sent(monkeypatch):
    """What was sent, by the moment; the broker takes a fifth of a second for each."""
    moments = []

    def slow(*args, **kwargs):
        time.sleep(0.2)
        moments.append(time.monotonic())

    monkeypatch.setattr(bells.current_app, "send_task", slow)
    return moments


def wait_for(count, moments):
    until = time.monotonic() + 5
    while len(moments) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_who_rings_does_not_wait_for_the_broker(sent):
    bell = Bell()
    begun = time.monotonic()

    bell.ring()

    assert time.monotonic() - begun < 0.15
    wait_for(1, sent)


def test_many_commits_share_a_message_and_the_last_is_told(sent):
    bell = Bell()
    for _turn in range(50):
        bell.ring()
        time.sleep(0.005)
    last = time.monotonic()

    wait_for(2, sent)
    time.sleep(0.3)

    assert len(sent) < 10
    assert sent[-1] > last


def test_a_broker_that_is_away_is_written_down_and_tried_again(monkeypatch, caplog):
    answers = [OSError("away"), None]
    tried = []

    def send_task(*args, **kwargs):
        tried.append(1)
        if error := answers.pop(0):
            raise error

    monkeypatch.setattr(bells.current_app, "send_task", send_task)
    bell = Bell()
    bell.ring()
    wait_for(1, tried)
    bell.ring()

    wait_for(2, tried)
    assert "could not be woken" in caplog.text


def test_a_process_that_ends_sends_what_was_rung_last(sent):
    bell = Bell()
    bell.ring()
    wait_for(1, sent)
    bell.ring()

    bell.finish()

    assert len(sent) == 2


def test_a_child_of_a_fork_rings_by_a_thread_of_its_own(sent):
    bells.bell.ring()
    read, write = os.pipe()

    child = os.fork()
    if not child:  # pragma: no cover (another process)
        bells.bell.ring()
        time.sleep(0.4)
        os.write(write, b"y" if bells.bell._thread and bells.bell._thread.is_alive() else b"n")
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(read, 1) == b"y"
