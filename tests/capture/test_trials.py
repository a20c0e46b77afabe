"""A form that begins a trial notes it: once for a person, and only where the form says so."""

import pytest

from capture.services import forms
from capture.services.trials import BEGUN
from leadflow.models import Engagement
from tests.factories.capture import contact_body, published_form

pytestmark = pytest.mark.django_db


def trial_form():
    form = forms.create(name="Try it", by=None, start="trial")
    forms.publish(form=form, by=None)
    return form


def send(client, form, number=1, email="ada@north.example"):
    body = contact_body(form, client_id=f"client-{form.pk}-{number:04}", email=email)
    sent = client.post(form.public_path, body)
    assert sent.status_code in {200, 302, 303}


def begun():
    return Engagement.objects.filter(kind=BEGUN)


def test_who_sends_the_form_of_a_trial_has_one_from_then_on(client, drain_events):
    form = trial_form()

    send(client, form)
    drain_events()

    fact = begun().get()
    assert (fact.lead.email, fact.label, fact.origin) == ("ada@north.example", "Try it", "live")


def test_sent_again_it_is_the_same_trial(client, drain_events):
    form = trial_form()

    for number in (1, 2):
        send(client, form, number)
        drain_events()

    assert begun().count() == 1


def test_another_form_begins_none(client, drain_events):
    send(client, published_form())
    drain_events()

    assert not begun().exists()
