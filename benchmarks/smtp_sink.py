"""A mail server that keeps nothing and offers pipelining: `python -m benchmarks.smtp_sink` prints its port."""

import socket

_END = b"\r\n.\r\n"
_EHLO = b"250-sink.test\r\n250-SIZE 20000000\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


_ANSWERS = {b"EHLO": _EHLO, b"DATA": b"354 go ahead\r\n", b"QUIT": b"221 bye\r\n"}


def converse(client: socket.socket) -> None:
    """One session, read as it comes: commands may arrive together, and behind a message."""
    client.sendall(b"220 sink.test ESMTP\r\n")
    pending, in_text = b"", False
    while piece := client.recv(65_536):
        pending, in_text, answers = _read(pending + piece, in_text)
        if answers:
            client.sendall(answers)


def _read(pending: bytes, in_text: bool) -> tuple[bytes, bool, bytes]:
    """What is left, whether text of a message is due, and what is answered to all before it."""
    answers = []
    while True:
        line, end, rest = pending.partition(_END if in_text else b"\r\n")
        if not end:
            return pending, in_text, b"".join(answers)
        pending, verb = rest, b"" if in_text else line[:4].upper()
        answers.append(_ANSWERS.get(verb, b"250 ok\r\n"))
        in_text = verb == b"DATA"


def main() -> None:
    """Serve one client after the other until killed."""
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    while True:
        client, _whom = server.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            converse(client)
        except OSError:
            pass
        finally:
            client.close()


if __name__ == "__main__":
    main()
