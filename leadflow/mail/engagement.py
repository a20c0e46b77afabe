"""Opens and clicks: what was asked of a mail, who is thought to have asked, and the facts that follow.

Every hit is kept and all hits of a message are judged together (`leadflow.mail.hits`), so a verdict
reaches back: facts that turn out to be a machine's are taken out, and scores are folded anew.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leadflow.assets import content
from leadflow.assets.models import Reading
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.mail import first_open, hits, outcomes
from leadflow.mail.compose import hrefs_in, targets_in
from leadflow.mail.models import OUTBOX, Delivery, Hit, TrackedLink
from leadflow.mail.services import NOT_MEASURED
from leadflow.models import Engagement, Lead
from leadflow.services import addresses
from leadflow.services.engagement import Fact, append

MOST_HITS = 20  # kept of one link by one message; more tell nothing new
_Actor = Engagement.Actor
_KINDS = {hits.OPEN: "mail.opened", hits.CLICK: "mail.clicked"}


def is_measured(to_norm: str) -> bool:
    """Whether her opens and clicks may be counted; she says so in her preferences."""
    return not addresses.is_suppressed(to_norm, NOT_MEASURED)


def clicked(
    delivery: Delivery, link: TrackedLink, *, method: str, agent: str, network: str = ""
) -> None:
    """A tracked link was followed."""
    _came(delivery, hits.CLICK, link, method, agent, network)


def opened(delivery: Delivery, *, method: str, agent: str, network: str = "") -> None:
    """The picture of a message was loaded: a hint at best, never a proof of reading."""
    _came(delivery, hits.OPEN, None, method, agent, network)


def trapped(delivery: Delivery, *, method: str, agent: str, network: str = "") -> None:
    """The link that no person sees was followed: whoever did it reads mail by machine."""
    _came(delivery, hits.TRAP, None, method, agent, network)


@transaction.atomic
def _came(
    delivery: Delivery,
    kind: str,
    link: TrackedLink | None,
    method: str,
    agent: str,
    network: str,
) -> None:
    if delivery.state == Delivery.State.UNCERTAIN:
        outcomes.arrived(delivery, "It was opened or clicked")
    if delivery.lead_id is None or delivery.state == Delivery.State.SKIPPED:
        return
    if kind == hits.OPEN and first_open.taken(
        delivery, at=timezone.now(), method=method, agent=agent, network=network
    ):
        return
    # hits of one message are judged one after the other
    Delivery.objects.select_for_update(of=("self",)).only("pk").get(pk=delivery.pk)
    same = Hit.objects.filter(delivery=delivery, kind=kind, link=link)
    if same.count() >= MOST_HITS or not is_measured(delivery.to_norm):
        return
    Hit.objects.create(
        delivery=delivery, kind=kind, link=link, at=timezone.now(), method=method[:8],
        agent=agent[:200], network=network, verdict=_Actor.UNKNOWN,
    )  # fmt: skip
    judge(delivery)


@dataclass(frozen=True)
class Judged:
    """All hits of a message as they stand, each with what is thought of it now."""

    lead_id: int
    rows: list[Hit]
    verdicts: list[hits.Verdict]

    @property
    def turned(self) -> list[tuple[str, str]]:
        """(who it was thought to be, who it is thought to be) of each hit about which that changed."""
        pairs = zip(self.rows, self.verdicts, strict=True)
        return [(row.verdict, who) for row, (who, _why) in pairs if row.verdict != who]


def look_at(delivery: Delivery) -> Judged | None:
    """Judge all hits of a message anew and write nothing; None where there is nobody or nothing to judge."""
    lead_id = _lead_of(delivery)
    rows = list(Hit.objects.filter(delivery=delivery).select_related("link").order_by("at", "pk"))
    if lead_id is None or not rows:
        return None
    asked = [hits.Asked(h.kind, h.at, h.link_id or 0, h.method, h.agent, h.network) for h in rows]
    return Judged(lead_id, rows, hits.judge(asked, _about(delivery, lead_id, rows)))


@transaction.atomic
def judge(delivery: Delivery) -> list[tuple[str, str]]:
    """Judge all hits of a message anew; those about which it changed who did it, as `Judged.turned`."""
    judged = look_at(delivery)
    if judged is None:
        return []
    turned, changed = judged.turned, []
    for row, (verdict, why) in zip(judged.rows, judged.verdicts, strict=True):
        if (row.verdict, row.why) != (verdict, why):
            row.verdict, row.why = verdict, why
            changed.append(row)
    Hit.objects.bulk_update(changed, ["verdict", "why"])
    _follow(delivery, judged.lead_id, judged.rows)
    return turned


def _about(delivery: Delivery, lead_id: int, rows: list[Hit]) -> hits.Circumstances:
    clicks = [row.at for row in rows if row.kind == hits.CLICK]
    seen = Engagement.objects.filter(
        lead_id=lead_id, kind="page.viewed", actor_class=_Actor.HUMAN,
        recorded_at__gte=min(clicks), recorded_at__lte=max(clicks) + hits.SHOWN_WITHIN,
    ).values_list("recorded_at", flat=True) if clicks else []  # fmt: skip
    return hits.Circumstances(
        sent_at=None if delivery.transport == OUTBOX else delivery.sent_at,
        links=_links(delivery) if len({row.link_id for row in rows}) > 3 else 0,
        now=timezone.now(),
        shown=tuple(seen),
    )


def _links(delivery: Delivery) -> int:
    """How many links the message has that lead through a counter."""
    return len({*hrefs_in(delivery.html), *targets_in(delivery.text)})


def _follow(delivery: Delivery, lead_id: int, rows: list[Hit]) -> None:
    """The facts are what the verdicts say: one for each link and who, at its first time."""
    wanted: dict[tuple[str, str], Fact] = {}
    for row in rows:
        if row.kind in _KINDS:
            fact = _fact(delivery, lead_id, row)
            wanted.setdefault((fact.kind, fact.source_id), fact)
    mine = Engagement.objects.filter(
        lead_id=lead_id, kind__in=_KINDS.values(), source_type="delivery"
    )
    kept = [
        (pk, kind, source, actor)
        for pk, kind, source, actor in mine.values_list("pk", "kind", "source_id", "actor_class")
        if source.partition(":")[0] == str(delivery.pk)
    ]
    gone = [row for row in kept if (row[1], row[2]) not in wanted]
    Engagement.objects.filter(pk__in=[row[0] for row in gone]).delete()
    known = {(row[1], row[2]) for row in kept}
    fresh = [fact for key, fact in wanted.items() if key not in known]
    append(fresh, origin=delivery.origin)
    _saw(delivery, lead_id, [fact for fact in fresh if fact.actor_class == _Actor.HUMAN], rows)
    if any(row[3] == _Actor.HUMAN for row in gone):
        record(
            Kind.ENGAGEMENT_CORRECTED,
            lead_id=lead_id,
            subject=delivery,
            data={"delivery": delivery.pk, "title": delivery.subject},
            origin=delivery.origin,
        )


def _fact(delivery: Delivery, lead_id: int, row: Hit) -> Fact:
    if row.link is None:
        return first_open.fact_of_open(delivery, lead_id, row.verdict)
    return Fact(
        lead_id=lead_id,
        kind=_KINDS[row.kind],
        source_type="delivery",
        source_id=first_open.named(f"{delivery.pk}:{row.link_id}", row.verdict),
        label=row.link.url,
        topic=delivery.subject[:80],
        actor_class=row.verdict,
    )


def _saw(delivery: Delivery, lead_id: int, facts: list[Fact], rows: list[Hit]) -> None:
    """Who follows a link to something of the library has seen it."""
    links = {row.link.url: row.link_id for row in rows if row.link}
    for url in [fact.label for fact in facts if fact.label in links]:
        for item in content.of_addresses([url]).values():
            content.saw(
                item_id=item.pk, lead_id=lead_id, key=f"click:{delivery.pk}:{links[url]}",
                how=Reading.How.MAIL, at=timezone.now(), origin=delivery.origin,
            )  # fmt: skip


def settle() -> int:
    """Judge the clicks anew about which it was too early to say; how many messages that were. A tick."""
    due = Hit.objects.filter(kind=Hit.Kind.CLICK, verdict=_Actor.UNKNOWN)
    return _judge_all(due.filter(at__lt=timezone.now() - hits.SETTLED))


def confirm(lead_ids: list[int]) -> int:
    """These people looked at a page of ours: a click of theirs a moment ago was their own."""
    recent = Hit.objects.filter(
        kind=Hit.Kind.CLICK, verdict=_Actor.UNKNOWN, delivery__lead__in=lead_ids
    )
    return _judge_all(recent.filter(at__gt=timezone.now() - hits.SHOWN_WITHIN))


def _judge_all(found: QuerySet[Hit]) -> int:
    ids = sorted(set(found.values_list("delivery_id", flat=True)))
    for pk in ids:
        with transaction.atomic():
            judge(Delivery.objects.select_for_update(of=("self",)).get(pk=pk))
    return len(ids)


def _lead_of(delivery: Delivery) -> int | None:
    """The person as she stands now, by number: the survivor, where rows were merged since."""
    lead_id, found = delivery.lead_id, None
    while lead_id is not None:
        into = list(Lead.objects.filter(pk=lead_id).values_list("merged_into_id", flat=True))
        found, lead_id = (lead_id, into[0]) if into else (None, None)
    return found
