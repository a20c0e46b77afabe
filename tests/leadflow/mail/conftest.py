import itertools
import select

import pytest

from leadflow.mail import smtp
from leadflow.mail.models import Delivery
from leadflow.mail.services import queue
from tests.sinks.smtp import SmtpSink


@pytest.fixture
def sink(tmp_path):
    """An SMTP server of our own; not yet the one that LeadFlow sends through."""
    server = SmtpSink(tmp_path / "journal.jsonl").start()
    yield server
    server.stop()


@pytest.fixture
def wired(sink, settings, monkeypatch):
    """SMTP is set and leads to the sink."""
    settings.SMTP_HOST, settings.SMTP_PORT = "127.0.0.1", sink.port
    settings.SMTP_SECURITY, settings.SMTP_USER = "none", ""
    monkeypatch.setattr(smtp.Wire, "getreply", patient_with(sink))
    return sink


def patient_with(sink):
    """Wait as long as the sink works on an answer, and no longer than it takes to know that it hangs.

    A time that is short enough for a test is too short for a busy machine.
    """
    getreply = smtp.Wire.getreply

    def wait(wire, *args, **kwargs):
        while not (_has_read(wire) or select.select([wire.sock], [], [], 0.05)[0]):
            if sink.hanging.is_set():
                sink.hanging.clear()
                wire.sock.settimeout(0.05)
                break
        return getreply(wire, *args, **kwargs)

    return wait


def _has_read(wire):
    """Whether an answer came along with an earlier one, and lies in the buffer."""
    if wire.file is None:
        return False
    patience = wire.sock.gettimeout()
    wire.sock.setblocking(False)
    try:
        return bool(wire.file.peek(1))
    except OSError:
        return True
    finally:
        wire.sock.settimeout(patience)


@pytest.fixture
def write():
    """Queue a message with just the fields that matter."""
    numbers = itertools.count(1)

    def _write(to="ann@customer.test-mail.com", kind="marketing", **fields):
        n = next(numbers)
        fields = {"key": f"t:{n}", "subject": f"Hello {n}", "text": "Good morning."} | fields
        return queue(to=to, kind=kind, **fields)

    return _write


@pytest.fixture
def state():
    """How a delivery stands in the database."""

    def _state(delivery):
        return Delivery.objects.get(pk=delivery.pk)

    return _state
