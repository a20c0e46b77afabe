"""By which channel somebody came: the first rule that is met decides."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.kit import channels


def decided(landing="https://www.north.example/", referrer="", utm=None):
    told = channels.came(
        utm=utm or {}, referrer=referrer, landing=landing, own=["app.north.example"]
    )
    found = channels.decide(channels.STANDARD, told) if told.says_something else None
    return found[0] if found else None


@pytest.mark.parametrize(
    ("landing", "referrer", "channel"),
    [
        ("https://www.north.example/", "https://www.google.co.uk/", "organic"),
        ("https://www.north.example/", "https://duckduckgo.com/", "organic"),
        ("https://www.north.example/", "https://de.linkedin.com/feed/", "social"),
        ("https://www.north.example/", "https://t.co/abc", "social"),
        ("https://www.north.example/", "https://magazine.example/article", "referral"),
        ("https://www.north.example/", "https://mail.google.com/", "referral"),
        ("https://www.north.example/?gclid=abc", "https://www.google.com/", "paid_search"),
        ("https://www.north.example/?utm_medium=CPC&utm_source=google", "", "paid_search"),
        ("https://www.north.example/?fbclid=abc", "https://l.facebook.com/", "social"),
        ("https://www.north.example/?li_fat_id=abc", "https://www.linkedin.com/", "paid_social"),
        ("https://www.north.example/?utm_medium=paid_social&utm_source=facebook", "", "paid_social"),
        ("https://www.north.example/?utm_medium=display&utm_source=news", "", "display"),
        ("https://www.north.example/?utm_medium=banner&utm_source=news", "", "display"),
        ("https://www.north.example/", "https://m.facebook.com/", "social"),
        ("https://www.north.example/", "https://x.com/somebody", "social"),
        ("https://www.north.example/", "https://l.instagram.com/", "social"),
        ("https://www.north.example/?utm_medium=email&utm_source=news", "https://mail.example/", "email"),
        ("https://www.north.example/", "https://north.example/other", None),
        ("https://www.north.example/", "https://app.north.example/f/x/", None),
        ("https://www.north.example/", "", None),
        ("https://www.north.example/?utm_source=fair", "", None),
    ],
)  # fmt: skip
def test_the_standard_rules_tell_organic_from_paid_from_referral(landing, referrer, channel):
    assert decided(landing, referrer) == channel


def test_every_filled_column_must_be_met_and_words_of_a_column_are_alternatives():
    rule = {"channel": "partner", "medium": ["a", "b"], "source": ["north"]}

    def met(**words):
        return channels.decide([rule], channels.Came(words)) is not None

    assert met(utm_medium="b", utm_source="north")
    assert not met(utm_medium="b", utm_source="south")
    assert not met(utm_source="north")


def test_the_first_rule_that_is_met_decides():
    rules = [{"channel": "social", "site": ["any"]}, {"channel": "organic", "site": ["search"]}]

    assert channels.decide(rules, channels.Came({}, "google.com")) == ("social", 1)


def test_a_rule_that_asks_for_nothing_decides_nothing():
    assert channels.decide([{"channel": "social"}], channels.Came({"utm_source": "x"})) is None


def test_a_named_site_stands_for_all_below_it_and_for_no_lookalike():
    rules = [{"channel": "partner", "site": ["north.example"]}]

    assert channels.decide(rules, channels.Came({}, "blog.north.example"))
    assert channels.decide(rules, channels.Came({}, "evilnorth.example")) is None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_is_told_there_is_an_answer_or_none(landing, referrer):
    told = channels.came(utm={}, referrer=referrer, landing=landing)

    assert channels.decide(channels.STANDARD, told) is None or told.says_something
