"""Visits: who is known, what is kept, and how a visitor becomes a person."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from capture.models import Behaviour, DaySalt, Visit, Visitor
from capture.services import visits
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Engagement, Lead, Touchpoint
from leadflow.services import privacy
from tests.capture.tracking.conftest import FIREFOX, SITE, WHO, act, beacon, report
from tests.factories.capture import contact_body, published_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(db):
    return published_form()


def send(form, *, who=WHO, visit="visit-0001", email="ada@north.example", number=1):
    body = contact_body(form, email=email, client_id=f"client-{number:04}")
    body |= {"lf_visitor": who, "lf_visit": visit}
    answer = Client().post(form.public_path, json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    return Lead.objects.get(email=email)


def test_a_visit_is_kept_with_the_touch_that_brought_it(policy):
    touch = {"utm_source": "LinkedIn", "li_fat_id": "abc", "email": "ann@a.example"}

    answer = report(
        beacon(utm=touch, ref="https://www.linkedin.com/feed/?me=1", landing=f"{SITE}/p/?x=ann@a.example")
    )  # fmt: skip

    assert (answer.status_code, answer.content) == (204, b"")
    visit = Visit.objects.get()
    assert visit.utm == {"utm_source": "LinkedIn", "li_fat_id": "abc"}
    assert (visit.landing, visit.referrer) == (f"{SITE}/p/", "https://www.linkedin.com/feed/")
    assert (visit.source, visit.device, visit.site) == ("linkedin", "desktop", "shop.example")


def test_of_the_address_only_its_neighbourhood_is_stored(policy, client):
    client.post(
        "/v/", json.dumps(beacon()), content_type="text/plain", REMOTE_ADDR="203.0.113.77",
        headers={"Origin": SITE, "User-Agent": FIREFOX},
    )  # fmt: skip

    assert Visit.objects.get().network == "203.0.113.0"


def test_what_is_done_is_kept_once_however_often_it_is_reported(policy):
    body = beacon(act(s=12.5), act("file.downloaded"))

    report(body)
    report(body)

    assert Behaviour.objects.count() == 2
    assert Behaviour.objects.get(kind="page.viewed").seconds == 12.5
    assert Behaviour.objects.get(kind="page.viewed").page == f"{SITE}/pricing/"


def test_a_beacon_of_forty_acts_takes_three_statements(policy, django_assert_num_queries):
    report(beacon())
    body = beacon(*[act() for _n in range(40)])

    with django_assert_num_queries(5):  # the policy, the rate, one write, and its savepoint
        report(body)

    assert Behaviour.objects.count() == 41


def test_in_the_anonymous_mode_nobody_is_known_tomorrow(policy):
    policy.mode = "day"
    policy.save()

    report(beacon(visit="visit-0001"))
    report(beacon(visit="visit-0002"))
    visitor = Visitor.objects.get()
    DaySalt.objects.all().delete()
    visits._salts.clear()
    report(beacon())

    assert visitor.is_anonymous
    assert WHO not in visitor.key
    assert visitor.visits.count() == 1  # the browser keeps no visit between pages; the server does
    assert Visitor.objects.count() == 2


def test_who_has_not_agreed_is_not_known_though_the_policy_would_let_her(policy):
    report(beacon(who=""))

    assert Visitor.objects.get().is_anonymous


def test_switched_off_nothing_is_kept(policy):
    policy.mode = "off"
    policy.save()

    assert report(beacon()).status_code == 204
    assert not Visitor.objects.exists()


@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
def test_who_asks_for_peace_is_left_in_peace(policy, header):
    assert report(beacon(), **{header: "1"}).status_code == 204
    assert not Visitor.objects.exists()


def test_a_crawler_is_no_visitor(policy):
    report(
        beacon(), agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    )

    assert not Visitor.objects.exists()


def test_sending_a_form_joins_what_came_before_and_after(policy, form, drain_events):
    report(beacon(act(a=60_000, s=30), visit="visit-0000", utm={"utm_source": "News"}))
    report(beacon(act("form.started", f=form.public_id)))

    lead = send(form)
    drain_events()
    report(beacon(act("product.used", n="export made", p={"value": 9.5})))

    kinds = Engagement.objects.filter(lead=lead).values_list("kind", flat=True)
    assert sorted(kinds) == ["form.started", "form.submitted", "page.viewed", "product.used"]
    viewed = Engagement.objects.get(kind="page.viewed")
    assert (viewed.topic, viewed.value, viewed.label) == ("pricing", 30, "Prices")
    assert viewed.occurred_at < Engagement.objects.get(kind="form.submitted").occurred_at
    assert Engagement.objects.get(kind="form.started").label == form.name
    assert Engagement.objects.get(kind="product.used").value == 9.5
    assert Touchpoint.objects.filter(lead=lead, utm={"utm_source": "News"}).count() == 1
    assert Touchpoint.objects.filter(lead=lead).count() == 2  # and the answer's own


def test_a_visit_reported_only_after_the_answer_belongs_to_who_sent_it(policy, form, drain_events):
    lead = send(form)
    drain_events()

    report(beacon())

    assert Visit.objects.get().lead == lead
    assert Engagement.objects.filter(lead=lead, kind="page.viewed").exists()
    drain_events()
    assert Event.objects.filter(kind="engagement.recorded", lead_id=lead.pk).exists()


def test_a_second_person_on_a_browser_never_takes_the_first_ones_history(
    policy, form, drain_events
):
    report(beacon(visit="visit-0001"))
    first = send(form, visit="visit-0001")
    drain_events()
    report(beacon(visit="visit-0002"))
    second = send(form, visit="visit-0003", email="bea@south.example", number=2)
    drain_events()
    report(beacon(visit="visit-0004"))

    owners = dict(Visit.objects.values_list("key", "lead_id"))
    assert owners["visit-0001"] == owners["visit-0002"] == first.pk
    assert owners["visit-0004"] is None
    visitor = Visitor.objects.get()
    assert (visitor.lead, visitor.is_shared) == (first, True)
    assert not Engagement.objects.filter(lead=second, kind="page.viewed").exists()
    assert (first.first_name, first.email) == ("Ada", "ada@north.example")


def test_an_anonymous_visitor_is_never_joined_to_a_person(policy, form, drain_events):
    report(beacon(who=""))
    key = Visitor.objects.get().key

    send(form, who=key)
    drain_events()

    assert Visit.objects.get().lead is None


def test_joining_again_adds_nothing(policy, form, drain_events):
    report(beacon())
    send(form)
    drain_events()
    before = Engagement.objects.count(), Touchpoint.objects.count()

    visits.join(form.submissions.values_list("pk", flat=True))

    assert (Engagement.objects.count(), Touchpoint.objects.count()) == before


def test_the_visits_of_a_merged_lead_follow_her(policy, form, drain_events):
    report(beacon())
    loser = send(form)
    drain_events()
    winner = send(form, who="", email="bea@south.example", number=2)

    visits.move(from_lead=loser.pk, to_lead=winner.pk)

    assert Visit.objects.get().lead == Visitor.objects.get().lead == winner


def test_old_visits_go_and_so_do_the_salts_of_days_that_are_over(policy):
    report(beacon(who=""))
    now = clock.now()

    assert visits.forget(now + timedelta(days=policy.keep_days - 1)) == 0
    assert not DaySalt.objects.exists()
    assert visits.forget(now + timedelta(days=policy.keep_days + 1)) == 1
    assert not Behaviour.objects.exists()
    assert not Visitor.objects.exists()


def test_an_erased_person_leaves_nameless_visits(policy, form, drain_events, alice):
    report(beacon(utm={"utm_source": "News"}, ref="https://news.example/"))
    lead = send(form)
    drain_events()
    assert privacy.export(lead)["visits"][0]["landing"] == f"{SITE}/"

    privacy.erase(lead=lead, by=alice)

    visit = Visit.objects.get()
    told = (visit.lead, visit.landing, visit.referrer, visit.utm, visit.source, visit.network)
    assert told == (None, "", "", {}, "", None)
    assert Visitor.objects.get().key != WHO
    assert Behaviour.objects.get().label == ""


def test_the_script_is_told_the_policy_in_force(policy, client):
    script = client.get("/track.js")

    assert '"mode": "id"' in script.content.decode()
    assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not script.cookies


def test_tracker_and_embed_together_stay_under_fifteen_kilobytes():
    scripts = [finders.find(f"js/{name}.js") for name in ("track", "embed")]

    assert sum(len(gzip.compress(Path(path).read_bytes())) for path in scripts) < 15_000
