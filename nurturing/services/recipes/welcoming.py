"""Recipes for people who have just come: a newsletter, a guide, a trial."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from nurturing.services.recipes.writing import (
    WITH_SALES,
    Recipe,
    ask,
    did,
    enters,
    mail,
    tag,
    todo,
    wait,
)


def _welcome() -> dict[str, Any]:
    return {
        "trigger": enters("form"),
        "goal": WITH_SALES,
        "steps": [
            mail(
                "Welcome, and where to begin",
                "good to have you here. Three pieces that our readers come back to:"
                " [our best three]([[link to your best three pieces]]).\n\nWhat brought you to us? Just answer;"
                " a person reads it.",
            ),
            wait(3),
            mail(
                "How others began",
                "most people who come to us have one question first. Here is how three of them"
                " answered it: [three short stories]([[link to your customer stories]]).",
            ),
            wait(5),
            ask(
                "Did they click lately?",
                did("mail.clicked", 10),
                [tag("interested"), todo("Look at what they read and write to them", 2)],
                [
                    mail(
                        "One thing, if you have two minutes",
                        "this is the page that people find most useful, and it takes two minutes:"
                        " [have a look]([[link to your most useful page]]).",
                    )
                ],
            ),
        ],
    }


def _magnet() -> dict[str, Any]:
    return {
        "trigger": enters("form"),
        "goal": WITH_SALES,
        "steps": [
            mail(
                "What you asked for, and one question",
                "by now you should have it; if not, just answer this mail."
                "\n\nOne question: what would you like to have solved by the end of the year?",
            ),
            wait(3),
            ask(
                "Did they open or download it?",
                did("file.downloaded", 30),
                [
                    mail(
                        "The part that most people read twice",
                        "many stop at the numbers. Here is how to work them out for your own case:"
                        " [the sheet]([[link to a calculator or sheet]]).",
                    )
                ],
                [
                    mail(
                        "It is waiting for you",
                        "you have not opened it yet, so here it is once more:"
                        " [open it]([[link to what you give away]]).\n\nNo time? The first page is enough.",
                    )
                ],
            ),
            wait(5),
            ask(
                "Are they interested?",
                did("mail.clicked", 10),
                [todo("Call: they read what they asked for", 1, "call")],
                [
                    mail(
                        "Shall we look at yours together?",
                        "half an hour, your numbers, no slides:"
                        " [pick a time]([[your booking link]]). If now is not the moment, tell me when.",
                    )
                ],
            ),
        ],
    }


def _trial() -> dict[str, Any]:
    return {
        "trigger": enters("trial_begun"),
        "goal": {"all": [{"field": "lead.stage", "op": "is", "value": "customer"}]},
        "exits": {"reply": True, "owner": False, "deal": False, "customer": True,
                  "left_segment": False},
        "steps": [
            mail(
                "Your trial has begun: the first ten minutes",
                "three steps show you most of it: [the first ten minutes]([[link to your first steps]])."
                "\n\nWrite to me where anything is in your way.",
            ),
            wait(4, "days"),
            ask(
                "Do they use it?",
                did("product.used", 7, 3),
                [
                    mail(
                        "Two questions about your trial",
                        "you have tried a good part of it. Two questions, one minute:"
                        " [what works, and what is missing]([[link to your survey]]).",
                    )
                ],
                [
                    mail(
                        "Can I help you begin?",
                        "a trial is short, and days are full. In a quarter of an hour I set it up with you:"
                        " [pick a time]([[your booking link]]).",
                    ),
                    todo("Their trial stands still: offer help", 1, "call"),
                ],
            ),
            wait(5, "days"),
            mail(
                "Your trial ends soon",
                "what you have set up stays if you go on: [the plans]([[link to your plans]])."
                "\n\nNot for you? Tell me why, and I will not ask again.",
            ),
            wait(3, "days"),
            todo("The trial is over: ask how it was", 1, "call"),
        ],
    }  # fmt: skip


def _newsletter() -> dict[str, Any]:
    return {
        "trigger": enters("form"),
        "steps": [
            mail(
                "You are on the list",
                "once a month you get one idea that you can use the same week, and nothing else."
                "\n\nThis month's: [read it]([[link to this month's piece]]).",
            ),
            wait(30, "days", "09:00"),
            mail(
                "One idea for this month",
                "a short one: [read it]([[link to the second piece]])."
                "\n\nWhat should the next one be about? Just answer.",
            ),
            wait(30, "days", "09:00"),
            ask(
                "Do they read it?",
                did("mail.clicked", 60),
                [
                    tag("reader"),
                    mail(
                        "For those who read to the end",
                        "you read more than most, so this one goes further:"
                        " [the long version]([[link to a longer piece]]).",
                    ),
                ],
                [
                    mail(
                        "Less often?",
                        "if once a month is too much, tell me what would be worth it."
                        " The piece that most people kept: [this one]([[link to your best piece]]).",
                    )
                ],
            ),
        ],
    }


_FORM = _("the form that people enter by")
WELCOMING = (
    Recipe("welcome", _("Welcome"), _("Three mails for whoever signs up, and a to-do for those who read on."),
           _welcome, "heart-handshake", (_FORM, _("four links in the mails")), ("interested",)),
    Recipe("magnet", _("After a guide or calculator"),
           _("What comes after something for an address: by whether it was opened, up to a call."),
           _magnet, "download", (_FORM, _("links and the booking link"))),
    Recipe("trial", _("Trial survey"),
           _("Help in the first days of a trial, a survey for who uses it, a call for who does not."),
           _trial, "test-pipe", (_("links, survey and the booking link"),)),
    Recipe("newsletter", _("Newsletter that never grows old"),
           _("One idea a month, and another tone for those who do not read."),
           _newsletter, "mail", (_FORM, _("links to your pieces")), ("reader",)),
)  # fmt: skip
