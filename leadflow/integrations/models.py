"""Keys by which other programs come in, and the hooks that they call."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.integrations.maps import BEHAVIOUR, FACTS, LEAD
from leadflow.models import Campaign, Origin, Source
from leadflow.people.models import User

SCOPES = {
    "leads:read": _("read leads"),
    "leads:write": _("add leads"),
    "events:write": _("report product events"),
    "submissions:read": _("read what visitors sent"),
    "deals:read": _("read deals"),
    "customers:read": _("read customers, their orders and subscriptions"),
    "purchases:write": _("write orders and subscriptions down"),
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


class InboundHook(models.Model):
    """A door for one other program, at an address that nobody can guess; each call is verified.

    `secret` is sealed where signatures are computed with it, and a digest where a token is only
    compared; `old_secret` counts beside it until `old_until`, so that a sender can change over.
    """

    class Makes(models.TextChoices):
        LEAD = LEAD, _("A lead, as the answer of a form would")
        BEHAVIOUR = BEHAVIOUR, _("Behaviour of a known person or company: intent")
        FACTS = FACTS, _("Facts about a known person or company: enrichment")

    class Signing(models.TextChoices):
        STANDARD = (
            "standard",
            _("Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature"),
        )
        HMAC = "hmac", _("HMAC of the body in a header (Typeform, Meta, GitHub)")
        TIMED = "timed", _("HMAC with a stamp, t=…,v1=… in a header (Calendly, Stripe)")
        TOKEN = "token", _("A secret token in a header, for senders that cannot sign")
        BODY = "body", _("A key inside the body (Google Ads)")

    class Encoding(models.TextChoices):
        HEX = "hex", _("hexadecimal")
        BASE64 = "base64", _("base64")

    class Unknown(models.TextChoices):
        IGNORE = "ignore", _("Ignore and count")
        CREATE = "create", _("Make a lead without consent")

    name = models.CharField(_("name"), max_length=80)
    code = models.CharField(max_length=40, unique=True)
    makes = models.CharField(_("what a call makes"), max_length=9, choices=Makes.choices)
    unknown = models.CharField(
        _("people who are not known"), max_length=6, choices=Unknown.choices, default=Unknown.IGNORE
    )
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("source")
    )
    campaign = models.ForeignKey(
        Campaign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("campaign"),
    )
    system = models.CharField(_("system of the ids of people"), max_length=40, blank=True)
    is_on = models.BooleanField(default=True)

    # how a call proves whose it is
    signing = models.CharField(_("how calls are signed"), max_length=8, choices=Signing.choices)
    header = models.CharField(_("header, or path of the key"), max_length=120, blank=True)
    encoding = models.CharField(
        _("letters of the signature"), max_length=6, choices=Encoding.choices, default=Encoding.HEX
    )
    prefix = models.CharField(_("what stands before it"), max_length=20, blank=True)
    secret = models.TextField()
    old_secret = models.TextField(blank=True)
    old_until = models.DateTimeField(null=True, blank=True)

    # what came
    received = models.BigIntegerField(default=0)
    repeated = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    refused_at = models.DateTimeField(null=True, blank=True)
    last_received_at = models.DateTimeField(null=True, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S3: the secrets, and the address, which is half of the proof."""

        S3 = ("secret", "old_secret", "code")
        S0 = (
            "name", "makes", "unknown", "source", "campaign", "system", "is_on", "signing", "header",
            "encoding", "prefix", "old_until", "received", "repeated", "refused", "refused_at",
            "last_received_at", "created_at", "origin",
        )  # fmt: skip

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/settings/hooks/{self.pk}/"


class HookMap(models.Model):
    """One saved version of what goes where; the newest is read, and each call names the one it met."""

    hook = models.ForeignKey(InboundHook, models.CASCADE, related_name="maps")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Sensitivity:
        """S0: paths."""

        S0 = ("hook", "number", "document", "made_at", "made_by")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["hook", "number"], name="hook_map_once")]

    def __str__(self) -> str:
        return f"{self.hook_id} v{self.number}"


class HookCall(models.Model):
    """What one verified call brought, kept as it came for 30 days, and what it made.

    The same message is one row, however often it is sent. People and companies are named by id only,
    so that the log stands in no merge's way.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        TAKEN = "taken", _("Taken in")
        IGNORED = "ignored", _("Ignored")
        FAILED = "failed", _("Failed")

    hook = models.ForeignKey(InboundHook, models.CASCADE, related_name="calls")
    provider_id = models.CharField(max_length=100)
    received_at = models.DateTimeField()
    headers = models.JSONField(default=dict)
    body = models.TextField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.API)

    # what became of it
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    reason = models.TextField(blank=True)
    map_number = models.PositiveIntegerField(null=True, blank=True)
    made = models.JSONField(default=list)
    lead_ids = ArrayField(models.BigIntegerField(), default=list)
    company_ids = ArrayField(models.BigIntegerField(), default=list)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Sensitivity:
        """S2: what somebody else says about people."""

        S2 = ("headers", "body", "reason", "made")
        S0 = (
            "hook", "provider_id", "received_at", "origin", "state", "map_number", "lead_ids",
            "company_ids", "processed_at",
        )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hook", "provider_id"], name="hook_call_once")
        ]
        indexes = [
            # the log of a hook, newest first
            models.Index(fields=["hook", "-id"], name="hook_calls_newest"),
            # what a person may have to look at
            models.Index(
                fields=["hook", "state"],
                condition=Q(state__in=["waiting", "failed"]),
                name="hook_calls_open",
            ),
            # the tick that forgets
            models.Index(fields=["received_at"], name="hook_calls_age"),
            # the calls about a person who is erased
            GinIndex(fields=["lead_ids"], name="hook_calls_of_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.hook_id}: {self.provider_id}"


class WebhookEndpoint(models.Model):
    """An address of another program that is told what happens here; admins make them.

    Without `sends_personal` it gets ids and what was done, never a name or an address.
    """

    class State(models.TextChoices):
        ON = "on", _("On")
        OFF = "off", _("Off")
        DISABLED = "disabled", _("Switched off after failures")

    name = models.CharField(_("name"), max_length=80)
    url = models.CharField(_("address"), max_length=500)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ON)
    sends_personal = models.BooleanField(_("send names and addresses of people"), default=False)

    # what deliveries are signed with; the old secret signs too until `old_until`
    secret = models.TextField()
    old_secret = models.TextField(blank=True)
    old_until = models.DateTimeField(null=True, blank=True)

    # how it went; `failing_since` is empty after each success
    failing_since = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Sensitivity:
        """S3: the secrets. S1: where the business sends what it knows."""

        S3 = ("secret", "old_secret")
        S1 = ("url",)
        S0 = (
            "name", "state", "sends_personal", "old_until", "failing_since", "last_ok_at", "reason",
            "created_at", "created_by",
        )  # fmt: skip

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["name"], name="endpoint_name_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/settings/webhooks/{self.pk}/"

    @property
    def is_on(self) -> bool:
        """Whether anything is sent there."""
        return self.state == self.State.ON


class WebhookDelivery(models.Model):
    """One message to one endpoint, sent until it is taken or given up, and kept for 30 days.

    `key` names what happened, so that telling twice tells once; `message_id` is the same on every try,
    so that a receiver can tell too. Leads are named by id only, for erasure to find.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        DONE = "done", _("Delivered")
        FAILED = "failed", _("Given up")

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    message_id = models.CharField(max_length=40, unique=True)
    body = models.TextField()
    lead_ids = ArrayField(models.BigIntegerField(), default=list)
    made_at = models.DateTimeField()

    # how far it has come
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    # each try: when, which status, how long, and how the answer began
    log = models.JSONField(default=list)

    class Sensitivity:
        """S2: what is told may name people, and so may an answer."""

        S2 = ("body", "log")
        S0 = (
            "endpoint", "key", "kind", "message_id", "lead_ids", "made_at", "state", "tries", "due_at",
            "token", "lease_until", "settled_at",
        )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "key"], name="delivery_told_once"),
        ]
        indexes = [
            # the tick
            models.Index(fields=["due_at", "id"], condition=Q(state="waiting"), name="webhook_due"),
            # what a process holds, and may have died with
            models.Index(
                fields=["endpoint", "lease_until"],
                condition=Q(state="sending"),
                name="webhook_leased",
            ),
            # the log of an endpoint, newest first
            models.Index(fields=["endpoint", "-id"], name="webhook_newest"),
            # the tick that forgets
            models.Index(fields=["made_at"], name="webhook_age"),
            # what was told of a person who is erased
            GinIndex(fields=["lead_ids"], name="webhook_of_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id}: {self.message_id}"
