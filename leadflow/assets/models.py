"""The content that marketing and sales work with: what it is about, and for whom.

Files, gated links and tracked short links join this package with lead magnets; a content item already
stands for anything that has an address.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.models import BuyerStage, FunnelPosition


class ContentItem(models.Model):
    """An article, guide, video or case study: its address, topic, and place in the journey."""

    class Kind(models.TextChoices):
        ARTICLE = "article", _("Article")
        GUIDE = "guide", _("Guide")
        EBOOK = "ebook", _("E-book")
        WHITEPAPER = "whitepaper", _("White paper")
        REPORT = "report", _("Report")
        TEMPLATE = "template", _("Template")
        VIDEO = "video", _("Video")
        INFOGRAPHIC = "infographic", _("Infographic")
        WEBINAR = "webinar", _("Webinar")
        CASE_STUDY = "case_study", _("Case study")

    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.ARTICLE)
    url = models.URLField(_("address"), max_length=500, blank=True)
    topic = models.CharField(
        _("topic"), max_length=80, blank=True, help_text=_("Score rules can give points by topic.")
    )
    buyer_stage = models.CharField(
        _("buyer stage"), max_length=15, choices=BuyerStage.choices, blank=True
    )
    funnel_position = models.CharField(
        _("funnel position"), max_length=5, choices=FunnelPosition.choices, blank=True
    )
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title
