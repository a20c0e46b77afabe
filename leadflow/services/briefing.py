"""What was learned of a person before there is a deal: told by the package that asked her.

The package that opens deals reads it here and knows nothing of who tells; without a teller nothing is
known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from leadflow.models import Lead


@dataclass(frozen=True, slots=True)
class Fact:
    """Something she told: what of (budget, authority, need or timing), in words, and who says so."""

    about: str
    label: str
    words: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What a deal with her could begin with; empty where nobody knows.

    `role` is a `BuyingRole`, `amount` the most she has to spend, `close_on` the day by which she wants
    to buy, `need` her own words or ours.
    """

    amount: Decimal | None = None
    currency: str = ""
    close_on: date | None = None
    role: str = ""
    need: str = ""
    facts: Sequence[Fact] = ()

    def about(self, name: str) -> Fact | None:
        """What is known of one of the four."""
        return next((one for one in self.facts if one.about == name), None)


NOTHING = Brief()
_tellers: list[Callable[[Lead], Brief]] = []


def register(teller: Callable[[Lead], Brief]) -> None:
    """Let a package tell what it learned; called once by its apps.py."""
    if teller not in _tellers:
        _tellers.append(teller)


def brief_of(lead: Lead) -> Brief:
    """What is known of a person in her present cycle."""
    return next((brief for brief in (tell(lead) for tell in _tellers) if brief.facts), NOTHING)
