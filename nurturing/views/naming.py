"""What the steps of a sequence are called on the screen."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from leadflow.conditions import fields
from leadflow.mail.models import SenderIdentity
from nurturing.services import acts, editing
from nurturing.views import shown

_UNTIL_DAYS = {(0, 1, 2, 3, 4): _lazy("Mon to Fri"), tuple(range(7)): _lazy("Any day")}


class Names:
    """What steps are called; what they refer to is looked up once for a page."""

    def words(self, step: Mapping[str, Any]) -> tuple[str, str]:
        """(title, note) of a step as its box says them."""
        said: dict[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
            "email": self._email,
            "wait": self._wait,
            "wait_until": self._wait_until,
            "todo": self._todo,
            "condition": self._condition,
            "split": self._split,
            "goal": self._goal,
            "end": self._end,
        }
        return said.get(step["type"], self._effect)(step)

    def _email(self, step: Mapping[str, Any]) -> tuple[str, str]:
        title = shown.mail_name(step)
        if step.get("manual"):
            return title, _("Email that the owner sends")
        sender = self.senders.get(step.get("sender") or 0)
        return title, _("Email, from %(name)s") % {"name": sender} if sender else _("Email")

    def _wait(self, step: Mapping[str, Any]) -> tuple[str, str]:
        note = _("Then at %(at)s, their time") % {"at": step["at"]} if step["at"] else ""
        return _waits(step), note or _("Then any hour that is allowed")

    def _wait_until(self, step: Mapping[str, Any]) -> tuple[str, str]:
        match step.get("until"):
            case "todo":
                awaited = self.steps.get(step.get("step") or "", {})
                call = awaited.get("kind") == "call"
                title = (
                    _("Wait until the call is done") if call else _("Wait until the to-do is done")
                )
                n = step.get("most_days") or 0
                return title, ngettext("At most %(n)s day", "At most %(n)s days", n) % {"n": n}
            case "date_field":
                note = _("At %(at)s, their time") % {"at": step.get("at")}
                return self._until_date(step), note
        days = _days_in_words(step.get("days") or [])
        return _("Wait until %(at)s") % {"at": step.get("at")}, _("%(days)s, their time") % {
            "days": days
        }

    def _until_date(self, step: Mapping[str, Any]) -> str:
        field = self.fields.get(step.get("field") or "")
        if field is None:
            return _("Wait until a date")
        n, words = int(step.get("days") or 0), {"field": str(field.label)}
        if not n:
            return _("Wait until %(field)s") % words
        words["n"] = str(abs(n))
        if n < 0:
            said = ngettext(
                "Wait until %(n)s day before %(field)s",
                "Wait until %(n)s days before %(field)s",
                -n,
            )
        else:
            said = ngettext(
                "Wait until %(n)s day after %(field)s", "Wait until %(n)s days after %(field)s", n
            )
        return said % words

    def _todo(self, step: Mapping[str, Any]) -> tuple[str, str]:
        n = step["due_days"]
        if step.get("kind") == "call":
            title, note = step["title"] or _("Call without words"), _("Call for the owner")
        else:
            title, note = step["title"] or _("To-do without words"), _("To-do for the owner")
        if not n:
            return title, _("%(what)s, due the same day") % {"what": note}
        due = ngettext("%(what)s, due in %(n)s day", "%(what)s, due in %(n)s days", n)
        return title, due % {"what": note, "n": n}

    def _condition(self, step: Mapping[str, Any]) -> tuple[str, str]:
        rule = step.get("rule")
        sentence = (
            shown.rule_words(rule) if shown.is_asked(rule) else _("A question that is not finished")
        )
        if step.get("title"):
            return step["title"], sentence or _("Nothing is asked yet")
        return sentence or _("Nothing is asked yet"), _("Yes or no")

    def _split(self, step: Mapping[str, Any]) -> tuple[str, str]:
        n = len(step["ways"])
        title = step.get("title") or ngettext("Split in %(n)s way", "Split in %(n)s ways", n) % {
            "n": n
        }
        return title, _winner(step.get("winner"))

    def _goal(self, _step: Mapping[str, Any]) -> tuple[str, str]:
        return _("Goal reached"), _("Leaves with the goal met")

    def _end(self, _step: Mapping[str, Any]) -> tuple[str, str]:
        return _("End here"), _("Leaves the sequence")

    def _effect(self, step: Mapping[str, Any]) -> tuple[str, str]:
        words = acts.words(step)
        return words[:1].upper() + words[1:], ""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.steps = {one.step["id"]: one.step for one in editing.walk(document["steps"])}

    @cached_property
    def senders(self) -> dict[int, str]:
        """Who mails can come from."""
        return {row.pk: row.name for row in SenderIdentity.objects.all()}

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """What can be asked about a lead."""
        return fields.catalogue("lead").fields


def _days_in_words(days: Sequence[int]) -> str:
    known = _UNTIL_DAYS.get(tuple(sorted(days)))
    return str(known) if known else ", ".join(str(WEEKDAYS_ABBR[day]) for day in sorted(days))


def _winner(winner: Mapping[str, Any] | None) -> str:
    if not winner:
        return _("By chance, each person keeps to one way")
    by = {"clicks": _("clicks"), "replies": _("replies"), "goal": _("goals")}
    said = _("Winner by %(by)s after %(hours)s hours")
    return said % {"by": by.get(winner["by"], winner["by"]), "hours": winner["after_hours"]}


def _waits(step: Mapping[str, Any]) -> str:
    n = step["amount"]
    words = {
        "minutes": ngettext("Wait %(n)s minute", "Wait %(n)s minutes", n),
        "hours": ngettext("Wait %(n)s hour", "Wait %(n)s hours", n),
        "days": ngettext("Wait %(n)s day", "Wait %(n)s days", n),
        "business_days": ngettext("Wait %(n)s business day", "Wait %(n)s business days", n),
    }
    return words[step["unit"]] % {"n": n}
