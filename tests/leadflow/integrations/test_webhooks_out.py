"""Messages to other programs: signed, once each, tried again, given up, and never sent inside."""

import http.server
import threading
from datetime import timedelta

import pytest

from leadflow import net
from leadflow.errors import Conflict, Invalid
from leadflow.integrations import endpoints, outbound, signing
from leadflow.integrations.models import WebhookDelivery, WebhookEndpoint
from leadflow.notifications.models import Notification
from leadflow.services import privacy
from tests.factories.core import NOON, a_lead
from tests.factories.integrations import SECRET, an_endpoint

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class Sink:
    """A server of another's: answers with `status` and `body`, remembers what it heard."""

    def __init__(self):
        self.status, self.body, self.headers, self.heard = 204, b"", {}, []
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.heard.append((self.path, dict(self.headers.items()), body))
                self.send_response(sink.status)
                for name, value in sink.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sink.body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/in?x=1"


@pytest.fixture
def sink(settings):
    sink = Sink()
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{sink.port}"]
    settings.PUBLIC_BASE_URL = "https://crm.north.example"
    yield sink
    sink.server.shutdown()
    sink.server.server_close()


def tell(endpoint, key="walk:1", at=NOON, **more):
    data = more.pop("data", {"step": "abc"})
    message = outbound.Message(endpoint=endpoint, key=key, kind="step.reached", data=data, **more)
    return outbound.queue_many([message], at=at)


def the_delivery():
    return WebhookDelivery.objects.select_related("endpoint").get()


def test_a_message_arrives_signed_as_standard_webhooks_have_it(sink):
    tell(an_endpoint(sink.url))

    assert outbound.deliver_due(at=NOON) == 1

    (path, headers, body) = sink.heard[0]
    row = the_delivery()
    heard = {name.lower(): value for name, value in headers.items()}
    assert (path, row.state, row.tries) == ("/in?x=1", "done", 1)
    assert heard["webhook-id"] == row.message_id
    good = signing.standard(SECRET, row.message_id, heard["webhook-timestamp"], body)
    assert heard["webhook-signature"] == good
    assert b'"type":"step.reached"' in body


def test_the_same_thing_is_told_once(sink):
    endpoint = an_endpoint(sink.url)

    assert [tell(endpoint), tell(endpoint)] == [1, 0]
    outbound.deliver_due(at=NOON)
    outbound.deliver_due(at=NOON)

    assert len(sink.heard) == 1


def test_what_is_not_taken_comes_again_with_the_same_id_until_it_is_given_up(sink):
    sink.status = 500
    tell(an_endpoint(sink.url))
    at, waits = NOON, []
    for _try in range(10):
        outbound.deliver_due(at=at)
        row = the_delivery()
        if row.state == "waiting":
            waits.append(row.due_at - at)
            at = row.due_at

    assert tuple(waits) == outbound.BACKOFF
    assert (row.state, row.tries, len(row.log)) == ("failed", 10, 10)
    assert len({headers["webhook-id"] for _path, headers, _body in sink.heard}) == 1


def test_a_later_try_that_is_taken_ends_it(sink):
    sink.status = 503
    endpoint = an_endpoint(sink.url)
    tell(endpoint)
    outbound.deliver_due(at=NOON)
    endpoint.refresh_from_db()
    assert endpoint.failing_since == NOON
    sink.status = 200

    outbound.deliver_due(at=NOON + timedelta(seconds=5))

    endpoint.refresh_from_db()
    assert the_delivery().state == "done"
    assert (endpoint.failing_since, endpoint.state) == (None, "on")


def test_who_answers_that_it_is_gone_is_switched_off_and_an_admin_is_told(sink, alice):
    sink.status = 410
    endpoint = an_endpoint(sink.url)
    tell(endpoint)

    outbound.deliver_due(at=NOON)

    endpoint.refresh_from_db()
    assert (endpoint.state, the_delivery().state) == ("disabled", "failed")
    assert endpoint.name in Notification.objects.get(user=alice).sentence


def test_five_days_without_a_success_switch_it_off_and_what_waits_stays(sink, alice):
    sink.status = 500
    endpoint = an_endpoint(sink.url)
    for day in range(6):
        tell(endpoint, key=f"walk:{day}", at=NOON + day * DAY)
        outbound.deliver_due(at=NOON + day * DAY)
    endpoint.refresh_from_db()
    assert endpoint.state == "disabled"
    tell(endpoint, key="later", at=NOON + 7 * DAY)
    heard = len(sink.heard)
    outbound.deliver_due(at=NOON + 7 * DAY)
    assert len(sink.heard) == heard
    sink.status = 200

    endpoints.switch(endpoint, is_on=True, by=alice)
    outbound.deliver_due(at=NOON + 7 * DAY)

    assert WebhookDelivery.objects.get(key="later").state == "done"


def test_one_endpoint_has_at_most_two_on_their_way_and_keeps_nobody_waiting(sink):
    slow, good = an_endpoint("http://slow.example/"), an_endpoint(sink.url)
    for n in range(5):
        tell(slow, key=f"walk:{n}")
    tell(good, at=NOON + timedelta(seconds=1))

    claimed = outbound._claim(NOON + timedelta(seconds=2))
    again = outbound._claim(NOON + timedelta(seconds=2))

    assert [row.endpoint for row in claimed] == [slow, slow, good]
    assert again == []
    after = NOON + timedelta(seconds=2) + outbound.LEASE
    assert len(outbound._claim(after)) == 3  # whose process died comes again


def test_a_message_is_sent_once_more_by_hand_with_its_id(sink):
    tell(an_endpoint(sink.url))
    outbound.deliver_due(at=NOON)

    assert outbound.replay([the_delivery()], at=NOON + DAY) == 1
    outbound.deliver_due(at=NOON + DAY)

    assert len(sink.heard) == 2
    assert sink.heard[0][1]["webhook-id"] == sink.heard[1][1]["webhook-id"]


def test_a_trial_arrives(sink, alice):
    outbound.trial(an_endpoint(sink.url), by=alice, at=NOON)
    outbound.deliver_due(at=NOON)

    assert b"test.sent" in sink.heard[0][2]


def test_a_trial_of_one_that_is_off_is_refused(alice):
    with pytest.raises(Conflict):
        outbound.trial(an_endpoint(state="off"), by=alice)


def test_during_its_grace_the_old_secret_signs_beside_the_new_one(sink, alice):
    endpoint = an_endpoint(sink.url)
    new = endpoints.rotate(endpoint, by=alice)
    tell(endpoint)
    outbound.deliver_due(at=NOON)

    row, (_path, headers, body) = the_delivery(), sink.heard[0]
    stamp = headers["webhook-timestamp"]
    good = [signing.standard(one, row.message_id, stamp, body) for one in (new, SECRET)]
    assert headers["webhook-signature"].split() == good


def test_what_named_an_erased_person_is_emptied_and_sent_no_more(sink):
    ann = a_lead()
    tell(an_endpoint(sink.url), data={"lead": {"email": ann.email}}, lead_ids=[ann.pk])
    assert ann.email in str(privacy.export(ann)["messages to other programs"])

    privacy.erase(lead=ann, by=None)
    outbound.deliver_due(at=NOON)

    assert (the_delivery().body, sink.heard) == ("", [])


def test_the_log_is_kept_for_thirty_days():
    tell(an_endpoint())

    assert outbound.forget(at=NOON + 29 * DAY) == 0
    assert outbound.forget(at=NOON + 31 * DAY) == 1


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://169.254.169.254/latest", "http://[::ffff:127.0.0.1]/", "file:///etc/passwd",
     "http://user@127.0.0.1/", "http://localhost.:80/", "https://0177.0.0.1/", "nonsense", "http://[::1/"],
)  # fmt: skip
def test_abuse_W01_an_address_inside_is_refused_when_it_is_saved(url):
    with pytest.raises(Invalid) as refused:
        endpoints.create(name="Inside", url=url, by=None)

    assert "url" in refused.value.fields
    assert not WebhookEndpoint.objects.exists()


def test_abuse_W01_an_address_that_later_leads_inside_is_not_connected(settings, monkeypatch):
    settings.PUBLIC_BASE_URL = "https://crm.north.example"
    tell(an_endpoint("http://127.0.0.1:6379/"))
    monkeypatch.setattr(net, "_connected", lambda *_a, **_k: pytest.fail("connected"))

    outbound.deliver_due(at=NOON)

    row = the_delivery()
    assert (row.state, row.log[0]["status"]) == ("waiting", 0)
    assert "private network" in row.log[0]["said"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_abuse_W03_a_redirect_is_not_followed(sink, status):
    other = Sink()
    sink.status, sink.headers = status, {"Location": other.url}
    tell(an_endpoint(sink.url))

    outbound.deliver_due(at=NOON)
    other.server.shutdown()
    other.server.server_close()

    assert other.heard == []
    assert "redirect" in the_delivery().log[0]["said"]


def test_abuse_W05_no_more_than_a_kilobyte_of_an_answer_is_kept(sink):
    sink.status, sink.body = 500, b"x" * 5_000
    tell(an_endpoint(sink.url))

    outbound.deliver_due(at=NOON)

    assert len(the_delivery().log[0]["said"]) == 1_024


def test_abuse_W07_a_signature_holds_for_its_body_its_time_and_its_secret(sink):
    tell(an_endpoint(sink.url))
    outbound.deliver_due(at=NOON)
    (_path, headers, body) = sink.heard[0]
    heard = {name.lower(): value for name, value in headers.items()}
    scheme = signing.Scheme("standard")

    def holds(body=body, secret=SECRET, late=0):
        at = NOON.fromtimestamp(int(heard["webhook-timestamp"]) + late, tz=NOON.tzinfo)
        return signing.is_signed(signing.Call(body, heard, at), scheme, [secret])

    assert holds()
    assert not holds(body=body + b" ")
    assert not holds(late=360)
    assert not holds(secret="whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldA==")


def test_abuse_W08_an_address_of_our_own_is_refused_and_never_called(settings, monkeypatch):
    settings.PUBLIC_BASE_URL = "https://crm.north.example"
    monkeypatch.setattr(net, "check", lambda _url: None)
    with pytest.raises(Invalid, match="LeadFlow itself"):
        endpoints.create(name="Us", url="https://CRM.north.example./hooks/x", by=None)
    tell(an_endpoint("https://crm.north.example/hooks/x"))
    monkeypatch.setattr(net, "post", lambda *_a, **_k: pytest.fail("called"))

    outbound.deliver_due(at=NOON)

    assert "LeadFlow itself" in the_delivery().log[0]["said"]


def test_a_name_is_given_once(monkeypatch):
    monkeypatch.setattr(net, "check", lambda _url: None)
    endpoints.create(name="Billing", url="https://a.example/", by=None)

    with pytest.raises(Invalid) as refused:
        endpoints.create(name="Billing", url="https://b.example/", by=None)

    assert "name" in refused.value.fields
