"""A worker that fixes and hands over a broadcast in small chunks; started and killed by tests."""

import sys
import threading
from functools import partial

import django

django.setup()

from leadflow.runs import leasing, working  # noqa: E402
from nurturing.services import audience, sending, subjects  # noqa: E402


def say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def said(function):
    """`function`, which says so when its chunk is about to be committed."""

    def wrapped(*args, **kwargs):
        result = function(*args, **kwargs)
        say("chunk")
        return result

    return wrapped


audience.batches = partial(audience.batches, size=10)
sending.freeze_some = said(sending.freeze_some)
sending.hand_over = said(partial(sending.hand_over, limit=5))
subjects.let_go = said(partial(subjects.let_go, limit=7))
say("ready")
run = leasing.claim(heavy=True, run_id=int(sys.argv[1]))
say(working.execute(run, threading.Event()) if run else "none")
