"""The form by which a colleague connects her own mailbox."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.mail.models import Mailbox, OwnMailbox
from leadflow.mail.own import Asked
from leadflow.mail.presets import PRESETS
from leadflow.web.forms import StaffForm

_WORDS = forms.TextInput(attrs={"autocomplete": "off"})


class OwnMailboxForm(StaffForm):
    """Provider, address and password; the servers where it is none of the known providers."""

    preset = forms.ChoiceField(
        label=_("Provider"), choices=[(one.key, one.label) for one in PRESETS.values()]
    )
    address = forms.EmailField(label=_("Your address"), max_length=254)
    secret = forms.CharField(
        label=_("Password"), max_length=500, strip=False, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "lf-input"}),
        help_text=_("Most providers want an app password. Kept sealed; never shown again."),
    )  # fmt: skip
    name = forms.CharField(label=_("Your name on mail"), max_length=120, required=False)
    signature = forms.CharField(
        label=_("Signature"), max_length=5_000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Stands below each mail of yours."),
    )  # fmt: skip
    username = forms.CharField(
        label=_("User name"), max_length=254, required=False, widget=_WORDS,
        help_text=_("Empty: your address."),
    )  # fmt: skip
    smtp_host = forms.CharField(
        label=_("Outgoing server"), max_length=253, required=False, widget=_WORDS
    )
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535, initial=465)
    smtp_security = forms.ChoiceField(
        label=_("Encryption"), choices=Mailbox.Security.choices, initial="tls"
    )
    imap_host = forms.CharField(
        label=_("Incoming server"), max_length=253, required=False, widget=_WORDS
    )
    imap_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535, initial=993)
    imap_security = forms.ChoiceField(
        label=_("Encryption"), choices=Mailbox.Security.choices, initial="tls"
    )
    sent_folder = forms.CharField(
        label=_("Folder of sent mail"), max_length=200, required=False, widget=_WORDS,
        help_text=_("Empty: Sent."),
    )  # fmt: skip

    def __init__(self, *args: Any, own: OwnMailbox | None = None, **kwargs: Any) -> None:
        super().__init__(*args, initial=_values(own) if own else {}, **kwargs)
        if own:
            self.fields["secret"].help_text = _("Empty: the one that is kept stays.")

    def asked(self) -> Asked:
        """What she entered."""
        return Asked(**self.cleaned_data)


def _values(own: OwnMailbox) -> dict[str, Any]:
    names = (
        "preset", "address", "name", "signature", "username", "smtp_host", "smtp_port",
        "smtp_security", "sent_folder",
    )  # fmt: skip
    box = own.mailbox
    reached = {"imap_host": box.host, "imap_port": box.port, "imap_security": box.security}
    return {name: getattr(own, name) for name in names} | reached
