"""The HTTP client reaches the open internet and nothing else."""

import socket

import pytest

from leadflow import net


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "::", "fd00::1", "fe80::1",
        "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_abuse_W01_a_private_address_is_none_however_it_is_written(address):
    assert not net.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_an_address_of_the_internet_is_public(address):
    assert net.is_public(address)


@pytest.mark.parametrize(
    "url",
    ["http://127.1/", "http://0/", "http://2130706433/", "http://0x7f.1/", "http://localhost/", "http://[::1]/",
     "http://localhost:6379/", "file:///etc/passwd", "gopher://127.0.0.1/", "http:///x"],
)  # fmt: skip
def test_abuse_W01_nothing_inside_is_asked(url, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail("connected"))

    with pytest.raises(net.Unreachable):
        net.get(url)


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch):
    rows = [(0, 0, 0, "", (one, 80)) for one in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: rows)

    with pytest.raises(net.Unreachable, match="private"):
        net.get("http://mixed.example/")


def test_nobody_inside_may_be_reached_unless_a_test_says_so(settings):
    assert settings.OUTBOUND_ALLOW == []
