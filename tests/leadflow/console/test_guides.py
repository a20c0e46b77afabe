"""The guides that `?` opens, with their pictures."""

import re

import pytest

from leadflow.console import help as guides
from tests.guards.sources import ROOT

pytestmark = pytest.mark.django_db
PICTURED = ("forms", "pages", "tracking", "import", "inbound", "inbound-mail", "bookings", "events", "ab-tests")  # fmt: skip


@pytest.mark.parametrize("name", PICTURED)
def test_a_guide_shows_its_picture_with_words_for_who_cannot_see_it(client, bob, name):
    client.force_login(bob)
    page = client.get(f"/help/{name}/").text
    source, words = re.search(r'<img src="([^"]+)" alt="([^"]+)"', page).groups()

    answer = client.get(source)

    assert len(words) > 20
    assert answer["Content-Type"] == "image/png"
    assert b"".join(answer.streaming_content).startswith(b"\x89PNG")
    assert answer["Cache-Control"] == "private, max-age=86400"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_every_picture_stands_in_a_guide_and_is_small_enough_for_any_line():
    sizes = {name: path.stat().st_size for name, path in guides.pictures().items()}
    texts = "".join(path.read_text() for path in (ROOT / "docs/guides").glob("*.md"))

    assert set(sizes) == set(re.findall(r"pictures/guides/([\w-]+\.png)", texts))
    assert max(sizes.values()) <= 120_000


def test_a_guide_whose_picture_is_missing_shows_its_words(client, bob, monkeypatch):
    monkeypatch.setattr(guides, "pictures", dict)
    guides.shown.cache_clear()
    client.force_login(bob)

    page = client.get("/help/forms/").text
    guides.shown.cache_clear()

    assert "Make one" in page
    assert "pictures/guides" not in page
    assert "<img src" not in page


@pytest.mark.parametrize(
    "name",
    ["../board.png", "..%2Fboard.png", "board.png", "forms.md", "%2Fetc%2Fpasswd", "forms.png%00", "forms"],
)  # fmt: skip
def test_abuse_G09_only_a_picture_of_a_guide_has_an_address(client, bob, name):
    client.force_login(bob)

    assert client.get(f"/help/pictures/{name}").status_code == 404
