"""Lines of the log: one JSON object each, bounded in length and in number, whatever is logged."""

import json
import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any

MOST_BYTES = 2_048
MOST_A_MINUTE = 200  # of one logger and level
_MOST_MESSAGE = 600  # signs; one may take six bytes, and a minute's path is seldom longer
_MOST_TRACE = 1_000


class Line(logging.Formatter):
    """A record as one line of JSON: line breaks and control signs in it are escaped, so that nobody
    who chooses a part of the message can forge a second line or colour a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; an error brings the end of its trace, where its reason stands."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name[:100],
            "message": record.getMessage()[:_MOST_MESSAGE],
        }
        if left_out := getattr(record, "left_out", 0):
            told["left_out"] = left_out
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)[-_MOST_TRACE:]
        line = json.dumps(told)
        while len(line) > MOST_BYTES:
            longest = max(("message", "trace"), key=lambda key: len(json.dumps(told.get(key, ""))))
            half = len(told[longest]) // 2
            told[longest] = told[longest][:half] if longest == "message" else told[longest][-half:]
            line = json.dumps(told)
        return line


class Capped(logging.Filter):
    """Lets a logger write so many lines of a level in a minute and counts the others.

    The first line of the next minute says how many were left out. A flood of one logger leaves the
    others alone.
    """

    def __init__(self, most: int = MOST_A_MINUTE) -> None:
        super().__init__()
        self.most = most
        self._seen: dict[tuple[str, int], tuple[int, int]] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this record is written."""
        minute = int(time.monotonic()) // 60
        key = (record.name, record.levelno)
        with self._lock:
            since, count = self._seen.get(key, (minute, 0))
            left_out = max(0, count - self.most) if since != minute else 0
            count = 1 if since != minute else count + 1
            self._seen[key] = (minute, count)
        if left_out:
            record.left_out = left_out
        return count <= self.most
