"""Reps and the leads that nobody owns: hidden, or read and edited where the organisation says so."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.integrations import services as keys
from leadflow.models import Lead, Organisation
from leadflow.people.access import reach_of
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
READ_AND_EDITED = ("lead.view", "lead.edit")
NOT_HERS = ("lead.give", "lead.advance", "activity.add", "note.add", "mail.send")


@pytest.fixture
def opened(db):
    Organisation.current()
    Organisation.objects.update(reps_see_unassigned=True)


@pytest.fixture
def cast(bob, carl, north, south):
    """A lead of hers, of a colleague elsewhere, of nobody, and of nobody in each team."""
    return {
        "hers": a_lead(owner=bob, last_name="Hers"),
        "carls": a_lead(owner=carl, last_name="Carls"),
        "nobodys": a_lead(last_name="Nobodys"),
        "norths": of_team(north, "Norths"),
        "souths": of_team(south, "Souths"),
    }


def of_team(team, name):
    """Her owner left; she stayed in the team."""
    lead = a_lead(last_name=name)
    Lead.objects.filter(pk=lead.pk).update(team=team)
    return Lead.objects.get(pk=lead.pk)


def seen(user, cast, permission="lead.view"):
    names = {lead.pk: name for name, lead in cast.items()}
    return {
        names[pk] for pk in Lead.objects.visible_to(user, permission).values_list("pk", flat=True)
    }


@pytest.mark.parametrize("permission", READ_AND_EDITED)
def test_a_rep_sees_only_her_own_while_the_setting_is_off(bob, cast, permission):
    assert seen(bob, cast, permission) == {"hers"}


@pytest.mark.parametrize("permission", READ_AND_EDITED)
def test_a_rep_sees_leads_without_an_owner_but_not_those_of_another_team(
    bob, cast, opened, permission
):
    assert seen(bob, cast, permission) == {"hers", "nobodys", "norths"}


@pytest.mark.parametrize("permission", NOT_HERS)
def test_what_else_a_rep_does_stays_with_her_own(bob, cast, opened, permission):
    assert seen(bob, cast, permission) == {"hers"}
    assert not reach_of(bob, [permission], cast["nobodys"])[permission]


@pytest.mark.parametrize(
    ("name", "is_reached"),
    [("hers", True), ("carls", False), ("nobodys", True), ("norths", True), ("souths", False)],
)
def test_one_record_is_judged_as_the_list_is(bob, cast, opened, name, is_reached):
    assert set(reach_of(bob, READ_AND_EDITED, cast[name]).values()) == {is_reached}


def test_one_record_without_an_owner_is_not_hers_while_the_setting_is_off(bob, cast):
    assert not any(reach_of(bob, READ_AND_EDITED, cast["nobodys"]).values())


def test_the_setting_changes_nothing_for_other_roles(mia, vera, max, cast, opened):
    assert seen(mia, cast) == seen(vera, cast) == {"hers", "nobodys", "norths"}
    assert seen(vera, cast, "lead.edit") == set()
    assert seen(max, cast) == set(cast)


def doors(client, user, lead):
    """What each way to a lead says of her: list, board, search, page, edit and API."""
    client.force_login(user)
    _key, whole = keys.create(name="Test", owner=user, scopes=["leads:read"])
    api = {"Authorization": f"Bearer {whole}"}
    link = f'"/leads/{lead.pk}/"'
    return {
        "list": link in client.get("/leads/").content.decode(),
        "board": link in client.get("/leads/board/").content.decode(),
        "search": link in client.get(f"/search/?q={lead.last_name}").content.decode(),
        "page": client.get(f"/leads/{lead.pk}/").status_code == 200,
        "edit": client.get(f"/leads/{lead.pk}/edit/").status_code == 200,
        "api": client.get(f"/api/v1/leads/{lead.pk}/", headers=api).status_code == 200,
        "api list": lead.pk
        in [row["id"] for row in client.get("/api/v1/leads/", headers=api).json()["results"]],
    }


@pytest.mark.parametrize(
    ("name", "is_open"), [("nobodys", True), ("norths", True), ("carls", False), ("souths", False)]
)
def test_abuse_E04_every_door_follows_the_setting(client, bob, cast, name, is_open):
    assert set(doors(client, bob, cast[name]).values()) == {False}

    Organisation.objects.update(reps_see_unassigned=True)

    assert set(doors(client, bob, cast[name]).values()) == {is_open}


def test_a_rep_puts_a_field_of_a_lead_without_an_owner_right(client, bob, cast, opened):
    client.force_login(bob)
    lead = cast["nobodys"]

    answer = client.post(
        f"/leads/{lead.pk}/edit/",
        {"last_name": "Right", "direction": "inbound", "version": lead.version},
    )

    assert answer.status_code == 303
    assert Lead.objects.get(pk=lead.pk).last_name == "Right"


def test_a_card_that_she_may_not_move_offers_no_move_and_takes_none(client, bob, cast, opened):
    client.force_login(bob)
    page = client.get("/leads/board/").content.decode()
    hers, nobodys = (
        page.split(f'data-card="{cast[name].pk}"')[1].split("</li>")[0]
        for name in ("hers", "nobodys")
    )

    assert "data-move-menu" in hers
    assert f'data-move="/leads/{cast["hers"].pk}/move/"' in hers
    assert "data-move-menu" not in nobodys
    assert 'data-move=""' in nobodys
    assert client.post(f"/leads/{cast['nobodys'].pk}/move/", {"column": "mql"}).status_code == 404


def test_the_list_costs_no_more_queries_for_the_rows_that_the_setting_adds(client, bob, opened):
    client.force_login(bob)

    def cost():
        client.get("/leads/")
        with CaptureQueriesContext(connection) as told:
            client.get("/leads/")
        return len(told)

    few = cost()
    for _ in range(10):
        a_lead()

    assert cost() <= few


def test_the_page_of_roles_says_that_reps_see_leads_without_an_owner(client, alice):
    client.force_login(alice)
    words = "Sales reps also see and edit leads without an owner"
    assert words not in client.get("/settings/roles/").content.decode()

    Organisation.objects.update(reps_see_unassigned=True)

    assert words in client.get("/settings/roles/").content.decode()
