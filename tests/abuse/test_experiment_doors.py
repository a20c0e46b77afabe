"""Attacks on A/B tests: forged marks, and one variant blown up by replays."""

import json

import pytest
from django.test import Client

from capture.models import FormView, Submission, VisitorPolicy
from capture.selectors.experiments import results_of
from capture.services import experiments, variants
from tests.capture.experiments.test_doors import action_of, agent_who_sees, agents, get, send
from tests.factories.capture import published_form, running_test

pytestmark = pytest.mark.django_db


@pytest.fixture
def test(db):
    return running_test()


@pytest.fixture
def form(test):
    return experiments.tested(test)


def report(form, key, mark):
    body = json.dumps({"key": key, "page": "", "mark": mark})
    answer = Client().post(
        f"{form.public_path}seen/",
        body,
        "application/json",
        headers={"User-Agent": agents()[0]},
    )
    assert answer.status_code == 204


@pytest.mark.parametrize("mark", ["2-0-x.AAAA", "", "…", "9" * 500, "0-0-.", "%00", "2-0-x"])
def test_abuse_B25_a_forged_mark_names_no_variant(test, form, mark):
    send(form, f"{form.public_path}?lf_v={mark}")
    report(form, "opening-0001", mark)

    assert Submission.objects.get().variant_id is None
    assert FormView.objects.get().variant_id is None
    assert [one.reached.of for one in results_of(test)] == [0, 0]


def test_abuse_B25_the_mark_of_another_form_names_no_variant(form):
    other = running_test(published_form(name="Other"))
    stolen = variants.written(variants.Mark("x" * 24, other.variants.get(key="b").pk))

    send(form, f"{form.public_path}?lf_v={stolen}")

    assert (Submission.objects.get().variant_id, Submission.objects.get().version.number) == (
        None,
        1,
    )


def test_abuse_B25_a_mark_in_a_shared_link_chooses_nothing(form):
    agent = agent_who_sees(form.public_path, "b")
    action = action_of(get(form.public_path, agent))
    other = agent_who_sees(form.public_path, "a")

    assert "Words of B" not in get(action, other)


def test_abuse_B26_one_person_who_opens_and_sends_again_and_again_is_one(test, form):
    VisitorPolicy.objects.create(pk=1, mode="day")
    agent = agent_who_sees(form.public_path, "b")
    action = action_of(get(form.public_path, agent))
    mark = action.partition("lf_v=")[2]
    for number in range(6):
        report(form, f"opening-{number:04}", mark)
        send(form, action, f"opening-{number:04}")
        send(form, action, f"opening-{number:04}")

    b = results_of(test)[1]
    assert (b.reached.count, b.reached.of) == (1, 1)
    assert Submission.objects.count() == 6
