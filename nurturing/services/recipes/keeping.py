"""Recipes for those whom we know: gone quiet, sent back, lost, won."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from nurturing.services.recipes.writing import (
    WITH_SALES,
    Recipe,
    ask,
    did,
    either,
    enters,
    mail,
    tag,
    todo,
    wait,
)

_STIRRED = either(did("mail.clicked", 14), did("page.viewed", 14))


def _again() -> dict[str, Any]:
    return {
        "trigger": enters("cooled"),
        "goal": WITH_SALES,
        "steps": [
            mail(
                "Still of use to you?",
                "we have not heard from each other for a while. What is new that may matter to you:"
                " [three lines]([[link to what is new]]).",
            ),
            wait(7, "days"),
            ask(
                "Did they stir?",
                _STIRRED,
                [tag("awake"), todo("They are back: see what they looked at", 1)],
                [
                    mail(
                        "Shall we part as friends?",
                        "I would rather write to people who want it. If that is still you, one click is enough:"
                        " [yes, go on]([[link to your best page]]). If not, no hard feelings.",
                    ),
                    wait(14, "days"),
                    ask("And now?", _STIRRED, [tag("awake")], [tag("asleep")]),
                ],
            ),
        ],
    }


def _later() -> dict[str, Any]:
    return {
        "trigger": enters("recycled"),
        "goal": WITH_SALES,
        "again": {"policy": "after", "days": 180, "segment": False},
        "steps": [
            wait(20, "days"),
            mail(
                "What changed since we spoke",
                "you said: not now. Since then this has changed: [what is new]([[link to what is new]])."
                "\n\nWhen would be a good time to look again?",
            ),
            wait(30, "days"),
            ask(
                "Are they looking again?",
                _STIRRED,
                [todo("They look again after “not now”: call", 1, "call")],
                [
                    mail(
                        "A short story from your trade",
                        "somebody in your position had the same doubt last year. What they did:"
                        " [two minutes]([[link to a customer story]]).",
                    ),
                    wait(30, "days"),
                    todo("Half a season after “not now”: ask once more", 3),
                ],
            ),
        ],
    }


def _lost() -> dict[str, Any]:
    return {
        "trigger": enters("deal_lost"),
        "again": {"policy": "after", "days": 365, "segment": False},
        "exits": {"reply": True, "owner": False, "deal": True, "customer": True,
                  "left_segment": False},
        "steps": [
            wait(30, "days"),
            mail(
                "How did it turn out?",
                "you decided for another way, and I hope it works. If one thing is missing, tell me which;"
                " it helps us too.",
            ),
            wait(60, "days"),
            mail(
                "What we have learnt since",
                "three things that people like you asked us for, and that are there now:"
                " [see them]([[link to what is new]]).",
            ),
            wait(14, "days"),
            ask(
                "Did they look?",
                did("mail.clicked", 21),
                [todo("A lost deal looks again: call", 1, "call")],
                [wait(90, "days"), todo("A quarter later: is their contract running out?", 5)],
            ),
        ],
    }  # fmt: skip


def _onboarding() -> dict[str, Any]:
    return {
        "trigger": enters("customer_won"),
        "exits": {"reply": False, "owner": False, "deal": False, "customer": False,
                  "left_segment": False},
        "steps": [
            mail(
                "Welcome on board",
                "thank you for your trust. What happens next, and who does it:"
                " [the plan]([[link to your plan for new customers]]).\n\nYou reach me by answering this mail.",
            ),
            todo("Say hello to the new customer", 1, "call"),
            wait(5),
            mail(
                "The first week",
                "most people begin with these three steps: [the first week]([[link to your first steps]]).",
            ),
            wait(10),
            ask(
                "Do they use it?",
                either(did("product.used", 14), did("mail.clicked", 14)),
                [
                    mail(
                        "What comes after the beginning",
                        "you are past the beginning. What pays off next:"
                        " [the second month]([[link to further steps]]).",
                    )
                ],
                [todo("The new customer is quiet: ask how it goes", 1, "call")],
            ),
            wait(21, "days"),
            mail(
                "Would you do it again?",
                "a month is over. On a scale from 0 to 10, would you recommend us? Just answer with a number.",
            ),
        ],
    }  # fmt: skip


KEEPING = (
    Recipe("again", _("Waking up who went quiet"),
           _("Two mails when the score falls, then a tag that says awake or asleep."),
           _again, "zzz", (_("two links"),), ("awake", "asleep")),
    Recipe("later", _("After “not now”"),
           _("Keeps in touch with whom sales sent back, and calls once they look again."),
           _later, "clock-pause", (_("two links"),)),
    Recipe("lost", _("Winning a lost deal back"),
           _("Three quiet touches over half a year, and a to-do before a contract may run out."),
           _lost, "arrow-back-up", (_("a link"),)),
    Recipe("onboarding", _("Onboarding of a new customer"),
           _("The first month after a deal is won: plan, first week, a call where it is quiet."),
           _onboarding, "trophy", (_("links to your plan and first steps"),)),
)  # fmt: skip
