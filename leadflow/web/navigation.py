"""The side bar: one list, read top to bottom; what a role may not open, or is not built, is left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadflow.people.access import allowed
from leadflow.people.models import Role, User

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Item:
    """A place to go. `key` is pressed after G; `phone` is its place in the bottom bar of a phone.

    `dialog` names one of the page's dialogs, which opens with it. `within` names the place that it
    belongs to: the side bar shows it while one of that family is open.
    """

    label: Words
    url_name: str
    icon: str
    permission: str
    group: Words = ""
    key: str = ""
    phone: int = 0
    roles: frozenset[str] = frozenset()
    url: str = ""
    is_current: bool = False
    count: int | None = None
    dialog: str = ""
    within: str = ""
    is_shown: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Places under one heading; the first group has none.

    `key` names it in the cookie by which the browser remembers what she folded.
    """

    label: Words
    items: list[Item]
    key: str = ""
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Navigation:
    """All places of one person on one page."""

    groups: list[Group] = field(default_factory=list)
    foot: list[Item] = field(default_factory=list)
    personal: list[Item] = field(default_factory=list)
    phone: list[Item] = field(default_factory=list)
    sign_out: str = ""


_SALES, _CAPTURE, _NURTURE = _("Sales"), _("Capture"), _("Nurture")
_RULES, _RESULTS = _("Rules"), _("Results")
_KEYS = ((_SALES, "sales"), (_CAPTURE, "capture"), (_NURTURE, "nurture"), (_RULES, "rules"), (_RESULTS, "results"))  # fmt: skip
FOLDED = "lf_folded"  # the cookie: keys of folded groups, with a dot between
_SELLERS = frozenset({Role.ADMIN, Role.MANAGER, Role.REP})

PLACES: list[Item] = [
    Item(_("My day"), "desk:my-day", "sun", "self.edit", key="m", phone=1),
    Item(_("Hot list"), "desk:hot", "bolt", "activity.add", within="desk:my-day"),
    Item(_("To-dos"), "desk:todos", "checkbox", "self.edit", key="t"),
    Item(_("My calendar"), "desk:calendar", "calendar", "self.edit", within="desk:todos"),
    Item(_("Inbox"), "notifications:inbox", "bell", "self.edit", key="i", phone=4),
    Item(_("Leads"), "desk:leads", "users", "lead.view", _SALES, "l", phone=2),
    Item(_("Data quality"), "desk:quality", "checklist", "lead.view", _SALES, within="desk:leads"),
    Item(
        _("Duplicates"), "desk:duplicates", "git-merge", "lead.merge", _SALES, within="desk:leads"
    ),
    Item(_("Companies"), "desk:companies", "building", "company.view", _SALES, "c"),
    Item(
        _("Duplicate companies"),
        "desk:company-duplicates",
        "git-merge",
        "company.merge",
        _SALES,
        within="desk:companies",
    ),
    Item(_("Customers"), "desk:customers", "heart-handshake", "lead.view", _SALES),
    Item(_("Deals"), "pipeline:board", "layout-kanban", "deal.view", _SALES, "d", phone=3),
    Item(_("Playbook"), "pipeline:playbook", "bulb", "deal.view", _SALES, within="pipeline:board"),
    Item(
        _("Collateral"),
        "pipeline:collateral",
        "books",
        "deal.view",
        _SALES,
        within="pipeline:board",
    ),
    Item(
        _("Approvals"),
        "approvals:inbox",
        "scale",
        "approval.view",
        _SALES,
        within="pipeline:board",
    ),
    Item(
        _("Hand-overs"),
        "distribution:handovers",
        "arrows-exchange",
        "handover.decide",
        _SALES,
        "h",
        roles=_SELLERS,
    ),
    Item(_("Call lists"), "desk:call-lists", "phone-call", "call.work", _SALES),
    Item(_("Bookings"), "desk:bookings", "calendar-event", "meeting.view", _SALES),
    Item(_("Forms"), "capture:forms", "forms", "form.edit", _CAPTURE, "f"),
    Item(_("Files"), "capture:files", "file-text", "form.edit", _CAPTURE, within="capture:forms"),
    Item(_("Events"), "capture:occasions", "calendar-event", "form.edit", _CAPTURE),
    Item(_("Pages"), "capture:pages", "browser", "form.edit", _CAPTURE, "p"),
    Item(_("Campaigns"), "insights:campaigns", "target", "insights.view", _CAPTURE),
    Item(_("Content"), "insights:content", "books", "insights.view", _CAPTURE),
    Item(_("Links"), "capture:links", "link", "form.edit", _CAPTURE, within="insights:campaigns"),
    Item(
        _("Calendar"),
        "insights:calendar",
        "calendar",
        "insights.view",
        _CAPTURE,
        within="insights:campaigns",
    ),
    Item(_("Answers"), "capture:answers", "input-check", "answer.view", _CAPTURE),
    Item(
        _("Quarantine"),
        "capture:quarantine",
        "shield-lock",
        "quarantine.decide",
        _CAPTURE,
        within="capture:answers",
    ),
    Item(_("Imports"), "imports:list", "file-upload", "import.run", _CAPTURE),
    Item(_("Sequences"), "nurturing:sequences", "route", "sequence.view", _NURTURE, "s"),
    Item(_("Automations"), "nurturing:automations", "bolt", "automation.view", _NURTURE),
    Item(_("Broadcasts"), "nurturing:broadcasts", "speakerphone", "broadcast.view", _NURTURE, "b"),
    Item(_("Mail designs"), "nurturing:designs", "mail-opened", "sequence.view", _NURTURE),
    Item(_("Who gets what"), "nurturing:reach", "chart-histogram", "broadcast.view", _NURTURE),
    Item(_("Segments"), "segments:list", "users-group", "segment.view", _NURTURE),
    Item(_("Outbox"), "mail:outbox", "mail-fast", "outbox.view", _NURTURE, "o"),
    Item(
        _("Received mail"),
        "mail:received",
        "mail-down",
        "inbound.view",
        _NURTURE,
        within="mail:outbox",
        roles=frozenset({Role.ADMIN, Role.MANAGER, Role.MARKETER}),
    ),
    Item(_("Scoring"), "qualification:scoring", "gauge", "score.view", _RULES),
    Item(_("Routing"), "distribution:routing", "git-fork", "routing.view", _RULES, "r"),
    Item(_("Dashboard"), "insights:dashboard", "chart-bar", "insights.view", _RESULTS, "n"),
    Item(_("Sources"), "insights:sources", "coin", "insights.view", _RESULTS),
    Item(
        _("Missed opportunities"),
        "insights:missed",
        "zoom-exclamation",
        "insights.view",
        _RESULTS,
    ),
]
FOOT: list[Item] = [
    Item(_("Settings"), "console:settings", "settings", "self.edit", key=","),
]
PERSONAL: list[Item] = [
    Item(_("Your profile"), "console:profile", "user-circle", "self.edit"),
    Item(_("Password and two-factor"), "console:security", "shield-lock", "self.edit"),
    Item(_("Where you are signed in"), "console:sessions", "device-desktop", "self.edit"),
]


def navigation_for(request: HttpRequest) -> Navigation:
    """The places that this person may open, the current one marked."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return Navigation()
    places = list(open_to(user, PLACES, request.path))
    # the four that a phone shows: the marked ones in their order, then whatever comes first
    phone = sorted(places, key=lambda place: place.phone or len(PLACES))
    return Navigation(
        groups=folded(grouped(places), request.COOKIES.get(FOLDED, "")),
        foot=list(open_to(user, FOOT, request.path)),
        personal=list(open_to(user, PERSONAL, request.path)),
        phone=phone[:4],
        sign_out=url_of("account_logout"),
    )


def open_to(user: User | AnonymousUser, places: list[Item], path: str) -> Iterable[Item]:
    """Those whose screen exists and whose permission she holds."""
    urls = {p.url_name: url_of(p.url_name) for p in places}
    here = max((u for u in urls.values() if u and is_under(path, u)), key=len, default="")
    family = next((p.within or p.url_name for p in places if here and urls[p.url_name] == here), "")
    for place in places:
        url = urls[place.url_name]
        if url and suits(user, place):
            # the label is read in four places of the page: translated once
            yield replace(
                place,
                label=str(place.label),
                url=url,
                is_current=url == here,
                is_shown=place.within in ("", family),
            )


def suits(user: User | AnonymousUser, place: Item) -> bool:
    """Whether the place is hers: permitted, and meant for her role where it names any."""
    role = getattr(user, "role", "")
    return allowed(user, place.permission) and (not place.roles or role in place.roles)


def is_under(path: str, url: str) -> bool:
    """Whether the page is the place or lies below it; the start page has nothing below."""
    return path == url or (url != "/" and path.startswith(url))


def url_of(name: str) -> str:
    """The address of a screen, empty while it is not built."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def grouped(places: list[Item]) -> list[Group]:
    """Keep the order, put each under its heading."""
    groups: dict[str, Group] = {}
    for place in places:
        groups.setdefault(str(place.group), Group(place.group, [])).items.append(place)
    return list(groups.values())


def folded(groups: list[Group], told: str) -> list[Group]:
    """Each with its key and whether she folded it; the one that she is in stands open."""
    shut = set(told.split("."))
    keys = {str(label): key for label, key in _KEYS}
    found = []
    for group in groups:
        key = keys.get(str(group.label), "")
        is_here = any(item.is_current for item in group.items)
        found.append(replace(group, key=key, is_folded=key in shut and bool(key) and not is_here))
    return found
