"""What providers look for: asked of a DNS server of our own, and signatures checked as receivers do."""

import dkim
import pytest

from leadflow import net
from leadflow.kit import clock
from leadflow.mail import deliverability, signing
from leadflow.mail.models import SenderIdentity, SigningKey
from leadflow.mail.sender import send_due
from tests.sinks.dns import DnsSink

pytestmark = pytest.mark.django_db(transaction=True)
DOMAIN = "ours.test-mail.com"


@pytest.fixture
def dns_sink(settings, monkeypatch):
    """A DNS server that is asked about everything."""
    server = DnsSink().start()
    settings.DNS_RESOLVER = server.address
    monkeypatch.setattr(net, "CONNECT_SECONDS", 0.5)
    yield server
    server.stop()


@pytest.fixture
def sender():
    """A verified sender of our domain."""
    return SenderIdentity.objects.create(
        name="Ours", email=f"hello@{DOMAIN}", verified_at=clock.now(), is_default=True
    )


def found(domain=DOMAIN):
    """The verdicts by what they are about."""
    return {one["what"]: one for one in deliverability.check(domain).verdicts}


def test_an_empty_domain_is_told_each_record_that_is_missing(dns_sink, sender, settings):
    settings.SMTP_HOST = "relay.test-mail.com"

    told = found()

    assert {what: one["state"] for what, one in told.items()} == {
        "SPF": "bad", "DKIM": "warn", "DMARC": "bad", "Alignment": "warn",
        "One click to unsubscribe": "bad",
    }  # fmt: skip
    assert (told["SPF"]["name"], told["SPF"]["record"]) == (
        DOMAIN, "v=spf1 a:relay.test-mail.com ~all",
    )  # fmt: skip
    assert (told["DMARC"]["name"], told["DMARC"]["record"]) == (
        f"_dmarc.{DOMAIN}", "v=DMARC1; p=none",
    )  # fmt: skip


def test_a_domain_with_everything_is_well(dns_sink, sender, settings, alice):
    settings.PUBLIC_BASE_URL = "https://crm.test-mail.com"
    key = signing.make_key(domain=DOMAIN, by=alice)
    name, record = signing.dns_record(key)
    dns_sink.says(DOMAIN, "google-site-verification=x", "v=spf1 include:relay.test -all")
    dns_sink.says(name, record)
    dns_sink.says("_dmarc.test-mail.com", "v=DMARC1; p=quarantine")
    signing.turn(key=key, on=True, by=alice)

    assert {one["state"] for one in found().values()} == {"ok"}
    assert (f"_dmarc.{DOMAIN}", "TXT") in dns_sink.asked  # its own comes before that of the company


@pytest.mark.parametrize(
    ("texts", "state"),
    [
        (["v=spf1 -all"], "ok"),
        (["v=spf1 redirect=_spf.relay.test"], "ok"),
        (["v=spf1 +all"], "warn"),
        (["v=spf1 mx"], "warn"),
        (["v=spf1 -all", "v=spf1 ~all"], "bad"),
        (["v=spf1 " + " ".join(f"include:{n}.test" for n in range(11)) + " ~all"], "bad"),
        (["v=spf2.0 ~all"], "bad"),
    ],
)
def test_spf_is_read_as_receivers_read_it(dns_sink, sender, texts, state):
    dns_sink.says(DOMAIN, *texts)

    assert found()["SPF"]["state"] == state


@pytest.mark.parametrize(
    ("texts", "state"),
    [
        (["v=DMARC1; p=none"], "ok"),
        (["v=DMARC1;rua=mailto:a@b.test"], "bad"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "bad"),
    ],
)
def test_dmarc_is_read_as_receivers_read_it(dns_sink, sender, texts, state):
    dns_sink.says(f"_dmarc.{DOMAIN}", *texts)

    assert found()["DMARC"]["state"] == state


def test_where_nobody_answers_nothing_is_called_wrong(dns_sink, sender):
    dns_sink.is_silent = True

    told = found()

    assert {told[what]["state"] for what in ("SPF", "DMARC")} == {"unknown"}


def test_another_key_in_dns_is_said(dns_sink, sender, alice):
    key = signing.make_key(domain=DOMAIN, by=alice)
    signing.turn(key=key, on=True, by=alice)
    dns_sink.says(str(key), "v=DKIM1; k=rsa; p=MIIBother")

    told = found()["DKIM"]

    assert (told["state"], told["record"]) == ("bad", signing.dns_record(key)[1])


def test_each_mail_of_a_domain_whose_key_is_on_is_signed_with_both_unsubscribe_headers(
    wired, write, sender, alice
):
    key = signing.make_key(domain=DOMAIN, by=alice)
    write(subject="Before")
    send_due()
    signing.turn(key=key, on=True, by=alice)
    write(subject="Grüße", text="Hallo.\n" * 40 + ".\nEnde")
    write(kind="essential", subject="A link")

    send_due()

    record = signing.dns_record(key)[1].encode()
    before, essential, marketing = [row["raw"].encode() for row in wired.accepted]
    assert b"DKIM-Signature" not in before
    for raw in (marketing, essential):
        assert dkim.verify(raw, dnsfunc=lambda _name, timeout=5: record)
        tampered = raw.replace(b"Subject:", b"Subject: x", 1)
        assert not dkim.verify(tampered, dnsfunc=lambda _name, timeout=5: record)
    signature = b"".join(marketing[: marketing.index(b"Message-ID:")].lower().split())
    assert signature.count(b"list-unsubscribe-post") == 2
    added = marketing.replace(b"Subject:", b"List-Unsubscribe: <https://evil.test/>\r\nSubject:", 1)
    assert not dkim.verify(added, dnsfunc=lambda _name, timeout=5: record)


def test_the_private_half_is_sealed_and_another_secret_opens_nothing(alice, settings):
    key = signing.make_key(domain=DOMAIN, by=alice)
    assert "PRIVATE" not in SigningKey.objects.get().private_key
    signing.turn(key=key, on=True, by=alice)
    settings.SECRET_KEY = "another" * 10

    assert signing.signed(b"From: a\r\n\r\nb", f"a@{DOMAIN}") == b"From: a\r\n\r\nb"


def test_the_page_shows_records_and_leads_through(client, dns_sink, sender, alice, max):
    client.force_login(max)
    assert "Make a key" not in client.get("/settings/deliverability/").content.decode()
    client.force_login(alice)
    client.post("/settings/deliverability/key/", {"domain": DOMAIN})
    key = SigningKey.objects.get()
    assert key.public_key in client.get("/settings/deliverability/").content.decode()
    client.post("/settings/deliverability/check/", {"domain": DOMAIN})
    client.post(f"/settings/deliverability/key/{key.pk}/turn/", {"on": "1"})

    page = client.get("/settings/deliverability/").content.decode()

    assert "The record is not in DNS yet." in page
    assert "Stop signing" in page
    assert "PRIVATE" not in page
    assert client.post("/settings/deliverability/check/", {"domain": "x.test"}).status_code == 404
