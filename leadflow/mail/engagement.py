"""Opens and clicks: whether a human or a machine did it, and the one fact each that counts."""

import re
from datetime import timedelta

from django.utils import timezone

from leadflow.assets import content
from leadflow.assets.models import Reading
from leadflow.mail import outcomes
from leadflow.mail.models import OUTBOX, Delivery, TrackedLink
from leadflow.models import Engagement, Lead
from leadflow.services.engagement import Fact, append

_SCANNER = re.compile(
    r"bot\b|crawl|spider|scan|preview|proxy|barracuda|proofpoint|mimecast|safelinks|symantec|fortinet"
    r"|headless|python|curl|wget|java/|go-http|okhttp|libwww|httpclient|axios|ruby|perl|facebookext",
    re.IGNORECASE,
)
# Mail clients that load every picture beforehand: an open through them tells nothing.
_PREFETCH = re.compile(
    r"googleimageproxy|yahoomailproxy|^mozilla/5\.0$|ggpht|outlook-ios", re.IGNORECASE
)
TOO_SOON = timedelta(seconds=2)
BURST = timedelta(seconds=2)
_Actor = Engagement.Actor


def classify(delivery: Delivery, *, method: str, agent: str) -> str:
    """Human unless something speaks for a machine: HEAD, a scanner's name, quicker than reading."""
    if method != "GET" or not agent.strip() or _SCANNER.search(agent):
        return _Actor.MACHINE
    if delivery.transport != OUTBOX and delivery.sent_at is not None:
        at = timezone.now()
        if at - delivery.sent_at < TOO_SOON:
            return _Actor.MACHINE
    return _Actor.HUMAN


def clicked(delivery: Delivery, link: TrackedLink, *, method: str, agent: str) -> None:
    """A tracked link was followed. One human click per message and link counts."""
    actor = classify(delivery, method=method, agent=agent)
    if actor == _Actor.HUMAN and _in_burst(delivery, link):
        actor = _Actor.MACHINE
    if actor == _Actor.HUMAN:
        _saw(delivery, link)
    _append(delivery, "mail.clicked", f"{delivery.pk}:{link.pk}", link.url, actor)


def _saw(delivery: Delivery, link: TrackedLink) -> None:
    """Who follows a link to something of the library has seen it."""
    lead_id = _lead_of(delivery)
    for item in content.of_addresses([link.url]).values() if lead_id else ():
        content.saw(
            item_id=item.pk, lead_id=lead_id, key=f"click:{delivery.pk}:{link.pk}",
            how=Reading.How.MAIL, at=timezone.now(), origin=delivery.origin,
        )  # fmt: skip


def opened(delivery: Delivery, *, method: str, agent: str) -> None:
    """The picture of a message was loaded: a hint at best, never a proof of reading."""
    actor = classify(delivery, method=method, agent=agent)
    if actor == _Actor.HUMAN and _PREFETCH.search(agent):
        actor = _Actor.UNKNOWN
    _append(delivery, "mail.opened", str(delivery.pk), delivery.subject, actor)


def _in_burst(delivery: Delivery, link: TrackedLink) -> bool:
    """Another link of the same message was followed a moment ago: nobody reads that fast."""
    lead_id = _lead_of(delivery)
    return lead_id is not None and (
        Engagement.objects.filter(
            lead_id=lead_id,
            kind="mail.clicked",
            source_type="delivery",
            source_id__startswith=f"{delivery.pk}:",
            recorded_at__gt=timezone.now() - BURST,
        )
        .exclude(source_id__in=[f"{delivery.pk}:{link.pk}"])
        .exists()
    )


def _append(delivery: Delivery, kind: str, source_id: str, label: str, actor: str) -> None:
    """One fact per actor class at most; an uncertain message is thereby known to have arrived."""
    if delivery.state == Delivery.State.UNCERTAIN:
        outcomes.mark_sent(delivery=delivery, by=None, evidence="It was opened or clicked")
    lead_id = _lead_of(delivery)
    if lead_id is None or delivery.state == Delivery.State.SKIPPED:
        return
    suffix = "" if actor == _Actor.HUMAN else f":{actor}"
    fact = Fact(
        lead_id=lead_id,
        kind=kind,
        source_type="delivery",
        source_id=f"{source_id}{suffix}",
        label=label,
        topic=delivery.subject[:80],
        actor_class=actor,
    )
    append([fact], origin=delivery.origin)


def _lead_of(delivery: Delivery) -> int | None:
    """The person as she stands now, by number: the survivor, where rows were merged since."""
    lead_id, found = delivery.lead_id, None
    while lead_id is not None:
        into = list(Lead.objects.filter(pk=lead_id).values_list("merged_into_id", flat=True))
        found, lead_id = (lead_id, into[0]) if into else (None, None)
    return found
