"""The policy on visitors, changed on record."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from capture.models import VisitorPolicy
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.people.models import User


@transaction.atomic
def change(*, by: User | None, values: Mapping[str, Any]) -> VisitorPolicy:
    """Set these fields of the policy; each one that changed is on record."""
    VisitorPolicy.objects.get_or_create(pk=1)
    policy = VisitorPolicy.objects.select_for_update().get(pk=1)
    for name, value in values.items():
        before = getattr(policy, name)
        if before != value:
            setattr(policy, name, value)
            data = {"name": f"visitors:{name}", "from": before, "to": value}
            record(Kind.SETTING_CHANGED, by=by, subject=policy, data=data)
    policy.save()
    return policy
