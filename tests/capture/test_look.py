"""When a form is open and how it looks."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client

from capture.models import Form, Submission
from capture.services import forms
from leadflow.kit.clock import now
from leadflow.kit.colours import contrast, legible, on_colour
from tests.factories.capture import contact_body, published_form, token_of

pytestmark = pytest.mark.django_db


def send(form, number=1, client=None):
    body = {
        "email": f"a{number}@north.example",
        "token": token_of(form),
        "client_id": f"client-{number:04}",
    }
    return (client or Client()).post(
        form.public_path, json.dumps(body), content_type="application/json"
    )


def test_a_form_that_is_not_open_yet_says_when_and_takes_nothing(client, published):
    form = published(opens_at=now() + timedelta(days=1))

    assert "This form opens on" in client.get(form.public_path).text
    told = send(form)
    assert (told.status_code, "opens on" in told.json()["message"]) == (410, True)
    assert client.post(form.public_path, contact_body(form)).status_code == 410
    assert not Submission.objects.exists()


def test_a_closed_form_says_its_own_words(client, published):
    form = published(closes_at=now() - timedelta(seconds=1), closed_text="Come back in spring.")

    assert "Come back in spring." in client.get(form.public_path).text
    api = client.post(
        f"/api/v1/forms/{form.public_id}/submissions", "{}", content_type="application/json"
    )
    assert api.status_code == 410


def test_a_limit_counts_real_answers_and_thanks_again_for_one_that_is_here(client, published):
    form = published(most_answers=1)
    spam = {"email": "x@north.example", "website_url": "spam", "token": token_of(form)}
    client.post(form.public_path, json.dumps(spam), content_type="application/json")

    assert [send(form, 1).status_code, send(form, 2).status_code] == [200, 410]
    assert send(form, 1).status_code == 200
    assert Submission.objects.counted().count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_limit_is_kept_when_many_send_at_once():
    form = published_form(most_answers=2)
    told = []

    def run(number):
        told.append(send(form, number).status_code)
        connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(told) == [200, 200, 410, 410, 410, 410]


def save(client, max, form, **fields):
    client.force_login(max)
    return client.post(f"/forms/{form.pk}/look/", {"colour": "", "ground": "", **fields})


def test_a_look_is_saved_and_visitors_load_it(client, max, published):
    form = published()

    save(client, max, form, colour="#0B5D3B", ground="#f2f7f4", font="serif", corner="square")

    page = client.get(form.public_path).text
    assert f"/f/{form.public_id}/theme.css?" in page
    css = client.get(f"/f/{form.public_id}/theme.css").text
    assert "--brand: #0b5d3b;" in css
    assert "--on-brand: #ffffff;" in css
    assert "--corner: 0;" in css


@pytest.mark.parametrize(
    ("field", "colour", "near"),
    [("colour", "#ffd54a", "is near"), ("ground", "#888888", "is near"), ("colour", "red", "#2352d0")],
)  # fmt: skip
def test_a_colour_that_cannot_be_read_is_refused_with_one_that_can(
    client, max, published, field, colour, near
):
    form = published()

    answer = save(client, max, form, **{field: colour})

    assert answer.status_code == 422
    assert near in answer.text
    assert Form.objects.get().theme == {}


def test_a_form_cannot_close_before_it_opens(client, max, published):
    form = published()

    answer = save(client, max, form, opens_at="2026-12-02T09:00", closes_at="2026-12-01T09:00")

    assert answer.status_code == 422
    assert "It closes before it opens." in answer.text


@pytest.mark.parametrize("colour", ["#ffd54a", "#2352d0", "#ff0000", "#808080", "#ffffff"])
@pytest.mark.parametrize("ground", ["#ffffff", "#4a5154", "#000000", "#808080"])
def test_the_colour_that_is_proposed_can_be_read(colour, ground):
    assert contrast(legible(colour, on=ground), ground) >= 4.5
    assert contrast(on_colour(colour), colour) >= 4.4


def test_a_version_tells_what_it_changed_from_what_to_what(client, max, published):
    form = published()
    form.draft["pages"][0]["blocks"][1]["props"]["label"] = "Given name"
    form.draft["pages"][0]["title"] = "You"
    form.save()
    version = forms.publish(form=form, by=max)
    client.force_login(max)

    page = client.get(f"/forms/{form.pk}/versions/{version.number}/").text

    assert "<del>First name</del>" in page
    assert "<ins>Given name</ins>" in page
    assert "<ins>You</ins>" in page
