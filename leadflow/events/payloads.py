"""What each kind of event carries in its `data`: ids and before/after, never a whole record.

A field named `from_` or `import_` stands in the JSON without its underscore. Data that does not fit
is refused when the event is recorded: a reader never has to guess.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Nothing:
    """The kind and the record say it all."""


@dataclass(frozen=True)
class Captured:
    created: bool
    via: str = ""
    submission: int | None = None
    form: int | None = None
    source: int | None = None
    proposed: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)  # where the newest value wins


@dataclass(frozen=True)
class Merged:
    merged: int
    merge: int | None = None


@dataclass(frozen=True)
class Joined:
    joined: int  # the company that went
    company_merge: int


@dataclass(frozen=True)
class Because:
    reason: str = ""  # empty where somebody asked for it


@dataclass(frozen=True)
class Moved:
    from_: str | None
    to: str
    reason: str = ""


@dataclass(frozen=True)
class Assigned:
    from_: int | None
    to: int | None
    reason: str = ""
    pool: int | None = None
    policy: int | None = None


@dataclass(frozen=True)
class Changed:
    fields: list[str]
    reason: str = ""
    by_publishing: bool = False  # a new version of rules did it: no sequence starts


@dataclass(frozen=True)
class Reasoned:
    reason: str = ""


@dataclass(frozen=True)
class Recycled:
    reason: str = ""
    return_on: str | None = None


@dataclass(frozen=True)
class Erased:
    lead: int


@dataclass(frozen=True)
class Converted:
    deal: int | None = None
    company: int | None = None
    cycle: int | None = None
    new_deal: bool = False


@dataclass(frozen=True)
class Unconverted:
    deal: int | None = None
    company: int | None = None
    cycle: int | None = None
    stayed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Bought:
    purchase: int
    title: str = ""
    on: str | None = None
    fields: list[str] = field(default_factory=list)  # what was put right


@dataclass(frozen=True)
class Rated:
    from_: str
    to: str
    decision: int | None = None
    version: int | None = None
    reason: str = ""
    by_publishing: bool = False  # a new version did it, not the lead: no sequence starts


@dataclass(frozen=True)
class Overdue:
    due_at: str
    owner: int | None = None
    level: str = ""


@dataclass(frozen=True)
class Handed:
    handover: int
    to: int | None = None
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Acted:
    activity: int
    kind: str
    title: str = ""
    outcome: str = ""
    touch: bool = False
    due_at: str | None = None


@dataclass(frozen=True)
class Delegated:
    activity: int
    kind: str
    to: int


@dataclass(frozen=True)
class Noted:
    note: int
    kind: str = "note"


@dataclass(frozen=True)
class Researched:
    """A line of the research checklist, ticked or taken back."""

    check: int
    label: str
    done: bool


@dataclass(frozen=True)
class Pinned:
    """An entry of a story, kept at its top or no more."""

    event: int
    pinned: bool


@dataclass(frozen=True)
class Sent:
    delivery: int
    kind: str = ""
    title: str = ""
    reason: str = ""
    campaign: str = ""  # what the mail was part of: sequence-3, broadcast-7


@dataclass(frozen=True)
class Texted:
    text: int
    words: str = ""
    reason: str = ""
    carrier: str = ""


@dataclass(frozen=True)
class Engaged:
    kind: str
    engagement: int | None = None
    label: str = ""
    count: int = 1
    provider: str = ""
    confidence: float | None = None


@dataclass(frozen=True)
class Consented:
    channel: str = ""
    purpose: str = ""
    consent: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Dealt:
    deal: int
    title: str = ""
    from_: str | None = None
    to: str | None = None
    amount: str | None = None
    currency: str = ""
    reason: str = ""
    competitor: str = ""
    company: int | None = None
    fields: list[str] = field(default_factory=list)
    # the ids that numbers are made of: where it stood, where it stands, whose it was at that moment
    from_stage: int | None = None
    stage: int | None = None
    owner: int | None = None
    return_on: str | None = None
    is_undo: bool = False
    undated: bool = False


@dataclass(frozen=True)
class Cast:
    """A person's role in a deal: what it was and what it is; None is none."""

    deal: int
    title: str
    from_: str | None
    to: str | None


@dataclass(frozen=True)
class Rivalled:
    """Where a competitor stands in a deal; None is not at all."""

    deal: int
    title: str
    competitor: int
    name: str
    from_: str | None
    to: str | None


@dataclass(frozen=True)
class Attached:
    """Files of a deal by the names under which they came."""

    deal: int
    title: str
    names: list[str]


@dataclass(frozen=True)
class SplitUp:
    """Who has how much of a deal, and had before; per cent as 60.00, what is on top as +10.00."""

    deal: int
    title: str
    users: list[int]
    shares: list[str]
    users_before: list[int]
    shares_before: list[str]


@dataclass(frozen=True)
class Quoted:
    quote: int
    version: int
    title: str
    deal: int
    amount: str | None = None
    currency: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Objected:
    objection: int
    title: str  # the kind of objection
    state: str
    deal: int | None = None
    answer: str = ""


@dataclass(frozen=True)
class Negotiated:
    title: str  # what was asked for, or the name of the offer
    state: str
    deal: int
    amount: str | None = None
    currency: str = ""
    concession: int | None = None
    offer: int | None = None


@dataclass(frozen=True)
class Shared:
    title: str
    item: int
    share: int
    deal: int | None = None


@dataclass(frozen=True)
class Opened:
    title: str
    link: int | None = None  # the short link, or
    grant: int | None = None  # the permission by which it was opened


@dataclass(frozen=True)
class Approved:
    approval: int
    kind: str
    reference: str
    title: str
    state: str
    reason: str = ""


@dataclass(frozen=True)
class WonBy:
    won_by: str = ""


@dataclass(frozen=True)
class Segmented:
    segment: int
    name: str = ""
    by_publishing: bool = False


@dataclass(frozen=True)
class Qualified:
    letters: list[str]
    from_: float | None = None
    to: float | None = None


@dataclass(frozen=True)
class Enrolled:
    enrolment: int
    sequence: int
    name: str = ""
    reason: str = ""
    step: int | None = None


@dataclass(frozen=True)
class Migrated:
    name: str
    number: int
    count: int
    again: int = 0  # of them, people who had finished
    unless_past: str = ""


@dataclass(frozen=True)
class Broadcasted:
    broadcast: int
    name: str = ""
    count: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Submitted:
    submission: int
    form: int | None = None
    name: str = ""
    references: Any = None


@dataclass(frozen=True)
class Given:
    offer: int
    name: str


@dataclass(frozen=True)
class RunEnded:
    run: int
    kind: str
    state: str


@dataclass(frozen=True)
class Imported:
    import_: int
    name: str = ""
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Undone:
    import_: int
    name: str = ""
    undone: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Hooked:
    call: int
    hook: int
    name: str = ""


@dataclass(frozen=True)
class SettingChanged:
    name: str
    from_: Any = None
    to: Any = None


@dataclass(frozen=True)
class Corrected:
    delivery: int
    title: str = ""


@dataclass(frozen=True)
class SenderJudged:
    sender: str
    what: str  # warned, paused or resumed
    reason: str = ""


@dataclass(frozen=True)
class Published:
    name: str = ""
    number: int | None = None
    note: str = ""
    rolled_back: bool = False


@dataclass(frozen=True)
class Reclassified:
    count: int = 0
    hits: int = 0
    since: str = ""


@dataclass(frozen=True)
class Switched:
    name: str = ""
    count: int | None = None


@dataclass(frozen=True)
class Compared:
    name: str = ""
    winner: str = ""


@dataclass(frozen=True)
class Occasion:
    occasion: int
    name: str = ""


@dataclass(frozen=True)
class FormLeft:
    unfinished: int
    form: int
    name: str = ""


@dataclass(frozen=True)
class UserChanged:
    user: int | None = None
    fields: list[str] = field(default_factory=list)
    from_: str | None = None
    to: str | None = None


@dataclass(frozen=True)
class Exported:
    what: str
    rows: int = 0


@dataclass(frozen=True)
class Held:
    name: str
    count: int
    reasons: list[str] = field(default_factory=list)
