"""A colleague's own mailbox: connected on the spot or not at all, used for her mail, told when it fails."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from leadflow import net
from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, emails, seal
from leadflow.kit.ids import token
from leadflow.mail import imap, oauth, outcomes, smtp
from leadflow.mail.models import Mailbox, OwnMailbox
from leadflow.mail.oauth import Tokens
from leadflow.mail.presets import PRESETS
from leadflow.people.models import User

FAMILY = "own"
_SEALED = "own-mailbox.v1"
_S = OwnMailbox.SignIn


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What she entered. With `tokens` she signed in at the provider; an empty secret keeps the old one."""

    preset: str
    address: str
    name: str = ""
    signature: str = ""
    username: str = ""
    secret: str = ""
    tokens: Tokens | None = None
    smtp_host: str = ""
    smtp_port: int = 465
    smtp_security: str = "tls"
    imap_host: str = ""
    imap_port: int = 993
    imap_security: str = "tls"
    sent_folder: str = ""


def of(user: User) -> OwnMailbox | None:
    """Hers, where she connected one."""
    return OwnMailbox.objects.select_related("mailbox").filter(user=user).first()


# --- connecting -----------------------------------------------------------------------------------


def connect(*, asked: Asked, by: User) -> OwnMailbox:
    """Try both servers, then keep how they are reached. Raises Invalid with what a server said.

    Nothing is kept of what does not work, so a mailbox that stands here worked when it was connected.
    """
    row = of(by) or OwnMailbox(user=by)
    _fill(row, asked)
    server, account = _server(row), _imap(row, _reached(asked))
    _try(server, account)
    with transaction.atomic():
        row.mailbox = _inbox(row, by, _reached(asked))
        row.error, row.failed_at, row.checked_at = "", None, clock.now()
        row.save()
        outcomes.mend(row.via)
        record(
            Kind.SETTING_CHANGED, by=by, subject=row,
            data={"name": f"own_mailbox:{by.pk}", "to": row.address},
        )  # fmt: skip
    return row


def _fill(row: OwnMailbox, asked: Asked) -> None:
    preset = PRESETS.get(asked.preset)
    if preset is None:
        raise Invalid.at("preset", _("Choose a provider."))
    row.preset, row.address = preset.key, _address(asked.address)
    row.name, row.signature = asked.name.strip()[:120], asked.signature.strip()[:5_000]
    row.username = _line("username", asked.username) or row.address
    host, port, security = preset.smtp
    if preset.key == "other":
        host, port, security = asked.smtp_host, asked.smtp_port, asked.smtp_security
    row.smtp_host, row.smtp_port, row.smtp_security = _line("smtp_host", host), port, security
    row.sent_folder = _line("sent_folder", asked.sent_folder) or preset.sent_folder
    row.keeps_sent = preset.keeps_sent
    _sign(row, asked)


def _sign(row: OwnMailbox, asked: Asked) -> None:
    if asked.tokens is not None:
        row.sign_in = _S.OAUTH
        _keep_tokens(row, asked.tokens)
    elif asked.secret:
        row.sign_in, row.access, row.access_until = _S.PASSWORD, "", None
        row.secret = _close(_line("secret", asked.secret))
    elif not row.secret:
        raise Invalid.at("secret", _("Enter the password."))


def _keep_tokens(row: OwnMailbox, tokens: Tokens) -> None:
    row.access, row.access_until = _close(tokens.access), tokens.until
    if tokens.refresh:
        row.secret = _close(tokens.refresh)


def _reached(asked: Asked) -> tuple[str, int, str]:
    host, port, security = PRESETS[asked.preset].imap
    if asked.preset == "other":
        host, port, security = asked.imap_host, asked.imap_port, asked.imap_security
    return _line("imap_host", host), port, security


def _try(server: smtp.Server, account: imap.Account) -> None:
    for name, one in (("smtp_host", server), ("imap_host", account)):
        try:
            net.check_server(one.host, one.port)
        except net.Unreachable as error:
            raise Invalid.at(name, str(error)) from error
    try:
        smtp.connect(server).goodbye()
    except smtp.TransportDown as error:
        raise Invalid.at("smtp_host", _("Outgoing mail: %(why)s") % {"why": error}) from error
    try:
        with imap.session(account):
            pass
    except imap.Failed as error:
        raise Invalid.at("imap_host", _("Incoming mail: %(why)s") % {"why": error}) from error


def _inbox(row: OwnMailbox, by: User, reached: tuple[str, int, str]) -> Mailbox:
    """Her INBOX among the mailboxes that are read; begun anew where it is another one."""
    known = Mailbox.objects.select_for_update().filter(address=row.address).first()
    if known is not None and known.owner_id != by.pk:
        raise Invalid.at("address", _("The mail of this address comes in here already."))
    box = row.mailbox if row.pk else Mailbox(code=token(), owner=by, makes_leads=False)
    if (box.address, box.host) != (row.address, reached[0]):
        box.uid_validity, box.last_uid = None, 0
    box.kind, box.address, box.username = Mailbox.Kind.IMAP, row.address, row.username
    box.host, box.port, box.security = reached
    box.error, box.failures, box.token, box.lease_until = "", 0, None, None
    box.save()
    Mailbox.objects.filter(pk=box.pk).update(due_at=Now())
    return box


@transaction.atomic
def sign(*, own: OwnMailbox, name: str, signature: str) -> OwnMailbox:
    """Another name or signature; nothing has to be tried for that."""
    own.name, own.signature = name.strip()[:120], signature.strip()[:5_000]
    own.save(update_fields=["name", "signature"])
    return own


@transaction.atomic
def disconnect(*, own: OwnMailbox, by: User) -> None:
    """Use it no more; the secrets go with it, mail that came stays, mail that waits for it fails by name."""
    record(
        Kind.SETTING_CHANGED, by=by, subject=own,
        data={"name": f"own_mailbox:{own.user_id}", "from": own.address},
    )  # fmt: skip
    own.mailbox.delete()


def attempt(*, own: OwnMailbox) -> str:
    """Sign in at both servers on the spot; empty where that works, else why not."""
    try:
        _try(_server(own), account_of(own.mailbox))
    except (Invalid, imap.Failed, smtp.TransportDown) as error:
        failed(own.mailbox, str(error), is_refused=False)
        return str(error)
    _works(own)
    outcomes.mend(own.via)
    Mailbox.objects.filter(pk=own.mailbox_id).update(error="", failures=0, due_at=Now())
    return ""


# --- how it is reached ----------------------------------------------------------------------------


def _server(own: OwnMailbox) -> smtp.Server:
    """Raises smtp.TransportDown where no token can be had, or the secret cannot be read any more."""
    try:
        password, bearer = _secrets(own)
    except imap.Failed as error:
        raise smtp.TransportDown(str(error)) from error
    return smtp.Server(
        own.smtp_host, own.smtp_port, own.smtp_security, own.username, password, bearer
    )


def account_of(mailbox: Mailbox) -> imap.Account:
    """How her INBOX is reached. Raises imap.Failed."""
    own = OwnMailbox.objects.get(mailbox=mailbox)
    return _imap(own, (mailbox.host, mailbox.port, mailbox.security), mailbox.folder)


def _imap(own: OwnMailbox, reached: tuple[str, int, str], folder: str = "INBOX") -> imap.Account:
    password, bearer = _secrets(own)
    return imap.Account(*reached, own.username, password, folder, bearer)


def _secrets(own: OwnMailbox) -> tuple[str, str]:
    """Password and token, of which one is empty. Raises imap.Failed, Refused where she must sign in again."""
    secret = seal.read(settings.SECRET_KEY, _SEALED, own.secret)
    if secret is None:
        raise imap.Refused(
            _("The password cannot be read: SECRET_KEY is another one now. Connect it again.")
        )
    if own.sign_in == _S.PASSWORD:
        return secret, ""
    if own.access_until is not None and own.access_until > clock.now():
        access = seal.read(settings.SECRET_KEY, _SEALED, own.access)
        if access is not None:
            return "", access
    return "", _renewed(own, secret)


def _renewed(own: OwnMailbox, secret: str) -> str:
    try:
        tokens = oauth.refresh(own.preset, secret)
    except oauth.Revoked as error:
        raise imap.Refused(
            _("The provider gives no access any more (%(why)s). Sign in there again.")
            % {"why": error}
        ) from error
    except oauth.Unavailable as error:
        raise imap.Failed(_("The provider does not answer: %(why)s") % {"why": error}) from error
    _keep_tokens(own, tokens)
    if own.pk:
        own.save(update_fields=["access", "access_until", "secret"])
    return tokens.access


def way(which: str) -> Any:
    """What opens a session of this mailbox, for the ways out; None where there is none."""
    own = OwnMailbox.objects.filter(pk=int(which)).first() if which.isdigit() else None
    if own is None:
        return None

    def opened() -> smtp.Wire:
        try:
            wire = smtp.connect(_server(own))
        except smtp.TransportDown as error:
            failed(own.mailbox, str(error), is_refused=_is_refused(error))
            raise
        if own.error:
            _works(own)
        return wire

    return opened


def _is_refused(error: smtp.TransportDown) -> bool:
    return isinstance(error, smtp.NotLetIn) or isinstance(error.__cause__, imap.Refused)


@transaction.atomic
def failed(mailbox: Mailbox, words: str, *, is_refused: bool) -> None:
    """It does not work: said on its page, and told to her once where she has to sign in again."""
    own = OwnMailbox.objects.select_for_update().filter(mailbox=mailbox).first()
    if own is None:
        return
    is_news = is_refused and own.failed_at is None
    own.error = words.replace("\x00", "")[:500]
    if is_refused:
        own.failed_at = own.failed_at or clock.now()
    own.save(update_fields=["error", "failed_at"])
    if is_news:
        data = {"user": own.user_id, "address": own.address, "why": own.error[:200]}
        record(Kind.OWN_MAILBOX_FAILED, subject=own, data=data)


def _works(own: OwnMailbox, at: datetime | None = None) -> None:
    own.error, own.failed_at, own.checked_at = "", None, at or clock.now()
    own.save(update_fields=["error", "failed_at", "checked_at"])


# --- what she enters ----------------------------------------------------------------------------


def _close(secret: str) -> str:
    return seal.close(settings.SECRET_KEY, _SEALED, secret)


def _address(value: str) -> str:
    try:
        return emails.parse(value).norm
    except ValueError as error:
        raise Invalid.at("address", str(error)) from error


def _line(name: str, value: str) -> str:
    if any(ord(sign) < 32 for sign in value):
        raise Invalid.at(name, _("One line, without control characters."))
    return value.strip() if name != "secret" else value


def signed(text: str, own: OwnMailbox | None) -> str:
    """A letter with her signature below it, once."""
    if own is None or not own.signature or text.rstrip().endswith(own.signature):
        return text
    return f"{text.rstrip()}\n\n-- \n{own.signature}"
