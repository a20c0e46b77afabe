"""Crud in the settings layout."""

from dataclasses import dataclass

from leadflow.web.crud import Crud


@dataclass(frozen=True, slots=True)
class SettingsCrud(Crud):
    """A settings object whose list and form stand beside the index of Settings."""

    template: str = "console/objects.html"
    form_template: str = "console/object.html"
