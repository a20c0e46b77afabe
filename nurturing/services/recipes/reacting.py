"""Recipes of automations."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from leadflow.mail.models import InboundMail
from nurturing.services.automations import documents
from nurturing.services.recipes.writing import Recipe, notify, tag, todo


def _hot_reply() -> dict[str, Any]:
    return {
        "trigger": {"kind": "replied", "reply": InboundMail.Meaning.INTERESTED.value},
        "rule": {"all": []},
        "steps": [
            todo("They are interested: call today", 0, "call"), tag("hot"),
            notify("Wants to hear more"),
        ],
    }  # fmt: skip


def _idle_deal() -> dict[str, Any]:
    return {
        "trigger": {"kind": "deal_idle", "days": 14},
        "rule": {"all": []},
        "steps": [todo("Nothing for two weeks: move the deal on, or say why not", 1)],
    }


def _offer() -> dict[str, Any]:
    return {
        "trigger": {"kind": "offer_ending", "days": 3},
        "rule": {"all": [{"field": "lead.stage", "op": "is_not", "value": "customer"}]},
        "steps": [notify("An offer of theirs ends in three days")],
    }


def _big_budget() -> dict[str, Any]:
    budget = {"field": "company.size", "op": "at_least", "value": 200}
    return {
        "trigger": {"kind": "form_sent"},
        "rule": {"any": [budget, {"field": "bant.budget", "op": "is", "value": "approved"}]},
        "steps": [
            notify("A form with a large budget behind it"),
            todo("Call before lunch", 0, "call"),
        ],
    }


def _won() -> dict[str, Any]:
    return {
        "trigger": {"kind": "deal_won"},
        "rule": {"all": []},
        "steps": [
            documents.new_step(documents.ENROL),
            todo("Hand the customer over to who looks after them", 2),
        ],
    }


AUTOMATIONS: dict[str, Recipe] = {
    one.key: one
    for one in (
        Recipe("hot-reply", _("Somebody is interested: call"),
               _("An answer that says yes becomes a call for today, a tag, and a word to the owner."),
               _hot_reply, "mail-opened", tags=("hot",)),
        Recipe("idle-deal", _("A deal stands still: a to-do"),
               _("Two weeks without a touch or a move, and its owner is asked."), _idle_deal, "zzz"),
        Recipe("offer-ends", _("An offer ends: tell the owner"),
               _("Three days before an offer ends that somebody was given and has not used."),
               _offer, "hourglass"),
        Recipe("big-budget", _("A form with a large budget: tell the owner"),
               _("A large company or an approved budget behind a form is told at once."),
               _big_budget, "forms"),
        Recipe("won", _("Won: onboarding"),
               _("Whoever stands behind a won deal enters the onboarding."),
               _won, "trophy", (_("the sequence to enter"),)),
    )
}  # fmt: skip
