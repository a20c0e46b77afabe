"""Forms of the mailboxes that are read."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.mail.models import Mailbox
from leadflow.models import Campaign, Source, Tag
from leadflow.web.forms import StaffForm

# what a provider that hands its mail over has none of; console.css hides the same ones of a new mailbox
OF_POLLED = ("host", "port", "security", "username", "folder", "from_start")
_WORDS = forms.TextInput(attrs={"autocomplete": "off"})


class MailboxForm(StaffForm):
    """A mailbox, new or changed; the service knows which addresses are taken."""

    address = forms.EmailField(
        label=_("Address"), max_length=254, widget=forms.EmailInput(attrs={"class": "lf-input"}),
        help_text=_("People write to it, for instance sales@your-company.com."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("How it comes"), choices=Mailbox.Kind.choices)
    host = forms.CharField(
        label=_("Server"), max_length=253, required=False, widget=_WORDS,
        help_text=_("For instance imap.your-provider.com."),
    )  # fmt: skip
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535, initial=993)
    security = forms.ChoiceField(label=_("Encryption"), choices=Mailbox.Security.choices)
    username = forms.CharField(
        label=_("User name"), max_length=254, required=False, widget=_WORDS
    )  # fmt: skip
    secret = forms.CharField(
        label=_("Password or signing secret"), max_length=500, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "lf-input"}),
        help_text=_("Kept sealed with the secret key of this installation; never shown again."),
    )  # fmt: skip
    folder = forms.CharField(label=_("Folder"), max_length=200, initial="INBOX")
    from_start = forms.BooleanField(
        label=_("Also take in what lies there already"), required=False
    )  # fmt: skip
    makes_leads = forms.BooleanField(
        label=_("Mail of strangers makes leads"), required=False, initial=True,
        help_text=_("Otherwise it waits in Received mail for a person to decide."),
    )  # fmt: skip
    knows_plus_addresses = forms.BooleanField(
        label=_("Its server knows plus-addresses"), required=False,
        help_text=_(
            "What is sent to sales+anything@your-company.com arrives in sales@your-company.com, as at "
            "most providers. Answers then go to such an address of each mail, and find their mail even "
            "where a mail program leaves out what it answers. “Try it” cannot test this: write to a "
            "plus-address yourself first."
        ),
    )  # fmt: skip
    source = forms.ModelChoiceField(
        label=_("Source"), queryset=Source.objects.none(), required=False
    )  # fmt: skip
    campaign = forms.ModelChoiceField(
        label=_("Campaign"), queryset=Campaign.objects.none(), required=False
    )  # fmt: skip
    tags = forms.ModelMultipleChoiceField(
        label=_("Tags"), queryset=Tag.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple, help_text=_("Put on each lead that such a mail makes."),
    )  # fmt: skip

    def __init__(self, *args: Any, mailbox: Mailbox | None = None, **kwargs: Any) -> None:
        initial = _values(mailbox) if mailbox else {}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["source"].queryset = Source.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = Campaign.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["tags"].queryset = Tag.objects.all()  # type: ignore[attr-defined]
        if mailbox:
            polled = () if mailbox.is_polled else OF_POLLED
            for name in ("address", "kind", *polled):
                del self.fields[name]
            self.fields["secret"].required = False
            self.fields["secret"].help_text = _("Empty: the one that is kept stays.")


def _values(mailbox: Mailbox) -> dict[str, Any]:
    names = (
        "host", "port", "security", "username", "folder", "from_start", "makes_leads",
        "knows_plus_addresses", "source", "campaign",
    )  # fmt: skip
    return {name: getattr(mailbox, name) for name in names} | {"tags": mailbox.tags.all()}
