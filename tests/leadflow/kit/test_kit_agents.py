"""Browsers, crawlers, networks and throw-away mailboxes."""

import pytest

from leadflow.kit import agents
from leadflow.kit.disposable import is_disposable
from leadflow.kit.networks import neighbourhood

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
PIXEL = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)
GALAXY_TAB = (
    "Mozilla/5.0 (Linux; Android 14; SM-X910) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("agent", "device"),
    [(FIREFOX, "desktop"), (IPHONE, "phone"), (PIXEL, "phone"), (GALAXY_TAB, "tablet"), ("", "")],
)
def test_a_browser_is_a_person_on_some_device(agent, device):
    assert agents.device(agent) == device
    assert not agents.is_crawler(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0)",
        "python-requests/2.32.0",
        "curl/8.5.0",
    ],
)
def test_a_crawler_is_known_by_its_name(agent):
    assert agents.is_crawler(agent)


def test_the_longest_name_is_read_in_bounded_time():
    assert agents.device("A" * 5_000_000) == "desktop"
    assert not agents.is_crawler("A" * 5_000_000)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("nonsense", ""),
        (None, ""),
    ],
)
def test_an_address_is_cut_to_its_neighbourhood(address, network):
    assert neighbourhood(address) == network


def test_throw_away_mailboxes_are_known_with_what_stands_below_them():
    assert is_disposable("mailinator.com")
    assert is_disposable("a.b.Mailinator.com.")
    assert not is_disposable("gmail.com")
    assert not is_disposable("com")
    assert not is_disposable("")
