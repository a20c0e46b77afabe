"""What a form gives in return: the visitor's own report, files, and the way back to them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from capture.models.forms import Form, Submission
from leadflow.assets.models import File
from leadflow.blocks.models import Document, DocumentVersion
from leadflow.kit.ids import token


class Report(Document):
    """What a visitor gets to read once she gave her address: made of blocks, filled with her answers."""

    block_set = "report"

    form = models.OneToOneField(Form, models.CASCADE, related_name="report")
    live = models.ForeignKey(
        "ReportVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Sensitivity:
        """S0: what the organisation publishes."""

        S0 = (
            "form",
            "live",
            "created_at",
            "draft",
            "draft_revision",
            "draft_saved_at",
            "draft_saved_by",
        )

    def __str__(self) -> str:
        return str(self.form)

    def get_absolute_url(self) -> str:
        return f"/forms/{self.form_id}/report/"


class ReportVersion(DocumentVersion):
    """One published state of a report; a database trigger keeps its content as it was."""

    document = models.ForeignKey(Report, models.CASCADE, related_name="versions")

    class Sensitivity:
        """S0: what the organisation publishes."""

        S0 = ("document", "number", "content", "note", "published_at", "published_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="report_version_once")
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.document_id} v{self.number}"


class Magnet(models.Model):
    """How a form hands over what it promises; a row exists for forms that promise something.

    Its words may use merge fields of mails, and `answer.<name>` for each question.
    """

    form = models.OneToOneField(Form, models.CASCADE, related_name="magnet")
    files = models.ManyToManyField(
        File, blank=True, related_name="magnets", verbose_name=_("files to hand over")
    )
    is_on_page = models.BooleanField(
        _("Show the links on the thank-you page"),
        default=True,
        help_text=_("Without it they come by email only, so the address has to be a real one."),
    )
    days = models.PositiveSmallIntegerField(
        _("links work for (days)"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("After that the page offers a new link by email."),
    )
    sends_mail = models.BooleanField(_("Send a confirmation by email"), default=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(
        _("email"),
        max_length=5000,
        blank=True,
        help_text=_(
            'Use {{ lead.first_name | default: "there" }} and {{ answer.name_in_the_data }}. The '
            "links are added below."
        ),
    )

    class Sensitivity:
        """S0: what the organisation writes to everybody."""

        S0 = ("form", "files", "is_on_page", "days", "sends_mail", "subject", "text")

    def __str__(self) -> str:
        return str(self.form)


class Promise(models.Model):
    """What one visitor was promised when she sent a form: the row behind her links."""

    submission = models.OneToOneField(Submission, models.CASCADE, related_name="promise")
    public_id = models.CharField(max_length=22, unique=True, default=token, editable=False)
    report = models.ForeignKey(
        ReportVersion, models.PROTECT, null=True, blank=True, related_name="promises"
    )
    made_at = models.DateTimeField()
    openings = models.PositiveIntegerField(default=0)
    first_opened_at = models.DateTimeField(null=True, blank=True)
    mails = models.PositiveSmallIntegerField(default=0)

    class Sensitivity:
        """S3: who knows the id holds half of a link."""

        S3 = ("public_id",)
        S0 = ("submission", "report", "made_at", "openings", "first_opened_at", "mails")

    def __str__(self) -> str:
        return f"{self.submission_id}"
