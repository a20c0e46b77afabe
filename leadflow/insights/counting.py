"""What leads and deals add to the numbers, as one query over any number of them.

This is the only place that says it. A query gives the columns of `Mark`: one row for each measure that a
lead or deal adds to. Who those are is a condition on their keys, so that one person and a million are
counted by the same words.
"""

import itertools
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Min, Q, QuerySet

from distribution import selectors as distribution
from leadflow.history.models import FieldChange
from leadflow.insights import measures as m
from leadflow.insights.measures import Mark, Rules
from leadflow.insights.reaching import STAGES, reached_at, with_stages
from leadflow.kit import money
from leadflow.models import Lead, LeadStage
from pipeline import selectors as pipeline


class Query(NamedTuple):
    """SQL that gives marks, and its parameters."""

    sql: str
    params: tuple[Any, ...]

    def marks(self) -> list[Mark]:
        """Its rows."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params)
            return [Mark(*row) for row in cursor.fetchall()]


def of_leads(which: Q, rules: Rules) -> Query:
    """What the leads whose keys are such add; those that do not count add nothing."""
    chosen = Lead.objects.filter(m.counted_leads(), which)
    people = with_stages(chosen, from_subscriber=rules.from_subscriber)
    people = people.annotate(subscribed=Min("cycles__subscriber_at")).order_by()
    fields = ("pk", "source_id", "owner_id", "team_id", "subscribed", *map(reached_at, STAGES))
    parts = [
        _sql(people.values_list(*fields)),
        _sql(chosen.filter(email__in=m.staff()).order_by().values_list("pk")),
        _sql(distribution.first_touches(Lead.objects.filter(which).values("pk"))),
    ]
    return _filled(_OF_LEADS, parts, "leadflow.lead", rules)


def of_deals(which: Q, rules: Rules) -> Query:
    """What the deals whose keys are such add; the trash adds nothing."""
    people = Lead.objects.filter(pk__in=pipeline.people_of_deals(which))
    parts = [
        _sql(pipeline.counted_deals(which)),
        _sql(with_stages(people).order_by().values_list("pk", reached_at(LeadStage.LEAD))),
        _sql(pipeline.shares_of_deals(which)),
    ]
    units = 10 ** money.exponent(rules.currency)
    return _filled(_OF_DEALS, parts, "pipeline.deal", rules, units)


def _sql(rows: "QuerySet[Any, Any]") -> Query:
    return Query(*rows.query.sql_with_params())


def _filled(frame: str, parts: list[Query], label: str, rules: Rules, *more: int) -> Query:
    """The frame with its parts in their places; the owner's three and the day's one come after them."""
    sql = frame
    for part in parts:
        sql = sql.replace("[part]", part.sql, 1)
    params = [value for part in parts for value in part.params]
    return Query(sql, (*params, label, label, label, rules.zone.key, *more))


# Whose it was at a moment, and which day that was. The first change after the moment says what had held
# until then; without one it is what holds now. Where nobody owned it yet, it counts for whom it first
# went to: a lead is hardly ever owned in the moment in which it comes in.
_HELD = f"""
held AS (
    SELECT moment.*, given.owner AS holder,
        CASE WHEN turned.is_there THEN turned.team ELSE moment.team END AS holders
    FROM moment
    LEFT JOIN LATERAL (
        SELECT true AS is_there, (old #>> '{{}}')::bigint AS owner FROM {FieldChange._meta.db_table} c
        WHERE object_type = %s AND object_id = moment.pk AND field = 'owner' AND c.at > moment.at
        ORDER BY c.at, c.id LIMIT 1) passed ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN passed.is_there THEN passed.owner ELSE moment.owner END AS owner) had
    LEFT JOIN LATERAL (
        SELECT (new #>> '{{}}')::bigint AS owner, c.at FROM {FieldChange._meta.db_table} c
        WHERE had.owner IS NULL AND passed.is_there AND object_type = %s AND object_id = moment.pk
            AND field = 'owner' AND c.at > moment.at AND new #>> '{{}}' IS NOT NULL
        ORDER BY c.at, c.id LIMIT 1) later ON true
    CROSS JOIN LATERAL (SELECT coalesce(had.owner, later.owner) AS owner) given
    LEFT JOIN LATERAL (
        SELECT true AS is_there, (old #>> '{{}}')::bigint AS team FROM {FieldChange._meta.db_table} c
        WHERE object_type = %s AND object_id = moment.pk AND field = 'team'
            AND c.at > coalesce(later.at, moment.at)
        ORDER BY c.at, c.id LIMIT 1) turned ON true
), dated AS MATERIALIZED (SELECT held.*, (at AT TIME ZONE %s)::date AS day FROM held)
"""  # noqa: S608 - names of our own tables


def _seconds(later: str, earlier: str) -> str:
    return f"extract(epoch FROM {later} - {earlier})::float8"


def _within(later: str, earlier: str, span: timedelta) -> str:
    """Whether a moment came at most so long after another, in hours: a day of a calendar may be shorter."""
    return f"{later} <= {earlier} + interval '{span.total_seconds():.0f} seconds'"


def _cohort() -> str:
    """On the day of birth: the lead, each stage it reached, and whether it did so in time."""
    rows = [f"('born', '{m.LEAD}', true, NULL::float8)"]
    for before, stage in itertools.pairwise(STAGES):
        took = _seconds(f'd."{stage}"', f'd."{before}"')
        rows.append(f"""('born', '{m.REACHED[stage]}', d."{stage}" IS NOT NULL, {took})""")
    for stage, days in m.HORIZONS.items():
        in_time = _within(f'd."{stage}"', 'd."lead"', timedelta(days=days))
        rows.append(f"('born', '{m.IN_TIME[stage]}', {in_time}, NULL)")
    return ",\n        ".join(rows)


_WAITED = _seconds("d.touched", "d.started")
_OF_LEADS = f"""
WITH people (pk, source, owner, team, subscribed, "{'", "'.join(STAGES)}") AS MATERIALIZED ([part]),
ours (pk) AS MATERIALIZED ([part]),
touches (pk, started, touched) AS MATERIALIZED ([part]),
strangers AS MATERIALIZED (
    SELECT people.*, touches.started, touches.touched
    FROM people LEFT JOIN touches USING (pk)
    WHERE NOT EXISTS (SELECT FROM ours WHERE ours.pk = people.pk)
), moment AS (
    SELECT strangers.*, what, at FROM strangers CROSS JOIN LATERAL (VALUES
        ('born', "lead"), ('offered', "mql"), ('bought', "customer"), ('asked', started)
    ) moments (what, at) WHERE at IS NOT NULL
), {_HELD}
SELECT measure, pk, day, source, holder, holders, NULL::bigint, 0::numeric, seconds
FROM dated d CROSS JOIN LATERAL (VALUES
        {_cohort()},
        ('offered', '{m.OFFERED}', true, NULL),
        ('offered', '{m.ANSWERED}', d."sal" IS NOT NULL, NULL),
        ('offered', '{m.ACCEPTED}', {_within('d."sal"', 'd."mql"', timedelta(days=m.ACCEPTANCE))}, NULL),
        ('bought', '{m.BOUGHT}', true, NULL),
        ('asked', '{m.ASKED}', true, NULL),
        ('asked', '{m.TOUCHED}', d.touched IS NOT NULL, {_WAITED}),
        ('asked', '{m.TOUCHED_FAST}', {_WAITED} <= {m.FAST}, NULL)
    ) marks (whence, measure, is_so, seconds)
WHERE whence = what AND is_so
UNION ALL
SELECT '{m.UNDATED_LEAD}', pk, NULL, source, owner, team, NULL, 0, NULL FROM strangers
WHERE "lead" IS NULL AND subscribed IS NULL
UNION ALL
SELECT '{m.STAFF}', pk, NULL, NULL, NULL, NULL, NULL, 0, NULL FROM ours
"""  # noqa: S608 - constants of this module

# What each is credited with: her share of the amount in whole units of the currency, of which the largest
# remainders get those that are left. What is less than a unit, of an amount at a rate, goes to the largest
# share, so that all add up to the amount whatever it is. A deal that nobody shares is its owner's at winning.
_SHARED = """
cut AS (
    SELECT d.pk, d.day, d.source_id, d.base_amount, scale.units, coalesce(s.place, 1) AS place,
        CASE WHEN s.deal IS NULL THEN holder ELSE s.person END AS person,
        CASE WHEN s.deal IS NULL OR s.person = holder THEN holders ELSE s.party END AS party,
        round(d.base_amount * scale.units) AS whole, coalesce(s.share, 100) * 100 AS points
    FROM dated d LEFT JOIN shares s ON s.deal = d.pk CROSS JOIN (SELECT %s::numeric AS units) scale
    WHERE what = 'won' AND d.base_amount <> 0
), credited AS (
    SELECT cut.*, div(whole * points, 10000) AS part,
        row_number() OVER (PARTITION BY pk ORDER BY mod(whole * points, 10000) DESC, place) AS turn,
        whole - sum(div(whole * points, 10000)) OVER (PARTITION BY pk) AS left_over
    FROM cut
)
"""
_CREDIT = """(part + (turn <= left_over)::int) / units
        + CASE WHEN place = 1 THEN base_amount - whole / units ELSE 0 END"""

_BEGAN = "coalesce(d.qualified_at, d.opened_at)"
_TOOK = _seconds("d.won_at", _BEGAN)
_LATE = "born.at > coalesce(d.opened_at, d.won_at)"
_OF_DEALS = f"""
WITH deals ({", ".join(pipeline.COUNTED)}) AS MATERIALIZED ([part]),
born (lead, at) AS MATERIALIZED ([part]),
shares (deal, person, party, share, place) AS MATERIALIZED ([part]),
moment AS (
    SELECT deals.*, owner_id AS owner, team_id AS team, what, moments.at
    FROM deals CROSS JOIN LATERAL (VALUES
        ('opened', opened_at, true), ('won', won_at, status = 'won'), ('lost', lost_at, status = 'lost')
    ) moments (what, at, is_so) WHERE moments.at IS NOT NULL AND is_so
), {_HELD.rstrip()}, {_SHARED}
SELECT measure, d.pk, day, d.source_id, holder, holders, detail, coalesce(money, 0)::numeric(24, 4), seconds
FROM dated d LEFT JOIN born ON born.lead = d.lead_id CROSS JOIN LATERAL (VALUES
        ('opened', '{m.OPENED}', true, d.lost_reason_id, NULL::numeric, NULL::float8),
        ('opened', '{m.OPENED_WON}', d.status = 'won', NULL, NULL, NULL),
        ('won', '{m.WON}', true, NULL, d.base_amount, CASE WHEN {_BEGAN} <= d.won_at THEN {_TOOK} END),
        ('won', '{m.WON_NO_AMOUNT}', d.base_amount IS NULL AND d.amount IS NULL, NULL, NULL, NULL),
        ('won', '{m.WON_NO_RATE}', d.base_amount IS NULL AND d.amount IS NOT NULL, NULL, NULL, NULL),
        ('won', '{m.WON_FREE}', d.base_amount = 0, NULL, NULL, NULL),
        ('won', '{m.WON_NO_START}', {_BEGAN} IS NULL, NULL, NULL, NULL),
        ('won', '{m.WON_BACKWARDS}', {_BEGAN} > d.won_at, NULL, NULL, NULL),
        ('won', '{m.WON_UNQUALIFIED}', d.qualified_at IS NULL AND d.opened_at <= d.won_at, NULL, NULL, NULL),
        ('won', '{m.NEW_NOBODY}', d.kind = 'new' AND d.lead_id IS NULL, NULL, NULL, NULL),
        ('won', '{m.NEW_LATE}', d.kind = 'new' AND d.lead_id IS NOT NULL AND coalesce({_LATE}, true),
            NULL, NULL, NULL),
        ('won', '{m.CLOSED_NEW}', d.kind = 'new' AND NOT {_LATE},
            NULL, NULL, {_seconds("d.won_at", "born.at")}),
        ('lost', '{m.LOST}', true, d.lost_reason_id, d.base_amount, NULL)
    ) marks (whence, measure, is_so, detail, money, seconds)
WHERE whence = what AND is_so
UNION ALL
SELECT '{m.CREDITED}' || place, pk, day, source_id, person, party, NULL, ({_CREDIT})::numeric(24, 4), NULL
FROM credited
UNION ALL
SELECT CASE status WHEN 'won' THEN '{m.UNDATED_WON}' WHEN 'lost' THEN '{m.UNDATED_LOST}'
        ELSE '{m.UNDATED_OPEN}' END, pk, NULL, source_id, owner_id, team_id, NULL, 0, NULL
FROM deals WHERE CASE status WHEN 'won' THEN won_at WHEN 'lost' THEN lost_at ELSE opened_at END IS NULL
"""  # noqa: S608 - constants of this module
