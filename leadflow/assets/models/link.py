"""Tracked short links: an address of ours that leads to a stored target and counts who followed it."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.assets.models.content import ContentItem
from leadflow.kit.ids import code
from leadflow.models import Campaign, Lead, Origin


def link_code() -> str:
    """Seven signs: short enough to print, too many to meet another by chance."""
    return code(7)


class ShortLink(models.Model):
    """A short link that a marketer made for a post, an advert or a poster.

    The words of `utm_…` are added to the target, so that whoever comes by it is counted under them.
    """

    code = models.CharField(max_length=12, unique=True, default=link_code, editable=False)
    name = models.CharField(
        _("name"), max_length=120, help_text=_("Where it will stand: “Poster at the fair”.")
    )
    url = models.CharField(_("leads to"), max_length=500)
    utm_source = models.CharField(
        _("source"),
        max_length=80,
        blank=True,
        help_text=_("Who sends the visitor: newsletter, linkedin, fair."),
    )
    utm_medium = models.CharField(
        _("medium"), max_length=80, blank=True, help_text=_("How: email, social, cpc, print.")
    )
    utm_campaign = models.CharField(_("campaign in the link"), max_length=80, blank=True)
    utm_term = models.CharField(_("search word"), max_length=80, blank=True)
    utm_content = models.CharField(
        _("version"),
        max_length=80,
        blank=True,
        help_text=_("To tell two links of one campaign apart."),
    )
    campaign = models.ForeignKey(
        Campaign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="links",
        verbose_name=_("campaign"),
    )
    content = models.ForeignKey(
        ContentItem,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="links",
        verbose_name=_("content"),
    )
    # made by sales for one person or deal: not listed, it ends, and opening it is told
    is_personal = models.BooleanField(default=False, editable=False)
    lead = models.ForeignKey(
        Lead, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_archived = models.BooleanField(default=False)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")  # fmt: skip

    class Sensitivity:
        """S1: where links lead and what they are for."""

        S1 = ("name", "url")
        S0 = (
            "code", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "campaign",
            "content", "is_personal", "lead", "expires_at", "is_archived", "origin", "created_at",
            "created_by",
        )  # fmt: skip

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """The short address."""
        return f"/l/{self.code}/"

    @property
    def target(self) -> str:
        """Where it leads: the address with the words of the campaign; what the address says itself stays."""
        parts = urlsplit(self.url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        names = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
        own = {name: getattr(self, name) for name in names if getattr(self, name)}
        return urlunsplit(parts._replace(query=urlencode(own | query)))


class LinkDay(models.Model):
    """How often a short link was followed on one day (UTC), by humans and by machines."""

    link = models.ForeignKey(ShortLink, models.CASCADE, related_name="days")
    day = models.DateField()
    humans = models.PositiveIntegerField(default=0)
    machines = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "day"], name="link_day_once")]

    def __str__(self) -> str:
        return f"{self.link_id} {self.day}: {self.humans}"
