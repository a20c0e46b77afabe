"""Forms of the senders."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.mail.models import SenderIdentity
from leadflow.web.forms import StaffForm, StaffModelForm


class SenderEditForm(StaffModelForm):
    """What may change of a sender: never the address, which is what was verified."""

    class Meta:
        model = SenderIdentity
        fields = ["name", "reply_to"]
        widgets = {"reply_to": forms.EmailInput(attrs={"class": "lf-input"})}
        help_texts = {"reply_to": _("Empty: to the sender.")}


class SenderForm(StaffForm):
    """A new sender; the service knows which addresses are taken."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As receivers read it."))
    email = forms.EmailField(
        label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"class": "lf-input"})
    )
    reply_to = forms.EmailField(
        label=_("Replies go to"),
        max_length=254,
        required=False,
        help_text=_("Empty: to the sender."),
        widget=forms.EmailInput(attrs={"class": "lf-input"}),
    )
