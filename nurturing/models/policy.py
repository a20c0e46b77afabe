"""How much marketing mail anybody gets, when, and who gets none: one row for the whole installation."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.people.models import User
from leadflow.segments.models import Segment

WORKDAYS = [0, 1, 2, 3, 4]


def workdays() -> list[int]:
    """Monday to Friday."""
    return list(WORKDAYS)


class MailPolicy(models.Model):
    """What holds for every sequence and broadcast; exactly one row, id 1."""

    # at most so many marketing mails for one person, over all sequences and broadcasts
    per_day = models.PositiveSmallIntegerField(
        _("mails in 24 hours"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text=_(
            "At most so many marketing mails for one person, over everything that is sent."
        ),
    )
    per_week = models.PositiveSmallIntegerField(
        _("mails in seven days"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
    )
    fresh_days = models.PositiveSmallIntegerField(
        _("days that a mail stays fresh"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=_("A mail of a sequence that would come later than this is left out instead."),
    )

    # what needs a yes
    free_send = models.PositiveIntegerField(
        _("people who may be written to without approval"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "A broadcast, or a sequence that lets people in who match already, to more than so many"
            " waits for a yes; so do those who are more than so many to enter one sequence within 24"
            " hours by a form, a segment, an automation or by hand. Empty means no limit."
        ),
    )
    approver = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who approves"),
        help_text=_("Empty: any manager or admin. An admin may always."),
    )

    # what the sending hours of a new sequence begin as
    days = models.JSONField(_("days"), default=workdays)
    opens = models.CharField(_("from"), max_length=5, default="08:00")
    closes = models.CharField(_("to"), max_length=5, default="18:00")

    # who gets none
    never = models.ManyToManyField(
        Segment, blank=True, related_name="+", verbose_name=_("segments that get no marketing mail")
    )
    competitors = models.TextField(
        _("domains of competitors"),
        blank=True,
        max_length=5_000,
        help_text=_("One a line, such as rival.example. Whoever writes from there gets none."),
    )

    class Sensitivity:
        """S1: how the business writes to people."""

        S1 = ("competitors",)
        S0 = (
            "per_day",
            "per_week",
            "fresh_days",
            "days",
            "opens",
            "closes",
            "free_send",
            "approver",
        )

    def __str__(self) -> str:
        return str(_("Marketing mail"))

    @classmethod
    def current(cls) -> "MailPolicy":
        """The row; with its defaults, and not kept, where nobody changed anything yet."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def competitor_domains(self) -> frozenset[str]:
        """As addresses are compared with them."""
        lines: list[str] = self.competitors.lower().split()
        return frozenset(line.strip().removeprefix("@").removeprefix("www.") for line in lines)

    @property
    def window(self) -> dict[str, Any]:
        """The sending hours as a document of a sequence holds them."""
        return {"days": list(self.days), "opens": self.opens, "closes": self.closes}
