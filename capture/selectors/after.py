"""What an answer to a form sets off among ourselves."""

from typing import Any

from capture.models import Form
from leadflow.people.models import User


def behind(form: Form) -> dict[str, Any]:
    """Who is told, who takes the lead, its tags, the pool and the sequence, as they are saved.

    Pool and sequence are numbers: the packages that own them tell their names.
    """
    named = form.references
    return {
        "told": form.notify.order_by("name"),
        "owner": User.objects.filter(pk=named.get("owner")).first(),
        "tags": form.tags.order_by("name"),
        "pool": named.get("pool"),
        "sequence": named.get("sequence"),
    }
