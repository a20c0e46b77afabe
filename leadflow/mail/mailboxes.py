"""Mailboxes: an address joins, is tried, paused, changed, and leaves; its secret is kept sealed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import emails, seal
from leadflow.kit.ids import token
from leadflow.mail import imap, own
from leadflow.mail.models import Mailbox
from leadflow.models import Tag
from leadflow.people.models import User
from leadflow.services.organisation import save_object

_SEALED = "mailbox.v1"
_REACHED_BY = ("host", "port", "security", "username", "folder")


def known() -> list[Mailbox]:
    """Every mailbox of the organisation, by address; what is a colleague's own is hers."""
    return list(
        Mailbox.objects.filter(owner=None)
        .select_related("source", "campaign")
        .prefetch_related("tags")
    )


@transaction.atomic
def add(*, by: User | None, secret: str, tags: Iterable[Tag] = (), **values: Any) -> Mailbox:
    """A new mailbox; it is looked into from now on. Raises Invalid for an address that is here."""
    values["address"] = _address(str(values["address"]))
    if Mailbox.objects.filter(address=values["address"]).exists():
        raise Invalid.at("address", _("This address is in the list already."))
    row = Mailbox(code=token(), **_fit(values), secret=_sealed(secret))
    save_object(row=row, values={}, by=by)
    row.tags.set(tags)
    return row


@transaction.atomic
def change(
    *, mailbox: Mailbox, by: User | None, secret: str = "", tags: Iterable[Tag] = (), **values: Any
) -> Mailbox:
    """Other settings; without a secret the old one stays. Another folder is read from now on."""
    kept = {name: getattr(mailbox, name) for name in ("kind", *_REACHED_BY)}
    values = _fit(kept | values)
    moved = (mailbox.host, mailbox.folder) != (values["host"], values["folder"])
    save_object(row=mailbox, values=values, by=by)
    row = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    if secret:
        row.secret = _sealed(secret)
        _note(row, "secret", by)
    if moved:
        row.uid_validity, row.last_uid = None, 0
    row.error, row.failures, row.token, row.lease_until = "", 0, None, None
    row.save()
    row.tags.set(tags)
    _at_once(row)
    return row


@transaction.atomic
def pause(*, mailbox: Mailbox, by: User | None) -> Mailbox:
    """Take nothing in through it until it is taken up again; a second time takes it up."""
    save_object(row=mailbox, values={"is_paused": not mailbox.is_paused}, by=by)
    _at_once(mailbox)
    return Mailbox.objects.get(pk=mailbox.pk)


@transaction.atomic
def remove(*, mailbox: Mailbox, by: User | None) -> None:
    """Read it no more; the mail that came stays."""
    _note(mailbox, "", by)
    mailbox.delete()


@dataclass(frozen=True)
class Tried:
    """What a look on the spot brought."""

    works: bool
    words: str


def attempt(*, mailbox: Mailbox) -> Tried:
    """Look into it on the spot, taking nothing; what was found stands on the mailbox."""
    try:
        with imap.session(account_of(mailbox)) as session:
            count = len(session.newer(0))
    except imap.Failed as error:
        Mailbox.objects.filter(pk=mailbox.pk).update(error=str(error)[:500])
        return Tried(False, str(error))
    Mailbox.objects.filter(pk=mailbox.pk).update(error="", failures=0)
    _at_once(mailbox)
    words = _("It works: %(count)s messages lie in %(folder)s.")
    return Tried(True, words % {"count": count, "folder": mailbox.folder})


def account_of(mailbox: Mailbox) -> imap.Account:
    """How it is reached. Raises imap.Failed where the password cannot be read any more."""
    if mailbox.owner_id is not None:
        return own.account_of(mailbox)
    password = secret_of(mailbox)
    if password is None:
        raise imap.Failed(
            _("The password cannot be read: SECRET_KEY is another one now. Enter it again.")
        )
    return imap.Account(password=password, **{name: getattr(mailbox, name) for name in _REACHED_BY})


def secret_of(mailbox: Mailbox) -> str | None:
    """The password, or what the provider signs with."""
    return seal.read(settings.SECRET_KEY, _SEALED, mailbox.secret)


def _sealed(secret: str) -> str:
    if not secret or any(ord(sign) < 32 for sign in secret):
        raise Invalid.at("secret", _("Enter the password, on one line."))
    return seal.close(settings.SECRET_KEY, _SEALED, secret)


def _address(value: str) -> str:
    try:
        return emails.parse(value).norm
    except ValueError as error:
        raise Invalid.at("address", str(error)) from error


def _fit(values: dict[str, Any]) -> dict[str, Any]:
    for name in ("host", "username", "folder"):
        if any(ord(sign) < 32 for sign in str(values.get(name, ""))):
            raise Invalid.at(name, _("One line, without control characters."))
    if values["kind"] == Mailbox.Kind.IMAP and not (values["host"] and values["username"]):
        raise Invalid.at("host", _("Say at which server the mailbox is, and the user name."))
    return values


def _note(row: Mailbox, name: str, by: User | None) -> None:
    label = f"mailbox:{row.pk}" + (f".{name}" if name else "")
    record(Kind.SETTING_CHANGED, by=by, subject=row, data={"name": label, "from": row.address})


def _at_once(row: Mailbox) -> None:
    Mailbox.objects.filter(pk=row.pk).update(due_at=Now())
