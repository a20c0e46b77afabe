"""What an event is shown as, and the words that presenters share."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.events.models import Event
from leadflow.kit import days
from leadflow.timeline.names import Names


@dataclass(frozen=True, slots=True)
class Shown:
    """An event in words. `who` is set bold before `text`; `tone` is accent for what the lead did."""

    icon: str
    who: str
    text: str
    why: Sequence[str] = ()
    quote: str = ""
    facts: Sequence[tuple[str, str]] = ()
    files: Sequence[tuple[str, str]] = ()  # name and address of what can be downloaded
    answers: Sequence[tuple[str, str]] = ()  # question and answer; opened in place
    more: str = ""  # the page that has all of it
    tone: str = ""


Words = str | Promise
Presenter = Callable[[Event, Names], Shown]


def person(event: Event, names: Names) -> str:
    return names.lead(event.lead_id) or _("Somebody")


def quoted(text: Any) -> str:
    return f"“{text}”" if text else ""


_RECORD = re.compile(r"[a-z_]+:\d+")
# What services write down as the cause of a change; empty where the sentence says it already.
_CAUSES: dict[str, Words] = {
    "accepted": lazy("The hand-over was accepted"),
    "added": "",
    "captured": "",
    "company_added": lazy("Somebody added a company with its domain"),
    "company_arrived": lazy("Somebody with an address at its domain arrived"),
    "company_dealt": lazy("A deal was opened with it"),
    "company_in_file": lazy("A file named it"),
    "expired": lazy("Nobody answered in time"),
    "hand": lazy("By hand"),
    "import": lazy("By an import"),
    "not_now": lazy("Fits, but not now"),
    "reopened": "",
    "returned": lazy("The day that was agreed has come"),
    "talked": lazy("After a talk"),
}


def reasons(*reasons: Any) -> list[str]:
    """Causes in words; the name of a record ("deal:7") tells a reader nothing and is left out."""
    words = [str(_CAUSES.get(str(reason), reason)) for reason in reasons if reason]
    return [word for word in words if word and not _RECORD.fullmatch(word)]


def by_lead(icon: str, text: Words, *, why: str = "reason", tone: str = "accent") -> Presenter:
    """Something that the person herself did; `{x}` in the text is a key of the data."""

    def present(event: Event, names: Names) -> Shown:
        words = filled(text, event)
        return Shown(icon, person(event, names), words, reasons(event.data.get(why)), tone=tone)

    return present


def by_us(
    icon: str, text: Words, *, why: str = "reason", tone: str = "", until: str = ""
) -> Presenter:
    """Something that a colleague or the system did; `until` names the day in its data that it ends."""

    def present(event: Event, names: Names) -> Shown:
        words = filled(text, event)
        if day := parse_date(str(event.data.get(until) or "")):
            words = _("%(done)s until %(day)s") % {
                "done": words,
                "day": date_format(day, days.full()),
            }
        return Shown(icon, names.actor(event), words, reasons(event.data.get(why)), tone=tone)

    return present


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def filled(text: Words, event: Event) -> str:
    data = {key: value if value is not None else "" for key, value in event.data.items()}
    told = str(text).format_map(_Blank(data))
    return " ".join(told.replace("“”", "").split())
