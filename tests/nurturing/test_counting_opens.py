"""Counting opens is a choice of the organisation, and of a broadcast or a sequence that says otherwise."""

import pytest

from leadflow.kit import clock
from leadflow.mail.compose import compose
from leadflow.mail.models import Delivery
from leadflow.mail.sender import Sender
from leadflow.models import Organisation
from nurturing.models import Sequence
from nurturing.services import broadcasts, comparing, documents, enrolment
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import a_broadcast, a_reader, a_sequence, cast, mail_step

pytestmark = pytest.mark.django_db
CASES = [(True, None, True), (False, None, False), (True, False, False), (False, True, True)]


@pytest.fixture
def marketer(client, max):
    client.force_login(max)
    return client


def fields(row, **more):
    values = {"name": "News", "subject": "Hello", "body": "Good day.", "purpose": "marketing"}
    return values | {"timing": "now", "include": [row.include.get().pk]} | more


def text_of(answer):
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize(("organisation", "own", "counted"), CASES)
def test_a_broadcast_counts_opens_as_it_says_or_as_the_organisation(organisation, own, counted):
    Organisation.current()
    Organisation.objects.update(track_opens=organisation)
    cast(a_broadcast(a_reader(), counts_opens=own))

    html = compose(Delivery.objects.get()).html

    assert ("/t/o/" in html) == counted


@pytest.mark.parametrize(("said", "kept"), [("unknown", None), ("true", True), ("false", False)])
def test_counting_opens_is_chosen_in_the_form(marketer, said, kept):
    row = a_broadcast(a_reader())

    marketer.post(f"/broadcasts/{row.pk}/edit/", fields(row, counts_opens=said))

    row.refresh_from_db()
    assert row.counts_opens is kept
    assert broadcasts.duplicate(row, by=None).counts_opens is kept
    page = text_of(marketer.get(f"/broadcasts/{row.pk}/edit/"))
    assert f'<option value="{said}" selected' in page


def test_a_broadcast_that_counts_no_opens_says_so(marketer):
    row = cast(a_broadcast(a_reader(), counts_opens=False), at=clock.now())
    Sender().run()

    assert "Opens are not counted" in text_of(marketer.get(row.get_absolute_url()))


@pytest.mark.parametrize(("organisation", "own", "counted"), CASES)
def test_a_sequence_counts_opens_as_its_version_says(organisation, own, counted):
    Organisation.current()
    Organisation.objects.update(track_opens=organisation)
    said = {True: "yes", False: "no", None: ""}[own]
    sequence = a_sequence(mail_step(), count_opens=said)
    enrolment.enrol_many(sequence=sequence, lead_ids=[a_reader().pk], by=None, at=NOON)
    advance_due(at=NOON)

    html = compose(Delivery.objects.get()).html

    assert ("/t/o/" in html) == counted


@pytest.mark.parametrize(
    ("fields", "said", "cells"),
    [
        ({"count_opens": "no"}, "Opens are not counted in this sequence.", 1),
        ({"kind": "sales"}, "opens and clicks are not counted", 2),
        ({"count_opens": "yes"}, "", 0),
    ],
)
def test_results_say_where_opens_are_not_counted(marketer, bob, fields, said, cells):
    sequence = a_sequence(mail_step(), **fields)
    lead = a_reader(owner=bob)
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)
    advance_due(at=NOON)
    Sender().run()

    page = text_of(marketer.get(f"/sequences/{sequence.pk}/results/?span=all"))

    assert said in page
    assert page.count(">not counted</small>") == cells
    assert ("not counted in this sequence" in page) == (fields.get("count_opens") == "no")


def test_a_version_from_before_counts_as_the_organisation():
    assert documents.counts_opens({}) is None


@pytest.mark.parametrize(("said", "kept"), [("unknown", ""), ("true", "yes"), ("false", "no")])
def test_it_is_chosen_beside_the_sending_hours(marketer, said, kept):
    sequence = a_sequence(publish=False)
    hours = {"days": [0, 1], "opens": "09:00", "closes": "12:00", "counts_opens": said}

    marketer.post(f"/sequences/{sequence.pk}/hours/", hours)

    draft = Sequence.objects.get().rule_set.versions.get().document
    assert draft["count_opens"] == kept
    assert f'<option value="{said}" selected' in text_of(
        marketer.get(f"/sequences/{sequence.pk}/hours/")
    )


def test_a_change_of_it_is_told_between_versions():
    before = documents.empty()

    [change] = comparing.differences(before, before | {"count_opens": "no"})

    assert change.name == "Counting opens"
