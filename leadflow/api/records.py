"""/api/v1/submissions/ and /api/v1/deals/: what the key's owner may see of them."""

from django.db.models import QuerySet
from rest_framework import generics, serializers

from capture.models import Submission
from leadflow.api.auth import Door, owner_of
from leadflow.models import Lead
from leadflow.people.access import allowed
from leadflow.web.rest import NewestFirst
from pipeline.models import Deal


class SubmissionOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    """What a visitor sent, as other programs read it."""

    form = serializers.CharField(source="form.name")

    class Meta:
        model = Submission
        fields = ["id", "form", "state", "lead", "answers", "received_at"]


class Submissions(Door, generics.ListAPIView):  # type: ignore[type-arg]
    """Answers of forms, newest first; those of leads that the owner may see."""

    pagination_class = NewestFirst
    serializer_class = SubmissionOut
    scopes = {"GET": "submissions:read"}

    def get_queryset(self) -> QuerySet[Submission]:
        """Empty where the owner's role may not read answers."""
        user = owner_of(self.request)
        rows = Submission.objects.select_related("form")
        if not allowed(user, "answer.view") or not allowed(user, "lead.contact_fields"):
            return rows.none()
        return rows.filter(lead__in=Lead.objects.visible_to(user))


class DealOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    """A deal as other programs read it."""

    stage = serializers.CharField(source="stage.name")
    company = serializers.CharField(source="company.name", default="")
    owner = serializers.CharField(source="owner.name", default="")

    class Meta:
        model = Deal
        fields = [
            "id", "name", "stage", "lead", "company", "owner", "amount", "currency",
            "expected_close_on", "opened_at", "won_at", "lost_at",
        ]  # fmt: skip


class Deals(Door, generics.ListAPIView):  # type: ignore[type-arg]
    """Deals, newest first."""

    pagination_class = NewestFirst
    serializer_class = DealOut
    scopes = {"GET": "deals:read"}

    def get_queryset(self) -> QuerySet[Deal]:
        """What the key's owner sees."""
        mine = Deal.objects.visible_to(owner_of(self.request))
        return mine.select_related("stage", "company", "owner")
