"""Visits: written as they are reported, and joined to a person when she sends a form.

A beacon costs one statement for all that it tells. Only a visitor who agreed is ever joined to a
person, and a person's history is added to, never replaced.
"""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.crypto import get_random_string

from capture.models import Behaviour, DaySalt, Form, Submission, Visit, Visitor, VisitorPolicy
from capture.rules.beacons import TELLING, Act, Beacon, visitor_key
from leadflow.assets import content
from leadflow.kit import agents, clock, networks, tokens, touches
from leadflow.models import Campaign, Channel, Lead, Origin, Source
from leadflow.services import engagement

BATCH = 5_000
SILENCE = timedelta(minutes=30)
_WRITE = """
WITH who AS (
  INSERT INTO capture_visitor (key, is_anonymous, is_shared, first_seen_at, last_seen_at)
  VALUES (%(who)s, %(is_anonymous)s, false, %(first)s, %(at)s)
  ON CONFLICT (key) DO UPDATE SET last_seen_at = greatest(capture_visitor.last_seen_at, EXCLUDED.last_seen_at)
  RETURNING id, CASE WHEN NOT is_shared THEN lead_id END AS lead_id
), visit AS (
  INSERT INTO capture_visit (visitor_id, lead_id, key, started_at, last_seen_at, site, landing, referrer, utm,
    source, device, network, origin)
  SELECT id, lead_id, %(visit)s, %(first)s, %(at)s, %(site)s, %(landing)s, %(referrer)s, %(utm)s::jsonb,
    %(source)s, %(device)s, %(network)s, %(origin)s FROM who
  ON CONFLICT (visitor_id, key) DO UPDATE SET last_seen_at = greatest(capture_visit.last_seen_at, EXCLUDED.last_seen_at)
  RETURNING id, lead_id, xmax = 0 AS is_new
), acts AS (
  INSERT INTO capture_behaviour (visit_id, act_id, kind, label, topic, page, seconds, value, data, occurred_at)
  SELECT visit.id, act.* FROM visit, jsonb_to_recordset(%(acts)s::jsonb) AS act(id text, kind text, label text,
    topic text, page text, seconds float, value numeric, data jsonb, at timestamptz)
  ON CONFLICT (visit_id, act_id) DO NOTHING
  RETURNING act_id
), seen AS (
  INSERT INTO assets_reading (item_id, key, how, is_landing, lead_id, source, seen_at, origin)
  SELECT DISTINCT ON (item.id) item.id, 'visit:' || visit.id, 'visit', item.place = %(landed)s, visit.lead_id,
    %(source)s, act.at, %(origin)s
  FROM visit, jsonb_to_recordset(%(acts)s::jsonb) AS act(kind text, place text, at timestamptz)
  JOIN assets_contentitem item ON item.place = act.place
  WHERE act.kind = 'page.viewed' AND act.place <> ''
  ORDER BY item.id, act.at
  ON CONFLICT (key, item_id) DO NOTHING
)
SELECT visit.id, visit.lead_id, visit.is_new, (SELECT coalesce(array_agg(act_id), '{}') FROM acts) FROM visit
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a beacon, as the connection tells it. `site` is the host that the script runs on."""

    ip: str | None
    agent: str
    site: str


def take(
    beacon: Beacon,
    *,
    sender: Sender,
    policy: VisitorPolicy,
    at: datetime,
    origin: str = Origin.LIVE,
) -> int:
    """Write what a beacon tells; returns how many acts were new.

    A visitor who did not agree, or whom the policy does not want to know, is told apart by a hash that
    nobody can repeat tomorrow.
    """
    is_known = bool(beacon.visitor) and policy.mode == VisitorPolicy.Mode.IDENTIFIED
    who = beacon.visitor if is_known else anonymous_key(sender, at.date())
    acts = {act.id: act for act in _with_forms(beacon.acts)}
    if not acts:
        return 0
    with transaction.atomic():
        row = _row(beacon, sender, who, not is_known, acts, at, origin)
        if not is_known:
            row["visit"] = _going_on(who, at) or beacon.visit
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, row)
            visit, lead, is_new, new_ids = cursor.fetchone()
        if lead:
            new = [acts[key] for key in acts if key in set(new_ids)]
            _tell(lead, visit, new, origin)
            if is_new:
                _touch(Visit.objects.get(pk=visit))
    return len(new_ids)


def _going_on(who: str, at: datetime) -> str:
    """The visit of an anonymous visitor that is not over: her browser keeps none between pages."""
    rows = Visit.objects.filter(visitor__key=who, last_seen_at__gte=at - SILENCE)
    return rows.order_by("-last_seen_at").values_list("key", flat=True).first() or ""


def _row(
    beacon: Beacon,
    sender: Sender,
    who: str,
    is_anonymous: bool,
    acts: dict[str, Act],
    at: datetime,
    origin: str,
) -> dict[str, Any]:
    return {
        "who": who,
        "is_anonymous": is_anonymous,
        "first": min(act.at for act in acts.values()),
        "at": at,
        "visit": beacon.visit,
        "site": sender.site,
        "landing": beacon.landing,
        "referrer": beacon.referrer,
        "utm": json.dumps(beacon.utm),
        "source": touches.source(beacon.utm, beacon.referrer),
        "device": agents.device(sender.agent),
        "network": networks.neighbourhood(sender.ip) or None,
        "origin": origin,
        "landed": touches.place(beacon.landing),
        "acts": json.dumps([_with_place(act) for act in acts.values()], default=str),
    }


def _with_place(act: Act) -> dict[str, Any]:
    return asdict(act) | {"place": touches.place(act.page)}


def _with_forms(acts: Sequence[Act]) -> list[Act]:
    """Acts about a form get its name and number; one that names no form of ours is left out."""
    codes = {act.form for act in acts if act.form}
    known = (
        {form.public_id: form for form in Form.objects.filter(public_id__in=codes)} if codes else {}
    )
    found = []
    for act in acts:
        if act.kind.startswith("form."):
            if (form := known.get(act.form)) is None:
                continue
            act = Act(act.id, act.kind, act.at, form.name[:200], f"form:{form.pk}", act.page)
        found.append(act)
    return found


def anonymous_key(sender: Sender, day: date) -> str:
    """What tells visitors of one day apart, where nobody agreed to be known; none of it is kept."""
    told = f"{sender.ip}|{sender.agent}|{sender.site}"
    return "day-" + tokens.keyed_hash(_salt(day), "visitor", told)[:32]


_salts: dict[date, bytes] = {}


def _salt(day: date) -> bytes:
    if day not in _salts:
        DaySalt.objects.bulk_create(
            [DaySalt(day=day, salt=secrets.token_bytes(32))], ignore_conflicts=True
        )
        _salts.clear()
        _salts[day] = bytes(DaySalt.objects.get(day=day).salt)
    return _salts[day]


# --- a visitor becomes a person -----------------------------------------------------------------------


def join(submission_ids: Iterable[int]) -> None:
    """The visits of browsers that sent these answers belong to the people who sent them."""
    rows = Submission.objects.filter(pk__in=list(submission_ids), lead__isnull=False)
    for submission in rows.select_related("lead"):
        key = visitor_key(submission.raw.get("lf_visitor"))
        if key and submission.lead:
            _join(key, submission.raw.get("lf_visit"), submission.lead, submission.received_at)


@transaction.atomic
def _join(key: str, visit_key: Any, lead: Lead, at: datetime) -> None:
    """Who sends first from a browser is its person. A second one shares it: only her own visit is hers."""
    Visitor.objects.bulk_create(
        [Visitor(key=key, first_seen_at=at, last_seen_at=at)], ignore_conflicts=True
    )
    visitor = Visitor.objects.select_for_update().get(key=key)
    if visitor.is_anonymous:
        return
    visits = visitor.visits.filter(lead=None)
    if visitor.lead_id is None and not visitor.is_shared:
        visitor.lead = lead
    elif visitor.lead_id != lead.pk or visitor.is_shared:
        visitor.is_shared = True
        visits = visits.filter(key=visit_key if isinstance(visit_key, str) else "")
    visitor.save(update_fields=["lead", "is_shared"])
    for visit in visits.select_for_update().order_by("started_at"):
        visit.lead = lead
        visit.save(update_fields=["lead"])
        content.belongs_to(lead.pk, [content.visit_key(visit.pk)])
        _tell(lead.pk, visit.pk, _acts_of(visit), visit.origin)
        if visit.key != visit_key:  # the touch of this one came with the answer
            _touch(visit)


def _acts_of(visit: Visit) -> list[Act]:
    rows = visit.acts.order_by("occurred_at")
    return [
        Act(r.act_id, r.kind, r.occurred_at, r.label, r.topic, r.page, r.seconds, r.value)
        for r in rows
    ]


def _tell(lead_id: int, visit_id: int, acts: Sequence[Act], origin: str) -> None:
    """What the visit's person did, in her own history, where scores and rules read it.

    A page of the library has the topic that it has there, where the site told none.
    """
    topics = content.topics(act.page for act in acts if not act.topic)
    facts = [
        engagement.Fact(
            lead_id, act.kind, "visit", f"{visit_id}:{act.id}", label=act.label,
            topic=act.topic or topics.get(touches.place(act.page), ""),
            value=act.value if act.value is not None else _decimal(act.seconds), at=act.at,
        )
        for act in acts
        if act.kind in TELLING
    ]  # fmt: skip
    if facts:
        engagement.append(facts, origin=origin)


def _decimal(seconds: float | None) -> Decimal | None:
    return None if seconds is None else Decimal(str(round(seconds, 2)))


def _touch(visit: Visit) -> None:
    """A marketing touch, for a visit that something brought: a link, an advertisement, another site."""
    if not visit.source or visit.lead is None:
        return
    named = {"name__iexact": visit.utm.get("utm_campaign", "")}
    source = Source.objects.filter(name__iexact=visit.source, is_archived=False).first()
    engagement.touch(
        lead=visit.lead,
        source=source,
        campaign=Campaign.objects.filter(is_archived=False, **named).first(),
        channel="" if source else Channel.OTHER,
        utm=visit.utm,
        referrer=visit.referrer,
        landing=visit.landing,
        label=visit.source,
        at=visit.started_at,
        origin=visit.origin,
    )


def move(*, from_lead: int, to_lead: int) -> None:
    """Let the visits of a merged lead follow her to the one that stays."""
    Visitor.objects.filter(lead_id=from_lead).update(lead_id=to_lead)
    Visit.objects.filter(lead_id=from_lead).update(lead_id=to_lead)
    content.move(from_lead=from_lead, to_lead=to_lead)


# --- forgetting -----------------------------------------------------------------------------------------


def personal_rows(lead: Lead) -> list[dict[str, Any]]:
    """What is kept of a person's visits, for her own file."""
    rows = Visit.objects.filter(lead=lead).prefetch_related("acts")
    return [
        {
            "started_at": visit.started_at,
            "landing": visit.landing,
            "referrer": visit.referrer,
            "campaign": visit.utm,
            "device": visit.device,
            "network": visit.network,
            "acts": [
                {"at": act.occurred_at, "what": act.kind, "label": act.label, "page": act.page}
                for act in visit.acts.all()
            ],
        }
        for visit in rows
    ]


def erase(people: list[Lead]) -> None:
    """Empty the visits of these people; nameless rows stay, so that counts do not move."""
    visits = Visit.objects.filter(lead__in=people)
    Behaviour.objects.filter(visit__in=visits).update(label="", topic="", page="", data={})
    visits.update(landing="", referrer="", utm={}, source="", network=None, lead=None)
    for visitor in Visitor.objects.filter(lead__in=people):
        visitor.key, visitor.lead = f"gone-{get_random_string(32)}", None
        visitor.save(update_fields=["key", "lead"])


_OLD = "SELECT id FROM capture_visit WHERE last_seen_at < %s ORDER BY last_seen_at LIMIT %s"


def forget(at: datetime | None = None) -> int:
    """Drop visits older than the policy keeps, and the salts of days that are over.

    Returns how many visits went; a batch at a time, so that a tick stays short.
    """
    at = at or clock.now()
    DaySalt.objects.filter(day__lt=at.date()).delete()
    before = at - timedelta(days=VisitorPolicy.current().keep_days)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OLD, [before, BATCH])
        old = [pk for (pk,) in cursor.fetchall()]
        if not old:
            return 0
        cursor.execute("DELETE FROM capture_behaviour WHERE visit_id = ANY(%s)", [old])
        cursor.execute("DELETE FROM capture_visit WHERE id = ANY(%s)", [old])
        cursor.execute(
            "DELETE FROM capture_visitor v WHERE last_seen_at < %s AND NOT EXISTS "
            "(SELECT FROM capture_visit WHERE visitor_id = v.id)",
            [before],
        )
    return len(old)


def sites(policy: VisitorPolicy) -> list[str]:
    """The origins that may send beacons: those that the policy names, and our own."""
    own = settings.PUBLIC_BASE_URL.rstrip("/")
    return [*policy.sites, own]
