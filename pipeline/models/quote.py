"""Quotes: what we offer in writing, version by version, and what the customer said to it."""

import hashlib
import json
from decimal import Decimal
from functools import cached_property
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.kit import money
from leadflow.models import Origin
from leadflow.models.organisation import currency_code
from leadflow.people.access import within
from leadflow.people.models import User
from pipeline import rules
from pipeline.models.deal import Deal


class QuoteQuerySet(models.QuerySet["Quote"]):
    """Quotes, asked in the words of the business."""

    def visible_to(self, user: User, permission: str = "deal.view") -> Self:
        """Those of living deals that she reaches. Every list starts here."""
        mine = within(user, permission, owner="deal__owner", team="deal__team")
        return self.filter(mine, deal__deleted_at=None)


class Quote(models.Model):
    """A written offer on a deal, made by its owner; what stands in it is a version."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="quotes")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    objects = QuoteQuerySet.as_manager()

    class Sensitivity:
        """S0: that there is one; its contents stand in the versions."""

        S0 = ("deal", "year", "number", "created_at", "created_by", "origin")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["year", "number"], name="quote_number_once")]

    def __str__(self) -> str:
        return f"{self.year}-{self.number:04d}"

    def get_absolute_url(self) -> str:
        return f"/quotes/{self.pk}/"


class QuoteCounter(models.Model):
    """The last number given to a quote in a year; its row is locked while the next one is taken."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class QuoteVersion(models.Model):
    """A quote as it was written once. From the moment it is sent its contents never change: the
    database refuses it (migration 0009), and a change is the next version."""

    class State(models.TextChoices):
        """Where a version stands; `expired` is a sent one after its last day."""

        DRAFT = "draft", _("Draft")
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        REPLACED = "replaced", _("Replaced")

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    public_id = models.CharField(max_length=32, unique=True)

    # what stands in it
    recipient = models.CharField(_("for"), max_length=300, blank=True)
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    valid_until = models.DateField(_("valid until"))
    words = models.TextField(_("words"), blank=True, max_length=5_000)
    terms = models.TextField(_("terms"), blank=True, max_length=10_000)
    lines = models.JSONField(default=list)  # QuoteLine as texts: a decimal stays what was typed

    # its way to the customer
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    sent_to = models.EmailField(max_length=254, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)

    class Sensitivity:
        """S3 opens the page, S2 may name a person, S1 commercial."""

        S3 = ("public_id",)
        S2 = ("recipient", "words", "sent_to")
        S1 = ("currency", "valid_until", "terms", "lines")
        S0 = (
            "quote",
            "number",
            "state",
            "created_at",
            "created_by",
            "sent_at",
            "sent_by",
            "content_hash",
        )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["quote", "number"], name="quote_version_once"),
            # one version at a time lies with the customer, or was accepted
            models.UniqueConstraint(
                fields=["quote"],
                condition=Q(state__in=["sent", "accepted"]),
                name="quote_one_version_out",
            ),
        ]
        indexes = [
            # the tick that looks for what has run out
            models.Index(fields=["valid_until"], condition=Q(state="sent"), name="quote_runs_out")
        ]

    def __str__(self) -> str:
        return f"{self.quote} v{self.number}"

    @cached_property
    def quote_lines(self) -> list[rules.QuoteLine]:
        """The lines as the rules count them."""
        return [_line(row) for row in self.lines]

    @cached_property
    def totals(self) -> rules.Totals:
        """What it comes to, in the smallest unit of its currency."""
        return rules.priced(self.quote_lines, money.exponent(self.currency))

    @property
    def discount(self) -> Decimal:
        """By how many per cent it stays under the list prices."""
        return rules.discount_of(self.quote_lines)

    def fingerprint(self) -> str:
        """SHA-256 over all that the customer reads: the proof names what was accepted."""
        told = {
            "quote": str(self.quote), "version": self.number, "recipient": self.recipient,
            "currency": self.currency, "valid_until": self.valid_until.isoformat(),
            "words": self.words, "terms": self.terms, "lines": self.lines,
        }  # fmt: skip
        text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _line(row: dict[str, Any]) -> rules.QuoteLine:
    known = row.get("list_price")
    return rules.QuoteLine(
        text=row["text"],
        quantity=Decimal(row["quantity"]),
        price=Decimal(row["price"]),
        discount=Decimal(row["discount"]),
        tax=Decimal(row["tax"]),
        list_price=Decimal(known) if known else None,
        billing=row.get("billing", "once"),
        term=row.get("term_months", 0),
    )


class QuoteAnswer(models.Model):
    """The customer's word on a version, with its proof: made once by her own post, never changed."""

    version = models.OneToOneField(QuoteVersion, models.CASCADE, related_name="answer")
    is_accepted = models.BooleanField()
    name = models.CharField(_("name"), max_length=200, blank=True)
    reason = models.TextField(_("reason"), blank=True, max_length=2_000)
    at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    content_hash = models.CharField(max_length=64)

    class Sensitivity:
        """S2: who said it, and from where."""

        S2 = ("name", "reason", "ip", "user_agent")
        S0 = ("version", "is_accepted", "at", "content_hash")

    def __str__(self) -> str:
        return f"{self.version}: {'accepted' if self.is_accepted else 'declined'}"
