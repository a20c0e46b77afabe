"""Landing pages: made from a start, published with their form, moved without losing a visitor."""

import pytest
from django.db import InternalError, transaction

from capture.blocks.page import PAGE_BLOCKS
from capture.blocks.page_starts import PAGE_STARTS, page_block
from capture.models import Form, FormerAddress, LandingPage
from capture.services import pages
from leadflow.blocks import documents
from leadflow.errors import Invalid
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.offers.models import Offer
from tests.factories.capture import page_content, published_form, published_page

HERO = {"title": "Roofs that last"}


def values(page, **changed):
    fields = ("name", "slug", "opens_at", "closes_at", "source", "campaign")
    return {name: getattr(page, name) for name in fields} | changed


def problems(*rows, **settings):
    found = documents.publish_problems(page_content(*rows, **settings), PAGE_BLOCKS)
    return [str(one.message) for one in found]


WHOLE = [key for key in PAGE_STARTS if key not in {"blank", "webinar"}]


def test_the_start_of_a_webinar_asks_for_its_event_first(db, max):
    page = pages.create(name="Spring", by=max, start="webinar")

    with pytest.raises(Invalid, match="Event is empty"):
        pages.publish(page=page, by=max)


@pytest.mark.parametrize("start", WHOLE)
def test_a_start_can_be_published_as_it_is_and_its_form_goes_live_along(db, max, start):
    page = pages.create(name="Spring", by=max, start=start)

    pages.publish(page=page, by=max)

    assert page.is_live
    assert [form.is_open for form in pages.forms_on(page.live.content)] in ([True], [])


def test_publishing_is_on_record(db, max):
    page = pages.create(name="Spring", by=max, start="guide")

    pages.publish(page=page, by=max)

    told = Event.objects.get(kind="page.published")
    assert (told.actor_id, told.data["number"]) == (max.pk, 1)


def test_a_form_that_is_not_finished_keeps_the_page_from_visitors(db, max):
    page = pages.create(name="Spring", by=max, start="guide")
    form = Form.objects.get()
    form.draft["pages"][0]["blocks"] = []
    form.save()

    with pytest.raises(Invalid, match="not finished"):
        pages.publish(page=page, by=max)

    page.refresh_from_db()
    assert not page.is_live
    assert not page.versions.exists()


def test_a_page_without_an_opening_is_not_finished(db):
    assert any("opening" in one for one in problems(page_block("heading_text", text="Hello")))


def test_a_page_asks_once(db):
    code = published_form().public_id
    rows = [page_block("form", form=code), page_block("form", form=code)]

    assert any("asks once" in one for one in problems(page_block("hero", **HERO), *rows))


def test_a_button_to_a_form_needs_a_form(db):
    assert any("has none" in one for one in problems(page_block("hero", **HERO, button="Ask")))


def test_a_form_without_a_formula_is_no_calculator(db):
    row = page_block("calculator", form=published_form().public_id)

    assert any("no formula" in one for one in problems(page_block("hero", **HERO), row))


def test_a_countdown_needs_an_offer_with_an_end(db):
    offer = Offer.objects.create(name="Spring", value=10)
    row = page_block("countdown", offer=str(offer.pk))

    assert any("no end" in one for one in problems(page_block("hero", **HERO), row))


def test_a_list_with_an_unfinished_row_says_which(db):
    row = page_block("faq", items=[{"question": "Why?", "answer": "So."}, {"question": "How?"}])

    assert "Number 2 is not finished." in problems(page_block("hero", **HERO), row)


@pytest.mark.parametrize("colour", ["red", "#12345", "#12345g", "</style>"])
def test_a_colour_is_six_digits_or_nothing(db, colour):
    assert any("#2352d0" in one for one in problems(page_block("hero", **HERO), colour=colour[:7]))


def test_a_published_version_never_changes(db):
    page = published_page()

    with pytest.raises(InternalError, match="never changes"), transaction.atomic():
        page.versions.update(content={})


def test_rolling_back_shows_the_older_version_as_a_new_one(db, max):
    page = published_page()
    page.draft["settings"]["title"] = "Other"
    page.save()
    pages.publish(page=page, by=max)

    version = pages.rollback(page=page, number=1, by=max)

    assert (version.number, version.content["settings"]["title"]) == (3, "Roofs that last")


def test_an_address_that_a_page_leaves_is_kept_and_given_to_no_other(db, max):
    page, other = published_page(), published_page(name="Other")

    pages.change(page=page, values=values(page, slug="flat-roofs"), by=max)

    assert FormerAddress.objects.get().slug == "roofs"
    with pytest.raises(Invalid) as refusal:
        pages.change(page=other, values=values(other, slug="roofs"), by=max)
    assert "slug" in refusal.value.fields


def test_a_page_may_go_back_to_an_address_of_its_own(db, max):
    page = published_page()
    pages.change(page=page, values=values(page, slug="flat-roofs"), by=max)
    page.refresh_from_db()

    pages.change(page=page, values=values(page, slug="roofs"), by=max)

    assert list(FormerAddress.objects.values_list("slug", flat=True)) == ["flat-roofs"]


def test_a_new_page_never_takes_an_address_that_another_had(db, max):
    page = published_page()
    pages.change(page=page, values=values(page, slug="flat-roofs"), by=max)

    assert published_page(name="Roofs").slug == "roofs-2"


def test_a_change_of_the_address_is_on_record(db, max):
    page = published_page()

    pages.change(page=page, values=values(page, slug="flat-roofs"), by=max)

    told = Event.objects.get(kind="setting.changed")
    assert (told.data["from"], told.data["to"]) == ("roofs", "flat-roofs")


def test_abuse_B12_a_preview_link_ends_after_its_days_and_cannot_be_made_up(db):
    page = published_page()
    token = pages.preview_token(page)

    assert pages.previewed(token) == page
    assert pages.previewed(token[:-1] + ("a" if token[-1] != "a" else "b")) is None
    old = pages.preview_token(page, at=clock.now() - pages.timedelta(days=15))
    assert pages.previewed(old) is None


def test_the_draft_of_an_archived_page_is_shown_to_nobody(db, max):
    page = published_page()
    token = pages.preview_token(page)

    pages.archive(page=page, by=max)

    assert pages.previewed(token) is None
    assert not LandingPage.objects.published().exists()
