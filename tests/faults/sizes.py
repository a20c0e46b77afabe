"""How much of a fault is done: a short form in `make test`, the whole of it in `make faults`."""

import os

IS_LONG = os.environ.get("FAULTS") == "long"


def size(short: int, long: int) -> int:
    """How many mails, posts or kills a test does in this run."""
    return long if IS_LONG else short
