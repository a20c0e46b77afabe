import pytest
from django.db import IntegrityError, transaction

from leadflow.events import log
from leadflow.events.kinds import Kind
from leadflow.events.models import Event


def noted():
    return log.record(Kind.NOTE_ADDED, lead_id=1, data={"note": 7})


@pytest.mark.parametrize("change", [{"data": {}}, {"actor_id": 9}, {"kind": "lead.erased"}])
def test_abuse_E13_the_database_refuses_to_change_a_fact(db, change):
    noted()

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Event.objects.update(**change)


def test_abuse_E13_the_database_refuses_to_delete_a_fact(db):
    noted()

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()
