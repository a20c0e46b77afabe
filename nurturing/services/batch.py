"""A batch of walks that are taken further together: what is known of them, and what becomes of each."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from leadflow.calendars.hours import Hours
from leadflow.mail import services as mail
from leadflow.mail.models import SenderIdentity
from leadflow.models import Organisation
from leadflow.rulesets.models import RuleVersion
from nurturing import rules
from nurturing.models import Enrolment, Reason, Sequence
from nurturing.models.sequences import mail_key
from nurturing.services import documents, messages
from nurturing.services.eligibility import Person
from nurturing.services.voices import Voices

State = Enrolment.State


@dataclass(frozen=True)
class Ending:
    """How walks come to their end; `by_step` where a step of theirs says so, not the world outside."""

    reason: Reason
    detail: str = ""
    by_step: bool = False


class Script:
    """A version, read once for all who walk by it."""

    def __init__(self, version: RuleVersion) -> None:
        self.version = version
        self.tree = rules.Tree(version.document["steps"])
        self.window = documents.window_of(version.document)
        self.lasts = documents.lasts(version.document)
        self.is_sales = documents.is_sales(version.document)
        self.purpose = documents.purpose_of(version.document)
        self.counts_opens = documents.counts_opens(version.document)

    @property
    def kind(self) -> str:
        """What mail it sends: the purpose of marketing; empty for mail of owners."""
        return "" if self.is_sales else self.purpose


@dataclass(slots=True, eq=False)
class Walk:
    """An enrolment that is claimed, as far as a batch reads and changes it: the object of the ORM costs as
    much as all that is decided about it."""

    sequence: Sequence
    script: Script
    pk: int
    lead_id: int
    sequence_id: int
    version_id: int
    state: str
    step: str
    due_at: datetime
    deferred_since: datetime | None
    deferred_by: str
    waits_for_id: int | None
    retraces: bool
    enrolled_at: datetime
    origin: str

    def key(self, step_id: str) -> str:
        """The name of one mail of this walk in the ledger."""
        return mail_key(self.pk, step_id)


@dataclass(slots=True, eq=False)
class Taken:
    """A step that somebody took: what `StepDone` will say."""

    row: Walk
    step: str
    way: str = ""
    reason: str = ""
    detail: str = ""
    deferred_by: str = ""
    delivery_id: int | None = None


@dataclass
class Letters:
    """The mails of one step to many people: what they share, and what each says to whom."""

    shared: mail.Message
    copies: list[tuple[Taken, mail.Copy]] = field(default_factory=list)


Place = tuple[int, str]  # a version and a time zone: all who wait there wait for the same hours


@dataclass
class Batch:
    """The claimed rows, what is known about their leads, and what the steps make of each."""

    at: datetime
    organisation: Organisation
    closed: frozenset[date]
    scripts: dict[int, Script]
    leads: dict[int, Person]
    ways_chosen: dict[tuple[int, str], str]
    taken: dict[tuple[int, str], str]  # how those went who may come by a step once more
    sent: dict[int, list[datetime]]
    caps: rules.Caps
    fresh: timedelta
    resting: dict[int, datetime] = field(
        default_factory=dict
    )  # leads whose mail came back too often
    ahead: dict[int, list[int]] = field(
        default_factory=dict
    )  # priorities of other due walks of a lead
    mails: list[tuple[Taken, mail.Message]] = field(default_factory=list)
    letters: dict[tuple[int, str, str], Letters] = field(default_factory=dict)
    steps: list[Taken] = field(default_factory=list)
    moved: list[Walk] = field(default_factory=list)
    ended: dict[Ending, list[Walk]] = field(default_factory=lambda: defaultdict(list))
    voices: Voices = field(default_factory=Voices)
    _senders: dict[int | None, SenderIdentity | None] = field(default_factory=dict)
    _zones: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _hours: dict[Place, Hours] = field(default_factory=dict)
    _openings: dict[Place, rules.Opening] = field(default_factory=dict)

    def zone(self, row: Walk) -> str:
        """By whose clock she lives; worked out once for all who say the same of themselves."""
        lead = self.leads[row.lead_id]
        told = lead.time_zone, lead.country, lead.company_country or ""
        if told not in self._zones:
            self._zones[told] = rules.zone_of(*told, self.organisation.time_zone)
        return self._zones[told]

    def place(self, row: Walk) -> Place:
        """What her hours depend on."""
        return row.version_id, self.zone(row)

    def hours(self, row: Walk) -> Hours:
        """When mail may reach her, by her own clock."""
        place = self.place(row)
        if place not in self._hours:
            self._hours[place] = row.script.window.hours(place[1], self.closed)
        return self._hours[place]

    def opening(self, row: Walk) -> rules.Opening:
        """The opening of her hours that is under way, or comes next."""
        place = self.place(row)
        if place not in self._openings:
            self._openings[place] = rules.coming_opening(self.at, self.hours(row))
        return self._openings[place]

    def pile(self, row: Walk, step: rules.Step) -> Letters:
        """The pile into which her mail of this step goes."""
        name = row.version_id, row.step, row.origin
        if name not in self.letters:
            shared = messages.shared(
                step,
                at=self.at,
                origin=row.origin,
                sender=self.sender(step),
                sequence_id=row.sequence_id,
                purpose=row.script.purpose,
                counts_opens=row.script.counts_opens,
            )
            self.letters[name] = Letters(shared)
        return self.letters[name]

    def sender(self, step: rules.Step) -> SenderIdentity | None:
        """Who the step's mail comes from, asked once."""
        pk = step.get("sender")
        if pk not in self._senders:
            self._senders[pk] = messages.sender_of(step)
        return self._senders[pk]

    def take(
        self,
        row: Walk,
        *,
        way: str = "",
        reason: str = "",
        detail: str = "",
        deferred_by: str = "",
    ) -> Taken:
        """Write down that she took the step at which she stands, and let her go on behind it, or by the
        branch `way`."""
        taken = Taken(row, row.step, way, reason, detail, deferred_by)
        self.steps.append(taken)
        self.pass_by(row, way)
        return taken

    def pass_by(self, row: Walk, way: str = "") -> None:
        """Let her go on without writing anything down."""
        tree = row.script.tree
        row.step = tree.into(row.step, way) if way else tree.following(row.step)

    def until(self, row: Walk, moment: datetime) -> bool:
        """Let her rest until a moment; whether that is over already."""
        lasts = row.script.lasts
        if lasts is not None:  # then it is over, whatever she waits for
            moment = min(moment, max(row.enrolled_at + lasts, self.at))
        row.due_at = moment
        row.state = State.WAITING if moment > self.at else State.ACTIVE
        if moment > self.at:
            self.moved.append(row)
        return moment <= self.at

    def put_off(self, row: Walk, moment: datetime, why: Reason) -> None:
        """Her mail waits until then, and this is why."""
        row.deferred_since, row.deferred_by = row.deferred_since or self.at, why
        self.until(row, moment)

    def finish(self, row: Walk, reason: Reason, detail: str = "", *, by_step: bool = False) -> None:
        """This walk ends here."""
        self.ended[Ending(reason, detail, by_step)].append(row)

    def forget(self, row: Walk) -> None:
        """Take back what was to become of this walk."""
        self.moved = [one for one in self.moved if one.pk != row.pk]
        for some in self.ended.values():
            some[:] = [one for one in some if one.pk != row.pk]


def by_step(rows: Iterable[Walk]) -> dict[tuple[int, str], list[Walk]]:
    """The rows of one version and step together, in the order given."""
    found: dict[tuple[int, str], list[Walk]] = defaultdict(list)
    for row in rows:
        found[row.version_id, row.step].append(row)
    return found
