"""Templates for people who do not buy yet: welcome, what they asked for, and the next step."""

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.mail.design.blocks import ELSE
from leadflow.mail.design.starts.parts import (
    HELLO,
    Rows,
    Start,
    block,
    button,
    columns,
    foot,
    head,
    signed,
    small,
    text,
    title,
)


def _welcome(site: str) -> Rows:
    return [
        head(),
        title(_t("Good to have you here")),
        text(HELLO, _t("Thank you for signing up. From now on you get one mail a week from us: one idea that you can use the same day, and no more.")),
        small(_t("Three good places to begin")),
        columns(
            (_t("New to this?"), _t("What most people wish they had known at the start."), _t("Start here"), f"{site}/start"),
            (_t("In a hurry?"), _t("Our checklist on one page."), _t("Get the checklist"), f"{site}/checklist"),
            (_t("Comparing?"), _t("What it costs, and what is in it."), _t("See prices"), f"{site}/prices"),
        ),
        text(_t("What brought you here? Answer this mail with one sentence. A person reads it.")),
        signed(),
        *foot(),
    ]  # fmt: skip


def _magnet(site: str) -> Rows:
    return [
        head(),
        title(_t("Here is your guide")),
        text(HELLO, _t("You asked for it, here it is. It takes twelve minutes to read; page 7 is the one that people print.")),
        button(_t("Open the guide"), f"{site}/guide"),
        text(_t("Short of time? These are the three points that matter most:"),
             _t("- Ask what it costs to do nothing.\n- Write down who decides before you compare anything.\n- Try with one team first.")),
        block("content", title=_t("When you are done, read this next"), button=_t("Read it")),
        signed(),
        *foot(_t("You get this mail because you asked for the guide on our site.")),
    ]  # fmt: skip


def _demo(site: str) -> Rows:
    return [
        head(),
        title(_t("Shall we show you how it works with your own numbers?")),
        text(HELLO, _t("You have looked at it for a while. The quickest way to know whether it fits is to see it with the work of {{ company.name | default: \"your team\" }} in it.")),
        small(_t("What happens in the 25 minutes")),
        text(_t("- You tell us how you do it today: five minutes.\n- We show the two or three places where that changes.\n- You ask whatever you like. Nobody asks for your signature.")),
        button(_t("Choose a time"), f"{site}/demo"),
        block("quote", text=_t("I wanted to say no and get on with my day. We found four hours a week instead."), title=_t("Head of operations, 40 people")),
        signed(),
        *foot(),
    ]  # fmt: skip


def _no_show(site: str) -> Rows:
    return [
        head(),
        title(_t("We missed you")),
        text(HELLO, _t("We had a meeting today and did not find each other. That happens. Nothing is lost: choose another time that suits you better.")),
        button(_t("Choose another time"), f"{site}/demo"),
        text(_t("If it is no longer the right moment, answer with “later” and we ask again in three months.")),
        signed(),
        *foot(_t("You get this mail because you booked a meeting with us.")),
    ]  # fmt: skip


def _consultation(site: str) -> Rows:
    return [
        head(),
        title(_t("Half an hour with somebody who has done it before")),
        text(HELLO, _t("You told us what you are working on. Before you decide anything, talk it through with one of our consultants: half an hour, free, and you keep the notes.")),
        block("staged", items=[
            {"stage": "awareness", "title": _t("Where does it pinch?"), "text": _t("We help you find out what the problem really costs."), "button": "", "url": ""},
            {"stage": "consideration", "title": _t("Which way is yours?"), "text": _t("We lay the two or three possible ways side by side, with what speaks against each."), "button": "", "url": ""},
            {"stage": ELSE, "title": _t("What comes first?"), "text": _t("We plan the first four weeks with you."), "button": "", "url": ""},
        ]),
        button(_t("Book your half hour"), f"{site}/consultation"),
        signed(),
        *foot(),
    ]  # fmt: skip


def _trial_survey(site: str) -> Rows:
    return [
        head(),
        title(_t("How is your trial going?")),
        text(HELLO, _t("You are half way through. One question, one click:")),
        columns(
            (_t("It works"), _t("I get done what I came for."), _t("Good so far"), f"{site}/survey?answer=good"),
            (_t("I am stuck"), _t("Something does not do what I expect."), _t("Help me"), f"{site}/survey?answer=stuck"),
            (_t("Not for us"), _t("It does not fit what we do."), _t("Tell us why"), f"{site}/survey?answer=no"),
        ),
        text(_t("Whatever you choose, somebody answers by tomorrow.")),
        signed(),
        *foot(_t("You get this mail because you are trying our product.")),
    ]  # fmt: skip


def _webinar(site: str) -> Rows:
    return [
        head(),
        title(_t("Live on Thursday: what changes this year, and what you can leave as it is")),
        text(HELLO, _t("45 minutes, of which 20 are for your questions. No slides with a company history.")),
        small(_t("You learn")),
        text(_t("- which three changes concern you, and from when;\n- how two companies of your size got ready;\n- what may wait until next year.")),
        button(_t("Save my seat"), f"{site}/webinar"),
        text(_t("You cannot make it? Sign up anyway: everybody gets the recording.")),
        signed(),
        *foot(),
    ]  # fmt: skip


def _replay(site: str) -> Rows:
    return [
        head(),
        title(_t("The recording, and the answers we owed you")),
        text(HELLO, _t("Thank you for being there, or for wanting to. Here is everything from the webinar.")),
        button(_t("Watch the recording"), f"{site}/webinar/recording"),
        columns(
            (_t("Slides"), _t("All of them, to keep."), _t("Download"), f"{site}/webinar/slides"),
            (_t("Answers"), _t("Eleven questions that we had no time for."), _t("Read them"), f"{site}/webinar/answers"),
        ),
        small(_t("Your next step")),
        text(_t("If one question is still open, answer this mail. We collect them until Friday.")),
        signed(),
        *foot(_t("You get this mail because you signed up for the webinar.")),
    ]  # fmt: skip


WINNING: dict[str, Start] = {
    "welcome": Start(_("Welcome"), _("The first mail after a sign-up: three ways to begin."), "mail-opened",
                     _("Welcome, {{ lead.first_name | default: \"and thank you\" }}"), _("One idea a week, and three good places to begin."), _welcome),
    "magnet": Start(_("What they asked for"), _("Hands over a guide, with the one thing to read next."), "download",
                    _("Your guide is here"), _("Twelve minutes. Page 7 is the one that people print."), _magnet),
    "demo": Start(_("Invitation to a demo"), _("Says what happens in it, and asks for a time."), "calendar",
                  _("25 minutes with your own numbers"), _("You ask whatever you like. Nobody asks for your signature."), _demo),
    "no_show": Start(_("Missed meeting"), _("Friendly, with one button to choose another time."), "calendar-off",
                     _("We missed you today"), _("Nothing is lost: choose another time."), _no_show),
    "consultation": Start(_("Consultation"), _("Offers half an hour, in words for the buyer's stage."), "messages",
                          _("Half an hour, free, and you keep the notes"), _("With somebody who has done it before."), _consultation),
    "trial_survey": Start(_("Survey in a trial"), _("One question with three answers to click."), "star",
                          _("One question about your trial"), _("It takes one click."), _trial_survey),
    "webinar": Start(_("Invitation to a webinar"), _("What they learn, and a button to save a seat."), "video",
                     _("Live on Thursday: what changes this year"), _("45 minutes, 20 of them for your questions."), _webinar),
    "replay": Start(_("After a webinar"), _("Recording, slides, and the open questions."), "player-play",
                    _("The recording, and the answers we owed you"), _("Slides and eleven answers are with it."), _replay),
}  # fmt: skip
