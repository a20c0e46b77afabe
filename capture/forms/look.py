"""When a form takes answers, and how it looks: refused where it could not be read."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capture.models import CORNERS, FONTS, Form
from leadflow.kit.colours import TEXT, contrast, legible
from leadflow.models.organisation import hex_colour
from leadflow.web.forms import StaffModelForm

BOX, QUIET = "#ffffff", "#4a5154"  # what stands under the colour, and what stands on the ground
FONT_NAMES = {
    "": _("Inter, as the product"), "system": _("As the visitor's device"), "serif": _("Serif"),
    "mono": _("Typewriter"),
}  # fmt: skip
CORNER_NAMES = {
    "": _("A little round"), "square": _("Square"), "small": _("Hardly round"), "round": _("Round"),
}  # fmt: skip


class LookForm(StaffModelForm):
    """Opening, closing, the limit, and the look."""

    colour = forms.CharField(
        label=_("Colour of buttons and marks"), required=False, validators=[hex_colour],
        help_text=_("Such as #2352d0. Empty: the colour of the organisation."),
    )  # fmt: skip
    ground = forms.CharField(
        label=_("Colour behind the form"), required=False, validators=[hex_colour],
        help_text=_("Such as #fbfaf6."),
    )  # fmt: skip
    font = forms.ChoiceField(label=_("Font"), required=False, choices=list(FONT_NAMES.items()))
    corner = forms.ChoiceField(
        label=_("Corners"), required=False, choices=list(CORNER_NAMES.items())
    )

    class Meta:
        model = Form
        fields = ["opens_at", "closes_at", "most_answers", "closed_text"]
        widgets = {"closed_text": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in ("colour", "ground", "font", "corner"):
            self.initial.setdefault(key, self.instance.theme.get(key, ""))

    def clean_colour(self) -> str:
        """A colour that reads on the white of the form."""
        return self._legible("colour", on=BOX)

    def clean_ground(self) -> str:
        """A ground on which the quiet words around the form can be read."""
        return self._legible("ground", on=QUIET)

    def _legible(self, key: str, *, on: str) -> str:
        colour = str(self.cleaned_data[key]).lower()
        if not colour or contrast(colour, on) >= TEXT:
            return colour
        told = {
            "least": TEXT,
            "ratio": f"{contrast(colour, on):.1f}",
            "near": legible(colour, on=on),
        }
        raise forms.ValidationError(
            _(
                "This colour is too faint to read: %(ratio)s to 1, and %(least)s is needed. %(near)s is near."
            )
            % told
        )

    def clean(self) -> dict[str, Any]:
        """Open before it closes."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        opens, closes = told.get("opens_at"), told.get("closes_at")
        if opens and closes and opens >= closes:
            self.add_error("closes_at", _("It closes before it opens."))
        return told

    def theme(self) -> dict[str, str]:
        """What is not as the organisation has it."""
        known = {"font": FONTS, "corner": CORNERS}
        found = {key: self.cleaned_data[key] for key in ("colour", "ground", "font", "corner")}
        return {k: v for k, v in found.items() if v and (k not in known or v in known[k])}
