"""A host name counts once our token was found there."""

import http.server
import socket
import threading

import pytest

from leadflow import net
from leadflow.errors import Conflict, Invalid
from leadflow.events.models import Event
from leadflow.models import PublicHost
from leadflow.services import hosts

NAME = "pages.north.example"


@pytest.fixture
def site(settings, monkeypatch):
    """A server of another's, to which the name leads; answers with `said`, remembers what it heard."""
    said, heard = {"status": 200, "body": b""}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append((self.headers["Host"], self.path))
            self.send_response(said["status"])
            self.end_headers()
            self.wfile.write(said["body"])

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    settings.PUBLIC_BASE_URL = f"http://app.north.example:{port}"
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{port}"]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
    monkeypatch.setattr(net, "texts_of", lambda _name: [])
    yield said, heard
    server.shutdown()
    server.server_close()


def test_a_name_where_our_token_stands_works_and_the_first_is_the_main_one(db, site, alice):
    said, heard = site
    host = hosts.add(name=f" {NAME.upper()}. ", by=alice)
    said["body"] = host.token.encode()

    host = hosts.check(host=host, by=alice)

    assert (host.name, host.state, host.is_main, host.problem) == (NAME, "verified", True, "")
    assert heard[0][1] == "/.well-known/leadflow-host"
    assert hosts.base_url().startswith(f"http://{NAME}:")


def test_a_name_that_leads_elsewhere_waits_and_says_why(db, site, alice):
    host = hosts.check(host=hosts.add(name=NAME, by=alice), by=alice)

    assert host.state == "waiting"
    assert "200" in host.problem


def test_a_token_in_dns_counts_too(db, site, alice, monkeypatch):
    host = hosts.add(name=NAME, by=alice)
    monkeypatch.setattr(
        net, "texts_of", lambda name: [host.token] if name == f"_leadflow.{NAME}" else []
    )

    assert hosts.check(host=host, by=alice).state == "verified"


def test_a_name_that_stops_working_keeps_answering_and_leaves_new_links(db, site, alice, settings):
    said, _heard = site
    host = hosts.add(name=NAME, by=alice)
    said["body"] = host.token.encode()
    host = hosts.check(host=host, by=alice)
    said["status"] = 502

    host = hosts.check(host=host, by=None)

    assert host.state == "failing"
    assert hosts.answering(NAME) == host
    assert hosts.base_url() == settings.PUBLIC_BASE_URL


@pytest.mark.parametrize("name", ["127.0.0.1", "testserver"])
def test_the_hosts_of_the_application_are_no_public_hosts(db, alice, name, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
    with pytest.raises(Invalid):
        hosts.add(name=name, by=alice)


def test_a_name_that_does_not_work_cannot_be_the_main_one(db, alice):
    with pytest.raises(Conflict):
        hosts.make_main(host=hosts.add(name=NAME, by=alice), by=alice)


def test_each_step_is_on_record(db, alice):
    host = hosts.add(name=NAME, by=alice)
    hosts.remove(host=host, by=alice)

    assert not PublicHost.objects.exists()
    assert Event.objects.filter(kind="setting.changed", actor_id=alice.pk).count() == 2
