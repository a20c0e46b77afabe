"""Each block that the palettes offer, by name: what a visitor finds of it on the page."""

from datetime import timedelta

import pytest

from capture.blocks import FORM_BLOCKS
from capture.blocks.page import PAGE_BLOCKS
from capture.blocks.starts import block
from leadflow.assets.images import take_in
from leadflow.kit.clock import now
from leadflow.offers.models import Offer
from tests.factories.calendars import a_meeting
from tests.factories.capture import a_picture, page_block, published_form, published_page
from tests.factories.occasions import an_occasion

pytestmark = pytest.mark.django_db
OPTIONS = [{"value": "flat", "label": "A flat roof"}, {"value": "steep", "label": "A steep roof"}]
FORMULA = block("calculation", label="Yield", name="yield", formula="area * 2")
AREA = block("number", label="Area", name="area", unit="m²")

# what is put in, and what has to stand on the page of it
QUESTIONS = {
    "email": ({"label": "Your mailbox"}, ["Your mailbox", 'type="email"', 'name="email"']),
    "phone": ({"label": "Your number", "country": "DE"}, ["Your number", 'type="tel"']),
    "short_text": ({"label": "Town", "name": "a"}, ["Town", 'name="a"', 'type="text"']),
    "long_text": ({"label": "Tell us", "name": "a"}, ["Tell us", "<textarea"]),
    "number": ({"label": "Area", "name": "a", "unit": "m²"}, ["Area", 'type="number"', "m²"]),
    "money": ({"label": "Budget", "name": "a", "currency": "SEK"}, ["Budget", "SEK"]),
    "date": ({"label": "Start", "name": "a"}, ["Start", 'type="date"']),
    "choice": ({"label": "Roof", "name": "a", "options": OPTIONS}, ["A flat roof", 'type="radio"']),
    "dropdown": ({"label": "Roof", "name": "a", "options": OPTIONS}, ["<select", "A steep roof"]),
    "yes_no": ({"label": "Owner?", "name": "a"}, ["Owner?", 'type="radio"', "Yes", "No"]),
    "rating": ({"label": "How good?", "name": "a", "stars": "4"}, ["How good?", 'value="4"']),
    "scale": ({"label": "Likely?", "name": "a", "low_words": "Hardly"}, ["Hardly", 'value="10"']),
    "file": ({"label": "Bill", "name": "a", "kinds": "pdf"}, ["Bill", 'type="file"', ".pdf"]),
    "hidden": ({"label": "Kind", "name": "a", "value": "roof"}, []),  # ours alone
    "url_param": ({"label": "Ref", "name": "a", "param": "ref"}, []),  # read from the address
    "result": ({"text": "About {yield} kWh"}, ["About", "kWh"]),
    "heading": ({"text": "Your roof", "sub": "In a minute"}, ["<h1", "Your roof", "In a minute"]),
    "text": ({"text": "It is **free**."}, ["<strong>free</strong>"]),
    "image": ({"url": "https://p.example/r.png", "alt": "A roof"}, ["https://p.example/r.png"]),
    "consent": ({"text": "Write to me.", "name": "c"}, ["Write to me.", 'type="checkbox"']),
}
# need another record: tested below, and in test_incentives.py
BESIDES = {"calculation", "slots", "occasion", "offer"}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_each_block_of_a_form_stands_on_its_page(client, kind):
    props, expected = QUESTIONS[kind]
    others = [AREA, FORMULA] if kind == "result" else []
    row = block(kind, **props)
    filler = [] if kind == "short_text" else [block("short_text", label="Name", name="filler")]

    page = client.get(published_form(*others, row, *filler).public_path).text

    assert [one for one in expected if one not in page] == []
    if not expected:
        assert f'name="{props["name"]}"' not in page


def test_a_formula_stands_on_the_page_for_the_browser_to_work_out(client):
    page = client.get(published_form(AREA, FORMULA).public_path).text

    assert "Yield" in page
    assert '"yield"' in page


def test_free_times_and_an_event_stand_on_the_page(client, bob):
    meeting = a_meeting(bob)
    times = published_form(
        block("email"), block("slots", label="When?", name="slot", meeting=str(meeting.pk))
    )
    occasion = an_occasion()
    event = published_form(block("email"), block("occasion", occasion=str(occasion.pk)))

    assert "When?" in client.get(times.public_path).text
    assert occasion.title in client.get(event.public_path).text


def test_no_block_of_a_form_is_forgotten_here():
    assert {*QUESTIONS, *BESIDES} == {one.key for one in FORM_BLOCKS.types}


@pytest.fixture
def made(tmp_path, settings):
    """A picture, an offer that ends, and forms that a block can show."""
    settings.MEDIA_ROOT = tmp_path
    offer = Offer.objects.create(name="Autumn", ends_at=now() + timedelta(days=3))
    return {
        "picture": take_in(a_picture(600, 400), name="a.png", by=None).public_id,
        "offer": str(offer.pk),
        "form": published_form().public_id,
        "calculator": published_form(AREA, FORMULA, name="Yield").public_id,
    }


LINK = {"button": "Go there", "leads_to": "link", "url": "https://far.example/"}
SECTIONS = {
    "hero": ({"title": "Roofs", "text": "They last.", **LINK}, ["<h1", "They last.", "Go there"]),
    "heading_text": ({"title": "Why us", "text": "It is **ours**."}, ["Why us", "<strong>ours"]),
    "picture": ({"image": "@picture", "alt": "A roof", "caption": "In May"}, ["A roof", "In May"]),
    "video": (
        {"title": "A film", "url": "https://v.example/1", "length": "2:30"},
        ["A film", "https://v.example/1", "2:30"],
    ),
    "benefits": ({"items": [{"title": "Cheap", "text": "Half"}]}, ["Cheap", "Half"]),
    "form": ({"form": "@form", "title": "Ask us"}, ["Ask us", 'name="email"']),
    "calculator": ({"form": "@calculator", "title": "Your yield"}, ["Your yield", 'name="area"']),
    "call": ({"title": "Ready?", **LINK}, ["Ready?", "Go there", "https://far.example/"]),
    "proof": (
        {"items": [{"quote": "Good.", "name": "Ines", "role": "Owner", "image": "@picture"}]},
        ["Good.", "Ines", "Owner"],
    ),
    "logos": ({"title": "With us", "items": [{"image": "@picture", "name": "Acme"}]}, ["Acme"]),
    "pricing": (
        {"items": [{"name": "Care", "price": "€ 49", "per": "a month", "text": "Help\nParts"}]},
        ["Care", "€ 49", "a month", "Help", "Parts"],
    ),
    "countdown": ({"offer": "@offer", "title": "Hurry"}, ["Hurry", "data-until="]),
    "faq": ({"items": [{"question": "Why?", "answer": "So."}]}, ["Why?", "So.", "<summary"]),
    "footer": (
        {"text": "See you", "items": [{"label": "Imprint", "url": "https://a.example/i"}]},
        ["See you", "Imprint", "https://a.example/i"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SECTIONS)
def test_each_block_of_a_landing_page_stands_on_it(client, made, kind):
    props, expected = SECTIONS[kind]
    row = page_block(kind, **_filled(props, made))
    rows = [row] if kind == "hero" else [page_block("hero", title="Roofs"), row]

    page = client.get(published_page(*rows).public_path).text

    assert [one for one in expected if one not in page] == []


def _filled(value, made):
    if isinstance(value, dict):
        return {key: _filled(one, made) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, made) for one in value]
    return made[value[1:]] if isinstance(value, str) and value.startswith("@") else value


def test_no_block_of_a_landing_page_is_forgotten_here():
    assert {*SECTIONS, "incentive"} == {one.key for one in PAGE_BLOCKS.types}
