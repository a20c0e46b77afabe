"""What providers tell: facts about people, signals about companies, once each."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.conditions import fields
from leadflow.conditions.language import parse
from leadflow.conditions.sql import where as in_sql
from leadflow.events.models import Event
from leadflow.kit import sureness
from leadflow.models import Company, CompanySignal, Engagement, Lead
from leadflow.services import intent, merging, privacy
from leadflow.timeline.names import Names
from leadflow.timeline.presenters import PRESENTERS
from tests.factories.core import NOON, a_company, a_lead, a_user

pytestmark = pytest.mark.django_db


def report(key="1", **more):
    told = {"topic": "solar roofs", "provider": "Bombora", "confidence": 0.8, "at": NOON} | more
    return intent.Report(key=key, **told)


def test_what_is_told_of_a_known_person_is_a_fact_with_provider_and_confidence():
    ada = a_lead("ada@acme.example")

    heard = intent.hear([report(email="ADA@acme.example")], source="hook")

    fact = Engagement.objects.get(lead=ada, kind="intent.reported")
    assert heard == [intent.Heard(lead_id=ada.pk, is_new=True)]
    assert (fact.topic, fact.provider, fact.confidence) == ("solar roofs", "Bombora", 0.8)


def test_the_same_report_told_again_is_no_second_fact_and_no_second_event():
    ada = a_lead("ada@acme.example")
    intent.hear([report(email=ada.email)], source="hook")

    again = intent.hear([report(email=ada.email), report(email=ada.email)], source="hook")

    assert [one.is_new for one in again] == [False, False]
    assert Engagement.objects.filter(kind="intent.reported").count() == 1
    assert Event.objects.filter(kind="engagement.recorded").count() == 1


def test_what_is_told_of_a_company_stays_with_the_company():
    ada = a_lead("ada@acme.example")
    company = Company.objects.get(domain="acme.example")

    [heard] = intent.hear([report(domain="https://www.acme.example/about")], source="hook")

    assert heard == intent.Heard(company_id=company.pk, is_new=True)
    assert CompanySignal.objects.get(company=company).provider == "Bombora"
    assert not Engagement.objects.filter(lead=ada).exists()


def test_nobody_is_made_of_a_report_about_strangers():
    heard = intent.hear([report(email="who@else.example", domain="else.example")], source="hook")

    assert heard == [intent.Heard()]
    assert not Lead.objects.exists()


def test_a_report_about_many_people_tells_each_of_them_her_own():
    one, two = a_lead(), a_lead()
    later = NOON + timedelta(days=1)

    intent.hear(
        [report("1", email=one.email), report("2", email=two.email, topic="heat pumps", at=later)],
        source="hook",
    )

    told = Event.objects.filter(kind="engagement.recorded").order_by("lead_id")
    assert [(e.data["label"], e.occurred_at) for e in told] == [
        ("solar roofs", NOON), ("heat pumps", later),
    ]  # fmt: skip


def test_a_rule_asks_for_provider_topic_and_confidence():
    sure, unsure = a_lead(), a_lead()
    told = [report("1", email=sure.email), report("2", email=unsure.email, confidence=0.3)]
    intent.hear(told, source="hook")
    where = [
        {"field": "provider", "op": "is", "value": "Bombora"},
        {"field": "topic", "op": "contains", "value": "solar"},
        {"field": "confidence", "op": "at_least", "value": 0.6},
    ]
    rule = {
        "all": [
            {"event": {"kind": "intent.reported", "where": where}, "op": "at_least", "count": 1}
        ]
    }

    asked = parse(rule, fields.catalogue("lead"))

    assert list(Lead.objects.filter(in_sql(asked, at=NOON + timedelta(days=1)))) == [sure]


def test_the_timeline_says_who_tells_it_and_how_sure():
    ada = a_lead("ada@acme.example")
    intent.hear([report(email=ada.email)], source="hook")
    event = Event.objects.get(kind="engagement.recorded")

    shown = PRESENTERS[event.kind](event, Names.load([event], a_user()))

    assert "solar roofs" in shown.text
    assert list(shown.why) == ["says Bombora", "80 % sure"]


def test_what_is_told_of_two_rows_of_a_person_is_hers_and_goes_with_her():
    one, two = a_lead(), a_lead()
    intent.hear([report(email=two.email)], source="hook")
    merging.merge(survivor=one, loser=two, by=None)
    assert Engagement.objects.filter(lead=one, kind="intent.reported").exists()

    privacy.erase(lead=one, by=None)

    assert not Engagement.objects.filter(kind="intent.reported").exists()


def test_a_company_that_is_named_by_two_addresses_of_its_site_is_one():
    a_company(domain="acme.co.uk")
    told = [report("1", domain="mail.acme.co.uk"), report("2", domain="someone@acme.co.uk")]

    assert len({one.company_id for one in intent.hear(told, source="hook")}) == 1


@pytest.mark.parametrize(
    ("said", "meant"),
    [("high", 0.9), (" Low ", 0.3), ("85%", 0.85), ("85 %", 0.85), (0.25, 0.25), ("1", 1.0)],
)
def test_confidence_is_read_as_providers_write_it(said, meant):
    assert sureness.parse(said) == meant


@pytest.mark.parametrize("said", ["", "very", "85", "-1", "nan", "inf", None, [], {}, "1e999"])
def test_what_is_no_confidence_is_refused(said):
    with pytest.raises(ValueError):
        sureness.parse(said)


@given(st.text() | st.floats() | st.integers() | st.none())
def test_a_confidence_is_a_share_of_one_or_refused(said):
    with contextlib.suppress(ValueError):
        assert 0 <= sureness.parse(said) <= 1
