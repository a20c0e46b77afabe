"""The brand kit of designed mail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.assets import images
from leadflow.mail.design import services as designs
from leadflow.mail.models import NETWORKS, MailBrand
from leadflow.models.organisation import hex_colour
from leadflow.people.models import User
from leadflow.web.forms import StaffModelForm, dress


class BrandForm(StaffModelForm):
    """Logo, colour, letters, foot and networks of every designed mail."""

    colour = forms.CharField(
        label=_("Colour of buttons and links"), required=False, validators=[hex_colour],
        help_text=_("Such as #2352d0. Empty: the colour of the organisation."),
    )  # fmt: skip
    picture = forms.FileField(
        label=_("Logo"), required=False,
        help_text=_("PNG, JPEG, GIF or WebP. It is shown 140 px wide, on white."),
    )  # fmt: skip
    no_logo = forms.BooleanField(label=_("Write our name instead"), required=False)

    site_url = forms.URLField(
        label=_("Your website"), required=False, max_length=300, assume_scheme="https",
        help_text=_("The logo leads there, and so do the templates' links."),
    )  # fmt: skip

    class Meta:
        model = MailBrand
        fields = ("site_url", "colour", "font", "footer")
        help_texts = {
            "footer": _("A sentence under every mail, above your postal address."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in NETWORKS:
            field = forms.URLField(
                label=name, required=False, max_length=300, assume_scheme="https"
            )
            dress(field)
            self.fields[name] = field
            self.initial.setdefault(name, self.instance.socials.get(name, ""))
        self.order_fields(["picture", "no_logo", *self.Meta.fields, *NETWORKS])

    def keep(self, by: User) -> MailBrand:
        """Save it, and take the picture in."""
        data = self.cleaned_data
        values = {name: data[name] for name in self.Meta.fields}
        values["socials"] = {name: data[name] for name in NETWORKS if data[name]}
        if data["picture"]:
            file = data["picture"]
            values["logo"] = images.take_in(file, name=file.name, by=by).public_id
        elif data["no_logo"]:
            values["logo"] = ""
        return designs.save_brand(values=values, by=by)
