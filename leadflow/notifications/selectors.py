"""Questions about what people were told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from leadflow.notifications.models import ChannelChoice, Notice, Notification, default_choice
from leadflow.people.models import User

INBOX = 200


@dataclass(frozen=True)
class Day:
    """The notifications of one day, newest first."""

    on: date
    rows: list[Notification]


def unread_count(user: User) -> int:
    """What the bell shows; counted up to a hundred, more is "99+"."""
    return Notification.objects.visible_to(user).unread()[:100].count()


def inbox(user: User, *, only_unread: bool = False) -> list[Day]:
    """Her latest notifications, grouped by the day in her own zone."""
    rows = Notification.objects.visible_to(user)
    if only_unread:
        rows = rows.unread()
    days: dict[date, Day] = {}
    for row in rows[:INBOX]:
        on = timezone.localdate(row.at)
        days.setdefault(on, Day(on, [])).rows.append(row)
    return list(days.values())


def choices_of(user: User) -> list[ChannelChoice]:
    """Her channels for every kind, chosen or by default, in the order of the kinds."""
    chosen = {row.kind: row for row in ChannelChoice.objects.filter(user=user)}
    return [chosen.get(kind) or default_choice(user, kind) for kind in Notice.values]


def channels(users: Iterable[User], kind: str) -> dict[int, ChannelChoice]:
    """The channels of many people for one kind."""
    people: Sequence[User] = list(users)
    chosen = {row.user_id: row for row in ChannelChoice.objects.filter(user__in=people, kind=kind)}
    return {user.pk: chosen.get(user.pk) or default_choice(user, kind) for user in people}
