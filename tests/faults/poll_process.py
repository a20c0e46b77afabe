"""A process that looks into mailboxes. With CRASH_AT it kills itself at that step."""

import os
import signal
from datetime import timedelta

import django

django.setup()

from leadflow.mail import imap, inbound, polling  # noqa: E402


def die(*_args, **_kwargs):
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(function, after=1):
    calls = []

    def wrapped(*args, **kwargs):
        result = function(*args, **kwargs)
        calls.append(1)
        if len(calls) == after:
            die()
        return result

    return wrapped


match os.environ.get("CRASH_AT"):
    case "claimed":
        polling.claim = then_die(polling.claim)
    case "fetched":
        imap.Session.fetch = then_die(imap.Session.fetch, after=2)
    case "kept":  # the row is written, its transaction is not committed
        inbound.receive = then_die(inbound.receive, after=2)
    case "taken":
        polling.take = then_die(polling.take, after=2)
    case "read":
        polling._finish = die

polling.poll_due(lease=timedelta(seconds=float(os.environ.get("LEASE", "60"))))
