"""Who gets what: people who may be written to and hear nothing, and people who hear most.

All of it by sets. People who hear nothing are counted among ten thousand leads at most, drawn evenly from all: with
more the numbers are scaled and say so. So the page costs the same whether there are ten thousand or a million.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from leadflow.kit import stats
from leadflow.mail.models import COUNTED, Delivery
from leadflow.models import Consent, Disposition, Lead, Suppression
from leadflow.models.expressions import Among
from leadflow.people.models import User
from leadflow.segments.models import SegmentMember
from leadflow.services import addresses
from nurturing.models import UNDER_WAY, Enrolment, MailPolicy, Refusal
from nurturing.services.eligibility import PURPOSE, norm_of

SAMPLE = (
    10_000  # leads that are looked at; of a share of all that is 1 % off at most, 19 times of 20
)
BATCH = 1_000
SPANS = (30, 90)  # days without a mail
WEEK, MONTH = timedelta(days=7), timedelta(days=28)
TOP = 6  # the last bar: so many mails or more
_USUAL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)
_ID = 18  # digits of the longest
BY = ("stage", "owner", "source", "why")


# --- Who hears nothing ------------------------------------------------------------------------------------


@dataclass
class Neglected:
    """How many hear nothing, and who they are; `is_sample` where that is scaled from some of them."""

    count: int = 0
    is_sample: bool = False
    by: dict[str, Counter[Any]] = field(default_factory=lambda: {name: Counter() for name in BY})


@dataclass(frozen=True)
class _Row:
    pk: int
    stage: str
    owner: int | None
    source: int | None
    why: str


def neglected(user: User, *, days: int, at: datetime) -> Neglected:
    """Everybody who may get marketing mail and got none in so many days, counted by what she is."""
    stride, drawn = _drawn()
    found, closed = Neglected(is_sample=stride > 1), _closed()
    rows = _candidates(user, since=at - timedelta(days=days)).filter(drawn)
    for row in _open(rows, closed):
        found.count += stride
        for name in BY:
            found.by[name][getattr(row, name)] += stride
    return found


def neglected_people(
    user: User, *, days: int, at: datetime, by: str, value: str, after: int, most: int
) -> list[Lead]:
    """The people behind such a number, from an id on."""
    ids: list[int] = []
    closed = _closed()
    rows = _candidates(user, since=at - timedelta(days=days))
    if by:
        rows = rows.filter(_is(by, value))
    while len(ids) < most:
        batch = rows.filter(pk__gt=after)[:BATCH]
        ids += [row.pk for row in _open(batch, closed)]
        if len(batch) < BATCH:
            break
        after = batch[len(batch) - 1][0]
    ids = ids[:most]
    known = Lead.objects.select_related("owner").in_bulk(ids)
    return [known[pk] for pk in ids if pk in known]


def _is(by: str, value: str) -> Q:
    """One bar of a group, as the page names it. Whoever asks for what there is none of gets nobody."""
    if by not in ("owner", "source"):
        return Q(**{by: value})
    if not value:
        return Q(**{by: None})
    is_id = value.isascii() and value.isdecimal() and len(value) <= _ID
    return Q(**{by: int(value)}) if is_id else Q(pk__in=[])


def _drawn() -> tuple[int, Q]:
    """How many leads stand for one that is looked at, and which those are: of each stretch of that many ids
    one, by its number, so that a page looks at the same people each time."""
    ends = Lead.objects.aggregate(first=Min("pk"), last=Max("pk"))
    first, last = ends["first"] or 0, ends["last"] or 0
    stride = -(-(last - first + 1) // SAMPLE)
    if stride == 1:
        return 1, Q()
    ids = [
        begin + stats.bucket("reach", str(begin), stride)
        for begin in range(first, last + 1, stride)
    ]
    return stride, Q(Among("pk", ids))


def _open(rows: Iterable[tuple[Any, ...]], closed: "_Closed") -> Iterator[_Row]:
    """Those who may be written to. What the database cannot say (addresses on the list of those who get
    none are kept as keyed hashes) is sorted out here."""
    for pk, email, *rest in rows:
        if not closed.holds(email):
            yield _Row(pk, *rest)


def _candidates(user: User, *, since: datetime) -> QuerySet[Lead, Any]:
    """(id, address, stage, owner, source, why) of leads who agreed and got nothing since. Each is asked for
    by her own rows: how much all others got costs nothing."""
    agreed = Consent.objects.filter(lead=OuterRef("pk"), channel="email", purpose=PURPOSE)
    newest = Subquery(agreed.order_by("-at", "-id").values("state")[:1])
    got = Delivery.objects.filter(
        lead=OuterRef("pk"), kind=Delivery.Kind.MARKETING, due_at__gte=since, state__in=COUNTED
    )
    never = list(MailPolicy.current().never.values_list("pk", flat=True))
    rows = Lead.objects.visible_to(user).filter(merged_into=None, deleted_at=None)
    rows = rows.exclude(email="").exclude(disposition=Disposition.DISQUALIFIED)
    # a value asked for each row: as NOT EXISTS the planner may read the ledger of all those days instead
    rows = rows.alias(got=Subquery(got.values("pk")[:1])).filter(got=None)
    if never:
        kept = SegmentMember.objects.current().filter(segment__in=never, lead=OuterRef("pk"))
        rows = rows.exclude(Exists(kept))
    rows = rows.alias(consent_now=newest).filter(consent_now=Consent.State.GIVEN)
    return (
        rows.annotate(why=_why())
        .order_by("pk")
        .values_list("pk", "email", "stage", "owner", "source", "why")
    )


def _why() -> Case:
    hers = Enrolment.objects.filter(lead=OuterRef("pk")).order_by()
    refused = Refusal.objects.filter(lead=OuterRef("pk")).order_by()
    return Case(
        When(Exists(hers.filter(state=Enrolment.State.HELD_BACK)), then=Value("held_back")),
        When(Exists(hers.filter(state__in=UNDER_WAY)), then=Value("inside")),
        When(Exists(refused), then=Value("refused")),
        When(Exists(hers), then=Value("ended")),
        default=Value("never"),
        output_field=CharField(),
    )


@dataclass(frozen=True)
class _Closed:
    """Addresses that get nothing whatever their lead agreed to."""

    hashes: frozenset[str]
    domains: frozenset[str]
    staff: frozenset[str]

    def holds(self, email: str) -> bool:
        # the usual address is its own norm in lower case; reading each one anew would cost most of the report
        norm = email.lower() if _USUAL.fullmatch(email) else norm_of(email)
        if not norm or norm in self.staff or norm.rpartition("@")[2] in self.domains:
            return True
        return bool(self.hashes) and addresses.address_hash(norm) in self.hashes


def _closed() -> _Closed:
    held = Suppression.objects.filter(lifted_at=None, purpose__in=["", PURPOSE])
    staff = User.objects.exclude(email=None).values_list("email", flat=True)
    return _Closed(
        frozenset(held.values_list("email_hash", flat=True)),
        MailPolicy.current().competitor_domains,
        frozenset(str(email) for email in staff),
    )


# --- Who hears most ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """People who got so many marketing mails in four weeks, and what they made of it."""

    mails: int
    people: int
    unsubscribed: int
    complained: int


_GOT = """
WITH got AS (
  SELECT lead_id, count(*) AS n, min(due_at) AS first FROM {delivery}
  WHERE kind = 'marketing' AND due_at >= %(since)s AND due_at < %(at)s AND lead_id IS NOT NULL
    AND state = ANY(%(counted)s) AND lead_id IN ({leads})
  GROUP BY lead_id
),
out AS (
  SELECT DISTINCT got.lead_id FROM got JOIN {consent} c ON c.lead_id = got.lead_id
   AND c.channel = 'email' AND c.state = 'withdrawn' AND c.at >= got.first AND c.at < %(at)s
),
angry AS (
  SELECT DISTINCT lead_id FROM {delivery}
  WHERE kind = 'marketing' AND due_at >= %(since)s AND due_at < %(at)s AND state = 'complained'
    AND lead_id IS NOT NULL
)
SELECT least(got.n, {top}), count(*), count(out.lead_id), count(angry.lead_id)
FROM got LEFT JOIN out ON out.lead_id = got.lead_id LEFT JOIN angry ON angry.lead_id = got.lead_id
GROUP BY 1 ORDER BY 1
"""


def heard(user: User, *, at: datetime) -> list[Bar]:
    """How many people got one, two, … marketing mails in four weeks, in one statement."""
    leads, params = Lead.objects.visible_to(user).order_by().values("id").query.sql_with_params()
    statement = _GOT.format(
        delivery=Delivery._meta.db_table,
        consent=Consent._meta.db_table,
        top=TOP,
        leads=_named(leads, params),
    )
    values = {
        "since": at - MONTH, "at": at, "counted": [str(state) for state in COUNTED],
        **{f"own{place}": value for place, value in enumerate(params)},
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Bar(*numbers) for numbers in cursor.fetchall()]


def _named(sql: str, params: tuple[Any, ...]) -> str:
    """A statement with places by name in place of those by order."""
    for place in range(len(params)):
        sql = sql.replace("%s", f"%(own{place})s", 1)
    return sql


def heard_people(user: User, *, mails: int, at: datetime) -> QuerySet[Lead]:
    """The people of such a bar, by id."""
    return _counted(user, since=at - MONTH, at=at, at_least=mails, at_most=mails)


def over_cap(user: User, *, at: datetime) -> QuerySet[Lead]:
    """People who got more mails in a week than the cap allows, since letters of a rep are not counted."""
    return _counted(
        user,
        since=at - WEEK,
        at=at,
        at_least=MailPolicy.current().per_week + 1,
        kinds=(Delivery.Kind.MARKETING, Delivery.Kind.PERSONAL),
    )


def _counted(
    user: User,
    *,
    since: datetime,
    at: datetime,
    at_least: int,
    at_most: int = TOP,
    kinds: tuple[str, ...] = (Delivery.Kind.MARKETING,),
) -> QuerySet[Lead]:
    got = Delivery.objects.filter(
        kind__in=kinds, due_at__gte=since, due_at__lt=at, state__in=COUNTED
    )
    counted = got.exclude(lead=None).order_by().values("lead").annotate(n=Count("pk"))
    wanted = Q(n__gte=at_least)
    if at_most < TOP:
        wanted &= Q(n__lte=at_most)
    leads = Lead.objects.visible_to(user).filter(pk__in=counted.filter(wanted).values("lead"))
    return leads.select_related("owner").order_by("pk")


def names_of(rows: Counter[Any], model: Any, empty: str) -> list[tuple[str, str, int]]:
    """(value, its name, how many) of a count by a foreign key, the largest first."""
    known = {row.pk: str(row) for row in model.objects.filter(pk__in=[pk for pk in rows if pk])}
    return [(str(pk or ""), known.get(pk, empty), n) for pk, n in rows.most_common(8)]
