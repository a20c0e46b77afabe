"""System checks of what Python cannot see: `manage.py check` runs them, and every start does."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from leadflow.events import registry


@register()
def reactions_are_known(**_: Any) -> list[CheckMessage]:
    """Every handler lives in a `handlers` module, where a reader looks for it."""
    return [
        Error(
            f"{registry.name_of(handler)} reacts to {kind} from outside a handlers module.",
            hint="Move it to <package>/handlers.py.",
            id="leadflow.E001",
        )
        for kind, handlers in registry.reactions().items()
        for handler in handlers
        if not handler.__module__.endswith(".handlers")
    ]
