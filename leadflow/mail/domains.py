"""Whether the domain of an address takes mail: asked of DNS in the background, never while a visitor waits."""

import re
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache

from leadflow import net
from leadflow.kit import clock
from leadflow.mail.models import MailDomain
from leadflow.models import LeadIdentity

AGAIN = timedelta(days=30)
SOON = timedelta(days=1)  # where nobody answered, or nothing takes mail yet
READ = 20_000  # addresses a tick looks through
OVERLAP = 5_000  # of them once more: a transaction may end after a later one
ASKED = 50  # domains a tick asks about
SILENCE = 3  # so many times in a row no answer: this installation has no DNS
_CURSOR = "mail.domains.read"
_RESERVED = re.compile(
    r"(^|\.)(example|test|invalid|localhost|local)$|(^|\.)example\.(com|net|org)$"
)


def find() -> int:
    """Note the domains of addresses that came since; how many are new."""
    last = LeadIdentity.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    read = int(cache.get(_CURSOR) or 0)
    if last <= read:
        return 0
    rows = LeadIdentity.objects.filter(kind=LeadIdentity.Kind.EMAIL, pk__gt=read - OVERLAP)
    told = list(rows.order_by("pk").values_list("pk", "value_norm")[:READ])
    names = {norm.rpartition("@")[2] for _pk, norm in told}
    at = clock.now()
    fresh = [MailDomain(domain=name, due_at=at) for name in sorted(names) if _is_real(name)]
    before = MailDomain.objects.count()
    MailDomain.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=1_000)
    cache.set(_CURSOR, told[-1][0] if len(told) == READ else last, timeout=None)
    return MailDomain.objects.count() - before


def _is_real(name: str) -> bool:
    return "." in name and not _RESERVED.search(name)


def check_due(*, stop: Callable[[], bool] = lambda: False) -> int:
    """Ask DNS about the domains whose time has come; how many answers there were."""
    if not settings.CHECK_MAIL_DOMAINS:
        return 0
    find()
    rows = list(MailDomain.objects.filter(due_at__lte=clock.now()).order_by("due_at", "pk")[:ASKED])
    asked, silent = [], 0
    for row in rows:
        if stop() or silent == SILENCE:
            break
        told = net.takes_mail(row.domain)
        silent = silent + 1 if told is None else 0
        at = clock.now()
        row.due_at = at + (AGAIN if told else SOON)
        if told is not None:
            row.takes_mail, row.checked_at = told, at
        asked.append(row)
    MailDomain.objects.bulk_update(asked, ["takes_mail", "checked_at", "due_at"])
    return sum(row.checked_at is not None for row in asked)
