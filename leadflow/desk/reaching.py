"""How people like to be reached, and what stands against reaching them so right now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from leadflow.kit import best_times, phones, zones
from leadflow.kit.areas import Daytime, zones_of_countries
from leadflow.models import Consent, ContactChannel, Lead, Organisation
from leadflow.people.access import allowed
from leadflow.people.models import User

_SPOKEN = frozenset({ContactChannel.PHONE, ContactChannel.SMS, ContactChannel.WHATSAPP})
_DAYTIME = Daytime(8, 21, weekends=True)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach somebody now. `warning` says what stands against it."""

    channel: str
    label: str
    short: str
    icon: str
    url: str
    key: str = ""
    is_preferred: bool = False
    warning: str = ""
    write_url: str = ""  # where a mail is written in LeadFlow, for whoever may

    @property
    def is_elsewhere(self) -> bool:
        """Whether it opens another site."""
        return self.url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Reach:
    """The ways to a person, the one she prefers first; `says` is her wish in words."""

    ways: tuple[Way, ...] = ()
    says: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def preferred(self) -> Way | None:
        """The way that she asked for, where it leads somewhere."""
        return next((way for way in self.ways if way.is_preferred), None)


def of_leads(user: User, leads: Iterable[Lead], at: datetime) -> dict[int, Reach]:
    """How each of them is reached, in one query."""
    found = {lead.pk: lead for lead in leads}
    if not found:
        return {}
    sees, refused, here = allowed(user, "lead.contact_fields"), refused_by(found), our_zone()
    writes = allowed(user, "mail.send")
    return {
        pk: reach(lead, at, sees=sees, writes=writes, refused=refused.get(pk, ()), here=here)
        for pk, lead in found.items()
    }


def our_zone() -> str:
    """The clock by which we go where nothing tells hers."""
    return Organisation.current().time_zone or "UTC"


def refused_by(lead_ids: Collection[int]) -> Mapping[int, set[str]]:
    """The channels that each of these people withdrew, for whatever purpose, and has not allowed since."""
    newest = Consent.objects.filter(lead__in=lead_ids).order_by(
        "lead", "channel", "purpose", "-at", "-pk"
    )
    rows = newest.distinct("lead", "channel", "purpose").values_list("lead", "channel", "state")
    found: dict[int, set[str]] = defaultdict(set)
    for lead, channel, state in rows:
        if state == Consent.State.WITHDRAWN:
            found[lead].add(channel)
    return found


def reach(
    lead: Lead,
    at: datetime,
    *,
    sees: bool,
    writes: bool = False,
    refused: Collection[str] = (),
    booking_url: str = "",
    here: str = "",
) -> Reach:
    """The ways to one person at that moment; `sees` is whether her address and number may be shown, `writes`
    whether mail is written to her from here."""
    late = _late(lead, at, here)
    found = _ways(lead, booking_url, writes) if sees else ()
    ways = [_warned(way, refused, late) for way in found]
    ways.sort(key=lambda way: not way.is_preferred)
    told = [way.warning for way in ways if way.warning] if sees else [late]
    return Reach(tuple(ways), _says(lead), tuple(dict.fromkeys(filter(None, told))))


def _says(lead: Lead) -> str:
    channel = str(lead.get_preferred_channel_display())
    is_name = lead.preferred_channel == ContactChannel.WHATSAPP
    spoken = channel if is_name else channel.lower()
    if channel and lead.preferred_time:
        said = {"channel": spoken, "time": lead.preferred_time}
        return _("Prefers %(channel)s, %(time)s") % said
    if channel:
        return _("Prefers %(channel)s") % {"channel": spoken}
    return _("Best time: %(time)s") % {"time": lead.preferred_time} if lead.preferred_time else ""


def _ways(lead: Lead, booking_url: str, writes: bool) -> Iterable[Way]:
    wish = lead.preferred_channel

    def way(channel: str, label: str, short: str, icon: str, url: str, key: str = "") -> Way:
        return Way(channel, label, short, icon, url, key, is_preferred=channel == wish)

    if lead.phone:
        number = {"number": phones.shown(lead.phone)}
        digits = "".join(sign for sign in lead.phone if sign.isdigit())
        yield way(
            "phone", _("Call %(number)s") % number, _("Call"), "phone", f"tel:{lead.phone}", "C"
        )
        if wish == ContactChannel.SMS:
            yield way(
                "sms",
                _("Text %(number)s") % number,
                _("Text"),
                "message-circle",
                f"sms:{lead.phone}",
            )
        if wish == ContactChannel.WHATSAPP:
            yield way(
                "whatsapp", "WhatsApp", "WhatsApp", "message-circle", f"https://wa.me/{digits}"
            )
    if lead.email:
        url = f"mailto:{quote(lead.email, safe='@')}"
        mail = way("email", _("Write a mail"), _("Mail"), "mail", url, "M")
        here = reverse("desk:lead-mail", args=[lead.pk]) if writes else ""
        yield replace(mail, write_url=here)
        if wish == ContactChannel.MEETING and booking_url:
            words = {"subject": _("A time to talk"), "body": booking_url}
            asked = "&".join(f"{key}={quote(value)}" for key, value in words.items())
            label, short = _("Mail times to meet"), _("Meet")
            meet = way("meeting", label, short, "calendar-event", f"{url}?{asked}")
            yield replace(meet, write_url=f"{here}?meet=1" if here else "")
    if wish == ContactChannel.SOCIAL and (profile := _profile(lead)):
        yield way("social", _("Open the profile"), _("Profile"), "share", profile)


def _profile(lead: Lead) -> str:
    known = lead.social.values() if isinstance(lead.social, dict) else ()
    return next((url for url in known if isinstance(url, str) and url.startswith("https://")), "")


def _warned(way: Way, refused: Collection[str], late: str) -> Way:
    """With what speaks against it: she refused it, or it is no time to ring."""
    refusals = {
        "phone": _("They asked not to be called."),
        "sms": _("They asked not to be texted."),
        "whatsapp": _("They asked not to be written to by WhatsApp."),
        "email": _("They want no marketing mail: write about their own request only."),
    }
    warning = refusals.get(way.channel, "") if way.channel in refused else ""
    if not warning and way.channel in _SPOKEN:
        warning = late
    return replace(way, warning=warning) if warning else way


def _late(lead: Lead, at: datetime, here: str) -> str:
    """That it is not her time, where that is so wherever in her country she may be."""
    names = zones_for(lead, here)
    there = [at.astimezone(ZoneInfo(name)) for name in names]
    clock = {"clock": f"{there[0]:%H:%M}", "time": lead.preferred_time}
    if lead.preferred_time:
        outside = all(best_times.holds(lead.preferred_time, one) is False for one in there)
        return (
            _("It is %(clock)s where they are; they asked for %(time)s.") % clock if outside else ""
        )
    if any(_DAYTIME.holds(at, name) for name in names):
        return ""
    return _("It is %(clock)s where they are.") % clock


def zones_for(lead: Lead, here: str = "") -> tuple[str, ...]:
    """The zones in which she may be: her own, her country's, her company's; else that of the organisation."""
    if zones.is_zone(lead.time_zone):
        return (lead.time_zone,)
    known = zones_of_countries()
    company = lead.company.country if lead.company else ""
    found = known.get(lead.country) or known.get(company)  # the largest place of each stands first
    return found or (here or our_zone(),)
