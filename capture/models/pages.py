"""Landing pages, their published versions, the addresses they had, and how often they were seen."""

from datetime import datetime
from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leadflow.blocks.models import Document, DocumentVersion
from leadflow.kit.ids import code
from leadflow.models import Campaign, Origin, Source
from leadflow.people.access import allowed
from leadflow.people.models import User

page_slug = RegexValidator(
    r"^[a-z0-9]+(-[a-z0-9]+)*$",
    _("Use small letters, digits and single hyphens, such as spring-roofs."),
)


class LandingPageQuerySet(models.QuerySet["LandingPage"]):
    """Pages, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """Everybody who may see forms sees all pages."""
        return self if allowed(user, "form.view") else self.none()

    def published(self) -> Self:
        """Live, whether or not their window is open."""
        return self.filter(status=LandingPage.Status.PUBLISHED, live__isnull=False)

    def listed(self, at: datetime) -> Self:
        """Live and open: what a site map may name. Whether one is hidden from search is its own word."""
        begun = Q(opens_at=None) | Q(opens_at__lte=at)
        return self.published().filter(begun, Q(closes_at=None) | Q(closes_at__gt=at))


class LandingPage(Document):
    """A page that visitors land on, made of blocks by a marketer.

    What visitors see, with its words for search engines, stands in its versions; address, window,
    source and campaign stand here and take effect at once.
    """

    block_set = "page"

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Live")
        ARCHIVED = "archived", _("Archived")

    public_id = models.CharField(max_length=16, unique=True, default=code, editable=False)
    name = models.CharField(_("name"), max_length=120)
    slug = models.CharField(
        _("address"), max_length=80, unique=True, validators=[page_slug],
        help_text=_("The end of the page's link. The old link keeps leading here for ever."),
    )  # fmt: skip
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    live = models.ForeignKey(
        "LandingPageVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    # where its leads are counted
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("source"), help_text=_("Used when the visitor's link names none."),
    )  # fmt: skip
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="pages",
        verbose_name=_("campaign"),
    )  # fmt: skip

    # when visitors may see it
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)

    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = LandingPageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="published") | Q(live__isnull=False),
                name="page_live_when_published",
            ),
            models.CheckConstraint(
                condition=Q(closes_at=None) | Q(opens_at=None) | Q(closes_at__gt=F("opens_at")),
                name="page_closes_after_opening",
            ),
        ]
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/pages/{self.pk}/"

    @property
    def public_path(self) -> str:
        """Where visitors find it."""
        return f"/p/{self.slug}/"

    @property
    def is_live(self) -> bool:
        """Whether there is anything to see, its window aside."""
        return self.status == self.Status.PUBLISHED and self.live_id is not None

    def is_open_at(self, at: datetime) -> bool:
        """Whether visitors may see it at that moment."""
        begun = self.opens_at is None or self.opens_at <= at
        return self.is_live and begun and (self.closes_at is None or at < self.closes_at)


class LandingPageVersion(DocumentVersion):
    """One published state of a page; a database trigger keeps its content as it was."""

    document = models.ForeignKey(LandingPage, models.CASCADE, related_name="versions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="page_version_once")
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.document_id} v{self.number}"


class FormerAddress(models.Model):
    """An address that a page once had. It leads to the page for ever and is given to no other."""

    slug = models.CharField(max_length=80, unique=True)
    page = models.ForeignKey(LandingPage, models.CASCADE, related_name="former_addresses")
    left_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.slug


class PageDay(models.Model):
    """How often a page was seen on one day (UTC); written by visitors' browsers."""

    page = models.ForeignKey(LandingPage, models.CASCADE, related_name="days")
    day = models.DateField()
    views = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "day"], name="page_day_once")]

    def __str__(self) -> str:
        return f"{self.page_id} {self.day}: {self.views}"
