"""Who else works where a lead does, and what the page of the company says and takes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.desk.colleagues import SHOWN, colleagues_of
from leadflow.kit.remembering import remembering
from leadflow.models import Activity, BuyingRole, Organisation
from leadflow.services import company_duplicates
from pipeline.services import roles
from tests.factories import pipeline as make
from tests.factories.core import NOON, a_company, a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(db):
    return a_company("Acme", domain="acme.example")


@pytest.fixture
def ada(acme, bob):
    return a_lead("ada@acme.example", owner=bob, company=acme, first_name="Ada")


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def touched(lead, days_ago):
    lead.last_activity_at = NOON - timedelta(days=days_ago)
    lead.save(update_fields=["last_activity_at"])
    return lead


def some(company, owner, n):
    return [
        touched(a_lead(f"p{days}@acme.example", owner=owner, company=company), days)
        for days in range(n)
    ]


def test_who_was_touched_last_comes_first_and_the_rest_is_counted(acme, ada, bob):
    others = some(acme, bob, SHOWN + 2)

    found = colleagues_of(ada, bob)

    assert list(found.first) == others[:SHOWN]
    assert (found.count, found.has_more) == (SHOWN + 2, True)


def test_their_roles_in_deals_that_the_reader_may_see_are_named(acme, ada, bob, carl):
    ben = a_lead("ben@acme.example", owner=bob, company=acme)
    mine, theirs = make.deal(bob, company=acme), make.deal(carl, company=acme)
    roles.give(deal=mine, lead=ben, role=BuyingRole.CHAMPION, by=bob)
    roles.give(deal=theirs, lead=ben, role=BuyingRole.BLOCKER, by=carl)

    assert [one.roles for one in colleagues_of(ada, bob).first] == [["Champion"]]


def test_they_cost_one_query_however_many_there_are(acme, ada, bob):
    some(acme, bob, 12)

    with remembering():
        Organisation.current()  # as every request has read it
        with CaptureQueriesContext(connection) as told:
            assert [one.owner.name for one in colleagues_of(ada, bob).first] == ["Bob Berg"] * SHOWN

    assert len(told) == 1


def test_who_works_nowhere_has_no_colleagues(bob, django_assert_num_queries):
    alone = a_lead("alone@gmail.com", owner=bob)

    with django_assert_num_queries(0):
        assert colleagues_of(alone, bob).count == 0


def test_abuse_E02_people_out_of_reach_are_neither_named_nor_counted(acme, ada, as_bob, bob, carl):
    a_lead("eve@acme.example", owner=carl, company=acme, first_name="Evelina", last_name="Hidden")

    page = as_bob.get(f"/leads/{ada.pk}/").content.decode()

    assert colleagues_of(ada, bob).count == 0
    assert "Evelina" not in page
    assert "Nobody else there whom you may see." in page


def test_the_page_of_a_lead_names_role_stage_and_last_touch(acme, ada, as_bob, bob):
    other = a_lead("max@acme.example", owner=bob, company=acme, first_name="Max", job_title="Buyer")
    touched(other, 3)

    page = as_bob.get(f"/leads/{ada.pk}/").content.decode()

    part = page[page.index('id="colleagues"') :].split("</section>")[0]
    assert all(words in part for words in ("Max", "Buyer", "Lead", "last touch"))


@pytest.fixture
def twin(acme):
    other = a_company("ACME GmbH")
    company_duplicates.find(first=1, last=other.pk)
    return other


def test_a_company_hints_at_the_one_that_may_be_the_same(acme, twin, as_bob, client, mia):
    page = as_bob.get(f"/companies/{acme.pk}/").content.decode()
    assert f'href="/companies/{twin.pk}/"' in page
    assert "A manager can compare and merge them." in page
    assert f"?other={twin.pk}" not in page

    client.force_login(mia)
    assert f"?other={twin.pk}" in client.get(f"/companies/{acme.pk}/").content.decode()


def test_companies_that_were_told_apart_are_not_hinted_at(acme, twin, bob):
    (pair,) = company_duplicates.CompanyTwin.objects.all()
    company_duplicates.tell_apart(twin=pair, by=bob)

    assert company_duplicates.alike(acme) == []
    assert company_duplicates.alike(twin) == []


def posted(client, company, **values):
    values = {"kind": "call", "subject": "Rang the desk", "outcome": "reached"} | values
    return client.post(
        f"/companies/{company.pk}/log/", {f"log-{key}": value for key, value in values.items()}
    )


def test_a_call_with_nobody_known_is_logged_on_the_company(acme, as_bob, bob):
    assert posted(as_bob, acme).status_code == 303

    row = Activity.objects.get()
    assert (row.company, row.lead, row.kind, row.outcome) == (acme, None, "call", "reached")
    assert (row.created_by, row.owner) == (bob, bob)
    story = as_bob.get(f"/companies/{acme.pk}/story/").content.decode()
    assert "Rang the desk" in story


def test_a_meeting_with_somebody_there_touches_her_and_plans_what_is_next(acme, ada, as_bob, bob):
    posted(
        as_bob, acme, kind="meeting", person=ada.pk, next_kind="call", next_subject="Send the plan",
        next_due_at="2030-01-07T10:00",
    )  # fmt: skip

    met, step = Activity.objects.order_by("pk")
    assert (met.lead, met.company, met.kind) == (ada, acme, "meeting")
    assert (step.lead, step.company, step.subject, step.owner) == (ada, acme, "Send the plan", bob)
    ada.refresh_from_db()
    assert ada.last_activity_at == met.done_at


def test_what_was_typed_stays_where_something_is_missing(acme, as_bob):
    answer = posted(as_bob, acme, subject="", body="They want a second site")

    assert answer.status_code == 422
    assert "They want a second site" in answer.content.decode()
    assert not Activity.objects.exists()


def test_abuse_E02_nobody_logs_a_talk_with_a_person_out_of_reach(acme, as_bob, carl):
    eve = a_lead("eve@acme.example", owner=carl, company=acme, first_name="Evelina")

    assert "Evelina" not in as_bob.get(f"/companies/{acme.pk}/log/").content.decode()
    assert posted(as_bob, acme, person=eve.pk).status_code == 422
    assert not Activity.objects.exists()


def test_abuse_E01_a_viewer_logs_nothing(acme, client, vera):
    client.force_login(vera)

    assert posted(client, acme).status_code == 403
    assert f"/companies/{acme.pk}/log/" not in client.get(f"/companies/{acme.pk}/").content.decode()
