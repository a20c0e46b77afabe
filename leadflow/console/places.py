"""The index of Settings: one list, read top to bottom; a place that is not built is left out."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadflow.people.access import allowed
from leadflow.people.models import User

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Place:
    """One screen: what it is called, what it is for, whom it lets in."""

    label: Words
    about: Words
    url_name: str
    permission: str
    icon: str
    group: Words
    url: str = ""
    is_current: bool = False


_YOU, _ORG = _("You"), _("Organisation")
_PEOPLE, _DATA = _("People"), _("Data and rules")
_WATCH = _("What happened")

PLACES: list[Place] = [
    Place(_("Profile"), _("Your name and time zone"), "console:profile", "self.edit", "user", _YOU),
    Place(_("Your mailbox"), _("Your mail through your own server"), "console:own-mailbox", "mail.send", "mail", _YOU),
    Place(_("Your hours"), _("When you work and can be met"), "console:own-hours", "self.edit", "clock", _YOU),
    Place(_("Appearance"), _("Theme, density, keys"), "console:appearance", "self.edit", "sun-moon", _YOU),
    Place(_("Password"), _("A new password, two-factor"), "console:security", "self.edit", "key", _YOU),
    Place(_("Signed in on"), _("Your browsers; sign out elsewhere"), "console:sessions", "self.edit", "device-desktop", _YOU),
    Place(_("Notifications"), _("What reaches you, and how"), "console:notices", "self.edit", "bell", _YOU),
    Place(_("Identity"), _("Name, logo, colours, address"), "console:identity", "settings.edit", "building", _ORG),
    Place(_("Language and formats"), _("Time zone, dates, numbers, currency, fiscal year"), "console:locale", "settings.edit", "language", _ORG),
    Place(_("Working hours"), _("When you answer"), "console:hours", "settings.edit", "clock", _ORG),
    Place(_("Holidays"), _("Days on which nobody works"), "console:holidays", "settings.edit", "calendar", _ORG),
    Place(_("Meeting types"), _("What visitors can book"), "console:meetings", "meeting.edit", "calendar-event", _ORG),
    Place(_("Sending mail"), _("Sender, replies, test mail"), "console:sender", "settings.edit", "mail", _ORG),
    Place(_("Marketing mail"), _("How much anybody gets, and who gets none"), "nurturing:mail-policy", "settings.edit", "gauge", _ORG),
    Place(_("Deliverability"), _("Does mail arrive: DNS, signing, pauses, pace"), "console:deliverability", "sequence.edit", "gauge", _ORG),
    Place(_("Clicks and opens"), _("People or machines, judged again"), "console:clicks", "hit.judge", "click", _ORG),
    Place(_("Suppression list"), _("Who gets no mail, and why"), "console:suppressions", "sequence.edit", "ban", _ORG),
    Place(_("Inbound mail"), _("Mailboxes whose mail comes in"), "console:inbound", "settings.edit", "mail-down", _ORG),
    Place(_("Host names"), _("Pages and links at names of your own"), "console:hosts", "settings.edit", "world-www", _ORG),
    Place(_("Exchange rates"), _("What foreign money is worth"), "console:rates", "settings.edit", "coin", _ORG),
    Place(_("Users"), _("Invite, roles, teams, leave"), "console:people", "people.edit", "users", _PEOPLE),
    Place(_("Teams"), _("Who works with whom"), "console:teams", "people.edit", "users-group", _PEOPLE),
    Place(_("Roles"), _("Who may do what"), "console:roles", "self.edit", "shield", _PEOPLE),
    Place(_("Targets"), _("What each person means to win"), "insights:targets", "target.edit", "target-arrow", _PEOPLE),
    Place(_("Sources"), _("Where leads come from"), "console:sources", "source.edit", "world", _DATA),
    Place(_("Channels"), _("How each visit is counted"), "console:channels", "source.edit", "git-fork", _DATA),
    Place(_("Campaigns"), _("Goals, dates and budgets"), "console:campaigns", "source.edit", "target", _DATA),
    Place(_("Content"), _("What you send and link to"), "insights:content", "source.edit", "books", _DATA),
    Place(_("Offers"), _("Discounts and bonuses with an end"), "console:offers", "source.edit", "tag", _DATA),
    Place(_("Fields"), _("Fields of your own"), "console:fields", "field.edit", "forms", _DATA),
    Place(_("Incoming values"), _("When a form brings another value"), "console:incoming-values", "settings.edit", "arrows-exchange", _DATA),
    Place(_("Look-ups"), _("What is read from what you know"), "console:lookups", "settings.edit", "search", _DATA),
    Place(_("Lifecycle"), _("What MQL, SQL and the rest mean here"), "console:lifecycle", "settings.edit", "route", _DATA),
    Place(_("Research checklist"), _("What to find out before a call"), "console:research", "settings.edit", "list-check", _DATA),
    Place(_("Pipelines"), _("Stages of a deal"), "pipeline:settings", "pipeline.edit", "layout-kanban", _DATA),
    Place(_("Quotes and commission"), _("Tax, terms, what needs approval, settled commission"), "console:selling", "settings.edit", "percentage", _DATA),
    Place(_("Discount limits"), _("What each role may give away"), "pipeline:limits", "pipeline.edit", "scale", _DATA),
    Place(_("Competitors"), _("Whom you meet in deals, and how you win"), "pipeline:competitors", "pipeline.edit", "flag", _DATA),
    Place(_("Lost reasons"), _("Why deals are lost"), "pipeline:lost-reasons", "pipeline.edit", "circle-x", _DATA),
    Place(_("Objections"), _("What people have against buying"), "pipeline:objection-kinds", "playbook.edit", "messages", _DATA),
    Place(_("Answers to objections"), _("The playbook: what to say, what to show"), "pipeline:objection-answers", "playbook.edit", "bulb", _DATA),
    Place(_("Mail templates"), _("What a mail to a lead begins from"), "console:letters", "playbook.edit", "template", _DATA),
    Place(_("Products"), _("What the lines of a deal are made of"), "pipeline:products", "pipeline.edit", "box", _DATA),
    Place(_("Privacy"), _("Who sees what, how long it stays"), "console:privacy", "settings.edit", "shield-lock", _DATA),
    Place(_("Visitors"), _("Tracking, consent, suspect answers"), "capture:visitors", "settings.edit", "eye", _DATA),
    Place(_("API keys"), _("Let other programs in"), "console:api-keys", "settings.edit", "key", _DATA),
    Place(_("Inbound hooks"), _("Calls of other programs, and what they make"), "console:hooks", "settings.edit", "world-www", _DATA),
    Place(_("Webhooks"), _("Other programs that are told"), "console:webhooks", "settings.edit", "webhook", _DATA),
    Place(_("Audit"), _("Who changed what"), "flow:audit", "audit.view", "history", _WATCH),
    Place(_("Flow"), _("Reactions that failed, and retry"), "flow:flow", "flow.view", "activity", _WATCH),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """Places under one heading."""

    label: Words
    places: list[Place]


def index_for(user: User, path: str) -> list[Section]:
    """The sections that this person may open, the current place marked."""
    sections: dict[str, Section] = {}
    places = list(_open_to(user))
    # the nearest one: lost reasons have an address below that of the pipelines
    here = max((one.url for one in places if path.startswith(one.url)), key=len, default="")
    for place in (replace(one, is_current=one.url == here) for one in places):
        sections.setdefault(str(place.group), Section(place.group, [])).places.append(place)
    return list(sections.values())


def _open_to(user: User) -> Iterable[Place]:
    for place in PLACES:
        url = _url_of(place.url_name)
        if url and allowed(user, place.permission):
            yield replace(place, url=url)


def _url_of(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
