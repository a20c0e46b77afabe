"""What the stage does when something happened."""

import pytest

from capture.models import Submission
from leadflow.mail.models import Delivery
from leadflow.models import Lead
from leadflow.notifications import services
from leadflow.notifications.models import Notification
from leadflow.services import leads, merging
from tests.factories.capture import contact_body

pytestmark = pytest.mark.django_db


def test_the_named_people_are_told_once(client, published, bob, drain_events):
    form = published(name="Roof")
    form.notify.add(bob)
    client.post(form.public_path, contact_body(form))

    drain_events()

    notice = Notification.objects.get(user=bob)
    assert notice.sentence == "Ada answered “Roof”"
    assert notice.url == Lead.objects.get().get_absolute_url()


def test_who_wants_a_mail_gets_one_with_a_clean_subject(client, published, bob, drain_events):
    form = published(name="Roof")
    form.notify.add(bob)
    services.choose(user=bob, choices={"form_answered": (True, True)})
    client.post(form.public_path, contact_body(form, first_name="Bob\r\nX-Evil: 1"))

    drain_events()

    mail = Delivery.objects.get(to_address="bob@crm.example")
    assert mail.subject == "Bob X-Evil: 1 answered “Roof”"


def test_nobody_is_told_of_spam(client, published, bob, drain_events):
    form = published()
    form.notify.add(bob)
    client.post(form.public_path, contact_body(form, website_url="x"))

    drain_events()

    assert not Notification.objects.exists()


def test_answers_follow_a_merged_lead(client, published, alice, drain_events):
    form = published()
    client.post(form.public_path, contact_body(form))
    loser = Lead.objects.get()
    keeper = leads.create_or_merge(email="keeper@north.example").lead
    merging.merge(survivor=keeper, loser=loser, by=alice)

    drain_events()

    assert Submission.objects.get().lead == keeper
