"""Visitors who became a lead: who counts, within what time, and that every number opens its visitors."""

from datetime import timedelta

import pytest

from capture.models import Behaviour, Visit, Visitor, VisitorPolicy
from leadflow.insights.asking import Ask, everything
from leadflow.insights.figures import Figures
from leadflow.insights.kpis import KPIS
from tests.factories.capture import published_form
from tests.factories.core import a_lead, a_source
from tests.leadflow.insights.conftest import NOW, Q2, days

pytestmark = pytest.mark.django_db
SPRING = "from=2026-04-01&to=2026-06-30"
KPI = KPIS["visitor_rate"]


@pytest.fixture(autouse=True)
def _in_september(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_max(client, max):
    client.force_login(max)
    return client


def a_visitor(key, at, *, lead=None, is_anonymous=False, source="google", page="", device="phone"):
    visitor = Visitor.objects.create(
        key=key, is_anonymous=is_anonymous, lead=lead, first_seen_at=at, last_seen_at=at
    )
    Visit.objects.create(
        visitor=visitor, key=f"v-{key}", lead=lead, started_at=at, last_seen_at=at, source=source,
        landing=page or "https://us.example/pricing", device=device,
    )  # fmt: skip
    return visitor


def rate(user=None, period=Q2, at=NOW, **narrow):
    return KPI.compute(Figures(Ask(user or everything(), period, at, **narrow)))


def test_a_visitor_counts_who_becomes_a_lead_within_thirty_days_of_her_first_visit():
    a_visitor("soon", days(1), lead=a_lead(at=days(3)))
    a_visitor("late", days(1), lead=a_lead(at=days(1) + timedelta(days=30)))
    a_visitor("never", days(1))

    found = rate()

    assert (found.numerator, found.denominator) == (1, 3)
    assert found.interval is not None


def test_a_visitor_who_comes_often_is_one():
    visitor = a_visitor("often", days(1))
    for number in range(3):
        Visit.objects.create(
            visitor=visitor, key=f"again-{number}", started_at=days(2), last_seen_at=days(2)
        )

    assert rate().denominator == 1
    assert rate().fact("sessions").number == 4


def test_who_did_not_agree_is_counted_apart_and_never_mixed():
    a_visitor("known", days(1), lead=a_lead(at=days(1)))
    a_visitor("day-1", days(1), is_anonymous=True)
    a_visitor("day-2", days(2), is_anonymous=True)

    found = rate()

    assert (found.numerator, found.denominator) == (1, 1)
    assert {one.part: one.count for one in found.left_out} == {"unknown": 2}


def test_who_was_a_lead_before_she_came_can_become_none():
    a_visitor("old", days(5), lead=a_lead(at=days(-20)))
    a_visitor("new", days(5))

    found = rate()

    assert found.denominator == 1
    assert {one.part: one.count for one in found.left_out} == {"known": 1}


def test_a_subscriber_has_not_become_a_lead():
    a_visitor("reader", days(1), lead=a_lead(at=days(2), stage="subscriber"))

    assert rate().numerator == 0


def test_a_shared_browser_is_whoever_sent_from_it():
    visitor = a_visitor("shared", days(1), lead=a_lead(at=days(2)))
    Visitor.objects.filter(pk=visitor.pk).update(is_shared=True)

    assert rate().numerator == 1


def test_without_visitors_there_is_no_data_and_the_reason_is_said():
    assert rate().number is None
    assert "not followed" in str(rate().why)

    VisitorPolicy.objects.create(pk=1, mode=VisitorPolicy.Mode.IDENTIFIED)

    assert "No visitor who agreed" in str(rate().why)


def test_none_of_many_is_zero_with_an_upper_bound():
    for number in range(4):
        a_visitor(f"n-{number}", days(1))

    assert rate().number == 0
    assert rate().interval[1] > 0


def test_young_visitors_still_have_time():
    a_visitor("young", NOW - timedelta(days=3))
    period = type(Q2)(NOW.date() - timedelta(days=5), NOW.date() + timedelta(days=1))

    assert rate(period=period).is_growing


def test_visitors_belong_to_nobody_so_no_owner_has_a_share(mia, bob):
    a_visitor("one", days(1))

    assert rate(owner=bob.pk).number is None
    assert rate(mia).number is None


def test_one_source_is_asked_by_its_name():
    google = a_source("Google")
    a_visitor("one", days(1), source="google", lead=a_lead(at=days(1)))
    a_visitor("two", days(1), source="")

    assert (rate(source=google.pk).denominator, rate(source=0).denominator) == (1, 1)


def test_every_number_opens_its_visitors(as_max):
    form = published_form()
    seen = a_visitor("one", days(1), lead=a_lead(at=days(1)))
    a_visitor("two", days(1), source="", device="", page="https://us.example/")
    a_visitor("old", days(1), lead=a_lead(at=days(-9)))
    a_visitor("day", days(1), is_anonymous=True)
    Behaviour.objects.create(
        visit=seen.visits.get(), act_id="a1", kind="form.viewed", topic=f"form:{form.pk}",
        occurred_at=days(1),
    )  # fmt: skip

    page = as_max.get(f"/dashboard/visitors/?{SPRING}")

    whole = page.context["whole"]
    links = [(whole["value"].numerator, whole["became_url"]), (2, whole["all_url"])]
    links += [(one.count, url) for one, url in page.context["left_out"]]
    for split, lines in page.context["splits"]:
        assert lines, split.key
        for line, shown in lines:
            links += [(line.rate.numerator, shown["became_url"]), (line.rate.n, shown["all_url"])]
    for number, url in links:
        assert as_max.get(url).context["page"].total == number, url
    assert page.context["guess"].visitors == 1


def test_it_stands_among_the_numbers_of_the_dashboard_with_its_definition(as_max):
    a_visitor("one", days(1), lead=a_lead(at=days(1)))

    page = as_max.get(f"/dashboard/?{SPRING}&kpi=visitor_rate").content.decode()

    assert "A visitor is a browser, not a session." in page
    assert "/dashboard/visitors/?" in page


def test_a_rep_sees_no_visitors_and_no_names(client, bob):
    a_visitor("one", days(1), lead=a_lead(at=days(1)))
    client.force_login(bob)

    assert client.get(f"/dashboard/visitors/rows/?{SPRING}").context["page"].total == 0
    assert client.get(f"/dashboard/rows/visitor_rate/?{SPRING}").context["page"].total == 0


def test_the_page_asks_as_often_however_many_visitors_there_are(
    as_max, django_assert_max_num_queries
):
    for number in range(6):
        a_visitor(f"n-{number}", days(1), source=f"source-{number}")
    as_max.get(f"/dashboard/visitors/?{SPRING}")

    with django_assert_max_num_queries(40):
        as_max.get(f"/dashboard/visitors/?{SPRING}")
