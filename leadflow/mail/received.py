"""What the pages of received mail show."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from leadflow.kit.text import clean
from leadflow.mail.compose import preview_html
from leadflow.mail.models import InboundMail
from leadflow.people.models import User

_S = InboundMail.State
VIEWS: dict[str, list[str]] = {
    "all": [],
    "held": [_S.HELD],
    "filed": [_S.FILED, _S.RECEIVED],
    "noted": [_S.NOTED],
    "ignored": [_S.IGNORED],
}
# The keys in which `judging` and `inbound` say why, in words.
REASONS = {
    "auto_submitted": _("A machine wrote it."),
    "away": _("The writer is away; a machine said so."),
    "bulk": _("It went to many at once."),
    "list": _("It came through a mailing list."),
    "daemon": _("A mail server wrote it."),
    "own": _("It is mail of ours that came back."),
    "report": _("A mail server reports on a message that is not ours."),
    "bounced": _("A message of ours did not arrive: there is no such address."),
    "bounced_soft": _("A message of ours did not arrive this time; the address may be right."),
    "blocked": _("A message of ours was not wanted there; the address may be right."),
    "complaint": _(
        "The reader told the provider that mail of ours is unwanted. Nothing goes there any more."
    ),
    "unsubscribed": _("The writer wants no more mail of this kind; that is noted as by the link."),
    "copy": _("A colleague copied it here; it stands in the stories of the leads it went to."),
    "copy_nobody": _("A colleague copied it here, but it went to none of that colleague's leads."),
    "copy_forged": _(
        "It came to a colleague's address for copies, but not from that colleague's own."
    ),
    "receipt": _("It says that a message of ours was opened or deleted."),
    "delayed": _("A message of ours is late; the server goes on trying."),
    "no_sender": _("The address of its sender is none."),
    "often": _("This address wrote more than 20 mails within an hour."),
    "colleague": _("A colleague of yours wrote it."),
    "nobody": _("Nobody here has this address, and this mailbox makes no leads."),
    "spam": _("The mail server takes it for spam."),
    "disposable": _("The address is one that anybody gets for ten minutes."),
    "flood": _("More than 200 strangers wrote within an hour."),
}


def received(
    user: User, *, view: str = "all", search: str = "", mailbox: int | None = None
) -> QuerySet[InboundMail]:
    """The mail that the user may read, newest first."""
    rows = InboundMail.objects.visible_to(user).select_related("lead", "mailbox")
    if VIEWS[view]:
        rows = rows.filter(state__in=VIEWS[view])
    if mailbox is not None:
        rows = rows.filter(mailbox=mailbox)
    if search:
        rows = rows.filter(from_norm__contains=clean(search).strip().lower())
    return rows.order_by("-id")


def waiting(user: User) -> int:
    """How many wait for a person."""
    return InboundMail.objects.visible_to(user).filter(state=_S.HELD).count()


def why(mail: InboundMail) -> str:
    """Why it stands where it stands, in words."""
    if mail.reason.startswith("error:"):
        return str(_("It could not be taken in by itself: %s")) % mail.reason[6:].strip()
    return str(REASONS.get(mail.reason, ""))


def shown_html(mail: InboundMail) -> str:
    """Its HTML for the sandbox: no pictures, no styles, so that looking at it tells its writer nothing."""
    return preview_html(mail.html)
