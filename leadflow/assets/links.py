"""Following and counting short links, and those that sales makes for one person or deal."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from leadflow.assets import content
from leadflow.assets.models import ContentItem, Reading, ShortLink
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import agents
from leadflow.kit.clock import now
from leadflow.models import Lead, Origin
from leadflow.people.models import User

_COUNT = """
INSERT INTO assets_linkday (link_id, day, humans, machines) VALUES (%s, %s, %s, %s)
ON CONFLICT (link_id, day) DO UPDATE
SET humans = assets_linkday.humans + excluded.humans, machines = assets_linkday.machines + excluded.machines
"""


def followed(code: str, *, method: str, agent: str) -> str | None:
    """Count one click and tell where it leads; None for a code that is nobody's.

    A machine is what says so, what says nothing, and what only looks (HEAD), as for links in mails.
    """
    link = ShortLink.objects.filter(code=code, is_archived=False).first()
    if link is None or (link.expires_at is not None and link.expires_at <= now()):
        return None
    machine = method != "GET" or not agent.strip() or agents.is_crawler(agent)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [link.pk, now().date(), int(not machine), int(machine)])
    if link.is_personal and not machine:
        opened(link, at=now())
    return link.target


@transaction.atomic
def opened(link: ShortLink, *, at: datetime) -> None:
    """The first time that a human follows a link of hers is a fact. Records `content.opened`."""
    key = f"link:{link.pk}"
    ShortLink.objects.select_for_update().get(pk=link.pk)
    if link.content_id is None or Reading.objects.filter(key=key).exists():
        return
    content.saw(
        item_id=link.content_id, lead_id=link.lead_id, key=key, how=Reading.How.LINK, at=at,
        origin=link.origin,
    )  # fmt: skip
    data = {"title": link.name, "link": link.pk}
    record(Kind.CONTENT_OPENED, lead_id=link.lead_id, subject=link, data=data, at=at, origin=link.origin)  # fmt: skip


def for_one(
    *,
    item: ContentItem,
    lead: Lead | None,
    expires_at: datetime,
    by: User | None,
    at: datetime,
    origin: str = Origin.LIVE,
) -> ShortLink:
    """A link to an item for one person or deal, good until then; marketing does not list it."""
    return ShortLink.objects.create(
        name=item.title[:120], url=item.url, utm_source="sales", utm_medium="shared", content=item,
        campaign=item.campaign, is_personal=True, lead=lead, expires_at=expires_at, created_by=by,
        created_at=at, origin=origin,
    )  # fmt: skip


def counted() -> QuerySet[ShortLink]:
    """Links with how often they were followed: `humans`, and `machines` apart."""
    rows = ShortLink.objects.filter(is_personal=False).select_related("campaign")
    return rows.annotate(
        humans=Coalesce(Sum("days__humans"), Value(0)),
        machines=Coalesce(Sum("days__machines"), Value(0)),
    )
