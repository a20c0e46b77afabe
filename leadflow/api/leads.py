"""/api/v1/leads/: the people that the key's owner may see, and a door to add one."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from leadflow.api.auth import Door, owner_of
from leadflow.api.repeats import once
from leadflow.models import Lead, Origin, Source
from leadflow.people.access import allowed, require
from leadflow.services import leads
from leadflow.web.rest import NewestFirst, Strict

CONTACT = ("email", "phone")


class LeadOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    """A lead as other programs read it."""

    company = serializers.CharField(source="company.name", default="")
    source = serializers.CharField(  # type: ignore[assignment] # the stubs' Field has an attribute of this name
        source="source.name", default=""
    )
    owner = serializers.CharField(source="owner.name", default="")
    score = serializers.CharField(source="score.cell", default="")

    class Meta:
        model = Lead
        fields = [
            "id", "first_name", "last_name", "email", "phone", "job_title", "company", "city",
            "country", "stage", "disposition", "score", "source", "owner", "created_at",
        ]  # fmt: skip

    def to_representation(self, instance: Lead) -> dict[str, Any]:
        """Without contact fields where the owner's role may not see them."""
        row: dict[str, Any] = super().to_representation(instance)
        if not self.context.get("sees_contacts"):
            row |= dict.fromkeys(CONTACT)
        return row


class LeadIn(Strict):
    """What may be said about a new lead; everything else is LeadFlow's own to decide."""

    email = serializers.EmailField(required=False, allow_blank=True)
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True)
    first_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    job_title = serializers.CharField(max_length=160, required=False, allow_blank=True)
    company = serializers.CharField(max_length=200, required=False, allow_blank=True)
    city = serializers.CharField(max_length=120, required=False, allow_blank=True)
    country = serializers.CharField(max_length=2, required=False, allow_blank=True)
    source = serializers.SlugRelatedField(  # type: ignore[assignment]
        slug_field="name", queryset=Source.objects.filter(is_archived=False), required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Somebody has to be named."""
        if not any(attrs.get(key) for key in ("email", "phone", "last_name")):
            raise serializers.ValidationError({"email": ["Give an email, a phone or a last name."]})
        return attrs


class Seen(Door, generics.GenericAPIView):  # type: ignore[type-arg]
    """The leads that the key's owner may see, and of each what her role shows."""

    serializer_class = LeadOut

    def get_queryset(self) -> QuerySet[Lead]:
        """What the key's owner sees."""
        return Lead.objects.visible_to(owner_of(self.request)).select_related(
            "company", "source", "owner", "score"
        )

    def get_serializer_context(self) -> dict[str, Any]:
        """Whether contact fields may be shown."""
        sees = allowed(owner_of(self.request), "lead.contact_fields")
        return {**super().get_serializer_context(), "sees_contacts": sees}


class Leads(Seen, generics.ListCreateAPIView):  # type: ignore[type-arg]
    """List leads newest first, or add one (a known address gets its blanks filled)."""

    pagination_class = NewestFirst
    scopes = {"GET": "leads:read", "POST": "leads:write"}

    def create(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        """Add a lead, once per Idempotency-Key."""
        require(owner_of(request), "lead.add")
        form = LeadIn(data=request.data)
        form.is_valid(raise_exception=True)
        return once(request, lambda: self._make(request, dict(form.validated_data)))

    @transaction.atomic
    def _make(self, request: Request, values: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        company = values.pop("company", "")
        outcome = leads.create_or_merge(
            fields={k: v for k, v in values.items() if v}, company_name=company, origin=Origin.API,
            via="api", by=owner_of(request),
        )  # fmt: skip
        status = 201 if outcome.created else 200
        return status, {"id": outcome.lead.pk, "created": outcome.created}


class OneLead(Seen, generics.RetrieveAPIView):  # type: ignore[type-arg]
    """One lead."""

    scopes = {"GET": "leads:read"}
