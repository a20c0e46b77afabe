"""An admin adds a host name, reads what to do, and checks it."""

import pytest

from leadflow import net
from leadflow.models import PublicHost

NAME = "pages.north.example"


@pytest.fixture
def admin(client, alice):
    client.force_login(alice)
    return client


def test_a_new_name_comes_with_instructions(admin):
    admin.post("/settings/hosts/", {"name": "Pages.North.example."})

    text = admin.get("/settings/hosts/").content.decode()

    row = PublicHost.objects.get(name=NAME)
    assert "CNAME" in text
    assert row.token in text
    assert f"_leadflow.{NAME}" in text


@pytest.mark.parametrize(
    "name", ["https://x.example/", "x", "a b.example", "-x.example", "1.2.3.4", ""]
)
def test_what_is_no_host_name_is_refused_beside_the_field(admin, name):
    answer = admin.post("/settings/hosts/", {"name": name})

    assert answer.status_code == 422
    assert not PublicHost.objects.exists()


def test_a_check_that_fails_says_what_was_found(admin, monkeypatch):
    admin.post("/settings/hosts/", {"name": NAME})
    monkeypatch.setattr(net, "texts_of", lambda _name: [])

    admin.post(f"/settings/hosts/{PublicHost.objects.get().pk}/check/")

    assert "there is no address for" in admin.get("/settings/hosts/").content.decode()


def test_only_an_address_of_the_web_can_be_where_the_bare_name_leads(admin):
    admin.post("/settings/hosts/", {"name": NAME})
    url = f"/settings/hosts/{PublicHost.objects.get().pk}/"

    assert admin.post(url, {"home_url": "javascript:alert(1)"}).status_code == 422
    assert admin.post(url, {"home_url": "https://www.north.example/"}).status_code == 303


def test_marketers_do_not_change_host_names(client, max):
    client.force_login(max)

    assert client.get("/settings/hosts/").status_code == 403
