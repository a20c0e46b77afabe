"""On a host name of the organisation visitors' doors answer, and none of the application's."""

import pytest
from django.utils import timezone

from leadflow.models import PublicHost
from leadflow.web.hosts import is_for_visitors
from tests.factories.capture import contact_body, published_form, published_page
from tests.guards.doors import every_door

NAME = "pages.north.example"


@pytest.fixture
def host(db):
    return PublicHost.objects.create(name=NAME, state="verified", created_at=timezone.now())


def test_visitors_doors_answer_on_both_hosts(client, host):
    page = published_page()

    assert client.get(page.public_path, headers={"host": NAME}).status_code == 200
    assert client.get(page.public_path).status_code == 200
    assert client.get("/robots.txt", headers={"host": NAME}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sign-in/",
        "/leads/",
        "/settings/",
        "/password/forgot/",
        "/welcome/",
        "/api/v1/leads/",
        "/healthz/",
    ],
)
def test_doors_of_the_application_are_not_there(client, host, alice, path):
    client.force_login(alice)

    answer = client.get(path, headers={"host": NAME})

    assert answer.status_code == 404
    assert "LeadFlow" not in answer.content.decode()


def test_abuse_B14_a_name_that_nobody_added_is_refused(client, host):
    assert client.get("/robots.txt", headers={"host": "evil.example"}).status_code == 400


def test_a_name_that_was_never_found_to_be_ours_is_refused(client, db):
    PublicHost.objects.create(name=NAME, created_at=timezone.now())

    assert client.get("/robots.txt", headers={"host": NAME}).status_code == 400


def test_the_proof_stands_there_before_the_name_counts(client, db):
    row = PublicHost.objects.create(name=NAME, created_at=timezone.now())

    told = client.get("/.well-known/leadflow-host", headers={"host": NAME})

    assert told.content.decode() == row.token
    assert client.get("/.well-known/leadflow-host").status_code == 404


def test_the_bare_name_leads_where_the_organisation_says(client, host):
    PublicHost.objects.update(home_url="https://www.north.example/")

    assert (
        client.get("/", headers={"host": NAME}).headers["Location"] == "https://www.north.example/"
    )


def test_a_form_that_was_sent_there_remembers_the_host(client, host):
    form = published_form()

    client.post(form.public_path, contact_body(form), headers={"host": NAME})

    assert form.submissions.get().page_url == f"http://{NAME}:8000{form.public_path}"


def test_an_insecure_visit_goes_to_the_same_host_securely(client, host, settings):
    settings.SECURE_SSL_REDIRECT = True

    answer = client.get("/p/x/?a=1", headers={"host": NAME})

    assert answer.status_code == 301
    assert answer.headers["Location"].endswith(f"{NAME}:8000/p/x/?a=1")


def test_every_way_in_for_staff_is_left_out():
    """What has no permission but asks who somebody is must not stand on a host for visitors."""
    ways_in = ("account_", "mfa_", "console:welcome", "console:join", "console:sender-confirm")
    doors = [door for door in every_door() if door.name.startswith(ways_in)]

    assert doors
    assert [door.name for door in doors if is_for_visitors(door.view)] == []
