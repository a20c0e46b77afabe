"""The doors of pictures: the editor's, and the one that visitors' browsers load from."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leadflow.assets import images
from tests.factories.capture import a_picture


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path, db):
    settings.MEDIA_ROOT = tmp_path


def test_a_marketer_uploads_a_picture_and_finds_it_in_the_list(client, max):
    client.force_login(max)

    told = client.post("/images/", {"file": SimpleUploadedFile("a.png", a_picture().read())})

    assert told.status_code == 201
    assert client.get("/images/").json()["images"][0]["id"] == told.json()["id"]


def test_a_file_that_is_no_picture_is_refused_with_a_sentence(client, max):
    client.force_login(max)

    told = client.post("/images/", {"file": SimpleUploadedFile("a.png", b"<svg/>")})

    assert told.status_code == 422
    assert "PNG" in told.json()["message"]


def test_a_visitor_loads_a_picture_that_runs_nothing(client):
    row = images.take_in(a_picture(), name="a.png", by=None)

    shown = client.get(row.path())

    assert shown.headers["Content-Type"] == "image/webp"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "immutable" in shown.headers["Cache-Control"]


@pytest.mark.parametrize("variant", ["../../secret", "9999.webp", "card.png", "640.webp.bak"])
def test_abuse_G09_no_other_file_is_served(client, variant):
    row = images.take_in(a_picture(), name="a.png", by=None)

    assert client.get(f"/i/{row.public_id}/{variant}").status_code == 404
