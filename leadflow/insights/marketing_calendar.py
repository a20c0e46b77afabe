"""One month of marketing: what opens and closes, what is sent, what ends. Days are the organisation's."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.translation import gettext as _

from capture.selectors import forms_of
from capture.selectors.occasions import occasions_of
from capture.selectors.pages import pages_of
from leadflow.kit.clock import now
from leadflow.kit.periods import Period
from leadflow.mail.models import Delivery
from leadflow.models import Activity, Campaign, Lead, Organisation
from leadflow.offers.models import Offer
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.web import months
from leadflow.web.months import Calendar, Entry
from nurturing.selectors import broadcasts

MOST = 200  # of each kind in a month


def month_of(user: User, told: str = "") -> Calendar:
    """The month written as 2026-11; this one where nothing sensible is told."""
    organisation = Organisation.current()
    zone = ZoneInfo(organisation.time_zone)
    today = now().astimezone(zone).date()
    span = months.month(told, today=today, week_start=organisation.week_start)
    period = Period(span.start, span.end, zone)
    return months.filled(span, _entries(user, period, zone), today=today)


def _entries(user: User, period: Period, zone: ZoneInfo) -> Iterator[Entry]:
    yield from _campaigns(period)
    if allowed(user, "form.view"):
        yield from _windows(user, period, zone)
        yield from _occasions(user, period, zone)
    yield from _offers(period, zone)
    if allowed(user, "broadcast.view"):
        yield from _broadcasts(period, zone)
    yield from _sends(user, period, zone)
    yield from _events(user, period, zone)


def _campaigns(period: Period) -> Iterator[Entry]:
    rows = Campaign.objects.filter(is_archived=False)
    inside = Q(starts_on__gte=period.start_on, starts_on__lt=period.end_on)
    inside |= Q(ends_on__gte=period.start_on, ends_on__lt=period.end_on)
    for row in rows.filter(inside)[:MOST]:
        url = reverse("insights:campaign", args=[row.pk])
        if row.starts_on and period.start_on <= row.starts_on < period.end_on:
            yield Entry(row.starts_on, "target", _("%(name)s begins") % {"name": row.name}, url)
        if row.ends_on and period.start_on <= row.ends_on < period.end_on:
            yield Entry(row.ends_on, "target", _("%(name)s ends") % {"name": row.name}, url)


def _windows(user: User, period: Period, zone: ZoneInfo) -> Iterator[Entry]:
    """Pages and forms: when they open and close, and when a page was first published."""
    inside = _within("opens_at", period) | _within("closes_at", period)
    for icon, rows in (("browser", pages_of(user)), ("forms", forms_of(user))):
        for row in rows.exclude(status="archived").filter(inside)[:MOST]:
            url = row.get_absolute_url()
            yield from _moment(
                row.opens_at, period, zone, icon, _("%(name)s opens") % {"name": row.name}, url
            )
            yield from _moment(
                row.closes_at, period, zone, icon, _("%(name)s closes") % {"name": row.name}, url
            )
    live = pages_of(user).exclude(status="archived").filter(opens_at=None)
    for row in live.filter(_within("live__published_at", period))[:MOST]:
        words = _("%(name)s went live") % {"name": row.name}
        at = row.live.published_at if row.live else None
        yield from _moment(at, period, zone, "browser", words, row.get_absolute_url())


def _occasions(user: User, period: Period, zone: ZoneInfo) -> Iterator[Entry]:
    """Webinars and other events, by the day on which they begin here."""
    rows = occasions_of(user).filter(_within("starts_at", period), cancelled_at=None)
    for row in rows[:MOST]:
        words = f"{row.starts_at.astimezone(zone):%H:%M} {row.title}"
        yield from _moment(
            row.starts_at, period, zone, "calendar-event", words, row.get_absolute_url()
        )


def _offers(period: Period, zone: ZoneInfo) -> Iterator[Entry]:
    rows = Offer.objects.filter(is_archived=False)
    for row in rows.filter(_within("starts_at", period) | _within("ends_at", period))[:MOST]:
        url, named = row.get_absolute_url(), {"name": row.name}
        begins, ends = _("%(name)s holds from now") % named, _("%(name)s ends") % named
        yield from _moment(row.starts_at, period, zone, "tag", begins, url)
        yield from _moment(row.ends_at, period, zone, "tag", ends, url)


def _broadcasts(period: Period, zone: ZoneInfo) -> Iterator[Entry]:
    """Broadcasts, by the day on which the first of their mails leaves."""
    for row in broadcasts.between(period.start, period.end)[:MOST]:
        words = _("%(name)s goes out") % {"name": row.name}
        yield from _moment(
            row.begins_at, period, zone, "speakerphone", words, row.get_absolute_url()
        )


def _sends(user: User, period: Period, zone: ZoneInfo) -> Iterator[Entry]:
    """Marketing mails by day: how many left, how many are still to leave."""
    if not allowed(user, "outbox.view"):
        return
    states = {
        "sent": _("Mails that left: %(n)d"),
        "planned": _("Mails planned: %(n)d"),
        "queued": _("Mails waiting: %(n)d"),
    }
    rows = Delivery.objects.filter(_within("due_at", period), kind="marketing", state__in=states)
    rows = rows.filter(Q(lead=None) | Q(lead__in=Lead.objects.visible_to(user).values("pk")))
    days = rows.annotate(on=TruncDate("due_at", tzinfo=zone)).order_by().values("on", "state")
    for row in days.annotate(n=Count("pk")):
        yield Entry(
            row["on"], "mail-fast", states[row["state"]] % {"n": row["n"]}, reverse("mail:outbox")
        )


def _events(user: User, period: Period, zone: ZoneInfo) -> Iterator[Entry]:
    """Meetings and demos by day."""
    seen = Lead.objects.visible_to(user).values("pk")
    rows = Activity.objects.filter(
        _within("due_at", period), kind__in=("meeting", "demo"), lead__in=seen
    )
    days = rows.annotate(on=TruncDate("due_at", tzinfo=zone)).order_by().values("on")
    for row in days.annotate(n=Count("pk")):
        yield Entry(
            row["on"],
            "calendar-event",
            _("Meetings and demos: %(n)d") % {"n": row["n"]},
            reverse("desk:my-day"),
        )


def _within(field: str, period: Period) -> Q:
    return Q(**{f"{field}__gte": period.start, f"{field}__lt": period.end})


def _moment(
    at: datetime | None, period: Period, zone: ZoneInfo, icon: str, words: str, url: str = ""
) -> Iterator[Entry]:
    if at is not None and period.start <= at < period.end:
        yield Entry(at.astimezone(zone).date(), icon, words, url)
