"""Who may be called now and who not, with the reason; how far a list is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadflow.calling.models import CallEntry, CallList
from leadflow.kit import zones
from leadflow.kit.areas import Daytime, zones_of_countries
from leadflow.models import Consent, ContactChannel, Disposition, Lead, Organisation
from leadflow.people.models import User

Whens = Sequence[When]
READY = "ready"
WORDS: dict[str, str | Promise] = {
    READY: _("Can be called now"),
    "hours": _("It is not calling time where they are"),
    "later": _("Not yet time for the next try"),
    "taken": _("With a colleague, or somebody else’s lead"),
    "phone": _("No phone number"),
    "refused": _("Asked not to be called"),
    "off": _("Disqualified, recycled or deleted"),
    "done": _("Done"),
    "spent": _("Tried in vain"),
}


def _refused(lead: str) -> Exists:
    """She withdrew the phone for any purpose, and has not allowed it since."""
    newer = Consent.objects.filter(
        lead=OuterRef("lead"), channel=OuterRef("channel"), purpose=OuterRef("purpose")
    ).filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")))
    said = Consent.objects.filter(
        lead=OuterRef(lead), channel=ContactChannel.PHONE, state=Consent.State.WITHDRAWN
    )
    return Exists(said.filter(~Exists(newer)))


def _daytime(daytime: Daytime, at: datetime, prefix: str) -> Q:
    """It is calling time for her: in her zone, else her country, else her company's, else here."""
    open_zones, countries = daytime.zones(at), daytime.countries(at)
    zone, own, firm = f"{prefix}time_zone", f"{prefix}country", f"{prefix}company__country"
    no_zone = ~Q(**{f"{zone}__in": zones.names()})
    known = list(zones_of_countries())
    no_own = ~Q(**{f"{own}__in": known})
    no_firm = Q(**{f"{prefix}company": None}) | ~Q(**{f"{firm}__in": known})
    here = Organisation.current().time_zone or settings.TIME_ZONE
    found = (
        Q(**{f"{zone}__in": open_zones})
        | no_zone & Q(**{f"{own}__in": countries})
        | no_zone & no_own & Q(**{f"{firm}__in": countries})
    )
    return found | no_zone & no_own & no_firm if daytime.holds(at, here) else found


def judged(
    prefix: str, daytime: Daytime, at: datetime, *, first: Whens = (), later: Whens = ()
) -> Case:
    """Why somebody is not called now, or that she can be."""
    off = (
        ~Q(**{f"{prefix}disposition": Disposition.ACTIVE})
        | Q(**{f"{prefix}deleted_at__isnull": False})
        | Q(**{f"{prefix}merged_into__isnull": False})
    )
    return Case(
        *first,
        When(off, then=Value("off")),
        When(Q(**{f"{prefix}phone": ""}), then=Value("phone")),
        When(_refused(f"{prefix}pk"), then=Value("refused")),
        *later,
        When(_daytime(daytime, at, prefix), then=Value(READY)),
        default=Value("hours"),
        output_field=CharField(),
    )


def daytime_of(call_list: CallList) -> Daytime:
    """Its calling hours."""
    return Daytime(call_list.from_hour, call_list.to_hour, call_list.weekends)


def entries_for(call_list: CallList, user: User, at: datetime) -> "QuerySet[Any]":
    """Its people with a `reason` each, as this caller finds them: a lead that somebody owns is hers alone."""
    held = Q(claimed_until__gt=at) & ~Q(claimed_by=user)
    elsewhere = Exists(
        CallEntry.objects.filter(lead=OuterRef("lead"), claimed_until__gt=at)
        .exclude(call_list=call_list)
        .exclude(claimed_by=user)
    )
    others = Q(lead__owner__isnull=False) & ~Q(lead__owner=user)
    first = [
        When(state="done", then=Value("done")),
        When(state="spent", then=Value("spent")),
    ]
    later = [
        When(held | others | elsewhere, then=Value("taken")),
        When(next_at__gt=at, then=Value("later")),
    ]
    judge = judged("lead__", daytime_of(call_list), at, first=first, later=later)
    return CallEntry.objects.filter(call_list=call_list).annotate(reason=judge)


def counts(rows: "QuerySet[Any]") -> list[tuple[str, str | Promise, int]]:
    """How many of each reason, those that can be called first."""
    found = dict(
        rows.order_by().values("reason").annotate(n=Count("pk")).values_list("reason", "n")
    )
    return [(key, words, found[key]) for key, words in WORDS.items() if found.get(key)]


def preview(leads: QuerySet[Lead], daytime: Daytime, at: datetime) -> "QuerySet[Any]":
    """The leads with the reason that each would have on a new list."""
    return leads.annotate(reason=judged("", daytime, at))


def current(call_list: CallList, user: User, at: datetime) -> CallEntry | None:
    """Whom the caller has in hand."""
    return (
        CallEntry.objects.filter(call_list=call_list, claimed_by=user, claimed_until__gt=at)
        .select_related("lead__company", "lead__score", "call_list")
        .first()
    )
