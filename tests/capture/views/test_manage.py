"""The marketer's screens: list, editor, after submit, share."""

import json

import pytest

from capture.models import Form
from capture.services import forms
from leadflow.models import Tag
from tests.factories.capture import published_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_of(client):
    """A client signed in as the given person."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def test_a_new_workspace_offers_ways_to_begin(client_of, max):
    page = client_of(max).get("/forms/")

    assert "Your forms will be here" in page.text
    assert "Demo request" in page.text


def test_a_form_is_made_from_a_starting_point_and_opened(client_of, max):
    response = client_of(max).post("/forms/new/", {"start": "contact"})

    form = Form.objects.get()
    assert response.headers["Location"] == f"/forms/{form.pk}/"
    assert (form.name, form.owner) == ("Contact form", max)


def test_the_list_shows_views_answers_and_conversion(client_of, max):
    form = published_form(name="Roof")
    forms.count(form_id=form.pk, day=form.created_at.date(), views=200)

    page = client_of(max).get("/forms/")

    assert "Roof" in page.text
    assert "200" in page.text
    assert "0 %" in page.text or "0.0" in page.text or "0%" in page.text


def test_the_list_costs_the_same_for_many_forms(client_of, max, django_assert_max_num_queries):
    for n in range(8):
        published_form(name=f"Form {n}")
    browser = client_of(max)
    browser.get("/forms/")

    with django_assert_max_num_queries(9):
        browser.get("/forms/")


def test_the_editor_page_carries_the_blocks_and_the_draft(client_of, max):
    form = published_form(name="Roof")

    page = client_of(max).get(f"/forms/{form.pk}/")

    assert page.status_code == 200
    assert "lf-editor-data" in page.text
    assert "version 2" in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]


def draft_of(form, **more):
    return json.dumps({"content": form.draft, "revision": form.draft_revision} | more)


def test_the_editor_saves_the_draft(client_of, max):
    form = published_form()
    form.draft["settings"]["submit_label"] = "Go"

    response = client_of(max).post(
        f"/forms/{form.pk}/draft/", draft_of(form), content_type="application/json"
    )

    assert response.json()["revision"] == form.draft_revision + 1
    form.refresh_from_db()
    assert form.draft["settings"]["submit_label"] == "Go"


def test_a_newer_draft_is_not_overwritten_and_its_author_is_named(client_of, max, alice):
    form = published_form()
    browser = client_of(alice)
    browser.post(f"/forms/{form.pk}/draft/", draft_of(form), content_type="application/json")

    response = client_of(max).post(
        f"/forms/{form.pk}/draft/", draft_of(form), content_type="application/json"
    )

    assert response.status_code == 409
    assert response.json()["who"] == "Alice Adams"
    assert response.json()["when"]


@pytest.mark.parametrize(
    "body", ["nonsense", "[]", '{"content": 1}', '{"content": 1, "revision": "x"}', "[" * 50_000]
)
def test_a_broken_draft_is_refused_without_a_crash(client_of, max, body):
    form = published_form()

    response = client_of(max).post(
        f"/forms/{form.pk}/draft/", body, content_type="application/json"
    )

    assert response.status_code == 400


def test_the_preview_shows_the_draft_inside_the_editor_only(client_of, max):
    form = forms.create(name="Roof", by=max, start="contact")

    page = client_of(max).get(f"/forms/{form.pk}/preview/")

    assert "Get in touch" in page.text
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]


def test_publishing_opens_the_form_to_visitors(client_of, max):
    form = forms.create(name="Roof", by=max, start="contact")

    client_of(max).post(f"/forms/{form.pk}/publish/", {"revision": "0"})

    form.refresh_from_db()
    assert form.is_open


def test_publishing_a_draft_that_somebody_changed_is_refused(client_of, max):
    form = forms.create(name="Roof", by=max, start="contact")

    response = client_of(max).post(f"/forms/{form.pk}/publish/", {"revision": "7"})

    assert response.status_code == 409


def test_an_unfinished_form_cannot_be_published(client_of, max):
    form = forms.create(name="Roof", by=max, start="blank")

    response = client_of(max).post(f"/forms/{form.pk}/publish/")

    assert response.status_code == 422
    form.refresh_from_db()
    assert not form.is_open


def test_an_older_version_can_be_shown_again(client_of, max):
    form = published_form()
    form.refresh_from_db()
    first = form.live.content
    form.draft["settings"]["submit_label"] = "Go"
    form.save()
    forms.publish(form=form, by=max)

    client_of(max).post(f"/forms/{form.pk}/versions/1/back/")

    form.refresh_from_db()
    assert (form.live.number, form.live.content) == (3, first)
    assert form.draft == first


def test_a_version_tells_what_it_changed(client_of, max):
    form = published_form()

    page = client_of(max).get(f"/forms/{form.pk}/versions/1/")

    assert "Added" in page.text
    assert "First name" in page.text


def test_what_happens_after_sending_is_kept(client_of, max, bob):
    form = published_form()
    body = {
        "name": "Roof",
        "thanks_title": "Thanks",
        "stage": "subscriber",
        "notify": [bob.pk],
        "tag_names": "roof, spring ,roof",
    }

    response = client_of(max).post(f"/forms/{form.pk}/after/", body)

    assert response.status_code == 303
    form.refresh_from_db()
    assert (form.name, form.stage, list(form.notify.all())) == ("Roof", "subscriber", [bob])
    assert sorted(tag.name for tag in form.tags.all()) == ["roof", "spring"]
    assert Tag.objects.count() == 2


def test_sites_are_kept_as_browsers_name_them(client_of, max):
    form = published_form()

    client_of(max).post(
        f"/forms/{form.pk}/share/", {"origins": "https://Shop.example/\nhttps://shop.example"}
    )

    form.refresh_from_db()
    assert form.allowed_origins == ["https://shop.example"]


def test_the_share_page_has_link_snippet_and_code(client_of, max):
    form = published_form()
    browser = client_of(max)

    page = browser.get(f"/forms/{form.pk}/share/")

    assert f"/f/{form.public_id}/" in page.text
    assert "embed.js" in page.text
    assert browser.get(f"/forms/{form.pk}/qr.svg").headers["Content-Type"] == "image/svg+xml"


def test_an_archived_form_is_closed_and_can_come_back(client_of, max):
    form = published_form()
    browser = client_of(max)

    browser.post(f"/forms/{form.pk}/archive/")
    assert browser.get(form.public_path).status_code == 404
    browser.post(f"/forms/{form.pk}/reopen/")

    form.refresh_from_db()
    assert form.status == Form.Status.DRAFT


def test_a_copy_has_the_questions_and_no_answers(client_of, max):
    form = published_form(name="Roof")

    client_of(max).post(f"/forms/{form.pk}/copy/")

    copy = Form.objects.exclude(pk=form.pk).get()
    assert (copy.name, copy.status, copy.draft) == ("Copy of Roof", "draft", form.draft)


def test_a_rep_sees_forms_and_changes_none(client_of, bob):
    form = published_form()
    browser = client_of(bob)

    assert browser.get(f"/forms/{form.pk}/").status_code == 200
    for door in ("draft", "publish", "archive", "copy"):
        assert browser.post(f"/forms/{form.pk}/{door}/").status_code == 403
