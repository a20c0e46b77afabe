"""What an adapter is: asked what is known of somebody, it answers with values and how sure it is of each.

An adapter reads this installation alone. It is asked by a reaction to facts, inside a transaction, where
nobody calls another firm: what vendors know comes in by an inbound hook.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadflow.errors import LeadflowError
from leadflow.kit import emails
from leadflow.models import Company, Lead
from leadflow.services.companies import registrable

Words = Any  # str or a lazy translation


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person, or of a company alone."""

    lead: Lead | None = None
    company: Company | None = None

    @property
    def address(self) -> emails.Email | None:
        """Her address, read; None where she has none that can be read."""
        try:
            return emails.parse(self.lead.email) if self.lead and self.lead.email else None
        except ValueError:
            return None

    @property
    def workplace(self) -> str:
        """The domain that tells where she works; empty where anybody can have a mailbox there."""
        found = self.address
        return registrable(found.domain) if found and not found.is_public else ""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of one field: how sure from 0 to 1, and what it was read from (ProvidedValue.Basis).

    `of_company` says that it is about her company.
    """

    field: str
    value: Any
    confidence: float
    basis: str
    of_company: bool = False


Answers = Sequence[Sequence[Value]]


@dataclass(frozen=True)
class Adapter:
    """Somebody who can be asked. `answer` takes all that are asked about, and answers in their order.

    `flags` names what it says that is no field of a lead; where it no longer says so, the flag goes.
    """

    key: str
    label: Words
    about: Words
    answer: Callable[[Sequence[Known]], Answers]
    flags: frozenset[str] = frozenset()


_installed: dict[str, Adapter] = {}


def install(*found: Adapter) -> None:
    """Make adapters known; a package does so in its `apps.py`. A key is given once."""
    for one in found:
        if _installed.get(one.key, one) is not one:
            raise LeadflowError(f"Two adapters are called {one.key}.")
        _installed[one.key] = one


def installed(off: Sequence[str] = ()) -> Mapping[str, Adapter]:
    """Those that are installed and not switched off, in the order of their installation."""
    return {key: one for key, one in _installed.items() if key not in off}
