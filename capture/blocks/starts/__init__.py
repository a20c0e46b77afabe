"""What a new form may start from, in the groups of the picker."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from capture.blocks.starts.giving import GIVING
from capture.blocks.starts.listening import LISTENING
from capture.blocks.starts.meeting import MEETING
from capture.blocks.starts.parts import Start, block, report_block
from capture.blocks.starts.working_out import WORKING_OUT

GROUPS: tuple[tuple[Any, dict[str, Start]], ...] = (
    (_("They want to talk"), MEETING),
    (_("You give something"), GIVING),
    (_("You work something out"), WORKING_OUT),
    (_("You listen"), LISTENING),
)
STARTS: dict[str, Start] = {key: start for _name, group in GROUPS for key, start in group.items()}

__all__ = ["GROUPS", "STARTS", "Start", "block", "report_block"]
