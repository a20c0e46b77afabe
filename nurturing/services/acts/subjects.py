"""For whom a step is done, and how it went."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadflow.models import Company, Lead
from leadflow.people.models import User

Step = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a step is done for: a record, and mostly the person that it is about.

    `key` names this occurrence of this step (at most 80 signs): the same key again does nothing. A
    record of another stage is named by `ref` ("deal:12"), `title` and `url`.
    """

    key: str
    lead: Lead | None = None
    company: Company | None = None
    ref: str = ""
    title: str = ""
    url: str = ""
    owner: User | None = None  # whose the record is, where not the lead's
    fallback: User | None = None  # who looks after it where nobody owns it

    @property
    def whose(self) -> User | None:
        """Who has to do with it."""
        hers = self.lead.owner if self.lead else None
        return self.owner or hers or self.fallback

    @property
    def name(self) -> str:
        """What people call it."""
        return self.title or str(self.lead or self.company or "")

    @property
    def address(self) -> str:
        """Its page."""
        about = self.lead or self.company
        return self.url or (about.get_absolute_url() if about else "")


@dataclass(frozen=True)
class Done:
    """How a step went for one subject: done, or skipped for a reason in words."""

    key: str
    reason: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it was done, now or the first time."""
        return not self.reason


@dataclass(frozen=True, kw_only=True)
class Job:
    """One step for many subjects, as the verbs of this package take it."""

    step: Step
    subjects: list[Subject]
    cause: str  # in words: “From the sequence “Welcome”.”
    by: User | None
    at: datetime
    origin: str
    skipped: dict[str, str] = field(default_factory=dict)  # key -> reason

    def skip(self, subject: Subject, reason: str) -> None:
        """It is not done for this one."""
        self.skipped[subject.key] = reason

    @property
    def going(self) -> list[Subject]:
        """Those for whom nothing speaks against it so far."""
        return [one for one in self.subjects if one.key not in self.skipped]

    @property
    def lead_ids(self) -> list[int]:
        """Their persons, each once."""
        return sorted({one.lead.pk for one in self.going if one.lead})
