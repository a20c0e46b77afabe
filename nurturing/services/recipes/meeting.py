"""Recipes around meeting people: demos, consultations, webinars."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from nurturing.services.recipes.writing import (
    Recipe,
    ask,
    did,
    enters,
    goal,
    mail,
    tag,
    todo,
    wait,
)

_BOOKED = did("meeting.booked", 30)


def _demo() -> dict[str, Any]:
    return {
        "trigger": enters("segment"),
        "goal": did("meeting.booked", 60),
        "steps": [
            mail(
                'See it with the numbers of {{ company.name | default: "your own company" }}',
                "in twenty minutes I show you how others in your trade use it, with your numbers:"
                " [pick a time]([[your booking link]]).",
            ),
            wait(3),
            ask(
                "Did they look at the times?",
                did("mail.clicked", 5),
                [
                    mail(
                        "What people ask before a demo",
                        "three questions come up each time: what it costs, how long it takes to set up, and what"
                        " happens to the data. The answers: [on one page]([[link to your answers]])."
                        "\n\nStill open? [Pick a time]([[your booking link]]), and I answer in person.",
                    )
                ],
                [
                    mail(
                        "Twenty minutes, or two?",
                        "no time for a demo? This is it in two minutes:"
                        " [the short film]([[link to a short film]]).",
                    )
                ],
            ),
            wait(4),
            mail(
                "A reason to look this month",
                "whoever sees a demo by {{ offer.ends_on | date }} gets this: {{ offer.name }}."
                " Your code for it: {{ offer.code }}.\n\n[Pick a time]([[your booking link]])",
            ),
            wait(4),
            todo("They have seen the invitation three times: call them", 2, "call"),
        ],
    }


def _no_show() -> dict[str, Any]:
    return {
        "trigger": enters("meeting_missed"),
        "again": {"policy": "after", "days": 14, "segment": False},
        "exits": {"reply": True, "owner": False, "deal": False, "customer": False,
                  "left_segment": False},
        "steps": [
            wait(1, "hours"),
            mail(
                "We missed each other",
                "something came up, I suppose; it happens. Here are my next free times:"
                " [pick another]([[your booking link]]).",
            ),
            wait(2),
            ask(
                "Did they book again?",
                _BOOKED,
                [goal()],
                [
                    todo("They missed a meeting and did not book again: call", 1, "call"),
                    wait(3),
                    mail(
                        "Shall I send it in writing?",
                        "if a meeting does not fit, tell me your one question, and I answer in writing.",
                    ),
                ],
            ),
        ],
    }  # fmt: skip


def _consultation() -> dict[str, Any]:
    return {
        "trigger": enters("segment"),
        "goal": did("meeting.booked", 60),
        "steps": [
            mail(
                "Half an hour about your case",
                "people in your position often ask the same three things. I take half an hour for yours,"
                " free of charge: [pick a time]([[your booking link]]).",
            ),
            wait(4),
            ask(
                "Did they click?",
                did("mail.clicked", 7),
                [todo("They looked at your times: call and offer one", 1, "call")],
                [
                    mail(
                        "What comes out of half an hour",
                        "a page that you can act on, whether or not we work together:"
                        " [an example]([[link to an example]]).\n\n[Pick a time]([[your booking link]])",
                    )
                ],
            ),
        ],
    }


def _before_webinar() -> dict[str, Any]:
    return {
        "trigger": enters("event_registered"),
        "again": {"policy": "after", "days": 30, "segment": False},
        "exits": {"reply": False, "owner": False, "deal": False, "customer": False,
                  "left_segment": False},
        "steps": [
            wait(1),
            mail(
                "Before we meet: one page to read",
                "thank you for coming. One page makes the hour worth more: [read it]([[link to a page]])."
                "\n\nWhat should I be sure to talk about? Just answer.",
            ),
        ],
    }  # fmt: skip


def _after_webinar() -> dict[str, Any]:
    return {
        "trigger": enters("event_attended"),
        "again": {"policy": "after", "days": 30, "segment": False},
        "goal": did("meeting.booked", 30),
        "steps": [
            wait(2, "hours"),
            mail(
                "The recording, and what we did not get to",
                "thank you for being there. Recording and slides are here:"
                " [watch again]([[link to the recording]]).",
            ),
            wait(2),
            ask(
                "Did they watch again?",
                did("mail.clicked", 4),
                [tag("webinar"), todo("They watched the recording: call them", 1, "call")],
                [
                    mail(
                        "Your turn to ask",
                        "an hour is short. I keep half an hour free for each who was there:"
                        " [pick a time]([[your booking link]]).",
                    )
                ],
            ),
        ],
    }


def _missed_webinar() -> dict[str, Any]:
    return {
        "trigger": enters("event_missed"),
        "again": {"policy": "after", "days": 30, "segment": False},
        "steps": [
            wait(4, "hours"),
            mail(
                "You could not make it: here it is",
                "the recording, with the minutes where each topic begins:"
                " [watch it when it suits you]([[link to the recording]]).",
            ),
            wait(4),
            mail(
                "The next one",
                "we do it again: [the next date]([[link to the next event]])."
                "\n\nOr tell me your question now.",
            ),
        ],
    }


_SEGMENT = _("the segment that people enter by")
MEETING = (
    Recipe("demo", _("Invitation to a demo"),
           _("Invite, answer what people ask, give a reason to come this month, then call. Ends when a meeting is booked."),
           _demo, "device-desktop", (_SEGMENT, _("the booking link, answers and the offer"))),
    Recipe("no-show", _("After a missed meeting"),
           _("Another time an hour later, and a call where none is booked."),
           _no_show, "calendar-off", (_("the booking link"),)),
    Recipe("consultation", _("Offer of a consultation"),
           _("Half an hour for those who could use it, with a call for who looked at the times."),
           _consultation, "messages", (_SEGMENT, _("the booking link and an example"))),
    Recipe("webinar-before", _("Webinar: before it begins"),
           _("One page to read and one question, a day after registering."),
           _before_webinar, "calendar-event", (_("a page to read"),)),
    Recipe("webinar-after", _("Webinar: who came"),
           _("Recording, and a call or a free choice of time."),
           _after_webinar, "calendar-check", (_("the recording and the booking link"),), ("webinar",)),
    Recipe("webinar-missed", _("Webinar: who missed it"),
           _("Recording the same day, and the next date."),
           _missed_webinar, "calendar-time", (_("the recording and the next event"),)),
)  # fmt: skip
