"""What can be found out about people and companies: adapters answer, and their values fill blanks."""

from leadflow.services.lookups.adapters import Adapter, Known, Value, install, installed
from leadflow.services.lookups.filling import Found, look_up, look_up_companies
from leadflow.services.lookups.showing import Shown, shown

__all__ = [
    "Adapter",
    "Found",
    "Known",
    "Shown",
    "Value",
    "install",
    "installed",
    "look_up",
    "look_up_companies",
    "shown",
]
