"""C05: what an author or a lead wrote is looked at by somebody who may do more than they."""

from html.parser import HTMLParser

import pytest

from leadflow.mail import compose
from leadflow.mail.services import queue
from tests.abuse.vectors import MUTATIONS

pytestmark = pytest.mark.django_db
ADDRESSES = ("http://", "https://", "mailto:", "tel:")


class Tags(HTMLParser):
    """Every tag of a document with its attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def dangers(html):
    """What in a document could run, send or load."""
    found = Tags(html).found
    foreign = [tag for tag, _attrs in found if tag not in compose._TAGS]
    handlers = [name for _tag, attrs in found for name in attrs if name.startswith("on")]
    targets = [
        value
        for _tag, attrs in found
        for name, value in attrs.items()
        if name in {"href", "src", "action", "srcdoc", "xlink:href", "formaction", "data"}
        and not str(value).startswith(ADDRESSES)
    ]
    return foreign + handlers + targets


@pytest.mark.parametrize("vector", MUTATIONS)
@pytest.mark.parametrize("clean", [compose.clean_html, compose.preview_html])
def test_abuse_C05_what_is_cleaned_stays_clean_however_often_it_is_read(clean, vector):
    once = clean(vector)

    assert dangers(once) == []
    assert clean(once) == once


def test_abuse_C05_the_outbox_shows_each_message_in_a_sandbox_without_scripts(client, alice):
    client.force_login(alice)
    for n, vector in enumerate(MUTATIONS):
        row = queue(
            key=f"t:{n}", kind="marketing", to="a@a.com", subject="x", text="x", html=vector
        )

        page = Tags(client.get(row.get_absolute_url()).content.decode()).found

        frames = [attrs for tag, attrs in page if tag == "iframe"]
        assert len(frames) <= 1
        for frame in frames:
            assert set(frame["sandbox"].split()) == {
                "allow-popups", "allow-popups-to-escape-sandbox",
            }  # fmt: skip
            style, _mark, shown = frame["srcdoc"].partition(">")
            assert style.startswith("<link ")
            assert dangers(shown) == []
