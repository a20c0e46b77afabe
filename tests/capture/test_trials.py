"""A form that begins a trial notes it: once for a person, and only where the form says so."""

from datetime import timedelta

import pytest
from django.db import transaction

from capture.services import forms
from leadflow.kit import clock
from leadflow.models import Engagement
from leadflow.services import engagement, trials
from leadflow.services.trials import BEGUN
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


def test_what_form_and_product_tell_on_one_day_is_one_trial(client, drain_events):
    send(client, trial_form())
    drain_events()
    lead = begun().get().lead

    def product_tells(number, days):
        at = clock.now() + timedelta(days=days)
        fact = engagement.Fact(lead.pk, BEGUN, "api", f"e-{number}", at=at)
        with transaction.atomic():
            return trials.begin([fact], origin="api")

    assert [product_tells(1, 0), product_tells(2, 40)] == [0, 1]
    send(client, trial_form())
    drain_events()
    assert begun().count() == 3  # another form is another trial


def test_another_form_begins_none(client, drain_events):
    send(client, published_form())
    drain_events()

    assert not begun().exists()
