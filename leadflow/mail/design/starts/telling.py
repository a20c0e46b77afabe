"""Templates that tell something to many: newsletter, promotion, case study, update, invitation."""

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.mail.design.starts.parts import (
    HELLO,
    Rows,
    Start,
    block,
    button,
    columns,
    foot,
    head,
    line,
    signed,
    small,
    text,
    title,
)


def _newsletter(site: str) -> Rows:
    return [
        head(),
        title(_t("What we learned this month")),
        text(HELLO, _t("Three pieces that are worth your time, the longest one first.")),
        small(_t("Why the second quote wins")),
        text(_t("We looked at two years of offers. The first answer gets attention; the second one gets the order, if it says one thing: what happens after the signature."), f"[{_t('Read it, 6 minutes')}]({site}/second-quote)"),
        line(),
        columns(
            (_t("From practice"), _t("How a team of four answers everybody within the hour."), _t("Read it"), f"{site}/within-the-hour"),
            (_t("To use at once"), _t("A sheet for the first call, with the five questions."), _t("Get the sheet"), f"{site}/first-call"),
        ),
        line(),
        block("content", title=_t("Picked for you"), button=_t("Read it")),
        text(_t("Do you know somebody who should read this? Send it on.")),
        signed(),
        *foot(_t("You get this mail once a month because you asked for it.")),
    ]  # fmt: skip


def _promotion(site: str) -> Rows:
    return [
        head(),
        title(_t("20 % off your first year, until Friday")),
        text(HELLO, _t("You know what it does. This week it costs a fifth less, for the whole of the first year. The price on the site changes back on Friday at midnight.")),
        block("quote", text=_t("Your code: SPRING20"), title=_t("Enter it when you order. It works once for each company.")),
        button(_t("Use the offer"), f"{site}/offer"),
        small(_t("What is in it")),
        text(_t("- Everything that is in it at the full price.\n- Setting it up together, as always.\n- Out again with a month's notice.")),
        text(_t("Not now? Then do nothing: we do not send this three times.")),
        signed(),
        *foot(),
    ]  # fmt: skip


def _case_study(site: str) -> Rows:
    return [
        head(),
        title(_t("How a company like {{ company.name | default: \"yours\" }} got its evenings back")),
        text(HELLO, _t("Forty people, three countries, and a list that lived in somebody's head. Here is what they changed, in what order, and what they would do differently.")),
        columns(
            (_t("Before"), _t("Two days from question to answer."), "", ""),
            (_t("After"), _t("Fifty minutes, and nobody works late for it."), "", ""),
        ),
        block("quote", text=_t("The surprise was not the time. It was that people stopped asking each other who does what."), title=_t("Managing director")),
        button(_t("Read the whole story"), f"{site}/story"),
        signed(),
        *foot(),
    ]  # fmt: skip


def _update(site: str) -> Rows:
    return [
        head(),
        title(_t("What is new since last month")),
        text(HELLO, _t("Three things changed, and the first of them you asked for.")),
        small(_t("Everything on one page")),
        text(_t("You no longer click through four screens: it all stands on one, and remembers how you like it.")),
        small(_t("Faster lists")),
        text(_t("Lists open in under a second, however long they are.")),
        small(_t("Repaired")),
        text(_t("- Dates follow your language again.\n- A copied list keeps its order.")),
        button(_t("See all changes"), f"{site}/changes"),
        signed(),
        *foot(_t("You get this mail because you use our product.")),
    ]  # fmt: skip


def _event(site: str) -> Rows:
    return [
        head(),
        title(_t("Come and see us")),
        text(HELLO, _t("On the 14th we open the doors in {{ lead.city | default: \"our office\" }}: two short talks, one long table, and people who do what you do.")),
        columns(
            (_t("When"), _t("Thursday the 14th, from half past five"), "", ""),
            (_t("Where"), _t("1 Mill Lane, second floor. There is a lift."), _t("See the map"), f"{site}/map"),
        ),
        button(_t("I am coming"), f"{site}/event"),
        text(_t("Bring a colleague: write their name when you sign up.")),
        signed(),
        *foot(),
    ]  # fmt: skip


def _letter(_site: str) -> Rows:
    return [
        text(HELLO, _t("I wanted to ask how it is going at {{ company.name | default: \"your company\" }}."),
             _t("When we last spoke, one thing was still open. Is it settled by now? If not, I have an idea that costs ten minutes and no money."),
             _t("Shall I send it?")),
        signed(),
    ]  # fmt: skip


TELLING: dict[str, Start] = {
    "newsletter": Start(_("Newsletter"), _("One long piece, two short ones, one picked for each reader."), "notes",
                        _("Why the second quote wins"), _("And a sheet for the first call, with the five questions."), _newsletter),
    "promotion": Start(_("Promotion"), _("An offer with its code and its end, and no pressure."), "gift",
                       _("20 % off your first year, until Friday"), _("One code, one week, everything in it."), _promotion),
    "case_study": Start(_("Case study"), _("Before, after, one voice, and the whole story behind a button."), "quote",
                        _("How they got their evenings back"), _("Forty people, three countries, fifty minutes."), _case_study),
    "update": Start(_("What is new"), _("Changes of a product, the one they asked for first."), "sparkles",
                    _("Everything on one page, and two more changes"), _("The first of them you asked for."), _update),
    "event": Start(_("Invitation to an event"), _("When, where, and a button to come."), "map-pin",
                   _("Two short talks and one long table"), _("Thursday the 14th. Bring a colleague."), _event),
    "letter": Start(_("Plain letter"), _("Words only, as one person writes to another."), "pencil",
                    _("A question, {{ lead.first_name | default: \"if I may\" }}"), _("It costs ten minutes and no money."), _letter),
}  # fmt: skip
