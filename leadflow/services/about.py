"""Naming a record of a stage to another package's page so that nobody can make one up.

The package that owns the record seals its name; the page that links work to it opens the seal and need
not know whose it is, nor ask again who may see it.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing

_SALT = "activity.about"
_GOOD_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class About:
    """A record by its name ("deal:12"), and the page to go back to."""

    ref: str = ""
    back: str = ""


def seal(ref: str, *, back: str, lead_id: int) -> str:
    """For a link about this record and this person, made for somebody who may see both."""
    return signing.dumps({"ref": ref, "back": back, "lead": lead_id}, salt=_SALT)


def opened(token: str, *, lead_id: int) -> About:
    """What was sealed for this person; nothing for a seal that is not ours, old, or another's."""
    try:
        told = signing.loads(token, salt=_SALT, max_age=_GOOD_FOR) if token else {}
    except signing.BadSignature:
        return About()
    return About(told["ref"], told["back"]) if told.get("lead") == lead_id else About()
