"""Saved views: tabs of a list."""

import pytest

from leadflow.errors import Invalid, NotAllowed
from leadflow.web import saved_views
from leadflow.web.models import SavedView, Sharing

pytestmark = pytest.mark.django_db


def saved(by, **more):
    return saved_views.save(
        by=by, page="desk.leads", **({"name": "Hot", "state": {"stage": ["MQL"]}} | more)
    )


def test_the_same_name_overwrites(bob):
    saved(bob)
    saved(bob, state={"stage": ["SQL"]})

    assert SavedView.objects.get().state == {"stage": ["SQL"]}


def test_the_place_on_the_list_is_not_kept(bob):
    view = saved(bob, state={"after": ["abc"], "sort": ["-score"]})

    assert view.state == {"sort": ["-score"]}


def test_a_private_view_is_seen_by_nobody_else(bob, mia):
    saved(bob)

    assert list(SavedView.objects.visible_to(mia)) == []


def test_a_team_finds_what_was_shared_with_it(bob, mia, carl, north):
    view = saved(bob, shared=Sharing.TEAM, team=north)

    assert list(SavedView.objects.visible_to(mia)) == [view]
    assert list(SavedView.objects.visible_to(carl)) == []


def test_nobody_shares_with_a_team_of_others(bob, south):
    with pytest.raises(Invalid):
        saved(bob, shared=Sharing.TEAM, team=south)


def test_a_rep_does_not_share_with_everybody(bob):
    with pytest.raises(NotAllowed):
        saved(bob, shared=Sharing.ALL)


def test_only_the_owner_deletes(alice, mia):
    view = saved(alice, shared=Sharing.ALL)

    with pytest.raises(NotAllowed):
        saved_views.delete(by=mia, view=view)


def test_a_view_of_others_cannot_be_touched_over_the_web(client, bob, carl):
    view = saved(carl)
    client.force_login(bob)

    response = client.post(f"/views/{view.pk}/delete/")

    assert response.status_code == 404
    assert SavedView.objects.filter(pk=view.pk).exists()


def test_saving_over_the_web_comes_back_to_the_list(client, bob):
    client.force_login(bob)

    response = client.post(
        "/views/",
        {"page": "desk.leads", "name": "Hot", "state": "stage=MQL", "next": "/gallery/?x=1"},
    )

    assert response.status_code == 303
    assert response["Location"].startswith("/gallery/?stage=MQL")


def test_nobody_is_sent_to_another_host(client, bob):
    client.force_login(bob)

    response = client.post("/me/theme/", {"theme": "dark", "next": "https://evil.example/"})

    assert response["Location"] == "/"


def test_a_name_that_is_missing_is_asked_for_and_nothing_is_lost(client, bob):
    client.force_login(bob)

    response = client.post("/views/", {"page": "desk.leads", "name": " ", "state": "stage=MQL"})

    assert response.status_code == 422
    assert 'value="stage=MQL"' in response.content.decode()


def test_a_view_is_renamed_and_shared_with_a_team(client, bob, north):
    view = saved(bob)
    client.force_login(bob)

    client.post(f"/views/{view.pk}/", {"name": "Warm", "shared": f"team-{north.pk}"})

    view.refresh_from_db()
    assert (view.name, view.shared, view.team) == ("Warm", Sharing.TEAM, north)


def test_a_name_of_another_view_is_refused_beside_the_field(client, bob):
    saved(bob, name="Warm")
    view = saved(bob)
    client.force_login(bob)

    response = client.post(f"/views/{view.pk}/", {"name": "Warm"})

    assert response.status_code == 422
    assert "Another of your views has that name." in response.content.decode()


def test_the_form_offers_own_teams_and_not_everybody_to_a_rep(client, bob, north, south):
    client.force_login(bob)

    page = client.get("/views/new/").content.decode()

    assert f'value="team-{north.pk}"' in page
    assert f'value="team-{south.pk}"' not in page
    assert 'value="all"' not in page


def test_a_rep_who_forges_everybody_is_refused(client, bob):
    client.force_login(bob)

    response = client.post("/views/", {"page": "desk.leads", "name": "Hot", "shared": "all"})

    assert response.status_code == 422
    assert not SavedView.objects.exists()


def test_changed_filters_of_an_own_view_can_be_kept_under_its_name(client, bob, north):
    view = saved(bob, shared=Sharing.TEAM, team=north)
    client.force_login(bob)

    page = client.get(f"/leads/?stage=SQL&view={view.pk}").content.decode()

    assert "Keep the changes" in page
    assert f'name="shared" value="team-{north.pk}"' in page


def test_a_view_of_a_colleague_has_no_menu(client, bob, mia, north):
    view = saved(bob, shared=Sharing.TEAM, team=north)
    client.force_login(mia)

    page = client.get(f"/leads/?stage=MQL&view={view.pk}").content.decode()

    assert "Hot" in page
    assert "change-view" not in page
