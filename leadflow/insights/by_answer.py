"""What the answers of a form were worth: for each answer that can be chosen, who came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Sum
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from capture.selectors import forms_of
from capture.selectors.numbers import SMALL, Share, chosen
from capture.selectors.windows import Window, window_of
from leadflow.insights.by_form import QUALIFIED
from leadflow.models import Lead, Organisation
from leadflow.people.access import require
from leadflow.people.models import User
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from pipeline.selectors import deals_of

if TYPE_CHECKING:
    from capture.blocks.asking import Question
    from capture.models import Form

# A lead who gave an answer twice is one; who chose several answers stands at each of them.
_WORTH = """
WITH people AS ({people}), told AS (
  SELECT DISTINCT s.lead_id, a.key AS name, coalesce(one.item, a.value #>> '{{}}') AS said
  FROM capture_submission s JOIN people ON people.id = s.lead_id CROSS JOIN LATERAL jsonb_each(s.answers) AS a
  LEFT JOIN LATERAL jsonb_array_elements_text(
    CASE jsonb_typeof(a.value) WHEN 'array' THEN a.value ELSE '[]' END) AS one(item) ON true
  WHERE s.form_id = %s AND s.received_at >= %s AND s.received_at < %s
    AND s.state NOT IN ('quarantined', 'trashed') AND a.key = ANY(%s)
), won AS ({won})
SELECT told.name, told.said, count(*), count(*) FILTER (WHERE people.furthest_stage = ANY(%s)),
  count(won.lead_id), coalesce(sum(won.money), 0)
FROM told JOIN people ON people.id = told.lead_id LEFT JOIN won ON won.lead_id = told.lead_id GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Worth:
    """One answer: the leads who gave it, how many qualified and were won, and for how much."""

    said: str
    leads: int
    qualified: Share
    won: int
    revenue: Decimal
    url: str

    @property
    def is_small(self) -> bool:
        """Too few leads for a share to say anything."""
        return self.leads < SMALL


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with the answers that were given."""

    label: str
    answers: Sequence[Worth]


def worth_of(user: User, form: "Form", window: Window) -> list[Asked]:
    """Over the leads that this person may see, whatever they did since; one query for all questions."""
    asked = chosen(form)
    if not asked:
        return []
    found: dict[str, dict[str, Sequence[Any]]] = {}
    for name, said, *figures in _figures(user, form, [one.name for one in asked], window):
        found.setdefault(name, {})[said] = figures
    lines = [(one, _lines(form, one, found.get(one.name, {}), window)) for one in asked]
    return [Asked(one.label, rows) for one, rows in lines if rows]


def _figures(user: User, form: "Form", names: list[str], window: Window) -> list[tuple[Any, ...]]:
    people = Lead.objects.visible_to(user).order_by().values("id", "furthest_stage")
    deals = deals_of(user).filter(won_at__isnull=False, lead__isnull=False).order_by()
    won = deals.values("lead_id").annotate(money=Sum("base_amount"))
    (people_sql, people_told), (won_sql, won_told) = (
        rows.query.sql_with_params() for rows in (people, won)
    )
    sql = _WORTH.format(people=people_sql, won=won_sql)
    told = [*people_told, form.pk, window.start, window.end, names, *won_told, list(QUALIFIED)]
    with connection.cursor() as cursor:
        cursor.execute(sql, told)
        return list(cursor.fetchall())


def _lines(
    form: "Form", one: "Question", given: dict[str, Sequence[Any]], window: Window
) -> list[Worth]:
    """In the order of the form; numbers by size, and answers of older versions last."""
    order = [value for value, _label in one.options()] or ["true", "false"]
    values = sorted(given, key=lambda said: (_place(order, said), len(said), said))
    return [_line(form, one, said, given[said], window) for said in values]


def _place(order: list[str], said: str) -> int:
    return order.index(said) if said in order else len(order)


def _line(
    form: "Form", one: "Question", said: str, figures: Sequence[Any], window: Window
) -> Worth:
    leads, qualified, won, money = figures
    plain = {"true": True, "false": False}.get(said, said) if one.type == "yes_no" else said
    rows = urlencode({"said": f"{one.name}={said}"})
    return Worth(
        one.shown(plain), leads, Share(qualified, leads), won, Decimal(money),
        f"/forms/{form.pk}/answers/?{rows}&{window.address}",
    )  # fmt: skip


@access("insights.view")
@require_safe
def form_worth(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The table “What the answers were worth” of a form's tab Numbers."""
    require(request.user, "answer.view")
    form = get_object_or_404(forms_of(request.user), pk=pk)
    asked = worth_of(request.user, form, window_of(request.GET))
    context: dict[str, Any] = {"asked": asked, "small": SMALL}
    context["currency"] = Organisation.current().base_currency
    return render(request, "insights/form_worth.html", context)
