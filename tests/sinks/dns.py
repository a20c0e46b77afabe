"""A DNS server of our own: it answers what it was told over UDP, and NXDOMAIN for everything else."""

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class DnsSink:
    """One server on a free port of 127.0.0.1; `records` is (name, kind) -> texts."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.is_silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> str:
        """As DNS_RESOLVER wants it."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> "DnsSink":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._ends.set()
        self._thread.join(5)
        self._socket.close()

    def says(self, name: str, *texts: str) -> None:
        """The TXT records of a name; long ones are cut into strings as DNS wants."""
        pieces = [
            " ".join(f'"{text[i : i + 250]}"' for i in range(0, len(text), 250)) for text in texts
        ]
        self.records[(name, "TXT")] = pieces

    def _serve(self) -> None:
        while not self._ends.is_set():
            try:
                wire, whom = self._socket.recvfrom(4_096)
            except TimeoutError:
                continue
            if not self.is_silent:
                self._socket.sendto(self._answer(dns.message.from_wire(wire)).to_wire(), whom)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        kind = question.rdtype.name
        self.asked.append((name, kind))
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if texts := self.records.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer
