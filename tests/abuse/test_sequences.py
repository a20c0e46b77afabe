"""Sequences that would break the law, run in a circle, or write to who opted out."""

from datetime import timedelta

import pytest

from leadflow.errors import Invalid
from leadflow.mail.compose import compose
from leadflow.mail.models import Delivery
from leadflow.models import Organisation
from leadflow.segments import services as segments
from leadflow.services import notes
from nurturing.models import Enrolment, Reason, Sequence
from nurturing.services import enrolment, sequences
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import a_reader, a_sequence, mail_step, todo_step

pytestmark = pytest.mark.django_db


def test_abuse_C12_a_sequence_without_postal_address_is_refused_by_name():
    sequence = a_sequence(mail_step(), publish=False)
    organisation = Organisation.current()
    organisation.postal_address = "  "
    organisation.save()

    with pytest.raises(Invalid, match="postal address") as refusal:
        sequences.publish(sequence, by=None)

    assert "law" in refusal.value.fields
    assert Sequence.objects.get().state == "draft"


def test_abuse_C12_no_mail_of_a_sequence_goes_without_a_way_out():
    """The link is not a tag that an author may forget: the ledger adds it to every marketing mail."""
    sequence, lead = a_sequence(mail_step(body="Buy. No way out is written here.")), a_reader()
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)
    advance_due(at=NOON)

    made = compose(Delivery.objects.get())

    assert "/u/" in made.text
    assert "/u/" in made.html


def test_abuse_C12_the_page_names_the_reason(client, max):
    sequence = a_sequence(mail_step(), publish=False)
    Organisation.objects.update(postal_address="")
    client.force_login(max)

    response = client.post(f"/sequences/{sequence.pk}/publish/")

    assert response.status_code == 422
    assert "postal address" in response.content.decode()


def test_abuse_H02_a_sequence_that_enrols_into_itself_stops_with_one_alert(drain_events):
    tagged = {"all": [{"field": "lead.tags", "op": "is_set"}]}
    segment = segments.create(name="Tagged", condition=tagged, by=None, at=NOON)
    sequence = a_sequence(
        todo_step(),
        trigger={"kind": "segment", "ref": segment.pk},
        again={"policy": "always", "segment": True},
    )
    lead = a_reader()

    for turn in range(20):
        moment = NOON + timedelta(minutes=turn)
        notes.tag_many(lead_ids=[lead.pk], names=["Loop"], by=None, at=moment)
        drain_events()
        advance_due(at=moment)
        notes.untag_many(lead_ids=[lead.pk], name="Loop", by=None, at=moment)
        drain_events()

    sequence.refresh_from_db()
    assert Enrolment.objects.filter(lead=lead).count() == 3
    assert "again and again" in sequence.alert
    assert sequence.refusals.get().reason == Reason.CIRCLE


def test_abuse_I05_every_mail_of_a_sequence_carries_what_the_law_asks():
    sequence, lead = a_sequence(mail_step("Hello", "Read https://brightwell.example/x")), a_reader()
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)
    advance_due(at=NOON)

    made = compose(Delivery.objects.get())
    message = made.message

    assert message["List-Unsubscribe"].startswith("<http")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Message-ID"]
    assert message["Date"]
    assert message["Auto-Submitted"] is None
    assert {part.get_content_type() for part in message.walk()} >= {"text/plain", "text/html"}
    for body in (made.text, made.html):
        assert "1 Mill Lane" in body
        assert "Unsubscribe" in body


def test_abuse_I03_erasure_ends_every_walk_and_its_mail():
    from leadflow.services import privacy

    sequence, lead = a_sequence(), a_reader()
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)
    assert privacy.export(lead)["nurturing"][0]["sequence__name"] == sequence.name

    privacy.erase(lead=lead, by=None)
    advance_due(at=NOON + timedelta(days=9))

    assert Enrolment.objects.get().reason == Reason.ERASED
    assert Delivery.objects.count() == 0
