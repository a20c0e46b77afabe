"""Which companies may be here twice: same name but for the legal form, or same host at another suffix.

Blocks only, by index: nobody is compared with everybody. A person has the last word.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy

from leadflow.conditions.zone import here
from leadflow.kit import clock
from leadflow.models import Company, CompanyTwin
from leadflow.people.models import User
from leadflow.runs import registry, services
from leadflow.runs.models import Run
from leadflow.runs.working import Work
from leadflow.services import twins

KIND = "company-duplicates"
SLICE = 20_000  # keys of companies looked at by one statement
CROWD = 50  # companies of one name or host beyond which it says nothing ("Shop", "mail")
WEIGHTS = {"name": 70, "host": 55, "alike": 20, "city": 15, "blank": 15, "apart": 20}
SHOWN = 5  # on the page of one company
LEAST = 50  # of a hundred, from which a pair is shown

# `host` is the domain without its suffix: acme of acme.co.uk. Two known countries that differ, and two
# domains whose hosts differ, speak against; a company without domain is likely the other's short form.
_FIND = """
WITH mine AS (
    SELECT id, name_key, split_part(domain, '.', 1) AS host FROM leadflow_company
    WHERE id BETWEEN %(first)s AND %(last)s AND deleted_at IS NULL AND merged_into_id IS NULL
), names AS (
    SELECT name_key FROM leadflow_company
    WHERE name_key IN (SELECT name_key FROM mine) AND name_key <> ''
        AND deleted_at IS NULL AND merged_into_id IS NULL
    GROUP BY name_key HAVING count(*) BETWEEN 2 AND %(crowd)s
), hosts AS (
    SELECT split_part(domain, '.', 1) AS host FROM leadflow_company
    WHERE split_part(domain, '.', 1) IN (SELECT host FROM mine) AND length(domain) > 6
        AND deleted_at IS NULL AND merged_into_id IS NULL
    GROUP BY 1 HAVING count(*) BETWEEN 2 AND %(crowd)s
), pairs AS (
    SELECT mine.id AS a, other.id AS b FROM mine
    JOIN names USING (name_key)
    JOIN leadflow_company other ON other.name_key = mine.name_key AND other.id <> mine.id
    UNION
    SELECT mine.id, other.id FROM mine
    JOIN hosts USING (host)
    JOIN leadflow_company other ON split_part(other.domain, '.', 1) = mine.host AND other.id <> mine.id
), judged AS (
    SELECT DISTINCT x.id AS one, y.id AS two, x.name_key = y.name_key AS name,
        COALESCE(split_part(x.domain, '.', 1) = split_part(y.domain, '.', 1), false) AS host,
        similarity(x.name_key, y.name_key) AS likeness,
        x.city <> '' AND lower(x.city) = lower(y.city) AS city,
        x.domain IS NULL OR y.domain IS NULL AS blank,
        x.country <> '' AND y.country <> '' AND x.country <> y.country AS abroad
    FROM pairs
    JOIN leadflow_company x ON x.id = least(a, b) AND x.deleted_at IS NULL AND x.merged_into_id IS NULL
    JOIN leadflow_company y ON y.id = greatest(a, b) AND y.deleted_at IS NULL AND y.merged_into_id IS NULL
), scored AS (
    SELECT *, greatest(0, least(100, name::int * %(w_name)s + host::int * %(w_host)s
        + CASE WHEN host AND NOT name THEN round(likeness * %(w_alike)s) ELSE 0 END
        + city::int * %(w_city)s + (name AND blank)::int * %(w_blank)s
        - (NOT host AND NOT blank)::int * %(w_apart)s - abroad::int * %(w_apart)s))::int AS score
    FROM judged
)
INSERT INTO leadflow_companytwin
    (one_id, two_id, score, same_name, same_host, same_city, is_different, found_at)
SELECT one, two, score, name, host, city, false, %(at)s FROM scored WHERE score >= %(least)s
ON CONFLICT (two_id, one_id) DO UPDATE SET score = EXCLUDED.score, same_name = EXCLUDED.same_name,
    same_host = EXCLUDED.same_host, same_city = EXCLUDED.same_city
"""


@transaction.atomic
def find(*, first: int, last: int, at: datetime | None = None) -> int:
    """Look for twins of the companies between two keys, both included; how many pairs it wrote."""
    values: Mapping[str, Any] = {
        "first": first, "last": last, "at": at or clock.now(), "crowd": CROWD, "least": LEAST,
        **{f"w_{name}": weight for name, weight in WEIGHTS.items()},
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FIND, values)
        return int(cursor.rowcount)


def work(work: Work) -> Mapping[str, Any]:
    """The run: all companies, a slice of keys at a time."""
    return twins.walk(work, Company, find, SLICE)


def look(*, by: User | None) -> Run:
    """Ask for all companies to be looked at. Raises Conflict while somebody's look goes on."""
    return services.start(KIND, {}, by=by, key=KIND)


def last_look() -> Run | None:
    """The latest run over all companies."""
    return Run.objects.filter(kind=KIND).order_by("-pk").first()


def begin_once_a_night(at: datetime) -> Run | None:
    """Look at all companies where today's look has not begun."""
    return services.start_nightly(KIND, local=here(at), at=at)


@transaction.atomic
def tell_apart(*, twin: CompanyTwin, by: User) -> None:
    """These two are different companies: they are not proposed again."""
    CompanyTwin.objects.filter(pk=twin.pk).update(is_different=True, by=by)


def alike(company: Company) -> list[Company]:
    """The companies that may be the same as this one, the likeliest first; one query."""
    rows = CompanyTwin.objects.waiting().filter(Q(one=company) | Q(two=company))
    rows = rows.select_related("one", "two").order_by("-score", "-pk")[:SHOWN]
    return [twin.two if twin.one_id == company.pk else twin.one for twin in rows]


def forget_settled() -> int:
    """Drop pairs of which one is gone or merged; returns how many."""
    return twins.forget_settled(CompanyTwin)


def install() -> None:
    """Make the run known; called once by apps.py."""
    registry.register(
        registry.RunKind(
            KIND,
            gettext_lazy("Look for companies that are here twice"),
            work,
            result_url=lambda _r: "/companies/duplicates/",
        )
    )
