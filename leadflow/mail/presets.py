"""How the mailboxes of well-known providers are reached, so that nobody has to look it up."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Preset:
    """One provider. `authorize` and `token` are where its sign-in is asked, if it has one."""

    key: str
    label: str | Promise
    smtp: tuple[str, int, str] = ("", 465, "tls")
    imap: tuple[str, int, str] = ("", 993, "tls")
    sent_folder: str = "Sent"
    keeps_sent: bool = False  # it puts what leaves by it into the folder itself
    authorize: str = ""
    token: str = ""
    scope: str = ""
    hint: str | Promise = ""


PRESETS = {
    one.key: one
    for one in (
        Preset(
            "gmail", "Gmail, Google Workspace", ("smtp.gmail.com", 465, "tls"),
            ("imap.gmail.com", 993, "tls"), "[Gmail]/Sent Mail", True,
            "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token",
            "https://mail.google.com/",
            _("With a password: turn on two-step sign-in at Google and make an app password."),
        ),
        Preset(
            "microsoft", "Microsoft 365, Outlook", ("smtp.office365.com", 587, "starttls"),
            ("outlook.office365.com", 993, "tls"), "Sent Items", True,
            "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
            "https://login.microsoftonline.com/common/oauth2/v2.0/token",
            "offline_access https://outlook.office.com/SMTP.Send https://outlook.office.com/IMAP.AccessAsUser.All",
            _("Microsoft takes no passwords any more: sign in at the provider."),
        ),
        Preset(
            "fastmail", "Fastmail", ("smtp.fastmail.com", 465, "tls"),
            ("imap.fastmail.com", 993, "tls"), "Sent", False,
            hint=_("Make an app password at Fastmail: Settings, Privacy & Security."),
        ),
        Preset("other", _("Own server"), hint=_("As your mail program has it.")),
    )
}  # fmt: skip


def client_of(key: str) -> tuple[str, str]:
    """Client id and secret for the sign-in at a provider; empty where an admin set none."""
    named = {
        "gmail": (settings.MAIL_GOOGLE_CLIENT_ID, settings.MAIL_GOOGLE_CLIENT_SECRET),
        "microsoft": (settings.MAIL_MICROSOFT_CLIENT_ID, settings.MAIL_MICROSOFT_CLIENT_SECRET),
    }
    return named.get(key, ("", ""))


def offers_sign_in(key: str) -> bool:
    """Whether one may sign in at the provider itself."""
    return bool(PRESETS[key].authorize and client_of(key)[0])


def token_url(key: str) -> str:
    """Where tokens are asked."""
    return settings.MAIL_TOKEN_URL or PRESETS[key].token
