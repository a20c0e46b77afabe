"""Forms of host names."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.blocks.schema import is_web_address
from leadflow.models import PublicHost, host_name
from leadflow.web.forms import StaffForm, StaffModelForm


class HostForm(StaffForm):
    """A host name to add."""

    name = forms.CharField(
        label=_("Host name"), max_length=253,
        widget=forms.TextInput(attrs={"placeholder": "pages.example.com"}),
    )  # fmt: skip

    def clean_name(self) -> str:
        """As DNS writes it."""
        name = str(self.cleaned_data["name"]).strip().lower().rstrip(".")
        host_name(name)
        return name


class HomeForm(StaffModelForm):
    """Where the bare name leads."""

    class Meta:
        model = PublicHost
        fields = ["home_url"]

    def clean_home_url(self) -> str:
        """An address of the web, or nothing."""
        url = str(self.cleaned_data["home_url"])
        if url and not is_web_address(url):
            raise forms.ValidationError(_("Use an address that starts with https://."))
        return url
