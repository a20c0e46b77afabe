"""Who may be one person twice: found by statements over blocks, never everybody against everybody.

An e-mail or an id of another system decides by itself who somebody is. A phone may be shared, and a
name may be another's: they only suggest, and a person has the last word.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from leadflow.conditions.zone import here
from leadflow.kit import clock
from leadflow.models import Lead, Twin
from leadflow.people.models import User
from leadflow.runs import registry, services
from leadflow.runs.models import Run
from leadflow.runs.working import Work
from leadflow.services import twins

KIND = "duplicates"
SLICE = 20_000  # keys of leads looked at by one statement
CROWD = 200  # people of one company, or of one phone, beyond which a block says nothing
LIKENESS = 0.55  # of names (pg_trgm), from which they may be one
WEIGHTS = {"phone": 60, "company": 30, "name": 60}
LEAST = 65  # of a hundred, from which a pair is shown

# Each living lead between the two keys with the others of its blocks: those who share her phone, and
# those at her company. Blocks are read by their indexes; a crowded one is left out.
_FIND = """
WITH mine AS (
    SELECT id, company_id, phone, lower(concat_ws(' ', NULLIF(first_name, ''), NULLIF(last_name, ''))) AS name
    FROM leadflow_lead
    WHERE id BETWEEN %(first)s AND %(last)s AND deleted_at IS NULL AND merged_into_id IS NULL
), numbers AS (
    SELECT own.lead_id, own.value_norm FROM leadflow_leadidentity own
    JOIN mine ON mine.id = own.lead_id WHERE own.kind = 'phone'
), shared AS (
    SELECT value_norm FROM leadflow_leadidentity
    WHERE kind = 'phone' AND value_norm IN (SELECT value_norm FROM numbers)
    GROUP BY value_norm HAVING count(DISTINCT lead_id) BETWEEN 2 AND %(crowd)s
), places AS (
    SELECT company_id FROM leadflow_lead
    WHERE company_id IN (SELECT company_id FROM mine) AND deleted_at IS NULL AND merged_into_id IS NULL
    GROUP BY company_id HAVING count(*) BETWEEN 2 AND %(crowd)s
), pairs AS (
    SELECT numbers.lead_id AS a, other.lead_id AS b, true AS phone FROM numbers
    JOIN shared USING (value_norm)
    JOIN leadflow_leadidentity other ON other.value_norm = numbers.value_norm
        AND other.kind = 'phone' AND other.lead_id <> numbers.lead_id
    UNION ALL
    SELECT mine.id, other.id, false FROM mine
    JOIN places USING (company_id)
    JOIN leadflow_lead other ON other.company_id = mine.company_id AND other.id > mine.id
        AND other.deleted_at IS NULL AND other.merged_into_id IS NULL
), whole AS (
    SELECT least(a, b) AS one, greatest(a, b) AS two, bool_or(phone) AS phone FROM pairs GROUP BY 1, 2
), judged AS (
    SELECT whole.one, whole.two, whole.phone,
        COALESCE(x.company_id = y.company_id, false) AS company,
        COALESCE(similarity(
            lower(concat_ws(' ', NULLIF(x.first_name, ''), NULLIF(x.last_name, ''))),
            lower(concat_ws(' ', NULLIF(y.first_name, ''), NULLIF(y.last_name, '')))
        ), 0) AS likeness
    FROM whole
    JOIN leadflow_lead x ON x.id = whole.one AND x.deleted_at IS NULL AND x.merged_into_id IS NULL
    JOIN leadflow_lead y ON y.id = whole.two AND y.deleted_at IS NULL AND y.merged_into_id IS NULL
), scored AS (
    SELECT *, least(100, phone::int * %(w_phone)s + company::int * %(w_company)s
        + CASE WHEN likeness >= %(likeness)s THEN round(likeness * %(w_name)s) ELSE 0 END)::int AS score
    FROM judged
)
INSERT INTO leadflow_twin
    (one_id, two_id, score, same_phone, same_company, name_likeness, is_different, found_at)
SELECT one, two, score, phone, company, round(likeness * 100)::int, false, %(at)s FROM scored
WHERE score >= %(least)s
ON CONFLICT (two_id, one_id) DO UPDATE SET score = EXCLUDED.score, same_phone = EXCLUDED.same_phone,
    same_company = EXCLUDED.same_company, name_likeness = EXCLUDED.name_likeness
"""


@transaction.atomic
def find(*, first: int, last: int, at: datetime | None = None) -> int:
    """Look for twins of the leads between two keys, both included; how many pairs it wrote."""
    values: Mapping[str, Any] = {
        "first": first, "last": last, "at": at or clock.now(), "crowd": CROWD, "likeness": LIKENESS,
        "least": LEAST, **{f"w_{name}": weight for name, weight in WEIGHTS.items()},
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FIND, values)
        return int(cursor.rowcount)


def work(work: Work) -> Mapping[str, Any]:
    """The run: all leads, a slice of keys at a time."""
    return twins.walk(work, Lead, find, SLICE)


def look(*, by: User | None) -> Run:
    """Ask for all leads to be looked at. Raises Conflict while somebody's look goes on."""
    return services.start(KIND, {}, by=by, key=KIND)


def last_look() -> Run | None:
    """The latest run over all leads."""
    return Run.objects.filter(kind=KIND).order_by("-pk").first()


def begin_once_a_night(at: datetime) -> Run | None:
    """Look at all leads where today's look has not begun."""
    return services.start_nightly(KIND, local=here(at), at=at)


@transaction.atomic
def tell_apart(*, twin: Twin, by: User) -> None:
    """These two are different people: they are not proposed again."""
    Twin.objects.filter(pk=twin.pk).update(is_different=True, by=by)


def forget_settled() -> int:
    """Drop pairs of which one is gone or merged; returns how many."""
    return twins.forget_settled(Twin)


def install() -> None:
    """Make the run known; called once by apps.py."""
    registry.register(
        registry.RunKind(
            KIND,
            gettext_lazy("Look for duplicates"),
            work,
            result_url=lambda _r: "/leads/duplicates/",
        )
    )


def pairs_of(lead: Lead) -> QuerySet[Twin]:
    """The pairs that she was found in, told apart or not."""
    return Twin.objects.filter(Q(one=lead) | Q(two=lead))


def alike(lead: Lead, user: User, pairs: Iterable[Twin] | None = None) -> list[Lead]:
    """Others that she sees and that may be the same person: a twin that was found, her phone, or her
    name at the same company; without those whom somebody told apart. `pairs` are hers, where they are
    known already."""
    others = {
        (pair.two_id if pair.one_id == lead.pk else pair.one_id): pair.is_different
        for pair in (pairs_of(lead) if pairs is None else pairs)
    }
    same = Q(pk__in=[pk for pk, apart in others.items() if not apart])
    if lead.phone:
        same |= Q(phone=lead.phone)
    if lead.last_name and lead.company_id:
        same |= Q(
            last_name__iexact=lead.last_name,
            first_name__iexact=lead.first_name,
            company=lead.company_id,
        )
    told_apart = [pk for pk, apart in others.items() if apart]
    rows = Lead.objects.visible_to(user).filter(same).exclude(pk__in=[lead.pk, *told_apart])
    return list(rows.select_related("company").order_by("pk")[:5])
