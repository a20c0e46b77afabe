"""Whether the domain of an address takes mail: asked of DNS in the background, each domain once."""

from datetime import timedelta

import dns.exception
import dns.resolver
import pytest
from django.core.cache import cache

from leadflow import net
from leadflow.kit import clock
from leadflow.mail import domains
from leadflow.mail.models import MailDomain
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db


class Row:
    """A record of DNS."""

    def __init__(self, exchange):
        self.exchange = exchange


@pytest.fixture(autouse=True)
def _from_the_first():
    cache.delete("mail.domains.read")


@pytest.fixture
def dns_says(monkeypatch):
    """What DNS answers by (name, kind): a list of records, or an error; and what it was asked."""
    said, asked = {}, []

    def resolve(name, kind, lifetime):
        assert lifetime <= 10
        asked.append((name, kind))
        told = said.get((name, kind), dns.resolver.NoAnswer)
        if isinstance(told, type):
            raise told
        return [Row(one) for one in told]

    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    return said, asked


@pytest.mark.parametrize(
    ("records", "takes"),
    [
        ({("a.eu", "MX"): ["mx.a.eu."]}, True),
        ({("a.eu", "MX"): ["."]}, False),
        ({("a.eu", "MX"): dns.resolver.NXDOMAIN}, False),
        ({("a.eu", "A"): ["192.0.2.1"]}, True),
        ({("a.eu", "AAAA"): ["2001:db8::1"]}, True),
        ({}, False),
        ({("a.eu", "MX"): dns.resolver.NoNameservers}, None),
        ({("a.eu", "MX"): dns.exception.Timeout}, None),
        ({("a.eu", "MX"): OSError}, None),
        ({("a.eu", "A"): dns.exception.Timeout}, None),
    ],
)
def test_a_domain_takes_mail_as_the_standard_says(dns_says, records, takes):
    dns_says[0].update(records)

    assert net.takes_mail("a.eu") is takes


def test_each_domain_of_an_address_is_asked_once_and_again_after_its_days(dns_says):
    said, asked = dns_says
    said[("north.eu", "MX")] = ["mx.north.eu."]
    for name in ("ada", "bo"):
        a_lead(email=f"{name}@north.eu")
    a_lead(email="demo@brightwell.example")

    assert domains.check_due() == 1
    assert domains.check_due() == 0
    assert asked == [("north.eu", "MX")]
    MailDomain.objects.update(due_at=clock.now() - timedelta(minutes=1))
    assert domains.check_due() == 1
    assert MailDomain.objects.get().takes_mail is True


def test_where_nobody_answers_nothing_is_said_and_it_is_asked_the_next_day(dns_says):
    said, asked = dns_says
    for n in range(6):
        a_lead(email=f"ada@n{n}.eu")
        said[(f"n{n}.eu", "MX")] = dns.exception.Timeout

    assert domains.check_due() == 0
    assert len(asked) == domains.SILENCE
    assert not MailDomain.objects.exclude(takes_mail=None).exists()
    later = clock.now() + timedelta(hours=23)
    assert MailDomain.objects.filter(due_at__gt=later).count() == domains.SILENCE


def test_an_installation_that_does_not_want_it_asks_nobody(dns_says, settings):
    settings.CHECK_MAIL_DOMAINS = False
    a_lead(email="ada@north.eu")

    assert domains.check_due() == 0
    assert dns_says[1] == []


def test_a_tick_without_new_addresses_costs_three_queries(dns_says, django_assert_num_queries):
    a_lead(email="ada@north.eu")
    domains.check_due()

    with django_assert_num_queries(3):  # the last address, how far was read, what is due
        domains.check_due()


def test_who_cannot_get_mail_is_found_by_data_quality(dns_says, client, mia, alice):
    gone = a_lead(email="ada@gone.eu", owner=alice)
    a_lead(email="bo@north.eu", owner=alice)
    dns_says[0].update({("gone.eu", "MX"): dns.resolver.NXDOMAIN, ("north.eu", "MX"): ["mx."]})
    domains.check_due()
    client.force_login(alice)

    page = client.get("/leads/quality/")
    [fault] = [one for one in page.context["found"] if one.fault.key == "nowhere"]
    assert (fault.count, "takes no mail" in page.text) == (1, True)
    rows = client.get(fault.url).context["page"].rows
    assert [row.pk for row in rows] == [gone.pk]
