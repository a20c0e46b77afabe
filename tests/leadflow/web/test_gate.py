"""The gate before every view."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from leadflow.web.gate import access, public

pytestmark = pytest.mark.django_db


def test_a_stranger_is_sent_to_sign_in_and_back(client):
    response = client.get("/gallery/?a=1")

    assert response.status_code == 302
    assert response["Location"].endswith("next=%2Fgallery%2F%3Fa%3D1")


def test_htmx_leaves_the_page_when_the_session_is_over(client):
    response = client.get("/gallery/", headers={"HX-Request": "true"})

    assert response.status_code == 204
    assert "next=" in response["HX-Redirect"]


def test_an_unknown_permission_fails_when_the_module_loads():
    with pytest.raises(ImproperlyConfigured):
        access("lead.teleport")


def test_an_open_door_needs_its_reason():
    with pytest.raises(ImproperlyConfigured):
        public("")


def test_the_gate_stamps_the_view():
    assert access("lead.view")(lambda request: None).permission == "lead.view"
    assert public("a form for visitors")(lambda request: None).open_because == "a form for visitors"


def test_pages_of_a_person_are_never_stored(client, bob):
    client.force_login(bob)

    response = client.get("/gallery/")

    assert response["Cache-Control"] == "no-store"


def test_every_page_carries_the_policy_without_inline_anything(client, bob):
    client.force_login(bob)

    policy = client.get("/gallery/")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
