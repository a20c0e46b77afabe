"""A visitor's page: it works without a script, sets no cookie, and says the same to everybody."""

import gzip
import json
import re

import pytest

from capture.blocks.starts import block
from capture.forms import answers
from capture.models import Form, FormDay, Submission
from capture.services import forms
from leadflow.models import Lead
from tests.factories.capture import contact_body, token_of

pytestmark = pytest.mark.django_db


def post_json(client, form, body, **more):
    return client.post(form.public_path, json.dumps(body), content_type="application/json", **more)


def test_the_page_shows_the_questions_and_sets_no_cookie(client, published):
    form = published()

    response = client.get(form.public_path)

    assert response.status_code == 200
    assert "Get in touch" in response.text
    assert 'type="email"' in response.text
    assert not response.cookies


def test_it_loads_nothing_of_the_application(client, published):
    text = client.get(published().public_path).text

    loaded = set(re.findall(r"(?:src|href)=\"/static/([^\"?]+)\"", text))
    assert loaded == {"css/public.css", "js/public.js"}


def test_a_page_costs_two_queries_once_its_version_is_known(
    client, published, django_assert_num_queries
):
    form = published()
    client.get(form.public_path)

    with django_assert_num_queries(2):
        client.get(form.public_path)


def test_a_browser_without_script_lands_on_the_thanks(client, published):
    form = published(thanks_title="All set")

    response = client.post(form.public_path, contact_body(form), follow=True)

    assert response.redirect_chain == [(f"{form.public_path}thanks/", 303)]
    assert "All set" in response.text
    assert Lead.objects.get().first_name == "Ada"
    assert not response.cookies


def test_a_redirect_of_the_form_is_followed_instead_of_the_thanks(client, published):
    form = published(redirect_url="https://example.com/next")

    response = client.post(form.public_path, contact_body(form))

    assert response.headers["Location"] == "https://example.com/next"
    assert (
        "form-action 'self' https://example.com;"
        in client.get(form.public_path).headers["Content-Security-Policy"]
    )


def test_a_script_is_told_in_json(client, published):
    form = published(thanks_title="All set")

    response = post_json(client, form, contact_body(form))

    assert response.json() == {
        "ok": True,
        "thanks": {"title": "All set", "text": ""},
        "redirect": "",
        "links": [],
    }


def test_a_mistake_keeps_what_was_typed_and_says_what_to_do(client, published):
    form = published()

    response = client.post(form.public_path, contact_body(form, email="nobody"))

    assert response.status_code == 400
    assert "Check the address" in response.text
    assert 'value="Ada"' in response.text
    assert not Submission.objects.exists()


def test_a_mistake_in_json_names_the_field(client, published):
    form = published()

    response = post_json(client, form, contact_body(form, email=""))

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["email"]


def test_a_page_open_for_days_is_asked_to_send_once_more(client, published):
    form = published()

    response = client.post(
        form.public_path, contact_body(form, token=token_of(form, opened_ago=3 * 86400))
    )

    assert response.status_code == 400
    assert "send it once more" in response.text
    assert not Submission.objects.exists()


def test_a_hidden_question_is_neither_asked_nor_stored(client, published):
    rule = {"all": [{"field": "has_crm", "op": "is", "value": True}]}
    form = published(
        block("email"),
        block("yes_no", label="Do you use a CRM?", name="has_crm", is_required=True),
        block("short_text", label="Which?", name="crm", is_required=True, show_when=rule),
    )
    body = {"email": "ada@north.example", "has_crm": "no", "crm": "Pad", "token": token_of(form)}

    response = post_json(client, form, body)

    assert response.status_code == 200
    assert Submission.objects.get().answers == {"email": "ada@north.example", "has_crm": False}


def test_a_shown_question_must_be_answered_where_it_is_required(client, published):
    rule = {"all": [{"field": "has_crm", "op": "is", "value": True}]}
    form = published(
        block("yes_no", label="Do you use a CRM?", name="has_crm"),
        block("short_text", label="Which?", name="crm", is_required=True, show_when=rule),
    )

    response = post_json(client, form, {"has_crm": "yes", "token": token_of(form)})

    assert list(response.json()["errors"]) == ["crm"]


def test_every_kind_of_question_is_checked_and_kept(client, published):
    options = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]
    form = published(
        block("number", label="Area", name="area", unit="m²", at_least=1),
        block("choice", label="Roof", name="roof", options=options),
        block("choice", label="Uses", name="uses", options=options, is_multiple=True),
        block("dropdown", label="Size", name="size", options=options),
        block("phone", country="DE"),
        block("hidden", label="Form", name="kind", value="roof"),
        block("url_param", label="Ref", name="ref", param="ref"),
    )
    body = {
        "area": "12.5",
        "roof": "a",
        "uses": ["a", "b"],
        "size": "b",
        "phone": "030 901820",
        "kind": "forged",
        "token": token_of(form),
    }

    client.post(f"{form.public_path}?ref=fair26", body)

    assert Submission.objects.get().answers == {
        "area": 12.5,
        "roof": "a",
        "uses": ["a", "b"],
        "size": "b",
        "phone": "+4930901820",
        "kind": "roof",
        "ref": "fair26",
    }


def test_views_and_starts_are_counted_by_day_and_once_for_each_opening(client, published):
    form = published()

    def report(key, **more):
        body = json.dumps({"key": key, "page": "https://x.example/?utm_source=News"} | more)
        return client.post(f"{form.public_path}seen/", body, content_type="application/json")

    for _again in range(2):
        report("opening-0001")
        report("opening-0002")
        report("opening-0002", started=True)
        report("opening-0002", touched=["email", "phone"])

    assert list(FormDay.objects.values_list("views", "starts")) == [(2, 1)]
    left = form.openings.get(key="opening-0002")
    assert (left.touched, left.last, left.source) == (["email", "phone"], "phone", "news")
    assert form.openings.get(key="opening-0001").started_at is None


def test_a_new_version_is_seen_at_once(client, published):
    form = published()
    client.get(form.public_path)
    form.refresh_from_db()
    form.draft["pages"][0]["blocks"][0]["props"]["text"] = "Say hello"
    form.save()
    forms.publish(form=form, by=None)

    assert "Say hello" in client.get(form.public_path).text


def test_an_embedded_form_remembers_the_page_it_stood_on(client, published):
    form = published()
    page = "https://www.shop.example/roof?utm_source=fair"

    client.post(
        f"{form.public_path}?embed=1&lf_page={page.replace('?', '%3F').replace('=', '%3D')}",
        contact_body(form),
    )

    row = Submission.objects.get()
    assert (row.channel, row.page_url, row.utm) == ("embed", page, {"utm_source": "fair"})


def test_the_embed_script_can_be_loaded_by_any_site(client, db):
    response = client.get("/embed.js")

    assert response.headers["Content-Type"].startswith("text/javascript")
    assert "data-form" in response.text


def test_the_embed_script_weighs_less_than_15_kilobytes(client, db):
    assert len(gzip.compress(client.get("/embed.js").content, mtime=0)) < 15_000


def test_a_demo_request_can_be_made_from_its_starting_point(client, db):
    form = forms.create(name="Demo", by=None, start="demo")
    forms.publish(form=form, by=None)

    assert "Ask for a demo" in client.get(form.public_path).text
    assert Form.objects.get().status == Form.Status.PUBLISHED


def test_a_version_is_laid_out_once_and_then_taken_as_it_is(client, published):
    form = published()
    client.get(form.public_path)
    before = answers._kept_html.cache_info()

    client.get(form.public_path)

    after = answers._kept_html.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 0)
