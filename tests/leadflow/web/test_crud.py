"""Settings objects from one declaration, tried on teams."""

import pytest
from django.test import RequestFactory
from django.urls import include, path

from leadflow.people.models import Team
from leadflow.web.crud import Crud
from leadflow.web.forms import StaffModelForm

pytestmark = pytest.mark.django_db


class TeamForm(StaffModelForm):
    class Meta:
        model = Team
        fields = ["name", "office"]


TEAMS = Crud(
    Team,
    TeamForm,
    permission="people.edit",
    namespace="trial",
    slug="teams",
    singular="Team",
    plural="Teams",
    columns=[("name", "Name"), (lambda team: team.people.count(), "People")],
)
urlpatterns = [
    path("", include("leadflow.urls")),
    path("trial/", include((TEAMS.urls(), "trial"))),
]


@pytest.fixture
def as_alice(client, alice, settings):
    settings.ROOT_URLCONF = __name__
    client.force_login(alice)
    return client


def test_the_list_shows_the_cells(as_alice, north):
    page = as_alice.get("/trial/teams/").content.decode()

    assert "North" in page
    assert f"/trial/teams/{north.pk}/" in page


def test_an_object_is_added(as_alice):
    response = as_alice.post("/trial/teams/new/", {"name": "West"})

    assert response.status_code == 303
    assert Team.objects.filter(name="West").exists()


def test_what_cannot_be_saved_comes_back_with_the_reason(as_alice, north):
    response = as_alice.post("/trial/teams/new/", {"name": "North"})

    assert response.status_code == 422
    assert "already exists" in response.content.decode()


def test_an_object_is_edited(as_alice, north):
    as_alice.post(f"/trial/teams/{north.pk}/", {"name": "Nord"})

    north.refresh_from_db()
    assert north.name == "Nord"


def test_an_object_is_deleted_only_by_post(as_alice, north):
    assert as_alice.get(f"/trial/teams/{north.pk}/archive/").status_code == 405

    as_alice.post(f"/trial/teams/{north.pk}/archive/")

    assert not Team.objects.filter(pk=north.pk).exists()


def test_another_role_meets_a_403(client, bob, settings):
    settings.ROOT_URLCONF = __name__
    client.force_login(bob)

    assert client.get("/trial/teams/").status_code == 403


def test_a_name_is_escaped(as_alice):
    Team.objects.create(name="<script>alert(1)</script>")

    assert "<script>alert" not in as_alice.get("/trial/teams/").content.decode()


def test_a_form_takes_the_refusal_of_a_service():
    from leadflow.errors import Invalid

    form = TeamForm(RequestFactory().post("/", {"name": "East"}).POST)
    assert form.is_valid()

    def refuse():
        raise Invalid("No.", {"name": ["Take another."]})

    assert form.attempt(refuse) is False
    assert form.errors["name"] == ["Take another."]
    assert form.status == 422
