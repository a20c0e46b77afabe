"""What happens when somebody outside says otherwise: each field is kept, taken when newer, or never taken.

Outside are forms, mail, hooks, the API and providers. A colleague's hand and the choices of an import are not.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.history import changes


class Rule(models.TextChoices):
    """What to do with another value of one field."""

    KEEP = "keep", _("Keep ours, propose theirs")
    NEWEST = "newest", _("The newest wins")
    NEVER = "never", _("Never from outside")


# Whatever is chosen: who she is, where she came from, whose she is and where she stands is not theirs to say.
OF_LEAD = (
    "first_name", "last_name", "job_title", "seniority", "department", "city", "region", "country",
    "birth_year", "language", "time_zone", "preferred_channel", "preferred_time",
)  # fmt: skip
OF_COMPANY = ("name", "industry", "size", "revenue", "country", "city", "founded")

Taking = Mapping[
    str, str
]  # "lead.city", "lead.custom.roof", "company.size" -> a rule; KEEP is left out


def rule(taking: Taking, subject: str, key: str) -> str:
    """The rule of a field; one that cannot be chosen is kept."""
    fields = OF_LEAD if subject == "lead" else OF_COMPANY
    if key not in fields and not (subject == "lead" and key.startswith("custom.")):
        return Rule.KEEP
    return taking.get(f"{subject}.{key}", Rule.KEEP)


def never(taking: Taking, subject: str, keys: Iterable[str]) -> set[str]:
    """The fields that nobody outside may write."""
    return {key for key in keys if rule(taking, subject, key) == Rule.NEVER} if taking else set()


def newest(
    taking: Taking, row: models.Model, differing: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """Of values that differ from ours, those that are taken: the newest wins, and ours is older.

    An answer that waited in quarantine does not undo what a colleague wrote meanwhile.
    """
    subject = str(row._meta.model_name)
    asked = {k: v for k, v in differing.items() if rule(taking, subject, k) == Rule.NEWEST}
    later = changes.changed_since(row, asked, at) if asked else set()
    return {key: value for key, value in asked.items() if key not in later}
