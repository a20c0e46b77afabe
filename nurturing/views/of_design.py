"""What every page about one design begins with."""

from typing import Any

from django.shortcuts import get_object_or_404

from leadflow.blocks import services as blocks
from leadflow.mail.models import MailDesign
from leadflow.people.access import allowed
from leadflow.web.htmx import HtmxHttpRequest


def design_or_404(request: HtmxHttpRequest, pk: int) -> MailDesign:
    """The design, where this person may see it."""
    rows = MailDesign.objects.visible_to(request.user).select_related("live", "draft_saved_by")
    return get_object_or_404(rows, pk=pk)


def head(request: HtmxHttpRequest, design: MailDesign, tab: str) -> dict[str, Any]:
    """What the head of every tab shows."""
    return {
        "design": design,
        "tab": tab,
        "can_edit": allowed(request.user, "sequence.edit"),
        "next_number": lambda: blocks.next_number(design),  # asked where it is shown
    }
