"""A lean HTTP client: one thread, many connections, each sends its next post when it has its answer."""

import json
import selectors
import socket
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Posts:
    """What one load found: seconds of each answer, and how long all took."""

    seconds: float = 0
    each: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.each) / self.seconds

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many per cent of the answers came."""
        return statistics.quantiles(self.each, n=100)[percent - 1] * 1000


class _Line:
    """One connection and the posts that it still has to send."""

    def __init__(self, port: int, posts: Iterator[bytes]) -> None:
        self.port = port
        self.connect()
        self.posts = posts
        self.got = b""
        self.sent_at = 0.0

    def connect(self) -> None:
        """Open the connection."""
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def is_over(self) -> bool:
        """Whether the server closes the connection behind its answer, as waitress does after a 204."""
        return b"\r\nconnection: close" in self.got.partition(b"\r\n\r\n")[0].lower()

    def send(self) -> bool:
        """Send the next post; False where none is left."""
        post = next(self.posts, None)
        if post is None:
            return False
        self.got = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(post)
        return True

    def is_answered(self) -> bool:
        """Read what came; True with the last byte of an answer. AssertionError unless it is a 200 or 204."""
        came = self.socket.recv(65536)
        self.got += came
        head, blank, body = self.got.partition(b"\r\n\r\n")
        if not came or (blank and not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204"))):
            raise AssertionError(self.got[:400])
        told = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return bool(blank) and len(body) >= int(told or 0)


def post_of(path: str, key: str, body: dict[str, object]) -> bytes:
    """A whole request with a JSON body."""
    text = json.dumps(body)
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {key}\r\nContent-Length: {len(text)}\r\n\r\n{text}"
    ).encode()


def run(port: int, lines: list[list[bytes]]) -> Posts:
    """Send each list over a connection of its own, all at once."""
    found = Posts()
    ready = selectors.DefaultSelector()
    begun = time.perf_counter()
    for posts in lines:
        line = _Line(port, iter(posts))
        ready.register(line.socket, selectors.EVENT_READ, line)
        line.send()
    while ready.get_map():
        for key, _event in ready.select(timeout=60):
            line = key.data
            if line.is_answered():
                found.each.append(time.perf_counter() - line.sent_at)
                if line.is_over:
                    ready.unregister(line.socket)
                    line.socket.close()
                    line.connect()
                    ready.register(line.socket, selectors.EVENT_READ, line)
                if not line.send():
                    ready.unregister(line.socket)
                    line.socket.close()
    found.seconds = time.perf_counter() - begun
    return found
