"""What every template may use beyond its own context: organisation, navigation, theme."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from leadflow.models import Organisation
from leadflow.people.models import User
from leadflow.web.navigation import navigation_for


def shell(request: HttpRequest) -> dict[str, Any]:
    """Read by base.html and shell.html; lazy, so a fragment pays for none of it."""
    user = getattr(request, "user", None)
    return {
        "organisation": getattr(request, "organisation", None)
        or SimpleLazyObject(Organisation.current),
        "navigation": SimpleLazyObject(lambda: navigation_for(request)),
        "theme": user.theme if isinstance(user, User) else "auto",
    }
