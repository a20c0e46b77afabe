"""What to do next with a lead, and why: one line, by rules.

What is due is what her owner's day says (`queue`), so that the two never differ. Where nothing is due the
rules below speak, in their order: what was said against buying, what is not known of a qualified lead,
who is missing in her deal, what is planned.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from leadflow.desk import queue
from leadflow.desk.queue import Row
from leadflow.kit import clock
from leadflow.models import Activity, Lead, LeadStage
from leadflow.people.access import allowed, reaches
from leadflow.people.models import User
from leadflow.web.templatetags.formats import day, percent, when
from pipeline import selectors as pipeline
from pipeline.selectors import objections
from pipeline.selectors import people as buyers
from qualification import selectors as qualification

QUALIFIED = (LeadStage.MQL, LeadStage.SAL, LeadStage.SQL)


@dataclass(frozen=True, slots=True)
class Hint:
    """What to do and why. `verb` is on its button, which opens `url`, or the dialog of her page."""

    words: str
    why: str
    icon: str = "bulb"
    verb: str = ""
    url: str = ""
    dialog: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks about whom, and when."""

    lead: Lead
    user: User
    at: datetime

    def may(self, permission: str) -> bool:
        """Whether she may do it to this lead."""
        return reaches(self.user, permission, self.lead)


Rule = Callable[[Asked], Hint | None]


def hint_for(lead: Lead, user: User, *, at: datetime | None = None) -> Hint | None:
    """The first rule that has something to say; None of a lead that is on no road."""
    if lead.disposition:
        return None
    asked = Asked(lead, user, at or clock.now())
    return next((hint for rule in RULES if (hint := rule(asked))), None)


def nobody_owns(asked: Asked) -> Hint | None:
    """A lead without an owner is in nobody's day."""
    if asked.lead.owner_id:
        return None
    dialog = "owner" if asked.may("lead.give") else ""
    verb = _("Give them an owner") if dialog else ""
    why = _("Nobody owns this lead, so it is in nobody’s day.")
    return Hint(_("Give them an owner"), why, "user-plus", verb, dialog=dialog)


def due_now(asked: Asked) -> Hint | None:
    """What her owner's day says of her."""
    owner = asked.lead.owner
    rows = queue.build(owner, at=asked.at).rows if owner else []
    hers = [row for row in rows if row.lead and row.lead.pk == asked.lead.pk]
    due = next((row for row in hers if row.act != "plan" and _may_know(asked, row)), None)
    return _of_row(asked, due) if due else None


def _may_know(asked: Asked, row: Row) -> bool:
    """A quote is of a deal, which a reader of the lead may not see."""
    is_own = asked.user == asked.lead.owner
    return (
        is_own or not row.deal_url or pipeline.open_deal_of(asked.user, asked.lead.pk) is not None
    )


def _of_row(asked: Asked, row: Row) -> Hint:
    why = row.why
    if row.nudge and asked.user != asked.lead.owner and not allowed(asked.user, "inbound.view"):
        why = ""  # the words of a mail
    told = " · ".join(part for part in (row.reason, why) if part)
    verb, url, dialog = _way(asked, row)
    return Hint(_do(row), told, row.icon, verb, url, dialog, is_late=row.tone == "bad")


def _do(row: Row) -> str:
    """What the row wants, in words."""
    if row.activity:
        return str(row.activity.subject)
    if row.act == "call" and (way := row.reach.preferred):
        return way.label
    words = {
        "call": _("Call them"),
        "answer": _("Answer them"),
        "accept": _("Accept or return the hand-over"),
        "close": _("Close the deal"),
    }
    return words.get(row.act, row.reason)


def _way(asked: Asked, row: Row) -> tuple[str, str, str]:
    """Verb, address and dialog of the button."""
    if row.deal_url:
        return _("Open the deal"), row.deal_url, ""
    if row.act in ("call", "answer") and asked.may("activity.add"):
        return _("Log a call"), "", "call"
    if asked.user == asked.lead.owner:
        return _("Open my day"), reverse("desk:my-day"), ""
    return "", "", ""


def objection(asked: Asked) -> Hint | None:
    """Something said against buying that nobody has answered, and the answer that worked best."""
    rows = objections.of_lead(asked.lead, asked.user) if allowed(asked.user, "deal.view") else []
    row = next((one for one in rows if one.state == objections.State.OPEN), None)
    if row is None:
        return None
    why = _("Open since %(day)s.") % {"day": day(row.raised_at, asked.at)}
    best = objections.best_answer(row.kind, asked.at)
    if best:
        answer, rate = best
        said = {"answer": answer.title, "rate": percent(rate, 0) if rate is not None else ""}
        why += " " + (
            _("“%(answer)s” settled %(rate)s of them.") if rate is not None
            else _("The playbook says “%(answer)s”.")
        ) % said  # fmt: skip
    words = _("Answer “%(objection)s”") % {"objection": row.kind.name}
    return Hint(words, why, "messages", _("Answer it"), row.get_absolute_url())


def unknown(asked: Asked) -> Hint | None:
    """A qualified lead without a deal: what is not known of her yet, or else the deal."""
    if asked.lead.stage not in QUALIFIED or pipeline.open_deal_of(asked.user, asked.lead.pk):
        return None
    letters = qualification.unknown_letters(asked.lead)
    if letters:
        said = {"letters": ", ".join(letters)}
        url = "#bant" if asked.may("bant.edit") else ""
        return Hint(
            _("Ask about %(letter)s") % {"letter": letters[0]},
            _("Qualified, and not known yet: %(letters)s.") % said,
            "question-mark", _("Note the answer") if url else "", url,
        )  # fmt: skip
    if not asked.may("lead.advance") or pipeline.conversion_of(asked.lead):
        return None
    why = _("Budget, authority, need and timing are known.")
    url = reverse("pipeline:convert", args=[asked.lead.pk])
    return Hint(_("Convert to deal"), why, "arrow-right", _("Convert"), url)


def nobody_decides(asked: Asked) -> Hint | None:
    """An open deal without somebody who says yes, or who wants it."""
    deal = pipeline.open_deal_of(asked.user, asked.lead.pk)
    lacking = buyers.lacking(buyers.participants(deal, asked.user)) if deal else []
    if deal is None or not lacking:
        return None
    words = _("Find the %(role)s") % {"role": lacking[0].lower()}
    why = _("Nobody is known as that in %(deal)s.") % {"deal": deal.name}
    url = f"{deal.get_absolute_url()}#people"
    return Hint(words, why, "user-question", _("Open the deal"), url)


def planned(asked: Asked) -> Hint | None:
    """What is to be done later."""
    rows = Activity.objects.open().filter(lead=asked.lead, due_at__isnull=False)
    step = rows.order_by("due_at", "pk").first()
    if step is None or step.due_at is None:
        return None
    why = _("Planned for %(when)s; nothing is due before.") % {"when": when(step.due_at, asked.at)}
    return Hint(step.subject, why, "calendar-event")


def nothing_planned(asked: Asked) -> Hint | None:
    """Nothing is due, asked for or planned."""
    dialog = "todo" if asked.may("activity.add") else ""
    last = asked.lead.last_activity_at
    why = (
        _("Nothing is planned; last touch %(day)s.") % {"day": day(last, asked.at)}
        if last
        else _("Nothing is planned, and nobody has been in touch.")
    )
    verb = _("Plan one") if dialog else ""
    return Hint(_("Plan the next step"), why, "calendar-off", verb, dialog=dialog)


# In their order; the first that has something to say says it.
RULES: tuple[Rule, ...] = (
    nobody_owns, due_now, objection, unknown, nobody_decides, planned, nothing_planned,
)  # fmt: skip
