"""What became of mails, by one definition for sequences and broadcasts.

Delivered is what was accepted and did not come back. Opens and clicks count within 7 days, replies within 14,
opt-outs within 7, from the moment at which the mail was handed over. Clicks and opens are of people; those of
machines stand apart and are counted nowhere.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, TypeVar, cast

from django.db import connection, models
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from leadflow.kit import stats
from leadflow.mail.models import COUNTED, Delivery, InboundMail
from leadflow.mail.outcomes import GONE
from leadflow.models import Consent, Engagement

READ, REPLIED = timedelta(days=7), timedelta(days=14)
SMALL = 30  # fewer delivered than this say little
_S = Delivery.State
_Row = TypeVar("_Row", bound=models.Model)

# Each number of a mail, and which rows are behind it (after `with_facts`).
BEHIND: dict[str, Q] = {
    "sent": Q(),
    "delivered": ~Q(delivery__state=_S.BOUNCED),
    "bounced": Q(delivery__state=_S.BOUNCED),
    "bounced_hard": Q(delivery__state=_S.BOUNCED, delivery__reason=GONE),
    "bounced_soft": Q(delivery__state=_S.BOUNCED) & ~Q(delivery__reason=GONE),
    "complained": Q(delivery__state=_S.COMPLAINED),
    "opened": Q(has_opened=True),
    "clicked": Q(has_clicked=True),
    "opened_by_machine": Q(has_opened_by_machine=True),
    "clicked_by_machine": Q(has_clicked_by_machine=True),
    "replied": Q(has_replied=True),
    "unsubscribed": Q(has_unsubscribed=True),
}


@dataclass(frozen=True)
class Rate:
    """A share with the interval that holds the true one (95 %); None where there is nothing to share."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """From and to; of none that happened the highest still plausible."""
        if not self.whole:
            return None
        if not self.part:
            return (0.0, stats.rule_of_three(self.whole))
        return stats.wilson(min(self.part, self.whole), self.whole)

    @property
    def is_small(self) -> bool:
        """Whether so few say little."""
        return self.whole < SMALL


@dataclass(frozen=True)
class Mails:
    """The numbers of a mail, or of several together."""

    sent: int = 0
    delivered: int = 0
    bounced_hard: int = 0
    bounced_soft: int = 0
    complained: int = 0
    opened: int = 0
    clicked: int = 0
    opened_by_machine: int = 0
    clicked_by_machine: int = 0
    replied: int = 0
    unsubscribed: int = 0
    goal: int = 0

    def __add__(self, other: "Mails") -> "Mails":
        return Mails(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )

    @property
    def bounced(self) -> int:
        """What came back, for good or for now."""
        return self.bounced_hard + self.bounced_soft

    def rate(self, name: str) -> Rate:
        """A number as a share: bounces of the sent, the others of the delivered."""
        of_sent = name in ("delivered", "bounced", "bounced_hard", "bounced_soft")
        return Rate(getattr(self, name), self.sent if of_sent else self.delivered)


def with_facts(
    rows: QuerySet[_Row], *, lead: str = "lead", purpose: Any = "marketing"
) -> QuerySet[_Row]:
    """Rows with a `delivery` and `at`, each with whether she opened, clicked, answered and opted out."""
    told: Any = rows.annotate(
        has_opened=Exists(_reads("mail.opened", ["human", "unknown"], lead)),
        has_clicked=Exists(_reads("mail.clicked", ["human"], lead)),
        has_opened_by_machine=Exists(_reads("mail.opened", ["machine"], lead)),
        has_clicked_by_machine=Exists(_reads("mail.clicked", ["machine"], lead)),
        has_replied=Exists(
            InboundMail.objects.filter(
                delivery=OuterRef("delivery"),
                kind=InboundMail.Kind.REPLY,
                received_at__lt=OuterRef("at") + REPLIED,
            )
        ),
        has_unsubscribed=Exists(
            Consent.objects.filter(
                lead=OuterRef(lead),
                channel="email",
                purpose=purpose,
                state=Consent.State.WITHDRAWN,
                at__gt=OuterRef("at"),
                at__lt=OuterRef("at") + READ,
            )
        ),
    )
    return cast("QuerySet[_Row]", told)


def _reads(kind: str, actors: list[str], lead: str) -> QuerySet[Engagement]:
    """The facts of that kind about a row's own mail; their ids begin with the mail's."""
    number = Cast(OuterRef("delivery_id"), CharField())
    return Engagement.objects.annotate(number=number).filter(
        Q(source_id=F("number")) | Q(source_id__startswith=Concat(number, Value(":"))),
        lead=OuterRef(lead),
        kind=kind,
        source_type="delivery",
        actor_class__in=actors,
        occurred_at__lt=OuterRef("at") + READ,
    )


# --- The same, set by set, for many mails at once -------------------------------------------------------

# {rows}: (place, lead, delivery, purpose, at, goal_at); each fact is read once and joined by the mail.
_COUNT = """
WITH mails AS ({rows}),
sent AS (
  SELECT m.*, d.state, d.reason FROM mails m JOIN {delivery} d ON d.id = m.delivery_id
  WHERE d.state = ANY(%(counted)s)
),
reads AS (
  SELECT split_part(e.source_id, ':', 1)::bigint AS delivery_id, e.kind, e.actor_class,
         min(e.occurred_at) AS first
  FROM {engagement} e
  WHERE e.lead_id IN (SELECT lead_id FROM sent) AND e.source_type = 'delivery'
    AND e.kind IN ('mail.opened', 'mail.clicked') AND split_part(e.source_id, ':', 1) ~ '^[0-9]+$'
  GROUP BY 1, 2, 3
),
seen AS (
  SELECT s.delivery_id,
         bool_or(r.kind = 'mail.opened' AND r.actor_class IN ('human', 'unknown')) AS opened,
         bool_or(r.kind = 'mail.clicked' AND r.actor_class = 'human') AS clicked,
         bool_or(r.kind = 'mail.opened' AND r.actor_class = 'machine') AS m_opened,
         bool_or(r.kind = 'mail.clicked' AND r.actor_class = 'machine') AS m_clicked
  FROM sent s JOIN reads r ON r.delivery_id = s.delivery_id AND r.first < s.at + %(read)s
  GROUP BY 1
),
answers AS (
  SELECT DISTINCT s.delivery_id FROM sent s
  JOIN {inbound} i ON i.delivery_id = s.delivery_id AND i.kind = 'reply'
   AND i.received_at < s.at + %(replied)s
),
outs AS (
  SELECT DISTINCT s.delivery_id FROM sent s
  JOIN {consent} c ON c.lead_id = s.lead_id AND c.channel = 'email' AND c.purpose = s.purpose
   AND c.state = 'withdrawn' AND c.at > s.at AND c.at < s.at + %(read)s
)
SELECT s.place, count(*),
  count(*) FILTER (WHERE s.state <> 'bounced'),
  count(*) FILTER (WHERE s.state = 'bounced' AND s.reason = %(gone)s),
  count(*) FILTER (WHERE s.state = 'bounced' AND s.reason <> %(gone)s),
  count(*) FILTER (WHERE s.state = 'complained'),
  count(DISTINCT s.lead_id) FILTER (WHERE seen.opened),
  count(DISTINCT s.lead_id) FILTER (WHERE seen.clicked),
  count(DISTINCT s.lead_id) FILTER (WHERE seen.m_opened),
  count(DISTINCT s.lead_id) FILTER (WHERE seen.m_clicked),
  count(DISTINCT s.lead_id) FILTER (WHERE answers.delivery_id IS NOT NULL),
  count(DISTINCT s.lead_id) FILTER (WHERE outs.delivery_id IS NOT NULL),
  count(DISTINCT s.lead_id) FILTER (WHERE s.goal_at >= s.at)
FROM sent s
LEFT JOIN seen ON seen.delivery_id = s.delivery_id
LEFT JOIN answers ON answers.delivery_id = s.delivery_id
LEFT JOIN outs ON outs.delivery_id = s.delivery_id
GROUP BY s.place
"""


def count(rows: str, params: Mapping[str, Any]) -> dict[str, Mails]:
    """The numbers by place, in one statement. `rows` is a query of ours that gives place, lead_id,
    delivery_id, purpose, at and goal_at, its values in `params`."""
    statement = _COUNT.format(
        rows=rows,
        delivery=Delivery._meta.db_table,
        engagement=Engagement._meta.db_table,
        inbound=InboundMail._meta.db_table,
        consent=Consent._meta.db_table,
    )
    values = {
        **params,
        "counted": [str(state) for state in COUNTED],
        "read": READ,
        "replied": REPLIED,
        "gone": GONE,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {str(place): Mails(*numbers) for place, *numbers in cursor.fetchall()}


def total(some: Collection[Mails]) -> Mails:
    """All of them together."""
    return sum(some, Mails())
