"""The tab Share: the four ways into another site, each with its snippet."""

import pytest

from tests.factories.capture import published_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def form():
    return published_form(name='Roof "A" <b>')


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ("inline", "&lt;script src="),
        ("popup", "data-as=&quot;popup&quot;"),
        ("slide-in", "data-after=&quot;5&quot;"),
        ("iframe", "?embed=1&quot;"),
        ("nonsense", "&lt;script src="),
    ],
)
def test_each_way_into_another_site_has_its_snippet(client, max, form, chosen, told):
    client.force_login(max)

    page = client.get(f"/forms/{form.pk}/share/", {"as": chosen})

    snippet = page.text.split('id="lf-snippet">')[1].split("</textarea>")[0]
    assert told in snippet
    assert "style" not in snippet
    assert ("script" in snippet) == (chosen != "iframe")
    assert "<b>" not in snippet


def test_the_snippet_says_what_opens_the_popup_and_what_may_be_stored(client, max, form):
    client.force_login(max)
    chosen = {"as": "popup", "words": "Get it", "opens": "half", "once": "7"}

    page = client.get(f"/forms/{form.pk}/share/", chosen)

    for told in ("data-scroll=&quot;50&quot;", "data-once=&quot;7&quot;", "&gt;Get it&lt;/a&gt;"):
        assert told in page.text


def test_a_popup_that_nothing_would_open_is_told(client, max, form):
    client.force_login(max)

    page = client.get(
        f"/forms/{form.pk}/share/", {"as": "popup", "words": "", "opens": "", "once": ""}
    )

    assert "Give the link words" in page.text


def test_the_preview_shows_the_draft_in_a_page_under_a_strict_policy(client, max, form):
    client.force_login(max)

    page = client.get(f"/forms/{form.pk}/share/embedded/", {"as": "popup"})

    assert f'data-preview="/forms/{form.pk}/preview/"' in page.text
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert "data-once" not in page.text  # a preview is shown again
