"""Who comes by a link of her own is asked what we do not know, and shows nobody else anything."""

from datetime import timedelta

import pytest

from capture.blocks.starts import block
from capture.models import Submission
from capture.services import sharing
from leadflow.kit.clock import now
from leadflow.models import Lead
from leadflow.services import leads
from tests.factories.capture import published_form, published_pages, token_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db) -> Lead:
    """A lead whose name and address are known."""
    return leads.create_or_merge(
        email="ada@north.example", fields={"first_name": "Ada"}, company_name="North", by=None
    ).lead


def asking():
    rows = [
        block("email"),
        block("short_text", label="First name", name="first", save_to="first_name"),
        block(
            "short_text", label="Company", name="company", save_to="company_name", ask_again=True
        ),
        block("short_text", label="Job", name="job", save_to="job_title"),
        block("short_text", label="City", name="city", save_to="city"),
    ]
    return published_form(*rows)


def path_of(form, lead, **more):
    return "/f/" + sharing.personal_link(form, lead, **more).partition("/f/")[2]


def hidden(page):
    """The names of the questions that are not asked."""
    parts = page.text.split('<div class="lf-block"')[1:]
    return {
        p.split('name="')[1].split('"')[0] for p in parts if " data-known>" in p.split(">")[0] + ">"
    }


def test_what_is_known_is_filled_in_and_not_asked_again(client, ada):
    page = client.get(path_of(asking(), ada))

    assert hidden(page) == {"email", "first"}
    assert 'value="North"' in page.text
    assert "Not you? Begin anew" in page.text
    assert not page.cookies


def test_the_next_unknown_question_is_asked_next_time(client, ada):
    form = asking()
    leads.update(ada, values={"job_title": "CEO"}, by=None)

    assert hidden(client.get(path_of(form, ada))) == {"email", "first", "job"}


def test_of_a_known_visitor_only_the_next_few_are_asked(client, ada):
    asked = [block("short_text", label=name, name=name) for name in ("one", "two", "three")]
    must = block("short_text", label="must", name="must", is_required=True)
    form = published_pages([*asked, must], asks_at_most="1")

    page = client.get(path_of(form, ada))

    assert hidden(page) == {"two", "three"}
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_what_she_sends_counts_for_her(client, ada):
    form = asking()
    body = {"email": ada.email, "first": "Ada", "job": "CEO", "token": token_of(form)}

    assert client.post(form.public_path, body).status_code == 303
    assert Submission.objects.get().lead == ada
    assert Lead.objects.get().job_title == "CEO"


@pytest.mark.parametrize("how", ["other form", "over", "changed", "no signature"])
def test_abuse_B02_a_link_that_is_not_for_her_shows_nobody(client, ada, how):
    form = asking()
    path = path_of(form, ada)
    if how == "other form":
        path = path.replace(form.public_id, published_form().public_id, 1)
    elif how == "over":
        path = path_of(form, ada, at=now() - timedelta(days=31))
    elif how == "changed":
        path = path.replace(f"-{ada.pk}-", f"-{ada.pk + 1}-")
    else:
        path = path.rpartition(".")[0]

    page = client.get(path)

    assert page.status_code == 200
    assert "ada@north" not in page.text
    assert "Not you?" not in page.text


def test_a_marketer_makes_the_link_for_a_lead_and_for_nobody_else(client, max, ada):
    form = asking()
    client.force_login(max)
    door = f"/forms/{form.pk}/share/person/"

    assert "?for=" in client.post(door, {"email": "ADA@north.example"}).text
    assert client.post(door, {"email": "nobody@north.example"}).status_code == 422
