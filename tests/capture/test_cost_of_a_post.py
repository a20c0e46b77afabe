"""How often a post asks the database, and that asking seldom forgets nothing."""

import json
import threading

import pytest
from django.db import connection, connections
from django.test import Client

from capture import selectors
from capture.models import Form, Submission
from leadflow.events.models import Event
from leadflow.models import Campaign, Lead, Source, Tag, Touchpoint
from tests.factories.capture import contact_blocks, published_form

pytestmark = pytest.mark.django_db

BODY = {"first_name": "Ada", "email": "ada@north.example", "message": "Hello", "consent": True}


def post(form, client_id, client=None, **more):
    return (client or Client()).post(
        f"/api/v1/forms/{form.public_id}/submissions",
        json.dumps(BODY | more),
        content_type="application/json",
        headers={"Idempotency-Key": client_id},
    )


@pytest.fixture
def warm(published):
    """A form that this process has met, and a company that exists."""
    form = published()
    post(form, "client-0000", email="first@north.example")
    return form


def test_a_post_of_somebody_new_takes_eight_statements(warm, django_assert_num_queries):
    with django_assert_num_queries(8):
        post(warm, "client-0001")

    assert Lead.objects.filter(email="ada@north.example").count() == 1


def test_a_post_of_somebody_known_takes_eight_statements(warm, django_assert_num_queries):
    post(warm, "client-0001")

    with django_assert_num_queries(8):
        post(warm, "client-0002")

    assert Lead.objects.get(email="ada@north.example").touchpoints.count() == 2


def test_a_replay_takes_five_statements_and_writes_nothing(warm, django_assert_num_queries):
    post(warm, "client-0001")
    before = Event.objects.count()

    with django_assert_num_queries(5):
        assert post(warm, "client-0001").status_code == 200

    assert Event.objects.count() == before


def elsewhere(sql, *params):
    """Another process changes a row behind the back of this one."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_a_form_closed_elsewhere_is_closed_with_the_next_post(warm):
    elsewhere("UPDATE capture_form SET status = 'archived' WHERE id = %s", warm.pk)

    assert post(warm, "client-0001").status_code == 404


def test_thanks_changed_elsewhere_are_said_with_the_next_post(warm):
    elsewhere("UPDATE capture_form SET thanks_title = 'Changed' WHERE id = %s", warm.pk)

    assert post(warm, "client-0001").json()["thanks"]["title"] == "Changed"


def test_a_version_published_elsewhere_asks_with_the_next_post(warm):
    other = published_form(*contact_blocks()[1:3], name="Other")
    elsewhere("UPDATE capture_form SET live_id = %s WHERE id = %s", other.live_id, warm.pk)

    assert selectors.open_form(warm.public_id).live_id == other.live_id


def test_what_newer_values_do_changes_elsewhere_and_counts_with_the_next_post(warm):
    post(warm, "client-0001")
    elsewhere('UPDATE leadflow_organisation SET taking = \'{"lead.first_name": "newest"}\'')

    post(warm, "client-0002", first_name="Adele")

    assert Lead.objects.get(email="ada@north.example").first_name == "Adele"


def test_a_source_changed_elsewhere_counts_with_the_next_post(published):
    source = Source.objects.create(name="Website", channel="website")
    form = published(source=source, campaign=Campaign.objects.create(name="Spring"))
    post(form, "client-0001")
    elsewhere("UPDATE leadflow_source SET channel = 'referral' WHERE id = %s", source.pk)

    post(form, "client-0002")

    assert Touchpoint.objects.latest("pk").channel == "referral"


def test_a_tag_renamed_or_added_elsewhere_counts_with_the_next_post(published):
    form = published()
    tag = Tag.objects.create(name="old")
    form.tags.add(tag)
    post(form, "client-0001")
    elsewhere("UPDATE leadflow_tag SET name = 'new' WHERE id = %s", tag.pk)
    form.tags.add(Tag.objects.create(name="more"))

    post(form, "client-0002", email="bea@north.example")

    names = Lead.objects.get(email="bea@north.example").tags.values_list("name", flat=True)
    assert sorted(names) == ["more", "new"]


def test_forms_that_nobody_opens_any_more_are_forgotten(published, monkeypatch):
    monkeypatch.setattr(selectors, "_REMEMBERED", 2)
    forms = [published(name=f"Form {number}") for number in range(4)]

    for form in forms:
        assert selectors.open_form(form.public_id) == form

    assert len(selectors._opened) <= 2


def at_once(count, act):
    gate, answers = threading.Barrier(count), []

    def run(number):
        gate.wait()
        try:
            answers.append(act(number))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_ten_posts_of_one_new_address_at_once_make_one_lead_and_lose_none():
    form = published_form()

    answers = at_once(10, lambda number: post(form, f"client-{number:04}").status_code)

    assert answers == [200] * 10
    assert Lead.objects.get().touchpoints.count() == 10
    states = Submission.objects.values_list("state", "lead_created")
    assert sorted(states) == [("processed", False)] * 9 + [("processed", True)]


@pytest.mark.django_db(transaction=True)
def test_one_submission_sent_ten_times_at_once_is_kept_once():
    form = published_form()

    answers = at_once(10, lambda _number: post(form, "client-0001").status_code)

    assert answers == [200] * 10
    assert Submission.objects.count() == Lead.objects.count() == 1
    assert Event.objects.filter(kind="submission.received").count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_new_people_of_one_new_company_at_once_share_it():
    form = published_form()

    def act(number):
        return post(form, f"client-{number:04}", email=f"p{number}@north.example").status_code

    assert at_once(10, act) == [200] * 10
    assert Lead.objects.values("company").distinct().count() == 1
    assert Lead.objects.count() == 10
    assert not Submission.objects.exclude(state="processed").exists()
    assert Form.objects.get().submissions.count() == 10
