"""What a step did that leaves no name of its own behind."""

from django.db import models

from leadflow.models import Activity


class TodoMade(models.Model):
    """The to-do or call that a step planned; `key` names the step's occurrence, so that it plans once.

    A step that waits for it to be done finds it here.
    """

    key = models.CharField(max_length=120, unique=True)
    activity = models.OneToOneField(Activity, models.CASCADE, related_name="+")

    class Sensitivity:
        """S0: that a step planned it."""

        S0 = ("key", "activity")

    def __str__(self) -> str:
        return self.key
