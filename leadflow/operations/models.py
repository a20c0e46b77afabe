"""What running processes leave in the database about themselves."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    """Heartbeats, asked in words."""

    def beat(self, name: str) -> None:
        """Note that `name` is alive, by the database's own clock."""
        self.update_or_create(name=name, defaults={"seen_at": Now()})

    def since(self, at: datetime) -> Self:
        """Those seen after `at`."""
        return self.filter(seen_at__gt=at)


class Heartbeat(models.Model):
    """A worker that took up a tick: made by the tick itself, so beat, broker and worker all live."""

    name = models.CharField(max_length=120, unique=True)
    seen_at = models.DateTimeField()

    objects = HeartbeatQuerySet.as_manager()

    class Sensitivity:
        """S0: names of machines."""

        S0 = ("name", "seen_at")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
