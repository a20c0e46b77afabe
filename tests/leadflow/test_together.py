"""Rows written in one statement are the rows that the ORM would have written."""

import datetime as dt
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict

from leadflow.events.models import Event
from leadflow.models import (
    Consent,
    Engagement,
    Lead,
    LeadAnswer,
    LeadCycle,
    LeadIdentity,
    LeadScore,
    Touchpoint,
)
from leadflow.models.together import Together, _columns
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db

VALUES = ["text", "it's", "Zoë\n", 7, 1.5, True, ["a", "b"], {"deep": [1, None]}]


def a_person(**fields):
    return Lead(stage_since=NOON, created_at=NOON, custom={"k": 1}, **fields)


@pytest.mark.parametrize("value", VALUES)
def test_a_json_value_comes_back_as_it_was(value):
    together = Together()
    lead = a_lead()
    together.add([LeadAnswer(lead=lead, key="k", value=value, answered_at=NOON)])

    together.insert()

    assert LeadAnswer.objects.get(lead=lead).value == value


def test_every_field_arrives_as_through_the_orm():
    lead = a_lead()
    told = {
        Consent: {"channel": "email", "state": "given", "ip": "2001:db8::1", "at": NOON},
        Touchpoint: {"utm": {"utm_source": "x"}, "occurred_at": NOON},
        Engagement: {"kind": "k", "value": Decimal("12.50"), "occurred_at": NOON},
        LeadIdentity: {"kind": "phone", "value": "1", "value_norm": "1", "created_at": NOON},
        LeadCycle: {"started_at": NOON, "return_on": dt.date(2026, 1, 2)},
    }
    once = {Engagement: "source_id", LeadCycle: "number"}  # part of what may be there only once
    for model, fields in told.items():
        one, other = (
            model(lead=lead, **fields, **({once[model]: n} if model in once else {}))
            for n in (2, 3)
        )
        together = Together()
        together.add([one])
        together.insert()
        found = model.objects.latest("pk")
        other.save()
        other.refresh_from_db()
        told_apart = ["id", once.get(model, "id")]
        assert model_to_dict(found, exclude=told_apart) == model_to_dict(other, exclude=told_apart)


def test_rows_that_name_each_other_arrive_in_any_order():
    together = Together()
    lead = a_person(pk=together.new_id(Lead), email="ann@kessler.example")
    together.add([LeadScore(lead=lead), lead])

    together.insert()

    assert Lead.objects.get(email="ann@kessler.example").score.cell == "D4"


def test_rows_of_one_table_keep_their_order():
    together = Together()
    together.add(Event(kind=f"k{n}", occurred_at=NOON, recorded_at=NOON, data={}) for n in range(5))

    together.insert()

    kinds = Event.objects.filter(kind__startswith="k").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["k0", "k1", "k2", "k3", "k4"]


def test_a_row_that_cannot_be_written_keeps_all_others_out():
    known = a_lead("ann@kessler.example")
    together = Together()
    lead = a_person(pk=together.new_id(Lead))
    twice = LeadIdentity(
        lead=lead, kind="email", value="x", value_norm="ann@kessler.example", created_at=NOON
    )
    together.add([lead, twice])

    with pytest.raises(IntegrityError), transaction.atomic():
        together.insert()

    assert Lead.objects.get() == known


def test_nothing_to_write_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        Together().insert()


def test_no_column_of_any_model_is_left_out():
    for model in apps.get_models():
        named = {field.column for field, *_how in _columns(model, has_id=True)}
        assert named == {f.column for f in model._meta.concrete_fields if not f.generated}
