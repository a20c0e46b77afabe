"""What a stage asks of a deal before it may stand there."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.people.models import User
from pipeline.models.deal import Deal
from pipeline.models.pipeline import PipelineStage


class Ask(models.TextChoices):
    """A field of the deal that a stage may ask for."""

    AMOUNT = "amount", _("Amount")
    CLOSE = "expected_close_on", _("Expected close")
    COMPANY = "company", _("Company")
    PERSON = "lead", _("Person")


class StageCheck(models.Model):
    """One line of a stage's checklist. A line that is taken out stays for the deals that ticked it."""

    stage = models.ForeignKey(PipelineStage, models.CASCADE, related_name="checks")
    words = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["stage", "words"], name="stage_check_once")]

    def __str__(self) -> str:
        return self.words


class DealTick(models.Model):
    """That a line of a checklist is done for a deal: who said so, and when."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="ticks")
    check_line = models.ForeignKey(StageCheck, models.CASCADE, related_name="ticks")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["deal", "check_line"], name="deal_ticks_once")
        ]

    def __str__(self) -> str:
        return f"{self.check_line} of deal {self.deal_id}"
