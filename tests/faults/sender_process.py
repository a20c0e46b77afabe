"""A sending process. With CRASH_AT it kills itself at that step of the protocol; else it sends on."""

import os
import signal
import sys
import time
from datetime import timedelta

import django

django.setup()

from leadflow.mail import ledger, smtp  # noqa: E402
from leadflow.mail.sender import Sender  # noqa: E402


def die(*_args, **_kwargs):
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(function):
    def wrapped(*args, **kwargs):
        result = function(*args, **kwargs)
        die()
        return result

    return wrapped


def die_after_the_dot(self, data, _push=smtp.Wire._push):
    _push(self, data)
    time.sleep(0.2)  # the server has it and has written it down
    die()


match os.environ.get("CRASH_AT"):
    case "claimed":
        ledger.claim = then_die(ledger.claim)
    case "354":
        ledger.begin = die
    case "begun":
        ledger.begin = then_die(ledger.begin)
    case "dot":
        smtp.Wire._push = die_after_the_dot
    case "answered":
        ledger.pass_on = ledger.finish = die
    case "passed on":
        smtp.SOON = 60  # however busy the machine is
        ledger.pass_on = then_die(ledger.pass_on)
    case "finished":
        ledger.finish = then_die(ledger.finish)

stopping = []
signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
lease = timedelta(seconds=float(os.environ.get("LEASE", "60")))
sys.stdout.write("ready\n")
sys.stdout.flush()
while not stopping:
    Sender(lease=lease, stop=lambda: bool(stopping)).run()
    time.sleep(0.02)
