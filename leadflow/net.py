"""The only HTTP client, and the only question to DNS: no address of our own network is ever reached.

A name is resolved once; every address must be public, and the connection goes to that very address.
No redirect is followed, no proxy of the environment used, no more read than asked for.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

import dns.exception
import dns.resolver
from django.conf import settings
from django.utils.datastructures import CaseInsensitiveMapping

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 10.0
MOST_BYTES = 65_536
PORTS = (80, 443)
_NAT64 = IPv6Network("64:ff9b::/96")


class Unreachable(Exception):
    """The other side could not or may not be asked; the words say why."""


class AnswerLost(Unreachable):
    """The request was written, and no answer came: nobody knows what the other side made of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the body is cut at the limit."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def get(url: str, *, most: int = MOST_BYTES) -> Answer:
    """Ask for `url`. Raises Unreachable for anything but an answer."""
    return _exchange("GET", url, None, {}, most)


def post(url: str, *, body: bytes, headers: Mapping[str, str], most: int = MOST_BYTES) -> Answer:
    """Send `body` to `url`. Raises Unreachable for anything but an answer."""
    return _exchange("POST", url, body, headers, most)


def _exchange(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    most: int,
    ready: Callable[[], None] = lambda: None,
) -> Answer:
    scheme, host, port, place = _parts_of(url)
    address = _address_of(host, port)
    connection = http.client.HTTPConnection(host, port)
    watch = threading.Timer(TOTAL_SECONDS, lambda: None)
    failure = Unreachable
    try:
        opened = _connected(address, port, host, secure=scheme == "https")
        connection.sock = opened
        # however slowly they drip: the connection is cut when its time is over
        watch = threading.Timer(TOTAL_SECONDS, opened.shutdown, [socket.SHUT_RDWR])
        watch.start()
        named = {**headers, "Host": place.netloc, "User-Agent": "LeadFlow"}
        ready()
        failure = AnswerLost
        connection.request(method, _path_of(place), body, named)
        response = connection.getresponse()
        return Answer(response.status, response.read(most), dict(response.getheaders()))
    except (OSError, http.client.HTTPException) as error:
        raise failure(str(error) or type(error).__name__) from None
    finally:
        watch.cancel()
        connection.close()


def lead_through(session: Any, ready: Callable[[], None]) -> None:
    """Let a session of `requests` that a library made go by the rules of this module.

    `requests` only writes the bytes; the name is judged, the connection made and the time kept here.
    `ready` is called once connected, before the first byte; what it raises ends the call. Raises
    Unreachable before, AnswerLost after that.
    """
    from requests import Response  # noqa: PLC0415, TID251 - its shapes, not its connections
    from requests.adapters import BaseAdapter  # noqa: PLC0415, TID251

    class Ours(BaseAdapter):
        def send(self, request: Any, **_how: Any) -> Response:  # type: ignore[override]
            body = request.body.encode() if isinstance(request.body, str) else request.body
            told = _exchange(request.method, request.url, body, request.headers, MOST_BYTES, ready)
            response = Response()
            response.status_code, response._content = told.status, told.body
            response.url, response.request = request.url, request
            return response

        def close(self) -> None:
            return

    session.trust_env = False
    for scheme in list(session.adapters):
        session.mount(scheme, Ours())


def lead_client(client: Any, ready: Callable[[], None]) -> None:
    """The same for a client of boto3: it writes and signs the request, and hands it over here."""

    def send(request: Any, **_how: Any) -> _Heard:
        named = {name: _text(value) for name, value in request.headers.items()}
        told = _exchange(request.method, request.url, request.body, named, MOST_BYTES, ready)
        return _Heard(told.status, CaseInsensitiveMapping(told.headers), told.body)

    client.meta.events.register_first("before-send", send)


@dataclass(frozen=True, slots=True)
class _Heard:
    """An answer in the words of boto3."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


def _text(value: str | bytes) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else value


def _parts_of(url: str) -> tuple[str, str, int, SplitResult]:
    """Scheme, host, port and all parts of an address that may be asked."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Unreachable("this is no address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unreachable("only http and https addresses can be asked")
    return parts.scheme, parts.hostname, port, parts


def _path_of(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def check(url: str) -> None:
    """Raises Unreachable for an address that is not of the open internet; nothing is connected."""
    _scheme, host, port, _parts = _parts_of(url)
    _address_of(host, port)


def check_server(host: str, port: int) -> None:
    """Raises Unreachable for a mail server of our own network, which a colleague must not probe."""
    try:
        found = [row[4][0] for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise Unreachable(f"there is no address for {host}") from None
    allowed = {f"{one}:{port}" for one in found} <= set(settings.OUTBOUND_ALLOW)
    if not allowed and not all(is_public(str(one)) for one in found):
        raise Unreachable(f"{host} leads into a private network")


def _address_of(host: str, port: int) -> str:
    """The first address of a name, once all of its addresses were found to be public."""
    try:
        found = [row[4][0] for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError:
        raise Unreachable(f"there is no address for {host}") from None
    allowed = {f"{one}:{port}" for one in found} <= set(settings.OUTBOUND_ALLOW)
    if not allowed and (port not in PORTS or not all(is_public(str(one)) for one in found)):
        raise Unreachable(f"{host} leads into a private network")
    return str(found[0])


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, also behind the ways of writing it as IPv6."""
    found = ip_address(address.partition("%")[0])
    return _unwrapped(found).is_global


def _unwrapped(found: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(found, IPv4Address):
        return found
    if found in _NAT64:
        return IPv4Address(int(found) & 0xFFFFFFFF)
    teredo = found.teredo[1] if found.teredo else None
    return found.ipv4_mapped or found.sixtofour or teredo or found


def _connected(address: str, port: int, host: str, *, secure: bool) -> socket.socket:
    raw = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
    if not secure:
        return raw
    return ssl.create_default_context().wrap_socket(raw, server_hostname=host)


def _ask_dns(name: str, kind: str) -> dns.resolver.Answer:
    """The records of a name: from the resolver that the settings name, else from that of the system."""
    if not settings.DNS_RESOLVER:
        return dns.resolver.resolve(name, kind, lifetime=CONNECT_SECONDS)
    host, _colon, port = settings.DNS_RESOLVER.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [host.strip("[]")]
    resolver.port = int(port)
    return resolver.resolve(name, kind, lifetime=CONNECT_SECONDS)


def takes_mail(domain: str) -> bool | None:
    """Whether a server takes mail for a domain (RFC 5321, 5.1); None where nobody tells.

    Without an MX record its own address counts; one that names the root takes none (RFC 7505).
    """
    try:
        rows = _ask_dns(domain, "MX")
    except dns.resolver.NXDOMAIN:
        return False
    except dns.resolver.NoAnswer:
        return _has_address(domain)
    except (dns.exception.DNSException, OSError):
        return None
    return any(str(row.exchange) != "." for row in rows)


def _has_address(name: str) -> bool | None:
    for kind in ("A", "AAAA"):
        try:
            _ask_dns(name, kind)
        except dns.resolver.NoAnswer:
            continue
        except dns.resolver.NXDOMAIN:
            return False
        except (dns.exception.DNSException, OSError):
            return None
        return True
    return False


def texts_of(name: str) -> list[str]:
    """The TXT records of a name in DNS; none where there is none or nobody answers."""
    return texts_told(name) or []


def texts_told(name: str) -> list[str] | None:
    """The TXT records of a name in DNS, none where there is none; None where nobody answers."""
    try:
        found = _ask_dns(name, "TXT")
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError):
        return None
    return ["".join(part.decode("utf-8", "replace") for part in row.strings) for row in found]
