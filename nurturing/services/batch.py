"""A batch of walks that are taken further together: what is known of them, and what becomes of each."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from leadflow.calendars.hours import Hours
from leadflow.mail import services as mail
from leadflow.mail.models import SenderIdentity
from leadflow.models import Lead, Organisation
from leadflow.rulesets.models import RuleVersion
from nurturing import rules
from nurturing.models import Enrolment, Reason, StepDone
from nurturing.services import documents, messages
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
        self.counts_opens = documents.counts_opens(version.document)


@dataclass
class Batch:
    """The claimed rows, what is known about their leads, and what the steps make of each."""

    at: datetime
    organisation: Organisation
    closed: frozenset[date]
    scripts: dict[int, Script]
    leads: dict[int, Lead]
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
    mails: list[tuple[StepDone, mail.Message]] = field(default_factory=list)
    steps: list[StepDone] = field(default_factory=list)
    moved: list[Enrolment] = field(default_factory=list)
    ended: dict[Ending, list[Enrolment]] = field(default_factory=lambda: defaultdict(list))
    voices: Voices = field(default_factory=Voices)
    _senders: dict[int | None, SenderIdentity | None] = field(default_factory=dict)
    _hours: dict[tuple[int, str], Hours] = field(default_factory=dict)

    def script(self, row: Enrolment) -> Script:
        """What she walks by."""
        return self.scripts[row.version_id]

    def zone(self, row: Enrolment) -> str:
        """By whose clock she lives."""
        lead = self.leads[row.lead_id]
        company = lead.company
        return rules.zone_of(
            lead.time_zone,
            lead.country,
            company.country if company else "",
            self.organisation.time_zone,
        )

    def hours(self, row: Enrolment) -> Hours:
        """When mail may reach her, by her own clock."""
        place = row.version_id, self.zone(row)
        if place not in self._hours:
            self._hours[place] = self.script(row).window.hours(place[1], self.closed)
        return self._hours[place]

    def sender(self, step: rules.Step) -> SenderIdentity | None:
        """Who the step's mail comes from, asked once."""
        pk = step.get("sender")
        if pk not in self._senders:
            self._senders[pk] = messages.sender_of(step)
        return self._senders[pk]

    def take(self, row: Enrolment, *, way: str = "", **more: object) -> StepDone:
        """Write down that she took the step at which she stands, and let her go on behind it, or by the
        branch `way`."""
        done = StepDone(enrolment=row, step=row.step, way=way, at=self.at, **more)
        self.steps.append(done)
        self.pass_by(row, way)
        return done

    def pass_by(self, row: Enrolment, way: str = "") -> None:
        """Let her go on without writing anything down."""
        tree = self.script(row).tree
        row.step = tree.into(row.step, way) if way else tree.following(row.step)

    def until(self, row: Enrolment, moment: datetime) -> bool:
        """Let her rest until a moment; whether that is over already."""
        lasts = self.script(row).lasts
        if lasts is not None:  # then it is over, whatever she waits for
            moment = min(moment, max(row.enrolled_at + lasts, self.at))
        row.due_at = moment
        row.state = State.WAITING if moment > self.at else State.ACTIVE
        if moment > self.at:
            self.moved.append(row)
        return moment <= self.at

    def put_off(self, row: Enrolment, moment: datetime, why: Reason) -> None:
        """Her mail waits until then, and this is why."""
        row.deferred_since, row.deferred_by = row.deferred_since or self.at, why
        self.until(row, moment)

    def finish(
        self, row: Enrolment, reason: Reason, detail: str = "", *, by_step: bool = False
    ) -> None:
        """This walk ends here."""
        self.ended[Ending(reason, detail, by_step)].append(row)

    def forget(self, row: Enrolment) -> None:
        """Take back what was to become of this walk."""
        self.moved = [one for one in self.moved if one.pk != row.pk]
        for some in self.ended.values():
            some[:] = [one for one in some if one.pk != row.pk]


def by_step(rows: Iterable[Enrolment]) -> dict[tuple[int, str], list[Enrolment]]:
    """The rows of one version and step together, in the order given."""
    found: dict[tuple[int, str], list[Enrolment]] = defaultdict(list)
    for row in rows:
        found[row.version_id, row.step].append(row)
    return found
