"""A marketer edits the rules of channels, tries them, and publishes them."""

import pytest
from django.utils import timezone

from leadflow.models import Channel, Source, Touchpoint
from leadflow.rulesets.models import RuleVersion
from leadflow.services import channels, engagement
from tests.factories.core import a_lead

URL = "/settings/channels/"


@pytest.fixture(autouse=True)
def _nothing_remembered(db):
    channels.forget()
    yield
    channels.forget()


@pytest.fixture
def marketer(client, max):
    client.force_login(max)
    return client


def posted(*rules, act="save", **more):
    body = {"count": len(rules), "act": act} | more
    for number, rule in enumerate(rules):
        for name in ("channel", "medium", "source", "click_id", "site"):
            body[f"{name}-{number}"] = rule.get(name, "")
    return body | {f"direction-{key}": "inbound" for key in Channel.values}


def touched(**told):
    return engagement.touch(
        lead=a_lead(), source=None, landing="https://www.north.example/", **told
    )


RULE = {"channel": "partner", "site": "magazine.example, press.example"}


def test_a_touch_is_counted_by_the_rules_in_force(marketer):
    assert touched(referrer="https://magazine.example/a").channel == "referral"


def test_a_source_that_the_link_names_is_known_better_than_the_page_before(marketer):
    fair = Source.objects.create(name="Fair", channel="event")

    point = engagement.touch(
        lead=a_lead(), source=fair, utm={"utm_source": "fair"}, referrer="https://www.google.com/"
    )

    assert point.channel == "event"


def test_published_rules_decide_from_the_next_touch_on(
    marketer, django_capture_on_commit_callbacks
):
    before = touched(referrer="https://magazine.example/a")

    with django_capture_on_commit_callbacks(execute=True):
        marketer.post(URL, posted(RULE, act="publish"))

    assert RuleVersion.objects.get(state="published").document["rules"][0]["channel"] == "partner"
    assert touched(referrer="https://press.example/b").channel == "partner"
    before.refresh_from_db()
    assert before.channel == "referral"


def test_a_draft_decides_nothing(marketer):
    marketer.post(URL, posted(RULE))
    channels.forget()

    assert "Draft, not published" in marketer.get(URL).content.decode()
    assert touched(referrer="https://magazine.example/a").channel == "referral"


def test_the_last_90_days_show_what_would_change_before_publishing(marketer):
    touched(referrer="https://magazine.example/a")
    touched(referrer="https://other.example/a")
    Touchpoint.objects.create(
        lead=a_lead(), channel="referral", referrer="https://magazine.example/",
        occurred_at=timezone.now() - timezone.timedelta(days=91),
    )  # fmt: skip

    marketer.post(URL, posted(RULE))

    text = marketer.get(URL).content.decode()
    assert "1 of 2 visits would be counted otherwise." in text


def test_an_address_can_be_tried(marketer):
    text = marketer.post(
        URL, posted(RULE, act="try", referrer="https://press.example/x")
    ).content.decode()

    assert "by rule 1" in text
    assert not RuleVersion.objects.exists()


def test_rules_are_moved_and_removed_by_buttons(marketer):
    other = {"channel": "social", "medium": "x"}

    marketer.post(URL, posted(RULE, other, act="down-0"))
    assert [r["channel"] for r in channels.edited()[0]["rules"]] == ["social", "partner"]

    marketer.post(URL, posted(other, RULE, act="remove-0"))
    assert [r["channel"] for r in channels.edited()[0]["rules"]] == ["partner"]


@pytest.mark.parametrize("rule", [{"channel": "nonsense", "medium": "x"}, {"channel": "social"}])
def test_what_is_no_rule_is_refused_and_nothing_is_kept(marketer, rule):
    assert marketer.post(URL, posted(rule)).status_code == 422
    assert not RuleVersion.objects.exists()
