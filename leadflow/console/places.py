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
    Place(_("Appearance"), _("Theme, density, keys"), "console:appearance", "self.edit", "sun-moon", _YOU),
    Place(_("Password"), _("A new password, two-factor"), "console:security", "self.edit", "key", _YOU),
    Place(_("Signed in on"), _("Your browsers; sign out elsewhere"), "console:sessions", "self.edit", "device-desktop", _YOU),
    Place(_("Notifications"), _("What reaches you, and how"), "console:notices", "self.edit", "bell", _YOU),
    Place(_("Identity"), _("Name, logo, colours, address"), "console:identity", "settings.edit", "building", _ORG),
    Place(_("Language and formats"), _("Time zone, dates, currency, fiscal year"), "console:locale", "settings.edit", "language", _ORG),
    Place(_("Working hours"), _("When you answer"), "console:hours", "settings.edit", "clock", _ORG),
    Place(_("Holidays"), _("Days on which nobody works"), "console:holidays", "settings.edit", "calendar", _ORG),
    Place(_("Sending mail"), _("Sender, replies, test mail"), "console:sender", "settings.edit", "mail", _ORG),
    Place(_("Exchange rates"), _("What foreign money is worth"), "console:rates", "settings.edit", "coin", _ORG),
    Place(_("Users"), _("Invite, roles, teams, leave"), "console:people", "people.edit", "users", _PEOPLE),
    Place(_("Teams"), _("Who works with whom"), "console:teams", "people.edit", "users-group", _PEOPLE),
    Place(_("Roles"), _("Who may do what"), "console:roles", "self.edit", "shield", _PEOPLE),
    Place(_("Sources"), _("Where leads come from"), "console:sources", "source.edit", "world", _DATA),
    Place(_("Campaigns"), _("Goals, dates and budgets"), "console:campaigns", "source.edit", "target", _DATA),
    Place(_("Content"), _("What you send and link to"), "console:content", "source.edit", "books", _DATA),
    Place(_("Offers"), _("Discounts and bonuses with an end"), "console:offers", "source.edit", "tag", _DATA),
    Place(_("Fields"), _("Fields of your own"), "console:fields", "field.edit", "forms", _DATA),
    Place(_("Lifecycle"), _("What MQL, SQL and the rest mean here"), "console:lifecycle", "settings.edit", "route", _DATA),
    Place(_("Pipelines"), _("Stages of a deal"), "pipeline:settings", "pipeline.edit", "layout-kanban", _DATA),
    Place(_("Privacy"), _("Who sees what, how long it stays"), "console:privacy", "settings.edit", "shield-lock", _DATA),
    Place(_("API keys"), _("Let other programs in"), "console:api-keys", "settings.edit", "key", _DATA),
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
    for place in _open_to(user, path):
        sections.setdefault(str(place.group), Section(place.group, [])).places.append(place)
    return list(sections.values())


def _open_to(user: User, path: str) -> Iterable[Place]:
    for place in PLACES:
        url = _url_of(place.url_name)
        if url and allowed(user, place.permission):
            yield replace(place, url=url, is_current=path.startswith(url))


def _url_of(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
