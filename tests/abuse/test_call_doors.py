"""Attacks on call lists; the catalogue numbers stand in the names."""

import pytest
from django.test import Client

from leadflow.calling import services
from leadflow.calling.models import CallAttempt, CallEntry, CallList
from leadflow.kit import clock
from leadflow.people.models import Role
from tests.factories.core import a_lead
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
ALWAYS = {
    "name": "Theirs", "script": "", "tries": 3, "days": 14, "pause": 0, "ending": "leave",
    "from_hour": 0, "to_hour": 24, "weekends": True,
}  # fmt: skip


def as_(user):
    client = Client()
    client.force_login(user)
    return client


def a_list(by, callers, **person):
    lead = a_lead("q@other.example", phone="+4930901820", last_name="Qxother", **person)
    return services.create(values=ALWAYS, callers=callers, lead_ids=[lead.pk], by=by)


@pytest.fixture
def theirs():
    """A list of another team, its caller with somebody in hand."""
    stranger = UserFactory(role=Role.REP)
    made = a_list(stranger, [stranger])
    services.claim(made, by=stranger)
    return made


def test_abuse_E02_no_door_of_another_teams_list_opens(bob, mia, theirs):
    entry = theirs.entries.get()
    for user in (bob, mia):
        client, path = as_(user), f"/call-lists/{theirs.pk}/"
        answers = [
            client.get(path), client.get(f"{path}work/"), client.post(f"{path}next/"),
            client.get(f"{path}rows/people/"), client.get(f"{path}rows/is-ready/"),
            client.post(f"{path}said/{entry.pk}/", {"outcome": "do_not_call"}),
        ]  # fmt: skip
        assert {answer.status_code for answer in answers} == {404}
    assert as_(mia).post(f"/call-lists/{theirs.pk}/close/").status_code == 404
    assert not CallAttempt.objects.exists()
    assert CallList.objects.get().closed_at is None


def test_abuse_E02_nobody_writes_down_a_call_of_another(bob, mia, north):
    made = a_list(mia, [bob, mia])
    entry = services.claim(made, by=mia)

    answer = as_(bob).post(f"/call-lists/{made.pk}/said/{entry.pk}/", {"outcome": "do_not_call"})

    assert answer.status_code == 409
    assert CallEntry.objects.get().claimed_by == mia


def test_abuse_E02_an_entry_of_another_list_is_not_there(bob, theirs):
    made = a_list(bob, [bob], owner=bob)

    path = f"/call-lists/{made.pk}/said/{theirs.entries.get().pk}/"

    assert as_(bob).post(path, {"outcome": "busy"}).status_code == 404


def test_abuse_E02_nobodys_leads_of_another_team_come_on_a_list(mia, north, theirs):
    hidden = a_lead("h@hidden.example", owner=UserFactory(role=Role.REP), phone="+4930901899")
    seen = a_lead("s@seen.example", owner=mia, phone="+4930901898")

    as_(mia).post("/call-lists/new/", ALWAYS | {"name": "Mine", "callers": [mia.pk]})

    on_it = CallEntry.objects.filter(call_list__name="Mine").values_list("lead", flat=True)
    assert seen.pk in on_it
    assert hidden.pk not in on_it


def test_abuse_E04_the_page_of_lists_names_no_list_of_others(bob, theirs):
    assert "Theirs" not in as_(bob).get("/call-lists/").content.decode()


def test_abuse_E02_rows_behind_a_number_name_no_lead_that_the_reader_may_not_see(bob, mia, north):
    stranger = UserFactory(role=Role.REP)
    made = a_list(mia, [bob, stranger], owner=stranger)
    services.say(services.claim(made, by=stranger), "busy", by=stranger)

    for part in ("people", "called", "said-busy", f"by-{stranger.pk}", "is-later"):
        text = as_(bob).get(f"/call-lists/{made.pk}/rows/{part}/").content.decode()
        assert "Qxother" not in text
        if part != "is-later":  # for him she is with a colleague
            assert "1 more is counted here" in text


@pytest.mark.parametrize("source", ["segment:999999999999999999999", "view:x", "view:1", "'--"])
def test_abuse_E09_a_forged_source_is_no_error(mia, north, source):
    data = ALWAYS | {"callers": [mia.pk], "source": source, "query": "rule={{{"}

    assert as_(mia).post("/call-lists/new/", data).status_code == 422


def test_abuse_E09_an_outcome_that_is_none_changes_nothing(bob):
    made = a_list(bob, [bob], owner=bob)
    entry = services.claim(made, by=bob, at=clock.now())

    path = f"/call-lists/{made.pk}/said/{entry.pk}/"

    assert as_(bob).post(path, {"outcome": "x" * 5_000}).status_code == 422
    assert not CallAttempt.objects.exists()
