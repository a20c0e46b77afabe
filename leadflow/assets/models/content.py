"""The content that marketing and sales work with: what it is about, for whom, and who saw it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import BuyerStage, Campaign, FunnelPosition, Lead, Origin, Seniority


class ContentItem(models.Model):
    """A blog post, guide, video or case study: its address, topic, and place in the journey.

    `place` is the address without what does not matter (`kit.touches.place`); pages that visitors see
    are found by it.
    """

    class Kind(models.TextChoices):
        BLOG_POST = "blog_post", _("Blog post")
        ARTICLE = "article", _("Article")
        GUIDE = "guide", _("Guide")
        EBOOK = "ebook", _("E-book")
        WHITEPAPER = "whitepaper", _("White paper")
        REPORT = "report", _("Report")
        TEMPLATE = "template", _("Template")
        VIDEO = "video", _("Video")
        PODCAST = "podcast", _("Podcast")
        INFOGRAPHIC = "infographic", _("Infographic")
        WEBINAR = "webinar", _("Webinar")
        CASE_STUDY = "case_study", _("Case study")
        DECK = "deck", _("Deck")
        ONE_PAGER = "one_pager", _("One-pager")
        TRAINING = "training", _("Training")
        BATTLE_CARD = "battle_card", _("Battle card")

    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(_("type"), max_length=12, choices=Kind.choices, default=Kind.ARTICLE)
    url = models.URLField(
        _("address"),
        max_length=500,
        blank=True,
        help_text=_("Where it can be read. Visits are found by it, whatever stands after the ?."),
    )
    place = models.CharField(max_length=500, blank=True, editable=False)
    topic = models.CharField(
        _("topic"),
        max_length=80,
        blank=True,
        help_text=_("What it is about: rules and scores ask for it."),
    )
    buyer_stage = models.CharField(
        _("buyer stage"), max_length=15, choices=BuyerStage.choices, blank=True
    )
    funnel_position = models.CharField(
        _("funnel position"),
        max_length=5,
        choices=FunnelPosition.choices,
        blank=True,
        help_text=_("Who sees it is taken as far down the funnel; nobody goes up."),
    )
    personas = models.JSONField(
        _("for whom"), default=list, blank=True, help_text=_("None means everybody.")
    )
    use_when = models.CharField(
        _("when to use it"), max_length=300, blank=True, help_text=_("A word to sales.")
    )
    campaign = models.ForeignKey(
        Campaign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="content",
        verbose_name=_("campaign"),
    )
    is_archived = models.BooleanField(default=False)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place"],
                condition=~Q(place=""),
                name="content_place_once",
                violation_error_message=_("This address is in the library already."),
            )
        ]
        indexes = [
            models.Index(fields=["title", "id"], name="content_by_title"),
            models.Index(fields=["-created_at", "-id"], name="content_newest"),
        ]
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/content/{self.pk}/"

    @property
    def is_internal(self) -> bool:
        """For our own people: never given to a customer."""
        return self.kind in INTERNAL

    @property
    def persona_words(self) -> str:
        """For whom it is, in words; empty for everybody."""
        names = dict(Seniority.choices)
        return ", ".join(str(names[one]) for one in self.personas if one in names)


INTERNAL = (ContentItem.Kind.TRAINING, ContentItem.Kind.BATTLE_CARD)


class Reading(models.Model):
    """Somebody saw a content item: once for each visit, form, download or mail it was seen by.

    `key` names that (`visit:12`), since visits and answers belong to capture. `lead` is who it was, once
    anybody knows. The row stays when the visit is forgotten.
    """

    class How(models.TextChoices):
        VISIT = "visit", _("Visit")
        FORM = "form", _("Form on the page")
        FILE = "file", _("Download")
        MAIL = "mail", _("Link in a mail")
        LINK = "link", _("Link from sales")

    item = models.ForeignKey(ContentItem, models.CASCADE, related_name="readings", db_index=False)
    key = models.CharField(max_length=60)
    how = models.CharField(max_length=5, choices=How.choices)
    is_landing = models.BooleanField(default=False)  # the visit began here
    lead = models.ForeignKey(Lead, models.SET_NULL, null=True, blank=True, related_name="readings")
    source = models.CharField(max_length=80, blank=True)
    seen_at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S0: that somebody saw a public page; the person is behind the key."""

        S0 = ("item", "key", "how", "is_landing", "lead", "source", "seen_at", "origin")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "item"], name="reading_once")]
        indexes = [
            # those of an item in a window, newest first
            models.Index(fields=["item", "-seen_at", "-id"], name="readings_of_item"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} by {self.key}"
