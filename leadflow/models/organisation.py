"""The one organisation of this installation, and the rates at which it counts foreign money."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.kit.remembering import remembered
from leadflow.models.stages import LeadStage
from leadflow.people.access import opens_unowned

currency_code = RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as EUR."))
hex_colour = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("A colour such as #2352d0."))


def standard_days() -> dict[str, int]:
    """How long a lead may stand in each stage before its card is marked."""
    return {"lead": 30, "mql": 7, "sal": 7, "sql": 30}


def standard_hours() -> list[list[str]]:
    """Monday to Friday, nine to five: a list of seven [opens, closes] pairs, empty = closed."""
    return [["09:00", "17:00"]] * 5 + [[], []]


class Organisation(models.Model):
    """Who runs this installation and how it counts; exactly one row, id 1."""

    # who
    name = models.CharField(_("name"), max_length=120, default="My organisation")
    legal_name = models.CharField(_("legal name"), max_length=200, blank=True)
    postal_address = models.TextField(
        _("postal address"), blank=True, help_text=_("Stands in the foot of every marketing mail.")
    )
    logo = models.FileField(_("logo"), upload_to="logo/", blank=True)
    colour = models.CharField(_("colour"), max_length=7, default="#2352d0", validators=[hex_colour])
    accent = models.CharField(
        _("second colour"), max_length=7, blank=True, db_default="", validators=[hex_colour]
    )  # empty: as the first

    # how it reads and counts
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    language = models.CharField(_("language"), max_length=10, default="en")
    date_format = models.CharField(_("date format"), max_length=20, default="j M Y")
    number_format = models.CharField(
        _("number format"), max_length=10, default="1,234.56", db_default="1,234.56"
    )
    base_currency = models.CharField(
        _("base currency"), max_length=3, default="EUR", validators=[currency_code]
    )
    fiscal_year_start = models.PositiveSmallIntegerField(
        _("fiscal year starts in month"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
    )
    week_start = models.PositiveSmallIntegerField(
        _("week starts on"), default=1, help_text=_("1 is Monday, 7 is Sunday.")
    )
    working_hours = models.JSONField(_("working hours"), default=standard_hours)

    # what its words mean (lifecycle definitions per organisation) and its policies
    stage_labels = models.JSONField(_("names of the stages"), default=dict, blank=True)
    definitions = models.JSONField(_("definitions of the stages"), default=dict, blank=True)
    # beyond so many days a lead stands too long in its stage; a stage that is missing is not watched
    stage_days = models.JSONField(_("days in the stages"), default=standard_days, blank=True)
    hide_sal = models.BooleanField(_("work without the stage Accepted"), default=False)
    count_subscribers = models.BooleanField(_("count subscribers as leads"), default=False)
    # what makes a customer besides a won deal: "", "stage:sql", "outcome" or "event" with the word for it
    customer_event = models.CharField(_("becomes a customer when"), max_length=20, blank=True)
    customer_word = models.CharField(_("outcome or event"), max_length=60, blank=True)
    renewal_days = models.PositiveSmallIntegerField(
        _("days before a renewal to remind of it"), default=60
    )
    auto_accept = models.BooleanField(_("accept hand-overs by itself"), default=False)
    reps_see_unassigned = models.BooleanField(_("reps see leads without an owner"), default=False)
    # field -> what another value from outside does, where it is not kept and proposed (leads.taking)
    taking = models.JSONField(_("values from outside"), default=dict, blank=True)
    # keys of the adapters that are not asked (leadflow.services.lookups)
    lookups_off = models.JSONField(_("look-ups switched off"), default=list, blank=True)
    mask_contacts = models.BooleanField(_("hide contact fields from marketers"), default=False)
    retention_months = models.PositiveSmallIntegerField(
        _("months to keep idle leads"), null=True, blank=True
    )
    # Set once somebody has looked at the dry run of these months; until then nothing is erased.
    retention_confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)

    # how it sells
    tax_rate = models.DecimalField(
        _("usual tax, per cent"),
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Stands on the lines of a new quote."),
    )
    free_discount = models.DecimalField(
        _("discount without approval, per cent"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_(
            "A quote further below its list prices waits for a manager. Empty means no limit."
        ),
    )
    approves_own = models.BooleanField(
        _("who may approve may approve their own requests"),
        default=False,
        help_text=_("Off: somebody else decides. Turn it on where one person sells alone."),
    )
    quote_days = models.PositiveSmallIntegerField(
        _("days for which a quote holds"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )
    quote_terms = models.TextField(
        _("usual terms"),
        blank=True,
        max_length=10_000,
        help_text=_("Stands in every new quote: payment, delivery, law."),
    )

    commission_closed_on = models.DateField(
        _("commission is settled through"),
        null=True,
        blank=True,
        help_text=_(
            "Deals won up to this day keep owner, amount, shares and outcome. Empty closes nothing."
        ),
    )

    track_opens = models.BooleanField(
        _("count opens"),
        default=True,
        help_text=_("A picture in each marketing mail tells of opens: a hint at best."),
    )

    # what the first run has got done
    checklist = models.JSONField(default=dict, blank=True)
    has_demo = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_organisation")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    @remembered
    def current(cls) -> "Organisation":
        """The row; made with its defaults where it is missing."""
        found, _created = cls.objects.get_or_create(pk=1)
        return found

    @property
    def mark(self) -> str:
        """The colour of what is no button: bars, stars, edges."""
        return self.accent or self.colour

    def stage_label(self, stage: Any) -> str:
        """What this organisation calls a stage."""
        return str(self.stage_labels.get(stage) or LeadStage(stage).label)


@opens_unowned
def reps_see_unassigned() -> bool:
    """Whether reps see and edit leads that nobody owns."""
    return Organisation.current().reps_see_unassigned


class ExchangeRate(models.Model):
    """What one unit of `currency` was worth in the base currency from `on` until the next row."""

    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    on = models.DateField(_("from"))
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "on"], name="one_rate_a_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_is_positive"),
        ]
        ordering = ["currency", "-on"]

    def __str__(self) -> str:
        return f"1 {self.currency} = {self.rate} on {self.on}"
