"""B20 to B24: what strangers can do to the door that visits are reported at."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.models import Behaviour, Knock, Visit, Visitor
from capture.rules import NotTakeable, beacons
from leadflow.kit import clock
from leadflow.models import Engagement
from tests.capture.tracking.conftest import WHO, act, beacon, policy, report
from tests.factories.capture import published_form

pytestmark = pytest.mark.django_db
__all__ = ["policy"]

MALFORMED = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b"\xff\xfe{}",
    "a list": b"[]",
    "deep": b"[" * 9_000,
    "no version": {"who": WHO},
    "no acts": beacon() | {"acts": []},
    "acts that are none": beacon() | {"acts": "page.viewed"},
    "too many acts": beacon(*[act() for _n in range(51)]),
    "a kind of its own": beacon(act("lead.qualified")),
    "a submission": beacon(act("form.submitted")),
    "a mail": beacon(act("mail.clicked")),
    "no id": beacon(act(i="")),
    "an id with SQL": beacon(act(i="'; DROP TABLE capture_visit--")),
    "a visitor who is none": beacon(who="1"),
    "a visitor with NUL": beacon(who="a" * 30 + "\0"),
    "a visitor who is a number": beacon(who=1),
    "a visit that is none": beacon(visit="x" * 33),
    "an age that is none": beacon(act(a="soon")),
    "an age without end": json.dumps(beacon(act(a=-1.5))).replace("-1.5", "1e999"),
    "seconds that are none": beacon(act(s=[])),
    "properties that are nested": beacon(act("product.used", n="x", p={"a": {"b": 1}})),
    "too many properties": beacon(act("product.used", n="x", p={str(n): 1 for n in range(21)})),
    "a product event without a name": beacon(act("product.used", n="<script>")),
    "campaign parameters that are a list": beacon(utm=["utm_source"]),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_abuse_B20_a_malformed_beacon_is_refused_and_changes_nothing(policy, body):
    answer = report(body)

    assert answer.status_code == 400
    assert not Visitor.objects.exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip
FIELDS = st.sampled_from(["v", "who", "visit", "landing", "ref", "utm", "acts"])
ACT = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("i", "k", "a", "u", "t", "n", "s", "p", "f", "c"), JSON)
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(FIELDS, JSON, max_size=7), st.lists(ACT, max_size=3))
def test_abuse_B20_whatever_is_in_a_beacon_it_is_read_or_refused(told, acts):
    body = beacon() | told | ({"acts": [act() | one for one in acts]} if acts else {})

    try:
        read = beacons.read(json.dumps(body).encode(), at=clock.now(), own={"shop.example"})
    except NotTakeable:
        return

    assert all(one.kind in beacons.KINDS for one in read.acts)
    json.dumps([dict(one.data) for one in read.acts], allow_nan=False).encode()


def test_abuse_B20_a_large_beacon_is_refused_without_being_read(policy):
    assert report("x" * 40_000).status_code == 413
    assert not Visitor.objects.exists()


@pytest.mark.parametrize(
    "site", ["https://evil.example", "null", "", "https://shop.example.evil.example"]
)
def test_abuse_B21_a_site_that_is_not_on_the_list_reports_nothing(policy, site):
    answer = report(beacon(), site=site)

    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert not Visitor.objects.exists()


def test_abuse_B22_a_flood_of_beacons_is_slowed_down(policy, settings):
    settings.BEACONS_PER_MINUTE = 10
    Knock.objects.all().delete()

    answers = [report(beacon()) for _n in range(30)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 10
    assert all(0 < int(answer.headers["Retry-After"]) <= 60 for answer in refused)


def test_abuse_B23_nobody_writes_into_a_persons_history_by_her_number(policy, bob):
    forged = beacon(act() | {"lead": 1, "lead_id": 1}) | {"lead": 1, "lead_id": 1, "visitor": 1}

    report(forged)

    assert Visit.objects.get().lead is None
    assert not Engagement.objects.exists()


def test_abuse_B23_an_act_lies_neither_in_the_future_nor_long_ago(policy):
    now = clock.now()

    report(beacon(act(a=-(10**12)), act(a=10**14)))

    moments = list(Behaviour.objects.values_list("occurred_at", flat=True))
    assert all(now - beacons.MAX_AGE <= at <= clock.now() for at in moments)


def test_abuse_B24_what_a_browser_tells_is_text_on_every_page_that_shows_it(client, policy):
    form = published_form()
    told = {
        "key": "opening-0001",
        "touched": ["<img src=x onerror=__pwned=1>", {"a": 1}, None],
        "started": True,
    }

    answer = client.post(
        f"{form.public_path}seen/", json.dumps(told), content_type="application/json"
    )

    assert answer.status_code == 204
    assert form.openings.get().touched == ["<img src=x onerror=__pwned=1>"]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"key": "x"}', '{"key": 1}', "[" * 9_000,
                                  '{"key": "opening-0001", "touched": "email"}'])  # fmt: skip
def test_abuse_B20_a_malformed_report_of_a_form_is_refused(client, db, body):
    form = published_form()

    answer = client.post(f"{form.public_path}seen/", body, content_type="application/json")

    assert answer.status_code == 400
    assert not form.openings.exists()
