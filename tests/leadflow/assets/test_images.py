"""A picture is read with suspicion, written anew, and kept in widths whose size is known."""

import io

import pytest
from PIL import Image as Pictures

from leadflow.assets import images, pixels
from leadflow.assets.models import Image
from leadflow.errors import Invalid
from tests.factories.capture import a_picture


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path, db):
    settings.MEDIA_ROOT = tmp_path


def opened(row, variant):
    return Pictures.open(io.BytesIO(images.read(row.public_id, variant)))


def test_a_wide_picture_is_kept_in_widths_of_known_size():
    row = images.take_in(a_picture(2000, 1000), name="Roof of the hall.png", by=None)

    assert (row.width, row.height, row.widths) == (1600, 800, [480, 960, 1600])
    assert opened(row, "960.webp").size == (960, 480)
    assert row.title == "Roof of the hall"


def test_a_small_picture_is_not_blown_up():
    row = images.take_in(a_picture(300, 200), name="a.png", by=None)

    assert row.widths == [300]
    assert opened(row, "300.webp").size == (300, 200)


def test_what_the_camera_wrote_is_dropped_and_the_picture_stands_upright():
    exif = Pictures.Exif()
    exif[0x0112] = 6  # lying on its side
    exif[0x010E] = "taken at home"
    row = images.take_in(a_picture(600, 300, "JPEG", exif=exif), name="a.jpg", by=None)

    assert (row.width, row.height) == (300, 600)
    assert not opened(row, "300.webp").getexif()


def test_a_social_card_is_cut_to_what_networks_show():
    row = images.take_in(a_picture(500, 900), name="a.png", by=None)

    assert opened(row, "card.jpg").size == (1200, 630)
    assert opened(row, "card.jpg").format == "JPEG"


def test_the_same_picture_twice_is_one():
    first = images.take_in(a_picture(), name="a.png", by=None)

    assert images.take_in(a_picture(), name="b.png", by=None) == first
    assert Image.objects.count() == 1


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"<!doctype html><script>1</script>",
        b"\x89PNG\r\n\x1a\n<html>",
        b"RIFF\x00\x00\x00\x00AVI LIST",
        b"",
    ],
)
def test_abuse_A17_what_only_calls_itself_a_picture_is_refused(content, tmp_path):
    with pytest.raises(Invalid):
        images.take_in(io.BytesIO(content), name="a.png", by=None)

    assert list(tmp_path.rglob("*.*")) == []


def test_abuse_A17_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(pixels, "MOST_PIXELS", 100)

    with pytest.raises(Invalid, match="pixels"):
        images.take_in(a_picture(11, 10), name="a.png", by=None)


def test_abuse_A17_a_file_that_is_too_large_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(images, "MOST_BYTES", 50)

    with pytest.raises(Invalid, match="larger"):
        images.take_in(a_picture(), name="a.png", by=None)
