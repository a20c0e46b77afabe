"""An IMAP server for tests: one account, folders of messages, and what may go wrong with a real one.

`behave` scripts what happens at a point, for the next `times` times: "cut" (drop the connection),
"hang" (never answer), or an answer such as "NO nothing here". Points: greeting, sign_in, open, search,
sizes, fetch, append. It knows what LeadFlow's client says and answers anything else with BAD, so a command that
would mark, move or delete a message fails the test that sends it.
"""

import base64
import contextlib
import re
import socketserver
import threading

POINTS = ("greeting", "sign_in", "open", "search", "sizes", "fetch", "append")


class _Cut(Exception):
    pass


class ImapSink:
    """One server on a free port of 127.0.0.1, in threads of its own."""

    def __init__(self, user="leads@north.example", password='päss w"örd', plain=True, takes=False):
        self.user, self.password, self.plain = user, password, plain
        self.token = ""  # what XOAUTH2 has to bring
        self.takes = takes  # whether messages may be put into folders
        self.folders = {"INBOX": []}
        self.validity = 7
        self.commands: list[str] = []
        self.connections = 0
        self._next = 1
        self._rules: list[dict] = []
        self._lock = threading.Lock()
        self.hanging = threading.Event()
        self._released = threading.Event()
        sink = self

        class Client(socketserver.StreamRequestHandler):
            def handle(self):
                sink.connections += 1
                with contextlib.suppress(_Cut, OSError):
                    _Dialogue(sink, self.rfile, self.wfile).run()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Client)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    def start(self) -> "ImapSink":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def put(self, raw, folder="INBOX") -> int:
        """Deliver a message; its UID."""
        data = raw if isinstance(raw, bytes) else raw.encode()
        with self._lock:
            uid, self._next = self._next, self._next + 1
            self.folders.setdefault(folder, []).append((uid, data))
        return uid

    def number_anew(self) -> None:
        """The folder was rebuilt: other UIDs for the same messages."""
        with self._lock:
            self.validity += 1
            for name, mails in self.folders.items():
                self.folders[name] = [(n, raw) for n, (_old, raw) in enumerate(mails, start=1)]

    def behave(self, point, what, times=1) -> None:
        assert point in POINTS
        with self._lock:
            self._rules.append({"point": point, "what": what, "times": times})

    def behave_well(self) -> None:
        with self._lock:
            self._rules.clear()

    def rule(self, point) -> str | None:
        with self._lock:
            for one in self._rules:
                if one["point"] == point and one["times"] > 0:
                    one["times"] -= 1
                    return one["what"]
        return None

    def hang(self) -> None:
        self.hanging.set()
        self._released.wait(60)
        raise _Cut


class _Dialogue:
    def __init__(self, sink, rfile, wfile):
        self.sink, self.rfile, self.wfile = sink, rfile, wfile
        self.mails = []

    def say(self, line) -> None:
        self.wfile.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        self.wfile.flush()

    def run(self) -> None:
        self._script("greeting", "*")
        self.say("* OK sink.test ready")
        while line := self.rfile.readline().decode("utf-8", "replace").rstrip("\r\n"):
            tag, _space, rest = line.partition(" ")
            self.sink.commands.append(rest)
            if not self._answer(tag, rest):
                return

    def _script(self, point, tag) -> bool:
        """Whether something else than the good answer was given."""
        what = self.sink.rule(point)
        if what is None:
            return False
        if what == "cut":
            raise _Cut
        if what == "hang":
            self.sink.hang()
        self.say(f"{tag} {what}")
        return True

    def _answer(self, tag, rest) -> bool:
        verb = rest.split(" ")[0].upper()
        if verb == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1" + (" AUTH=PLAIN" if self.sink.plain else ""))
            self.say(f"{tag} OK done")
        elif verb in ("LOGIN", "AUTHENTICATE"):
            self._sign_in(tag, verb, rest)
        elif verb == "EXAMINE":
            self._open(tag, rest)
        elif verb == "UID" and rest.split(" ")[1].upper() == "SEARCH":
            self._search(tag, rest)
        elif verb == "UID" and rest.split(" ")[1].upper() == "FETCH":
            self._fetch(tag, rest)
        elif verb == "APPEND" and self.sink.takes:
            self._append(tag, rest)
        elif verb == "LOGOUT":
            self.say("* BYE")
            self.say(f"{tag} OK done")
            return False
        else:
            self.say(f"{tag} BAD not in this test")
        return True

    def _sign_in(self, tag, verb, rest) -> None:
        if verb == "AUTHENTICATE" and "XOAUTH2" in rest:
            self.say("+ ")
            told = base64.b64decode(self.rfile.readline()).decode()
            good = told == f"user={self.sink.user}\x01auth=Bearer {self.sink.token}\x01\x01"
            self.say(f"{tag} OK done" if good else f"{tag} NO [AUTHENTICATIONFAILED] no")
            return
        if verb == "AUTHENTICATE":
            self.say("+ ")
            told = base64.b64decode(self.rfile.readline()).decode().split("\0")[1:]
        else:
            told = [
                re.sub(r"\\(.)", r"\1", one) for one in re.findall(r'"((?:[^"\\]|\\.)*)"', rest)
            ]
        if self._script("sign_in", tag):
            return
        good = told == [self.sink.user, self.sink.password]
        self.say(f"{tag} OK done" if good else f"{tag} NO [AUTHENTICATIONFAILED] wrong password")

    def _append(self, tag, rest) -> None:
        name = re.match(r'APPEND "((?:[^"\\]|\\.)*)"', rest)[1]
        size = int(re.search(r"\{(\d+)\}$", rest)[1])
        self.say("+ go on")
        raw = self.rfile.read(size)
        self.rfile.readline()
        if self._script("append", tag):
            return
        if name not in self.sink.folders:
            self.say(f"{tag} NO [TRYCREATE] no such mailbox")
            return
        self.sink.put(raw, name)
        self.say(f"{tag} OK done")

    def _open(self, tag, rest) -> None:
        name = rest.split(" ", 1)[1].strip('"')
        if self._script("open", tag):
            return
        if name not in self.sink.folders:
            self.say(f"{tag} NO no such mailbox")
            return
        self.mails = list(self.sink.folders[name])
        self.say(f"* {len(self.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.sink.validity}]")
        self.say(f"* OK [UIDNEXT {self.mails[-1][0] + 1 if self.mails else self.sink._next}]")
        self.say(f"{tag} OK [READ-ONLY]")

    def _search(self, tag, rest) -> None:
        if self._script("search", tag):
            return
        uids = [uid for uid, _raw in self.mails]
        if found := re.search(r"UID (\d+):\*", rest):
            first = min(int(found[1]), uids[-1] if uids else 0)  # `n:*` always names the last one
            uids = [uid for uid in uids if uid >= first]
        self.say("* SEARCH " + " ".join(map(str, uids)))
        self.say(f"{tag} OK done")

    def _fetch(self, tag, rest) -> None:
        wanted = {int(uid) for uid in rest.split(" ")[2].split(",")}
        what = rest.split(" ", 3)[3]
        if self._script("sizes" if "RFC822.SIZE" in what else "fetch", tag):
            return
        for place, (uid, raw) in enumerate(self.mails, start=1):
            if uid not in wanted:
                continue
            if "RFC822.SIZE" in what:
                self.say(f"* {place} FETCH (UID {uid} RFC822.SIZE {len(raw)})")
                continue
            part = re.search(r"HEADER\]<0\.(\d+)>", what)
            data = (raw.split(b"\r\n\r\n")[0] + b"\r\n\r\n")[: int(part[1])] if part else raw
            self.say(f"* {place} FETCH (UID {uid} BODY[] {{{len(data)}}}".encode())
            self.wfile.write(data + b")\r\n")
        self.say(f"{tag} OK done")
