"""Who saw what stands in the library: by a visit, a form on the page, a download, a link in a mail."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from capture.models import Behaviour, Visit
from leadflow.assets import content, files
from leadflow.assets.models import ContentItem, File, FileVersion, Reading
from leadflow.conditions.fields import catalogue
from leadflow.conditions.parsing import parse
from leadflow.conditions.sql import where
from leadflow.events import relay
from leadflow.kit import clock
from leadflow.models import Engagement, Lead
from leadflow.services import merging, privacy
from tests.capture.tracking.conftest import SITE, WHO, act, beacon, report
from tests.factories.capture import contact_body, published_form
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def prices(db):
    return content.save(
        item=ContentItem(),
        values={
            "title": "Prices", "kind": "article", "url": f"{SITE}/pricing", "topic": "Money",
            "funnel_position": "bofu",
        },
        by=None,
    )  # fmt: skip


def send(email="ada@north.example", page="", number=1, visit="visit-0001"):
    form = published_form(name=f"Form {number}")
    body = contact_body(form, email=email, client_id=f"client-{number:04}")
    body |= {"lf_visitor": WHO, "lf_visit": visit}
    path = f"{form.public_path}?embed=1&lf_page={page}" if page else form.public_path
    answer = Client().post(path, json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    relay.run()
    return Lead.objects.get(email=email)


def test_a_visit_that_sees_a_page_of_the_library_is_a_reading_once(policy, prices):
    body = beacon(act(u=f"{SITE}/pricing/?q=1"), landing=f"{SITE}/pricing/")

    report(body)
    report(body)

    reading = Reading.objects.get()
    assert (reading.item, reading.how, reading.is_landing) == (prices, "visit", True)
    assert reading.key == f"visit:{Visit.objects.get().pk}"


def test_a_visit_that_began_elsewhere_did_not_land_here(policy, prices):
    report(beacon(act(u=f"{SITE}/pricing/"), landing=f"{SITE}/"))

    assert not Reading.objects.get().is_landing


def test_other_pages_are_no_readings(policy, prices):
    report(beacon(act(u=f"{SITE}/about/")))

    assert not Reading.objects.exists()


def test_whoever_sends_a_form_is_who_read_before(policy, prices):
    report(beacon(act(u=f"{SITE}/pricing/", c="")))

    lead = send()

    assert Reading.objects.get().lead == lead
    seen = Engagement.objects.get(lead=lead, kind="page.viewed")
    assert seen.topic == "money"


def test_what_she_reads_takes_her_down_the_funnel(policy, prices):
    report(beacon(act(u=f"{SITE}/pricing/")))

    assert send().funnel_position == "bofu"


def test_what_somebody_set_by_hand_since_is_not_set_again(policy, prices):
    report(beacon(act(u=f"{SITE}/pricing/")))
    lead = send()
    Lead.objects.filter(pk=lead.pk).update(funnel_position="tofu")

    report(beacon(act("form.viewed", number=9)))
    relay.run()

    lead.refresh_from_db()
    assert lead.funnel_position == "tofu"


def test_an_item_that_comes_later_finds_the_visits_of_before(policy):
    report(beacon(act(u=f"{SITE}/late/"), landing=f"{SITE}/late/"))

    item = content.save(
        item=ContentItem(), values={"title": "Late", "url": f"{SITE}/late"}, by=None
    )
    relay.run()

    assert [(one.item, one.is_landing) for one in Reading.objects.all()] == [(item, True)]


def test_another_address_has_other_readers(policy, prices):
    report(beacon(act(u=f"{SITE}/pricing/")))
    relay.run()

    content.save(item=prices, values={"url": f"{SITE}/other"}, by=None)
    relay.run()

    assert not Reading.objects.exists()
    assert Behaviour.objects.exists()


def test_another_title_keeps_its_readers(policy, prices):
    report(beacon(act(u=f"{SITE}/pricing/")))
    relay.run()
    Visit.objects.all().delete()  # forgotten meanwhile

    content.save(item=prices, values={"title": "Costs"}, by=None)
    relay.run()

    assert Reading.objects.count() == 1


def test_a_form_on_the_page_tells_without_any_tracking(prices):
    lead = send(page=f"{SITE}/pricing")

    reading = Reading.objects.get()
    assert (reading.lead, reading.how, reading.is_landing) == (lead, "form", True)


def test_a_download_counts_for_what_the_library_calls_it(prices):
    lead = a_lead()
    file = File.objects.create(name="Sheet", item=prices, created_at=clock.now())
    version = FileVersion.objects.create(
        file=file, number=1, original="a.pdf", kind="pdf", path="files/x", size=1, digest="d",
        uploaded_at=clock.now(),
    )  # fmt: skip
    File.objects.filter(pk=file.pk).update(live=version)
    grant = files.grant(file=file, lead=lead, key="k")

    files.count(grant)
    files.count(grant)

    assert Reading.objects.get().how == "file"
    assert Reading.objects.get().lead == lead


def test_a_rule_asks_who_saw_what(prices):
    saw, _other = a_lead(), a_lead()
    at = clock.now()
    content.saw(item_id=prices.pk, lead_id=saw.pk, key="a", how="visit", at=at - timedelta(days=1))

    def matching(*asked):
        rule = {
            "all": [
                {"event": {"kind": "content.seen", "where": list(asked)}, "op": "at_least",
                 "count": 1, "days": 30}
            ]
        }  # fmt: skip
        return list(Lead.objects.filter(where(parse(rule, catalogue()), at=at)))

    assert matching() == [saw]
    assert matching({"field": "topic", "op": "is", "value": "Money"}) == [saw]
    assert matching({"field": "type", "op": "is", "value": "video"}) == []
    assert matching({"field": "item", "op": "is", "value": prices.pk}) == [saw]


def test_what_she_saw_follows_a_merge_and_goes_with_her_name(prices, alice):
    stays, goes = a_lead(), a_lead()
    content.saw(item_id=prices.pk, lead_id=goes.pk, key="a", how="visit", at=clock.now())

    merging.merge(survivor=stays, loser=goes, by=alice)
    relay.run()
    assert Reading.objects.get().lead == stays
    assert content.personal_rows(stays)[0]["content"] == "Prices"

    privacy.erase(lead=stays, by=alice)
    assert Reading.objects.get().lead is None
