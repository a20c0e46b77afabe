"""Telling people things: a row in their inbox, and a mail where they want one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from leadflow.kit import clock
from leadflow.kit import text as texts
from leadflow.mail.services import Message, queue_many
from leadflow.models import Organisation, Origin
from leadflow.notifications.models import ChannelChoice, Notice, Notification
from leadflow.notifications.selectors import channels
from leadflow.people.models import User


@dataclass(frozen=True, kw_only=True)
class Told:
    """One sentence for one person; `key` says which, so that telling twice tells once."""

    user: User
    key: str
    kind: str
    sentence: str
    url: str = ""
    lead_id: int | None = None
    at: datetime | None = None
    origin: str = Origin.LIVE


def tell(
    user: User,
    key: str,
    *,
    kind: str,
    sentence: str,
    url: str = "",
    lead_id: int | None = None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> None:
    """Tell one person one thing, by the channels that she chose for this kind."""
    row = Told(
        user=user, key=key, kind=kind, sentence=sentence, url=url, lead_id=lead_id, at=at,
        origin=origin,
    )  # fmt: skip
    tell_many([row])


@transaction.atomic(savepoint=False)
def tell_many(rows: Sequence[Told]) -> None:
    """Tell many people; whoever was told this key already, or is shut out, hears nothing."""
    fresh = _not_yet_told([row for row in rows if row.user.is_active])
    for kind in sorted({row.kind for row in fresh}):
        of_kind = [row for row in fresh if row.kind == Notice(kind)]
        wanted = channels({row.user for row in of_kind}, kind)
        Notification.objects.bulk_create(
            (_row(row) for row in of_kind if wanted[row.user.pk].inside), ignore_conflicts=True
        )
        mails = [row for row in of_kind if wanted[row.user.pk].mail and row.user.email]
        queue_many([_mail(row) for row in mails])


def _not_yet_told(rows: Sequence[Told]) -> list[Told]:
    known = set(
        Notification.objects.filter(
            user__in={row.user.pk for row in rows}, key__in={row.key for row in rows}
        ).values_list("user_id", "key")
    )
    return [row for row in rows if (row.user.pk, row.key) not in known]


def _row(told: Told) -> Notification:
    return Notification(
        user=told.user,
        key=told.key,
        kind=told.kind,
        sentence=texts.truncate(texts.one_line(told.sentence), 300),
        url=told.url if told.url.startswith("/") else "",
        lead_id=told.lead_id,
        at=told.at or clock.now(),
    )


def _mail(told: Told) -> Message:
    with override(told.user.language):
        link = f"{settings.PUBLIC_BASE_URL}{told.url or '/inbox/'}"
        stop = f"{settings.PUBLIC_BASE_URL}/settings/notifications/"
        foot = _("You get this mail because you chose so. Change it here: %(url)s") % {"url": stop}
    sentence = texts.truncate(texts.one_line(told.sentence), 300)
    return Message(
        key=f"notice:{told.user.pk}:{told.key}",
        kind="notice",
        to=told.user.email or "",
        to_name=told.user.name,
        subject=sentence,
        text=f"{sentence}\n\n{link}\n\n-- \n{Organisation.current().name}\n{foot}\n",
        origin=told.origin,
    )


def mark_read(*, notification: Notification) -> Notification:
    """She has looked at it. Marking twice is fine."""
    rows = Notification.objects.filter(pk=notification.pk, read_at=None)
    rows.update(read_at=clock.now())
    return notification


def mark_all_read(*, user: User) -> int:
    """She has looked at all of them; how many that were."""
    return Notification.objects.visible_to(user).unread().update(read_at=clock.now())


@transaction.atomic
def choose(*, user: User, choices: Mapping[str, tuple[bool, bool]]) -> None:
    """Her channels: kind -> (inside, by mail)."""
    ChannelChoice.objects.bulk_create(
        [
            ChannelChoice(user=user, kind=Notice(kind), inside=inside, mail=mail)
            for kind, (inside, mail) in choices.items()
        ],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["inside", "mail"],
    )
