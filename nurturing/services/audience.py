"""Whom a broadcast goes to: the members of its segments at a moment, judged in batches.

One function judges, for the review and for the audience that is fixed: the numbers that a marketer
confirms are those that go. No statement is run for a single person.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from leadflow.kit.periods import instant
from leadflow.mail.selectors import leaves
from leadflow.models import Lead, Organisation, Origin
from leadflow.segments.models import SegmentMember
from leadflow.services import addresses
from nurturing import rules
from nurturing.models import Broadcast, Reason, Recipient
from nurturing.rules import choosing
from nurturing.services import offering
from nurturing.services.eligibility import barred, caps, norm_of, sent_lately

BATCH = 2_000
_MORNING, _NIGHT = 7, 21
# what is read of a lead to judge her
_ASKED = (
    "email", "origin", "deleted_at", "merged_into", "disposition", "time_zone", "country",
    "company__country",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """One person of the audience: when her mail is due, or why she gets none."""

    lead_id: int
    email_hash: str
    due_at: datetime
    reason: str = ""
    subject: int | None = None  # the place of the subject that is tried on her
    is_rest: bool = False  # she waits for the one that did better
    zone: str = ""  # of her clock


@dataclass
class Counted:
    """What a review tells."""

    members: int = 0
    going: int = 0
    first: datetime | None = None
    last: datetime | None = None
    at_once: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    rest: int = 0
    sampled: Counter[int] = field(default_factory=Counter)  # by the place of the subject
    codes: Counter[int] = field(default_factory=Counter)  # who would newly get each offer
    moments: Counter[tuple[datetime, str]] = field(
        default_factory=Counter
    )  # and the zone of her clock

    def take(self, row: Judged, at: datetime) -> None:
        """Count one person."""
        self.members += 1
        if row.reason:
            self.left_out[row.reason] += 1
            return
        self.going += 1
        if row.is_rest:
            self.rest += 1
            return
        if row.subject is not None:
            self.sampled[row.subject] += 1
        self.at_once += row.due_at <= at
        self.moments[row.due_at, row.zone] += 1
        self.first = min(self.first or row.due_at, row.due_at)
        self.last = max(self.last or row.due_at, row.due_at)

    @property
    def sample(self) -> int:
        """How many try one of several subjects."""
        return sum(self.sampled.values())

    @property
    def reasons(self) -> list[tuple[Reason, int]]:
        """Why people are left out, in the order of checking."""
        return [(one, self.left_out[one]) for one in Reason if self.left_out[one]]

    def hours(self, zone: str = "") -> list[tuple[datetime, int]]:
        """(an hour, how many mails leave in it), in order: by the clock of that zone, or of each reader."""
        found: Counter[datetime] = Counter()
        for (moment, hers), n in self.moments.items():
            shown = moment.astimezone(ZoneInfo(zone or hers)).replace(tzinfo=None)
            found[shown.replace(minute=0, second=0, microsecond=0)] += n
        return sorted(found.items())

    @property
    def at_night(self) -> int:
        """How many get it at an hour at which their own clock shows night."""
        return sum(n for hour, n in self.hours() if not _MORNING <= hour.hour < _NIGHT)


class Judge:
    """Judges batch after batch, as of a moment."""

    def __init__(self, broadcast: Broadcast, at: datetime) -> None:
        self.broadcast, self.at = broadcast, at
        self.zone = Organisation.current().time_zone
        self.wire = leaves()

    def judge(self, leads: list[Lead], taken: set[str]) -> list[Judged]:
        """The verdict on each; the addresses that it lets through are added to `taken`."""
        against = barred(leads, purpose=self.broadcast.purpose)
        zones = {lead.pk: zone_of(lead, self.zone) for lead in leads}
        moments = {pk: self.moment(zone) for pk, zone in zones.items()}
        over = offering.over(self.broadcast.words, moments)
        full = over | dict.fromkeys(capped(moments), Reason.CAPPED)
        return [
            self._one(
                lead, (moments[lead.pk], zones[lead.pk]), against.get(lead.pk), full.get(lead.pk), taken
            )
            for lead in leads
        ]  # fmt: skip

    def _one(
        self,
        lead: Lead,
        when: tuple[datetime, str],
        against: Reason | None,
        full: Reason | None,
        taken: set[str],
    ) -> Judged:
        due_at, zone = when
        norm = norm_of(lead.email)
        email_hash = addresses.address_hash(norm) if norm else ""
        reason = against
        if getattr(lead, "is_excluded", False):
            reason = Reason.EXCLUDED
        elif reason is None:
            reason = self._also(lead, email_hash, taken) or full
        if reason is not None:
            return Judged(lead.pk, email_hash, due_at, reason)
        taken.add(email_hash)
        subject = self._subject(lead)
        is_rest = self.broadcast.is_tested and subject is None
        return Judged(lead.pk, email_hash, due_at, subject=subject, is_rest=is_rest, zone=zone)

    def _subject(self, lead: Lead) -> int | None:
        row = self.broadcast
        if not row.is_tested:
            return None
        several = len(row.subjects)
        return choosing.subject_of(row.pk, lead.pk, subjects=several, share=row.sample_share)

    def _also(self, lead: Lead, email_hash: str, taken: set[str]) -> Reason | None:
        if self.wire and lead.origin == Origin.DEMO:
            return Reason.DEMO
        return Reason.DUPLICATE if email_hash in taken else None

    def moment(self, zone: str) -> datetime:
        """When mail is due to somebody with that clock: what is over already is due now."""
        if not is_timed(self.broadcast):
            return self.at
        return max(due(self.broadcast, zone), self.at)


def zone_of(lead: Lead, usual: str) -> str:
    """The zone of her clock; the organisation's where nothing tells."""
    company = lead.company
    return rules.zone_of(lead.time_zone, lead.country, company.country if company else "", usual)


def capped(moments: dict[int, datetime]) -> set[int]:
    """Whose share of mail is used up at her moment. A broadcast is of its hour: it is not put off."""
    sent = sent_lately(list(moments), min(moments.values())) if moments else {}
    most = caps()
    return {pk for pk, had in sent.items() if rules.free_slot(had, moments[pk], most) > moments[pk]}


def is_timed(broadcast: Broadcast) -> bool:
    """Whether day and hour were chosen."""
    timed = broadcast.timing != Broadcast.Timing.NOW
    return timed and broadcast.send_on is not None and broadcast.send_time is not None


def due(broadcast: Broadcast, zone: str) -> datetime:
    """The instant of its day and hour: in its own zone, or in that of the reader."""
    if broadcast.send_on is None or broadcast.send_time is None:
        raise ValueError("this broadcast has no time")
    own = broadcast.zone or Organisation.current().time_zone
    chosen = zone if broadcast.timing == Broadcast.Timing.LOCAL else own
    return instant(datetime.combine(broadcast.send_on, broadcast.send_time), ZoneInfo(chosen))


def due_again(broadcast: Broadcast, zone: str, at: datetime) -> datetime:
    """When the rest of an audience gets its mail, as of `at`: then; by their own clock at the first time
    from then on at which it shows the chosen hour."""
    on, hour = broadcast.send_on, broadcast.send_time
    if broadcast.timing != Broadcast.Timing.LOCAL or on is None or hour is None:
        return at
    day = max(on, at.astimezone(ZoneInfo(zone)).date())
    moment = instant(datetime.combine(day, hour), ZoneInfo(zone))
    if moment >= at:
        return moment
    return instant(datetime.combine(day + timedelta(days=1), hour), ZoneInfo(zone))


def people(broadcast: Broadcast, at: datetime) -> QuerySet[Lead]:
    """Who was in its segments at that moment; who came later never is."""
    stays = SegmentMember.objects.filter(Q(left_at=None) | Q(left_at__gt=at), entered_at__lte=at)
    inside = stays.filter(segment__in=broadcast.include.values("pk"))
    out = stays.filter(segment__in=broadcast.exclude.values("pk"), lead=OuterRef("pk"))
    rows = Lead.objects.filter(pk__in=inside.values("lead")).annotate(is_excluded=Exists(out))
    return rows.select_related("company").only(*_ASKED).order_by("pk")


def batches(
    broadcast: Broadcast, at: datetime, *, after: int = 0, size: int = BATCH
) -> Iterator[list[Lead]]:
    """Its people in the order of their ids, so many at a time."""
    while batch := list(people(broadcast, at).filter(pk__gt=after)[:size]):
        yield batch
        after = batch[-1].pk


def review(broadcast: Broadcast, *, at: datetime) -> Counted:
    """What confirming it now would do, by today's data. Writes nothing."""
    judge, taken, counted = Judge(broadcast, at), set[str](), Counted()
    named = offering.named_by([broadcast.words])
    for batch in batches(broadcast, at):
        rows = judge.judge(batch, taken)
        for row in rows:
            counted.take(row, at)
        counted.codes.update(
            offering.wanted_by(named, [row.lead_id for row in rows if not row.reason])
        )
    return counted


def reviewed(
    broadcast: Broadcast, *, at: datetime, reason: str, after: int, most: int
) -> list[Judged]:
    """The people whom a review counts under a reason (none: who gets it), from an id on."""
    judge, taken = Judge(broadcast, at), set[str]()
    found: list[Judged] = []
    for batch in batches(broadcast, at):
        rows = judge.judge(batch, taken)
        found += [row for row in rows if row.reason == reason and row.lead_id > after]
        if len(found) >= most:
            break
    return found[:most]


def freeze(broadcast: Broadcast, leads: list[Lead]) -> int:
    """Write a batch of the audience down, with who is left out and why; how many get the mail."""
    at = broadcast.confirmed_at
    if at is None:
        raise ValueError("this broadcast was not confirmed")
    judge = Judge(broadcast, at)
    rows = [_row(broadcast, one, at) for one in judge.judge(leads, _taken(broadcast, leads))]
    Recipient.objects.bulk_create(rows, batch_size=1_000, ignore_conflicts=True)
    return sum(row.state != Recipient.State.LEFT_OUT for row in rows)


def _taken(broadcast: Broadcast, leads: list[Lead]) -> set[str]:
    """Which of these addresses an earlier batch let through."""
    norms = {norm for lead in leads if (norm := norm_of(lead.email))}
    hashes = [addresses.address_hash(norm) for norm in norms]
    rows = Recipient.objects.ahead().filter(broadcast=broadcast, email_hash__in=hashes)
    return set(rows.values_list("email_hash", flat=True))


def _row(broadcast: Broadcast, judged: Judged, at: datetime) -> Recipient:
    out, state = bool(judged.reason), Recipient.State.WAITING
    if judged.reason or judged.is_rest:
        state = Recipient.State.LEFT_OUT if out else Recipient.State.HELD
    return Recipient(
        broadcast=broadcast,
        lead_id=judged.lead_id,
        email_hash=judged.email_hash,
        state=state,
        reason=judged.reason,
        due_at=judged.due_at if state == Recipient.State.WAITING else None,
        subject=judged.subject,
        is_sample=judged.subject is not None,
        at=at if out else None,
    )


def elsewhere(broadcast: Broadcast, rows: list[Recipient]) -> set[int]:
    """Leads among these whose address changed since to one that another row of it writes to. The rows
    take on the addresses that they have now."""
    changed: dict[str, Recipient] = {}
    found: set[int] = set()
    for row in rows:
        norm = norm_of(row.lead.email)
        now = addresses.address_hash(norm) if norm else ""
        if now and now != row.email_hash:
            if now in changed:
                found.add(row.lead_id)
            changed.setdefault(now, row)
    others = Recipient.objects.filter(broadcast=broadcast, email_hash__in=changed)
    states = [Recipient.State.WAITING, Recipient.State.HELD, Recipient.State.HANDED]
    others = others.filter(state__in=states)
    held = set(others.values_list("email_hash", flat=True)) if changed else set()
    for email_hash, row in changed.items():
        if email_hash in held:
            found.add(row.lead_id)
        else:
            row.email_hash = email_hash
    return found


def follow_merge(*, survivor_id: int, merged_id: int) -> None:
    """The mail that waits for a merged row is the survivor's, unless one waits for, or went to, her."""
    hers = Recipient.objects.filter(lead=survivor_id, broadcast=OuterRef("broadcast"))
    rows = Recipient.objects.ahead().filter(lead=merged_id).exclude(Exists(hers))
    rows.update(lead=survivor_id)
