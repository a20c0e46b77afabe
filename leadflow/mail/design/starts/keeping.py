"""Templates for people who know us: onboarding, thanks, referral, and those who went quiet."""

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
    signed,
    small,
    text,
    title,
)

_CUSTOMER = _("You get this mail because you are our customer.")


def _onboarding(site: str) -> Rows:
    return [
        head(),
        title(_t("Your first three steps")),
        text(HELLO, _t("Everything is ready. Whoever does these three steps in the first week stays; it takes twenty minutes in all.")),
        columns(
            (_t("1. Sign in"), _t("And set your password."), _t("Sign in"), f"{site}/sign-in"),
            (_t("2. Bring your list"), _t("A file of any shape will do."), _t("How it works"), f"{site}/help/list"),
            (_t("3. Ask a colleague in"), _t("It is twice as useful with two."), _t("Invite them"), f"{site}/help/invite"),
        ),
        text(_t("Your person here is {{ owner.name | default: \"our support team\" }}. Answer this mail and you have {{ owner.first_name | default: \"us\" }} on the line.")),
        signed(),
        *foot(str(_CUSTOMER)),
    ]  # fmt: skip


def _thanks(site: str) -> Rows:
    return [
        head(),
        title(_t("Thank you")),
        text(HELLO, _t("{{ company.name | default: \"You\" }} decided for us. That is not a matter of course, and we mean to be worth it.")),
        small(_t("What happens now")),
        text(_t("- Today: your access, in a mail of its own.\n- This week: a call to plan the start.\n- In thirty days: we ask what works and what does not.")),
        button(_t("See the plan"), f"{site}/plan"),
        signed(),
        *foot(str(_CUSTOMER)),
    ]  # fmt: skip


def _referral(site: str) -> Rows:
    return [
        head(),
        title(_t("Who else should know?")),
        text(HELLO, _t("You have been with us for some months now. If it is worth it to you, it probably is to somebody you know."),
             _t("Send them the link below. They get a month free, and so do you. We write to them only if they ask for it themselves.")),
        button(_t("Get my link"), f"{site}/friends"),
        text(_t("And if it is not worth it to you, tell us: we would rather hear it now.")),
        signed(),
        *foot(str(_CUSTOMER)),
    ]  # fmt: skip


def _review(site: str) -> Rows:
    return [
        head(),
        title(_t("Two sentences would help us a lot")),
        text(HELLO, _t("People who choose read what others say. Would you write down what you tell your colleagues about us, the good and the rest?")),
        button(_t("Write a review"), f"{site}/review"),
        text(_t("It takes three minutes. You need not give your name.")),
        signed(),
        *foot(str(_CUSTOMER)),
    ]  # fmt: skip


def _quiet(site: str) -> Rows:
    return [
        head(),
        title(_t("Still the right mail for you?")),
        text(HELLO, _t("You have not opened our mails for a while. Perhaps they come too often, perhaps they speak of the wrong things. Choose, and we keep to it:")),
        columns(
            (_t("Fewer"), _t("One mail a month, the best of it."), _t("Once a month"), f"{site}/mails?often=month"),
            (_t("Other topics"), _t("Tick what you care about."), _t("Choose topics"), f"{site}/mails"),
        ),
        block("content", title=_t("What others read most"), button=_t("Read it")),
        text(_t("If you do nothing, this was the last one. No hard feelings.")),
        signed(),
        *foot(),
    ]  # fmt: skip


def _win_back(site: str) -> Rows:
    return [
        head(),
        title(_t("A lot has changed since you left")),
        text(HELLO, _t("When you left us, you told us why. We worked on it: lists are fast now, and you can leave at the end of any month.")),
        block("quote", text=_t("I came back for the lists and stayed for the people."), title=_t("A customer for the second time")),
        text(_t("Your data of then is still there if you want it. The first month is free, so that you can see for yourself.")),
        button(_t("Have another look"), f"{site}/back"),
        signed(),
        *foot(_t("You get this mail because you were our customer.")),
    ]  # fmt: skip


KEEPING: dict[str, Start] = {
    "onboarding": Start(_("First steps"), _("Three steps for the first week of a customer."), "rocket",
                        _("Your first three steps, twenty minutes in all"), _("Sign in, bring your list, ask a colleague in."), _onboarding),
    "thanks": Start(_("Thank you"), _("After the signature: what happens now."), "heart-handshake",
                    _("Thank you, {{ lead.first_name | default: \"and welcome\" }}"), _("What happens today, this week, and in thirty days."), _thanks),
    "referral": Start(_("Referral"), _("Asks for others, and gives something for it."), "share",
                      _("Who else should know?"), _("A month free for them, and for you."), _referral),
    "review": Start(_("Request for a review"), _("Asks for two honest sentences."), "message-circle",
                    _("Two sentences would help us a lot"), _("It takes three minutes."), _review),
    "quiet": Start(_("Gone quiet"), _("Lets readers choose less, or other topics, before they go."), "zzz",
                   _("Still the right mail for you?"), _("Fewer mails, other topics, or goodbye."), _quiet),
    "win_back": Start(_("Win back"), _("For those who left: what changed, and a free month."), "arrow-back-up",
                      _("What changed since you left"), _("You told us why. We worked on it."), _win_back),
}  # fmt: skip
