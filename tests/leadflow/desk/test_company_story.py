"""The story of a company: of the company, of its deals, and of all its people whom the reader may see."""

import pytest

from leadflow.services import activities, companies, notes
from leadflow.timeline.selectors import Dealt, for_company
from pipeline.services import roles
from tests.factories.core import a_company, a_lead
from tests.factories.pipeline import deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(db):
    return a_company("Acme", domain="acme.example")


@pytest.fixture
def ada(acme, bob):
    return a_lead("ada@acme.example", owner=bob, first_name="Ada", last_name="Ames")


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def story(client, company, query=""):
    return client.get(f"/companies/{company.pk}/story/?{query}")


def told(client, company, query=""):
    return [
        (entry.event.kind, entry.person)
        for entry in story(client, company, query).context["page"].entries
    ]


def test_everybodys_calls_and_notes_stand_in_one_story(acme, ada, bob, as_bob):
    eve = a_lead("eve@acme.example", owner=bob, first_name="Eve")
    notes.add(text="Likes roofs", lead=ada, by=bob)
    activities.log(kind="call", subject="Rang", lead=eve, by=bob)

    found = told(as_bob, acme)

    assert ("note.added", "Ada Ames") in found
    assert ("activity.logged", "Eve") in found


def test_each_entry_says_whom_it_is_about(acme, ada, bob, as_bob):
    notes.add(text="Likes roofs", lead=ada, by=bob)

    page = story(as_bob, acme).content.decode()

    assert f'<a href="/leads/{ada.pk}/">Ada Ames</a>' in page


def test_people_of_other_teams_stay_out_of_it(acme, carl, as_bob):
    theirs = a_lead("eve@acme.example", owner=carl, first_name="Evelina")
    notes.add(text="Secret words", lead=theirs, by=carl)

    page = story(as_bob, acme)

    assert b"Secret words" not in page.content
    assert b"Evelina" not in page.content


def test_a_role_of_a_hidden_person_in_a_deal_she_sees_is_not_told(acme, bob, carl, as_bob):
    theirs = a_lead("eve@acme.example", owner=carl, first_name="Eve")
    roles.give(deal=deal(bob, company=acme), lead=theirs, role="champion", by=carl)

    assert "role.changed" not in [kind for kind, _who in told(as_bob, acme)]


def test_deals_without_a_person_and_changes_of_the_company_are_told(acme, bob, as_bob):
    deal(bob, company=acme, name="Roof")
    companies.update(acme, values={"city": "Ghent"}, by=bob)

    kinds = [kind for kind, _who in told(as_bob, acme)]

    assert {"deal.opened", "company.changed"} <= set(kinds)


def test_deals_out_of_reach_are_not_told(acme, carl, as_bob):
    deal(carl, company=acme, name="Secret")

    assert told(as_bob, acme) == []


def test_notes_and_plans_of_the_company_itself_are_told(acme, bob, as_bob):
    notes.add(text="Builds abroad", company=acme, by=bob)
    activities.log(kind="call", subject="Reception", company=acme, by=bob)

    assert {kind for kind, _who in told(as_bob, acme)} == {"note.added", "activity.logged"}


def test_the_story_is_narrowed_by_kind_person_and_words(acme, ada, bob, as_bob):
    eve = a_lead("eve@acme.example", owner=bob, first_name="Eve")
    notes.add(text="Likes roofs", lead=ada, by=bob)
    notes.add(text="Likes cars", lead=eve, by=bob)
    notes.add(text="The firm likes roofs", company=acme, by=bob)
    activities.log(kind="call", subject="Rang", lead=eve, by=bob)

    assert len(told(as_bob, acme, "group=notes")) == 3
    assert len(told(as_bob, acme, "q=roofs")) == 2
    assert told(as_bob, acme, f"person={eve.pk}&group=notes") == [("note.added", "Eve")]


def test_a_person_of_another_company_is_not_found(acme, bob, as_bob):
    other = a_lead("zoe@zed.example", owner=bob)

    assert story(as_bob, acme, f"person={other.pk}").status_code == 404


def test_the_story_goes_on_page_by_page(acme, ada, bob):
    for number in range(7):
        notes.add(text=f"Note {number}", lead=ada, by=bob)

    first = for_company(acme, bob, dealt=Dealt(), group="notes", size=5)
    rest = for_company(acme, bob, dealt=Dealt(), group="notes", size=5, before=first.before)

    assert (len(first.entries), len(rest.entries), rest.before) == (5, 2, None)


def test_the_page_of_a_company_offers_its_filters(acme, ada, as_bob):
    page = as_bob.get(acme.get_absolute_url()).content.decode()

    assert f"/companies/{acme.pk}/story/" in page
    assert 'name="group" value="calls"' in page
    assert f'<option value="{ada.pk}">Ada Ames</option>' in page


def test_a_long_story_costs_as_much_as_a_short_one(
    acme, ada, bob, as_bob, django_assert_max_num_queries
):
    for number in range(40):
        notes.add(text=f"Note {number}", lead=ada, by=bob)
    story(as_bob, acme)

    with django_assert_max_num_queries(24):
        story(as_bob, acme)
