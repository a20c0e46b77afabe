"""Time zones as a person picks them."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from leadflow.kit import zones


class ZoneSelect(forms.Select):
    """A select of some 430 options in one piece: a template for each option takes 40 ms a page."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        del renderer
        chosen = str(value or "")
        options = format_html_join(
            "",
            "<option value='{}'{}>{}</option>",
            ((key, flatatt({"selected": key == chosen}), label) for key, label in self.choices),
        )
        all_attrs = {**self.attrs, **(attrs or {}), "name": name}
        return format_html("<select{}>{}</select>", flatatt(all_attrs), options)


def zone_choices() -> list[tuple[str, str]]:
    """Every zone that is named after a place, as the browser's list lets one type it."""
    return [(name, name.replace("_", " ")) for name in zones.names()]


def own_zone_choices() -> list[tuple[str, object]]:
    """The same, with the organisation's zone first."""
    return [("", _("As the organisation")), *zone_choices()]
