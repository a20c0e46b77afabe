"""What the API keeps for repeated requests names people: it is gone after a day."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from leadflow.integrations import services
from leadflow.integrations.models import ApiRequest
from leadflow.kit import clock

pytestmark = pytest.mark.django_db


def test_the_tick_drops_answers_after_a_day_and_keeps_younger_ones(alice):
    key, _whole = services.create(name="Shop", owner=alice, scopes=["leads:write"])
    for name, age in {"young": timedelta(hours=23), "old": timedelta(hours=25)}.items():
        ApiRequest.objects.create(
            key=key, idempotency_key=name, body_hash="x", status=201, at=clock.now() - age
        )
    task, every = settings.TICKS["integrations.forget_old"]

    import_string(task)()

    assert list(ApiRequest.objects.values_list("idempotency_key", flat=True)) == ["young"]
    assert every <= 3600
