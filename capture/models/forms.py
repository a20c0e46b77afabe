"""Forms, their published versions, and what visitors sent."""

from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leadflow.blocks.models import Document, DocumentVersion
from leadflow.blocks.schema import is_origin, is_web_address
from leadflow.experiments.models import Variant
from leadflow.kit.ids import code
from leadflow.models import Campaign, FunnelPosition, Lead, LeadStage, Origin, Source, Tag
from leadflow.offers.models import Offer
from leadflow.people.access import Scope, allowed, scope_of
from leadflow.people.models import User


def origin_list(value: object) -> None:
    """A list of sites as browsers name them: https://www.example.com."""
    if not isinstance(value, list) or len(value) > 50:
        raise ValidationError(_("Give at most 50 sites."))
    for row in value:
        if not is_origin(row):
            raise ValidationError(
                _("Write a site as https://www.example.com, without a path: %(site)s"),
                params={"site": str(row)[:80]},
            )


def web_address(value: str) -> None:
    """An address that a visitor may be sent to: http or https and nothing else."""
    if not is_web_address(value):
        raise ValidationError(_("Use an address that starts with https:// or http://."))


# What a look may be; the values stand in style sheets, so nobody types them.
FONTS = {
    "serif": 'Georgia, "Times New Roman"',
    "system": "system-ui",
    "mono": "ui-monospace, monospace",
}
CORNERS = {"square": "0", "small": "4px", "round": "16px"}


class FormQuerySet(models.QuerySet["Form"]):
    """Forms, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """Everybody who may see forms sees all of them."""
        return self if allowed(user, "form.view") else self.none()

    def open_to_visitors(self) -> Self:
        """Published and with a version that can be shown."""
        return self.filter(status=Form.Status.PUBLISHED, live__isnull=False)


class Form(Document):
    """A form that visitors fill in, on its own page or inside another site; made by a marketer.

    What visitors see stands in its versions. What happens after an answer (thanks, redirect, who is
    told, where the lead goes) stands here and takes effect at once.
    """

    block_set = "form"

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Live")
        ARCHIVED = "archived", _("Archived")

    public_id = models.CharField(max_length=16, unique=True, default=code, editable=False)
    name = models.CharField(_("name"), max_length=120)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    live = models.ForeignKey("FormVersion", models.PROTECT, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="forms")

    # where its leads are counted
    source = models.ForeignKey(
        Source,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("source"),
        help_text=_("Used when the visitor's link names none."),
    )
    campaign = models.ForeignKey(
        Campaign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("campaign"),
    )

    # the event of its live version, for which an answer registers
    occasion = models.ForeignKey(
        "Occasion", models.SET_NULL, null=True, blank=True, related_name="forms", editable=False
    )

    # the offer of its live version, which an answer is given
    offer = models.ForeignKey(
        Offer, models.SET_NULL, null=True, blank=True, related_name="forms", editable=False
    )

    # what the visitor meets after sending
    thanks_title = models.CharField(
        _("thank-you heading"), max_length=120, default="Thank you", blank=True
    )
    thanks_text = models.TextField(_("thank-you text"), max_length=2000, blank=True)
    redirect_url = models.CharField(
        _("or send the visitor to"), max_length=500, blank=True, validators=[web_address]
    )

    # what happens to the lead
    stage = models.CharField(
        _("a new person starts as"),
        max_length=12,
        choices=[
            (LeadStage.LEAD.value, LeadStage.LEAD.label),
            (LeadStage.SUBSCRIBER.value, LeadStage.SUBSCRIBER.label),
        ],
        default=LeadStage.LEAD,
    )
    funnel_position = models.CharField(
        _("funnel position"),
        max_length=5,
        choices=FunnelPosition.choices,
        blank=True,
        help_text=_("Takes its leads at least this far down; nobody goes up again."),
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="+", verbose_name=_("tags"))
    notify = models.ManyToManyField(
        User, blank=True, related_name="+", verbose_name=_("tell these people")
    )
    references = models.JSONField(default=dict, blank=True)

    # when it takes answers, and how many
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    most_answers = models.PositiveIntegerField(
        _("answers it takes at most"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("Answers set aside as spam do not count."),
    )  # fmt: skip
    closed_text = models.TextField(
        _("what visitors read while it is closed"), max_length=1000, blank=True,
        help_text=_("Leave empty for our words."),
    )  # fmt: skip

    # how it looks, where not like the organisation: colour, ground, font, corner
    theme = models.JSONField(default=dict, blank=True)

    # where it may be embedded
    allowed_origins = models.JSONField(default=list, blank=True, validators=[origin_list])

    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = FormQuerySet.as_manager()

    class Sensitivity:
        """S0: what the organisation publishes."""

        S0 = (
            "draft",
            "draft_revision",
            "draft_saved_at",
            "draft_saved_by",
            "public_id",
            "name",
            "status",
            "live",
            "owner",
            "source",
            "campaign",
            "occasion",
            "offer",
            "thanks_title",
            "thanks_text",
            "redirect_url",
            "stage",
            "funnel_position",
            "tags",
            "notify",
            "references",
            "opens_at",
            "closes_at",
            "most_answers",
            "closed_text",
            "theme",
            "allowed_origins",
            "origin",
            "created_at",
            "created_by",
        )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="published") | Q(live__isnull=False),
                name="form_live_when_published",
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True)
                | Q(closes_at__isnull=True)
                | Q(opens_at__lt=F("closes_at")),
                name="form_opens_before_it_closes",
            ),
        ]
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/forms/{self.pk}/"

    @property
    def public_path(self) -> str:
        """Where visitors find it."""
        return f"/f/{self.public_id}/"

    @property
    def live_version(self) -> "FormVersion":
        """What visitors see. FormVersion.DoesNotExist where nothing was published."""
        if self.live is None:
            raise FormVersion.DoesNotExist
        return self.live

    @property
    def is_open(self) -> bool:
        """Whether visitors may see and send it."""
        return self.status == self.Status.PUBLISHED and self.live_id is not None


class FormVersion(DocumentVersion):
    """One published state of a form; a database trigger keeps its content as it was."""

    document = models.ForeignKey(Form, models.CASCADE, related_name="versions")

    class Sensitivity:
        """S0: what the organisation publishes."""

        S0 = ("document", "number", "content", "note", "published_at", "published_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="form_version_once")
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.document_id} v{self.number}"


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Answers, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """All answers for marketers and admins; a manager sees those of leads she may see."""
        scope = scope_of(user, "answer.view")
        if scope is None:
            return self.none()
        if scope == Scope.ALL:
            return self
        return self.filter(lead__in=Lead.objects.visible_to(user))

    def counted(self) -> Self:
        """Real answers: everything that was not set aside as spam or thrown away."""
        return self.exclude(state__in=[Submission.State.QUARANTINED, Submission.State.TRASHED])

    def needing_attention(self) -> Self:
        """Kept, but tried in vain five times: a person must look."""
        return self.filter(state=Submission.State.UNPROCESSED, attempts__gte=Submission.MAX_TRIES)

    def due(self) -> Self:
        """Kept and to be tried again."""
        return self.filter(state=Submission.State.UNPROCESSED, attempts__lt=Submission.MAX_TRIES)


class Submission(models.Model):
    """What one visitor sent, kept before anything else is done with it.

    `raw` is what came over the wire and never changes (a trigger; erasing a person empties it).
    `answers` are its checked values by name, from which the lead is made, now or at a later try.
    """

    MAX_TRIES = 5

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        PROCESSED = "processed", _("Processed")
        UNPROCESSED = "unprocessed", _("Waiting")
        QUARANTINED = "quarantined", _("Set aside as spam")
        TRASHED = "trashed", _("In the trash")

    class Channel(models.TextChoices):
        HOSTED = "hosted", _("Its own page")
        EMBED = "embed", _("Embedded")
        API = "api", _("API")

    form = models.ForeignKey(Form, models.PROTECT, related_name="submissions")
    version = models.ForeignKey(FormVersion, models.PROTECT, related_name="submissions")
    page = models.ForeignKey(
        "LandingPage", models.SET_NULL, null=True, blank=True, related_name="submissions"
    )
    # what an A/B test showed her: the form's variant, and that of the landing page around it
    variant = models.ForeignKey(
        Variant, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    page_variant = models.ForeignKey(
        Variant, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    client_submission_id = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    channel = models.CharField(max_length=6, choices=Channel.choices, default=Channel.HOSTED)

    # what came
    raw = models.JSONField(default=dict)
    headers = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True, blank=True)
    page_url = models.CharField(max_length=500, blank=True)
    utm = models.JSONField(default=dict, blank=True)
    answers = models.JSONField(default=dict)
    consent_given = models.BooleanField(default=False)

    # what became of it
    lead = models.ForeignKey(
        Lead, models.SET_NULL, null=True, blank=True, related_name="submissions"
    )
    lead_created = models.BooleanField(default=False)
    proposed = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Sensitivity:
        """S2: everything a visitor said or her browser told."""

        S2 = ("raw", "headers", "ip", "page_url", "utm", "answers", "proposed", "error")
        S0 = (
            "form",
            "version",
            "page",
            "variant",
            "page_variant",
            "client_submission_id",
            "state",
            "channel",
            "consent_given",
            "lead",
            "lead_created",
            "reason",
            "attempts",
            "origin",
            "received_at",
            "processed_at",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["form", "client_submission_id"], name="submission_once")
        ]
        indexes = [
            # the answers of a form, newest first
            models.Index(fields=["form", "-received_at", "-id"], name="answers_newest"),
            # real answers that were held back (missed opportunities); few rows have a reason
            models.Index(
                fields=["processed_at"],
                condition=Q(state="processed") & ~Q(reason=""),
                name="answers_restored",
            ),
            # the answers of a variant; few rows have one
            models.Index(
                fields=["variant"], condition=Q(variant__isnull=False), name="answers_of_variant"
            ),
            models.Index(
                fields=["page_variant"],
                condition=Q(page_variant__isnull=False),
                name="answers_of_page_variant",
            ),
            # the quarantine, newest first
            models.Index(
                fields=["-received_at", "-id"],
                condition=Q(state="quarantined"),
                name="answers_quarantined",
            ),
            # the sweep and the attention list
            models.Index(
                fields=["received_at"],
                condition=Q(state="unprocessed"),
                name="answers_unprocessed",
            ),
        ]
        ordering = ["-received_at", "-id"]

    def __str__(self) -> str:
        return f"{self.form_id}: {self.client_submission_id}"

    def get_absolute_url(self) -> str:
        return f"/forms/{self.form_id}/answers/{self.pk}/"

    @property
    def needs_attention(self) -> bool:
        """Tried in vain as often as allowed."""
        return self.state == self.State.UNPROCESSED and self.attempts >= self.MAX_TRIES


class FormDay(models.Model):
    """How often a form was seen and begun on one day (UTC); written by visitors' browsers."""

    form = models.ForeignKey(Form, models.CASCADE, related_name="days")
    day = models.DateField()
    views = models.PositiveIntegerField(default=0)
    starts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "day"], name="form_day_once")]

    def __str__(self) -> str:
        return f"{self.form_id} {self.day}: {self.views}"


class Knock(models.Model):
    """How often one address came to a public door in one minute; kept for two minutes, unlogged."""

    sender = models.CharField(max_length=80)
    minute = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Sensitivity:
        """S2: an address of the network."""

        S2 = ("sender",)
        S0 = ("minute", "count")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "minute"], name="knock_once")]

    def __str__(self) -> str:
        return f"{self.sender}: {self.count}"
