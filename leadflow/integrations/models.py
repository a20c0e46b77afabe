"""Keys by which other programs come in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.people.models import User

SCOPES = {
    "leads:read": _("read leads"),
    "leads:write": _("add leads"),
    "submissions:read": _("read what visitors sent"),
    "deals:read": _("read deals"),
}


class ApiKey(models.Model):
    """A key of one program. It sees at most what its owner sees, and only what its scopes name.

    The key itself is shown once; `digest` is its SHA-256 and `prefix` what people tell keys apart by.
    """

    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(_("what it may do"), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Sensitivity:
        """S3: the digest."""

        S3 = ("digest",)
        S0 = (
            "name", "owner", "prefix", "scopes", "created_at", "expires_at", "revoked_at",
            "last_used_at",
        )  # fmt: skip

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class ApiRequest(models.Model):
    """One creating request of a key, kept for a day: the same Idempotency-Key gets the same answer."""

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="requests")
    idempotency_key = models.CharField(max_length=120)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Sensitivity:
        """S2: an answer names people."""

        S2 = ("answer",)
        S0 = ("key", "idempotency_key", "body_hash", "status", "at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "idempotency_key"], name="one_answer_per_key")
        ]
        indexes = [models.Index(fields=["at"], name="api_request_age")]

    def __str__(self) -> str:
        return self.idempotency_key
