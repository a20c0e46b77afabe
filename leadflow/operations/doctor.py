"""What `leadflow doctor` and the health pages look at; each check is one line that says what to do."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import Error, connection
from django.db.models.functions import Now
from django.utils import timezone
from redis import Redis, RedisError

from leadflow.events.models import Event
from leadflow.mail import smtp
from leadflow.mail.models import Delivery
from leadflow.operations import backup, pgtools, schema
from leadflow.operations.models import Heartbeat

# Extensions that migrations create; a managed PostgreSQL may not offer them.
EXTENSIONS = ("pg_trgm",)
LATE_AFTER = timedelta(seconds=60)
SILENT_AFTER = timedelta(seconds=90)
SKEW = timedelta(seconds=5)
GIGABYTE = 1024**3


class Colour(StrEnum):
    """Red needs a person now, yellow should be known."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True)
class Line:
    """One thing looked at: what was found and, unless green, what to do."""

    check: str
    colour: Colour
    found: str
    advice: str = ""


def examine() -> list[Line]:
    """Look at everything; where the database is away, what needs it is left out."""
    lines = [*_settings(), *_disk(), *_broker(), *_mail()]
    try:
        lines += [*_database(), *_clock()]
        if not schema.pending_migrations():
            lines += [*liveness(), *_backups()]
    except Error as error:
        found = " ".join(str(error).split())
        lines.append(Line("database", Colour.RED, found, "Check DATABASE_URL and that it runs."))
    return lines


def liveness() -> list[Line]:
    """Only what says whether work is being done; for the health page."""
    return [line for look in LIVENESS.values() for line in look()]


def is_red(lines: list[Line]) -> bool:
    """Whether any line needs a person now."""
    return any(line.colour == Colour.RED for line in lines)


# --- the checks ------------------------------------------------------------------------------------


def _settings() -> Iterator[Line]:
    if settings.DEBUG:
        yield Line("settings", Colour.RED, "DEBUG is on", "Unset DEBUG; it shows secrets.")
    if len(settings.SECRET_KEY) < 50:
        found = f"SECRET_KEY has {len(settings.SECRET_KEY)} characters"
        yield Line("settings", Colour.RED, found, "Set one of 50 or more random characters.")
    if settings.TIME_SCALE != 1.0:
        found = f"TIME_SCALE is {settings.TIME_SCALE:g}"
        yield Line("settings", Colour.YELLOW, found, "Business time runs fast; unset it.")
    if settings.PUBLIC_BASE_URL.startswith("https://"):
        yield Line("settings", Colour.GREEN, f"address {settings.PUBLIC_BASE_URL}")
    else:
        found = f"address {settings.PUBLIC_BASE_URL} is not https: cookies lack Secure"
        yield Line("settings", Colour.YELLOW, found, "Fine on one machine; else serve by https.")


def _database() -> Iterator[Line]:
    major = pgtools.server_major()
    if major < schema.OLDEST_MAJOR:
        advice = f"Upgrade it to {schema.OLDEST_MAJOR} or newer."
        yield Line("database", Colour.RED, f"PostgreSQL {major}", advice)
    else:
        yield Line("database", Colour.GREEN, f"PostgreSQL {major}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_available_extensions")
        offered = {name for (name,) in cursor.fetchall()}
    for name in EXTENSIONS:
        if name not in offered:
            advice = "Install PostgreSQL's contrib package."
            yield Line("database", Colour.RED, f"{name} is not available", advice)
    if waiting := schema.pending_migrations():
        found = f"{waiting} migrations are not applied"
        yield Line("database", Colour.RED, found, "Run `leadflow migrate`.")


def _clock() -> Iterator[Line]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    there: datetime = row[0] if row else timezone.now()
    skew = abs(timezone.now() - there)
    if skew > SKEW:
        found = f"this machine and the database differ by {skew.total_seconds():.0f} s"
        yield Line("clock", Colour.RED, found, "Switch on time synchronisation (NTP) on both.")
    else:
        yield Line("clock", Colour.GREEN, "agrees with the database")


def _disk() -> Iterator[Line]:
    room = shutil.disk_usage(settings.VAR_DIR if settings.VAR_DIR.exists() else settings.BASE_DIR)
    found = f"{room.free / GIGABYTE:.1f} GB free under {settings.VAR_DIR}"
    if room.free < GIGABYTE:
        yield Line("disk", Colour.RED, found, "Free some space or move VAR_DIR.")
    elif room.free / room.total < 0.05:
        yield Line("disk", Colour.YELLOW, found, "Less than 5 % is left.")
    else:
        yield Line("disk", Colour.GREEN, found)


def _broker() -> Iterator[Line]:
    if not settings.REDIS_URL:
        yield Line("broker", Colour.GREEN, "in memory, inside `leadflow up`")
        return
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3) as client:
            client.ping()
    except (RedisError, OSError, ValueError) as error:
        advice = "Start Redis or correct REDIS_URL; relay and dispatch carry on without it."
        yield Line("broker", Colour.RED, f"Redis does not answer: {error}", advice)
    else:
        yield Line("broker", Colour.GREEN, "Redis answers")


def _mail() -> Iterator[Line]:
    if not settings.SMTP_HOST:
        found = "no SMTP_HOST: mail stays in the local outbox"
        yield Line("mail", Colour.YELLOW, found, "Set SMTP_HOST to send.")
        return
    try:
        smtp.connect().goodbye()
    except smtp.TransportDown as error:
        advice = "Check SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_USER and SMTP_PASSWORD."
        yield Line("mail", Colour.RED, f"{settings.SMTP_HOST}: {error}", advice)
    else:
        yield Line("mail", Colour.GREEN, f"{settings.SMTP_HOST} takes the sign-in")


def _workers() -> Iterator[Line]:
    last = Heartbeat.objects.order_by("-seen_at").first()
    advice = "Start `leadflow up`, or the worker and beat of the production form."
    if last is None:
        yield Line("workers", Colour.RED, "no worker was ever seen", advice)
        return
    silent = _database_now() - last.seen_at
    if silent > SILENT_AFTER:
        found = f"no worker for {_spoken(silent)} (the last was {last.name})"
        yield Line("workers", Colour.RED, found, advice)
    else:
        yield Line("workers", Colour.GREEN, f"{last.name}, {silent.total_seconds():.0f} s ago")


def _relay() -> Iterator[Line]:
    oldest = (
        Event.objects.filter(dispatched_at=None).order_by("id").values_list("recorded_at").first()
    )
    late = _database_now() - oldest[0] if oldest else timedelta(0)
    if late > LATE_AFTER:
        found = f"a fact waits since {_spoken(late)}"
        yield Line("relay", Colour.RED, found, "Start `leadflow relay`, and look at its log.")
    else:
        yield Line("relay", Colour.GREEN, "nothing waits")


def _sender() -> Iterator[Line]:
    if not settings.SMTP_HOST:
        return
    due = Delivery.objects.filter(state=Delivery.State.QUEUED, held_at=None, not_before__lt=Now())
    oldest = due.order_by("not_before").values_list("not_before").first()
    late = _database_now() - oldest[0] if oldest else timedelta(0)
    if late > LATE_AFTER:
        found = f"a message is due since {_spoken(late)}"
        yield Line("sender", Colour.RED, found, "Start `leadflow dispatch`, and look at its log.")
    else:
        yield Line("sender", Colour.GREEN, "no message is late")


def _backups() -> Iterator[Line]:
    last = backup.newest(settings.BACKUP_DIR)
    if last is None:
        found = f"none yet in {settings.BACKUP_DIR}"
        yield Line(
            "backup", Colour.YELLOW, found, "One is made within a day, or `leadflow backup`."
        )
    elif timezone.now() - last > timedelta(days=2):
        found = f"the newest is {_spoken(timezone.now() - last)} old"
        yield Line("backup", Colour.RED, found, "Run `leadflow backup` and look at its message.")
    else:
        yield Line("backup", Colour.GREEN, f"{last:%Y-%m-%d %H:%M} UTC in {settings.BACKUP_DIR}")


LIVENESS: dict[str, Callable[[], Iterator[Line]]] = {
    "workers": _workers,
    "relay": _relay,
    "sender": _sender,
}


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    return row[0] if row else timezone.now()


def _spoken(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
