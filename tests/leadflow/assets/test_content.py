"""The library of content: what is taken in, and how it is read out of pasted lines."""

import pytest

from leadflow.assets import content
from leadflow.assets.models import ContentItem
from leadflow.errors import Invalid
from leadflow.kit import touches

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "https://www.example.com/blog/Roofs/",
        "http://example.com/blog/Roofs?utm_source=x#top",
        "https://EXAMPLE.com/blog/Roofs",
    ],
)
def test_one_page_is_one_place_however_its_address_is_written(address):
    assert touches.place(address) == "example.com/blog/Roofs"
    assert touches.page(address) in touches.spellings(touches.place(address))


@pytest.mark.parametrize("address", ["", "mailto:a@b.example", "javascript:1", "roofs", None, 7])
def test_what_is_no_page_has_no_place(address):
    assert touches.place(address) == ""


def test_addresses_alone_become_items_with_titles_of_their_own(max):
    lines = content.read_lines(
        "https://example.com/blog/solar-for_roofs/\nexample.com/Guide%20one.pdf?x=1"
    )

    assert content.add_many(lines=lines, by=max) == (2, 0)
    titles = set(ContentItem.objects.values_list("title", flat=True))
    assert titles == {"Solar for roofs", "Guide one"}


def test_rows_of_a_spreadsheet_bring_type_topic_and_stage(max):
    told = "Title\tAddress\tType\tTopic\tBuyer stage\nRoofs\thttps://e.example/r\tCase study\tsolar\tDecision"

    content.add_many(lines=content.read_lines(told), by=max)

    item = ContentItem.objects.get()
    assert (item.title, item.kind, item.topic, item.buyer_stage) == (
        "Roofs", "case_study", "solar", "decision",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "There is no address in it."),
        ("https://a.example/x\nnothing at all", "Line 2 has no address."),
        ("address,type\nhttps://a.example,poem", "Line 2: “poem” is not known."),
        ("javascript:alert(1)", "Line 1 has no address."),
    ],
)
def test_a_line_that_cannot_be_read_is_named(text, words):
    with pytest.raises(Invalid, match=words):
        content.read_lines(text)


def test_what_is_in_the_library_is_left_as_it_is(max):
    ContentItem.objects.create(title="Mine", url="https://a.example/x", place="a.example/x")

    lines = content.read_lines("http://www.a.example/x/\nhttps://a.example/y\nhttps://a.example/y/")

    assert content.add_many(lines=lines, by=max) == (1, 2)
    assert ContentItem.objects.get(place="a.example/x").title == "Mine"


def test_an_address_is_one_item(client, max):
    ContentItem.objects.create(title="Mine", url="https://a.example/x", place="a.example/x")
    client.force_login(max)

    told = {"title": "Again", "kind": "article", "url": "https://www.a.example/x/"}
    answer = client.post("/settings/content/new/", told)

    assert answer.status_code == 422
    assert "This address is in the library already." in answer.content.decode()
