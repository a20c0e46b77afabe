"""Forms that somebody began and asked us to keep."""

from django.db import models
from django.db.models import Q

from capture.models.forms import Form, FormVersion
from leadflow.kit.ids import token


class Unfinished(models.Model):
    """The answers of a visitor who pressed "Save and continue later"; made by her wish alone.

    Whoever has its link sees them. It goes when she sends the form, when its time is over, or with her.
    """

    form = models.ForeignKey(Form, models.CASCADE, related_name="unfinished")
    version = models.ForeignKey(FormVersion, models.CASCADE, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=token, editable=False)
    answers = models.JSONField(default=dict)
    page = models.CharField(max_length=24, blank=True)
    mark = models.CharField(max_length=120, blank=True)  # what an A/B test showed her
    saved_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    # the one reminder, where she ticked the box; with the words that stood beside it
    remind_at = models.DateTimeField(null=True, blank=True)
    email = models.CharField(max_length=254, blank=True)
    agreed_to = models.TextField(blank=True)

    class Sensitivity:
        """S2: what a person typed. S3: half of her link."""

        S2 = ("answers", "email", "mark")
        S3 = ("public_id",)
        S0 = ("form", "version", "page", "saved_at", "expires_at", "remind_at", "agreed_to")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(remind_at__isnull=True) | (~Q(email="") & ~Q(agreed_to="")),
                name="unfinished_reminder_agreed",
            )
        ]
        indexes = [
            # the tick: who is to be reminded, what has run out
            models.Index(
                fields=["remind_at"], condition=Q(remind_at__isnull=False), name="unfinished_due"
            ),
            models.Index(fields=["expires_at"], name="unfinished_over"),
        ]

    def __str__(self) -> str:
        return f"{self.form_id}: {self.saved_at:%Y-%m-%d}"
