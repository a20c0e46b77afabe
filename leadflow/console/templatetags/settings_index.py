"""The index of Settings for the page at hand."""

from typing import Any

from django import template

from leadflow.console.places import Section, index_for

register = template.Library()


@register.simple_tag(takes_context=True)
def settings_index(context: dict[str, Any]) -> list[Section]:
    """The sections that the reader may open; asks the database nothing."""
    request = context["request"]
    return index_for(request.user, request.path)
