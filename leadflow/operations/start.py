"""The start of `leadflow up`: bring the data up to date, make the demo once, say where to go."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from leadflow.models import Lead
from leadflow.operations import apart, schema, signins
from leadflow.operations.signins import SignIn
from leadflow.people.models import User


@dataclass
class Start:
    """What the start did, for the block that it prints."""

    upgrade: schema.Upgrade
    sign_ins: list[SignIn] = field(default_factory=list)
    is_first: bool = False


def prepare(*, demo: bool) -> Start:
    """Migrations, and on the first start with `demo` the demo workspace and its sign-ins.

    A marker file says that the demo is not whole yet: a start that was killed makes it again.
    """
    marker = settings.VAR_DIR / "demo.unfinished"
    backups: Path = settings.BACKUP_DIR
    schema.check_database()
    if demo and schema.is_new():
        marker.touch()
    start = Start(schema.bring_up_to_date(backups, migrate=apart.migrate))
    if demo and marker.exists():
        if not Lead.objects.exists():  # else only the passwords are missing
            apart.tell()
        start.sign_ins = signins.reset(signins.one_per_role())
        start.is_first = True
    else:
        start.sign_ins = [
            SignIn(person.get_role_display(), person.email or "")
            for person in signins.one_per_role()
        ]
    marker.unlink(missing_ok=True)
    return start


def block(start: Start, address: str) -> str:
    """The one block that a newcomer reads."""
    rows = [("", _("LeadFlow is running at %(address)s") % {"address": address}), ("", "")]
    rows += _sign_in_rows(start)
    rows.append((_("Mail"), _mail_line()))
    rows.append((_("Data"), str(settings.VAR_DIR)))
    if start.upgrade.backup:
        rows.append((_("Backup"), str(start.upgrade.backup)))
    rows.append((_("Stop"), _("Ctrl-C")))
    width = max(len(label) for label, _text in rows) + 3
    lines = [f"  {label:<{width}}{text}" if label else f"  {text}" for label, text in rows]
    return "\n".join(["", *(line.rstrip() for line in lines), ""])


def told(start: Start, address: str) -> dict[str, Any]:
    """The same for a script: one JSON object on one line, printed once the server listens."""
    backup = start.upgrade.backup
    return {
        "address": address,
        "sign_ins": [
            {"role": row.role, "email": row.email, "password": row.password}
            for row in start.sign_ins
        ],
        "needs_admin": not User.objects.exists(),
        "smtp": settings.SMTP_HOST or None,
        "data": str(settings.VAR_DIR),
        "backup": str(backup) if backup else None,
    }


def _sign_in_rows(start: Start) -> list[tuple[str, str]]:
    if not User.objects.exists():
        return [(_("Begin"), _("open the address: it asks for the first admin"))]
    if not start.sign_ins:
        return []
    wide = max(len(row.role) for row in start.sign_ins) + 2
    mail = max(len(row.email) for row in start.sign_ins) + 2
    texts = [f"{row.role:<{wide}}{row.email:<{mail}}{row.password}" for row in start.sign_ins]
    rows = [(_("Sign in") if n == 0 else " ", text) for n, text in enumerate(texts)]
    hint = (
        _("these passwords are shown only now; `leadflow passwords` makes new ones")
        if start.is_first
        else _("`leadflow passwords` makes new passwords")
    )
    return [*rows, (" ", hint)]


def _mail_line() -> str:
    if settings.SMTP_HOST:
        return _("goes out through %(host)s") % {"host": settings.SMTP_HOST}
    try:
        place = settings.PUBLIC_BASE_URL + reverse("mail:outbox")
    except NoReverseMatch:
        place = _("the local outbox")
    return _("stays in %(place)s until SMTP_HOST is set") % {"place": place}
