"""A report that somebody made on a form of the demo goes with the demo."""

import pytest

from capture import rules
from capture.models import Form, Promise, Report
from capture.services import forms, promises, submissions
from leadflow.demo import removal
from leadflow.models import Origin

pytestmark = pytest.mark.django_db


def test_a_form_of_the_demo_goes_with_its_report_and_its_promises():
    form = forms.create(name="Cost", by=None, start="calculator", origin=Origin.DEMO)
    forms.publish(form=form, by=None)
    arrival = rules.Arrival(client_id="client-0001", channel="hosted", ip=None, headers={})
    submissions.accept(
        version=form.live,
        answers={"people": 3, "email": "ada@north.example"},
        raw={"people": "3"},
        arrival=arrival,
        origin=Origin.DEMO,
    )
    form = Form.objects.get()
    assert promises.make(form.submissions.get()) is not None

    removal.remove(keep=None)

    assert not Form.objects.exists()
    assert not Report.objects.exists()
    assert not Promise.objects.exists()
