"""What is wrong with the leads: each fault is a rule, so its number opens exactly its rows.

Each has its remedies, for all of its leads at once: a source, an owner, a country, a tag, a sequence, the
trash. `leadflow.desk.remedies` offers them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Func, QuerySet, TextField, Value
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadflow.conditions import sql
from leadflow.conditions.language import Catalogue, parse
from leadflow.conditions.zone import here
from leadflow.kit import clock, emails, figures
from leadflow.models import Customer, Lead
from leadflow.people.models import User
from leadflow.web.rules import catalogue_for
from leadflow.web.tables import COUNT_CAP

LOOKED_AT = 20_000  # domains near a common one that are compared with it, the most used first
# Their first letters, and as long as they are, give or take two.
_LENGTHS = sorted(map(len, emails.COMMON))
_NEAR = f"^[{''.join(sorted({one[0] for one in emails.COMMON}))}][^@]{{{_LENGTHS[0] - 3},{_LENGTHS[-1] + 1}}}$"
ASKED = 90  # of them a rule asks about: it holds a hundred conditions
STALE_DAYS = 180
SHARES = 8  # sources, or owners, of a fault that its page names
MISTYPED = "mistyped"


@dataclass(frozen=True)
class Fault:
    """Something that may be wrong: what it is called, what to do about it, and the rule that finds it."""

    key: str
    label: str | Promise
    remedy: str | Promise
    cures: tuple[str, ...]  # of `leadflow.desk.remedies`, the likeliest first
    rule: Mapping[str, Any]
    shown: Mapping[str, Sequence[str]] = field(default_factory=dict)  # how the list is opened


def _not_set(*names: str) -> list[dict[str, Any]]:
    return [{"field": f"lead.{name}", "op": "is_not_set"} for name in names]


def _all(*items: Any) -> dict[str, Any]:
    return {"all": list(items)}


def _kind(kind: str) -> dict[str, Any]:
    return {"field": "lead.address_kind", "op": "is", "value": kind}


FAULTS: Sequence[Fault] = (
    Fault("unreachable", _("No email and no phone"), _("Ask the colleague who knows them, or put them in the trash."), ("trash", "owner", "tag"), _all(*_not_set("email", "phone"))),
    Fault("nameless", _("No name"), _("Look at what they sent; a name is often in the address."), ("tag", "owner", "trash"), _all(*_not_set("first_name", "last_name"))),
    Fault("unsourced", _("No source"), _("Say where they came from."), ("source", "tag"), _all(*_not_set("source"))),
    Fault("ownerless", _("No owner"), _("Assign them, or let the routing rules do it."), ("owner", "tag", "trash"), _all(*_not_set("owner"))),
    Fault("placeless", _("No country"), _("Routing by region passes them over: fill it in, or ask on a form."), ("country", "tag"), _all(*_not_set("country"))),
    Fault("shared", _("Address of a role, not of a person"), _("Ask who reads it, and add that person's own address."), ("tag", "owner", "trash"), _all(_kind(emails.ROLE))),
    Fault("throwaway", _("Throw-away mailbox"), _("Mail to it is read by nobody: ask for another address, or put them in the trash."), ("trash", "tag", "owner"), _all(_kind(emails.THROWAWAY))),
    Fault("came_back", _("Mail comes back"), _("The mailbox does not exist: call and ask for another address, or put them in the trash."), ("tag", "owner", "trash"), _all({"field": "lead.mail_came_back", "op": "is", "value": True})),
    Fault("nowhere", _("Domain takes no mail"), _("Nothing can arrive there: put the address right, or ask for another."), ("tag", "owner", "trash"), _all({"field": "lead.mail_goes_nowhere", "op": "is", "value": True})),
    Fault("stale", _("Nobody touched for half a year"), _("Add them to a sequence, or put them in the trash."), ("sequence", "owner", "tag", "trash"),
          {"all": [{"field": "lead.created_at", "op": "more_than_ago", "value": STALE_DAYS},
                   {"any": [{"field": "lead.last_activity_at", "op": "is_not_set"},
                            {"field": "lead.last_activity_at", "op": "more_than_ago", "value": STALE_DAYS}]}]}),
)  # fmt: skip

KEYS = frozenset([MISTYPED, *(fault.key for fault in FAULTS)])


@dataclass(frozen=True)
class Found:
    """A fault with its leads, their number, and the query that lists them."""

    fault: Fault
    rows: "QuerySet[Lead]"
    count: int
    query: str

    @property
    def url(self) -> str:
        """Where they are listed."""
        return f"/leads/?{self.query}"

    @property
    def words(self) -> str:
        """The number, capped as on every list."""
        capped = f"{figures.whole(COUNT_CAP)}+"
        return capped if self.count > COUNT_CAP else figures.whole(self.count)


def shares(found: Found, by: str) -> list[tuple[int | None, str, int]]:
    """Whose these leads are, or where they came from: id, name and number, the most first.

    `by` is "source" or "owner"; of more leads than a list counts, that many are looked at.
    """
    some = Lead.objects.filter(pk__in=found.rows.values("pk")[:COUNT_CAP])
    named = some.order_by().values_list(f"{by}_id", f"{by}__name").annotate(n=Count("pk"))
    return list(named.order_by("-n", f"{by}__name")[:SHARES])


def look(rows: "QuerySet[Lead]", user: User, query: Mapping[str, Sequence[str]]) -> list[Found]:
    """Every fault among these leads; `query` is what the list filters them by, kept in the links."""
    known = catalogue_for(user, "lead")
    return [_found(rows, fault, known, query) for fault in _asked(rows, known)]


def look_at(
    key: str, rows: "QuerySet[Lead]", user: User, query: Mapping[str, Sequence[str]]
) -> Found | None:
    """One fault among these leads; None for what is none, or what she may not know of."""
    known = catalogue_for(user, "lead")
    fault = next((one for one in _asked(rows, known, key) if one.key == key), None)
    return _found(rows, fault, known, query) if fault else None


def _asked(rows: "QuerySet[Lead]", known: Catalogue, key: str = "") -> list[Fault]:
    """What she may ask about; mistyped domains are looked for where they are wanted."""
    faults = [fault for fault in FAULTS if _may_ask(fault.rule, known)]
    if "lead.email" in known.fields and key in ("", MISTYPED):
        faults.insert(-1, mistyped(rows))
    return faults


def _found(
    rows: "QuerySet[Lead]", fault: Fault, known: Catalogue, query: Mapping[str, Sequence[str]]
) -> Found:
    if not fault.rule:
        return Found(fault, rows.none(), 0, "")
    narrow = rows.filter(sql.where(parse(fault.rule, known), at=here(clock.now()))).order_by()
    count = narrow.values("pk")[: COUNT_CAP + 1].count()
    asked = {**query, "rule": [json.dumps(fault.rule)], **fault.shown}
    return Found(fault, narrow, count, urlencode(asked, doseq=True))


def mistyped(rows: "QuerySet[Lead]") -> Fault:
    """The domains among these leads that look mistyped, as a fault; without a rule where there are none."""
    domains = [f"@{one}" for one in _mistyped_domains(rows)]
    ends = [{"field": "lead.email", "op": "ends_with", "value": one} for one in domains[:ASKED]]
    return Fault(
        MISTYPED,
        _("Address that looks mistyped"),
        _("Mail to it goes nowhere. Each of them shows what was perhaps meant: put it right."),
        ("meant", "tag", "owner", "trash"),
        {"any": ends} if ends else {},
        {"cols": ["company,source,owner,email"]},
    )


def _mistyped_domains(rows: "QuerySet[Lead]") -> list[str]:
    """The most used first; where a customer of ours is, nothing is mistyped."""
    domain = Func(
        Lower("email"), Value("^.*@"), Value(""), function="regexp_replace",
        output_field=TextField(),
    )  # fmt: skip
    near = rows.order_by().annotate(domain=domain).filter(domain__regex=_NEAR)
    asked = near.exclude(domain__in=emails.PUBLIC).values("domain").annotate(n=Count("pk"))
    used = asked.order_by("-n", "domain").values_list("domain", flat=True)
    found = [one for one in used[:LOOKED_AT] if emails.suggest(f"x@{one}")]
    real = Customer.objects.filter(company__domain__in=found)
    known = set(real.values_list("company__domain", flat=True))
    return [one for one in found if one not in known]


def _may_ask(rule: Mapping[str, Any], known: Catalogue) -> bool:
    """Whether she may know all that the rule asks about."""
    items = [*rule.get("all", ()), *rule.get("any", ())]
    return all(
        _may_ask(one, known) if "field" not in one else one["field"] in known.fields
        for one in items
    )
