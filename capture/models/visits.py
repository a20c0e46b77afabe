"""Who came and what they did before they sent anything, and what the organisation decided about that."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from capture.models.forms import Form, origin_list, web_address
from capture.models.pages import LandingPage
from leadflow.experiments.models import Variant
from leadflow.models import Lead, Origin


def domain_list(value: object) -> None:
    """A list of at most 500 mail domains."""
    if not isinstance(value, list) or len(value) > 500:
        raise ValidationError(_("Give at most 500 domains."))


class VisitorPolicy(models.Model):
    """What the organisation decided about visitors: whether they are followed, and who is suspect.

    Exactly one row, id 1.
    """

    class Mode(models.TextChoices):
        OFF = "off", _("Off: nothing is recorded")
        ANONYMOUS = "day", _("Anonymous: counted for a day, nobody is recognised")
        IDENTIFIED = "id", _("Identified: recognised after agreeing")

    class Proof(models.TextChoices):
        NONE = "", _("None")
        WORK = "work", _("A second of computing, in the visitor's browser")

    # following visitors
    mode = models.CharField(_("tracking"), max_length=3, choices=Mode.choices, default=Mode.OFF)
    sites = models.JSONField(_("sites"), default=list, blank=True, validators=[origin_list])
    banner_text = models.CharField(
        _("question to visitors"),
        max_length=400,
        blank=True,
        default="May we remember your visits, so that we answer you better?",
    )
    privacy_url = models.CharField(
        _("privacy page"), max_length=500, blank=True, validators=[web_address]
    )
    keep_days = models.PositiveSmallIntegerField(
        _("forget visits after"),
        default=400,
        validators=[MinValueValidator(1), MaxValueValidator(1_100)],
        help_text=_("Days. What became of a lead stays with the lead."),
    )

    # who is suspect
    holds_crawlers = models.BooleanField(_("Posts of known crawlers"), default=True)
    holds_disposable = models.BooleanField(_("Throw-away mailboxes"), default=True)
    proof = models.CharField(
        _("proof that a browser sends"),
        max_length=8,
        blank=True,
        choices=Proof.choices,
        default=Proof.NONE,
    )
    blocked_domains = models.JSONField(
        _("domains of addresses"), default=list, blank=True, validators=[domain_list]
    )
    quarantine_days = models.PositiveSmallIntegerField(
        _("delete what nobody restored after"),
        default=90,
        validators=[MinValueValidator(7), MaxValueValidator(1_100)],
        help_text=_("Days in the quarantine."),
    )

    def __str__(self) -> str:
        return self.get_mode_display()

    @classmethod
    def current(cls) -> "VisitorPolicy":
        """The row; the defaults where nobody decided anything yet.

        Every beacon asks for it: plain SQL spares the query that Django would put together anew.
        """
        found = cls.objects.raw("SELECT * FROM capture_visitorpolicy WHERE id = 1")
        return next(iter(found), None) or cls(pk=1)


class DaySalt(models.Model):
    """The secret of one day by which anonymous visitors are told apart; gone when the day is over.

    Without it nobody can tell, later, whether a hash was somebody's address.
    """

    day = models.DateField(unique=True)
    salt = models.BinaryField()

    class Sensitivity:
        """S3: whoever has it can try addresses."""

        S3 = ("salt",)
        S0 = ("day",)

    def __str__(self) -> str:
        return str(self.day)


class Visitor(models.Model):
    """A browser that came: known again by its own random id where it agreed, else for one day only.

    `lead` is who sent a form from it first; a second person on the same browser makes it shared, and
    from then on a visit belongs to whoever sends a form in it.
    """

    key = models.CharField(max_length=48, unique=True)
    is_anonymous = models.BooleanField(default=False)
    lead = models.ForeignKey(Lead, models.SET_NULL, null=True, blank=True, related_name="visitors")
    is_shared = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Sensitivity:
        """S2: the id by which a browser is known again."""

        S2 = ("key",)
        S0 = ("is_anonymous", "lead", "is_shared", "first_seen_at", "last_seen_at")

    class Meta:
        indexes = [models.Index(fields=["last_seen_at"], name="visitor_age")]

    def __str__(self) -> str:
        return f"{self.pk}"


class Visit(models.Model):
    """One coming of a visitor, with the touch that brought her; over after half an hour of silence."""

    visitor = models.ForeignKey(Visitor, models.CASCADE, related_name="visits")
    key = models.CharField(max_length=32)
    lead = models.ForeignKey(Lead, models.SET_NULL, null=True, blank=True, related_name="visits")
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    # the touch
    site = models.CharField(max_length=255, blank=True)
    landing = models.CharField(max_length=500, blank=True)
    referrer = models.CharField(max_length=500, blank=True)
    utm = models.JSONField(default=dict, blank=True)
    source = models.CharField(max_length=80, blank=True)

    device = models.CharField(max_length=8, blank=True)
    network = models.GenericIPAddressField(null=True, blank=True)  # cut short: /24 or /48
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S2: where a person had been."""

        S2 = ("key", "landing", "referrer", "utm", "network")
        S0 = ("visitor", "lead", "started_at", "last_seen_at", "site", "source", "device", "origin")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["visitor", "key"], name="visit_once"),
        ]
        indexes = [
            # the visits of a lead, newest first
            models.Index(
                fields=["lead", "-started_at"],
                condition=Q(lead__isnull=False),
                name="visits_of_lead",
            ),
            models.Index(fields=["last_seen_at"], name="visit_age"),
        ]
        ordering = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"{self.visitor_id}: {self.landing}"


class Behaviour(models.Model):
    """One thing done in a visit: a page seen, a form begun, a file taken. Append-only.

    What the visit's lead does goes to `Engagement` as well, where scores and rules read it.
    """

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="acts")
    act_id = models.CharField(max_length=32)
    kind = models.CharField(max_length=40)
    label = models.CharField(max_length=200, blank=True)
    topic = models.CharField(max_length=80, blank=True)
    page = models.CharField(max_length=500, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    data = models.JSONField(default=dict, blank=True)
    occurred_at = models.DateTimeField()

    class Sensitivity:
        """S2: what a person looked at, S1: its worth."""

        S2 = ("label", "topic", "page", "data")
        S1 = ("value",)
        S0 = ("visit", "act_id", "kind", "seconds", "occurred_at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "act_id"], name="behaviour_once")]
        indexes = [
            # who saw a page before it came into the library of content
            models.Index(
                fields=["page"],
                condition=Q(kind="page.viewed") & ~Q(page=""),
                name="behaviour_by_page",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.label}".strip()


class Opening(models.Model):
    """What an opening of a form and of a landing page have in common. Nobody is named.

    `person` tells the people of an A/B test apart, where one runs: a hash that nobody reads back, and
    that for who did not agree to be known is another one tomorrow.
    """

    key = models.CharField(max_length=64)
    variant = models.ForeignKey(
        Variant, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    person = models.CharField(max_length=24, blank=True)
    seen_at = models.DateTimeField()
    source = models.CharField(max_length=80, blank=True)
    device = models.CharField(max_length=8, blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Meta:
        abstract = True


class FormView(Opening):
    """One opening of a form's page; the numbers of a form are counted from these.

    `key` is the random id that the page carries anyway and sends with the answers, so an opening meets
    its submission without a cookie. Nothing about the person stands here.
    """

    form = models.ForeignKey(Form, models.CASCADE, related_name="openings")
    version = models.PositiveIntegerField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    touched = models.JSONField(default=list, blank=True)  # names of the questions answered
    last = models.CharField(max_length=200, blank=True)  # the question answered last

    class Sensitivity:
        """S0: nobody is named; `key` leads to a submission where one was sent."""

        S2 = ("key", "person")
        S0 = (
            "form", "version", "variant", "seen_at", "started_at", "touched", "last", "source",
            "device", "origin",
        )  # fmt: skip

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "key"], name="form_view_once")]
        indexes = [
            # the numbers of a form in a window
            models.Index(fields=["form", "seen_at"], name="form_views_in_time"),
            # forms begun in a window, of every form (missed opportunities)
            models.Index(
                fields=["started_at"],
                condition=Q(started_at__isnull=False),
                name="form_views_begun",
            ),
            # the figures of an A/B test
            models.Index(
                fields=["variant"], condition=Q(variant__isnull=False), name="form_views_of_variant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form_id}: {self.key}"


class PageView(Opening):
    """One opening of a landing page; the numbers of a page are counted from these.

    `key` is the random id of the form on it, which sends it with the answers, else one of its own.
    """

    page = models.ForeignKey(LandingPage, models.CASCADE, related_name="openings")
    clicked_at = models.DateTimeField(null=True, blank=True)  # a button of the page, the first time

    class Sensitivity:
        """S0: nobody is named; `key` leads to a submission where one was sent."""

        S2 = ("key", "person")
        S0 = ("page", "variant", "seen_at", "clicked_at", "source", "device", "origin")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "key"], name="page_view_once")]
        indexes = [
            # the numbers of a page in a window
            models.Index(fields=["page", "seen_at"], name="page_views_in_time"),
            # the figures of an A/B test
            models.Index(
                fields=["variant"], condition=Q(variant__isnull=False), name="page_views_of_variant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page_id}: {self.key}"
