from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import Consent, Suppression
from leadflow.services import addresses, consent
from nurturing.models import Enrolment
from nurturing.services import enrolment, policy, reach
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_reader, a_sequence

pytestmark = pytest.mark.django_db


def got(lead, *days_ago, kind="marketing", state="sent", at=NOON):
    for number, days in enumerate(days_ago):
        moment = at - timedelta(days=days)
        Delivery.objects.create(
            key=f"t:{lead.pk}:{kind}:{days}:{number}", kind=kind, lead=lead, to_address=lead.email,
            to_norm=lead.email, to_hash="", from_address="us@example.com", subject="News",
            text="News", state=state, due_at=moment, not_before=moment, sent_at=moment,
        )  # fmt: skip


def silent(user, days=30, at=NOON):
    return reach.neglected(user, days=days, at=at)


def test_who_agreed_and_got_nothing_is_counted_and_nobody_else(max):
    quiet, heard, late = a_reader(), a_reader(), a_reader()
    a_lead(), a_reader(email="")
    got(heard, 3)
    got(late, 40)

    found = silent(max)

    assert found.count == 2
    assert [one.pk for one in people(max)] == sorted([quiet.pk, late.pk])
    assert silent(max, days=90).count == 1


def people(user, by="", value="", days=30):
    return reach.neglected_people(user, days=days, at=NOON, by=by, value=value, after=0, most=50)


def test_whoever_may_not_be_written_to_is_no_neglected_person(max):
    withdrawn, blocked = a_reader(), a_reader()
    a_reader(email="x@rival.example"), a_reader(email=max.email)
    consent.withdraw(lead=withdrawn)
    addresses.suppress(email=blocked.email, reason=Suppression.Reason.BLOCKED, by=None, detail="")
    policy.change(by=None, competitors="rival.example")

    assert silent(max, at=clock.now()).count == 0


def test_why_somebody_hears_nothing_is_said_as_far_as_it_is_known(max):
    never, inside, ended, held = (a_reader() for _ in range(4))
    sequence = a_sequence()
    ids = [inside.pk, ended.pk, held.pk]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=NOON)
    Enrolment.objects.filter(lead=ended).update(state="finished", due_at=None)
    Enrolment.objects.filter(lead=held).update(state="held_back", due_at=None)

    assert silent(max).by["why"] == {"never": 1, "inside": 1, "ended": 1, "held_back": 1}
    assert people(max, "why", "never") == [never]


def test_each_group_adds_up_to_the_whole(max):
    for stage in ("lead", "lead", "mql"):
        a_reader(stage=stage)

    found = silent(max)

    assert all(sum(one.values()) == found.count == 3 for one in found.by.values())


def test_who_got_how_many_and_what_they_made_of_it(max):
    one, two, many = a_reader(), a_reader(), a_reader()
    got(one, 3)
    got(two, 3, 20)
    got(two, 1, state="complained")
    got(many, *range(1, 9))
    got(one, 40)
    Consent.objects.create(
        lead=many, channel="email", state="withdrawn", at=NOON - timedelta(days=1)
    )

    bars = reach.heard(max, at=NOON)

    assert [(bar.mails, bar.people, bar.unsubscribed, bar.complained) for bar in bars] == [
        (1, 1, 0, 0), (3, 1, 0, 1), (6, 1, 1, 0),
    ]  # fmt: skip
    for bar in bars:
        assert reach.heard_people(max, mails=bar.mails, at=NOON).count() == bar.people


def test_letters_of_a_rep_count_for_who_hears_too_much(max):
    lead, other = a_reader(), a_reader()
    got(lead, 1, 3, 5)
    got(lead, 2, kind="personal")
    got(other, 1, 3, 5)

    assert list(reach.over_cap(max, at=NOON)) == [lead]


def test_a_manager_sees_the_people_of_her_teams_only(mia, bob, carl, north, south):
    hers, _other = a_reader(owner=bob), a_reader(owner=carl)

    assert silent(mia).count == 1
    assert people(mia) == [hers]


def test_the_report_costs_a_constant_number_of_statements(max, django_assert_max_num_queries):
    for _ in range(12):
        got(a_reader(), 1)
        a_reader()
    with django_assert_max_num_queries(9):
        silent(max)
        reach.heard(max, at=NOON)


def test_the_report_and_its_lists_are_pages_that_put_people_into_a_sequence(client, max):
    lead, sequence = a_reader(), a_sequence()
    client.force_login(max)

    page = client.get("/who-gets-what/").content.decode()
    rows = client.get("/who-gets-what/people/?days=30&by=why&value=never").content.decode()
    client.post("/sequences/enrol/", {"ids": [lead.pk], "sequence": sequence.pk})

    assert "got none in 30 days" in page
    assert lead.get_absolute_url() in rows
    assert Enrolment.objects.get().lead == lead
    assert client.get("/who-gets-what/people/?view=crowded").status_code == 200
    assert client.get("/who-gets-what/people/?mails=2").status_code == 200
    assert client.get("/who-gets-what/?days=5").status_code == 404


def test_of_many_leads_some_are_looked_at_and_stand_for_all(max, monkeypatch):
    monkeypatch.setattr(reach, "SAMPLE", 60)
    people = [a_reader(stage="mql" if n % 3 else "lead") for n in range(240)]

    found = silent(max)

    assert found.is_sample
    assert abs(found.count - len(people)) <= 8  # ids have gaps at both ends
    assert all(sum(one.values()) == found.count for one in found.by.values())
    assert abs(found.by["stage"]["lead"] - 80) < 60
    assert silent(max) == found  # the same people each time


def test_few_leads_are_counted_one_by_one(max):
    for _ in range(3):
        a_reader()

    assert not silent(max).is_sample
    assert silent(max).count == 3


def test_the_page_of_a_sample_says_so_and_costs_a_fixed_number_of_statements(
    max, client, monkeypatch
):
    monkeypatch.setattr(reach, "SAMPLE", 20)
    for _ in range(60):
        got(a_reader(), 1, at=clock.now())
        a_reader()
    client.force_login(max)

    with CaptureQueriesContext(connection) as asked:
        page = client.get("/who-gets-what/").content.decode()

    assert "drawn evenly from all" in page
    assert len(asked) <= 20


def test_a_bar_of_nothing_known_opens_nobody(max):
    a_reader()

    for by, value in (
        ("owner", "x"),
        ("owner", "9" * 40),
        ("why", "x"),
        ("stage", ""),
        ("source", "7"),
    ):
        assert people(max, by, value) == []
    assert len(people(max, "owner", "")) == 1


def test_the_people_of_a_bar_come_page_by_page(max):
    rows = [a_reader() for _ in range(7)]
    addresses.suppress(email=rows[2].email, reason=Suppression.Reason.BLOCKED, by=None, detail="")

    found, after = [], 0
    while page := reach.neglected_people(
        max, days=30, at=NOON, by="why", value="never", after=after, most=2
    ):
        found += page
        after = page[-1].pk

    assert found == [row for row in rows if row != rows[2]]
