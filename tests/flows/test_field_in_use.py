"""A field of one's own is not taken away while a published rule of any kind reads or fills it."""

import pytest

from capture.blocks.starts import block
from capture.services import forms
from distribution.services import policy, pools
from leadflow.errors import Conflict
from leadflow.models import CustomField
from leadflow.rulesets import services as rulesets
from leadflow.segments import services as segments
from leadflow.services import organisation
from qualification.services import models
from tests.factories.capture import published_form
from tests.factories.core import NOON
from tests.factories.nurturing import a_sequence, mail_step

pytestmark = pytest.mark.django_db


def naming(key):
    return {"all": [{"field": key, "op": "is", "value": "yes"}]}


def score(key, part, **fields):
    rule_set = models.the_model()
    document = dict(models.ensure_default().document)
    document[part] = [*document.get(part, []), {"name": "Roof", "when": naming(key)} | fields]
    rulesets.save_draft(rule_set, document=document, by=None)
    rulesets.publish(rule_set, by=None)
    return "Score: Roof"


def attribute(key):
    return score(key, "attributes", points=5)


def gate(key):
    return score(key, "gates", status="unqualified")


def segment(key):
    segments.create(name="Roofs", condition=naming(key), by=None, at=NOON)
    return "Segment: Roofs"


def routing(key):
    pool = pools.create(name="All", by=None, always_open=True)
    document = {"rules": [{"name": "Roofs", "pool": pool.pk, "when": naming(key)}], "pool": None}
    rulesets.save_draft(policy.the_policy(), document=document, by=None)
    rulesets.publish(policy.the_policy(), by=None)
    return "Routing: Roofs"


def goal(key):
    a_sequence(name="Roofs", goal=naming(key))
    return "Sequence: Roofs"


RULES = [attribute, gate, segment, routing, goal]


@pytest.fixture(params=["lead", "company"])
def field(request):
    return CustomField.objects.create(
        subject=request.param, key="roof", label="Roof", type="choice", choices=["yes", "no"]
    )


@pytest.mark.parametrize("publish", RULES, ids=lambda made: made.__name__)
def test_a_field_that_a_published_rule_reads_is_not_put_away(field, publish):
    label = publish(organisation.condition_key(field))

    with pytest.raises(Conflict, match=label):
        organisation.archive_field(field=field, is_archived=True, by=None)
    with pytest.raises(Conflict, match=label):
        organisation.change_field(field=field, choices=["no"], by=None)


def lead_field():
    return CustomField.objects.create(subject="lead", key="roof", label="Roof", type="text")


def test_a_field_that_a_mail_mentions_is_not_put_away():
    field = lead_field()
    a_sequence(mail_step("Roofs", "Your {{ lead.custom.roof }}"), name="Roofs")

    with pytest.raises(Conflict, match="Sequence: Roofs"):
        organisation.archive_field(field=field, is_archived=True, by=None)


def test_a_field_that_a_live_form_fills_is_not_put_away():
    field = lead_field()
    form = published_form(
        block("email"),
        block("short_text", label="R", name="r", save_to="custom.roof"),
        name="Roofs",
    )

    with pytest.raises(Conflict, match="Form: Roofs"):
        organisation.archive_field(field=field, is_archived=True, by=None)

    forms.archive(form=form, by=None)
    organisation.archive_field(field=field, is_archived=True, by=None)
