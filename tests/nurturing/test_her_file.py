"""What automations, sequences and mails know of a person stands in her file, and goes when she is erased."""

import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from leadflow.mail.models import Delivery, Hit, InboundMail
from leadflow.rulesets.models import Decision
from leadflow.services import privacy
from nurturing.models import AutomationRun, Enrolment, Refusal, StepDone
from nurturing.services import enrolment
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import a_reader, a_sequence, an_automation, mail_step, step

pytestmark = pytest.mark.django_db
SAID = (
    "Zaphod has no owner",  # the log of an automation
    "Zaphod was not tagged",
    "Zaphod waits",  # a walk and a step of hers
    "Zaphod went by",
    "HeartOfGold/2.0",  # with what she opened a mail
    "198.51.100.0",
    "Zaphod decided",  # a decision about her
    "So long, says Zaphod",  # what she answered
)
TABLES = (AutomationRun, Enrolment, StepDone, Refusal, Delivery, Hit, Decision, InboundMail)


@pytest.fixture
def zaphod():
    lead = a_reader(first_name="Zaphod")
    sequence = a_sequence(mail_step("Hello {{ lead.first_name }}", "So."))
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)
    advance_due(at=NOON)
    Enrolment.objects.update(detail="Zaphod waits")
    StepDone.objects.update(detail="Zaphod went by")
    automation = an_automation("stage_entered", step("tag", tag="vip"), publish=False)
    version = sequence.rule_set.versions.get()
    AutomationRun.objects.create(
        automation=automation, version=version, slot="event:1", subject_kind="lead",
        subject_id=lead.pk, lead=lead, state="skipped", reason="Zaphod has no owner", at=NOON,
        steps=[{"id": "a", "type": "tag", "reason": "Zaphod was not tagged"}],
    )  # fmt: skip
    Decision.objects.create(
        lead=lead,
        version=version,
        revision=1,
        outcome="A",
        trace={"why": "Zaphod decided"},
        at=NOON,
    )
    mail = Delivery.objects.get()
    Hit.objects.create(
        delivery=mail, kind="open", at=NOON, method="GET", agent="HeartOfGold/2.0",
        network="198.51.100.0", verdict="human",
    )  # fmt: skip
    InboundMail.objects.create(
        message_id="m1", kind="reply", state="filed", lead=lead, delivery=mail, subject="Re",
        text="So long, says Zaphod", meaning="interested", received_at=NOON,
    )  # fmt: skip
    return lead


def kept():
    found = []
    with connection.cursor() as cursor:
        for model in TABLES:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{model._meta.db_table}" t')
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def test_all_of_it_stands_in_her_file(zaphod):
    told = json.dumps(privacy.export(zaphod), cls=DjangoJSONEncoder)

    assert [one for one in SAID if one not in told] == []
    assert '"meaning": "interested"' in told
    assert '"purpose": "marketing"' in told


def test_abuse_I01_nothing_of_it_names_her_once_she_is_erased(zaphod):
    assert [one for one in SAID if one not in kept()] == []

    privacy.erase(lead=zaphod, by=None)

    assert [one for one in SAID if one in kept()] == []
    assert AutomationRun.objects.count() == Hit.objects.count() == Decision.objects.count() == 1
