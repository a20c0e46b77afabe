"""Mail in a story: a conversation stands there once, by its newest message, with its words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.urls import reverse

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.mail import threads
from leadflow.mail.models import COUNTED, Delivery, InboundMail
from leadflow.models import Activity, Lead
from leadflow.people.access import allowed
from leadflow.people.models import User

_SENT = frozenset({Kind.DELIVERY_SENT, Kind.DELIVERY_FAILED})
_CAME = frozenset({Kind.REPLY_RECEIVED, Kind.MAIL_RECEIVED})
_DONE = frozenset({Kind.ACTIVITY_LOGGED, Kind.ACTIVITY_COMPLETED})
_REF = "mail:"  # what the touch of a personal mail names


@dataclass(frozen=True, slots=True)
class Talk:
    """The conversation that an entry shows: where it is read and answered, how many messages, what was said."""

    url: str
    answer_url: str
    count: int
    is_hers: bool
    words: str = ""
    mail: int = 0  # her letter, where this reader may say what it means
    meaning: str = ""

    @property
    def is_between_people(self) -> bool:
        """Whether somebody wrote by hand, or it was answered; what sequences and forms sent is told in a line."""
        return self.is_hers or bool(self.words) or self.count > 1


@dataclass
class Mails:
    """What the mails of some events are, for one reader."""

    refs: dict[int, str] = field(default_factory=dict)  # event -> message
    leads: dict[int, int] = field(default_factory=dict)  # lead -> who she is today
    spoken: threads.Conversations = field(default_factory=threads.Conversations)
    words: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)  # messages whose touch stands in the story
    arrived: set[str] = field(default_factory=set)
    means: dict[str, str] = field(default_factory=dict)  # of what people wrote
    writes: bool = False

    def stands(self, event: Event, *, folded: bool) -> bool:
        """Whether the event is shown: what its touch tells is not told twice, and of a conversation that
        is folded its newest message stands for all."""
        ref = self.refs.get(event.pk)
        if ref is None or event.kind == Kind.DELIVERY_FAILED:
            return True
        if event.kind == Kind.DELIVERY_SENT and ref in self.told:
            return False
        return not folded or ref == self._newest(ref)

    def _newest(self, ref: str) -> str:
        those = [one for one in self.spoken.with_(ref) if self._has_entry(one)]
        return those[-1] if those else ref

    def _has_entry(self, ref: str) -> bool:
        return ref[0] == "i" or ref in self.told or ref in self.arrived

    def talk(self, event: Event) -> Talk | None:
        """The conversation of an event; None where it is no mail that this reader may open."""
        ref, lead = self.refs.get(event.pk), self.leads.get(event.lead_id or 0)
        if ref is None or lead is None:
            return None
        answer = f"{reverse('desk:lead-mail', args=[lead])}?answer={ref}" if self.writes else ""
        url = reverse("desk:lead-thread", args=[lead, ref])
        count = len(self.spoken.with_(ref))
        hers = int(ref[1:]) if self.writes and ref in self.means else 0
        return Talk(
            url, answer, count, ref.startswith("i"), self.words.get(ref, ""), hers,
            self.means.get(ref, ""),
        )  # fmt: skip


def load(events: Sequence[Event], reader: User) -> Mails:
    """In seven queries at most, however many events; in none where there is no mail among them."""
    if not allowed(reader, "mail.read"):
        return Mails()
    refs = _refs(events)
    if not refs:
        return Mails()
    leads = _leads({event.lead_id for event in events if event.pk in refs and event.lead_id})
    found = threads.of_leads([*leads, *leads.values()])
    sent = {
        int(one[1:]) for ref in refs.values() for one in found.with_(ref) if one.startswith("d")
    }
    rows = dict(Delivery.objects.filter(pk__in=sent).values_list("pk", "state"))
    return Mails(
        refs=refs,
        leads=leads,
        spoken=found,
        words=_words(refs.values()),
        told=_told(sent),
        arrived={f"d{pk}" for pk, state in rows.items() if state in COUNTED},
        means=_means(refs.values()),
        writes=allowed(reader, "mail.send"),
    )


def _refs(events: Sequence[Event]) -> dict[int, str]:
    """The message of each event that is about one."""
    found: dict[int, str] = {}
    touches: dict[int, int] = {}
    for event in events:
        number = event.data.get("delivery" if event.kind in _SENT else "mail")
        if event.kind in _SENT | _CAME and isinstance(number, int):
            found[event.pk] = f"{'d' if event.kind in _SENT else 'i'}{number}"
        elif event.kind in _DONE and event.data.get("kind") == Activity.Kind.EMAIL:
            touches[event.pk] = event.data.get("activity") or 0
    if touches:
        named = Activity.objects.filter(pk__in=touches.values(), subject_ref__startswith=_REF)
        by_touch = dict(named.values_list("pk", "subject_ref"))
        found |= {
            pk: f"d{by_touch[touch].removeprefix(_REF)}"
            for pk, touch in touches.items()
            if touch in by_touch
        }
    return found


def _leads(ids: Collection[int]) -> dict[int, int]:
    """Each of these leads, and who she is today where she was merged."""
    rows = Lead.objects.filter(pk__in=ids).values_list("pk", "merged_into")
    return {pk: merged or pk for pk, merged in rows}


def _told(sent: Collection[int]) -> set[str]:
    rows = Activity.objects.filter(
        subject_ref__in=[f"{_REF}{pk}" for pk in sent], done_at__isnull=False
    )
    return {f"d{ref.removeprefix(_REF)}" for ref in rows.values_list("subject_ref", flat=True)}


def _means(refs: Collection[str]) -> dict[str, str]:
    """What each answer of a person means, as far as somebody or the rules said so."""
    hers = [int(ref[1:]) for ref in refs if ref.startswith("i")]
    if not hers:
        return {}
    rows = InboundMail.objects.filter(pk__in=hers)
    return {f"i{pk}": meaning for pk, meaning in rows.values_list("pk", "meaning")}


def _words(refs: Collection[str]) -> dict[str, str]:
    """What people of ours wrote themselves; what sequences and forms sent is one press away."""
    ours = [int(ref[1:]) for ref in refs if ref.startswith("d")]
    rows = Delivery.objects.filter(pk__in=ours, key__startswith="personal:")
    return {
        f"d{pk}": threads.own_words(text) for pk, text in rows.values_list("pk", "text")
    }  # fmt: skip
