"""An SMTP server that is the referee: it journals each accepted message with fsync before it replies.

`behave` scripts what happens at a point of the dialogue, for the next `times` dialogues:
a reply ("550 5.1.1 no such user"), "cut" (drop the connection), "hang" (never answer) or "slow".
The seven points of a cut: banner, mail, rcpt, data, body, dot (before the message is kept) and
accepted (kept and journalled, but the reply never leaves).
"""

import asyncio
import base64
import contextlib
import email
import json
import os
import threading
from dataclasses import dataclass, field
from email.policy import default as default_policy
from pathlib import Path

from tests.sinks.letters import complaints, one_name_each

POINTS = ("banner", "ehlo", "mail", "rcpt", "data", "body", "dot", "accepted")
_GOOD = {
    "banner": "220 sink.test ESMTP",
    "ehlo": "250-sink.test\r\n250-SIZE 20000000\r\n250-PIPELINING\r\n250 SMTPUTF8",
    "mail": "250 2.1.0 sender ok",
    "rcpt": "250 2.1.5 recipient ok",
    "data": "354 go ahead",
    "accepted": "250 2.0.0 queued",
}


class _Cut(Exception):
    pass


@dataclass
class _Letter:
    """The envelope of the message under way."""

    sender: str = ""
    rcpt: list[str] = field(default_factory=list)
    international: bool = False
    is_begun: bool = False


def _between(line: str) -> str:
    return line[line.find("<") + 1 : line.find(">")]


class SmtpSink:
    """One server on a free port of 127.0.0.1, in a thread of its own."""

    def __init__(self, journal: Path, *, signs_in: str = "") -> None:
        self.journal = journal
        self.signs_in = signs_in  # what AUTH has to bring, decoded; empty: nobody signs in
        self.port = 0
        self.connections = 0
        self.complaints: list[str] = []  # what standards say against the messages that came
        self._rules: list[dict] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self.hanging = threading.Event()  # set once it will not answer
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task] = set()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def start(self) -> "SmtpSink":
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        assert self.complaints == [], self.complaints
        shared = one_name_each(self.accepted)
        assert shared == [], shared

    def behave(self, point: str, what: str, times: int = 1, rcpt: str = "") -> None:
        """At `point`, do `what` the next `times` times (only for a receiver, where one is given)."""
        assert point in POINTS
        with self._lock:
            self._rules.append({"point": point, "what": what, "times": times, "rcpt": rcpt})

    def behave_well(self) -> None:
        with self._lock:
            self._rules.clear()

    @property
    def accepted(self) -> list[dict]:
        """What was journalled: dicts with rcpt, sender, id and raw."""
        if not self.journal.exists():
            return []
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    @property
    def messages(self) -> list:
        """The accepted messages, parsed."""
        return [
            email.message_from_string(row["raw"], policy=default_policy) for row in self.accepted
        ]

    def _rule(self, point: str, rcpt: str) -> str | None:
        with self._lock:
            for rule in self._rules:
                if rule["point"] == point and rule["times"] > 0 and rule["rcpt"] in ("", rcpt):
                    rule["times"] -= 1
                    return rule["what"]
        return None

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._client, "127.0.0.1", 0, limit=2**24)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._dialogue(reader, writer)
        except (_Cut, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            with contextlib.suppress(Exception):
                writer.transport.abort()

    async def _reply(self, writer: asyncio.StreamWriter, point: str, rcpt: str = "") -> bool:
        """Answer as scripted; whether it was the good answer."""
        what = self._rule(point, rcpt)
        if what == "cut":
            raise _Cut
        if what == "hang":
            self.hanging.set()
            await asyncio.sleep(3_600)
        reply = _GOOD[point] if what in (None, "slow") else what
        line = (reply + "\r\n").encode()
        if what == "slow":
            for byte in line:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.01)
        else:
            writer.write(line)
            await writer.drain()
        return reply[0] == _GOOD[point][0]

    async def _dialogue(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        letter = _Letter()
        await self._reply(writer, "banner")
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            verb = line.split(":")[0].split()[0].upper()
            if verb in ("EHLO", "HELO"):
                await (self._with_auth(writer) if self.signs_in else self._reply(writer, "ehlo"))
            elif verb == "AUTH" and self.signs_in:
                await self._auth(line, reader, writer)
            elif verb == "MAIL":
                letter = _Letter(sender=_between(line), international="SMTPUTF8" in line)
                letter.is_begun = await self._reply(writer, "mail")
            elif verb in ("RCPT", "DATA"):
                letter = await self._after_mail(verb, line, letter, reader, writer)
            else:
                writer.write(b"221 bye\r\n" if verb == "QUIT" else b"250 ok\r\n")
                await writer.drain()

    async def _with_auth(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"250-sink.test\r\n250-AUTH PLAIN XOAUTH2\r\n250 SMTPUTF8\r\n")
        await writer.drain()

    async def _auth(self, line: str, reader, writer) -> None:
        told = line.split(" ")[2] if line.count(" ") > 1 else ""
        if not told:
            writer.write(b"334 \r\n")
            await writer.drain()
            told = (await reader.readline()).decode().strip()
        good = base64.b64decode(told).decode().strip("\0") == self.signs_in
        writer.write(b"235 2.7.0 in\r\n" if good else b"535 5.7.8 wrong user or password\r\n")
        await writer.drain()

    async def _after_mail(self, verb, line, letter, reader, writer) -> "_Letter":
        """The rest of an envelope; what follows one that is none yet."""
        if not (letter.is_begun if verb == "RCPT" else letter.rcpt):
            # what was sent on before the refusal was read (RFC 2920)
            writer.write(b"503 5.5.1 bad sequence of commands\r\n")
            await writer.drain()
        elif verb == "RCPT":
            if await self._reply(writer, "rcpt", _between(line)):
                letter.rcpt.append(_between(line))
        elif await self._reply(writer, "data", letter.rcpt[0]):
            await self._message(reader, writer, letter)
            return _Letter()
        return letter

    async def _message(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, letter: "_Letter"
    ) -> None:
        rcpt = letter.rcpt[0]
        if self._rule("body", rcpt) == "cut":
            await reader.readline()
            raise _Cut
        raw = b""
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise _Cut
            raw += line[1:] if line.startswith(b".") else line
        what = self._rule("dot", rcpt)
        if what == "cut":
            raise _Cut
        if what is not None:
            writer.write((what + "\r\n").encode())
            await writer.drain()
            return
        self.complaints += complaints(raw, international=letter.international)
        self._keep(letter.sender, letter.rcpt, raw.decode("utf-8", "replace"))
        await self._reply(writer, "accepted", rcpt)

    def _keep(self, sender: str, recipients: list[str], raw: str) -> None:
        parsed = email.message_from_string(raw)
        row = {
            "sender": sender,
            "rcpt": recipients,
            "id": parsed["X-Delivery-ID"],
            "message_id": parsed["Message-ID"],
            "raw": raw,
        }
        with self.journal.open("a") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())
