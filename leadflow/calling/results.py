"""What the calls of a list came to: its numbers, and the people or the calls behind each of them.

Every number is a part with a name; `rows_of` answers the same name with the rows that it counts.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadflow.calling import rules, selectors
from leadflow.calling.models import CallAttempt, CallEntry, CallList, Outcome
from leadflow.models import Lead, LeadCycle
from leadflow.people.models import User

Words = str | Promise
REASON, SAID, CALLER, GOOD_OF = "is-", "said-", "by-", "won-"
OUTCOMES: Mapping[str, Words] = dict(Outcome.choices)
_GONE = LeadCycle.objects.filter(lead=OuterRef("lead"), reason=rules.UNREACHABLE)


def _said(outcomes: frozenset[rules.Outcome]) -> Exists:
    """One of her calls on this list ended so."""
    calls = CallAttempt.objects.filter(entry=OuterRef("pk"))
    return Exists(calls.filter(outcome__in=sorted(outcomes)))


_CALLED = Q(tries__gt=0)
PEOPLE: Mapping[str, tuple[Words, Q]] = {
    "people": (_("On the list"), Q(pk__isnull=False)),
    "called": (_("Called"), _CALLED),
    "reached": (_("Spoken to"), Q(_said(rules.SPOKEN))),
    "won": (_("Won over"), Q(_said(rules.GOOD))),
    "again": (_("To be tried again"), _CALLED & Q(state=rules.State.WAITING)),
    "waiting": (_("Still to call"), Q(state=rules.State.WAITING)),
    "spent": (_("Tried in vain"), Q(state=rules.State.SPENT)),
    "recycled": (
        _("Sent back to marketing after the last try"),
        Q(state=rules.State.SPENT) & Q(Exists(_GONE.filter(recycled_at__gte=OuterRef("first_at")))),
    ),
    "closed": (
        _("Disqualified after the last try"),
        Q(state=rules.State.SPENT)
        & Q(Exists(_GONE.filter(disqualified_at__gte=OuterRef("first_at")))),
    ),
}


class Number(NamedTuple):
    """One number of the page: the part that its rows are asked by, and what it says."""

    part: str
    words: Words
    n: int


class Caller(NamedTuple):
    """How many calls somebody made, and how many of them went well."""

    pk: int
    name: str
    n: int
    good: int

    @property
    def ref(self) -> str:
        """As the parts of her calls end."""
        return str(self.pk)


def people(call_list: CallList) -> list[Number]:
    """How many were called, spoken to, won over, and what became of the others."""
    counts = {key: Count("pk", filter=which) for key, (_words, which) in PEOPLE.items()}
    found = CallEntry.objects.filter(call_list=call_list).aggregate(**counts)
    return [Number(key, words, found[key]) for key, (words, _which) in PEOPLE.items()]


def outcomes(call_list: CallList) -> list[Number]:
    """How often each outcome was said, the most frequent first."""
    rows = calls_of(call_list).values_list("outcome").annotate(n=Count("pk"))
    return [
        Number(f"{SAID}{key}", OUTCOMES[key], n) for key, n in rows.order_by("-n", "outcome")
    ]  # fmt: skip


def callers(call_list: CallList) -> list[Caller]:
    """Calls of each caller, and how many of them went well."""
    good = Count("pk", filter=Q(outcome__in=sorted(rules.GOOD)))
    rows = calls_of(call_list).filter(by__isnull=False).values_list("by", "by__name")
    found = rows.annotate(n=Count("pk"), good=good).order_by("-n", "by__name", "by")
    return [Caller(*row) for row in found]


def calls_of(call_list: CallList) -> QuerySet[CallAttempt]:
    """Every call of the list."""
    return CallAttempt.objects.filter(entry__call_list=call_list)


class Rows(NamedTuple):
    """What a number counts: people of the list, or calls of it; and in words what they have in common."""

    words: Words
    are_calls: bool
    counted: QuerySet[Any]

    def seen_by(self, user: User) -> QuerySet[Any]:
        """Those whose lead she may see; the others are counted and not listed."""
        lead = "entry__lead__in" if self.are_calls else "lead__in"
        seen = Lead.objects.visible_to(user).order_by().values("pk")
        rows: QuerySet[Any] = self.counted.filter(**{lead: seen})
        return rows


def rows_of(call_list: CallList, part: str, user: User, at: datetime) -> Rows | None:
    """The rows of one part, as this caller finds the list; None where there is no such part."""
    entries = selectors.entries_for(call_list, user, at)
    if part in PEOPLE:
        words, which = PEOPLE[part]
        return Rows(words, False, entries.filter(which))
    reason = part.removeprefix(REASON)
    if part.startswith(REASON) and reason in selectors.WORDS:
        return Rows(selectors.WORDS[reason], False, entries.filter(reason=reason))
    said = part.removeprefix(SAID)
    if part.startswith(SAID) and said in OUTCOMES:
        return Rows(OUTCOMES[said], True, calls_of(call_list).filter(outcome=said))
    return _of_caller(call_list, part)


def _of_caller(call_list: CallList, part: str) -> Rows | None:
    for start, good in ((CALLER, False), (GOOD_OF, True)):
        number = part.removeprefix(start)
        if not part.startswith(start) or not number.isdecimal() or len(number) > 18:
            continue
        rows = calls_of(call_list).filter(by=int(number))
        first = rows.select_related("by").first()
        if first is None or first.by is None:
            return None
        said = rows.filter(outcome__in=sorted(rules.GOOD)) if good else rows
        words = _("Won over by %(who)s") if good else _("Called by %(who)s")
        return Rows(words % {"who": first.by.name}, True, said)
    return None


def with_last_call(entries: QuerySet[Any]) -> QuerySet[Any]:
    """The people with when they were called last, and how that ended."""
    newest = CallAttempt.objects.filter(entry=OuterRef("pk")).order_by("-at", "-pk")
    rows: QuerySet[Any] = entries.annotate(
        last_at=Subquery(newest.values("at")[:1]), last_said=Subquery(newest.values("outcome")[:1])
    )
    return rows
