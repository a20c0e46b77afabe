"""POST /api/v1/events/: what people did in a product, told by its own server."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from leadflow.api.auth import Door, owner_of
from leadflow.api.repeats import once
from leadflow.kit import clock, emails
from leadflow.models import Lead, LeadIdentity, Origin
from leadflow.people.access import require
from leadflow.people.models import User
from leadflow.services import engagement, trials
from leadflow.web.rest import Strict

MOST = 500
KIND = "product.used"
NAMED = frozenset({trials.BEGUN})  # kinds of their own, which begin what waits for them
_EARLIEST = timedelta(days=365)


class EventIn(Strict):
    """One thing that one person did; `id` is the sender's own, so that telling it twice counts once."""

    id = serializers.CharField(max_length=60)
    name = serializers.RegexField(r"^[\w .:/-]{1,80}$")
    email = serializers.CharField(max_length=254, required=False)
    lead = serializers.IntegerField(min_value=1, max_value=2**62, required=False)
    at = serializers.DateTimeField(required=False)
    value = serializers.DecimalField(max_digits=14, decimal_places=2, required=False)

    def validate_at(self, value: Any) -> Any:
        """Not ahead of our clock, and not older than a year."""
        now = clock.now()
        if not now - _EARLIEST <= value <= now + timedelta(minutes=5):
            raise serializers.ValidationError(_("Give a moment of the last year."))
        return min(value, now)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Somebody has to be named, in one way."""
        if ("email" in attrs) == ("lead" in attrs):
            raise serializers.ValidationError({"email": [_("Give either an email or a lead.")]})
        return attrs


class EventsIn(Strict):
    """Up to 500 at once."""

    events = serializers.ListField(child=EventIn(), allow_empty=False, max_length=MOST)


class Events(Door):
    """Take product events of known people; who is not known is named in the answer, and not made."""

    scopes = {"POST": "events:write"}
    serializer_class = EventsIn

    def post(self, request: Request) -> Response:
        """Append what is new to the people's histories."""
        require(owner_of(request), "lead.edit")
        form = EventsIn(data=request.data)
        form.is_valid(raise_exception=True)
        told: list[dict[str, Any]] = form.validated_data["events"]
        return once(request, lambda: (200, _take(told, owner_of(request))))


@transaction.atomic
def _take(told: Sequence[Mapping[str, Any]], owner: User) -> dict[str, Any]:
    known = _people(told, owner)
    facts = [
        engagement.Fact(
            known[_named(one)], one["name"] if one["name"] in NAMED else KIND, "api", one["id"],
            label="" if one["name"] in NAMED else one["name"], topic=one["name"].lower(),
            value=Decimal(one["value"]) if one.get("value") is not None else None, at=one.get("at"),
        )
        for one in told
        if _named(one) in known
    ]  # fmt: skip
    begun = [fact for fact in facts if fact.kind == trials.BEGUN]
    others = [fact for fact in facts if fact.kind != trials.BEGUN]
    new = engagement.append(others, origin=Origin.API) if others else 0
    new += trials.begin(begun, origin=Origin.API)
    unknown = [one["id"] for one in told if _named(one) not in known]
    return {"taken": len(facts), "new": new, "unknown": unknown}


def _named(one: Mapping[str, Any]) -> str | int:
    return one["lead"] if "lead" in one else _norm(one["email"])


def _norm(email: str) -> str:
    try:
        return emails.parse(email).norm
    except ValueError:
        return ""


def _people(told: Sequence[Mapping[str, Any]], owner: User) -> dict[str | int, int]:
    """Whoever is named and the key's owner may see, by number and by address."""
    mine = Lead.objects.visible_to(owner)
    by_id = mine.filter(pk__in=[one["lead"] for one in told if "lead" in one])
    rows = LeadIdentity.objects.filter(
        kind=LeadIdentity.Kind.EMAIL,
        value_norm__in=[_norm(one["email"]) for one in told if "email" in one],
        lead__in=mine,
    )
    found: dict[str | int, int] = {pk: pk for pk in by_id.values_list("pk", flat=True)}
    return found | dict(rows.values_list("value_norm", "lead_id"))
